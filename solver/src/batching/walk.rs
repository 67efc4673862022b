//! Groups of orders with a real walk each, and loads against rules.
//!
//! Every length here belongs to a walk that exists, so a gain seen is a gain had.

use super::{Order, Reason, Rules};
use crate::matrix::Matrix;
use crate::tour::polish;

/// Orders, and a walk through their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Ascending.
    pub(super) orders: Vec<usize>,
    /// Distinct places in walking order, the depot left out.
    pub(super) walk: Vec<usize>,
    /// From the depot along the walk and back.
    pub(super) length: i64,
}

/// The floor and the orders on it.
pub(super) struct Floor<'a> {
    pub(super) orders: &'a [Order],
    pub(super) rules: &'a Rules,
    pub(super) matrix: &'a Matrix,
    pub(super) depot: usize,
}

impl Floor<'_> {
    /// Distinct places of an order, ascending, the depot left out.
    fn places(&self, order: usize) -> Vec<usize> {
        let nodes = self.orders[order].nodes.iter().copied();
        let mut places: Vec<usize> = nodes.filter(|&p| p != self.depot).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// A group of one order, or why there is none.
    pub(super) fn alone(&self, order: usize) -> Result<Group, Reason> {
        let o = &self.orders[order];
        let over = |limit: Option<i64>, load| limit.is_some_and(|most| load > most);
        if self.rules.max_orders == Some(0) {
            return Err(Reason::NoOrderAllowed);
        }
        if over(self.rules.max_totes, o.totes) {
            return Err(Reason::Totes);
        }
        if over(self.rules.max_weight_g, o.weight_g) {
            return Err(Reason::Weight);
        }
        if over(self.rules.max_volume_ml, o.volume_ml) {
            return Err(Reason::Volume);
        }
        let walk = polish(self.matrix, self.depot, self.places(order));
        let (walk, length) = walk.ok_or(Reason::Unreachable)?;
        Ok(Group { orders: vec![order], walk, length })
    }

    /// Whether orders fit one cart.
    pub(super) fn fits(&self, orders: &[usize]) -> bool {
        let load = |of: fn(&Order) -> i64| -> i128 {
            let loads = orders.iter().map(|&o| of(&self.orders[o]));
            loads.map(i128::from).sum()
        };
        let within = |limit: Option<i64>, of| limit.is_none_or(|most| load(of) <= most.into());
        let rules = self.rules;
        rules.max_orders.is_none_or(|most| orders.len() <= most)
            && within(rules.max_totes, |o| o.totes)
            && within(rules.max_weight_g, |o| o.weight_g)
            && within(rules.max_volume_ml, |o| o.volume_ml)
    }

    /// The shorter group with one order taken out and another put in, unpolished;
    /// `None` when it does not fit or no walk was found.
    pub(super) fn altered(&self, group: &Group, out: Option<usize>, into: Option<usize>) -> Option<Group> {
        let kept = group.orders.iter().copied().filter(|&o| Some(o) != out);
        let mut orders: Vec<usize> = kept.clone().chain(into).collect();
        if !self.fits(&orders) {
            return None;
        }
        let mut walk = group.walk.clone();
        if let Some(out) = out {
            let leaving = &self.orders[out].nodes;
            let needed = |p: &usize| kept.clone().any(|o| self.orders[o].nodes.contains(p));
            walk.retain(|p| !leaving.contains(p) || needed(p));
        }
        if let Some(into) = into {
            self.insert(&mut walk, &self.places(into))?;
        }
        orders.sort_unstable();
        let length = self.length(&walk)?;
        Some(Group { orders, walk, length })
    }

    /// Both groups on one walk, unpolished: the smaller put into the larger.
    pub(super) fn joined(&self, a: &Group, b: &Group) -> Option<Group> {
        let mut orders = [&a.orders[..], &b.orders].concat();
        if !self.fits(&orders) {
            return None;
        }
        let (host, guest) = if a.walk.len() >= b.walk.len() { (a, b) } else { (b, a) };
        let mut walk = host.walk.clone();
        self.insert(&mut walk, &guest.walk)?;
        orders.sort_unstable();
        let length = self.length(&walk)?;
        Some(Group { orders, walk, length })
    }

    /// Descends to a locally shortest walk.
    pub(super) fn polished(&self, group: Group) -> Group {
        match polish(self.matrix, self.depot, group.walk.clone()) {
            Some((walk, length)) if length < group.length => Group { orders: group.orders, walk, length },
            _ => group,
        }
    }

    /// Puts places where they lengthen the walk least; those on it stay.
    fn insert(&self, walk: &mut Vec<usize>, places: &[usize]) -> Option<()> {
        for &place in places {
            if walk.contains(&place) {
                continue;
            }
            let ends = |gap: usize| {
                let before = if gap == 0 { self.depot } else { walk[gap - 1] };
                let after = walk.get(gap).copied().unwrap_or(self.depot);
                (before, after)
            };
            let added = |gap: &usize| {
                let (before, after) = ends(*gap);
                let there = self.matrix.get(before, place)?;
                let on = self.matrix.get(place, after)?;
                Some(there + on - self.matrix.get(before, after).unwrap_or(0))
            };
            let gaps = (0..=walk.len()).filter_map(|g| Some((added(&g)?, g)));
            let (_, gap) = gaps.min()?;
            walk.insert(gap, place);
        }
        Some(())
    }

    /// From the depot along a walk and back. An empty walk stays at the depot.
    fn length(&self, walk: &[usize]) -> Option<i64> {
        if walk.is_empty() {
            return Some(0);
        }
        let mut here = self.depot;
        let mut sum = 0;
        for &next in walk.iter().chain([&self.depot]) {
            sum += self.matrix.get(here, next)?;
            here = next;
        }
        Some(sum)
    }
}
