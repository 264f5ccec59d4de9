-- The second fence around the tables of 0022_tokens.

SELECT fence('activations');
SELECT fence('hardware_tokens');
ALTER TABLE credentials ALTER COLUMN name TYPE text COLLATE "C";
