-- The only home of personal data.
CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    invoice TEXT,             -- title, tax id, kind, mail, as JSON
    erased_at BIGINT
);
CREATE TABLE addresses (
    id TEXT PRIMARY KEY,
    contact TEXT NOT NULL,
    revision BIGINT NOT NULL,
    fields TEXT NOT NULL,     -- the address as JSON
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    UNIQUE (contact, revision)
);
