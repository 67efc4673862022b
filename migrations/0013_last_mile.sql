-- The last mile: what is driven to whom (transport), and who drives it (riders).

-- transport ----------------------------------------------------------------
CREATE TABLE parcels (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    site TEXT NOT NULL,                 -- where it starts, and where it comes back to
    sscc TEXT NOT NULL UNIQUE,
    weight_g BIGINT NOT NULL CHECK (weight_g >= 0),
    volume_ml BIGINT NOT NULL CHECK (volume_ml >= 0),
    temperature TEXT NOT NULL,
    address TEXT,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    window_from BIGINT,
    window_to BIGINT,
    due BIGINT NOT NULL,
    service TEXT NOT NULL,
    mode TEXT NOT NULL,
    pickup TEXT,                        -- the pick-up point it goes to, or waits at
    compartment BIGINT NOT NULL,        -- 1: room is kept for it at the pick-up point
    needs TEXT NOT NULL,
    pin_salt TEXT,
    pin_hash TEXT,
    cash_minor BIGINT NOT NULL CHECK (cash_minor >= 0),
    state TEXT NOT NULL,
    load_id TEXT,
    stop_id TEXT,
    aboard BIGINT NOT NULL,             -- 1: its goods stand in the carrier's account
    failures BIGINT NOT NULL,
    onward TEXT,                        -- after a failure: retry, hold, pickup, back
    hindrance TEXT,                     -- why it cannot be planned now
    van_only BIGINT NOT NULL,           -- 1: no rider wanted it
    waits_until BIGINT,                 -- at a pick-up point: kept until then
    version BIGINT NOT NULL,            -- rises with each change of place or state
    staged_at BIGINT NOT NULL
);
CREATE INDEX parcels_by_state ON parcels (site, state);
CREATE INDEX parcels_by_load ON parcels (load_id);
CREATE INDEX parcels_by_order ON parcels (order_id);
CREATE INDEX parcels_waiting ON parcels (pickup, state);

CREATE TABLE vehicles (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    max_weight_g BIGINT NOT NULL CHECK (max_weight_g > 0),
    max_volume_ml BIGINT NOT NULL CHECK (max_volume_ml > 0),
    max_stops BIGINT NOT NULL CHECK (max_stops > 0),
    cold BIGINT NOT NULL,
    fixed_cost_minor BIGINT NOT NULL,
    cost_per_km_minor BIGINT NOT NULL,
    active BIGINT NOT NULL,
    driver TEXT UNIQUE,
    load_id TEXT,
    free_at BIGINT NOT NULL
);
CREATE INDEX vehicles_by_site ON vehicles (site);

CREATE TABLE loads (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    carried_by TEXT NOT NULL,
    state TEXT NOT NULL,
    vehicle TEXT,
    driver TEXT,
    weight_g BIGINT NOT NULL,
    volume_ml BIGINT NOT NULL,
    cold BIGINT NOT NULL,
    distance_m BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    back_ms BIGINT NOT NULL,            -- way back from the last stop to the site
    search_until BIGINT,                -- when the search for a rider gives up
    planned_at BIGINT NOT NULL,
    departed_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    decision TEXT
);
CREATE INDEX loads_by_site ON loads (site, state);
-- A driver has one load at a time: the database decides every race.
CREATE UNIQUE INDEX loads_one_each ON loads (driver) WHERE state IN ('assigned', 'loading', 'out');

CREATE TABLE stops (
    id TEXT PRIMARY KEY,
    load_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    address TEXT,
    site TEXT,
    window_from BIGINT,
    window_to BIGINT,
    eta BIGINT NOT NULL,
    service_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    arrived_at BIGINT,
    done_at BIGINT,
    pin_tries BIGINT NOT NULL,
    leg_m BIGINT NOT NULL,
    leg_ms BIGINT NOT NULL,
    polyline TEXT NOT NULL              -- JSON [[lat, lon], ...] from the halt before
);
CREATE INDEX stops_by_load ON stops (load_id, seq);

-- riders -------------------------------------------------------------------
CREATE TABLE riders (
    id TEXT PRIMARY KEY,                -- the person
    kind TEXT NOT NULL,                 -- rider, driver
    site TEXT NOT NULL,
    max_weight_g BIGINT NOT NULL,
    max_volume_ml BIGINT NOT NULL,
    cold BIGINT NOT NULL,
    on_shift BIGINT NOT NULL,
    since BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    seen_at BIGINT NOT NULL,
    tracker TEXT UNIQUE,                -- SHA-256 of the token of a phone's GPS client
    tracked_ms BIGINT NOT NULL          -- the phone's own timestamp, so that a repeat is dropped
);
CREATE INDEX riders_by_site ON riders (site, on_shift);

CREATE TABLE positions (
    rider TEXT NOT NULL,
    at BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (rider, at)
);
CREATE INDEX positions_by_age ON positions (at);

CREATE TABLE offers (
    id TEXT PRIMARY KEY,
    load_id TEXT NOT NULL,
    rider TEXT NOT NULL,
    state TEXT NOT NULL,
    pay_minor BIGINT NOT NULL,
    distance_m BIGINT NOT NULL,
    approach_m BIGINT NOT NULL,
    stops BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    answered_at BIGINT
);
-- One open offer for a load, one for a rider: the database decides every race.
CREATE UNIQUE INDEX offers_open_load ON offers (load_id) WHERE state = 'offered';
CREATE UNIQUE INDEX offers_open_rider ON offers (rider) WHERE state = 'offered';
CREATE UNIQUE INDEX offers_accepted ON offers (load_id) WHERE state = 'accepted';
CREATE INDEX offers_by_load ON offers (load_id);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    parcel TEXT NOT NULL,
    number BIGINT NOT NULL,
    load_id TEXT NOT NULL,
    stop_id TEXT NOT NULL,
    rider TEXT NOT NULL,
    at BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    proof TEXT,
    cash_minor BIGINT NOT NULL,
    UNIQUE (parcel, number)
);
CREATE INDEX attempts_by_rider ON attempts (rider, at);

CREATE TABLE proofs (
    id TEXT PRIMARY KEY,
    stop_id TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- pin, photo
    received_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    media_type TEXT,
    photo TEXT                          -- base64
);
CREATE INDEX proofs_by_stop ON proofs (stop_id);

-- Wrong PINs at a pick-up point, for its limit.
CREATE TABLE pickup_tries (site TEXT NOT NULL, at BIGINT NOT NULL, id TEXT PRIMARY KEY);
CREATE INDEX pickup_tries_by_site ON pickup_tries (site, at);
