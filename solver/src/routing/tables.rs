//! The ways between all places in planes of 32-bit cells, equal planes once.

use super::compile::FAR;
use super::model::Problem;

/// The place of each row of the table (`None`: nowhere, near to all), and the row
/// of each node. Each job has its own, so that a visit is its row; reloads and
/// ends of routes share theirs.
pub(super) fn rows(problem: &Problem, jobs: usize) -> (Vec<Option<usize>>, Vec<u32>) {
    let mut rows: Vec<Option<usize>> = problem.jobs[..jobs].iter().map(|j| Some(j.location)).collect();
    let mut row: Vec<u32> = (0..rows.len() as u32).collect();
    let mut known: Vec<(Option<usize>, u32)> = Vec::new();
    let reloads = problem.jobs[jobs..].iter().map(|j| Some(j.location));
    for place in reloads.chain(problem.vehicles.iter().flat_map(|v| [Some(v.start), v.end])) {
        let found = known.iter().find(|(p, _)| *p == place).map(|(_, at)| *at);
        let at = found.unwrap_or_else(|| {
            rows.push(place);
            known.push((place, rows.len() as u32 - 1));
            rows.len() as u32 - 1
        });
        row.push(at);
    }
    (rows, row)
}

pub(super) struct Planes {
    pub(super) cells: Vec<u32>,
    pub(super) dist: usize,
    pub(super) dist_back: usize,
    pub(super) time: usize,
    pub(super) time_back: usize,
}

pub(super) fn planes(problem: &Problem, rows: &[Option<usize>]) -> Planes {
    let link = |i: usize, j: usize| match (rows[i], rows[j]) {
        (Some(a), Some(b)) => match (problem.durations.get(a, b), problem.distances.get(a, b)) {
            (Some(time), Some(metres)) => (metres as u32, time as u32),
            _ => (FAR, FAR),
        },
        _ => (0, 0),
    };
    let side = rows.len();
    let plane = |pick: &dyn Fn(usize, usize) -> u32| -> Vec<u32> {
        let mut cells = Vec::with_capacity(side * side);
        for i in 0..side {
            cells.extend((0..side).map(|j| pick(i, j)));
        }
        cells
    };
    let mut cells: Vec<u32> = Vec::new();
    let mut bases = [0; 4];
    let picks: [&dyn Fn(usize, usize) -> u32; 4] =
        [&|i, j| link(i, j).0, &|i, j| link(j, i).0, &|i, j| link(i, j).1, &|i, j| link(j, i).1];
    for (at, pick) in picks.into_iter().enumerate() {
        let new = plane(pick);
        let size = new.len().max(1);
        let known = (0..cells.len() / size).find(|k| cells[k * size..(k + 1) * size] == new[..]);
        bases[at] = known.map_or(cells.len(), |k| k * size);
        if known.is_none() {
            cells.extend(new);
        }
    }
    Planes { cells, dist: bases[0], dist_back: bases[1], time: bases[2], time_back: bases[3] }
}
