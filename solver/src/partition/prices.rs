//! What each element is worth: Lagrangian ascent over a pool of columns.
//!
//! Subgradient steps of Held, Wolfe and Crowder (Mathematical Programming 6,
//! 1974) with Polyak's length. Absent on purpose: a proof that the bound is the
//! linear programme's; any prices give a bound that holds.

use super::{Column, Pool};

/// Rounds of ascent, at most.
const ROUNDS: usize = 300;

/// Share of the way to the incumbent a step aims at, to begin with and at last.
const FIRST_STEP: f64 = 1.0;
const LAST_STEP: f64 = 0.005;

/// Rounds without a better bound after which steps get shorter, and by how much.
const PATIENCE: usize = 8;
const SHORTER: f64 = 0.7;

/// Weight of the last direction in the next one.
const MOMENTUM: f64 = 0.7;

/// Prices of elements; no column covers more than it costs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prices(Vec<f64>);

impl Prices {
    /// No cover from the pool these were made for costs less.
    pub(crate) fn bound(&self) -> f64 {
        self.0.iter().sum()
    }

    /// What covering this element is worth.
    pub(crate) fn of(&self, element: usize) -> f64 {
        self.0[element]
    }

    /// A column's cost above what it covers is worth.
    #[inline]
    pub(crate) fn reduced(&self, column: Column<'_>) -> f64 {
        column.cost as f64 - column.elements.iter().map(|&e| self.0[usize::from(e)]).sum::<f64>()
    }

    /// The prices with the highest bound met, from the start's shares on.
    pub(super) fn ascend(pool: &Pool, start: &[usize], cost: i64) -> Self {
        let mut now = Self(vec![0.0; pool.elements]);
        for &number in start {
            let column = pool.column(number);
            let share = column.cost as f64 / column.elements.len() as f64;
            column.elements.iter().for_each(|&e| now.0[usize::from(e)] = share);
        }
        let (mut best, mut most) = (now.clone(), f64::NEG_INFINITY);
        let (mut step, mut idle) = (FIRST_STEP, 0);
        let mut way = vec![0.0; pool.elements];
        for _ in 0..ROUNDS {
            let (bound, slope) = now.judge(pool);
            idle += 1;
            if bound > most {
                if bound > most + 1e-3 {
                    idle = 0;
                }
                (best, most) = (now.clone(), bound);
            }
            if idle > PATIENCE {
                (idle, step) = (0, step * SHORTER);
                now = best.clone();
                way.fill(0.0);
            }
            way.iter_mut().zip(&slope).for_each(|(w, s)| *w = MOMENTUM * *w + (1.0 - MOMENTUM) * s);
            let steep: f64 = way.iter().map(|s| s * s).sum();
            let missing = cost as f64 - most;
            if missing <= 1e-4 || step < LAST_STEP || steep < 1e-12 {
                break;
            }
            now.0.iter_mut().zip(&way).for_each(|(p, w)| *p += step * missing / steep * w);
        }
        best.within(pool)
    }

    /// The bound these prove, and the direction in which it grows.
    fn judge(&self, pool: &Pool) -> (f64, Vec<f64>) {
        let mut slope = vec![1.0; pool.elements];
        let mut bound = self.bound();
        for column in pool.columns() {
            let reduced = self.reduced(column);
            if reduced < 0.0 {
                bound += reduced;
                column.elements.iter().for_each(|&e| slope[usize::from(e)] -= 1.0);
            }
        }
        (bound, slope)
    }

    /// Lowered where a column covers more than it costs.
    fn within(mut self, pool: &Pool) -> Self {
        for column in pool.columns() {
            let over = -self.reduced(column);
            if over > 0.0 {
                let share = over / column.elements.len() as f64;
                column.elements.iter().for_each(|&e| self.0[usize::from(e)] -= share);
            }
        }
        self
    }
}
