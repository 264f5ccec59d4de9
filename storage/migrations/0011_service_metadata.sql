-- What services publish about themselves: what is in force, and what waits for consent.

CREATE TABLE service_metadata (
    tenant TEXT NOT NULL,
    service TEXT NOT NULL,
    source TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    document BYTEA NOT NULL,
    digest TEXT NOT NULL,
    valid_until BIGINT,
    accepted_at BIGINT,
    pending BYTEA NOT NULL,
    pending_digest TEXT NOT NULL,
    pending_valid_until BIGINT,
    pending_at BIGINT,
    fetched_at BIGINT,
    due_at BIGINT,
    failure TEXT NOT NULL,
    ends_at BIGINT,
    ending TEXT NOT NULL,
    told_days BIGINT,
    PRIMARY KEY (tenant, service)
);
CREATE INDEX service_metadata_by_due ON service_metadata (tenant, due_at);
CREATE INDEX service_metadata_by_end ON service_metadata (tenant, ends_at);
