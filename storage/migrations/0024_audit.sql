-- The audit log as a chain. What a record says of a person is sealed under that person's key; digests are over the sealed
-- form, so that destroying a key leaves the chain whole. A record has no number until it is linked, which happens after
-- its transaction: nobody who writes waits for anybody else.

ALTER TABLE audit ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN sealed BYTEA;
ALTER TABLE audit ADD COLUMN seq BIGINT;
CREATE UNIQUE INDEX audit_in_order ON audit (tenant, seq);
CREATE INDEX audit_of_attempts ON audit (tenant, id) WHERE event IN ('login.accepted', 'login.denied');

CREATE TABLE person_keys (
    tenant TEXT NOT NULL,
    owner TEXT NOT NULL,
    secret BYTEA,
    created_at BIGINT NOT NULL,
    erased_at BIGINT,
    PRIMARY KEY (tenant, owner)
);

CREATE TABLE audit_checkpoints (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    digests BYTEA NOT NULL,
    statement TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);

-- Who works on the chain, one node at a time, and how far each stream has come.
CREATE TABLE audit_turns (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL,
    position BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failure TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
);
