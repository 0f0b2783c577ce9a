-- Decisions about people, organisations and servers, in a chain: each row holds the
-- SHA-256 (base64url) over the hash of the row before and its own content. Nobody can
-- follow the same row twice, and nothing is ever changed or removed.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_user BIGINT,
    decision TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE
);

CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to';
END;
$$;

CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
