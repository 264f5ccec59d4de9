-- When what we say of a user was last changed; NULL while it is as it was when he was added.

ALTER TABLE users ADD COLUMN changed_at BIGINT;
