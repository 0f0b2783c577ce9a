-- Posts of other servers that were given leave to quote an entry of ours.
CREATE TABLE quotes (
    id BIGINT PRIMARY KEY NOT NULL,
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    quoting_uri TEXT NOT NULL,
    actor_uri TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (entry_id, quoting_uri)
);
