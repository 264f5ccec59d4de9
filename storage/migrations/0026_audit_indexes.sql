-- Attempts are every third record or so, and found among the others by their ids as well: an index of their own cost each
-- of them, whenever it was written and linked, more than it spared a rehearsal.
DROP INDEX audit_of_attempts;
