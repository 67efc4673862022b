-- Exceptions that await a person.
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    about TEXT NOT NULL,      -- id of what it is about
    site TEXT,
    rank BIGINT NOT NULL,     -- severity, 0 is the most urgent
    state TEXT NOT NULL,
    owner TEXT,
    detail TEXT NOT NULL,
    links TEXT NOT NULL,      -- JSON list of other ids concerned
    times BIGINT NOT NULL,    -- how often it was reported while open
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT,
    resolution TEXT
);
CREATE UNIQUE INDEX cases_open_once ON cases (code, about) WHERE state = 'open';
CREATE INDEX cases_by_urgency ON cases (state, rank, due_at, id);
CREATE INDEX cases_by_about ON cases (about);

CREATE TABLE case_notes (
    case_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (case_id, number)
);

CREATE TABLE case_photos (
    case_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    kind TEXT NOT NULL,       -- image/jpeg or image/png
    data TEXT NOT NULL,       -- base64
    PRIMARY KEY (case_id, number)
);
