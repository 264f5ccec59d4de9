-- Browsers in which users signed in before, and how often a pattern was used where others could see it.

CREATE TABLE known_devices (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    authenticators TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, token_hash, user_id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX known_devices_of_user ON known_devices (tenant, user_id, seen_at);
CREATE INDEX known_devices_by_end ON known_devices (tenant, expires_at);

CREATE TABLE exposures (
    tenant TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    logins BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, credential_id),
    FOREIGN KEY (tenant, credential_id) REFERENCES credentials (tenant, id) ON DELETE CASCADE
);
