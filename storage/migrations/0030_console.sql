-- What administrators read at the console, newest first: how logins ended, and which configurations were applied.

CREATE INDEX audit_of_logins ON audit (tenant, id) WHERE event IN (
    'login.accepted', 'login.denied', 'login.refused', 'proof.refused', 'proof.locked'
);
CREATE INDEX audit_of_applied ON audit (tenant, id) WHERE event = 'configuration.applied';
