//! Gaps to best known values on a few public instances, kept outside the
//! repository: read from `CARTAGE_SHARED` or `../shared` beside it, and skipped
//! loudly where neither is there. The limits are what a small budget must reach,
//! not what the solver can do.

use std::path::{Path, PathBuf};

use solver::batching::{Order, Rules, batch};
use solver::routing::{Budget, Job, Problem, Vehicle, solve};
use solver::{Matrix, check};

fn shared(part: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("CARTAGE_SHARED").map_or(beside, PathBuf::from);
    let path = root.join("bench").join(part);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there; set CARTAGE_SHARED", path.display());
    None
}

/// Rows of a VRPLIB section, numbers only.
fn section(text: &str, name: &str) -> Vec<Vec<f64>> {
    let after = text.lines().skip_while(|line| line.trim() != name).skip(1);
    let row = |line: &str| -> Option<Vec<f64>> { line.split_whitespace().map(|w| w.parse().ok()).collect() };
    after.map_while(row).collect()
}

fn header(text: &str, key: &str) -> Option<i64> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':')?.1.trim().parse().ok()
}

/// A VRPLIB file as a routing problem in units of 1 / `scale`.
fn vrplib(text: &str, scale: f64) -> Problem {
    let points = section(text, "NODE_COORD_SECTION");
    let demand = section(text, "DEMAND_SECTION");
    let windows = section(text, "TIME_WINDOW_SECTION");
    let service = section(text, "SERVICE_TIME_SECTION");
    let units = |x: f64| (x * scale) as i64;
    let window = |i: usize| windows.get(i).map(|w| (units(w[1]), units(w[2])));
    // CVRPLIB rounds to nearest, the DIMACS windows family truncates to tenths.
    let half = if windows.is_empty() { 0.5 } else { 0.0 };
    let way = |i: usize, j: usize| {
        let (dx, dy) = (points[i][1] - points[j][1], points[i][2] - points[j][2]);
        Some((dx.hypot(dy) * scale + half).floor() as i64)
    };
    let matrix = Matrix::from_fn(points.len(), way).unwrap();
    let jobs = (1..points.len()).map(|i| Job {
        location: i,
        service_ms: service.get(i).map_or(0, |s| units(s[1])),
        windows: window(i).into_iter().collect(),
        demand: [demand[i][1] as i64, 0, 0, 0],
        ..Job::default()
    });
    let vehicle = Vehicle {
        end: Some(0),
        shift: window(0).unwrap_or((0, 1 << 40)),
        capacity: [header(text, "CAPACITY").unwrap(), 0, 0, 0],
        cost_per_m: 1,
        ..Vehicle::default()
    };
    let fleet = header(text, "VEHICLES").unwrap_or(40) as usize;
    Problem {
        jobs: jobs.collect(),
        vehicles: vec![vehicle; fleet],
        durations: matrix.clone(),
        distances: matrix,
        ..Problem::default()
    }
}

fn gap(file: &str, scale: f64, best: f64) -> Option<f64> {
    let text = std::fs::read_to_string(shared(file)?).unwrap();
    let problem = vrplib(&text, scale);
    let budget = Budget { iterations: 4_000 };
    let solution = solve(&problem, budget, 1).unwrap();
    assert_eq!(check::routing::check(&problem, &solution), Ok(()));
    assert_eq!(solution.unserved, vec![]);
    let gap = (solution.cost as f64 / scale / best - 1.0) * 100.0;
    println!("{file}: {gap:.2} % above the best known");
    Some(gap)
}

#[test]
fn capacitated_routes_come_near_the_best_known() {
    if let Some(gap) = gap("vrp/cvrp_x/X-n101-k25.vrp", 1.0, 27_591.0) {
        assert!((-1e-9..4.0).contains(&gap), "{gap}");
    }
}

#[test]
fn routes_with_windows_come_near_the_best_known() {
    if let Some(gap) = gap("vrp/vrptw_solomon100/R104.vrp", 10.0, 971.5) {
        assert!((-1e-9..5.0).contains(&gap), "{gap}");
    }
}

/// Henn and Wäscher's floor in half units: ten aisles, 45 cells on either side,
/// the depot at the front of the first. Place 0 is the depot.
fn floor() -> Matrix {
    let place = |i: usize| match i {
        0 => (0_i64, 0_i64),
        _ => ((i as i64 - 1) / 45 * 10, (i as i64 - 1) % 45 * 2 + 3),
    };
    let way = |i: usize, j: usize| {
        let ((x, y), (v, w)) = (place(i), place(j));
        Some(if x == v { (y - w).abs() } else { (x - v).abs() + (y + w).min(188 - y - w) })
    };
    Matrix::from_fn(451, way).unwrap()
}

fn picking_orders(text: &str) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().filter_map(|w| w.parse().ok());
        if line.starts_with("Order") {
            orders.push(Order::default());
        } else if let (Some(_), Some(aisle), Some(cell)) = (words.next(), words.next(), words.next()) {
            let (aisle, cell): (usize, usize) = (aisle, cell);
            let order = orders.last_mut().unwrap();
            order.nodes.push(1 + aisle / 2 * 45 + cell);
            order.totes += 1;
        }
    }
    orders
}

#[test]
fn batches_come_near_the_best_known() {
    let instances =
        [("30s-40-45-0_cb", 45, 4_553.0), ("32s-40-75-0_cb", 75, 3_104.0), ("71s-100-60-0_cb", 60, 8_144.0)];
    let matrix = floor();
    for (name, capacity, best) in instances {
        let file = format!("picking/henn_waescher/{name}.txt");
        let Some(path) = shared(&file) else { continue };
        let orders = picking_orders(&std::fs::read_to_string(path).unwrap());
        let rules = Rules { max_totes: Some(capacity), ..Rules::default() };
        let answer = batch(&orders, &rules, &matrix, 0, 1).unwrap();
        let verdict = check::batching::check(&orders, &rules, &matrix, 0, &answer);
        assert_eq!(verdict, Ok(()));
        let gap = (answer.length as f64 / 2.0 / best - 1.0) * 100.0;
        println!("{name}: {gap:.2} % above the best known");
        assert!((-1e-9..8.0).contains(&gap), "{gap}");
    }
}
