ALTER TABLE reports DROP COLUMN rules;
ALTER TABLE reports DROP COLUMN category;
