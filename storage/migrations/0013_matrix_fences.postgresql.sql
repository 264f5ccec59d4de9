-- The second fence around the table of 0013_matrix.

SELECT fence('former_patterns');
