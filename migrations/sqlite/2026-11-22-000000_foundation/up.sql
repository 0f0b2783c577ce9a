-- Instants are microseconds since 1970-01-01T00:00:00Z; dates are ISO 8601.

-- What this node knows of itself, one document a key.
CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- Organisations: ours (host IS NULL) and those of other servers.
CREATE TABLE organisations (
    id INTEGER PRIMARY KEY NOT NULL,
    uri TEXT NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    host TEXT,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    summary_html TEXT NOT NULL,
    category TEXT,
    country TEXT,
    url TEXT NOT NULL,
    website TEXT,
    avatar TEXT,
    locked BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'deleted')),
    actor_type TEXT NOT NULL,
    inbox TEXT NOT NULL,
    shared_inbox TEXT,
    outbox TEXT,
    followers TEXT,
    following TEXT,
    featured TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    fetched_at BIGINT
);
-- Two servers may share a handle, one server may not repeat it.
CREATE UNIQUE INDEX organisations_acct ON organisations (lower(handle), coalesce(host, ''));

-- What an organisation offers: scheme is country, region, sector or language.
CREATE TABLE organisation_terms (
    organisation_id BIGINT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    scheme TEXT NOT NULL,
    code TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, scheme, code)
);
CREATE INDEX organisation_terms_code ON organisation_terms (scheme, code, organisation_id);

-- Public keys of every actor we met, private ones of our own.
CREATE TABLE keys (
    uri TEXT PRIMARY KEY NOT NULL,
    owner_uri TEXT NOT NULL,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa', 'ed25519')),
    public_key TEXT NOT NULL,
    private_key TEXT,
    created_at BIGINT NOT NULL,
    fetched_at BIGINT
);
CREATE INDEX keys_owner ON keys (owner_uri);

CREATE TABLE users (
    id INTEGER PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL CHECK (role IN ('administrator', 'focal-point', 'editor', 'reader')),
    password_hash TEXT,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT
);
CREATE INDEX users_organisation ON users (organisation_id);

-- Only the SHA-256 (base64url) of a token is ever stored.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE links (
    token_hash TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('setup', 'set-password')),
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX links_expiry ON links (expires_at);

CREATE TABLE access_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX access_tokens_user ON access_tokens (user_id);

-- Entries, ours and received. A deleted one keeps its row as a tombstone:
-- ids are never reused and a late Update must not bring it back.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY NOT NULL,
    uri TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    local BOOLEAN NOT NULL,
    author_id BIGINT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CHECK (kind IN ('request', 'project', 'offer', 'note')),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT NOT NULL,
    warning TEXT NOT NULL,
    language TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('public', 'members', 'preferential', 'named')),
    tlp TEXT NOT NULL,
    stage TEXT,
    status TEXT,
    closes_at BIGINT,
    starts_on TEXT,
    ends_on TEXT,
    budget_currency TEXT,
    budget_total BIGINT,
    budget_gap BIGINT,
    root_id BIGINT NOT NULL,
    in_reply_to_id BIGINT,
    in_reply_to_uri TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted_at BIGINT
);
CREATE INDEX entries_author ON entries (author_id, id);
CREATE INDEX entries_audience ON entries (audience, id);
CREATE INDEX entries_root ON entries (root_id, id);
CREATE INDEX entries_parent ON entries (in_reply_to_id, id);
CREATE INDEX entries_parent_uri ON entries (in_reply_to_uri);

-- Codes and hashtags of an entry: scheme is country, region, sector, pillar,
-- exploitation, activity or tag.
CREATE TABLE entry_terms (
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    scheme TEXT NOT NULL,
    code TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (entry_id, scheme, code)
);
CREATE INDEX entry_terms_code ON entry_terms (scheme, code, entry_id);

-- Organisations bound to an entry: 'named' in its audience, or 'partner'.
CREATE TABLE entry_parties (
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('named', 'partner')),
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    PRIMARY KEY (entry_id, role, organisation_id)
);
CREATE INDEX entry_parties_organisation ON entry_parties (organisation_id, role, entry_id);

CREATE TABLE follows (
    id INTEGER PRIMARY KEY NOT NULL,
    follower_id BIGINT NOT NULL REFERENCES organisations (id),
    followed_id BIGINT NOT NULL REFERENCES organisations (id),
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted')),
    activity_uri TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    UNIQUE (follower_id, followed_id)
);
CREATE INDEX follows_followed ON follows (followed_id, state, id);
CREATE INDEX follows_follower ON follows (follower_id, state, id);

-- Activities sent and received. The unique id is what makes a replay have no
-- second effect. `document` is the JSON text as sent, once it was worded.
CREATE TABLE activities (
    id INTEGER PRIMARY KEY NOT NULL,
    uri TEXT NOT NULL UNIQUE,
    local BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    actor_id BIGINT,
    entry_id BIGINT,
    detail TEXT,
    document TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX activities_entry ON activities (entry_id, id);
CREATE INDEX activities_actor ON activities (actor_id, id);
CREATE INDEX activities_created ON activities (local, created_at);

-- Objects deleted before we ever saw them.
CREATE TABLE tombstones (
    uri TEXT PRIMARY KEY NOT NULL,
    owner_uri TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);

-- One row per activity and inbox: the queue, and the record of who was told.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY NOT NULL,
    activity_id BIGINT NOT NULL REFERENCES activities (id),
    sender_id BIGINT NOT NULL REFERENCES organisations (id),
    host TEXT NOT NULL,
    inbox TEXT NOT NULL,
    order_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts INTEGER NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_lane ON deliveries (host, state, id);
CREATE INDEX deliveries_age ON deliveries (state, finished_at, created_at);

-- One lane per host that we send to.
CREATE TABLE lanes (
    host TEXT PRIMARY KEY NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'held', 'gone')),
    waiting BOOLEAN NOT NULL,
    failures INTEGER NOT NULL,
    retry_at BIGINT,
    leased_until BIGINT,
    last_error TEXT,
    last_success_at BIGINT
);
CREATE INDEX lanes_due ON lanes (waiting, state, retry_at);

CREATE TABLE host_policies (
    host TEXT PRIMARY KEY NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('block', 'allow')),
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Background work. What was given up has dead_at, and is kept to be seen.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY NOT NULL,
    task TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    claimed_until BIGINT,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    dead_at BIGINT
);
CREATE INDEX tasks_due ON tasks (dead_at, run_at, id);

-- Full text of entries; rowid is the entry's id. Rows are kept by `storage::search`.
CREATE VIRTUAL TABLE entry_search USING fts5 (
    title, body, words,
    tokenize = "unicode61 remove_diacritics 2"
);
