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
