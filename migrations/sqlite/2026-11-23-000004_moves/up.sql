-- Other ids under which a local organisation is known: only from these may
-- one move here.
CREATE TABLE aliases (
    organisation_id BIGINT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    PRIMARY KEY (organisation_id, uri)
);

-- Where an organisation, ours or another server's, went.
CREATE TABLE moves (
    organisation_id INTEGER PRIMARY KEY NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    target_uri TEXT NOT NULL,
    moved_at BIGINT NOT NULL
);
