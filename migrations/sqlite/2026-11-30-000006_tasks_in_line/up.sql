-- Tasks of one line are done one after the other, in the order of their ids.
ALTER TABLE tasks ADD COLUMN line BIGINT;
CREATE INDEX tasks_line ON tasks (line, id) WHERE line IS NOT NULL;
