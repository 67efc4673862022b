-- Goods that came back: found by the carton they stand in, and while they wait.
CREATE INDEX cartons_by_unit ON cartons (unit);
CREATE INDEX balances_returned ON balances (holder) WHERE condition = 'returned';
