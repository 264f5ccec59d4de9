-- Client certificates of people: the tenant's own authorities, and every certificate of theirs until it ends.

CREATE TABLE authorities (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- No foreign key to users or credentials: what nobody holds any more must stand in the list of revoked ones until it
-- ends. The credential of the same id is what its owner holds.
CREATE TABLE issued_certificates (
    tenant TEXT NOT NULL,
    serial TEXT NOT NULL,
    authority TEXT NOT NULL,
    user_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant, serial)
);
CREATE INDEX issued_certificates_by_end ON issued_certificates (tenant, ends_at);
CREATE INDEX issued_certificates_of_user ON issued_certificates (tenant, user_id);
CREATE INDEX issued_certificates_revoked ON issued_certificates (tenant, authority) WHERE revoked_at IS NOT NULL;
