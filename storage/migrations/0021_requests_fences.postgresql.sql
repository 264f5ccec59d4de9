-- The second fence around the table of 0021_requests.

SELECT fence('requests');
ALTER TABLE interactions ALTER COLUMN rule TYPE text COLLATE "C";
