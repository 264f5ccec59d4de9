-- The second fence around the tables of 0014_radius.

SELECT fence('web_tokens');
SELECT fence('network_sessions');
