-- Tokens without a session (footfall token) that were signed out; a session's own revocation stands in its row.
CREATE TABLE revoked_tokens (
    id TEXT PRIMARY KEY,                       -- the token's jti
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_time ON revoked_tokens (revoked_at);
CREATE INDEX revoked_tokens_expiring ON revoked_tokens (expires_at);
