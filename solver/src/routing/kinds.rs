//! Which vehicles are of one kind, and which visits a kind may serve.

use super::model::{DIMENSIONS, Job, Problem, Vehicle};

pub(super) fn permitted(vehicle: &Vehicle, number: usize, job: &Job) -> bool {
    let allowed = job.allowed.as_deref();
    job.skills & !vehicle.skills == 0 && allowed.is_none_or(|a| a.contains(&number))
}

/// Numbers the distinct kinds of vehicles: alike but for locked stops, and named
/// by the same jobs.
pub(super) fn classes(problem: &Problem) -> (Vec<u32>, usize) {
    let mut named: Vec<Vec<u32>> = vec![Vec::new(); problem.vehicles.len()];
    for (job, j) in problem.jobs.iter().enumerate() {
        let Some(list) = j.allowed.as_deref() else { continue };
        for &v in list {
            if named[v].last() != Some(&(job as u32)) {
                named[v].push(job as u32);
            }
        }
    }
    for (job, promise) in problem.jobs.iter().enumerate().filter_map(|(job, j)| Some((job, j.promise?))) {
        // Numbered apart from those that allow it.
        promise.vehicle.into_iter().for_each(|v| named[v].push((problem.jobs.len() + job) as u32));
    }
    let mut kinds: Vec<(Vehicle, &[u32])> = Vec::new();
    let mut class_of = Vec::with_capacity(problem.vehicles.len());
    for (vehicle, named) in problem.vehicles.iter().zip(&named) {
        let key = (Vehicle { locked: Vec::new(), ..vehicle.clone() }, named.as_slice());
        let class = kinds.iter().position(|k| *k == key).unwrap_or(kinds.len());
        if class == kinds.len() {
            kinds.push(key);
        }
        class_of.push(class as u32);
    }
    (class_of, kinds.len())
}

/// Skills, permission and bare capacity; nothing when all may serve all.
pub(super) fn permissions(problem: &Problem, class_of: &[u32], classes: usize) -> Vec<bool> {
    let mut rows = Vec::with_capacity(classes * problem.jobs.len());
    for class in 0..classes {
        let member = class_of.iter().position(|&c| c as usize == class).unwrap_or(0);
        let v = &problem.vehicles[member];
        let fits = |load: &[i64; DIMENSIONS]| load.iter().zip(v.capacity).all(|(d, c)| *d <= c);
        rows.extend(problem.jobs.iter().map(|j| fits(&j.demand) && fits(&j.pickup) && permitted(v, member, j)));
    }
    for s in &problem.shipments {
        for class in 0..classes {
            let base = class * problem.jobs.len();
            let both = rows[base + s.from] && rows[base + s.to];
            (rows[base + s.from], rows[base + s.to]) = (both, both);
        }
    }
    if rows.iter().all(|r| *r) { Vec::new() } else { rows }
}
