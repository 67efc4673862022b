//! How fast an article turns: simple exponential smoothing of its past demand.
//!
//! Brown (Statistical Forecasting for Inventory Control, 1959); the spread is
//! the smoothed squared error of the one-step forecasts. Absent on purpose:
//! season, trend, and choice between methods.

use serde::{Deserialize, Serialize};

/// Expected demand of one period and how far it strays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Velocity {
    /// Base units a period, expected.
    pub mean: f64,
    /// Standard deviation of the forecast's error, base units a period.
    pub deviation: f64,
}

/// Smooths a history of demand by period, oldest first. `alpha` is the weight of
/// the newest period, kept within 0.01..=1 (a NaN counts as 0.1); negative
/// demand counts as none. `None` without a history.
pub fn velocity(history: &[i64], alpha: f64) -> Option<Velocity> {
    let alpha = if alpha.is_nan() { 0.1 } else { alpha }.clamp(0.01, 1.0);
    // The first forecast is a plain mean, so that the first period alone does
    // not set the level.
    let begin = history.len().min(7);
    if begin == 0 {
        return None;
    }
    let demand = |d: i64| d.max(0) as f64;
    let mut mean = history[..begin].iter().map(|&d| demand(d)).sum::<f64>() / begin as f64;
    let spread = |d: &i64| (demand(*d) - mean).powi(2);
    let mut squared = history[..begin].iter().map(spread).sum::<f64>() / begin as f64;
    for &d in &history[begin..] {
        let error = demand(d) - mean;
        squared += alpha * (error * error - squared);
        mean += alpha * error;
    }
    Some(Velocity { mean, deviation: squared.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steady_demand_has_no_spread() {
        let v = velocity(&[4; 30], 0.2).unwrap();
        assert_eq!((v.mean, v.deviation), (4.0, 0.0));
        assert_eq!(velocity(&[], 0.2), None);
    }

    #[test]
    fn follows_a_step_at_the_pace_of_alpha() {
        let mut history = vec![10; 20];
        history.extend([20; 3]);
        // 20 - 10 x 0.5^3
        assert_eq!(velocity(&history, 0.5).unwrap().mean, 18.75);
    }

    proptest! {
        #[test]
        fn stays_within_what_was_seen(history in proptest::collection::vec(any::<i64>(), 1..40), alpha in any::<f64>()) {
            let v = velocity(&history, alpha).unwrap();
            let seen = history.iter().map(|&d| d.max(0) as f64);
            let (low, high) = seen.fold((f64::MAX, 0.0_f64), |(l, h), d| (l.min(d), h.max(d)));
            let slack = high * 1e-9;
            prop_assert!(v.mean >= low - slack && v.mean <= high + slack);
            prop_assert!(v.deviation >= 0.0 && v.deviation <= high + slack);
        }
    }
}
