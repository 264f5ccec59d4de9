-- The second fence around the table of 0033_nodes.

SELECT fence('nodes');
