-- Clients that share one name as a service: which of them is to be told, and what it called itself when a user
-- agreed. The certificate that a token is bound to (RFC 8705). Sessions that nobody used, found by the sweep.

ALTER TABLE deliveries ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE consents ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tokens ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
ALTER TABLE service_tokens ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
ALTER TABLE exchanged_tokens ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_use ON sessions (tenant, seen_at);
