-- What an administrator wants this node's anchor to say, until another approves.
CREATE TABLE accreditation_proposals (
    id BIGINT PRIMARY KEY NOT NULL,
    subject_uri TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('organisation', 'node')),
    category TEXT,
    country TEXT,
    audience TEXT,
    days BIGINT NOT NULL,
    proposed_by BIGINT NOT NULL REFERENCES users (id),
    proposed_at BIGINT NOT NULL
);
