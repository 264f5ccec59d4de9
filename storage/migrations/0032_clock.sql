-- By which time was swept last, and since when the clock is doubted: what was deleted by a clock that runs ahead does not
-- come back with the right time. Of the whole database, so that the tenant is `*`.

CREATE TABLE clock (
    tenant TEXT NOT NULL,
    believed_at BIGINT NOT NULL,
    doubted_at BIGINT,
    PRIMARY KEY (tenant)
);
