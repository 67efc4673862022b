//! Which of the many possible articles the shop carries, and how an article is
//! made of words.
//!
//! Every choice is drawn from the catalogue's own stream; nothing here counts
//! stock.

use super::vocab::{DepartmentWords, Family, Size, Words};
use super::{Image, Pack, Sku, Temperature, art, barcode};
use crate::seed::Chance;
use rand::RngExt;
use rand::seq::SliceRandom;

/// One choice of family, kind, size and brand.
pub struct Offer<'a> {
    department: &'a DepartmentWords,
    family: &'a Family,
    kind: &'a Words,
    size: &'a Size,
    brand: usize,
    /// Larger sells better.
    pub pull: f64,
}

/// Takes each kind and size once, from brands in turn, then fills up with
/// second brands drawn at random.
pub fn choose<'a>(words: &'a [DepartmentWords], wanted: usize, chance: &mut Chance) -> Vec<Offer<'a>> {
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
                        if own { first.push(offer) } else { second.push(offer) }
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
    (offer.department.key, offer.family.noun.en, offer.kind.en, offer.size.label.en, offer.brand)
}

pub fn make(offer: &Offer, index: u32, rank: u32) -> Sku {
    let Offer { department, family, kind, size, .. } = offer;
    let brand = &department.brands[offer.brand];
    let gtin = barcode::gtin13(brand_number(brand.en), index + 1);
    let frozen_or_long = family.shelf_days > 60;
    Sku {
        code: sku_code(index),
        name_en: format!("{} {}, {}", brand.en, phrase(kind.en, family.noun.en), size.label.en),
        name_zh: format!("{}{}{} {}", brand.zh, kind.zh, family.noun.zh, size.label.zh),
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
pub fn phrase(kind: &str, noun: &str) -> String {
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
    vec![Pack { level: "case".to_owned(), units: case_units, gtin: barcode::gtin14(1, gtin) }]
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
    name.bytes().fold(17u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 100_000
}

/// The two articles that shoppers race for. They are written by hand because
/// the whole story of a demo is told with their names.
pub fn scarce_pair(next: u32) -> [Sku; 2] {
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
        image: Image { shape: "bulb".to_owned(), colour: "#cf5c78".to_owned(), accent: "#c23b3b".to_owned() },
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
        image: Image { shape: "tin".to_owned(), colour: "#7b4f2e".to_owned(), accent: "#5f9e4a".to_owned() },
        rank: next + 1,
        ..lighthouse.clone()
    };
    [lighthouse, tea]
}
