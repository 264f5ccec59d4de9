-- The second fence between tenants: without the right setting a table shows nothing, to its owner either.
-- A later migration that makes a table calls fence() on it.

CREATE FUNCTION fence(fenced regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Bytes in order, as SQLite sorts: ids that begin with the time must sort as events did, in any locale.
    EXECUTE (
        SELECT format('ALTER TABLE %s ', fenced)
            || string_agg(format('ALTER COLUMN %I TYPE text COLLATE "C"', attname), ', ')
        FROM pg_attribute
        WHERE attrelid = fenced AND attnum > 0 AND NOT attisdropped AND atttypid = 'text'::regtype
    );
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format(
        'CREATE POLICY tenant ON %s USING (tenant = current_setting(''masugata.tenant'', true))', fenced
    );
END
$$;

SELECT fence('users');
SELECT fence('credentials');
SELECT fence('budgets');
SELECT fence('interactions');
SELECT fence('sessions');
SELECT fence('grants');
SELECT fence('tokens');
SELECT fence('signing_keys');
SELECT fence('data_keys');
SELECT fence('audit');
