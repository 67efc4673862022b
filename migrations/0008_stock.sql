-- The ledger: accounts, immutable transfers, holds, and the pool that guards promises.
CREATE TABLE balances (
    site TEXT NOT NULL,              -- '' for accounts outside of any site
    holder TEXT NOT NULL,            -- bin, unit, or @supplier @customer @loss @carrier:...
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    condition TEXT NOT NULL,
    owner TEXT NOT NULL,
    pooled BIGINT NOT NULL,          -- 1: counts towards the site's pool
    expiry TEXT NOT NULL DEFAULT '', -- YYMMDD of the lot, for first-expired-first-out
    quantity BIGINT NOT NULL,
    PRIMARY KEY (site, holder, sku, lot, serial, condition, owner),
    CHECK (quantity >= 0 OR site = '')
);
CREATE INDEX balances_by_sku ON balances (sku, site);
CREATE INDEX balances_by_holder ON balances (holder);

CREATE TABLE pools (
    site TEXT NOT NULL,
    sku TEXT NOT NULL,
    channel TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    held BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (site, sku, channel),
    CHECK (held >= 0),
    CHECK (held <= on_hand)
);
CREATE INDEX pools_by_sku ON pools (sku);

CREATE TABLE holds (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    site TEXT NOT NULL,
    sku TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    posted BIGINT NOT NULL,
    released BIGINT NOT NULL,
    promised_by BIGINT NOT NULL,
    expires_at BIGINT,
    state TEXT NOT NULL,
    CHECK (posted >= 0 AND released >= 0 AND posted + released <= quantity)
);
CREATE INDEX holds_by_line ON holds (line_id);
CREATE INDEX holds_open ON holds (site, sku, promised_by) WHERE state = 'open';

CREATE TABLE transfers (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    owner TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    from_site TEXT NOT NULL,
    from_holder TEXT NOT NULL,
    from_condition TEXT NOT NULL,
    to_site TEXT NOT NULL,
    to_holder TEXT NOT NULL,
    to_condition TEXT NOT NULL,
    hold TEXT,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    actor TEXT NOT NULL
);
CREATE INDEX transfers_by_hold ON transfers (hold);
CREATE INDEX transfers_by_sku ON transfers (sku, id);
CREATE INDEX transfers_by_reference ON transfers (reference, reason);
