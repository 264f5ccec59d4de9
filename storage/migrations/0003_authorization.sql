-- Authorization requests that wait, and what users agreed to share.

CREATE TABLE authorization_requests (
    tenant TEXT NOT NULL,
    id_hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    request TEXT NOT NULL,
    sid TEXT NOT NULL,
    browser_hash BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id_hash)
);
CREATE INDEX authorization_requests_by_end ON authorization_requests (tenant, expires_at);

CREATE TABLE consents (
    tenant TEXT NOT NULL,
    user_id TEXT NOT NULL,
    service TEXT NOT NULL,
    scope TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, user_id, service),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
