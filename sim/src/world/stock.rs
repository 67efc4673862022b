//! What lies in which bin when the first day begins.
//!
//! The central warehouse keeps every article, the forward warehouses their best
//! sellers; of the two scarce articles there are only a few units in the whole
//! city. Expiry is told in days from the first day, so that the world does not
//! depend on a date.

use super::catalog::{Catalog, Sku, Temperature};
use super::floor::{Bin, BinKind, Floor};
use super::sites::{Site, SiteKind};
use crate::seed::{Chance, stream};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Units of each scarce article in the whole city. Shoppers want them three at
/// a time, so the last unit always has rivals (see `demand`).
pub const SCARCE_UNITS: [i64; 2] = [4, 2];

/// Articles a forward warehouse keeps of each temperature class.
const FORWARD_RANGE: [(Temperature, usize); 3] =
    [(Temperature::Ambient, 190), (Temperature::Chilled, 95), (Temperature::Frozen, 28)];

/// Units of one article, from one lot, in one bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningStock {
    pub site: String,
    pub bin: String,
    pub sku: String,
    pub quantity: i64,
    pub lot: Option<String>,
    /// Days from the first day to the expiry date.
    pub expires_in_days: Option<i64>,
}

/// Fills the bins of every floor; `floors` stand in the order of their sites.
pub fn generate(catalog: &Catalog, sites: &[Site], floors: &[Floor], seed: u64) -> Vec<OpeningStock> {
    let mut stock = Vec::new();
    for floor in floors {
        let Some(site) = sites.iter().find(|site| site.code == floor.site) else {
            continue;
        };
        let mut chance = stream(seed, &format!("stock {}", site.code), 0);
        let mut shelves = Shelves::of(floor);
        for sku in range_of(catalog, site.kind) {
            shelves.fill(sku, site.kind, &mut chance, &mut stock);
        }
    }
    place_scarce(catalog, floors, &mut stock);
    stock
}

/// What a site keeps, best sellers first.
fn range_of(catalog: &Catalog, kind: SiteKind) -> Vec<&Sku> {
    let mut range = catalog.by_rank();
    range.retain(|sku| sku.popularity > 0);
    if kind == SiteKind::Forward {
        range.retain(|sku| !is_bulky(sku));
        let mut kept = Vec::new();
        for (temperature, count) in FORWARD_RANGE {
            let class = range.iter().copied().filter(|sku| sku.temperature == temperature);
            kept.extend(class.take(count));
        }
        kept.sort_by_key(|sku| sku.rank);
        return kept;
    }
    range
}

/// Too large for a tote or a mobile shelf.
fn is_bulky(sku: &Sku) -> bool {
    sku.weight_g > 5_000 || sku.volume_ml() > 8_000
}

/// Empty bins by what they are good for, the handiest last (taken first).
struct Shelves<'a> {
    site: &'a str,
    mobile: Vec<&'a Bin>,
    /// Slots of mobile shelves that stay empty.
    mobile_kept: usize,
    small: Vec<&'a Bin>,
    bulky: Vec<&'a Bin>,
    reserve: Vec<&'a Bin>,
    bulky_reserve: Vec<&'a Bin>,
    chilled: Vec<&'a Bin>,
    frozen: Vec<&'a Bin>,
}

impl<'a> Shelves<'a> {
    fn of(floor: &'a Floor) -> Self {
        let bins = |zone: &str, kind: BinKind| {
            let mut found: Vec<&Bin> = floor.bins.iter().filter(|bin| bin.zone == zone && bin.kind == kind).collect();
            // Waist height first, then from the front of the aisles.
            found.sort_by_key(|bin| (bin.level.abs_diff(2), bin.y_mm, bin.x_mm));
            found.reverse();
            found
        };
        let mobile = dealt_over_shelves(bins("M", BinKind::ShelfSlot));
        Self {
            site: &floor.site,
            mobile_kept: mobile.len() * (100 - MOBILE_FILL_PERCENT) / 100,
            mobile,
            small: bins("A", BinKind::Pick),
            bulky: bins("B", BinKind::Pick),
            reserve: bins("A", BinKind::Reserve),
            bulky_reserve: bins("B", BinKind::Reserve),
            chilled: bins("C", BinKind::Pick),
            frozen: bins("D", BinKind::Pick),
        }
    }

    /// Puts the article into a bin of its kind; best sellers of a central
    /// warehouse also into a reserve bin.
    fn fill(&mut self, sku: &Sku, kind: SiteKind, chance: &mut Chance, stock: &mut Vec<OpeningStock>) {
        let wanted = wanted_units(sku, kind);
        let bulky = is_bulky(sku) && kind == SiteKind::Central;
        let (pick, reserve) = match sku.temperature {
            Temperature::Chilled => (&mut self.chilled, None),
            Temperature::Frozen => (&mut self.frozen, None),
            Temperature::Ambient if bulky && !self.bulky.is_empty() => (&mut self.bulky, Some(&mut self.bulky_reserve)),
            Temperature::Ambient if self.mobile.len() > self.mobile_kept => (&mut self.mobile, Some(&mut self.reserve)),
            Temperature::Ambient => (&mut self.small, Some(&mut self.reserve)),
        };
        let Some(bin) = pick.pop() else {
            return;
        };
        let first = wanted.min(fits(bin, sku));
        stock.push(lot_of(self.site, bin, sku, first, chance));
        let rest = wanted - first;
        let (Some(reserve), true) = (reserve, rest > 0 && sku.rank < 400) else {
            return;
        };
        if let Some(bin) = reserve.pop() {
            stock.push(lot_of(self.site, bin, sku, rest.min(fits(bin, sku)), chance));
        }
    }
}

/// Share of the slots of mobile shelves that is filled: the best sellers stand
/// there, the rest of the ambient goods in racks, and put-away finds room.
const MOBILE_FILL_PERCENT: usize = 55;

/// Deals slots shelf by shelf, so that best sellers stand on many shelves and
/// vehicles need not queue for one.
fn dealt_over_shelves(slots: Vec<&Bin>) -> Vec<&Bin> {
    let mut turns: Vec<(usize, &Bin)> = Vec::with_capacity(slots.len());
    let mut seen = std::collections::BTreeMap::new();
    for bin in slots.into_iter().rev() {
        let turn = seen.entry(bin.shelf.as_deref()).or_insert(0usize);
        turns.push((*turn, bin));
        *turn += 1;
    }
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().rev().map(|(_, bin)| bin).collect()
}

/// Units that a site starts with.
fn wanted_units(sku: &Sku, kind: SiteKind) -> i64 {
    let by_rank = match sku.rank {
        0..=99 => 160,
        100..=399 => 90,
        400..=999 => 45,
        _ => 24,
    };
    match kind {
        SiteKind::Central => by_rank,
        SiteKind::Forward | SiteKind::PickupPoint => by_rank / 3,
    }
}

/// Units that go into the bin by volume and by weight; at least one.
fn fits(bin: &Bin, sku: &Sku) -> i64 {
    let by_volume = bin.max_volume_ml / (sku.volume_ml() as i64).max(1);
    let by_weight = bin.max_weight_g / i64::from(sku.weight_g).max(1);
    by_volume.min(by_weight).max(1)
}

fn lot_of(site: &str, bin: &Bin, sku: &Sku, quantity: i64, chance: &mut Chance) -> OpeningStock {
    let (lot, expires_in_days) = match sku.shelf_life_days {
        None => (None, None),
        Some(life) => {
            let least = i64::from(sku.min_remaining_days) + 2;
            let left = chance.random_range(least.min(i64::from(life))..=i64::from(life));
            (Some(lot_code(chance)), Some(left))
        }
    };
    OpeningStock { site: site.to_owned(), bin: bin.code.clone(), sku: sku.code.clone(), quantity, lot, expires_in_days }
}

/// Such as `26K11`.
fn lot_code(chance: &mut Chance) -> String {
    let letter = char::from(b'A' + chance.random_range(0..12) as u8);
    format!("26{letter}{:02}", chance.random_range(1..=28))
}

/// All scarce units lie in the first warehouse (the central one), in the first
/// empty slots of mobile shelves, so that the race for them ends in one place.
fn place_scarce(catalog: &Catalog, floors: &[Floor], stock: &mut Vec<OpeningStock>) {
    let Some(floor) = floors.first() else {
        return;
    };
    for (code, units) in catalog.scarce.iter().zip(SCARCE_UNITS) {
        let empty = floor.bins.iter().find(|bin| {
            let fit = bin.kind == BinKind::ShelfSlot;
            fit && !stock.iter().any(|row| row.site == floor.site && row.bin == bin.code)
        });
        let (Some(bin), Some(sku)) = (empty, catalog.sku(code)) else {
            continue;
        };
        let lot = sku.keeps_lots().then(|| "26C05".to_owned());
        stock.push(OpeningStock {
            site: floor.site.clone(),
            bin: bin.code.clone(),
            sku: code.clone(),
            quantity: units,
            expires_in_days: lot.as_ref().map(|_| 400),
            lot,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Scale, World};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn the_central_warehouse_keeps_every_article_and_forwards_the_best() {
        for seed in [1, 2, 3, 7, 11, 42] {
            let world = World::generate(seed, Scale::City);
            let at = |site: &str| -> BTreeSet<&str> {
                let rows = world.stock.iter().filter(|row| row.site == site);
                rows.map(|row| row.sku.as_str()).collect()
            };
            assert_eq!(at("NG").len(), world.catalog.skus.len(), "seed {seed}");
            for site in ["ML", "EF", "QS", "HB"] {
                assert!(at(site).len() >= 280, "{site}: {}", at(site).len());
                for code in &world.catalog.scarce {
                    assert!(!at(site).contains(code.as_str()));
                }
            }
        }
    }

    #[test]
    fn best_sellers_ride_on_shelves_and_racks_take_the_rest() {
        let world = World::generate(7, Scale::City);
        let zones = |zone: char| world.stock.iter().filter(move |row| row.site == "NG" && row.bin.starts_with(zone));
        let worst_mobile = zones('M').filter_map(|row| world.catalog.sku(&row.sku)).filter(|sku| sku.popularity > 0);
        let worst_mobile = worst_mobile.map(|sku| sku.rank).max();
        let racks = world.floors[0].bins.iter().filter(|bin| bin.zone == "A" && bin.kind == BinKind::Pick);
        let racks: BTreeSet<_> = racks.map(|bin| bin.code.as_str()).collect();
        let in_racks: Vec<_> = zones('A').filter(|row| racks.contains(row.bin.as_str())).collect();
        assert!(in_racks.len() > 300 && zones('M').count() > 800);
        for row in in_racks {
            assert!(world.catalog.sku(&row.sku).map(|sku| sku.rank) > worst_mobile, "{row:?}");
        }
        let tiny = World::generate(7, Scale::Tiny);
        assert!(tiny.stock.iter().filter(|row| row.bin.starts_with('M')).count() >= 14);
    }

    #[test]
    fn bins_hold_one_article_of_their_own_temperature_within_their_limits() {
        for scale in [Scale::Tiny, Scale::City] {
            let world = World::generate(3, scale);
            let mut bins = BTreeMap::new();
            for floor in &world.floors {
                for bin in &floor.bins {
                    bins.insert((floor.site.as_str(), bin.code.as_str()), bin);
                }
            }
            let mut used = BTreeSet::new();
            for row in &world.stock {
                let key = (row.site.as_str(), row.bin.as_str());
                assert!(used.insert(key), "{row:?} is not alone");
                let (bin, sku) = (bins[&key], world.catalog.sku(&row.sku).expect("a known article"));
                assert_eq!(bin.temperature, sku.temperature);
                assert!(row.quantity > 0);
                assert!(row.quantity * i64::from(sku.weight_g) <= bin.max_weight_g, "{row:?}");
                assert!(row.quantity * sku.volume_ml() as i64 <= bin.max_volume_ml, "{row:?}");
                assert_eq!(row.lot.is_some(), sku.keeps_lots());
                assert_eq!(row.expires_in_days.is_some(), sku.keeps_lots());
                let fresh = row.expires_in_days.unwrap_or(i64::MAX);
                assert!(fresh > i64::from(sku.min_remaining_days));
            }
        }
    }

    #[test]
    fn the_scarce_are_as_few_as_said() {
        for scale in [Scale::Tiny, Scale::City] {
            let world = World::generate(7, scale);
            for (code, units) in world.catalog.scarce.iter().zip(super::SCARCE_UNITS) {
                let rows = world.stock.iter().filter(|row| &row.sku == code);
                assert_eq!(rows.map(|row| row.quantity).sum::<i64>(), units);
            }
        }
    }
}
