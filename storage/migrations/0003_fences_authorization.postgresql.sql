-- The second fence around the tables of 0003_authorization.

SELECT fence('authorization_requests');
SELECT fence('consents');
