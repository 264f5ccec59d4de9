-- Where a session went, and whom we still have to tell that it ended. A delivery outlives its session and user.

CREATE INDEX grants_of_session ON grants (tenant, sid);
CREATE INDEX sessions_by_sid ON sessions (tenant, sid);

CREATE TABLE deliveries (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    door TEXT NOT NULL,
    service TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sid TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failure TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX deliveries_by_time ON deliveries (tenant, due_at);
