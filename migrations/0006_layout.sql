-- Floors of sites: zones, aisles, bins, stations, and the graph people walk and
-- vehicles drive on. Lengths in millimetres from the south-west corner.
CREATE TABLE zones (
    site TEXT NOT NULL,
    code TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    kind TEXT NOT NULL,
    temperature TEXT NOT NULL,
    x_mm BIGINT NOT NULL,
    y_mm BIGINT NOT NULL,
    width_mm BIGINT NOT NULL,
    height_mm BIGINT NOT NULL,
    PRIMARY KEY (site, code)
);

CREATE TABLE aisles (
    site TEXT NOT NULL,
    code TEXT NOT NULL,
    zone TEXT NOT NULL,
    from_node TEXT NOT NULL,
    to_node TEXT NOT NULL,
    one_way BIGINT NOT NULL,
    PRIMARY KEY (site, code)
);

CREATE TABLE bins (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    code TEXT NOT NULL,
    zone TEXT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT NOT NULL,
    x_mm BIGINT NOT NULL,
    y_mm BIGINT NOT NULL,
    level BIGINT NOT NULL,
    temperature TEXT NOT NULL,
    max_weight_g BIGINT NOT NULL,
    max_volume_ml BIGINT NOT NULL,
    shelf TEXT,
    blocked BIGINT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (site, code)
);
CREATE INDEX bins_by_kind ON bins (site, kind, code);
CREATE INDEX bins_by_shelf ON bins (site, shelf);

CREATE TABLE stations (
    site TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT NOT NULL,
    stand TEXT NOT NULL,
    bin TEXT NOT NULL,
    PRIMARY KEY (site, code)
);

CREATE TABLE shelves (site TEXT NOT NULL, code TEXT NOT NULL, node TEXT NOT NULL, PRIMARY KEY (site, code));

CREATE TABLE agvs (
    site TEXT NOT NULL,
    serial TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    home_node TEXT NOT NULL,
    PRIMARY KEY (site, serial)
);

CREATE TABLE floor_nodes (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    x_mm BIGINT NOT NULL,
    y_mm BIGINT NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    PRIMARY KEY (site, id)
);

CREATE TABLE floor_edges (
    site TEXT NOT NULL,
    from_node TEXT NOT NULL,
    to_node TEXT NOT NULL,
    length_mm BIGINT NOT NULL,
    lane TEXT NOT NULL,
    closed BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (site, from_node, to_node)
);

-- The version of a site's graph changes with its nodes and edges, so that a
-- graph in memory knows when it is out of date.
CREATE TABLE floor_versions (site TEXT PRIMARY KEY, version TEXT NOT NULL);
