-- What kind of wrong a report is about, and the rules that it cites: their texts,
-- as a list, because an operator may change the rules.
ALTER TABLE reports ADD COLUMN category TEXT NOT NULL DEFAULT 'other';
ALTER TABLE reports ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';
