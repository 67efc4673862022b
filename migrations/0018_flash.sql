-- Holds are found by their order (accepting, cancelling); and indexes that nothing
-- asked go, since every order paid for them.
CREATE INDEX holds_by_order ON holds (order_id) WHERE state = 'open';
DROP INDEX order_lines_by_order;
DROP INDEX transfers_by_hold;
DROP INDEX decisions_by_kind;
DROP INDEX orders_by_shopper;
CREATE INDEX orders_by_shopper ON orders (shopper, id) WHERE shopper IS NOT NULL;
