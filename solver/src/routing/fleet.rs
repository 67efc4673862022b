//! Which kind of vehicle a route has: a visit may go into a full route that moves
//! to a larger vehicle, and after each round the routes it touched move to the
//! unused vehicle that drives them cheapest.
//!
//! Absent on purpose: kinds that differ in place or shift, and rules that let only
//! some vehicles serve a visit; there insertion alone decides.

use super::model::DIMENSIONS;
use super::rules::Rules;
use super::state::State;

impl<R: Rules> State<'_, R> {
    /// Whether routes may move between kinds of vehicles.
    #[inline]
    pub(super) fn has_kinds(&self) -> bool {
        !R::CHAIN && !R::CARRY && self.inst.classes > 1 && self.inst.all_allowed()
    }

    /// Moves touched routes to cheaper vehicles.
    pub(super) fn refit(&mut self, visits: &mut Vec<u32>) {
        if !self.has_kinds() {
            return;
        }
        for at in 0..self.touched.len() {
            let route = self.touched[at];
            let better = self.exchange(route, &[0; DIMENSIONS]).filter(|(_, extra)| *extra < 0);
            if let Some((other, _)) = better {
                self.move_route(route, other, visits);
            }
        }
    }

    /// Lets another, unused vehicle drive a route.
    pub(super) fn move_route(&mut self, route: u32, other: u32, visits: &mut Vec<u32>) {
        visits.clear();
        visits.extend(self.visits(route));
        visits.iter().for_each(|&visit| self.detach(visit));
        for &visit in visits.iter() {
            let last = self.nodes[self.inst.end(other) as usize].prev;
            self.attach(visit, last, 0);
        }
        self.refresh(route);
        self.refresh(other);
    }

    /// The cheapest unused vehicle for a route with this load more, and what it
    /// adds.
    pub(super) fn exchange(&self, route: u32, load: &[i64; DIMENSIONS]) -> Option<(u32, i64)> {
        let inst = self.inst;
        let tour = &self.tours[route as usize];
        let first = self.nodes[inst.start(route) as usize].next;
        if tour.size == 0 || tour.bad || self.locked[first as usize] {
            return None;
        }
        let own = &inst.vans[route as usize];
        let price = |r: u32| inst.vans[r as usize].fixed + inst.vans[r as usize].per_m * tour.metres;
        let ends = |r: u32| [inst.start(r), inst.end(r)].map(|n| (inst.row[n as usize], inst.slotted[n as usize]));
        let fits = |r: u32| {
            let other = &inst.vans[r as usize];
            let room = (0..DIMENSIONS).all(|d| other.capacity[d] >= own.capacity[d] - tour.room[d] + load[d]);
            room && ends(r) == ends(route)
        };
        let unused = self.free.iter().filter_map(|free| free.last().copied());
        let best = unused.filter(|&r| fits(r)).min_by_key(|&r| (price(r), r))?;
        Some((best, price(best) - price(route)))
    }
}
