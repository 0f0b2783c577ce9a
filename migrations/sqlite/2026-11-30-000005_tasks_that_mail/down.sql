DROP INDEX tasks_due;
ALTER TABLE tasks DROP COLUMN mails;
CREATE INDEX tasks_due ON tasks (asks, dead_at, run_at, id);
