-- Waves, batches, picks, goods on their way back, cartons and their contents.
CREATE TABLE waves (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    fulfilments BIGINT NOT NULL,
    reason TEXT NOT NULL,
    released_at BIGINT NOT NULL
);
CREATE INDEX waves_by_site ON waves (site, id);

CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,        -- walk or station
    wave TEXT NOT NULL,
    task TEXT NOT NULL,
    state TEXT NOT NULL,       -- queued, open, done
    shelf TEXT,
    mission TEXT,
    station TEXT NOT NULL
);
CREATE INDEX batches_by_task ON batches (task);
CREATE INDEX batches_by_mission ON batches (mission);
CREATE INDEX batches_by_shelf ON batches (shelf, state);

CREATE TABLE picks (
    id TEXT PRIMARY KEY,
    batch TEXT NOT NULL,
    site TEXT NOT NULL,
    seq BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    line TEXT NOT NULL,
    hold TEXT NOT NULL,
    sku TEXT NOT NULL,
    bin TEXT NOT NULL,
    bin_code TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    expiry TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    picked BIGINT NOT NULL,
    counted BIGINT NOT NULL,   -- in hand, not yet in a tote
    stage TEXT NOT NULL,       -- bin, article, quantity, tote
    state TEXT NOT NULL,       -- open, done, cancelled
    CHECK (picked <= quantity)
);
CREATE INDEX picks_by_batch ON picks (batch, seq);
CREATE INDEX picks_open ON picks (site, state);
CREATE INDEX picks_by_fulfilment ON picks (fulfilment, line);

CREATE TABLE put_backs (
    task TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    line TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    done BIGINT NOT NULL,
    unit TEXT,                 -- the tote or carton scanned
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    stage TEXT NOT NULL
);
CREATE INDEX put_backs_by_line ON put_backs (fulfilment, line);

CREATE TABLE cartons (
    parcel TEXT PRIMARY KEY,
    unit TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    site TEXT NOT NULL,
    seq BIGINT NOT NULL,
    size TEXT NOT NULL,
    temperature TEXT NOT NULL,
    tare_g BIGINT NOT NULL,
    volume_ml BIGINT NOT NULL,
    sscc TEXT,
    state TEXT NOT NULL,       -- planned, open, weighed, closed, departed, delivered, returned, void
    expected_g BIGINT NOT NULL,
    measured_g BIGINT,
    load TEXT,
    print TEXT
);
CREATE INDEX cartons_by_fulfilment ON cartons (fulfilment, seq);
CREATE UNIQUE INDEX cartons_by_sscc ON cartons (sscc);

CREATE TABLE carton_lines (
    parcel TEXT NOT NULL,
    line TEXT NOT NULL,
    sku TEXT NOT NULL,
    planned BIGINT NOT NULL,
    packed BIGINT NOT NULL,
    PRIMARY KEY (parcel, line),
    CHECK (packed <= planned)
);

CREATE TABLE sscc_counters (prefix TEXT PRIMARY KEY, next BIGINT NOT NULL);
