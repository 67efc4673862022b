-- Orders that a till has promised for good and not yet posted to their tables, as the
-- rows they will be. Goods, hours, limits and keys were written with them; what is
-- here nobody has to wait for. Empty but for the seconds after a rush.
CREATE TABLE till_roll (
    id TEXT PRIMARY KEY,
    orders BIGINT NOT NULL,
    failed BIGINT NOT NULL,             -- attempts to post it
    subjects TEXT NOT NULL,             -- ids and numbers its orders are asked for by
    goods TEXT NOT NULL,                -- [[site, sku, held]], which pools count already
    rows TEXT NOT NULL                  -- sheets, facts and chores: JSON, compressed (LZ4), in base64
);

-- How much an order holds whose lines are on the roll: limits and quotas count it
-- until its lines are posted.
ALTER TABLE purchase_uses ADD COLUMN unposted BIGINT NOT NULL DEFAULT 0;
