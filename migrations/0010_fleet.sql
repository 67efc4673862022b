-- AGV work, and vehicles that a person took out of service.
CREATE TABLE missions (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    shelf TEXT NOT NULL,
    shelf_code TEXT NOT NULL,
    home TEXT NOT NULL,
    station TEXT NOT NULL,
    station_node TEXT NOT NULL,
    state TEXT NOT NULL,
    vehicle TEXT,
    done_steps BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE INDEX missions_open ON missions (site, state);
CREATE INDEX missions_by_shelf ON missions (shelf, state);

CREATE TABLE lockouts (
    site TEXT NOT NULL,
    vehicle TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (site, vehicle)
);
