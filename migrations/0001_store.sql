-- What the store itself keeps: log, cursors, leases, chores, finished commands.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    position BIGINT UNIQUE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    site TEXT,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX events_unstamped ON events (id) WHERE position IS NULL;
CREATE INDEX events_by_subject ON events (subject, id);

CREATE TABLE cursors (name TEXT PRIMARY KEY, position BIGINT NOT NULL);

CREATE TABLE parked (
    consumer TEXT NOT NULL,
    fact TEXT NOT NULL,
    position BIGINT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (consumer, fact)
);
CREATE INDEX parked_by_subject ON parked (consumer, subject);

CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms BIGINT NOT NULL);

CREATE TABLE chores (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX chores_by_time ON chores (run_at);

CREATE TABLE commands (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    problem BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX commands_by_age ON commands (at);

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
