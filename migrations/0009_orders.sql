-- Customer demand, the part of it each site ships, and its money.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    external_id TEXT,
    state TEXT NOT NULL,
    hold_reason TEXT,
    contact TEXT NOT NULL,
    address TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    mode TEXT NOT NULL,
    service TEXT NOT NULL,
    pickup_site TEXT,
    window_from BIGINT NOT NULL,
    window_to BIGINT NOT NULL,
    promised_by BIGINT NOT NULL,
    short_policy TEXT NOT NULL,
    note TEXT NOT NULL,
    currency TEXT NOT NULL,
    shipping_minor BIGINT NOT NULL,
    delivery_pin TEXT NOT NULL,
    shopper TEXT,
    placed_at BIGINT NOT NULL,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (channel, external_id)
);
CREATE INDEX orders_by_state ON orders (state, id);
CREATE INDEX orders_by_shopper ON orders (shopper, id);

CREATE TABLE order_lines (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    external_line_id TEXT,
    parent_line TEXT,
    sku TEXT NOT NULL,
    unit_price_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    held BIGINT NOT NULL,
    released BIGINT NOT NULL,
    picked BIGINT NOT NULL,
    packed BIGINT NOT NULL,
    shipped BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    UNIQUE (order_id, seq),
    CHECK (held >= 0 AND released >= 0 AND cancelled >= 0 AND delivered >= 0 AND returned >= 0),
    CHECK (held + picked + cancelled <= ordered),
    CHECK (packed <= picked AND shipped <= packed),
    CHECK (delivered + returned <= shipped)
);
CREATE INDEX order_lines_by_order ON order_lines (order_id);

CREATE TABLE fulfilments (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    site TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    wave TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX fulfilments_by_order ON fulfilments (order_id);
CREATE INDEX fulfilments_by_site ON fulfilments (site, state, due_at);

CREATE TABLE fulfilment_lines (
    fulfilment TEXT NOT NULL,
    line TEXT NOT NULL,
    hold TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    picked BIGINT NOT NULL,
    packed BIGINT NOT NULL,
    dropped BIGINT NOT NULL,   -- cancelled, broken or short: this fulfilment will not ship it
    PRIMARY KEY (fulfilment, line, hold),
    CHECK (picked + dropped <= quantity AND packed <= picked)
);
CREATE INDEX fulfilment_lines_by_line ON fulfilment_lines (line);

CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    reference TEXT NOT NULL,
    authorised_minor BIGINT NOT NULL,
    captured_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    collected_minor BIGINT NOT NULL,
    due_by BIGINT,
    created_at BIGINT NOT NULL,
    CHECK (refunded_minor <= captured_minor + collected_minor)
);
CREATE INDEX payments_by_order ON payments (order_id);

CREATE TABLE carts (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    lines TEXT NOT NULL,
    checkout TEXT NOT NULL,
    order_id TEXT,
    touched_at BIGINT NOT NULL
);
