-- Hosts that took a request signed by RFC 9421 after they had refused the
-- draft. Kept for 30 days, then the draft is tried first again.
CREATE TABLE signature_schemes (
    host TEXT PRIMARY KEY NOT NULL,
    -- What the host asked to be covered beside what always is; names with
    -- spaces between them.
    components TEXT NOT NULL,
    learned_at BIGINT NOT NULL
);
CREATE INDEX signature_schemes_learned ON signature_schemes (learned_at);
