DROP INDEX tasks_due;
ALTER TABLE tasks DROP COLUMN asks;
CREATE INDEX tasks_due ON tasks (dead_at, run_at, id);
