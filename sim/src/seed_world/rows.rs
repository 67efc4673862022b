//! The world as rows of the import endpoints. Pure.

use crate::access::role_name;
use crate::clock::gs1_day;
use crate::world::World;
use crate::world::catalog::{Catalog, Sku};
use crate::world::floor::Floor;
use crate::world::people::{Person, Vehicle};
use crate::world::sites::{Hours, Site};
use crate::world::stock::OpeningStock;
use serde_json::{Map, Value, json};

const DAY_MS: i64 = 86_400_000;

/// Every kind of file with its rows, in the order in which they lean on each
/// other.
pub fn all(world: &World, now_ms: i64) -> Vec<(&'static str, Value)> {
    let floors: Vec<Value> = world.floors.iter().flat_map(floor).collect();
    let people = &world.people.people;
    vec![
        ("sites", world.sites.iter().map(site).collect()),
        ("services", world.sites.iter().flat_map(services).collect()),
        ("roads", roads(world)),
        ("articles", world.catalog.skus.iter().map(|sku| article(&world.catalog, sku)).collect()),
        ("floors", Value::Array(floors)),
        ("units", totes(world)),
        ("vehicles", world.people.vehicles.iter().map(van).collect()),
        ("people", people.iter().map(person).collect()),
        ("stock", world.stock.iter().map(|row| stock(row, now_ms)).collect()),
    ]
}

fn site(site: &Site) -> Value {
    let corners: Vec<String> = site.service_area.iter().map(|at| format!("{} {}", at.lat, at.lon)).collect();
    json!({
        "code": site.code,
        "name_en": site.name_en,
        "name_zh": site.name_zh,
        "kind": site.kind,
        "lat": site.lat,
        "lon": site.lon,
        "street": format!("{} {}", site.number, site.street_en),
        "time_zone": site.time_zone,
        "hours": hours(site.hours),
        "lines_per_hour": site.lines_per_hour,
        "ship_cost_minor": site.ship_cost_minor,
        "cost_per_km_minor": site.cost_per_km_minor,
        "area": corners.join(", "),
        "compartments": site.compartments,
    })
}

/// Such as `Mo-Su 06:00-24:00`.
fn hours(hours: Hours) -> String {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("Mo-Su {}-{}", clock(hours.opens_minute), clock(hours.closes_minute))
}

fn services(site: &Site) -> Vec<Value> {
    let row = |service: &crate::world::sites::Service| {
        json!({
            "site": site.code,
            "service": service.service,
            "cutoff_minute": service.cutoff_minute,
            "lead_ms": service.lead_ms,
        })
    };
    site.services.iter().map(row).collect()
}

fn roads(world: &World) -> Value {
    let nodes = world
        .city
        .nodes
        .iter()
        .map(|node| json!({ "record": "node", "id": node.id, "lat": node.lat, "lon": node.lon }));
    let edges = world.city.edges.iter().map(|edge| {
        json!({
            "record": "edge",
            "id": edge.id,
            "from": edge.from,
            "to": edge.to,
            "length_m": edge.length_m,
            "speed_kmh": edge.speed_kmh,
            "class": edge.class,
            "name": edge.name,
            "name_zh": edge.name_zh,
        })
    });
    nodes.chain(edges).collect()
}

fn article(catalog: &Catalog, sku: &Sku) -> Value {
    let category = catalog.categories.iter().find(|category| category.key == sku.category);
    let (category_en, category_zh) = category.map_or(("", ""), |found| (&found.name_en, &found.name_zh));
    let labels: Vec<String> =
        sku.packs.iter().map(|pack| format!("{}:{}:{}", pack.level, pack.units, pack.gtin)).collect();
    let [length_mm, width_mm, height_mm] = sku.dims_mm;
    json!({
        "code": sku.code,
        "name_en": sku.name_en,
        "name_zh": sku.name_zh,
        "category": sku.category,
        "category_en": category_en,
        "category_zh": category_zh,
        "gtin": sku.gtin,
        "price_minor": sku.price_minor,
        "length_mm": length_mm,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "weight_g": sku.weight_g,
        "temperature": sku.temperature,
        "lot_rule": if sku.keeps_lots() { "expiry" } else { "none" },
        "popularity": sku.popularity,
        "barcodes": labels.join("|"),
        "image": sku.image.svg(),
    })
}

/// A row with only the fields that have a value.
fn row(record: &str, site: &str, fields: Value) -> Value {
    let mut row = Map::from_iter([("record".to_owned(), json!(record)), ("site".to_owned(), json!(site))]);
    if let Value::Object(fields) = fields {
        row.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Value::Object(row)
}

fn floor(floor: &Floor) -> Vec<Value> {
    let site = floor.site.as_str();
    let mut rows = Vec::with_capacity(floor.bins.len() + floor.nodes.len() + floor.edges.len());
    rows.extend(floor.zones.iter().map(|zone| row("zone", site, json!(zone))));
    rows.extend(floor.nodes.iter().map(|node| {
        let fields = json!({
            "code": node.id, "x_mm": node.x_mm, "y_mm": node.y_mm, "kind": node.kind, "lane": node.lane,
        });
        row("node", site, fields)
    }));
    rows.extend(floor.edges.iter().map(|edge| {
        let fields = json!({ "from": edge.from, "to": edge.to, "length_mm": edge.length_mm, "lane": edge.lane });
        row("edge", site, fields)
    }));
    rows.extend(floor.aisles.iter().map(|aisle| {
        let fields = json!({
            "code": aisle.code, "zone": aisle.zone, "from": aisle.from_node, "to": aisle.to_node,
            "one_way": aisle.one_way,
        });
        row("aisle", site, fields)
    }));
    rows.extend(floor.shelves.iter().map(|shelf| row("shelf", site, json!(shelf))));
    rows.extend(floor.bins.iter().map(|bin| row("bin", site, json!(bin))));
    rows.extend(floor.stations.iter().map(|station| row("station", site, json!(station))));
    rows.extend(floor.agvs.iter().map(|agv| {
        let fields = json!({ "code": agv.serial, "manufacturer": agv.manufacturer, "node": agv.home_node });
        row("agv", site, fields)
    }));
    rows
}

/// Totes on the rack of a site when the day begins.
pub const TOTES: usize = 160;

/// What the label on a tote says.
pub fn tote_label(site: &str, number: usize) -> String {
    format!("T-{site}-{number:03}")
}

fn totes(world: &World) -> Value {
    let of_site = |floor: &Floor| {
        let site = floor.site.clone();
        let row = move |number| json!({ "site": site, "code": tote_label(&site, number), "kind": "tote" });
        (1..=TOTES).map(row).collect::<Vec<_>>()
    };
    world.floors.iter().flat_map(of_site).collect()
}

/// What it costs to send a van out, and to drive it a kilometre; minor units.
const VAN_FIXED_MINOR: i64 = 250;
const VAN_KM_MINOR: i64 = 60;
/// Same-day vans are back soon rather than full.
const VAN_STOPS: i64 = 3;

fn van(van: &Vehicle) -> Value {
    json!({
        "code": van.code,
        "site": van.site,
        "max_weight_g": van.max_weight_g,
        "max_volume_ml": van.max_volume_ml,
        "max_stops": VAN_STOPS,
        "cold": van.insulated,
        "fixed_cost_minor": VAN_FIXED_MINOR,
        "cost_per_km_minor": VAN_KM_MINOR,
    })
}

fn person(person: &Person) -> Value {
    let mut row = json!({
        "login": person.login,
        "name": if person.lang == "zh" { &person.name_zh } else { &person.name_en },
        "lang": person.lang,
        "role": role_name(person.role),
        "password": person.password,
        "badge": person.badge,
        "pin": person.pin,
    });
    if let Some(site) = &person.site {
        row["site"] = json!(site);
    }
    row
}

fn stock(row: &OpeningStock, now_ms: i64) -> Value {
    let mut value = json!({ "site": row.site, "bin": row.bin, "sku": row.sku, "quantity": row.quantity });
    if let Some(lot) = &row.lot {
        value["lot"] = json!(lot);
    }
    if let Some(days) = row.expires_in_days {
        value["expiry"] = json!(gs1_day(now_ms + days * DAY_MS));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scale;
    use std::collections::BTreeSet;

    #[test]
    fn rows_have_the_fields_of_their_kind_and_no_others() {
        let world = World::generate(7, Scale::Tiny);
        let files = all(&world, 1_795_000_000_000);
        let known = |kind: &str| files.iter().find(|(name, _)| *name == kind).map(|(_, rows)| rows.clone());
        let fields: BTreeSet<String> = known("floors")
            .and_then(|rows| rows.as_array().cloned())
            .expect("rows")
            .iter()
            .flat_map(|row| row.as_object().expect("an object").keys().cloned().collect::<Vec<_>>())
            .collect();
        let agreed: BTreeSet<String> =
            "record site code zone kind node agv_node from to lane length_mm one_way x_mm y_mm \
            width_mm height_mm level temperature max_weight_g max_volume_ml shelf bin manufacturer name_en name_zh"
                .split_whitespace()
                .map(str::to_owned)
                .collect();
        assert!(fields.is_subset(&agreed), "{:?}", fields.difference(&agreed).collect::<Vec<_>>());
        let sites = known("sites").expect("sites");
        assert_eq!(sites[0]["hours"], "Mo-Su 00:00-24:00");
        assert!(sites[0]["area"].as_str().is_some_and(|area| area.split(", ").count() > 3));
        let stock = known("stock").expect("stock");
        let dated = stock.as_array().expect("rows").iter().filter(|row| row.get("expiry").is_some());
        assert!(dated.clone().count() > 3);
        assert!(dated.into_iter().all(|row| row["expiry"].as_str().is_some_and(|day| day.len() == 6)));
    }

    #[test]
    fn tote_labels_are_unique_in_the_house() {
        let world = World::generate(7, Scale::City);
        let rows = totes(&world);
        let labels: BTreeSet<_> = rows.as_array().expect("rows").iter().map(|row| row["code"].to_string()).collect();
        assert_eq!(labels.len(), world.floors.len() * TOTES);
    }
}
