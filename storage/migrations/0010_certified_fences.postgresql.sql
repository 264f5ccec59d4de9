-- The second fence around the tables of 0010_certified.

SELECT fence('certified_keys');
SELECT fence('name_revisions');
