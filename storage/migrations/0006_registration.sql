-- Clients that registered themselves, and the tokens that let them.

CREATE TABLE registered_clients (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    metadata TEXT NOT NULL,
    secret_hash BYTEA,
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE initial_tokens (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    note TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, token_hash)
);
CREATE INDEX initial_tokens_by_end ON initial_tokens (tenant, expires_at);
