-- Whether something was deleted is the word of its owner: somebody else's must
-- not stand in its place.
CREATE TABLE tombstones_by_owner (
    uri TEXT NOT NULL,
    owner_uri TEXT NOT NULL,
    deleted_at BIGINT NOT NULL,
    PRIMARY KEY (uri, owner_uri)
);
INSERT INTO tombstones_by_owner (uri, owner_uri, deleted_at)
SELECT uri, owner_uri, deleted_at FROM tombstones;
DROP TABLE tombstones;
ALTER TABLE tombstones_by_owner RENAME TO tombstones;

-- Asked when a key cannot be had: is anybody of that server known here?
CREATE INDEX organisations_host ON organisations (host) WHERE host IS NOT NULL;
