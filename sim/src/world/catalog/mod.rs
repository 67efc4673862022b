//! The shop's 2,000 articles: names, barcodes, sizes, prices and how much
//! shoppers want each.
//!
//! Names are put together from a hand-written vocabulary, so that every page
//! reads like a real shop. There is no stock here and no supplier contract.

mod art;
mod barcode;
mod vocab;

pub use art::Image;
pub use barcode::is_valid as is_valid_gtin;

use crate::seed::{Chance, stream};
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use vocab::{DepartmentWords, Family, Size, Words};

/// Articles of a whole shop.
pub const FULL_SHOP: usize = 2_000;
/// ISO 4217; prices are in its minor unit, tax included.
pub const CURRENCY: &str = "CNY";

/// How goods must be kept; the classes are never packed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temperature {
    Ambient,
    Chilled,
    Frozen,
}

/// A department of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub key: String,
    pub name_en: String,
    pub name_zh: String,
    pub colour: String,
    pub supplier: String,
}

/// A pack level above the single unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    pub level: String,
    pub units: u32,
    pub gtin: String,
}

/// One article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    pub code: String,
    pub name_en: String,
    pub name_zh: String,
    pub brand_en: String,
    pub brand_zh: String,
    /// A `Category::key`.
    pub category: String,
    pub gtin: String,
    pub packs: Vec<Pack>,
    /// Length, width, height of one unit.
    pub dims_mm: [u32; 3],
    /// Gross weight of one unit.
    pub weight_g: u32,
    pub temperature: Temperature,
    /// Days from production to expiry; lots are kept when this is told.
    pub shelf_life_days: Option<u32>,
    /// Days that must be left when the goods reach the shopper.
    pub min_remaining_days: u32,
    /// Price of one unit in the minor unit of `CURRENCY`.
    pub price_minor: i64,
    pub image: Image,
    /// 0 is the best seller.
    pub rank: u32,
    /// Share of demand, as a weight; 0 for the scarce articles, which shoppers
    /// want by a schedule of their own.
    pub popularity: u64,
}

impl Sku {
    /// Volume of one unit in millilitres, rounded up.
    pub fn volume_ml(&self) -> u64 {
        let [l, w, h] = self.dims_mm.map(u64::from);
        (l * w * h).div_ceil(1_000)
    }

    pub fn keeps_lots(&self) -> bool {
        self.shelf_life_days.is_some()
    }
}

/// Who delivers a department to the central warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplier {
    pub code: String,
    pub name_en: String,
    pub name_zh: String,
    pub lead_days: u32,
}

/// Suppliers with the departments they serve.
const SUPPLIERS: [(&str, &str, &str, u32, &[&str]); 7] = [
    (
        "SUP-GREEN",
        "Greenfield Growers",
        "绿野农业",
        1,
        &["fruit_veg", "dairy"],
    ),
    (
        "SUP-MILL",
        "Millstone Bakeries",
        "石磨烘焙",
        1,
        &["bakery", "ready"],
    ),
    (
        "SUP-COLD",
        "North Star Cold Chain",
        "北极星冷链",
        2,
        &["frozen", "meat_fish"],
    ),
    (
        "SUP-PANTRY",
        "Lotus Provisions",
        "荷花粮食",
        3,
        &["pantry", "snacks"],
    ),
    (
        "SUP-DRINK",
        "Sele Beverages",
        "塞勒饮品",
        2,
        &["drinks", "coffee_tea"],
    ),
    (
        "SUP-HOME",
        "Brightside Wholesale",
        "亮面批发",
        4,
        &["home_care", "body_care", "baby", "pets"],
    ),
    (
        "SUP-GOODS",
        "Harbour Trading",
        "港湾贸易",
        7,
        &["kitchen", "electronics", "toys", "stationery"],
    ),
];

/// Everything that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    pub currency: String,
    pub categories: Vec<Category>,
    pub suppliers: Vec<Supplier>,
    /// In the order of their codes.
    pub skus: Vec<Sku>,
    /// Codes of the two articles of which there are too few.
    pub scarce: [String; 2],
    /// Running sums of `popularity`, in the order of `skus`.
    pub cumulative: Vec<u64>,
}

/// One choice of family, kind, size and brand.
struct Offer<'a> {
    department: &'a DepartmentWords,
    family: &'a Family,
    kind: &'a Words,
    size: &'a Size,
    brand: usize,
    /// Larger sells better.
    pull: f64,
}

impl Catalog {
    /// The whole shop of `seed`.
    pub fn generate(seed: u64) -> Self {
        let mut chance = stream(seed, "catalog", 0);
        let words = vocab::read();
        let mut offers = choose_offers(&words, FULL_SHOP - 2, &mut chance);
        // Rank by pull, then number in the order of the shelves of the shop.
        let mut order: Vec<usize> = (0..offers.len()).collect();
        order.sort_by(|&a, &b| offers[b].pull.total_cmp(&offers[a].pull));
        let mut rank = vec![0; offers.len()];
        for (place, index) in order.into_iter().enumerate() {
            rank[index] = place as u32;
        }
        let mut skus: Vec<_> = offers
            .drain(..)
            .enumerate()
            .map(|(index, offer)| make_sku(&offer, index as u32, rank[index]))
            .collect();
        let scarce = scarce_pair(skus.len() as u32);
        let codes = [scarce[0].code.clone(), scarce[1].code.clone()];
        skus.extend(scarce);
        Self::from_parts(&words, skus, codes)
    }

    /// A corner shop: the best sellers of each temperature class, and the two
    /// scarce articles.
    pub fn corner_shop(seed: u64) -> Self {
        let full = Self::generate(seed);
        let mut skus = full.skus;
        skus.sort_by_key(|sku| sku.rank);
        let room = |temperature| match temperature {
            Temperature::Ambient => 14,
            Temperature::Chilled => 5,
            Temperature::Frozen => 3,
        };
        let mut taken = std::collections::BTreeMap::new();
        skus.retain(|sku| {
            let count = taken.entry(sku.temperature).or_insert(0);
            *count += 1;
            *count <= room(sku.temperature) || full.scarce.contains(&sku.code)
        });
        skus.sort_by(|a, b| a.code.cmp(&b.code));
        Self::from_parts(&vocab::read(), skus, full.scarce)
    }

    fn from_parts(words: &[DepartmentWords], skus: Vec<Sku>, scarce: [String; 2]) -> Self {
        let mut total = 0;
        let cumulative = skus
            .iter()
            .map(|sku| {
                total += sku.popularity;
                total
            })
            .collect();
        let supplier_of = |key: &str| {
            SUPPLIERS
                .iter()
                .find(|row| row.4.contains(&key))
                .map_or(SUPPLIERS[0].0, |row| row.0)
        };
        Self {
            currency: CURRENCY.to_owned(),
            categories: words
                .iter()
                .map(|department| Category {
                    key: department.key.to_owned(),
                    name_en: department.name.en.to_owned(),
                    name_zh: department.name.zh.to_owned(),
                    colour: department.colour.to_owned(),
                    supplier: supplier_of(department.key).to_owned(),
                })
                .collect(),
            suppliers: SUPPLIERS
                .iter()
                .map(|&(code, name_en, name_zh, lead_days, _)| Supplier {
                    code: code.to_owned(),
                    name_en: name_en.to_owned(),
                    name_zh: name_zh.to_owned(),
                    lead_days,
                })
                .collect(),
            skus,
            scarce,
            cumulative,
        }
    }

    /// Draws an article by popularity.
    pub fn draw(&self, chance: &mut Chance) -> &Sku {
        let total = *self.cumulative.last().expect("a shop sells something");
        let at = chance.random_range(0..total);
        let index = self.cumulative.partition_point(|&sum| sum <= at);
        &self.skus[index]
    }

    /// The article of that code.
    pub fn sku(&self, code: &str) -> Option<&Sku> {
        self.skus
            .binary_search_by(|sku| sku.code.as_str().cmp(code))
            .ok()
            .map(|index| &self.skus[index])
    }

    /// Articles from the best seller down; the scarce ones come last.
    pub fn by_rank(&self) -> Vec<&Sku> {
        let mut all: Vec<_> = self.skus.iter().collect();
        all.sort_by_key(|sku| sku.rank);
        all
    }
}

/// Takes each kind and size once, from brands in turn, then fills up with
/// second brands drawn at random.
fn choose_offers<'a>(
    words: &'a [DepartmentWords],
    wanted: usize,
    chance: &mut Chance,
) -> Vec<Offer<'a>> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for department in words {
        let brands = department.brands.len();
        for family in &department.families {
            let turn = chance.random_range(0..brands);
            for (k, kind) in family.kinds.iter().enumerate() {
                for (s, size) in family.sizes.iter().enumerate() {
                    for brand in 0..brands {
                        let size_pull = if s == 0 { 1.0 } else { 0.6 };
                        let kind_pull = 1.0 / (1.0 + 0.25 * k as f64);
                        let luck = chance.random_range(0.3..1.7);
                        let offer = Offer {
                            department,
                            family,
                            kind,
                            size,
                            brand,
                            pull: f64::from(family.demand) * size_pull * kind_pull * luck,
                        };
                        let own = brand == (turn + k + s) % brands;
                        if own {
                            first.push(offer)
                        } else {
                            second.push(offer)
                        }
                    }
                }
            }
        }
    }
    second.shuffle(chance);
    second.truncate(wanted.saturating_sub(first.len()));
    first.extend(second);
    first.sort_by(|a, b| shelf_key(a).cmp(&shelf_key(b)));
    first.truncate(wanted);
    first
}

/// Where an offer stands in the shop: only a stable order is meant.
fn shelf_key<'a>(offer: &Offer<'a>) -> (&'a str, &'a str, &'a str, &'a str, usize) {
    (
        offer.department.key,
        offer.family.noun.en,
        offer.kind.en,
        offer.size.label.en,
        offer.brand,
    )
}

fn make_sku(offer: &Offer, index: u32, rank: u32) -> Sku {
    let Offer {
        department,
        family,
        kind,
        size,
        ..
    } = offer;
    let brand = &department.brands[offer.brand];
    let gtin = barcode::gtin13(brand_number(brand.en), index + 1);
    let frozen_or_long = family.shelf_days > 60;
    Sku {
        code: sku_code(index),
        name_en: format!(
            "{} {}, {}",
            brand.en,
            phrase(kind.en, family.noun.en),
            size.label.en
        ),
        name_zh: format!(
            "{}{}{} {}",
            brand.zh, kind.zh, family.noun.zh, size.label.zh
        ),
        brand_en: brand.en.to_owned(),
        brand_zh: brand.zh.to_owned(),
        category: department.key.to_owned(),
        packs: packs(size.case_units, &gtin),
        gtin,
        dims_mm: size.dims_mm,
        weight_g: size.weight_g,
        temperature: family.temperature,
        shelf_life_days: (family.shelf_days > 0).then_some(family.shelf_days),
        min_remaining_days: match family.shelf_days {
            0 => 0,
            _ if frozen_or_long => 14,
            days => (days / 4).max(1),
        },
        price_minor: price(size.price_minor, offer.brand),
        image: Image {
            shape: family.shape.to_owned(),
            colour: department.colour.to_owned(),
            accent: art::accent_of(kind.en, family.noun.en, department.colour),
        },
        rank,
        popularity: zipf_weight(rank),
    }
}

/// Kind and noun as an English speaker would say them.
fn phrase(kind: &str, noun: &str) -> String {
    if let Some(after) = kind.strip_prefix('~') {
        return format!("{noun} {after}");
    }
    if let Some(instead) = kind.strip_prefix('!') {
        return instead.to_owned();
    }
    match kind.strip_suffix('-') {
        Some(joined) => format!("{joined}{noun}"),
        None => format!("{kind} {noun}"),
    }
}

fn sku_code(index: u32) -> String {
    format!("SKU-{}", 10_001 + index)
}

/// A case, when it holds more than one unit.
fn packs(case_units: u32, gtin: &str) -> Vec<Pack> {
    if case_units < 2 {
        return Vec::new();
    }
    vec![Pack {
        level: "case".to_owned(),
        units: case_units,
        gtin: barcode::gtin14(1, gtin),
    }]
}

/// The second brand costs a tenth more, the third a tenth less; whole tens.
fn price(base_minor: i64, brand: usize) -> i64 {
    let percent = [100, 110, 90][brand % 3];
    (base_minor * percent / 1_000) * 10
}

/// Zipf-Mandelbrot: weight of rank r is (r + 4) to the power of -0.9, in parts
/// of a billion.
fn zipf_weight(rank: u32) -> u64 {
    (1e9 / f64::from(rank + 4).powf(0.9)).round() as u64
}

/// A stable five-digit number for a brand.
fn brand_number(name: &str) -> u32 {
    name.bytes().fold(17u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    }) % 100_000
}

/// The two articles that shoppers race for. They are written by hand because
/// the whole story of a demo is told with their names.
fn scarce_pair(next: u32) -> [Sku; 2] {
    let lighthouse = Sku {
        code: sku_code(next),
        name_en: "Tin Whistle Harbrook lighthouse lamp, numbered edition".to_owned(),
        name_zh: "锡哨哈布鲁克灯塔小夜灯 编号限量版".to_owned(),
        brand_en: "Tin Whistle".to_owned(),
        brand_zh: "锡哨".to_owned(),
        category: "toys".to_owned(),
        gtin: barcode::gtin13(brand_number("Tin Whistle"), next + 1),
        packs: Vec::new(),
        dims_mm: [140, 140, 240],
        weight_g: 640,
        temperature: Temperature::Ambient,
        shelf_life_days: None,
        min_remaining_days: 0,
        price_minor: 26_800,
        image: Image {
            shape: "bulb".to_owned(),
            colour: "#cf5c78".to_owned(),
            accent: "#c23b3b".to_owned(),
        },
        rank: next,
        popularity: 0,
    };
    let tea = Sku {
        code: sku_code(next + 1),
        name_en: "Cloud Hill first-flush Longjing tea, tin of 50 g".to_owned(),
        name_zh: "云山明前龙井茶 罐装50克".to_owned(),
        brand_en: "Cloud Hill".to_owned(),
        brand_zh: "云山".to_owned(),
        category: "coffee_tea".to_owned(),
        gtin: barcode::gtin13(brand_number("Cloud Hill"), next + 2),
        dims_mm: [80, 80, 90],
        weight_g: 130,
        shelf_life_days: Some(540),
        min_remaining_days: 14,
        price_minor: 18_800,
        image: Image {
            shape: "tin".to_owned(),
            colour: "#7b4f2e".to_owned(),
            accent: "#5f9e4a".to_owned(),
        },
        rank: next + 1,
        ..lighthouse.clone()
    };
    [lighthouse, tea]
}

#[cfg(test)]
mod tests;
