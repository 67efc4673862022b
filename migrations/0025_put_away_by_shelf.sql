-- Put-away onto a mobile shelf: the shelf, the trip that brings it, and where to.
ALTER TABLE put_aways ADD COLUMN shelf TEXT;
ALTER TABLE put_aways ADD COLUMN mission TEXT;
ALTER TABLE put_aways ADD COLUMN station TEXT NOT NULL DEFAULT '';
CREATE INDEX put_aways_by_shelf ON put_aways (shelf);
