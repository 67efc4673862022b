-- Printers of each site, and the pages that wait for them.
CREATE TABLE printers (
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    station TEXT NOT NULL,    -- '' serves every station that has none of its own
    address TEXT NOT NULL,    -- host:port, or '' for the browser's print dialog
    font TEXT NOT NULL,       -- font on the printer for names in other scripts, or ''
    asks_status BIGINT NOT NULL,
    PRIMARY KEY (site, name)
);

CREATE TABLE prints (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    label TEXT NOT NULL,      -- JSON without the recipient
    recipient TEXT NOT NULL,  -- JSON list of masked lines; emptied when no longer needed
    printer TEXT NOT NULL,    -- '' for the browser
    state TEXT NOT NULL,
    copies BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE INDEX prints_by_site ON prints (site, state, id);
CREATE INDEX prints_by_subject ON prints (subject);
CREATE INDEX prints_by_printer ON prints (site, printer, state);
