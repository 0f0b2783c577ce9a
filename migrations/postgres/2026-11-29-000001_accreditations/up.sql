-- The key with which this node accredits others, once there is one.
CREATE TABLE anchors (
    did TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- Every accreditation that is known, of ours and of others: the signed document
-- as it came, and what it says in columns. revoked is what the newest known
-- status list of its issuer says.
CREATE TABLE accreditations (
    issuer TEXT NOT NULL,
    id TEXT NOT NULL,
    subject_uri TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('organisation', 'node')),
    name TEXT NOT NULL,
    category TEXT,
    country TEXT,
    audience TEXT,
    assertion_key TEXT NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    valid_until TIMESTAMPTZ NOT NULL,
    list_uri TEXT NOT NULL,
    list_index BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE INDEX accreditations_subject ON accreditations (subject_uri);
CREATE INDEX accreditations_list ON accreditations (issuer, list_uri);
CREATE INDEX accreditations_end ON accreditations (valid_until);

-- What this node's anchor issued. root_id is the first of those that renewed one
-- another; they are revoked together.
CREATE TABLE issued_accreditations (
    id TEXT PRIMARY KEY NOT NULL,
    issuer TEXT NOT NULL,
    root_id TEXT NOT NULL,
    list_number INTEGER NOT NULL,
    list_index BIGINT NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    valid_until TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    reason TEXT NOT NULL,
    UNIQUE (issuer, list_number, list_index),
    FOREIGN KEY (issuer, id) REFERENCES accreditations (issuer, id)
);
CREATE INDEX issued_accreditations_root ON issued_accreditations (root_id);
CREATE INDEX issued_accreditations_issued ON issued_accreditations (issued_at, id);

-- The newest known status list at each address, by the anchor that signed it.
CREATE TABLE status_lists (
    issuer TEXT NOT NULL,
    uri TEXT NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    valid_until TIMESTAMPTZ NOT NULL,
    fresh_until TIMESTAMPTZ NOT NULL,
    document TEXT NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, uri)
);
CREATE INDEX status_lists_uri ON status_lists (uri);

-- Where other servers are asked, and when next: for the accreditations that an
-- actor of theirs shows (kind 'holder', about is the actor), for those that renew
-- one of an actor of ours (kind 'renewal', about is ours), and for status lists
-- (kind 'list', about is the anchor).
CREATE TABLE accreditation_sources (
    kind TEXT NOT NULL CHECK (kind IN ('holder', 'renewal', 'list')),
    about TEXT NOT NULL,
    uri TEXT NOT NULL,
    next_at TIMESTAMPTZ NOT NULL,
    failures INTEGER NOT NULL,
    last_error TEXT,
    answered_at TIMESTAMPTZ,
    PRIMARY KEY (kind, about, uri)
);
CREATE INDEX accreditation_sources_due ON accreditation_sources (kind, next_at);
