-- Codes are kept by what they are looked up by, whatever their kind, so that a card and a QR token that differ in letter case alone
-- cannot belong to two.
CREATE TABLE codes_by_key (
    key TEXT NOT NULL,                         -- domain/batch.h: code_key
    member_id INTEGER NOT NULL REFERENCES members (id),
    kind TEXT NOT NULL CHECK (kind IN ('card', 'qr')),
    code TEXT NOT NULL,                        -- as it was given
    PRIMARY KEY (key, code)
) STRICT, WITHOUT ROWID;
INSERT INTO codes_by_key (key, member_id, kind, code)
    SELECT lower(trim(code)), member_id, kind, code FROM codes ORDER BY kind ON CONFLICT DO NOTHING;
DROP TABLE codes;
ALTER TABLE codes_by_key RENAME TO codes;
CREATE INDEX codes_by_member ON codes (member_id);
CREATE UNIQUE INDEX codes_of_cards ON codes (key) WHERE kind = 'card';
