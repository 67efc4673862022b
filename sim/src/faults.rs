//! Mishaps to be brought about in a run, as data drawn from the seed.
//!
//! This only says what goes wrong, where and how badly; the actors make it
//! happen, through the same doors as everything else they do.

use crate::demand::{Payment, ShopperOrder, shopper_order};
use crate::seed::{Chance, stream};
use crate::world::World;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of mishap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mishap {
    DamagedReceipt,
    OverDelivery,
    UnknownLabel,
    EmptyPickFace,
    CountBelowHeld,
    FullTote,
    WeightMismatch,
    PrinterFailure,
    PartialCancelAfterPacking,
    AddressChangeAfterPick,
    AbsentCustomer,
    LatePayment,
    WorkerGone,
}

impl Mishap {
    pub const ALL: [Mishap; 13] = [
        Mishap::DamagedReceipt,
        Mishap::OverDelivery,
        Mishap::UnknownLabel,
        Mishap::EmptyPickFace,
        Mishap::CountBelowHeld,
        Mishap::FullTote,
        Mishap::WeightMismatch,
        Mishap::PrinterFailure,
        Mishap::PartialCancelAfterPacking,
        Mishap::AddressChangeAfterPick,
        Mishap::AbsentCustomer,
        Mishap::LatePayment,
        Mishap::WorkerGone,
    ];

    /// Where it strikes.
    pub const fn strikes(self) -> Strikes {
        match self {
            Mishap::DamagedReceipt | Mishap::OverDelivery | Mishap::UnknownLabel => Strikes::Receipt,
            Mishap::CountBelowHeld => Strikes::Count,
            _ => Strikes::Order,
        }
    }

    /// Whether it decides how the order ends or is paid; an order suffers at
    /// most one of these while there are enough orders.
    const fn is_grave(self) -> bool {
        matches!(
            self,
            Mishap::PartialCancelAfterPacking
                | Mishap::AddressChangeAfterPick
                | Mishap::AbsentCustomer
                | Mishap::LatePayment
        )
    }

    /// Whether it can happen to this order at all.
    fn suits(self, order: &ShopperOrder) -> bool {
        let units: i64 = order.lines.iter().filter(|l| !l.scarce).map(|l| l.quantity).sum();
        let home = order.pickup_point.is_none();
        match self {
            Mishap::LatePayment => order.payment == Payment::TestCard,
            Mishap::AddressChangeAfterPick | Mishap::AbsentCustomer => home,
            // Something must be left to be delivered.
            Mishap::PartialCancelAfterPacking => units >= 2,
            _ => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strikes {
    Receipt,
    Count,
    Order,
}

/// One mishap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: Mishap,
    pub strikes: Strikes,
    /// Index of the order; number of the receipt or count line among those of
    /// the run, from 0.
    pub index: u64,
    /// How badly, in parts of a thousand: share of units damaged, missing, too
    /// many, to be cancelled; share of the weight by which the scale is wrong;
    /// share of the work done before somebody leaves.
    pub permille: u32,
}

/// `each` mishaps of every kind for a run of `orders` orders. Receipts and
/// counts are numbered through, one for each mishap. Of the kinds that strike
/// orders there are fewer when too few orders suit.
pub fn schedule(world: &World, seed: u64, orders: u64, each: u64) -> Vec<Fault> {
    let mut chance = stream(seed, "faults", 0);
    let baskets: Vec<_> = (0..orders).map(|index| shopper_order(world, seed, index)).collect();
    let mut faults = Vec::new();
    let mut next = BTreeMap::from([(false, 0u64), (true, 0u64)]);
    let mut grave = BTreeSet::new();
    // The choosiest first, so that they find orders that suit them.
    let mut kinds = Mishap::ALL;
    kinds.sort_by_key(|&kind| (baskets.iter().filter(|order| kind.suits(order)).count(), kind));
    for kind in kinds {
        let targets: Vec<u64> = match kind.strikes() {
            Strikes::Order => pick_orders(kind, &baskets, each, &mut grave, &mut chance),
            strikes => {
                let first = next.entry(strikes == Strikes::Count).or_default();
                *first += each;
                (*first - each..*first).collect()
            }
        };
        faults.extend(targets.into_iter().map(|index| Fault {
            kind,
            strikes: kind.strikes(),
            index,
            permille: chance.random_range(150..=700),
        }));
    }
    faults.sort_by_key(|fault| (fault.kind, fault.index));
    faults
}

/// Different orders that suit; grave mishaps avoid each other while they can.
fn pick_orders(
    kind: Mishap,
    baskets: &[ShopperOrder],
    each: u64,
    grave: &mut BTreeSet<u64>,
    chance: &mut Chance,
) -> Vec<u64> {
    let mut suitable: Vec<u64> = baskets.iter().filter(|order| kind.suits(order)).map(|order| order.index).collect();
    suitable.shuffle(chance);
    if kind.is_grave() {
        suitable.sort_by_key(|index| grave.contains(index));
    }
    suitable.truncate(each as usize);
    if kind.is_grave() {
        grave.extend(&suitable);
    }
    suitable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scale;

    #[test]
    fn sixty_orders_suffer_ten_of_each() {
        let world = World::generate(7, Scale::City);
        let faults = schedule(&world, 7, 60, 10);
        let mut targets = BTreeSet::new();
        let mut grave: BTreeMap<u64, u32> = BTreeMap::new();
        for kind in Mishap::ALL {
            let own: Vec<_> = faults.iter().filter(|fault| fault.kind == kind).collect();
            assert_eq!(own.len(), 10, "{kind:?}");
            for fault in own {
                assert!(targets.insert((kind, fault.index)), "{fault:?} twice");
                if kind.is_grave() {
                    *grave.entry(fault.index).or_default() += 1;
                }
                if fault.strikes == Strikes::Order {
                    assert!(kind.suits(&shopper_order(&world, 7, fault.index)), "{fault:?}");
                }
            }
        }
        assert!(grave.values().all(|&count| count == 1), "{grave:?}");
    }

    #[test]
    fn receipts_are_never_shared_and_the_plan_repeats() {
        let world = World::generate(7, Scale::Tiny);
        let faults = schedule(&world, 7, 20, 5);
        assert_eq!(faults, schedule(&world, 7, 20, 5));
        assert_ne!(faults, schedule(&world, 9, 20, 5));
        let receipts: BTreeSet<_> =
            faults.iter().filter(|fault| fault.strikes == Strikes::Receipt).map(|fault| fault.index).collect();
        assert_eq!(receipts, (0..15).collect());
    }

    #[test]
    fn no_orders_no_mishaps_to_orders() {
        let world = World::generate(7, Scale::Tiny);
        let faults = schedule(&world, 7, 0, 2);
        assert!(faults.iter().all(|fault| fault.strikes != Strikes::Order));
        assert_eq!(faults.len(), 8);
    }
}
