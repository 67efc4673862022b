//! When to reorder and how much: reorder point and order-up-to level.
//!
//! The periodic-review policy with normal lead-time demand (Silver, Pyke and
//! Thomas, Inventory and Production Management in Supply Chains, 2017, chapter
//! 6). Absent on purpose: several echelons, perishables, fixed ordering costs.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::forecast::Velocity;

/// What surrounds one article at one site; times in days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Supply {
    /// Expected days from order to shelf.
    pub lead_days: f64,
    /// Standard deviation of that.
    pub lead_deviation_days: f64,
    /// Days between two looks at the stock.
    pub review_days: f64,
    /// Wanted chance of no stock-out in a cycle, within 0.5..=0.9999.
    pub service: f64,
    /// Order quantities are multiples of this many base units, 1 or more.
    pub pack: i64,
    /// Least order in base units, 0 for none.
    pub min_order: i64,
}

/// Levels in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Stock held against the unexpected.
    pub safety_stock: i64,
    /// Order when the position is at or below this.
    pub reorder_point: i64,
    /// Order up to this.
    pub order_up_to: i64,
}

/// What is wrong with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{field} is out of range")]
pub struct BadSupply {
    /// The field.
    pub field: &'static str,
}

/// Standard normal quantiles by service level; in between is interpolated, which
/// keeps the result the same on every machine and errs on the safe side.
const QUANTILES: [(f64, f64); 13] = [
    (0.5, 0.0),
    (0.6, 0.2534),
    (0.7, 0.5245),
    (0.8, 0.8417),
    (0.85, 1.0365),
    (0.9, 1.2816),
    (0.925, 1.4396),
    (0.95, 1.6449),
    (0.975, 1.9600),
    (0.99, 2.3264),
    (0.995, 2.5759),
    (0.999, 3.0903),
    (0.9999, 3.7191),
];

/// Largest mean, deviation or number of days accepted.
const MOST: f64 = 1e9;

/// Levels for demand of `daily` base units.
///
/// # Errors
/// [`BadSupply`] names the field that makes no sense.
pub fn policy(daily: &Velocity, supply: &Supply) -> Result<Policy, BadSupply> {
    let fields = [
        ("mean", daily.mean),
        ("deviation", daily.deviation),
        ("lead_days", supply.lead_days),
        ("lead_deviation_days", supply.lead_deviation_days),
        ("review_days", supply.review_days),
    ];
    for (field, value) in fields {
        // A NaN is in no range.
        if !(0.0..=MOST).contains(&value) {
            return Err(BadSupply { field });
        }
    }
    let z = quantile(supply.service).ok_or(BadSupply { field: "service" })?;
    let exposed = supply.lead_days + supply.review_days;
    let by_demand = exposed * daily.deviation.powi(2);
    let by_lead = (daily.mean * supply.lead_deviation_days).powi(2);
    // The cast saturates; the products of valid input may exceed i64.
    let up = |x: f64| x.ceil() as i64;
    let safety = z * (by_demand + by_lead).sqrt();
    Ok(Policy {
        safety_stock: up(safety),
        reorder_point: up(daily.mean * supply.lead_days + safety),
        order_up_to: up(daily.mean * exposed + safety),
    })
}

/// What to order at a stock position (on hand, plus on order, less promised), in
/// base units; 0 above the reorder point.
///
/// # Errors
/// [`BadSupply`] names the field that makes no sense.
pub fn order_quantity(policy: &Policy, supply: &Supply, position: i64) -> Result<i64, BadSupply> {
    if supply.pack < 1 {
        return Err(BadSupply { field: "pack" });
    }
    if supply.min_order < 0 {
        return Err(BadSupply { field: "min_order" });
    }
    if position > policy.reorder_point {
        return Ok(0);
    }
    let missing = i128::from(policy.order_up_to) - i128::from(position);
    let wanted = missing.max(i128::from(supply.min_order)).max(0);
    let pack = i128::from(supply.pack);
    let packs = (wanted + pack - 1) / pack;
    // Beyond i64 the largest whole number of packs.
    Ok((packs * pack).min(i128::from(i64::MAX) / pack * pack) as i64)
}

fn quantile(service: f64) -> Option<f64> {
    QUANTILES.windows(2).find_map(|pair| {
        let ((a, low), (b, high)) = (pair[0], pair[1]);
        let within = (a..=b).contains(&service);
        within.then(|| low + (high - low) * (service - a) / (b - a))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SUPPLY: Supply =
        Supply { lead_days: 4.0, lead_deviation_days: 0.0, review_days: 5.0, service: 0.95, pack: 6, min_order: 0 };

    #[test]
    fn levels_follow_the_textbook() {
        let daily = Velocity { mean: 10.0, deviation: 4.0 };
        // 1.6449 x 4 x sqrt(9) = 19.74
        let levels = policy(&daily, &SUPPLY).unwrap();
        assert_eq!((levels.safety_stock, levels.reorder_point, levels.order_up_to), (20, 60, 110));
        assert_eq!(order_quantity(&levels, &SUPPLY, 61), Ok(0));
        assert_eq!(order_quantity(&levels, &SUPPLY, 60), Ok(54));
        let odd = Supply { service: 0.3, ..SUPPLY };
        assert_eq!(policy(&daily, &odd), Err(BadSupply { field: "service" }));
    }

    proptest! {
        #[test]
        fn any_numbers_will_do(
            (mean, deviation) in (any::<f64>(), any::<f64>()),
            (lead_days, lead_deviation_days, review_days, service) in (any::<f64>(), 0.0..9.0, 0.0..9.0, 0.0..1.0),
            (pack, min_order, position) in (any::<i64>(), any::<i64>(), any::<i64>()),
        ) {
            let supply = Supply { lead_days, lead_deviation_days, review_days, service, pack, min_order };
            let Ok(levels) = policy(&Velocity { mean, deviation }, &supply) else { return Ok(()) };
            prop_assert!(levels.order_up_to >= levels.reorder_point && levels.safety_stock >= 0);
            if let Ok(q) = order_quantity(&levels, &supply, position) {
                prop_assert!(q >= 0 && q % pack == 0);
            }
        }
    }
}
