-- When what we say of a user was last changed; NULL while it is as it was when he was added.

ALTER TABLE users ADD COLUMN changed_at BIGINT;

-- Guesses that are counted and still being looked at: they may turn out to be right.

ALTER TABLE budgets ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;
