-- What clients present, and may not present again.

CREATE TABLE spent_identifiers (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX spent_identifiers_by_end ON spent_identifiers (tenant, expires_at);
