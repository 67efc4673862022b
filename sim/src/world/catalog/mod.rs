//! The shop's 2,000 articles: names, barcodes, sizes, prices and how much
//! shoppers want each.
//!
//! Names are put together from a hand-written vocabulary, so that every page
//! reads like a real shop. There is no stock here and no supplier contract.

mod art;
mod barcode;
mod offer;
mod vocab;

pub use art::Image;
pub use barcode::is_valid as is_valid_gtin;

use crate::seed::{Chance, stream};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use vocab::DepartmentWords;

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
    ("SUP-GREEN", "Greenfield Growers", "绿野农业", 1, &["fruit_veg", "dairy"]),
    ("SUP-MILL", "Millstone Bakeries", "石磨烘焙", 1, &["bakery", "ready"]),
    ("SUP-COLD", "North Star Cold Chain", "北极星冷链", 2, &["frozen", "meat_fish"]),
    ("SUP-PANTRY", "Lotus Provisions", "荷花粮食", 3, &["pantry", "snacks"]),
    ("SUP-DRINK", "Sele Beverages", "塞勒饮品", 2, &["drinks", "coffee_tea"]),
    ("SUP-HOME", "Brightside Wholesale", "亮面批发", 4, &["home_care", "body_care", "baby", "pets"]),
    ("SUP-GOODS", "Harbour Trading", "港湾贸易", 7, &["kitchen", "electronics", "toys", "stationery"]),
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

impl Catalog {
    /// The whole shop of `seed`.
    pub fn generate(seed: u64) -> Self {
        let mut chance = stream(seed, "catalog", 0);
        let words = vocab::read();
        let mut offers = offer::choose(&words, FULL_SHOP - 2, &mut chance);
        // Rank by pull, then number in the order of the shelves of the shop.
        let mut order: Vec<usize> = (0..offers.len()).collect();
        order.sort_by(|&a, &b| offers[b].pull.total_cmp(&offers[a].pull));
        let mut rank = vec![0; offers.len()];
        for (place, index) in order.into_iter().enumerate() {
            rank[index] = place as u32;
        }
        let mut skus: Vec<_> =
            offers.drain(..).enumerate().map(|(index, offer)| offer::make(&offer, index as u32, rank[index])).collect();
        let scarce = offer::scarce_pair(skus.len() as u32);
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
        let supplier_of =
            |key: &str| SUPPLIERS.iter().find(|row| row.4.contains(&key)).map_or(SUPPLIERS[0].0, |row| row.0);
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
        self.skus.binary_search_by(|sku| sku.code.as_str().cmp(code)).ok().map(|index| &self.skus[index])
    }

    /// Articles from the best seller down; the scarce ones come last.
    pub fn by_rank(&self) -> Vec<&Sku> {
        let mut all: Vec<_> = self.skus.iter().collect();
        all.sort_by_key(|sku| sku.rank);
        all
    }
}

#[cfg(test)]
mod tests;
