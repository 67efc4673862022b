-- Goods that are announced, and sold before they are here: a dated line of supply for
-- each article of a delivery, and holds that stand on it until the goods come.
CREATE TABLE supplies (
    asn TEXT NOT NULL,
    sku TEXT NOT NULL,
    site TEXT NOT NULL,
    not_before BIGINT NOT NULL,       -- when the delivery is expected: nothing of it ships earlier
    expected BIGINT NOT NULL,         -- announced, and not come yet
    pledged BIGINT NOT NULL,          -- of it, promised to orders
    PRIMARY KEY (asn, sku),
    CHECK (pledged >= 0 AND pledged <= expected)
);
CREATE INDEX supplies_by_sku ON supplies (sku, not_before) WHERE expected > 0;

-- What is on its way already, less what came.
INSERT INTO supplies (asn, sku, site, not_before, expected, pledged)
SELECT t.asn, t.sku, t.site, t.not_before, CASE WHEN t.n > 0 THEN t.n ELSE 0 END, 0 FROM (
    SELECT a.id AS asn, l.sku AS sku, a.site AS site, a.expected_at AS not_before,
        SUM(l.quantity) - COALESCE((SELECT SUM(r.quantity) FROM receipt_lines r JOIN receipts c ON c.id = r.receipt
        WHERE c.asn = a.id AND r.sku = l.sku AND r.state IN ('booked', 'waiting')), 0) AS n
    FROM asns a JOIN asn_lines l ON l.asn = a.id WHERE a.state = 'expected'
    GROUP BY a.id, l.sku, a.site, a.expected_at
) t;

-- Of what a hold still reserves, what is not here yet, and the delivery it comes with.
ALTER TABLE holds ADD COLUMN supply TEXT NOT NULL DEFAULT '';
ALTER TABLE holds ADD COLUMN pledged BIGINT NOT NULL DEFAULT 0
    CHECK (pledged >= 0 AND posted + released + pledged <= quantity);
CREATE INDEX holds_pledged ON holds (site, sku) WHERE pledged > 0;

-- Which channel may sell an article before it is here; '*' is every channel.
CREATE TABLE sold_ahead (
    sku TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (sku, channel)
);
