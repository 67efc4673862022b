-- What hands did and how long they took, beside a fair time; and who passed where.
CREATE TABLE labour_steps (
    position BIGINT PRIMARY KEY, -- of the fact in the log
    site TEXT NOT NULL,
    person TEXT NOT NULL,
    task TEXT NOT NULL,
    kind TEXT NOT NULL,          -- of the task
    zone TEXT NOT NULL,
    place TEXT NOT NULL,         -- what the label there says, or empty
    at BIGINT NOT NULL,
    lines BIGINT NOT NULL,       -- 0 for the end of a task
    pieces BIGINT NOT NULL,
    walk_mm BIGINT NOT NULL,
    spent_ms BIGINT NOT NULL,
    fair_ms BIGINT NOT NULL
);
CREATE INDEX labour_steps_by_site ON labour_steps (site, at);

-- Whoever has a task in hand, or had one last.
CREATE TABLE labour_hands (
    person TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    task TEXT,
    kind TEXT NOT NULL,
    zone TEXT NOT NULL,
    since BIGINT NOT NULL,       -- the last step of it
    lines BIGINT NOT NULL,       -- done in this task
    node TEXT NOT NULL,          -- where on the floor graph, or empty
    node_at BIGINT NOT NULL
);

CREATE TABLE labour_traffic (
    site TEXT NOT NULL,
    day BIGINT NOT NULL,         -- days since 1970 at the site
    node TEXT NOT NULL,
    passes BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    meets BIGINT NOT NULL,       -- passes shortly behind somebody else's
    last_person TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (site, day, node)
);

CREATE TABLE labour_standards (
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    pace_mm_s BIGINT NOT NULL,
    task_ms BIGINT NOT NULL,
    line_ms BIGINT NOT NULL,
    piece_ms BIGINT NOT NULL,
    PRIMARY KEY (site, kind)
);
