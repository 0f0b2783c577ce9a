-- What organisations did with public entries besides answering them.
CREATE TABLE reactions (
    id INTEGER PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('like', 'boost')),
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    activity_uri TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    UNIQUE (entry_id, kind, organisation_id)
);
CREATE INDEX reactions_organisation ON reactions (organisation_id, kind, id);

-- Entries that stand first on their author's page, at most one row each.
CREATE TABLE pins (
    entry_id INTEGER PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX pins_organisation ON pins (organisation_id, created_at);
