//! The field of mobile shelves and the one-way roads between them.
//!
//! Columns run alternately south and north, the southern and middle rows east,
//! the northern row west, so that the rim is one loop and every road can be
//! left again. Whatever a vehicle stops at for long (shelf, station, charger,
//! home) is a spur of its own beside the road: a waiting vehicle blocks nobody.

use super::racks::level_letter;
use super::{Agv, Bin, BinKind, Draft, Lane, NodeKind, Shelf, Zone, ZoneKind};
use crate::world::catalog::Temperature;
use std::collections::BTreeSet;

/// Measures of a field.
pub struct Field {
    /// Even, so that the last column runs north and closes the loop.
    pub columns: u32,
    /// Stretches of shelves between rows; there is one row more.
    pub stretches: u32,
    /// Shelf spots on each side of a column within a stretch.
    pub spots: u32,
    /// Spots left empty, so that shelves can change places.
    pub free_spots: u32,
    pub stations: u32,
    pub chargers: u32,
    pub agvs: u32,
}

const COLUMN_MM: i64 = 3_200;
const SPOT_MM: i64 = 1_300;
/// From a row to the first spot of a column.
const LEAD_MM: i64 = 1_500;
/// From the middle of a column to the middle of a shelf.
const SHELF_MM: i64 = 1_050;
/// From a row to a station, charger or home.
const SPUR_MM: i64 = 1_600;
const SHELF_LEVELS: u32 = 4;
const SLOTS_PER_LEVEL: u32 = 2;
const MANUFACTURER: &str = "Kestrel";

impl Field {
    pub fn width_mm(&self) -> i64 {
        COLUMN_MM * i64::from(self.columns)
    }

    fn stretch_mm(&self) -> i64 {
        2 * LEAD_MM + SPOT_MM * i64::from(self.spots - 1)
    }

    /// From the station spurs to the homes, both included.
    pub fn height_mm(&self) -> i64 {
        self.stretch_mm() * i64::from(self.stretches) + 2 * SPUR_MM
    }
}

/// Draws the field with its south-west corner at `(x, y)` and answers the
/// nodes at which shelves are presented, west to east.
pub fn draw(draft: &mut Draft, field: &Field, x: i64, y: i64) -> Vec<usize> {
    draft.floor.zones.push(Zone {
        code: "M".to_owned(),
        name_en: "Mobile shelves".to_owned(),
        name_zh: "移动货架区".to_owned(),
        kind: ZoneKind::MobileShelves,
        temperature: Temperature::Ambient,
        x_mm: x,
        y_mm: y - 600,
        width_mm: field.width_mm(),
        height_mm: field.height_mm() + 1_200,
    });
    let rows = draw_rows(draft, field, x, y + SPUR_MM);
    let spots = draw_columns(draft, field, &rows);
    place_shelves(draft, field, spots);
    draw_spurs(draft, field, &rows)
}

/// A row of crossings, with a node half-way between neighbours in the first
/// and the last row, where spurs leave.
struct Row {
    crossings: Vec<usize>,
    between: Vec<usize>,
}

fn draw_rows(draft: &mut Draft, field: &Field, x: i64, y: i64) -> Vec<Row> {
    let mut rows = Vec::new();
    for row in 0..=field.stretches {
        let rim = row == 0 || row == field.stretches;
        let level = y + field.stretch_mm() * i64::from(row);
        let mut road = Row { crossings: Vec::new(), between: Vec::new() };
        let mut chain = Vec::new();
        for column in 0..field.columns {
            let here = x + COLUMN_MM * i64::from(column) + COLUMN_MM / 2;
            let name = format!("X{:02}-{row}", column + 1);
            let crossing = draft.node(&name, (here, level), NodeKind::Aisle, Lane::Agv);
            road.crossings.push(crossing);
            chain.push(crossing);
            if rim && column + 1 < field.columns {
                let name = format!("H{:02}-{row}", column + 1);
                let at = (here + COLUMN_MM / 2, level);
                let node = draft.node(&name, at, NodeKind::Aisle, Lane::Agv);
                road.between.push(node);
                chain.push(node);
            }
        }
        if row == field.stretches {
            chain.reverse();
        }
        for pair in chain.windows(2) {
            draft.way(pair[0], pair[1]);
        }
        rows.push(road);
    }
    rows
}

/// Draws the columns and answers the shelf spots, in the order of the columns.
fn draw_columns(draft: &mut Draft, field: &Field, rows: &[Row]) -> Vec<usize> {
    let mut spots = Vec::new();
    for column in 0..field.columns as usize {
        for stretch in 0..field.stretches as usize {
            let (low, high) = (rows[stretch].crossings[column], rows[stretch + 1].crossings[column]);
            let (x, y) = (draft.floor.nodes[low].x_mm, draft.floor.nodes[low].y_mm);
            let mut chain = vec![low];
            for spot in 0..i64::from(field.spots) {
                let level = y + LEAD_MM + SPOT_MM * spot;
                let name = format!("L{:02}-{stretch}{spot}", column + 1);
                let lane = draft.node(&name, (x, level), NodeKind::Aisle, Lane::Agv);
                chain.push(lane);
                for side in [-1, 1] {
                    let name = format!("SP{:03}", spots.len() + 1);
                    let at = (x + side * SHELF_MM, level);
                    let shelf = draft.node(&name, at, NodeKind::Shelf, Lane::Agv);
                    draft.both_ways(lane, shelf);
                    spots.push(shelf);
                }
            }
            chain.push(high);
            if column % 2 == 0 {
                chain.reverse();
            }
            for pair in chain.windows(2) {
                draft.way(pair[0], pair[1]);
            }
        }
    }
    spots
}

/// Puts shelves on the spots and leaves free ones evenly between them.
fn place_shelves(draft: &mut Draft, field: &Field, spots: Vec<usize>) {
    let count = field.free_spots as usize;
    let every = spots.len() / count.max(1);
    // One in each stretch of the list, at a wandering place.
    let free: BTreeSet<usize> = (0..count).map(|turn| turn * every + turn * 7 % every).collect();
    let mut number = 0;
    for (index, spot) in spots.into_iter().enumerate() {
        if free.contains(&index) {
            continue;
        }
        number += 1;
        let code = format!("SH-{number:03}");
        let node = draft.id(spot);
        let (x_mm, y_mm) = (draft.floor.nodes[spot].x_mm, draft.floor.nodes[spot].y_mm);
        for level in 1..=SHELF_LEVELS {
            for slot in 1..=SLOTS_PER_LEVEL {
                draft.floor.bins.push(Bin {
                    code: format!("M{number:03}-{slot:02}-{}", level_letter(level)),
                    zone: "M".to_owned(),
                    kind: BinKind::ShelfSlot,
                    node: node.clone(),
                    x_mm,
                    y_mm,
                    level,
                    temperature: Temperature::Ambient,
                    max_weight_g: 60_000,
                    max_volume_ml: 140_000,
                    shelf: Some(code.clone()),
                });
            }
        }
        draft.floor.shelves.push(Shelf { code, node });
    }
}

/// Stations south of the first row; homes and chargers north of the last.
fn draw_spurs(draft: &mut Draft, field: &Field, rows: &[Row]) -> Vec<usize> {
    let south = &rows[0].between;
    let north = &rows[rows.len() - 1].between;
    let stations = spread(south, field.stations)
        .enumerate()
        .map(|(index, road)| spur(draft, road, -SPUR_MM, &format!("S{}", index + 1), NodeKind::Station))
        .collect();
    let berths: Vec<_> = spread(north, field.agvs + field.chargers).collect();
    for (index, &road) in berths.iter().enumerate() {
        let number = index as u32 + 1;
        if number <= field.agvs {
            let home = spur(draft, road, SPUR_MM, &format!("P{number:02}"), NodeKind::Parking);
            draft.floor.agvs.push(Agv {
                serial: format!("AGV-{number:02}"),
                manufacturer: MANUFACTURER.to_owned(),
                home_node: draft.id(home),
            });
        } else {
            let name = format!("C{}", number - field.agvs);
            spur(draft, road, SPUR_MM, &name, NodeKind::Charger);
        }
    }
    stations
}

/// `count` of the nodes, evenly spread. There must be as many nodes.
fn spread(nodes: &[usize], count: u32) -> impl Iterator<Item = usize> + '_ {
    let count = count as usize;
    assert!(count <= nodes.len(), "a row of {} has no room for {count} spurs", nodes.len());
    (0..count).map(move |index| nodes[index * nodes.len() / count])
}

/// A dead end beside the road, entered and left by the same way.
fn spur(draft: &mut Draft, road: usize, north: i64, name: &str, kind: NodeKind) -> usize {
    let at = (draft.floor.nodes[road].x_mm, draft.floor.nodes[road].y_mm + north);
    let node = draft.node(name, at, kind, Lane::Agv);
    draft.both_ways(road, node);
    node
}
