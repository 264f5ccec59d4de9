-- Configurations as they were applied: the folder of every node that shares this database. They are nobody's alone, so
-- the tenant is `*`, which is no tenant's name. What changes the newest one adds another: a row is never changed.

CREATE TABLE revisions (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    restores BIGINT,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, number)
);
