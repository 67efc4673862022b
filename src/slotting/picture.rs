//! The floor of a site as the choice sees it: storage bins with what they
//! hold, what is on its way to them, how far they are, and how fast articles turn.
//! Read once, outside of any writing transaction. Deliberately absent: choosing.

use std::collections::{BTreeMap, HashMap, HashSet};

use solver::slotting::{self as solve, Class};

use super::{
    model::{Slot, Speed, climate},
    rows, velocity,
};
use crate::{
    catalog::{self, Article},
    kernel::*,
    layout::{self, Bin, BinKind, StationKind},
    stock::{self, Balance, Condition},
    store::Sql,
    units::{self, UnitKind},
};

/// A person with a cart, metres a second times a thousand.
pub(super) const WALK_MM_S: i64 = 1_200;
/// Work of a trip to a bin that cannot be reached from the pack tables.
const FAR_MS: i64 = 600_000;

/// A visit to a bin whose shelf comes to the person: no walk, but the station is
/// taken while shelves change places.
const VISIT_MS: i64 = 20_000;

/// Which bins may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that people walk to.
    OnFoot,
    /// Those on mobile shelves as well.
    Shelves,
}

/// What [`picture`] reads.
pub struct Picture {
    /// Where.
    pub site: SiteId,
    /// Pick and reserve bins in reach that are not blocked, by code.
    pub slots: Vec<Slot>,
    /// Every article of the catalogue.
    pub articles: HashMap<SkuId, Article>,
    /// How fast each turns; absent: not at all.
    pub speeds: HashMap<SkuId, Speed>,
    /// The class of each article.
    pub classes: HashMap<SkuId, Class>,
    /// Sellable goods in bins of the floor, also blocked ones and mobile shelves.
    pub goods: Vec<Balance>,
    /// Every bin of the site by its id.
    pub bins: HashMap<BinId, Bin>,
}

impl Picture {
    /// The class of an article.
    pub fn class(&self, sku: SkuId) -> Class {
        self.classes.get(&sku).copied().unwrap_or(Class::C)
    }
    /// The speed of an article.
    pub fn speed(&self, sku: SkuId) -> Speed {
        self.speeds.get(&sku).copied().unwrap_or_default()
    }
    /// The bin of goods, if they lie in one.
    pub fn bin_of(&self, balance: &Balance) -> Option<&Bin> {
        self.bins.get(&balance.holder.parse().ok()?)
    }
    /// Units of an article that a picker may take now.
    pub fn pickable(&self, sku: SkuId) -> i64 {
        let here = |balance: &&Balance| {
            balance.goods.sku == sku && self.bin_of(balance).is_some_and(|bin| bin.kind.is_pickable() && !bin.blocked)
        };
        self.goods.iter().filter(here).map(|balance| balance.quantity).sum()
    }
}

/// Reads the floor of a site.
pub async fn picture(sql: &mut Sql, site: SiteId, now: Time, reach: Reach) -> Result<Picture, Fault> {
    let bins = layout::bins(sql, site).await?;
    let articles: HashMap<SkuId, Article> =
        catalog::all(sql).await?.into_iter().map(|article| (article.id, article)).collect();
    let lying = stock::on_floor(sql, site).await?;
    let claims = rows::claims(sql, site).await?;
    let speeds = velocity::speeds(sql, site, now, &articles).await?;
    let near = within(sql, site, reach, &bins).await?;
    let travel = travel(sql, site, &near).await?;
    let classes = solve::abc(
        &speeds
            .iter()
            .map(|(sku, speed)| (*sku, speed.picks_per_day))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect::<Vec<_>>(),
        0.8,
        0.15,
    );
    let mut slots = slots(near, &travel);
    let places: HashMap<BinId, usize> = slots.iter().enumerate().map(|(at, slot)| (slot.bin.id, at)).collect();
    let at = |holder: &str| places.get(&holder.parse::<BinId>().ok()?).copied();
    for balance in lying.iter().filter(|balance| balance.goods.condition != Condition::Missing) {
        if let (Some(at), Some(article)) = (at(&balance.holder), articles.get(&balance.goods.sku)) {
            slots[at].fill(article, balance.quantity);
        }
    }
    for claim in &claims {
        if let (Some(at), Some(article)) = (places.get(&claim.bin), articles.get(&claim.sku)) {
            slots[*at].fill(article, claim.quantity);
        }
    }
    let goods = lying.into_iter().filter(|balance| balance.goods.condition == Condition::Sellable).collect();
    let bins = bins.into_iter().map(|bin| (bin.id, bin)).collect();
    Ok(Picture { site, slots, articles, speeds, classes: classes.into_iter().collect(), goods, bins })
}

/// Storage in reach. A shelf counts if it can be brought: it has a home, and there is
/// a station.
async fn within<'a>(sql: &mut Sql, site: SiteId, reach: Reach, bins: &'a [Bin]) -> Result<Vec<&'a Bin>, Fault> {
    let stations = layout::stations(sql, site, StationKind::GoodsToPerson).await?;
    let shelves: HashSet<String> = if reach == Reach::Shelves && !stations.is_empty() {
        let all = units::at_site(sql, site, UnitKind::Shelf).await?;
        all.into_iter().filter(|unit| unit.home.is_some()).map(|unit| unit.code).collect()
    } else {
        HashSet::new()
    };
    let reached = |bin: &&Bin| match (bin.kind, &bin.shelf) {
        (BinKind::Pick | BinKind::Reserve, None) => true,
        (BinKind::ShelfSlot, Some(code)) => shelves.contains(code),
        _ => false,
    };
    Ok(bins.iter().filter(reached).collect())
}

/// Where walks begin and end: the first pack table, or nowhere.
pub(super) async fn start(sql: &mut Sql, site: SiteId) -> Result<String, Fault> {
    let packs = layout::stations(sql, site, StationKind::Pack).await?;
    Ok(packs.into_iter().next().map(|pack| pack.stand).unwrap_or_default())
}

/// The way from the first pack table to each bin and back, taken as twice the
/// way there: one-way aisles make it longer for some, about alike for all.
async fn travel(sql: &mut Sql, site: SiteId, bins: &[&Bin]) -> Result<HashMap<BinId, i64>, Fault> {
    let walk = layout::walk(sql, site).await?;
    let start = start(sql, site).await?;
    let mut ways: HashMap<&str, i64> = HashMap::new();
    let mut travel = HashMap::new();
    for bin in bins {
        let walked = || walk.distance_mm(&start, &bin.node).map_or(FAR_MS, |mm| mm.saturating_mul(2_000) / WALK_MM_S);
        let ms = if bin.shelf.is_some() { VISIT_MS } else { *ways.entry(&bin.node).or_insert_with(walked) };
        travel.insert(bin.id, ms);
    }
    Ok(travel)
}

/// Slots of open bins; the nearest fifth of each kind is meant for class A, the
/// next three tenths for B. What comes to the person is for class A, all of it.
fn slots(mut order: Vec<&Bin>, travel: &HashMap<BinId, i64>) -> Vec<Slot> {
    let far = |bin: &Bin| travel.get(&bin.id).copied().unwrap_or(FAR_MS);
    order.sort_by_key(|bin| (bin.kind, far(bin), bin.level, bin.code.clone()));
    let total = |kind| order.iter().filter(|bin| bin.kind == kind).count();
    let totals = [(BinKind::Pick, total(BinKind::Pick)), (BinKind::Reserve, total(BinKind::Reserve))];
    let mut seen: HashMap<BinKind, usize> = HashMap::new();
    let mut slots: Vec<Slot> = Vec::new();
    for bin in order {
        let rank = seen.entry(bin.kind).or_default();
        let of = totals.iter().find(|(kind, _)| *kind == bin.kind).map_or(1, |(_, of)| *of);
        let class = if bin.kind == BinKind::ShelfSlot || *rank * 5 < of {
            Class::A
        } else if *rank * 2 < of {
            Class::B
        } else {
            Class::C
        };
        *rank += 1;
        if bin.blocked {
            continue;
        }
        let room = solve::Bin {
            travel_ms: far(bin),
            class,
            level: u8::try_from((bin.level - 1).clamp(0, 255)).unwrap_or(u8::MAX),
            max_weight_g: bin.max_weight_g,
            used_weight_g: 0,
            capacity_ml: bin.max_volume_ml,
            used_ml: 0,
            temperature: climate(bin.temperature),
        };
        slots.push(Slot { bin: bin.clone(), room, holds: Vec::new() });
    }
    slots
}
