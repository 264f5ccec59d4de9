-- Patterns that users had, as keyed hashes: the last of them are not taken again.

CREATE TABLE former_patterns (
    tenant TEXT NOT NULL,
    user_id TEXT NOT NULL,
    pattern_hash BYTEA NOT NULL,
    kept_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id, pattern_hash),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
