DROP INDEX organisations_host;
CREATE TABLE tombstones_by_uri (
    uri TEXT PRIMARY KEY NOT NULL,
    owner_uri TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);
INSERT OR IGNORE INTO tombstones_by_uri (uri, owner_uri, deleted_at)
SELECT uri, owner_uri, deleted_at FROM tombstones ORDER BY deleted_at, owner_uri;
DROP TABLE tombstones;
ALTER TABLE tombstones_by_uri RENAME TO tombstones;
