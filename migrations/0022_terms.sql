-- What a hold is for; limits and quotas of purchase; pools of sites that channels draw on.
ALTER TABLE holds ADD COLUMN purpose TEXT NOT NULL DEFAULT 'order';

CREATE TABLE purchase_limits (
    sku TEXT PRIMARY KEY,
    per_order BIGINT,
    per_period BIGINT,
    period_ms BIGINT NOT NULL
);

CREATE TABLE quotas (
    sku TEXT NOT NULL,
    grp TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (sku, grp)
);

CREATE TABLE buyer_groups (
    grp TEXT NOT NULL,
    member TEXT NOT NULL,         -- a buyer's key, or channel:<name>
    PRIMARY KEY (grp, member)
);
CREATE INDEX buyer_groups_by_member ON buyer_groups (member);

-- One row for each limited article of an order or of a hold without an order. How much
-- it stands for is read from the order's lines or the hold, so that what is cancelled
-- or given back may be bought again.
CREATE TABLE purchase_uses (
    reference TEXT NOT NULL,      -- order or hold
    sku TEXT NOT NULL,
    buyer TEXT NOT NULL,          -- person, channel's shopper, or a keyed digest; nothing personal
    grp TEXT NOT NULL,            -- the quota it draws on, or ''
    grp_quantity BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (sku, buyer, reference)
);
CREATE INDEX purchase_uses_by_group ON purchase_uses (sku, grp) WHERE grp <> '';
CREATE INDEX purchase_uses_by_reference ON purchase_uses (reference);

-- PostgreSQL: two replicas that serve one buyer wait here for each other.
CREATE TABLE purchase_books (
    sku TEXT NOT NULL,
    buyer TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (sku, buyer)
);

CREATE TABLE site_pools (code TEXT PRIMARY KEY, name_en TEXT NOT NULL, name_zh TEXT NOT NULL);
CREATE TABLE site_pool_sites (pool TEXT NOT NULL, site TEXT NOT NULL, PRIMARY KEY (pool, site));
CREATE TABLE channel_draws (
    channel TEXT NOT NULL,
    pool TEXT NOT NULL,
    safety_stock BIGINT NOT NULL,   -- units of each article at each site that this channel leaves
    keep_permille BIGINT NOT NULL,  -- share of what is on hand that it leaves to the others
    PRIMARY KEY (channel, pool),
    CHECK (safety_stock >= 0 AND keep_permille >= 0 AND keep_permille <= 1000)
);
