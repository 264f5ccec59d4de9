-- Under which names SAML services know sessions, so that both can speak of their end; messages that wait for
-- whoever holds their artifact.

CREATE TABLE participants (
    tenant TEXT NOT NULL,
    session_index TEXT NOT NULL,
    sid TEXT NOT NULL,
    service TEXT NOT NULL,
    client_id TEXT NOT NULL,
    name_hash BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, session_index)
);
CREATE INDEX participants_by_name ON participants (tenant, client_id, name_hash);
CREATE INDEX participants_by_sid ON participants (tenant, sid);
CREATE INDEX participants_by_end ON participants (tenant, expires_at);

CREATE TABLE artifacts (
    tenant TEXT NOT NULL,
    handle_hash BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, handle_hash)
);
CREATE INDEX artifacts_by_end ON artifacts (tenant, expires_at);
