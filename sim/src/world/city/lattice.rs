//! The street plan before it has names: a warped lattice of crossings with a
//! ring, arterials, diagonals, a park, bridges and one-way streets.
//!
//! Works in metres on the plane. Every crossing that survives can reach every
//! other by car, which `mend_one_ways` brings about and the tests assert.

use super::super::geo::Point;
use super::RoadClass;
use super::river::River;
use crate::seed::Chance;
use rand::RngExt;
use std::collections::{BTreeMap, BTreeSet};

pub const COLS: usize = 35;
pub const ROWS: usize = 29;
const HALF_WIDTH_M: f64 = 3_600.0;
const HALF_HEIGHT_M: f64 = 2_900.0;
/// Lattice lines of the ring road.
pub const RING_COLS: [usize; 2] = [5, 29];
pub const RING_ROWS: [usize; 2] = [5, 23];
/// Lattice lines of the avenues.
pub const AVENUE_COLS: [usize; 3] = [11, 17, 23];
pub const AVENUE_ROW: usize = 14;
const THROUGH_COLS: [usize; 6] = [2, 8, 14, 20, 26, 32];
const THROUGH_ROWS: [usize; 6] = [2, 8, 11, 17, 20, 26];
/// The park fills one block between through streets.
const PARK_COLS: [usize; 2] = [23, 26];
const PARK_ROWS: [usize; 2] = [14, 17];
const DIAGONAL_STEPS: usize = 9;

/// A crossing by its lattice column and row.
pub type Cell = (usize, usize);

/// The street a link belongs to; ordered, so that naming is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Ring,
    /// A row (west to east) and its stretch between major crossings.
    Row(usize, usize),
    /// A column (south to north) and its stretch.
    Column(usize, usize),
    DiagonalEast,
    DiagonalWest,
}

/// One piece of road between neighbouring crossings.
#[derive(Debug, Clone)]
pub struct Link {
    pub from: Cell,
    pub to: Cell,
    pub line: Line,
    pub class: RoadClass,
    /// Only from `from` to `to`.
    pub one_way: bool,
    /// West to east number of the bridge, when this is one.
    pub bridge: Option<usize>,
}

/// Crossings and links, all reachable from each other.
#[derive(Debug)]
pub struct Plan {
    pub crossings: BTreeMap<Cell, Point>,
    pub links: Vec<Link>,
    pub park: Vec<Point>,
}

/// Draws the plan around the river.
pub fn draw(river: &River, chance: &mut Chance) -> Plan {
    let crossings = place_crossings(river, chance);
    let park = park_outline(&crossings);
    let mut links = lay_links(&crossings, river, chance);
    thin_out(&mut links, chance);
    let mut plan = Plan { crossings, links, park };
    keep_largest_part(&mut plan);
    mend_one_ways(&mut plan);
    plan
}

/// A lattice point on the plane: a square pressed towards a disc, so that its
/// inner loops read as ring roads, then bent by slow waves.
fn place(col: usize, row: usize, chance: &mut Chance, phase: f64) -> Point {
    let u = 2.0 * col as f64 / (COLS - 1) as f64 - 1.0;
    let v = 2.0 * row as f64 / (ROWS - 1) as f64 - 1.0;
    let round = 0.7;
    let x = HALF_WIDTH_M * u * (1.0 - round + round * (1.0 - v * v / 2.0).sqrt());
    let y = HALF_HEIGHT_M * v * (1.0 - round + round * (1.0 - u * u / 2.0).sqrt());
    Point::new(
        x + 55.0 * (y / 640.0 + phase).sin() + chance.random_range(-22.0..22.0),
        y + 45.0 * (x / 710.0 + 2.0 * phase).cos() + chance.random_range(-22.0..22.0),
    )
}

fn place_crossings(river: &River, chance: &mut Chance) -> BTreeMap<Cell, Point> {
    let phase = chance.random_range(0.0..std::f64::consts::TAU);
    let mut crossings = BTreeMap::new();
    for col in 0..COLS {
        for row in 0..ROWS {
            let point = river.onto_quay(place(col, row, chance, phase));
            let fringe = col < 2 || row < 2 || col + 2 >= COLS || row + 2 >= ROWS;
            let frayed = fringe && !is_major(col, row) && chance.random_bool(0.38);
            if !frayed && !inside_park(col, row) {
                crossings.insert((col, row), point);
            }
        }
    }
    crossings
}

fn is_major(col: usize, row: usize) -> bool {
    AVENUE_COLS.contains(&col) || row == AVENUE_ROW || on_ring(col, row)
}

fn on_ring(col: usize, row: usize) -> bool {
    let within_cols = (RING_COLS[0]..=RING_COLS[1]).contains(&col);
    let within_rows = (RING_ROWS[0]..=RING_ROWS[1]).contains(&row);
    (RING_COLS.contains(&col) && within_rows) || (RING_ROWS.contains(&row) && within_cols)
}

fn inside_park(col: usize, row: usize) -> bool {
    col > PARK_COLS[0] && col < PARK_COLS[1] && row > PARK_ROWS[0] && row < PARK_ROWS[1]
}

fn park_outline(crossings: &BTreeMap<Cell, Point>) -> Vec<Point> {
    let [west, east] = PARK_COLS;
    let [south, north] = PARK_ROWS;
    let corners = (west..east)
        .map(|col| (col, south))
        .chain((south..north).map(|row| (east, row)))
        .chain((west + 1..=east).rev().map(|col| (col, north)))
        .chain((south + 1..=north).rev().map(|row| (west, row)));
    corners.filter_map(|cell| crossings.get(&cell).copied()).collect()
}

fn lay_links(crossings: &BTreeMap<Cell, Point>, river: &River, chance: &mut Chance) -> Vec<Link> {
    let mut links = Vec::new();
    let bridge_cols = [RING_COLS[0], AVENUE_COLS[0], AVENUE_COLS[1], AVENUE_COLS[2], RING_COLS[1]];
    let wanted = lattice_steps().into_iter().chain(diagonal_steps());
    for (from, to, line) in wanted {
        let (Some(&a), Some(&b)) = (crossings.get(&from), crossings.get(&to)) else {
            continue;
        };
        let crosses = river.is_north(a) != river.is_north(b);
        let upright = matches!(line, Line::Column(..)) || (line == Line::Ring && from.0 == to.0);
        let bridge = bridge_cols.iter().position(|&col| crosses && upright && col == from.0);
        if crosses && bridge.is_none() {
            continue;
        }
        links.push(Link { from, to, line, class: class_of(line), one_way: false, bridge });
    }
    point_one_ways(&mut links, chance);
    links
}

/// Lattice neighbours to the east and to the north of every cell.
fn lattice_steps() -> Vec<(Cell, Cell, Line)> {
    let mut steps = Vec::new();
    for col in 0..COLS {
        for row in 0..ROWS {
            if col + 1 < COLS {
                let ring = RING_ROWS.contains(&row) && (RING_COLS[0]..RING_COLS[1]).contains(&col);
                let stretch = stretch_of(col, &[5, 11, 17, 23, 29], row == AVENUE_ROW);
                let line = if ring { Line::Ring } else { Line::Row(row, stretch) };
                steps.push(((col, row), (col + 1, row), line));
            }
            if row + 1 < ROWS {
                let ring = RING_COLS.contains(&col) && (RING_ROWS[0]..RING_ROWS[1]).contains(&row);
                let stretch = stretch_of(row, &[5, 9, 14, 19, 23], AVENUE_COLS.contains(&col));
                let line = if ring { Line::Ring } else { Line::Column(col, stretch) };
                steps.push(((col, row), (col, row + 1), line));
            }
        }
    }
    steps
}

/// An avenue keeps one name; other lines change theirs at each of `cuts`.
fn stretch_of(position: usize, cuts: &[usize], whole: bool) -> usize {
    if whole {
        return 0;
    }
    cuts.iter().filter(|&&cut| cut <= position).count()
}

fn diagonal_steps() -> impl Iterator<Item = (Cell, Cell, Line)> {
    let (col, row) = (AVENUE_COLS[1], AVENUE_ROW);
    let east = (0..DIAGONAL_STEPS).map(move |k| {
        let from = (col + k, row + k);
        (from, (from.0 + 1, from.1 + 1), Line::DiagonalEast)
    });
    let west = (0..DIAGONAL_STEPS).map(move |k| {
        let from = (col - k, row + k);
        (from, (from.0 - 1, from.1 + 1), Line::DiagonalWest)
    });
    east.chain(west)
}

fn class_of(line: Line) -> RoadClass {
    match line {
        Line::Ring => RoadClass::Trunk,
        Line::DiagonalEast | Line::DiagonalWest => RoadClass::Primary,
        Line::Row(row, _) if row == AVENUE_ROW => RoadClass::Primary,
        Line::Column(col, _) if AVENUE_COLS.contains(&col) => RoadClass::Primary,
        Line::Row(row, _) if THROUGH_ROWS.contains(&row) => RoadClass::Secondary,
        Line::Column(col, _) if THROUGH_COLS.contains(&col) => RoadClass::Secondary,
        Line::Row(..) | Line::Column(..) => RoadClass::Residential,
    }
}

/// Makes about half of the quiet streets one-way, a whole street at a time,
/// neighbouring streets in opposite directions.
fn point_one_ways(links: &mut [Link], chance: &mut Chance) {
    let mut chosen: BTreeMap<Line, bool> = BTreeMap::new();
    for link in links {
        if link.class != RoadClass::Residential {
            continue;
        }
        let one_way = *chosen.entry(link.line).or_insert_with(|| chance.random_bool(0.5));
        let (Line::Row(number, _) | Line::Column(number, _)) = link.line else {
            continue;
        };
        link.one_way = one_way;
        if one_way && number % 2 == 1 {
            std::mem::swap(&mut link.from, &mut link.to);
        }
    }
}

/// Takes away one quiet piece in ten, where both ends keep two others.
fn thin_out(links: &mut Vec<Link>, chance: &mut Chance) {
    let mut degree: BTreeMap<Cell, usize> = BTreeMap::new();
    for link in links.iter() {
        *degree.entry(link.from).or_default() += 1;
        *degree.entry(link.to).or_default() += 1;
    }
    links.retain(|link| {
        let spare = degree[&link.from] > 2 && degree[&link.to] > 2;
        let drop = link.class == RoadClass::Residential && spare && chance.random_bool(0.1);
        if drop {
            *degree.entry(link.from).or_default() -= 1;
            *degree.entry(link.to).or_default() -= 1;
        }
        !drop
    });
}

/// Cells reachable from `start`, along (or, with `against`, back along) links.
fn reachable(links: &[Link], start: Cell, two_way: bool, against: bool) -> BTreeSet<Cell> {
    let mut next: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
    for link in links {
        let (from, to) = if against { (link.to, link.from) } else { (link.from, link.to) };
        next.entry(from).or_default().push(to);
        if two_way || !link.one_way {
            next.entry(to).or_default().push(from);
        }
    }
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(cell) = open.pop() {
        for &to in next.get(&cell).into_iter().flatten() {
            if seen.insert(to) {
                open.push(to);
            }
        }
    }
    seen
}

/// The middle of the old town, which is never taken away.
const HEART: Cell = (AVENUE_COLS[1], AVENUE_ROW);

/// Drops crossings that no road joins to the heart of the city.
fn keep_largest_part(plan: &mut Plan) {
    let joined = reachable(&plan.links, HEART, true, false);
    plan.crossings.retain(|cell, _| joined.contains(cell));
    plan.links.retain(|link| joined.contains(&link.from) && joined.contains(&link.to));
}

/// Opens one-way pieces in both directions until every crossing both reaches
/// the heart and is reached from it.
fn mend_one_ways(plan: &mut Plan) {
    loop {
        let ahead = reachable(&plan.links, HEART, false, false);
        let back = reachable(&plan.links, HEART, false, true);
        let fine = |cell: &Cell| ahead.contains(cell) && back.contains(cell);
        let mut changed = false;
        for link in &mut plan.links {
            if link.one_way && fine(&link.from) != fine(&link.to) {
                link.one_way = false;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}
