-- The second fence around the tables of 0004_tokens.

SELECT fence('spent_identifiers');
SELECT fence('retry_answers');
SELECT fence('service_tokens');
SELECT fence('derivation_keys');
