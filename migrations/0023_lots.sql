-- Lots that may not be sold, their recalls, and how long goods must last after delivery.
CREATE TABLE lot_blocks (
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    condition TEXT NOT NULL,   -- what goods of it become wherever they would be sellable
    PRIMARY KEY (sku, lot)
);

CREATE TABLE shelf_lives (sku TEXT PRIMARY KEY, least_days BIGINT NOT NULL CHECK (least_days >= 0));

CREATE TABLE recalls (
    id TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    condition TEXT NOT NULL,   -- recalled, or quality_hold for a quarantine
    reason TEXT NOT NULL,
    state TEXT NOT NULL,       -- open, closed, lifted
    stopped BIGINT NOT NULL,   -- units taken out of sale
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX recalls_open ON recalls (sku, lot) WHERE state = 'open';
CREATE INDEX transfers_by_lot ON transfers (sku, lot, id) WHERE lot <> '';
