//! What must hold of the code beside this file.

use super::offer::phrase;
use super::*;
use std::collections::BTreeSet;

#[test]
fn the_shop_has_two_thousand_distinct_articles() {
    let shop = Catalog::generate(7);
    assert_eq!(shop.skus.len(), FULL_SHOP);
    assert_eq!(shop.cumulative.len(), FULL_SHOP);
    let distinct = |key: fn(&Sku) -> &String| shop.skus.iter().map(key).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(|sku| &sku.code), FULL_SHOP);
    assert_eq!(distinct(|sku| &sku.gtin), FULL_SHOP);
    assert_eq!(distinct(|sku| &sku.name_en), FULL_SHOP);
    assert_eq!(distinct(|sku| &sku.name_zh), FULL_SHOP);
    let ranks: BTreeSet<_> = shop.skus.iter().map(|sku| sku.rank).collect();
    assert_eq!(ranks.len(), FULL_SHOP);
    for sku in &shop.skus {
        assert!(is_valid_gtin(&sku.gtin), "{sku:?}");
        assert!(sku.packs.iter().all(|pack| is_valid_gtin(&pack.gtin) && pack.units > 1));
        assert!(sku.price_minor > 0 && sku.weight_g > 0 && sku.volume_ml() > 0);
        assert!(shop.categories.iter().any(|category| category.key == sku.category));
        assert_eq!(shop.sku(&sku.code), Some(sku));
        let life = sku.shelf_life_days.unwrap_or(u32::MAX);
        assert!(sku.min_remaining_days < life, "{sku:?}");
        assert!(!sku.name_zh.is_ascii() && !sku.name_en.contains(['~', '!']), "{sku:?}");
    }
}

#[test]
fn every_supplier_of_a_category_is_known() {
    let shop = Catalog::generate(1);
    for category in &shop.categories {
        let known = shop.suppliers.iter().any(|s| s.code == category.supplier);
        let listed = SUPPLIERS.iter().any(|row| row.4.contains(&category.key.as_str()));
        assert!(known && listed, "{category:?}");
    }
}

#[test]
fn names_are_said_as_people_say_them() {
    assert_eq!(phrase("strawberry", "yoghurt"), "strawberry yoghurt");
    assert_eq!(phrase("straw-", "berries"), "strawberries");
    assert_eq!(phrase("~breast", "chicken"), "chicken breast");
    assert_eq!(phrase("!box grater", "kitchen tool"), "box grater");
}

#[test]
fn demand_is_skewed_and_never_draws_the_scarce() {
    let shop = Catalog::generate(7);
    let mut chance = stream(7, "test", 0);
    let mut best = 0;
    for _ in 0..10_000 {
        let sku = shop.draw(&mut chance);
        assert!(!shop.scarce.contains(&sku.code));
        best += usize::from(sku.rank < 200);
    }
    // The top tenth of a shop sells between two fifths and three quarters.
    assert!((4_000..7_500).contains(&best), "{best}");
}

#[test]
fn the_corner_shop_keeps_every_temperature_and_the_scarce() {
    let shop = Catalog::corner_shop(3);
    assert_eq!(shop.skus.len(), 24);
    for temperature in [Temperature::Ambient, Temperature::Chilled, Temperature::Frozen] {
        assert!(shop.skus.iter().any(|sku| sku.temperature == temperature));
    }
    for code in &shop.scarce {
        assert_eq!(shop.sku(code).map(|sku| sku.popularity), Some(0));
    }
}
