-- Whoever has a passkey lends the shape of his to names that have none: found by the order of users, without looking
-- through those of everybody.
CREATE INDEX credentials_of_authenticator ON credentials (tenant, authenticator, user_id);
