-- Written in SQLite's words; migrations/embed.py says them in PostgreSQL's where those differ (INTEGER, BLOB, STRICT, WITHOUT ROWID).
-- Times are Unix milliseconds, days are days since 1970-01-01, booleans are 0 and 1.

CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,                  -- the last migration done
    epoch TEXT NOT NULL,                       -- this database's history (contract 1.1, point 2)
    fence INTEGER NOT NULL DEFAULT 0,          -- counted up after a commit whose outcome nobody knew
    number_max INTEGER NOT NULL DEFAULT 0      -- the highest numeric member number given so far
) STRICT;

CREATE TABLE locations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE CHECK (length(slug) BETWEEN 1 AND 40),
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    hours TEXT,                                -- NULL: open at all hours; the form stands in store/locations.h
    capacity INTEGER CHECK (capacity > 0),     -- NULL: any number of people
    hard_capacity INTEGER NOT NULL CHECK (hard_capacity IN (0, 1)),
    exits INTEGER NOT NULL CHECK (exits IN (0, 1)),
    assumed_stay_minutes INTEGER NOT NULL CHECK (assumed_stay_minutes BETWEEN 1 AND 960),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- What every batch changes, apart from what people edit: the log's head and the running day's statistics as of it.
CREATE TABLE location_states (
    location_id INTEGER PRIMARY KEY REFERENCES locations (id),
    head INTEGER NOT NULL DEFAULT 0,
    day INTEGER,
    currently_in INTEGER NOT NULL DEFAULT 0 CHECK (currently_in >= 0),
    check_ins INTEGER NOT NULL DEFAULT 0,
    check_outs INTEGER NOT NULL DEFAULT 0,
    unique_members INTEGER NOT NULL DEFAULT 0,
    stay_seconds INTEGER NOT NULL DEFAULT 0,
    stays INTEGER NOT NULL DEFAULT 0,
    peak INTEGER NOT NULL DEFAULT 0,
    peak_at INTEGER,
    hourly TEXT NOT NULL DEFAULT '',           -- 24 numbers with blanks between; empty: all zero
    denied INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER
) STRICT;

CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    months INTEGER CHECK (months > 0),
    days INTEGER CHECK (days > 0),
    visits INTEGER CHECK (visits > 0),
    locations TEXT                             -- slugs with commas; NULL: everywhere
) STRICT;

CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    visits_total INTEGER NOT NULL DEFAULT 0 CHECK (visits_total >= 0),
    last_visit_at INTEGER,
    banned INTEGER NOT NULL DEFAULT 0 CHECK (banned IN (0, 1)),
    deleted_at INTEGER,                        -- anonymised then
    balance_minor INTEGER NOT NULL DEFAULT 0,  -- below 0: owes
    currency TEXT NOT NULL,                    -- ISO 4217
    born INTEGER,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    photo TEXT,                                -- the photo's version; NULL: none
    number TEXT UNIQUE,
    email TEXT,
    phone TEXT,                                -- as it was typed
    notes TEXT,
    sort_name TEXT NOT NULL,                   -- last and first name, folded
    search TEXT NOT NULL,                      -- the words in search_words, with blanks between
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX members_by_name ON members (sort_name, id);

-- What a desk types finds members by the beginnings of these (store/search.h).
CREATE TABLE search_words (
    word TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    PRIMARY KEY (word, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
    key TEXT PRIMARY KEY,                      -- until 0002
    member_id INTEGER NOT NULL REFERENCES members (id),
    kind TEXT NOT NULL CHECK (kind IN ('card', 'qr')),
    code TEXT NOT NULL                         -- as it was given
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_member ON codes (member_id);

CREATE TABLE memberships (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id),
    plan_id INTEGER REFERENCES plans (id),
    plan TEXT NOT NULL,                        -- the plan's name
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    starts INTEGER NOT NULL,
    ends INTEGER CHECK (ends >= starts),
    frozen_from INTEGER,
    frozen_until INTEGER CHECK (frozen_until >= frozen_from),
    cancelled_on INTEGER,
    visits_left INTEGER CHECK (visits_left >= 0)
) STRICT;
CREATE INDEX memberships_by_member ON memberships (member_id);

CREATE TABLE visits (
    id INTEGER PRIMARY KEY,                    -- given by the batch, never used again
    member_id INTEGER NOT NULL REFERENCES members (id),
    location_id INTEGER NOT NULL REFERENCES locations (id),
    checked_in_at INTEGER NOT NULL,
    checked_out_at INTEGER CHECK (checked_out_at >= checked_in_at),
    auto_end_at INTEGER NOT NULL,
    in_seq INTEGER NOT NULL,
    out_seq INTEGER NOT NULL DEFAULT 0,        -- 0 while open
    membership_id INTEGER,                     -- whose punch it took
    automatic INTEGER NOT NULL DEFAULT 0 CHECK (automatic IN (0, 1)),
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
    source INTEGER NOT NULL,                   -- domain/event.h: enum source
    checked_in_by TEXT NOT NULL,
    checked_out_by TEXT,
    notes TEXT
) STRICT;
-- Contract 1.3 «One visit»: at most one open visit a member.
CREATE UNIQUE INDEX visits_open ON visits (member_id) WHERE checked_out_at IS NULL AND undone = 0;
CREATE INDEX visits_due ON visits (auto_end_at) WHERE checked_out_at IS NULL AND undone = 0;
CREATE INDEX visits_by_location ON visits (location_id, checked_in_at);
CREATE INDEX visits_by_member ON visits (member_id, checked_in_at);
-- Rare: what an edit made longer than a day, so that a day can be folded without looking far back.
CREATE INDEX visits_long ON visits (location_id, checked_out_at) WHERE checked_out_at - checked_in_at > 86400000;

CREATE TABLE events (
    location_id INTEGER NOT NULL REFERENCES locations (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind INTEGER NOT NULL,                     -- domain/event.h: enum event_kind
    at INTEGER NOT NULL,
    visit_id INTEGER,
    member_id INTEGER,
    json TEXT NOT NULL,                        -- the whole message as staff receive it
    PRIMARY KEY (location_id, seq)
) STRICT, WITHOUT ROWID;

-- Requests that made an event, for the days in which the same id is the same request (contract 1.1, point 3).
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,                    -- in the order of at, so that the oldest are found without an index of their own
    key TEXT NOT NULL UNIQUE,                  -- domain/batch.h: request_key
    fingerprint BLOB NOT NULL,
    reply TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE denials (
    key TEXT PRIMARY KEY,                      -- domain/batch.h: denial_key
    first_at INTEGER NOT NULL,
    repeats INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,            -- lower case
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'staff', 'kiosk', 'turnstile', 'viewer', 'member')),
    locations TEXT NOT NULL,                   -- slugs with commas, or '*'
    password_hash TEXT,                        -- NULL: cannot sign in by password
    disabled_at INTEGER,
    token_generation INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,      -- never used again: it stands in tokens
    user_id INTEGER NOT NULL REFERENCES users (id),
    device TEXT NOT NULL,                      -- a label for people
    refresh_hash BLOB NOT NULL,
    previous_hash BLOB,                        -- the one before, good for a moment after rotated_at
    rotated_at INTEGER,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expiring ON sessions (expires_at);

CREATE TABLE tickets (
    hash BLOB PRIMARY KEY,
    session_id INTEGER,                        -- NULL: of a token without a session
    claims TEXT NOT NULL,                      -- what the connection may, opaque here
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_expiring ON tickets (expires_at);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,                       -- a token's sub, or «cli»
    action TEXT NOT NULL,
    subject TEXT NOT NULL,                     -- «visit:9001», «member:42», «user:1», «location:main»
    details TEXT NOT NULL                      -- JSON
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, id);
