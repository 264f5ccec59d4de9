-- How often somebody asked for a service within a window, and which rule asks a login for its proofs.

CREATE TABLE requests (
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    requests BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, subject)
);
CREATE INDEX requests_by_end ON requests (tenant, expires_at);

ALTER TABLE interactions ADD COLUMN rule TEXT NOT NULL DEFAULT '';
