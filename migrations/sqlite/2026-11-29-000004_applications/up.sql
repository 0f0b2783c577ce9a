-- Applications for membership. token_hash is the SHA-256 (base64url) of the
-- secret in the applicant's link. first_approved_at without first_approved_by
-- means the operator at the command line. reason, referee and email are empty
-- once cleared_at is set.
CREATE TABLE applications (
    id INTEGER PRIMARY KEY NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    category TEXT NOT NULL,
    country TEXT,
    website TEXT,
    reason TEXT NOT NULL,
    referee TEXT NOT NULL,
    referee_id BIGINT REFERENCES organisations (id),
    email TEXT NOT NULL,
    function TEXT,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'asked', 'answered', 'approved', 'refused', 'withdrawn')),
    first_approved_by BIGINT REFERENCES users (id),
    first_approved_at BIGINT,
    organisation_id BIGINT REFERENCES organisations (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    decided_at BIGINT,
    cleared_at BIGINT
);
CREATE INDEX applications_state ON applications (state, id);
CREATE INDEX applications_email ON applications (email, state);
CREATE INDEX applications_decided ON applications (decided_at);

-- What happened to an application. user_id is the organiser; none for the
-- applicant, the node, and the operator at the command line.
CREATE TABLE application_events (
    id INTEGER PRIMARY KEY NOT NULL,
    application_id BIGINT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id),
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX application_events_application ON application_events (application_id, id);

-- Which office a person holds inside a government.
CREATE TABLE user_functions (
    user_id BIGINT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    function TEXT NOT NULL CHECK (function IN ('national_coordinator', 'national_rapporteur', 'parliamentarian'))
);

-- Hand-overs to a new focal point. token_hash as above; the account of email is
-- made, and that of from_id closed, when the link is used.
CREATE TABLE handovers (
    id INTEGER PRIMARY KEY NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    from_id BIGINT NOT NULL REFERENCES users (id),
    email TEXT NOT NULL,
    by_id BIGINT REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX handovers_organisation ON handovers (organisation_id, ended_at);
CREATE INDEX handovers_expiry ON handovers (expires_at);
