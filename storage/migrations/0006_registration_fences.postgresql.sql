-- The second fence around the tables of registration.

SELECT fence('registered_clients');
SELECT fence('initial_tokens');
