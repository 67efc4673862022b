//! What a problem must keep for the search to rely on it; each error names the
//! part at fault. Absent on purpose: locked stops, which are driven to be judged.

use super::model::{
    Break, DIMENSIONS, Job, MAX_BREAKS, MAX_LINK, MAX_PRIORITY, MAX_TIME, Problem, Promise, Reload, RoutingError,
    Slice, Vehicle,
};
use super::wild::rested;
use crate::matrix::Matrix;

/// Links that a round changes at once, generously.
const LINKS_AT_ONCE: i128 = 1 << 12;

impl Problem {
    /// Checks everything the solver relies on, except locked stops.
    pub(super) fn validate(&self) -> Result<(), RoutingError> {
        let (durations, distances) = (self.durations.size(), self.distances.size());
        if durations != distances {
            return Err(RoutingError::Matrices { durations, distances });
        }
        let length = self.tables().map(Matrix::max).max().unwrap_or(0);
        if length > MAX_LINK {
            return Err(RoutingError::Link { length });
        }
        self.roads_make_sense()?;
        for (job, j) in self.jobs.iter().enumerate() {
            if let Some(field) = self.odd_job(j) {
                return Err(RoutingError::Job { job, field });
            }
        }
        for (vehicle, v) in self.vehicles.iter().enumerate() {
            if let Some(field) = self.odd_vehicle(v) {
                return Err(RoutingError::Vehicle { vehicle, field });
            }
        }
        self.shipments_make_sense()?;
        self.groups_make_sense()?;
        self.fits().then_some(()).ok_or(RoutingError::TooLarge)
    }

    /// All tables of travel.
    fn tables(&self) -> impl Iterator<Item = &Matrix> {
        let own = [&self.durations, &self.distances].into_iter().chain(self.slices.iter().map(|s| &s.durations));
        let others = self
            .profiles
            .iter()
            .flat_map(|p| [&p.durations, &p.distances].into_iter().chain(p.slices.iter().map(|s| &s.durations)));
        own.chain(others)
    }

    fn roads_make_sense(&self) -> Result<(), RoutingError> {
        let size = self.durations.size();
        let odd = |slices: &[Slice]| {
            let sane = slices.iter().all(|s| s.durations.size() == size && (-MAX_TIME..=MAX_TIME).contains(&s.from_ms));
            !sane || !slices.is_sorted_by(|a, b| a.from_ms < b.from_ms)
        };
        if odd(&self.slices) {
            return Err(RoutingError::Profile { profile: 0, field: "slices" });
        }
        for (k, p) in self.profiles.iter().enumerate() {
            let sized = p.durations.size() == size && p.distances.size() == size;
            let field = if odd(&p.slices) { Some("slices") } else { (!sized).then_some("size") };
            if let Some(field) = field {
                return Err(RoutingError::Profile { profile: k + 1, field });
            }
        }
        Ok(())
    }

    fn shipments_make_sense(&self) -> Result<(), RoutingError> {
        let mut taken = vec![false; self.jobs.len()];
        if !self.shipments.is_empty() {
            self.vehicles.iter().flat_map(|v| &v.locked).for_each(|&j| taken[j] = true);
        }
        for (shipment, s) in self.shipments.iter().enumerate() {
            let mut field = (!amounts(&s.amount)).then_some("amount");
            for (end, name) in [(s.to, "to"), (s.from, "from")] {
                match taken.get_mut(end) {
                    Some(taken) if !*taken => *taken = true,
                    _ => field = Some(name),
                }
            }
            if let Some(field) = field {
                return Err(RoutingError::Shipment { shipment, field });
            }
        }
        Ok(())
    }

    fn groups_make_sense(&self) -> Result<(), RoutingError> {
        let mut taken = vec![false; self.jobs.len()];
        let locked: Vec<usize> = self.vehicles.iter().flat_map(|v| v.locked.iter().copied()).collect();
        for (group, jobs) in self.groups.iter().enumerate() {
            let mut kept = false;
            for &job in jobs {
                let odd = |field| Err(RoutingError::Group { group, job, field });
                let (Some(known), Some(first)) = (self.jobs.get(job), self.jobs.get(jobs[0])) else {
                    return odd("there is no such job");
                };
                if std::mem::replace(&mut taken[job], true) {
                    return odd("it is in a group already");
                }
                if self.shipments.iter().any(|s| s.to == job) {
                    return odd("a shipment is named by its first side");
                }
                if known.prize.is_some() != first.prize.is_some() {
                    return odd("only some of the group have a prize");
                }
                if locked.contains(&job) && std::mem::replace(&mut kept, true) {
                    return odd("another of its group is locked too");
                }
            }
        }
        Ok(())
    }

    fn odd_job(&self, job: &Job) -> Option<&'static str> {
        let time = |t: i64| (-MAX_TIME..=MAX_TIME).contains(&t);
        let window = |w: &(i64, i64)| time(w.0) && time(w.1) && w.0 <= w.1;
        let vehicles = self.vehicles.len();
        let allowed = job.allowed.as_deref().unwrap_or_default();
        [
            ("location", job.location < self.durations.size()),
            ("service_ms", (0..=MAX_TIME).contains(&job.service_ms)),
            ("windows", job.windows.iter().all(window)),
            ("demand", amounts(&job.demand)),
            ("pickup", amounts(&job.pickup)),
            ("prize", job.prize.is_none_or(|p| (0..=i64::MAX >> 20).contains(&p))),
            ("release_ms", time(job.release_ms)),
            ("promise", job.promise.is_none_or(|p| self.is_promise(&p))),
            ("priority", (0..=MAX_PRIORITY).contains(&job.priority)),
            ("allowed", allowed.iter().all(|&v| v < vehicles)),
        ]
        .into_iter()
        .find_map(|(field, fine)| (!fine).then_some(field))
    }

    fn odd_vehicle(&self, v: &Vehicle) -> Option<&'static str> {
        let size = self.durations.size();
        let time = |t: i64| (-MAX_TIME..=MAX_TIME).contains(&t);
        let (from, to) = v.shift;
        [
            ("start", v.start < size),
            ("end", v.end.is_none_or(|e| e < size)),
            ("shift", time(from) && time(to) && from <= to),
            ("capacity", amounts(&v.capacity)),
            ("fixed_cost", v.fixed_cost >= 0),
            ("cost_per_m", v.cost_per_m >= 0),
            ("cost_per_ms", v.cost_per_ms >= 0),
            ("locked", v.locked.iter().all(|&j| j < self.jobs.len())),
            ("profile", v.profile <= self.profiles.len()),
            ("breaks", are_sane(&v.breaks)),
            ("reloads", v.reloads.iter().all(|r| self.is_sane(r))),
        ]
        .into_iter()
        .find_map(|(field, fine)| (!fine).then_some(field))
    }

    fn is_sane(&self, reload: &Reload) -> bool {
        let time = |t: i64| (-MAX_TIME..=MAX_TIME).contains(&t);
        reload.location < self.durations.size()
            && (0..=MAX_LINK).contains(&reload.service_ms)
            && reload.window.is_none_or(|(from, to)| time(from) && time(to) && from <= to)
    }

    fn is_promise(&self, promise: &Promise) -> bool {
        let time = |t: i64| (-MAX_TIME..=MAX_TIME).contains(&t);
        promise.vehicle.is_none_or(|v| v < self.vehicles.len())
            && promise.window.is_none_or(|(from, to)| time(from) && time(to) && from <= to)
            && (0..=i64::MAX >> 20).contains(&promise.cost)
    }

    /// Whether any vehicle may drive several trips.
    pub(super) fn has_reloads(&self) -> bool {
        self.vehicles.iter().any(|v| !v.reloads.is_empty() && v.max_reloads != Some(0))
    }

    /// Whether every vehicle's dearest conceivable route stays, with all others,
    /// far inside `i64`.
    fn fits(&self) -> bool {
        // Between any two stops there may be a reload.
        let links = (self.jobs.len() as i128 + 1) * if self.has_reloads() { 2 } else { 1 } + 1;
        let metres = links * i128::from(self.tables().map(Matrix::max).max().unwrap_or(0));
        let worst = self.vehicles.iter().try_fold(0_i128, |sum, v| {
            let shift = i128::from(v.shift.1) - i128::from(v.shift.0);
            let driven = metres.checked_mul(i128::from(v.cost_per_m))?;
            let paid = shift.checked_mul(i128::from(v.cost_per_ms))?;
            let all = driven.checked_add(paid)?;
            sum.checked_add(all)?.checked_add(i128::from(v.fixed_cost))
        });
        // Between two stops there may be no way; the search counts it as very far
        // until the round is over.
        let gap = i128::from(super::compile::FAR) * links.min(LINKS_AT_ONCE);
        let dearest = self.vehicles.iter().map(|v| i128::from(v.cost_per_m)).max().unwrap_or(0);
        if self.distances.has_gaps() || self.durations.has_gaps() {
            let Some(detour) = gap.checked_mul(dearest) else { return false };
            if detour >= i128::from(i64::MAX / 8) {
                return false;
            }
        }
        let prizes: i128 = self.jobs.iter().filter_map(|j| j.prize).map(i128::from).sum();
        let promises: i128 = self.jobs.iter().filter_map(|j| j.promise).map(|p| i128::from(p.cost)).sum();
        worst.is_some_and(|w| w + prizes + promises < i128::from(i64::MAX / 8))
    }
}

/// Breaks that a driver with nothing else to do could take, one after the other.
fn are_sane(breaks: &[Break]) -> bool {
    let time = |t: i64| (-MAX_TIME..=MAX_TIME).contains(&t);
    let sane = |b: &Break| time(b.window.0) && time(b.window.1) && (0..=MAX_TIME).contains(&b.service_ms);
    breaks.len() <= MAX_BREAKS && breaks.iter().all(sane) && rested(breaks, -MAX_TIME).is_some()
}

/// Loads stay below a bound that lets every job of a problem be summed.
fn amounts(load: &[i64; DIMENSIONS]) -> bool {
    load.iter().all(|l| (0..=1 << 42).contains(l))
}
