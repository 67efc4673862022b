-- Handling units, the one queue of human work, decisions.
CREATE TABLE units (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    site TEXT NOT NULL,
    node TEXT,                -- where it stands on the floor graph
    home TEXT,                -- where a mobile shelf belongs
    parent TEXT,
    bound_to TEXT,            -- fulfilment whose goods it carries
    state TEXT NOT NULL
);
CREATE INDEX units_by_site ON units (site, kind, state);
CREATE INDEX units_by_bound ON units (bound_to);

CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    site TEXT NOT NULL,
    zone TEXT NOT NULL,
    priority BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    subject TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    assignee TEXT,
    device TEXT,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE INDEX tasks_open ON tasks (site, state, priority, due_at);
CREATE INDEX tasks_by_assignee ON tasks (assignee, state);
CREATE INDEX tasks_by_subject ON tasks (subject);

CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    site TEXT,
    chosen TEXT NOT NULL,
    method TEXT NOT NULL,
    digest TEXT NOT NULL,
    inputs TEXT NOT NULL,
    candidates TEXT NOT NULL,
    cost BIGINT,
    bound BIGINT,
    took_us BIGINT NOT NULL
);
CREATE INDEX decisions_by_subject ON decisions (subject, id);
CREATE INDEX decisions_by_kind ON decisions (kind, id);
