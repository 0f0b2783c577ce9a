ALTER TABLE lanes DROP COLUMN asked_until;
