//! Which blocks each warehouse has, and where docks, packing and stations lie.
//!
//! From south to north: docks and packing, the south corridor, racks, the
//! north corridor, and in a central warehouse the goods-to-person stations and
//! the field of mobile shelves.

use super::agv::{self, Field};
use super::racks::{self, BULKY_BAY, Block, SMALL_BAY};
use super::{Bin, BinKind, Draft, Floor, Lane, NodeKind, Station, StationKind, Zone, ZoneKind};
use crate::world::Scale;
use crate::world::catalog::Temperature;
use crate::world::sites::{Site, SiteKind};

const MARGIN_MM: i64 = 1_500;
const CORRIDOR_MM: i64 = 7_000;
const GAP_MM: i64 = 1_000;
/// Depth of the strip of docks and packing tables.
const STRIP_MM: i64 = 4_500;

/// The floor of a warehouse; pick-up points have none.
pub fn generate(site: &Site, scale: Scale) -> Option<Floor> {
    let (blocks, field, docks, tables) = match (site.kind, scale) {
        (SiteKind::PickupPoint, _) => return None,
        (SiteKind::Central, Scale::City) => (central_blocks(), Some(central_field()), 4, 6),
        (SiteKind::Central, Scale::Tiny) => (tiny_blocks(), Some(tiny_field()), 2, 1),
        (SiteKind::Forward, _) => (forward_blocks(), None, 2, 2),
    };
    let mut draft = Draft::new(&site.code);
    let height = blocks.iter().map(Block::height_mm).max().unwrap_or(0);
    let north = CORRIDOR_MM + height;
    let mut x = MARGIN_MM;
    for block in &blocks {
        racks::draw(&mut draft, block, x, CORRIDOR_MM, north);
        x += block.width_mm() + GAP_MM;
    }
    let mut width = x - GAP_MM + MARGIN_MM;
    let mut top = north + MARGIN_MM;
    if let Some(field) = &field {
        draw_field(&mut draft, field, north);
        width = width.max(field.width_mm() + 2 * MARGIN_MM);
        top = north + 4_000 + field.height_mm() + MARGIN_MM;
    }
    draw_strip(&mut draft, docks, tables, width);
    let (south, north) = (std::mem::take(&mut draft.south), std::mem::take(&mut draft.north));
    draft.join_corridor(south);
    draft.join_corridor(north);
    draft.floor.width_mm = width;
    draft.floor.height_mm = top;
    Some(draft.floor)
}

fn block(
    zone: &'static str,
    name: (&'static str, &'static str),
    temperature: Temperature,
    aisles: u32,
    positions: u32,
) -> Block {
    Block { zone, name, temperature, aisles, positions, levels: 4, reserve_levels: 0, one_way: false, bay: SMALL_BAY }
}

fn central_blocks() -> Vec<Block> {
    vec![
        Block {
            reserve_levels: 1,
            one_way: true,
            ..block("A", ("Ambient racks", "常温货架区"), Temperature::Ambient, 10, 12)
        },
        Block {
            levels: 3,
            reserve_levels: 1,
            bay: BULKY_BAY,
            ..block("B", ("Bulky goods", "大件区"), Temperature::Ambient, 5, 9)
        },
        block("C", ("Chilled", "冷藏区"), Temperature::Chilled, 6, 12),
        block("D", ("Frozen", "冷冻区"), Temperature::Frozen, 2, 12),
    ]
}

fn central_field() -> Field {
    Field { columns: 16, stretches: 2, spots: 4, free_spots: 28, stations: 7, chargers: 3, agvs: 12 }
}

fn forward_blocks() -> Vec<Block> {
    vec![
        Block { one_way: true, ..block("A", ("Ambient racks", "常温货架区"), Temperature::Ambient, 4, 8) },
        block("C", ("Chilled", "冷藏区"), Temperature::Chilled, 4, 8),
        block("D", ("Frozen", "冷冻区"), Temperature::Frozen, 2, 6),
    ]
}

fn tiny_blocks() -> Vec<Block> {
    vec![
        block("A", ("Ambient racks", "常温货架区"), Temperature::Ambient, 2, 3),
        block("C", ("Chilled", "冷藏区"), Temperature::Chilled, 1, 3),
        block("D", ("Frozen", "冷冻区"), Temperature::Frozen, 1, 3),
    ]
}

fn tiny_field() -> Field {
    Field { columns: 4, stretches: 1, spots: 2, free_spots: 4, stations: 1, chargers: 1, agvs: 1 }
}

/// The field, with a person's place south of each station.
fn draw_field(draft: &mut Draft, field: &Field, corridor: i64) {
    let presented = agv::draw(draft, field, MARGIN_MM, corridor + 4_000);
    for (index, agv_node) in presented.into_iter().enumerate() {
        let code = format!("G{}", index + 1);
        let x = draft.floor.nodes[agv_node].x_mm;
        let stand = (x, corridor + 2_200);
        let person = draft.node(&code, stand, NodeKind::Station, Lane::People);
        let hook = draft.node(&format!("{code}-N"), (x, corridor), NodeKind::Aisle, Lane::People);
        draft.both_ways(person, hook);
        draft.north.push(hook);
        let agv_node = draft.id(agv_node);
        add_station(draft, &code, StationKind::GoodsToPerson, person, Some(agv_node), BinKind::Station);
    }
}

/// Docks, the places of doubtful goods, and packing tables along the south.
fn draw_strip(draft: &mut Draft, docks: u32, tables: u32, width: i64) {
    let mut places: Vec<(String, StationKind, BinKind)> = Vec::new();
    let inbound = docks / 2;
    for dock in 1..=inbound {
        places.push((format!("DOCK-{dock}"), StationKind::Receive, BinKind::Dock));
    }
    for table in 1..=tables {
        places.push((format!("PACK-{table}"), StationKind::Pack, BinKind::Pack));
    }
    for dock in inbound + 1..=docks {
        places.push((format!("SHIP-{dock}"), StationKind::Ship, BinKind::Staging));
    }
    let step = (width - 2 * MARGIN_MM) / (places.len() as i64 + 2);
    let mut x = MARGIN_MM + step / 2;
    let mut stand = |draft: &mut Draft, code: &str, kind: NodeKind| {
        let node = draft.node(code, (x, CORRIDOR_MM - STRIP_MM), kind, Lane::People);
        let name = format!("{code}-N");
        let hook = draft.node(&name, (x, CORRIDOR_MM), NodeKind::Aisle, Lane::People);
        draft.both_ways(node, hook);
        draft.south.push(hook);
        x += step;
        node
    };
    for (code, station, bin) in &places {
        let kind = match station {
            StationKind::Pack => NodeKind::Pack,
            StationKind::Receive | StationKind::Ship => NodeKind::Dock,
            StationKind::GoodsToPerson => NodeKind::Station,
        };
        let node = stand(draft, code, kind);
        add_station(draft, code, *station, node, None, *bin);
    }
    let damaged = stand(draft, "DMG-1", NodeKind::Aisle);
    add_bin(draft, "DMG-1", "K", BinKind::Damaged, damaged);
    let returned = stand(draft, "RET-1", NodeKind::Aisle);
    add_bin(draft, "RET-1", "K", BinKind::Return, returned);
    strip_zones(draft, width);
}

fn strip_zones(draft: &mut Draft, width: i64) {
    draft.floor.zones.push(Zone {
        code: "K".to_owned(),
        name_en: "Docks and packing".to_owned(),
        name_zh: "装卸与打包区".to_owned(),
        kind: ZoneKind::Dock,
        temperature: Temperature::Ambient,
        x_mm: MARGIN_MM / 2,
        y_mm: MARGIN_MM / 2,
        width_mm: width - MARGIN_MM,
        height_mm: CORRIDOR_MM - MARGIN_MM,
    });
}

/// A station and its bin, which carry the same code.
fn add_station(draft: &mut Draft, code: &str, kind: StationKind, node: usize, agv_node: Option<String>, bin: BinKind) {
    let zone = if kind == StationKind::GoodsToPerson { "M" } else { "K" };
    add_bin(draft, code, zone, bin, node);
    draft.floor.stations.push(Station {
        code: code.to_owned(),
        kind,
        node: draft.id(node),
        agv_node,
        bin: code.to_owned(),
    });
}

/// A bin on the floor that takes whatever comes.
fn add_bin(draft: &mut Draft, code: &str, zone: &str, kind: BinKind, node: usize) {
    let place = &draft.floor.nodes[node];
    let bin = Bin {
        code: code.to_owned(),
        zone: zone.to_owned(),
        kind,
        node: place.id.clone(),
        x_mm: place.x_mm,
        y_mm: place.y_mm,
        level: 1,
        temperature: Temperature::Ambient,
        max_weight_g: 5_000_000,
        max_volume_ml: 20_000_000,
        shelf: None,
    };
    draft.floor.bins.push(bin);
}
