-- How often bins are counted without an occasion, by the class of what lies in them.
CREATE TABLE count_cadences (
    site TEXT PRIMARY KEY,
    a_days BIGINT NOT NULL,      -- 0: never
    b_days BIGINT NOT NULL,
    c_days BIGINT NOT NULL,
    most_a_day BIGINT NOT NULL,
    since BIGINT NOT NULL        -- bins never counted fall due one after the other from here on
);
CREATE INDEX counts_closed ON counts (site, bin, closed_at);
