-- The second fence around the tables of 0007_device_and_exchange.

SELECT fence('device_grants');
SELECT fence('exchanged_tokens');
