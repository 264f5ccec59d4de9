-- Login protect: keys of devices that release logins, and the releases that wait for their login.

CREATE TABLE release_keys (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    challenge_hash BYTEA,
    challenge_until BIGINT,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, credential_id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, credential_id) REFERENCES credentials (tenant, id) ON DELETE CASCADE
);
CREATE INDEX release_keys_of_user ON release_keys (tenant, user_id);

-- One for a user, so that whoever presses twice lets in one login.
CREATE TABLE releases (
    tenant TEXT NOT NULL,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX releases_by_end ON releases (tenant, expires_at);

-- The release that a login has taken; it stays with it from proof to proof.
ALTER TABLE interactions ADD COLUMN release_id TEXT NOT NULL DEFAULT '';
