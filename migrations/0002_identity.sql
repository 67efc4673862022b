-- Who may act: people, their grants, handhelds, tokens, sessions. Secrets are
-- kept as hashes only; an empty site means every site.
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    password TEXT,
    badge TEXT UNIQUE,
    pin TEXT,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE grants (
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (person, role, site)
);

CREATE TABLE roles (name TEXT PRIMARY KEY, permissions TEXT NOT NULL);

CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    site TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    site TEXT NOT NULL,
    channel TEXT,
    minted_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL,
    device TEXT,
    csrf TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_device ON sessions (device);

CREATE TABLE sign_in_attempts (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);

CREATE TABLE signing_keys (name TEXT PRIMARY KEY, secret TEXT NOT NULL);
