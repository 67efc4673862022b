-- What every order paid for and hardly anybody asked. Held goods are found by their
-- hold; where goods of a lot went, and what moved for a reference, is asked of
-- transfers that moved something.
DROP INDEX transfers_by_sku;
CREATE INDEX transfers_by_sku ON transfers (sku, id) WHERE kind <> 'pending';
DROP INDEX transfers_by_reference;
CREATE INDEX transfers_by_reference ON transfers (reference, reason) WHERE kind <> 'pending';
