-- Tasks that wait for other servers have places of their own, so that a slow
-- server holds up nothing that this node can do alone.
ALTER TABLE tasks ADD COLUMN asks BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX tasks_due;
CREATE INDEX tasks_due ON tasks (asks, dead_at, run_at, id);
