-- Mail has places of its own, so that no server of others holds up a sign-in.
ALTER TABLE tasks ADD COLUMN mails BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX tasks_due;
CREATE INDEX tasks_due ON tasks (asks, mails, dead_at, run_at, id);
