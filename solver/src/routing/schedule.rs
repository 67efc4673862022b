//! From a plan to times on the clock, and from an absent job to its reason.
//!
//! A vehicle leaves at the earliest moment that costs the least time: late
//! enough not to wait needlessly, early enough to keep slack for the road.

use super::instance::Instance;
use super::model::{Reason, Route, Solution, Stop, Unserved};
use super::plan::{Plan, Tour};

/// The answer in the caller's terms.
pub(super) fn solution(instance: &Instance<'_>, plan: &Plan) -> Solution {
    let used = plan.tours.iter().enumerate();
    let used = used.filter(|(_, tour)| !tour.visits.is_empty());
    let routes = used.map(|(vehicle, tour)| route(instance, vehicle, tour));
    let mut absent = plan.absent.clone();
    absent.sort_unstable();
    let unserved = absent.into_iter().map(|job| Unserved { job, reason: reason(instance, plan, job) });
    Solution { routes: routes.collect(), unserved: unserved.collect(), cost: plan.cost }
}

fn route(instance: &Instance<'_>, vehicle: usize, tour: &Tour) -> Route {
    let whole =
        instance.join(&tour.pre[tour.visits.len()], &instance.ends[vehicle]).expect("a tour of the plan is feasible");
    let depart_ms = whole.early.max(whole.release);
    let (mut now, mut here) = (depart_ms, instance.starts[vehicle].last);
    let mut stops = Vec::with_capacity(tour.visits.len());
    for &visit in &tour.visits {
        let service = instance.service(visit);
        let arrive_ms = now + instance.link(here, service.first).duration;
        let start_ms = arrive_ms.max(service.early);
        now = start_ms + service.duration;
        here = service.last;
        stops.push(Stop { job: visit.job as usize, arrive_ms, start_ms, depart_ms: now });
    }
    Route {
        vehicle,
        depart_ms,
        stops,
        end_ms: now + instance.link(here, instance.ends[vehicle].first).duration,
        distance_m: whole.distance,
        load: whole.load,
        cost: tour.cost,
    }
}

/// The obstacle of the vehicle that comes closest to serving the job.
fn reason(instance: &Instance<'_>, plan: &Plan, job: usize) -> Reason {
    let closeness = |reason: &Reason| match reason {
        Reason::NoVehicle => 0,
        Reason::Capacity => 1,
        Reason::Unreachable => 2,
        Reason::Time => 3,
        Reason::NoRoom => 4,
    };
    let obstacle = |vehicle: usize| {
        let tour = &plan.tours[vehicle];
        let prefix = &tour.pre[tour.locked];
        let obstacle = instance.obstacle(vehicle, prefix, job);
        obstacle.unwrap_or(Reason::NoRoom)
    };
    let vehicles = 0..plan.tours.len();
    let nearest = vehicles.map(obstacle).max_by_key(closeness);
    nearest.unwrap_or(Reason::NoVehicle)
}
