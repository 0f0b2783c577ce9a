-- Decisions about people, organisations and servers, in a chain: each row holds the
-- SHA-256 (base64url) over the hash of the row before and its own content. Nobody can
-- follow the same row twice, and nothing is ever changed or removed.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    by_user BIGINT,
    decision TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE
);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever added to');
END;

CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever added to');
END;
