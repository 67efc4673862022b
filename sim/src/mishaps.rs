//! The plan of mishaps at hand: who asks "is it now?" is answered once for each.
//!
//! Mishaps that belong to an order are looked up by its index; the others
//! strike at opportunities as they come, never two in a row.

use crate::faults::{Fault, Mishap};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A mishap of one kind strikes at every so-manyth opportunity.
const SPACING: u64 = 2;

#[derive(Default)]
struct Kind {
    /// Still to come.
    left: Vec<Fault>,
    /// Opportunities so far.
    seen: u64,
    struck: u64,
}

/// Mishaps still to come, by kind.
#[derive(Default)]
pub struct Mishaps {
    kinds: Mutex<BTreeMap<Mishap, Kind>>,
}

impl Mishaps {
    pub fn new(faults: Vec<Fault>) -> Self {
        let mut kinds: BTreeMap<Mishap, Kind> = BTreeMap::new();
        for fault in faults {
            kinds.entry(fault.kind).or_default().left.push(fault);
        }
        Self { kinds: Mutex::new(kinds) }
    }

    /// The mishap of that kind that belongs to an order, taken from the plan.
    pub fn of_order(&self, kind: Mishap, index: u64) -> Option<Fault> {
        self.with(kind, |plan| {
            let place = plan.left.iter().position(|fault| fault.index == index)?;
            plan.struck += 1;
            Some(plan.left.remove(place))
        })
    }

    /// A mishap whose own order is `over`, for another order that suits as well.
    pub fn orphan(&self, kind: Mishap, over: impl Fn(u64) -> bool) -> Option<Fault> {
        self.with(kind, |plan| {
            let place = plan.left.iter().position(|fault| over(fault.index))?;
            plan.struck += 1;
            Some(plan.left.remove(place))
        })
    }

    /// An opportunity for a mishap of that kind: the next one, if it is time.
    pub fn chance(&self, kind: Mishap) -> Option<Fault> {
        self.with(kind, |plan| {
            if plan.left.is_empty() {
                return None;
            }
            plan.seen += 1;
            if plan.seen % SPACING != 0 {
                return None;
            }
            plan.struck += 1;
            Some(plan.left.remove(0))
        })
    }

    /// Whether one of that kind is still to come.
    pub fn expects(&self, kind: Mishap) -> bool {
        self.with(kind, |plan| (!plan.left.is_empty()).then_some(())).is_some()
    }

    /// Gives one back that could not be brought about after all.
    pub fn put_back(&self, fault: Fault) {
        self.with(fault.kind, |plan| {
            plan.struck = plan.struck.saturating_sub(1);
            plan.left.push(fault.clone());
            None::<()>
        });
    }

    /// Takes all that are left of a kind.
    pub fn take_all(&self, kind: Mishap) -> Vec<Fault> {
        let taken = self.with(kind, |plan| {
            plan.struck += plan.left.len() as u64;
            Some(std::mem::take(&mut plan.left))
        });
        taken.unwrap_or_default()
    }

    /// How many struck, by kind.
    pub fn struck(&self) -> BTreeMap<Mishap, u64> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.iter().map(|(kind, plan)| (*kind, plan.struck)).collect()
    }

    /// How many are still to come, by kind; kinds with none are left out.
    pub fn left(&self) -> BTreeMap<Mishap, u64> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = kinds.iter().map(|(kind, plan)| (*kind, plan.left.len() as u64));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    fn with<T>(&self, kind: Mishap, act: impl FnOnce(&mut Kind) -> Option<T>) -> Option<T> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.get_mut(&kind).and_then(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Strikes;

    fn fault(kind: Mishap, index: u64) -> Fault {
        Fault { kind, strikes: Strikes::Order, index, permille: 300 }
    }

    #[test]
    fn each_strikes_once() {
        let mishaps = Mishaps::new(vec![fault(Mishap::AbsentCustomer, 4), fault(Mishap::FullTote, 9)]);
        assert!(mishaps.of_order(Mishap::AbsentCustomer, 3).is_none());
        assert!(mishaps.of_order(Mishap::AbsentCustomer, 4).is_some());
        assert!(mishaps.of_order(Mishap::AbsentCustomer, 4).is_none());
        let struck: Vec<bool> = (0..6).map(|_| mishaps.chance(Mishap::FullTote).is_some()).collect();
        assert_eq!(struck.iter().filter(|hit| **hit).count(), 1);
        assert!(!struck[0] && mishaps.chance(Mishap::WorkerGone).is_none());
        assert_eq!(mishaps.struck()[&Mishap::FullTote], 1);
        assert!(mishaps.left().is_empty());
    }

    #[test]
    fn what_can_no_longer_strike_its_order_strikes_another() {
        let mishaps = Mishaps::new(vec![fault(Mishap::AbsentCustomer, 4)]);
        assert!(mishaps.orphan(Mishap::AbsentCustomer, |_| false).is_none());
        assert!(mishaps.orphan(Mishap::AbsentCustomer, |index| index == 4).is_some());
        assert!(mishaps.left().is_empty());
    }

    #[test]
    fn one_given_back_comes_again() {
        let mishaps = Mishaps::new(vec![fault(Mishap::WorkerGone, 1)]);
        let taken = mishaps.take_all(Mishap::WorkerGone);
        assert!(!mishaps.expects(Mishap::WorkerGone));
        mishaps.put_back(taken[0].clone());
        assert!(mishaps.expects(Mishap::WorkerGone));
        assert_eq!(mishaps.struck()[&Mishap::WorkerGone], 0);
    }
}
