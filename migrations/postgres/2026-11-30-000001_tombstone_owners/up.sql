-- Whether something was deleted is the word of its owner: somebody else's must
-- not stand in its place.
ALTER TABLE tombstones DROP CONSTRAINT tombstones_pkey;
ALTER TABLE tombstones ADD PRIMARY KEY (uri, owner_uri);

-- Asked when a key cannot be had: is anybody of that server known here?
CREATE INDEX organisations_host ON organisations (host) WHERE host IS NOT NULL;
