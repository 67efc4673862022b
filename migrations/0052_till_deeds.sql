-- From now on a row of the roll says what was decided of each order ("2:", then JSON,
-- compressed, in base64) instead of the rows it will be, and keys are [[caller, key]..].
-- The version before posts its roll within seconds; one that died over it must be started
-- once more before this one is, else its orders would wait for ever.
CREATE TABLE roll_is_posted (orders_wait BIGINT NOT NULL CHECK (orders_wait = 0));
INSERT INTO roll_is_posted SELECT COUNT(*) FROM till_roll;
DROP TABLE roll_is_posted;

-- Which is posted next, and how many wait, without a look at the words.
CREATE INDEX till_roll_next ON till_roll (failed, id, orders);
