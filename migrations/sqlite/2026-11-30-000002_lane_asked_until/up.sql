-- Until when the server itself asked to be left alone: no sign of life ends that.
ALTER TABLE lanes ADD COLUMN asked_until BIGINT;
-- Held lanes are tried now and then: one probe each, as after a failure.
UPDATE lanes SET failures = 1 WHERE state = 'held' AND failures = 0;
