-- What the browser of a session is, in a few words; never all that it says of itself.
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE access_tokens ADD COLUMN seen_at BIGINT;

-- The secret of a person's app that makes codes. It counts from confirmed_at on, and is
-- shown to nobody from then on. No code of a step up to last_step is accepted again.
CREATE TABLE second_factors (
    user_id INTEGER PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    blocked_until BIGINT
);

-- Codes for a person whose app is lost. Only their SHA-256 (base64url) is ever stored.
CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at BIGINT
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- Browsers that are asked for the second step. Without a user: address or password was
-- wrong, which is told to nobody before that step.
CREATE TABLE sign_ins (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    failures BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

-- Which version of the rules of participation a person accepted, and when.
CREATE TABLE acceptances (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, version)
);
