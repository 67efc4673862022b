//! Defines an article by its code: adds it, or changes it in every field.
//! Deliberately absent: deleting; what was once sold is told of for good.

use serde::Deserialize;

use super::{
    model::{
        Article, Barcode, Category, Level, LotRule, Names, Part, Refusal, Temperature, invalid, label_of, tidy_code,
    },
    rows,
};
use crate::{
    kernel::{SkuId, Stop, barcode},
    store::Tx,
};

fn yes() -> bool {
    true
}

/// An article to define.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArticle {
    /// The house's own code.
    pub code: String,
    /// What people call it.
    pub name: Names,
    /// Where the shop shows it; made or renamed with the article.
    pub category: Category,
    /// The base unit's GTIN.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Of one base unit, tax included.
    pub price_minor: i64,
    /// Of one base unit.
    pub length_mm: i64,
    /// Of one base unit.
    pub width_mm: i64,
    /// Of one base unit.
    pub height_mm: i64,
    /// Of one base unit.
    pub weight_g: i64,
    /// How it must be kept.
    pub temperature: Temperature,
    /// What must be known of each unit.
    pub lot_rule: LotRule,
    /// True if each unit has a serial number.
    #[serde(default)]
    pub serial_tracked: bool,
    /// An inline SVG, or the path of an asset.
    #[serde(default)]
    pub image: String,
    /// Whether it is sold.
    #[serde(default = "yes")]
    pub active: bool,
    /// Rank of demand.
    #[serde(default)]
    pub popularity: i64,
    /// Labels beside the GTIN.
    #[serde(default)]
    pub barcodes: Vec<NewBarcode>,
    /// What a bundle is made of; empty for a plain article.
    #[serde(default)]
    pub parts: Vec<NewPart>,
}

/// A label to define.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBarcode {
    /// A GTIN or any text that a scanner may send.
    pub code: String,
    /// Its pack level.
    pub level: Level,
    /// Base units in one.
    pub quantity: i64,
}

/// An article within a bundle, by code.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPart {
    /// An article that exists and is no bundle itself.
    pub code: String,
    /// Base units in one bundle.
    pub quantity: i64,
}

/// The version that the caller saw, if they care.
pub type Expected = Option<i64>;

/// Adds or changes an article by its code.
pub async fn define(tx: &mut Tx, new: &NewArticle, expected: Expected) -> Result<Article, Stop> {
    let labels = check(new)?;
    let code = tidy_code(&new.code);
    let before = rows::by_code(tx.sql(), &code).await?;
    let version = before.as_ref().map_or(0, |before| before.version);
    if expected.is_some_and(|expected| expected != version) {
        return Err(Refusal::Changed { version }.into());
    }
    let id = before.as_ref().map_or_else(|| tx.id(), |before| before.id);
    let article = article(id, code, new, version + 1);
    if before.as_ref().is_none_or(|before| before.category != article.category) {
        rows::put_category(tx.sql(), &article.category).await?;
    }
    let written = match before {
        Some(_) => rows::update(tx.sql(), &article, version).await?,
        None => rows::insert(tx.sql(), &article).await?,
    };
    if !written {
        // Somebody was quicker by a breath.
        return Err(Refusal::Changed { version: version + 1 }.into());
    }
    rows::drop_barcodes(tx.sql(), id).await?;
    for label in &labels {
        if !rows::add_barcode(tx.sql(), id, label).await? {
            return Err(Refusal::BarcodeTaken { barcode: label.code.clone() }.into());
        }
    }
    let parts = read_parts(tx, new, id).await?;
    rows::set_parts(tx.sql(), id, &parts, before.is_none()).await?;
    Ok(article)
}

fn article(id: SkuId, code: String, new: &NewArticle, version: i64) -> Article {
    Article {
        id,
        code,
        name: new.name.clone(),
        category: new.category.clone(),
        gtin: new.gtin.as_deref().map(label_of),
        price_minor: new.price_minor,
        length_mm: new.length_mm,
        width_mm: new.width_mm,
        height_mm: new.height_mm,
        weight_g: new.weight_g,
        temperature: new.temperature,
        lot_rule: new.lot_rule,
        serial_tracked: new.serial_tracked,
        image: new.image.clone(),
        active: new.active,
        popularity: new.popularity,
        version,
    }
}

/// Checks every field; returns the labels, the GTIN among them, in stored form.
fn check(new: &NewArticle) -> Result<Vec<Barcode>, Refusal> {
    text("code", &new.code, 40)?;
    text("name/en", &new.name.en, 200)?;
    text("name/zh", &new.name.zh, 200)?;
    text("category/code", &new.category.code, 40)?;
    text("category/en", &new.category.en, 80)?;
    text("category/zh", &new.category.zh, 80)?;
    within("price_minor", new.price_minor, 0, 1_000_000_000_000)?;
    within("length_mm", new.length_mm, 1, 20_000)?;
    within("width_mm", new.width_mm, 1, 20_000)?;
    within("height_mm", new.height_mm, 1, 20_000)?;
    within("weight_g", new.weight_g, 1, 5_000_000)?;
    within("popularity", new.popularity, 0, i64::MAX)?;
    if new.image.len() > 64 * 1024 {
        return Err(invalid("image", "use at most 64 KiB"));
    }
    let mut labels: Vec<Barcode> = Vec::with_capacity(new.barcodes.len() + 1);
    if let Some(gtin) = &new.gtin {
        if !barcode::is_valid(gtin) || gtin.len() > 14 {
            return Err(invalid("gtin", "use a GTIN of 8, 12, 13 or 14 digits whose check digit is right"));
        }
        labels.push(Barcode { code: label_of(gtin), level: Level::Each, quantity: 1 });
    }
    for (index, label) in new.barcodes.iter().enumerate() {
        let field = |name: &str| format!("barcodes/{index}/{name}");
        text(&field("code"), &label.code, 120)?;
        within(&field("quantity"), label.quantity, 1, 1_000_000)?;
        let code = label_of(&label.code);
        if labels.iter().any(|other| other.code == code) {
            return Err(invalid(&field("code"), "the same barcode stands here twice"));
        }
        labels.push(Barcode { code, level: label.level, quantity: label.quantity });
    }
    Ok(labels)
}

fn text(field: &str, value: &str, most: usize) -> Result<(), Refusal> {
    let length = value.trim().chars().count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(invalid(field, format!("use 1 to {most} characters"))) }
}

fn within(field: &str, value: i64, least: i64, most: i64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(invalid(field, format!("use {least} to {most}"))) }
}

async fn read_parts(tx: &mut Tx, new: &NewArticle, bundle: SkuId) -> Result<Vec<Part>, Stop> {
    let mut parts: Vec<Part> = Vec::with_capacity(new.parts.len());
    for (index, part) in new.parts.iter().enumerate() {
        let field = |name: &str| format!("parts/{index}/{name}");
        within(&field("quantity"), part.quantity, 1, 10_000)?;
        let Some(article) = rows::by_code(tx.sql(), &part.code).await? else {
            return Err(invalid(&field("code"), format!("there is no article {}", part.code)).into());
        };
        let nested = article.id == bundle || !rows::parts(tx.sql(), article.id).await?.is_empty();
        if nested || parts.iter().any(|other| other.sku == article.id) {
            return Err(invalid(&field("code"), "name plain articles, each once").into());
        }
        parts.push(Part { sku: article.id, quantity: part.quantity });
    }
    Ok(parts)
}
