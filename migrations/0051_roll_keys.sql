-- Keys of commands whose replies are on a row of the roll: [[caller, key, digest]..].
-- SQLite's one process finds them in memory, and here when it starts; on PostgreSQL
-- each has a row in commands from the first, with status 0 and the row of the roll as
-- its body, since replicas guard keys there.
ALTER TABLE till_roll ADD COLUMN keys TEXT NOT NULL DEFAULT '[]';
