-- Articles as they are stocked, what a scanner may read of them, bundles.
CREATE TABLE categories (code TEXT PRIMARY KEY, name_en TEXT NOT NULL, name_zh TEXT NOT NULL);

CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    category TEXT NOT NULL,
    gtin TEXT,
    price_minor BIGINT NOT NULL,
    length_mm BIGINT NOT NULL,
    width_mm BIGINT NOT NULL,
    height_mm BIGINT NOT NULL,
    weight_g BIGINT NOT NULL,
    temperature TEXT NOT NULL,
    lot_rule TEXT NOT NULL,
    serial_tracked BIGINT NOT NULL,
    image TEXT NOT NULL,
    active BIGINT NOT NULL,
    popularity BIGINT NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX articles_browsed ON articles (active, popularity, code);

CREATE TABLE barcodes (
    code TEXT PRIMARY KEY,
    sku TEXT NOT NULL,
    level TEXT NOT NULL,
    quantity BIGINT NOT NULL
);
CREATE INDEX barcodes_by_sku ON barcodes (sku);

CREATE TABLE bundle_parts (
    bundle TEXT NOT NULL,
    part TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (bundle, part)
);
