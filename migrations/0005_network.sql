-- Sites with their hours, services and capacity; the roads between them.
CREATE TABLE sites (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    kind TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    street TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    hours TEXT NOT NULL,
    lines_per_hour BIGINT NOT NULL,
    ship_cost_minor BIGINT NOT NULL,
    cost_per_km_minor BIGINT NOT NULL,
    service_radius_m BIGINT NOT NULL,
    area TEXT NOT NULL,
    compartments BIGINT NOT NULL,
    compartments_taken BIGINT NOT NULL,
    active BIGINT NOT NULL,
    CHECK (compartments_taken >= 0 AND compartments_taken <= compartments)
);

CREATE TABLE site_services (
    site TEXT NOT NULL,
    service TEXT NOT NULL,
    cutoff_minute BIGINT NOT NULL,
    lead_ms BIGINT NOT NULL,
    open BIGINT NOT NULL,
    extra_lead_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (site, service)
);

CREATE TABLE site_hours (
    site TEXT NOT NULL,
    hour BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (site, hour)
);

CREATE TABLE road_nodes (id BIGINT PRIMARY KEY, lat DOUBLE PRECISION NOT NULL, lon DOUBLE PRECISION NOT NULL);

CREATE TABLE road_edges (
    id BIGINT PRIMARY KEY,
    from_node BIGINT NOT NULL,
    to_node BIGINT NOT NULL,
    length_m BIGINT NOT NULL,
    speed_kmh BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    closed BIGINT NOT NULL,
    reason TEXT NOT NULL,
    slow_permille BIGINT NOT NULL
);
CREATE INDEX road_edges_by_ends ON road_edges (from_node, to_node);

-- One row whose version changes with the roads, so that a graph in memory
-- knows when it is out of date.
CREATE TABLE road_versions (name TEXT PRIMARY KEY, version TEXT NOT NULL);
