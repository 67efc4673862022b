//! VRPLIB files with the sections in use for rich problems.
//!
//! One key more than elsewhere: `ROUNDING` is NEAREST (CVRPLIB), TRUNC10 (tenths,
//! as at DIMACS), TRUNC1000 or EXPLICIT (the table as given). Without it, a table
//! is taken as given, EXACT1000 stands for lengths times 1000 rounded to nearest
//! where the family is customarily counted so, and else NEAREST.

use std::collections::BTreeMap;

use super::{FormatError, Instance, MAX_PLACES, euclidean, index, numbers, out_of_range};
use crate::matrix::Matrix;
use crate::routing::{DIMENSIONS, Job, Problem, Reload, Shipment, Vehicle};

/// Any time and any distance, in the units of a file.
const ENDLESS: i64 = 1 << 40;

type Row = (usize, Vec<f64>);

struct File {
    keys: BTreeMap<String, (usize, String)>,
    sections: BTreeMap<String, Vec<Row>>,
}

/// How lengths and times become whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Nearest(i64),
    Down(i64),
}

impl Rounding {
    fn scale(self) -> i64 {
        match self {
            Self::Nearest(scale) | Self::Down(scale) => scale,
        }
    }

    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Nearest(scale) => (x * scale as f64 + 0.5).floor(),
            // Products such as 4.1 x 10 must not fall below themselves.
            Self::Down(scale) => (x * scale as f64 + 1e-9).floor(),
        }
    }
}

pub(super) fn read(text: &str) -> Result<Instance, FormatError> {
    let file = File::parse(text)?;
    let rounding = file.rounding()?;
    let size = file.count("DIMENSION", MAX_PLACES)?;
    let depots = file.depots(size)?;
    let distances = file.distances(size, rounding)?;
    let clients: Vec<usize> = (0..size).filter(|i| !depots.contains(i)).collect();
    let mut job_of = vec![usize::MAX; size];
    for (job, &place) in clients.iter().enumerate() {
        job_of[place] = job;
    }
    let nodes = Nodes::read(&file, size, rounding)?;
    let mut jobs: Vec<Job> = clients.iter().map(|&place| nodes.job(place)).collect();
    let shipments = nodes.shipments(&job_of)?;
    let vehicles = file.vehicles(&nodes, &depots, rounding)?;
    file.allow(&mut jobs, &job_of, vehicles.len())?;
    let points = nodes.points.clone();
    let point = |place: usize| points.get(place).copied();
    let mut problem =
        Problem { durations: distances.clone(), distances, jobs, vehicles, shipments, ..Problem::default() };
    if nodes.backhaul.iter().any(|b| *b > 0) {
        forbid_backhauls_first(&mut problem, &nodes, &depots);
    }
    Ok(Instance {
        scale: rounding.scale(),
        names: clients.iter().map(ToString::to_string).collect(),
        points: clients.iter().filter_map(|&c| point(c)).collect(),
        starts: problem.vehicles.iter().filter_map(|v| point(v.start)).collect(),
        problem,
    })
}

impl File {
    fn parse(text: &str) -> Result<Self, FormatError> {
        let mut file = Self { keys: BTreeMap::new(), sections: BTreeMap::new() };
        let mut section: Option<String> = None;
        for (at, raw) in text.lines().enumerate() {
            let (line, trimmed) = (at + 1, raw.trim());
            if trimmed.is_empty() {
                continue;
            }
            if trimmed == "EOF" {
                break;
            }
            let head = trimmed.split(':').next().unwrap_or_default().trim();
            if head.ends_with("_SECTION") {
                file.sections.entry(head.to_owned()).or_default();
                section = Some(head.to_owned());
            } else if let Some((key, value)) = trimmed.split_once(':') {
                file.keys.insert(key.trim().to_owned(), (line, value.trim().to_owned()));
                section = None;
            } else if let Some(name) = &section {
                let row = (line, numbers(line, trimmed)?);
                file.sections.entry(name.clone()).or_default().push(row);
            } else {
                return Err(FormatError::new(line, format!("{trimmed:?} is neither a key nor in a section")));
            }
        }
        Ok(file)
    }

    fn rows(&self, name: &str) -> &[Row] {
        self.sections.get(name).map_or(&[], Vec::as_slice)
    }

    fn key(&self, name: &str) -> Option<&str> {
        self.keys.get(name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Result<Option<f64>, FormatError> {
        let Some((line, value)) = self.keys.get(name) else { return Ok(None) };
        let first = numbers(*line, value)?.first().copied();
        first.map(Some).ok_or_else(|| FormatError::new(*line, format!("{name} is empty")))
    }

    fn count(&self, name: &str, most: usize) -> Result<usize, FormatError> {
        let number = self.number(name)?.ok_or_else(|| FormatError::new(0, format!("{name} is missing")))?;
        let line = self.keys.get(name).map_or(0, |(line, _)| *line);
        index(line, number, most, name)
    }

    fn rounding(&self) -> Result<Rounding, FormatError> {
        let explicit = self.key("EDGE_WEIGHT_TYPE") == Some("EXPLICIT");
        match (self.key("ROUNDING"), self.key("TYPE")) {
            (Some("NEAREST" | "EXPLICIT"), _) => Ok(Rounding::Nearest(1)),
            (Some("TRUNC10"), _) => Ok(Rounding::Down(10)),
            (Some("TRUNC1000"), _) => Ok(Rounding::Down(1000)),
            (Some("EXACT1000"), _) => Ok(Rounding::Nearest(1000)),
            (Some(other), _) => Err(FormatError::new(self.keys["ROUNDING"].0, format!("unknown rounding {other:?}"))),
            (None, _) if explicit => Ok(Rounding::Nearest(1)),
            (None, Some("MDVRPTW" | "SDVRPTW")) => Ok(Rounding::Nearest(1000)),
            (None, Some("PCVRPTW" | "MTVRPTWR" | "VRPTW")) => Ok(Rounding::Down(10)),
            _ => Ok(Rounding::Nearest(1)),
        }
    }

    fn depots(&self, size: usize) -> Result<Vec<usize>, FormatError> {
        let mut depots = Vec::new();
        for (line, row) in self.rows("DEPOT_SECTION") {
            for &number in row.iter().filter(|n| **n >= 0.0) {
                let at = index(*line, number, size, "depot")?;
                depots.push(at.checked_sub(1).ok_or_else(|| FormatError::new(*line, "depot 0"))?);
            }
        }
        if depots.is_empty() && size > 0 {
            depots.push(0);
        }
        if depots.is_empty() { Err(FormatError::new(0, "there is no depot")) } else { Ok(depots) }
    }

    fn distances(&self, size: usize, rounding: Rounding) -> Result<Matrix, FormatError> {
        if self.key("EDGE_WEIGHT_TYPE") != Some("EXPLICIT") {
            let points = self.points(size)?;
            if points.len() != size {
                return Err(FormatError::new(0, format!("{} points, expected {size}", points.len())));
            }
            return euclidean(&points, |x| rounding.apply(x));
        }
        let cells: Vec<f64> = self.rows("EDGE_WEIGHT_SECTION").iter().flat_map(|(_, row)| row.clone()).collect();
        if cells.len() != size * size {
            return Err(FormatError::new(0, format!("{} cells, expected {size} x {size}", cells.len())));
        }
        Matrix::from_fn(size, |i, j| Some(cells[i * size + j] as i64)).map_err(out_of_range)
    }

    fn points(&self, size: usize) -> Result<Vec<(f64, f64)>, FormatError> {
        let mut points = vec![(0.0, 0.0); size.min(self.rows("NODE_COORD_SECTION").len())];
        for (line, row) in self.rows("NODE_COORD_SECTION") {
            let [id, x, y, ..] = row[..] else {
                return Err(FormatError::new(*line, "expected a number, x and y"));
            };
            let at = index(*line, id - 1.0, points.len().saturating_sub(1), "place")?;
            points[at] = (x, y);
        }
        Ok(points)
    }

    /// Values by place, counted from 1 in the file.
    fn by_place(&self, name: &str, size: usize, width: usize) -> Result<Vec<Option<Vec<f64>>>, FormatError> {
        let mut values = vec![None; size];
        for (line, row) in self.rows(name) {
            if row.len() <= width {
                return Err(FormatError::new(*line, format!("expected {} numbers", width + 1)));
            }
            let at = index(*line, row[0] - 1.0, size.saturating_sub(1), "place")?;
            values[at] = Some(row[1..].to_vec());
        }
        Ok(values)
    }

    /// Rows of a vehicle and the places it may serve.
    fn allow(&self, jobs: &mut [Job], job_of: &[usize], vehicles: usize) -> Result<(), FormatError> {
        let rows = self.rows("VEHICLES_ALLOWED_CLIENTS_SECTION");
        if rows.is_empty() {
            return Ok(());
        }
        let mut may = vec![Vec::new(); jobs.len()];
        for (line, row) in rows {
            let first = row.first().copied().unwrap_or(0.0);
            let vehicle = index(*line, first - 1.0, vehicles.saturating_sub(1), "vehicle")?;
            for &place in &row[1..] {
                let place = index(*line, place - 1.0, job_of.len().saturating_sub(1), "place")?;
                if let Some(list) = may.get_mut(job_of[place]) {
                    list.push(vehicle);
                }
            }
        }
        jobs.iter_mut().zip(may).for_each(|(job, list)| job.allowed = Some(list));
        Ok(())
    }

    /// Places where each vehicle may load anew: rows of a vehicle and its places.
    fn reloads(&self, vehicles: usize, size: usize) -> Result<Vec<Vec<usize>>, FormatError> {
        let mut reloads = vec![Vec::new(); vehicles];
        for (line, row) in self.rows("VEHICLES_RELOAD_DEPOT_SECTION") {
            let [vehicle, ..] = row[..] else { continue };
            let vehicle = index(*line, vehicle - 1.0, vehicles.saturating_sub(1), "vehicle")?;
            for &place in &row[1..] {
                let place = index(*line, place - 1.0, size.saturating_sub(1), "place")?;
                if !reloads[vehicle].contains(&place) {
                    reloads[vehicle].push(place);
                }
            }
        }
        Ok(reloads)
    }

    fn vehicles(&self, nodes: &Nodes, depots: &[usize], rounding: Rounding) -> Result<Vec<Vehicle>, FormatError> {
        let capacity = self.number("CAPACITY")?.map(|c| c as i64);
        let total: i64 = nodes.demand.iter().map(|d| d[0].max(0)).sum::<i64>().max(1);
        let each = capacity.unwrap_or(total).max(1);
        // Where files give no fleet, or one that is customarily no limit.
        let roomy = ((total as f64 * 1.3 / each as f64).ceil() as usize + 3).min(nodes.demand.len().max(1));
        let given = self.number("VEHICLES")?.map(|v| v.clamp(1.0, 20_000.0) as usize);
        let kind = self.key("TYPE").unwrap_or_default();
        let count = match (given, nodes.has_windows || (kind != "CVRP" && kind != "VRPB")) {
            (Some(count), true) if kind == "VRPTW" && self.key("EDGE_WEIGHT_TYPE") == Some("EXPLICIT") => {
                count.max(roomy)
            }
            (Some(count), true) => count,
            _ => roomy,
        };
        let by_number = |name: &str| self.by_place(name, count, 1);
        let capacities = by_number("CAPACITY_SECTION")?;
        let fixed = by_number("VEHICLES_FIXED_COST_SECTION")?;
        let unit = by_number("VEHICLES_UNIT_DISTANCE_COST_SECTION")?;
        let depot = by_number("VEHICLES_DEPOT_SECTION")?;
        let longest = self.number("VEHICLES_MAX_DURATION")?;
        let reloads = self.reloads(count, nodes.window.len())?;
        let most = self.number("VEHICLES_MAX_RELOADS")?;
        let mosts = by_number("VEHICLES_MAX_RELOADS_SECTION")?;
        let value = |rows: &[Option<Vec<f64>>], v: usize| rows[v].as_ref().map(|row| row[0]);
        let mut vehicles = Vec::with_capacity(count);
        for (v, reloads) in reloads.iter().enumerate() {
            let start = match value(&depot, v) {
                Some(d) => index(0, d - 1.0, nodes.window.len().saturating_sub(1), "depot")?,
                None => depots[0],
            };
            let load = value(&capacities, v).map(|c| c as i64).or(capacity).unwrap_or(total);
            let reload = |&at: &usize| Reload { location: at, service_ms: nodes.service[at], window: nodes.window[at] };
            vehicles.push(Vehicle {
                start,
                reloads: reloads.iter().map(reload).collect(),
                max_reloads: most.or(value(&mosts, v)).map(|m| m.max(0.0) as usize),
                end: Some(start),
                shift: nodes.window[start].unwrap_or((0, ENDLESS)),
                capacity: std::array::from_fn(|d| if d == 0 { load } else { 0 }),
                fixed_cost: value(&fixed, v).map_or(0, |c| c as i64),
                cost_per_m: value(&unit, v).map_or(1, |c| c as i64),
                max_duration_ms: longest.map(|l| rounding.apply(l) as i64),
                ..Vehicle::default()
            });
        }
        Ok(vehicles)
    }
}

/// What the file says of each place.
struct Nodes {
    points: Vec<(f64, f64)>,
    demand: Vec<[i64; DIMENSIONS]>,
    window: Vec<Option<(i64, i64)>>,
    service: Vec<i64>,
    release: Vec<i64>,
    prize: Option<Vec<i64>>,
    /// Load to collect; a place with one is visited after all deliveries.
    backhaul: Vec<i64>,
    /// Line, place of pick-up, place of delivery, amount.
    pairs: Vec<(usize, usize, usize, i64)>,
    has_windows: bool,
}

impl Nodes {
    fn read(file: &File, size: usize, rounding: Rounding) -> Result<Self, FormatError> {
        let units = |x: f64| rounding.apply(x) as i64;
        let one = |name: &str| file.by_place(name, size, 1);
        let first = |rows: Vec<Option<Vec<f64>>>, unit: &dyn Fn(f64) -> i64| -> Vec<i64> {
            rows.into_iter().map(|r| r.map_or(0, |r| unit(r[0]))).collect()
        };
        let demand = first(one("DEMAND_SECTION")?, &|x| x as i64);
        let mut service = first(one("SERVICE_TIME_SECTION")?, &units);
        if let Some(all) = file.number("SERVICE_TIME")? {
            service.iter_mut().for_each(|s| *s = units(all));
            // It is that of clients.
            file.depots(size)?.iter().for_each(|&depot| service[depot] = 0);
        }
        let windows = file.by_place("TIME_WINDOW_SECTION", size, 2)?;
        let has_prizes = !file.rows("PRIZE_SECTION").is_empty();
        let mut nodes = Self {
            points: file.points(size)?,
            demand: demand.iter().map(|d| std::array::from_fn(|i| if i == 0 { *d } else { 0 })).collect(),
            window: windows.into_iter().map(|w| w.map(|w| (units(w[0]), units(w[1])))).collect(),
            service,
            release: first(one("RELEASE_TIME_SECTION")?, &units),
            prize: has_prizes.then(|| one("PRIZE_SECTION").map(|p| first(p, &units))).transpose()?,
            backhaul: first(one("BACKHAUL_SECTION")?, &|x| x as i64),
            pairs: Vec::new(),
            has_windows: !file.rows("TIME_WINDOW_SECTION").is_empty(),
        };
        nodes.read_pairs(file, size, rounding)?;
        Ok(nodes)
    }

    /// Rows of place, demand, window, service, pick-up place and delivery place.
    fn read_pairs(&mut self, file: &File, size: usize, rounding: Rounding) -> Result<(), FormatError> {
        for (line, row) in file.rows("PICKUP_AND_DELIVERY_SECTION") {
            let [id, demand, early, late, service, _, to, ..] = row[..] else {
                return Err(FormatError::new(*line, "expected seven numbers"));
            };
            let at = index(*line, id - 1.0, size.saturating_sub(1), "place")?;
            self.window[at] = Some((rounding.apply(early) as i64, rounding.apply(late) as i64));
            self.service[at] = rounding.apply(service) as i64;
            self.has_windows = true;
            if to > 0.0 {
                let to = index(*line, to - 1.0, size.saturating_sub(1), "place")?;
                self.pairs.push((*line, at, to, demand as i64));
            }
        }
        Ok(())
    }

    fn job(&self, place: usize) -> Job {
        let pickup = std::array::from_fn(|d| if d == 0 { self.backhaul[place] } else { 0 });
        Job {
            location: place,
            service_ms: self.service[place],
            windows: self.window[place].into_iter().collect(),
            demand: self.demand[place],
            pickup,
            release_ms: self.release[place],
            // A place without a prize must be served.
            prize: self.prize.as_ref().map(|p| p[place]).filter(|p| *p > 0),
            ..Job::default()
        }
    }

    fn shipments(&self, job_of: &[usize]) -> Result<Vec<Shipment>, FormatError> {
        let pair = |&(line, from, to, amount): &(usize, usize, usize, i64)| {
            let (from, to) = (job_of[from], job_of[to]);
            if from == usize::MAX || to == usize::MAX || amount < 0 {
                return Err(FormatError::new(line, "a shipment needs two places that are no depot and a load"));
            }
            Ok(Shipment { from, to, amount: std::array::from_fn(|d| if d == 0 { amount } else { 0 }) })
        };
        self.pairs.iter().map(pair).collect()
    }
}

/// Collections come after all deliveries of a route, and never alone.
fn forbid_backhauls_first(problem: &mut Problem, nodes: &Nodes, depots: &[usize]) {
    let size = problem.distances.size();
    for from in 0..size {
        for to in (0..size).filter(|&to| to != from) {
            let (last, next) = (nodes.backhaul[from] > 0, nodes.backhaul[to] > 0);
            if (last && !next && !depots.contains(&to)) || (depots.contains(&from) && next) {
                problem.distances.set(from, to, None).expect("the place exists");
                problem.durations.set(from, to, None).expect("the place exists");
            }
        }
    }
}
