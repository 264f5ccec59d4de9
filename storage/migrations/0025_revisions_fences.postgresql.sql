-- The second fence around the table of 0025_revisions.

SELECT fence('revisions');
