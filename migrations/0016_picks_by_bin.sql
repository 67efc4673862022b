-- A count that finds less looks up the open picks of its bin.
CREATE INDEX picks_by_bin ON picks (bin, state);
