DROP TABLE acceptances;
DROP TABLE sign_ins;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
ALTER TABLE access_tokens DROP COLUMN seen_at;
ALTER TABLE sessions DROP COLUMN agent;
