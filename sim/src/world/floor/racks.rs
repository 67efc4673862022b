//! Blocks of racks that people walk through.
//!
//! Aisles run from the south corridor to the north corridor. Where aisles are
//! one-way, their directions alternate, so that carts never meet.

use super::{Aisle, Bin, BinKind, Draft, Lane, NodeKind, Zone, ZoneKind};
use crate::world::catalog::Temperature;

/// A block of parallel aisles.
pub struct Block {
    pub zone: &'static str,
    pub name: (&'static str, &'static str),
    pub temperature: Temperature,
    pub aisles: u32,
    /// Pairs of bays, one on each side, along an aisle.
    pub positions: u32,
    pub levels: u32,
    /// The highest levels, which refill those below.
    pub reserve_levels: u32,
    pub one_way: bool,
    pub bay: Bay,
}

/// Measures of one bay.
#[derive(Clone, Copy)]
pub struct Bay {
    pub width_mm: i64,
    pub depth_mm: i64,
    pub level_mm: i64,
    pub max_weight_g: i64,
}

/// Bays for totes and loose goods.
pub const SMALL_BAY: Bay = Bay { width_mm: 1_300, depth_mm: 600, level_mm: 450, max_weight_g: 220_000 };

/// Bays for pallets and bulky goods.
pub const BULKY_BAY: Bay = Bay { width_mm: 1_800, depth_mm: 1_100, level_mm: 1_100, max_weight_g: 900_000 };

const WALK_MM: i64 = 1_500;
/// From the corridor to the first bay.
const LEAD_MM: i64 = 1_200;
/// Share of a bay's volume that goods can really fill.
const FILL_PERCENT: i64 = 75;

impl Block {
    /// From one aisle's middle to the next.
    fn pitch_mm(&self) -> i64 {
        WALK_MM + 2 * self.bay.depth_mm + 100
    }

    pub fn width_mm(&self) -> i64 {
        self.pitch_mm() * i64::from(self.aisles)
    }

    /// From the south corridor to the north one.
    pub fn height_mm(&self) -> i64 {
        2 * LEAD_MM + self.bay.width_mm * i64::from(self.positions - 1)
    }
}

/// Draws the block with its south-west corner at `x`, from the corridor at
/// `south` to the one at `north`.
pub fn draw(draft: &mut Draft, block: &Block, x: i64, south: i64, north: i64) {
    draft.floor.zones.push(Zone {
        code: block.zone.to_owned(),
        name_en: block.name.0.to_owned(),
        name_zh: block.name.1.to_owned(),
        kind: ZoneKind::Racks,
        temperature: block.temperature,
        x_mm: x,
        y_mm: south + 500,
        width_mm: block.width_mm(),
        height_mm: north - south - 1_000,
    });
    for aisle in 1..=block.aisles {
        let middle = x + block.pitch_mm() * i64::from(aisle - 1) + block.pitch_mm() / 2;
        draw_aisle(draft, block, aisle, middle, south, north);
    }
}

fn draw_aisle(draft: &mut Draft, block: &Block, aisle: u32, x: i64, south: i64, north: i64) {
    let code = format!("{}{aisle:02}", block.zone);
    let walk = |draft: &mut Draft, name: &str, y: i64| draft.node(name, (x, y), NodeKind::Aisle, Lane::People);
    let front = walk(draft, &format!("{code}-F"), south);
    let mut chain = vec![front];
    for position in 0..block.positions {
        let y = south + LEAD_MM + block.bay.width_mm * i64::from(position);
        let node = walk(draft, &format!("{code}-{:02}", position + 1), y);
        chain.push(node);
        for side in 0..2 {
            let bay = 2 * position + side + 1;
            add_bay(draft, block, &code, bay, node);
        }
    }
    let back = walk(draft, &format!("{code}-B"), north);
    chain.push(back);
    draft.south.push(front);
    draft.north.push(back);
    if block.one_way && aisle.is_multiple_of(2) {
        chain.reverse();
    }
    for pair in chain.windows(2) {
        if block.one_way {
            draft.way(pair[0], pair[1]);
        } else {
            draft.both_ways(pair[0], pair[1]);
        }
    }
    draft.floor.aisles.push(Aisle {
        from_node: draft.id(chain[0]),
        to_node: draft.id(chain[chain.len() - 1]),
        code,
        zone: block.zone.to_owned(),
        one_way: block.one_way,
    });
}

/// All levels of one bay; odd bays lie to the west of the walkway.
fn add_bay(draft: &mut Draft, block: &Block, aisle: &str, bay: u32, node: usize) {
    let side = if bay % 2 == 1 { -1 } else { 1 };
    let (x, y) = (draft.floor.nodes[node].x_mm, draft.floor.nodes[node].y_mm);
    for level in 1..=block.levels {
        let size = block.bay;
        let volume = size.width_mm * size.depth_mm * size.level_mm / 1_000;
        draft.floor.bins.push(Bin {
            code: format!("{aisle}-{bay:02}-{}", level_letter(level)),
            zone: block.zone.to_owned(),
            kind: if level + block.reserve_levels > block.levels { BinKind::Reserve } else { BinKind::Pick },
            node: draft.id(node),
            x_mm: x + side * (WALK_MM + size.depth_mm) / 2,
            y_mm: y,
            level,
            temperature: block.temperature,
            max_weight_g: size.max_weight_g,
            max_volume_ml: volume * FILL_PERCENT / 100,
            shelf: None,
        });
    }
}

/// Level 1 is A.
pub fn level_letter(level: u32) -> char {
    char::from(b'A' + (level - 1).min(25) as u8)
}
