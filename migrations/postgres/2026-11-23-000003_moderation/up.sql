-- Reports to the administrators: of people here, and of other servers.
CREATE TABLE reports (
    id BIGINT PRIMARY KEY NOT NULL,
    reporter_id BIGINT NOT NULL REFERENCES organisations (id),
    reported_id BIGINT NOT NULL REFERENCES organisations (id),
    comment TEXT NOT NULL,
    forwarded BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    resolved_by BIGINT REFERENCES users (id)
);
CREATE INDEX reports_resolved ON reports (resolved_at, id);
CREATE INDEX reports_reporter ON reports (reporter_id, created_at);

CREATE TABLE report_entries (
    report_id BIGINT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    entry_id BIGINT NOT NULL REFERENCES entries (id),
    PRIMARY KEY (report_id, entry_id)
);

-- Which organisation blocks, or only mutes, which other. activity_uri is the Block
-- of an organisation of another server.
CREATE TABLE blocks (
    id BIGINT PRIMARY KEY NOT NULL,
    organisation_id BIGINT NOT NULL REFERENCES organisations (id),
    other_id BIGINT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CHECK (kind IN ('block', 'mute')),
    activity_uri TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (organisation_id, other_id, kind)
);
CREATE INDEX blocks_other ON blocks (other_id, kind, organisation_id);
CREATE INDEX blocks_list ON blocks (organisation_id, kind, id);
