-- The second fence around the tables of 0004_tokens; and its new columns sort by bytes, as fence() says.

SELECT fence('spent_identifiers');
SELECT fence('retry_answers');
SELECT fence('service_tokens');
SELECT fence('derivation_keys');

ALTER TABLE tokens ALTER COLUMN audience TYPE text COLLATE "C", ALTER COLUMN jkt TYPE text COLLATE "C";
