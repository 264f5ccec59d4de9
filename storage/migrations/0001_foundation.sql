-- The tables, in the SQL that SQLite and PostgreSQL share. Times are epoch seconds; JSON is TEXT.
-- Every primary key begins with the tenant, and every foreign key stays within it.

CREATE TABLE users (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    username TEXT NOT NULL,
    domain TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    email TEXT,
    groups TEXT NOT NULL,
    attributes TEXT NOT NULL,
    disabled_at BIGINT,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, username, domain)
);

CREATE TABLE credentials (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    authenticator TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    last_used_at BIGINT,
    counter BIGINT NOT NULL,
    drift BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX credentials_of_user ON credentials (tenant, user_id, authenticator);

CREATE TABLE budgets (
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (tenant, subject)
);
CREATE INDEX budgets_by_end ON budgets (tenant, until);

CREATE TABLE interactions (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    browser_hash BYTEA NOT NULL,
    door TEXT NOT NULL,
    service TEXT NOT NULL,
    request TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    step TEXT NOT NULL,
    username TEXT,
    user_id TEXT,
    chain TEXT NOT NULL,
    acr TEXT NOT NULL,
    proofs TEXT NOT NULL,
    prompt TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX interactions_by_end ON interactions (tenant, expires_at);

CREATE TABLE sessions (
    tenant TEXT NOT NULL,
    id_hash BYTEA NOT NULL,
    sid TEXT NOT NULL,
    user_id TEXT NOT NULL,
    browser_hash BYTEA NOT NULL,
    proofs TEXT NOT NULL,
    acr TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    PRIMARY KEY (tenant, id_hash),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX sessions_of_user ON sessions (tenant, user_id);
CREATE INDEX sessions_by_end ON sessions (tenant, expires_at);

CREATE TABLE grants (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    service TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sid TEXT NOT NULL,
    scope TEXT NOT NULL,
    request TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    code_hash BYTEA,
    code_expires_at BIGINT NOT NULL,
    code_used_at BIGINT,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, code_hash),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX grants_of_user ON grants (tenant, user_id);
CREATE INDEX grants_by_end ON grants (tenant, code_expires_at) WHERE code_expires_at > 0;

CREATE TABLE tokens (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant, token_hash),
    FOREIGN KEY (tenant, grant_id) REFERENCES grants (tenant, id) ON DELETE CASCADE
);
CREATE INDEX tokens_of_grant ON tokens (tenant, grant_id);
CREATE INDEX tokens_by_end ON tokens (tenant, expires_at);

CREATE TABLE signing_keys (
    tenant TEXT NOT NULL,
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    public TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kid)
);

CREATE TABLE data_keys (
    tenant TEXT NOT NULL,
    version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, version)
);

CREATE TABLE audit (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    user_id TEXT,
    service TEXT NOT NULL,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX audit_of_user ON audit (tenant, user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_of_service ON audit (tenant, service, id) WHERE service <> '';
CREATE INDEX audit_by_reference ON audit (tenant, reference) WHERE reference <> '';
