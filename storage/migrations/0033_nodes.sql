-- What the clocks of the nodes show, each told by itself: of several that differ the one is wrong with which most do not
-- agree. Of the whole database, so that the tenant is `*`; times are the database's own.

CREATE TABLE nodes (
    tenant TEXT NOT NULL,
    node TEXT NOT NULL,
    ahead_seconds BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, node)
);
