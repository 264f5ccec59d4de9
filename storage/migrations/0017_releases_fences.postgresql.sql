-- The second fence around the tables of 0017_releases.

SELECT fence('release_keys');
SELECT fence('releases');
ALTER TABLE interactions ALTER COLUMN release_id TYPE text COLLATE "C";
