-- What clients present, and may not present again.

CREATE TABLE spent_identifiers (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX spent_identifiers_by_end ON spent_identifiers (tenant, expires_at);

CREATE TABLE retry_answers (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    successor_hash BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash),
    FOREIGN KEY (tenant, token_hash) REFERENCES tokens (tenant, token_hash) ON DELETE CASCADE
);
CREATE INDEX retry_answers_by_end ON retry_answers (tenant, expires_at);

ALTER TABLE tokens ADD COLUMN audience TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tokens ADD COLUMN jkt TEXT NOT NULL DEFAULT '';

CREATE TABLE service_tokens (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    service TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    audience TEXT NOT NULL,
    jkt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash)
);
CREATE INDEX service_tokens_by_end ON service_tokens (tenant, expires_at);

CREATE TABLE derivation_keys (
    tenant TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, purpose)
);
