-- What was done, by whom. Each entry's hash covers its content and the hash before it: a changed, removed or inserted entry breaks the
-- chain there. The newest hash is also written outside of the database (data directory, log), which shows a cut-off end.
CREATE TABLE audit_entries (
    entry_id   bigint PRIMARY KEY,                  -- 1, 2, 3 … without gaps
    at_ms      bigint NOT NULL,
    login_id   bigint,                              -- null: nobody signed in, a command on the shell, the program itself
    actor      text NOT NULL,
    address    text COLLATE "C" NOT NULL,           -- client's IP address; '' for none
    action     text COLLATE "C" NOT NULL,           -- area.thing.verb-ed
    subject    text NOT NULL,
    details    text NOT NULL,                       -- JSON as it was written: hashed byte for byte
    hash       bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX audit_entries_action ON audit_entries (action, entry_id);
CREATE INDEX audit_entries_login ON audit_entries (login_id, entry_id);

CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are never changed or removed';
END $$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay();
