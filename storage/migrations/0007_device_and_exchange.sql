-- Devices that wait for a user at another screen, and tokens that were exchanged for others.

CREATE TABLE device_grants (
    tenant TEXT NOT NULL,
    device_hash BYTEA NOT NULL,
    user_code_hash BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    polled_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, device_hash),
    UNIQUE (tenant, user_code_hash)
);
CREATE INDEX device_grants_by_end ON device_grants (tenant, expires_at);

-- An exchanged token ends with the one that it was made from, and so with everything that ends that.
CREATE TABLE exchanged_tokens (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    subject_hash BYTEA NOT NULL,
    service TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    audience TEXT NOT NULL,
    jkt TEXT NOT NULL,
    act TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash),
    FOREIGN KEY (tenant, subject_hash) REFERENCES tokens (tenant, token_hash) ON DELETE CASCADE
);
CREATE INDEX exchanged_tokens_of_subject ON exchanged_tokens (tenant, subject_hash);
CREATE INDEX exchanged_tokens_by_end ON exchanged_tokens (tenant, expires_at);
