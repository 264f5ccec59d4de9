-- Several devices for one-time codes: names, one-time addresses that activate them, and hardware in stock.

ALTER TABLE credentials ADD COLUMN name TEXT NOT NULL DEFAULT '';

CREATE TABLE activations (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    authenticator TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash),
    UNIQUE (tenant, user_id, authenticator),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX activations_by_end ON activations (tenant, expires_at);

-- No foreign key to the credential: who holds a token is whoever's credential is there. Its counter stays here, so
-- that no code counts again after its user is gone.
CREATE TABLE hardware_tokens (
    tenant TEXT NOT NULL,
    serial TEXT NOT NULL,
    kind TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    drift BIGINT NOT NULL,
    credential_id TEXT NOT NULL,
    lost_at BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, serial)
);
CREATE INDEX hardware_tokens_by_credential ON hardware_tokens (tenant, credential_id) WHERE credential_id <> '';
