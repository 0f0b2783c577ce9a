DROP INDEX organisations_host;
DELETE FROM tombstones AS later USING tombstones AS earlier
WHERE later.uri = earlier.uri
    AND (later.deleted_at, later.owner_uri) > (earlier.deleted_at, earlier.owner_uri);
ALTER TABLE tombstones DROP CONSTRAINT tombstones_pkey;
ALTER TABLE tombstones ADD PRIMARY KEY (uri);
