DROP INDEX tasks_line;
ALTER TABLE tasks DROP COLUMN line;
