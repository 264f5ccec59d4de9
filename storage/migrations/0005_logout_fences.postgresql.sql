-- The second fence around the table of 0005_logout.

SELECT fence('deliveries');
