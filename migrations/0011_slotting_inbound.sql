-- Slotting: how fast articles turn, room promised in bins, goods carried between bins.
CREATE TABLE velocity (
    site TEXT NOT NULL,
    sku TEXT NOT NULL,
    day BIGINT NOT NULL,       -- days since 1970
    picks BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (site, sku, day)
);

CREATE TABLE slot_claims (
    task TEXT PRIMARY KEY,     -- the task that will bring the goods
    site TEXT NOT NULL,
    bin TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL
);
CREATE INDEX slot_claims_by_site ON slot_claims (site);

CREATE TABLE carries (
    task TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    expiry TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    counted BIGINT NOT NULL,   -- in hand
    from_bin TEXT NOT NULL,
    from_code TEXT NOT NULL,
    to_bin TEXT NOT NULL,
    to_code TEXT NOT NULL,
    stage TEXT NOT NULL,       -- from, article, quantity, to, done
    reason TEXT NOT NULL
);
CREATE INDEX carries_open ON carries (site, stage);

-- Inbound: announced deliveries, receipts, and what is to be put away.
CREATE TABLE asns (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    code TEXT NOT NULL,        -- the supplier's number, in capitals
    supplier TEXT NOT NULL,
    expected_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (site, code)
);

CREATE TABLE asn_lines (
    asn TEXT NOT NULL,
    number BIGINT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    sscc TEXT NOT NULL,        -- pallet it comes on, or ''
    PRIMARY KEY (asn, number)
);
CREATE INDEX asn_lines_by_sscc ON asn_lines (sscc);

CREATE TABLE receipts (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    asn TEXT,                  -- NULL: a blind receipt
    task TEXT NOT NULL,
    dock TEXT NOT NULL,        -- bin id
    dock_code TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,       -- what the handheld asks for next
    sku TEXT,                  -- the article in hand
    per_scan BIGINT NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    serial TEXT NOT NULL,
    sscc TEXT NOT NULL,        -- the pallet in hand
    forced TEXT NOT NULL,      -- a condition that the worker may not choose, or ''
    quantity BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX receipts_by_site ON receipts (site, state, id);
CREATE UNIQUE INDEX receipts_by_asn ON receipts (asn) WHERE state = 'open';
CREATE INDEX receipts_by_task ON receipts (task);

CREATE TABLE receipt_lines (
    id TEXT PRIMARY KEY,
    receipt TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    serial TEXT NOT NULL,
    condition TEXT NOT NULL,
    sscc TEXT NOT NULL,
    state TEXT NOT NULL,       -- booked, waiting, rejected, reversed
    planned BIGINT NOT NULL,   -- of it has a put-away task
    at BIGINT NOT NULL,
    by_whom TEXT NOT NULL
);
CREATE INDEX receipt_lines_by_receipt ON receipt_lines (receipt, id);
CREATE UNIQUE INDEX receipt_serials ON receipt_lines (sku, serial) WHERE serial <> '' AND state = 'booked';

CREATE TABLE put_aways (
    task TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    receipt TEXT NOT NULL,
    line TEXT NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    expiry TEXT NOT NULL,
    condition TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    done BIGINT NOT NULL,
    counted BIGINT NOT NULL,   -- in hand
    from_bin TEXT NOT NULL,
    from_code TEXT NOT NULL,
    to_bin TEXT NOT NULL,
    to_code TEXT NOT NULL,
    stage TEXT NOT NULL        -- article, quantity, bin, done
);
CREATE INDEX put_aways_by_receipt ON put_aways (receipt);

-- Counting: blind counts of bins.
CREATE TABLE counts (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    bin TEXT NOT NULL,
    bin_code TEXT NOT NULL,
    task TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,       -- open, done
    round BIGINT NOT NULL,     -- 1, or 2 when counted again
    stage TEXT NOT NULL,       -- bin, article, lot, serial, quantity
    sku TEXT,                  -- the article in hand
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    serial TEXT NOT NULL,
    shelf TEXT,                -- the mobile shelf, and the trip that brings it
    mission TEXT,
    station TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX counts_open_once ON counts (bin) WHERE state = 'open';
CREATE INDEX counts_by_task ON counts (task);
CREATE INDEX counts_by_mission ON counts (mission);

CREATE TABLE counted (
    count_id TEXT NOT NULL,
    round BIGINT NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    expiry TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (count_id, round, sku, lot, serial)
);
