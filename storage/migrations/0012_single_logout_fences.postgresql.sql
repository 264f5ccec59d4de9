-- The second fence around the tables of 0012_single_logout.

SELECT fence('participants');
SELECT fence('artifacts');
