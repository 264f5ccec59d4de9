-- The new columns of 0008_clients sort by bytes, as fence() says.

ALTER TABLE deliveries ALTER COLUMN client_id TYPE text COLLATE "C";
ALTER TABLE consents ALTER COLUMN names TYPE text COLLATE "C";
ALTER TABLE tokens ALTER COLUMN certificate TYPE text COLLATE "C";
ALTER TABLE service_tokens ALTER COLUMN certificate TYPE text COLLATE "C";
ALTER TABLE exchanged_tokens ALTER COLUMN certificate TYPE text COLLATE "C";
