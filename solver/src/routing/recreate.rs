//! Putting absent visits back, one after the other, each where it is cheapest.
//!
//! The orders are those of SISR: by chance, by load, far or near first, and with
//! windows also tight, early or late ones first.

use super::compile::{FAR, Instance, NONE};
use super::dice::Dice;
use super::model::DIMENSIONS;
use super::pairs::PairSlot;
use super::rules::Rules;
use super::slots::Slot;
use super::state::State;
use super::trips::Cut;

/// Absent visits beside the ones just removed that a round tries to place.
const EXTRA: usize = 8;

/// One round in so many serves optional visits whatever they cost.
const FORCE_ONE_IN: usize = 8;

/// Lists kept between rounds to spare the allocation.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) removed: Vec<u32>,
    order: Vec<(i64, u32)>,
    seen: Vec<u32>,
    pub(super) moved: Vec<u32>,
}

/// A place for a visit or a shipment.
#[derive(Debug, Clone, Copy)]
enum Found {
    One(Slot),
    Pair(PairSlot),
}

impl Found {
    fn delta(&self) -> i64 {
        match self {
            Self::One(slot) => slot.delta,
            Self::Pair(slot) => slot.delta,
        }
    }
}

fn prize_of(inst: &Instance<'_>, visit: u32) -> i64 {
    inst.prize[visit as usize]
}

impl<R: Rules> State<'_, R> {
    /// Inserts what was removed, and some of what was absent before, near `seed`;
    /// gives up, with false, once the plan is sure to cost more than `limit`, since
    /// a visit more never makes it cheaper but for its prize.
    pub(super) fn recreate(&mut self, scratch: &mut Scratch, seed: u32, limit: i64, dice: &mut Dice) -> bool {
        let removed = scratch.removed.len();
        if self.absent.len() > removed {
            self.add_absent(scratch, seed, dice);
        }
        self.arrange(scratch, dice);
        let prize = |visit: &u32| prize_of(self.inst, *visit);
        let mut hope: i64 = if self.inst.traits.prizes { scratch.removed.iter().map(prize).sum() } else { 0 };
        if !self.inst.problem.groups.is_empty() {
            // Another of the group may be worth more than the one removed.
            hope = i64::MAX / 4;
        }
        scratch.removed.truncate(removed);
        // No prize alone pays for a vehicle, so now and then it is not asked.
        let forced = self.inst.traits.prizes && dice.below(FORCE_ONE_IN) == 0;
        for at in 0..scratch.order.len() {
            if self.cost - hope > limit {
                return false;
            }
            let visit = scratch.order[at].1;
            if hope > 0 {
                let mate = self.inst.mate[visit as usize];
                hope -= prize_of(self.inst, visit) + if mate == NONE { 0 } else { prize_of(self.inst, mate) };
            }
            self.place(visit, scratch, dice, forced);
        }
        self.refit(&mut scratch.moved);
        true
    }

    /// Absent visits that are worth a try: a few that must be served, by chance,
    /// and a few optional ones near by.
    fn add_absent(&self, scratch: &mut Scratch, seed: u32, dice: &mut Dice) {
        let fresh = scratch.removed.len();
        let known = |visit: u32, list: &[u32]| list.contains(&visit);
        if self.weight >= self.inst.unit {
            for _ in 0..EXTRA.min(self.absent.len()) {
                let visit = self.absent[dice.below(self.absent.len())];
                if !known(visit, &scratch.removed) {
                    scratch.removed.push(visit);
                }
            }
        }
        let most = scratch.removed.len() + EXTRA;
        for &visit in std::iter::once(&seed).chain(self.inst.near(seed)) {
            if scratch.removed.len() >= most {
                break;
            }
            if self.is_absent(visit) && !known(visit, &scratch.removed) {
                scratch.removed.push(visit);
            }
        }
        debug_assert!(scratch.removed.len() >= fresh);
    }

    /// Sorts by one of the orders; shipments are led by their first side.
    pub(super) fn arrange(&self, scratch: &mut Scratch, dice: &mut Dice) {
        let inst = self.inst;
        let windows = R::CLOCK || (R::CHAIN && inst.traits.windows);
        let draw = dice.below(if windows { 17 } else { 11 });
        let heavy = |visit: u32| -> i64 { (0..DIMENSIONS).map(|d| inst.demand[visit as usize][d].abs()).sum() };
        let depot = inst.start(0);
        let away = |visit: u32| match inst.dist(depot, visit) {
            FAR => i64::MAX,
            metres => i64::from(metres),
        };
        let slot = |visit: u32| inst.slotted[visit as usize];
        let leads = |visit: &u32| inst.mate[*visit as usize] == NONE || inst.leads[*visit as usize];
        scratch.order.clear();
        for visit in scratch.removed.iter().copied().filter(leads) {
            let key = match draw {
                0..4 => (dice.bits() >> 1) as i64,
                4..8 => -heavy(visit),
                8..10 => -away(visit),
                10 => away(visit),
                11..13 => slot(visit).due - slot(visit).ready,
                13..15 => slot(visit).ready,
                _ => -slot(visit).due,
            };
            scratch.order.push((key, visit));
        }
        scratch.order.sort_unstable();
    }

    /// Inserts one visit, or one shipment, or the best of its group, where it is
    /// cheapest; leaves it out when there is no place, or none that its prize pays
    /// for unless it is `forced`.
    pub(super) fn place(&mut self, visit: u32, scratch: &mut Scratch, dice: &mut Dice, forced: bool) {
        let Scratch { seen, moved, .. } = scratch;
        let alone = self.inst.group[visit as usize] == NONE;
        if alone && self.inst.mate[visit as usize] == NONE {
            // As below, without the detour: most visits are of this sort.
            let must = forced || self.inst.weight[visit as usize] > 0;
            let worth = if must { i64::MAX / 8 } else { prize_of(self.inst, visit) };
            let slot = self.best_slot(visit, worth, dice, true);
            if slot.is_found() {
                self.put_one(visit, slot, moved);
            }
        } else if alone {
            if let Some(found) = self.find(visit, seen, dice, forced) {
                self.put(visit, found, moved);
            }
        } else if self.served_of_group(visit).is_none() {
            let jobs = self.inst.group_of(visit).iter().map(|job| *job as u32);
            let found = jobs.filter_map(|job| Some((job, self.find(job, seen, dice, forced)?)));
            let dear = |(job, found): &(u32, Found)| {
                let (weight, prize) = self.inst.worth(*job);
                (-weight, found.delta().saturating_sub(prize))
            };
            if let Some((job, found)) = found.min_by_key(dear) {
                self.put(job, found, moved);
            }
        }
    }

    /// The cheapest place of one visit or one shipment.
    fn find(&self, visit: u32, seen: &mut Vec<u32>, dice: &mut Dice, forced: bool) -> Option<Found> {
        let inst = self.inst;
        let mate = inst.mate[visit as usize];
        let must = |v: u32| forced || inst.weight[v as usize] > 0;
        let worth = |v: u32| if must(v) { i64::MAX / 8 } else { inst.prize[v as usize] };
        if mate == NONE {
            let slot = self.best_slot(visit, worth(visit), dice, true);
            return slot.is_found().then_some(Found::One(slot));
        }
        let limit = worth(visit).saturating_add(worth(mate));
        let slot = self.best_pair(visit, limit, seen, dice, true);
        slot.is_found().then_some(Found::Pair(slot))
    }

    fn put(&mut self, visit: u32, found: Found, moved: &mut Vec<u32>) {
        match found {
            Found::One(slot) => self.put_one(visit, slot, moved),
            Found::Pair(slot) => {
                let mate = self.inst.mate[visit as usize];
                self.attach(visit, slot.first_after, slot.windows.0);
                self.attach(mate, slot.second_after, slot.windows.1);
                self.refresh_around(mate);
            }
        }
    }

    #[inline]
    fn put_one(&mut self, visit: u32, slot: Slot, moved: &mut Vec<u32>) {
        let inst = self.inst;
        let mut after = slot.after;
        if slot.refit != NONE {
            let route = self.nodes[after as usize].route;
            self.move_route(route, slot.refit, moved);
            after = if after == inst.start(route) { inst.start(slot.refit) } else { after };
        }
        if let Cut::Before(place) = slot.cut {
            after = self.attach_reload(place, after);
        }
        self.attach(visit, after, slot.window);
        if let Cut::Behind(place) = slot.cut {
            self.attach_reload(place, visit);
        }
        self.refresh_around(visit);
    }
}
