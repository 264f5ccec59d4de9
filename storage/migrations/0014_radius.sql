-- What network logins leave: tables shown on a page for them, and the sessions that a NAS reports.

CREATE TABLE web_tokens (
    tenant TEXT NOT NULL,
    username TEXT NOT NULL,
    authenticator TEXT NOT NULL,
    prompt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, username, authenticator)
);
CREATE INDEX web_tokens_by_end ON web_tokens (tenant, expires_at);

CREATE TABLE network_sessions (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    service TEXT NOT NULL,
    user_id TEXT,
    username TEXT NOT NULL,
    nas TEXT NOT NULL,
    session TEXT NOT NULL,
    station TEXT NOT NULL,
    framed TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ended_at BIGINT,
    expires_at BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    octets_in BIGINT NOT NULL,
    octets_out BIGINT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX network_sessions_of_user ON network_sessions (tenant, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX network_sessions_by_end ON network_sessions (tenant, expires_at);
