-- Mail that waits to be sent, and mail that nobody took; links by which a forgotten pattern is replaced.

CREATE TABLE mails (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failure TEXT NOT NULL,
    dead_at BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX mails_by_time ON mails (tenant, due_at);
CREATE INDEX mails_by_end ON mails (tenant, expires_at);

CREATE TABLE reset_links (
    tenant TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, token_hash),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX reset_links_by_user ON reset_links (tenant, user_id);
CREATE INDEX reset_links_by_end ON reset_links (tenant, expires_at);

-- People who forgot their pattern may name themselves by their address.
CREATE INDEX users_by_email ON users (tenant, lower(email));
