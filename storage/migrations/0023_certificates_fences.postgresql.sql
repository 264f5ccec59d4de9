-- The second fence around the tables of 0023_certificates.

SELECT fence('authorities');
SELECT fence('issued_certificates');
