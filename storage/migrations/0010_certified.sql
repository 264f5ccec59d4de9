-- Keys that SAML services know by certificates which they may have pinned, and new names for users there.

CREATE TABLE certified_keys (
    tenant TEXT NOT NULL,
    kid TEXT NOT NULL,
    purpose TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kid)
);

CREATE TABLE name_revisions (
    tenant TEXT NOT NULL,
    user_id TEXT NOT NULL,
    service TEXT NOT NULL,
    revision BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id, service),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
