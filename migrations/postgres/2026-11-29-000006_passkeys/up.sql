-- Passkeys of people (WebAuthn). credential (base64url) is the name that the
-- authenticator gave it; public_key never changes, and state (the counter and
-- whether it is backed up) does with each use, both as the library writes them
-- down, in base64url. name is the person's own word for it.
CREATE TABLE passkeys (
    id BIGINT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- What a browser was asked to sign, once and within minutes. token_hash binds it
-- to a session (with the user who adds a passkey) or to a browser that signs in.
CREATE TABLE passkey_challenges (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX passkey_challenges_expiry ON passkey_challenges (expires_at);
