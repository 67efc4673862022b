//! Rows of articles. Labels and parts of bundles are short texts, so that one
//! article is one row in a spreadsheet too.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::model::{Mistakes, Numbered};
use crate::{
    catalog::{self, Article, Category, LotRule, Names, NewArticle, NewBarcode, NewPart, Temperature},
    kernel::{Fault, SkuId},
    store::{Sql, Tx},
};

fn yes() -> bool {
    true
}

/// An article, added or changed by its code; parts of a bundle stand before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleRow {
    /// The house's own code.
    pub code: String,
    /// English name.
    pub name_en: String,
    /// 简体中文.
    pub name_zh: String,
    /// Code of the category.
    pub category: String,
    /// Its English name.
    pub category_en: String,
    /// Its name in 简体中文.
    pub category_zh: String,
    /// GTIN of one unit.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Of one unit, tax included.
    pub price_minor: i64,
    /// Of one unit.
    pub length_mm: i64,
    /// Of one unit.
    pub width_mm: i64,
    /// Of one unit.
    pub height_mm: i64,
    /// Of one unit.
    pub weight_g: i64,
    /// ambient, chilled, frozen.
    pub temperature: Temperature,
    /// none, lot, expiry.
    pub lot_rule: LotRule,
    /// True if each unit has a serial number.
    #[serde(default)]
    pub serial_tracked: bool,
    /// Whether it is sold.
    #[serde(default = "yes")]
    pub active: bool,
    /// Greater is wanted more.
    #[serde(default)]
    pub popularity: i64,
    /// Further labels, `level:quantity:code|...`, for example `case:12:1290...`.
    #[serde(default)]
    pub barcodes: String,
    /// What a bundle is made of, `code:quantity|...`.
    #[serde(default)]
    pub parts: String,
    /// An inline SVG, or the path of an asset.
    #[serde(default)]
    pub image: String,
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').map(str::trim).filter(|item| !item.is_empty())
}

fn read_barcode(item: &str) -> Option<NewBarcode> {
    let (level, rest) = item.split_once(':')?;
    let (quantity, code) = rest.split_once(':')?;
    Some(NewBarcode { level: level.parse().ok()?, quantity: quantity.parse().ok()?, code: code.to_owned() })
}

fn read_part(item: &str) -> Option<NewPart> {
    let (code, quantity) = item.rsplit_once(':')?;
    Some(NewPart { code: code.to_owned(), quantity: quantity.parse().ok()? })
}

fn new_article(row: ArticleRow) -> Result<NewArticle, (&'static str, &'static str)> {
    let barcodes: Option<Vec<_>> = items(&row.barcodes).map(read_barcode).collect();
    let parts: Option<Vec<_>> = items(&row.parts).map(read_part).collect();
    Ok(NewArticle {
        code: row.code,
        name: Names { en: row.name_en, zh: row.name_zh },
        category: Category { code: row.category, en: row.category_en, zh: row.category_zh },
        gtin: row.gtin,
        price_minor: row.price_minor,
        length_mm: row.length_mm,
        width_mm: row.width_mm,
        height_mm: row.height_mm,
        weight_g: row.weight_g,
        temperature: row.temperature,
        lot_rule: row.lot_rule,
        serial_tracked: row.serial_tracked,
        image: row.image,
        active: row.active,
        popularity: row.popularity,
        barcodes: barcodes.ok_or(("barcodes", "write labels as: case:12:12345678901231|pack:6:ABC"))?,
        parts: parts.ok_or(("parts", "write parts as: CODE:2|OTHER:1"))?,
    })
}

pub(super) async fn write(tx: &mut Tx, rows: Vec<Numbered<ArticleRow>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    for Numbered { row, value } in rows {
        match new_article(value) {
            Ok(new) => {
                let outcome = catalog::define(tx, &new, None).await;
                mistakes.catch(row, outcome)?;
            }
            Err((field, message)) => mistakes.add(row, field, message),
        }
    }
    Ok(())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<ArticleRow>, Fault> {
    let articles = catalog::all(sql).await?;
    let codes: HashMap<SkuId, String> = articles.iter().map(|article| (article.id, article.code.clone())).collect();
    let (mut plain, mut bundles) = (Vec::with_capacity(articles.len()), Vec::new());
    for article in articles {
        let labels = catalog::barcodes(sql, article.id).await?;
        let further = labels.iter().filter(|label| Some(&label.code) != article.gtin.as_ref());
        let barcodes: Vec<String> =
            further.map(|label| format!("{}:{}:{}", label.level, label.quantity, label.code)).collect();
        let parts = catalog::parts(sql, article.id).await?;
        let code_of = |part: &catalog::Part| codes.get(&part.sku).map(|code| format!("{code}:{}", part.quantity));
        let parts: Vec<String> = parts.iter().filter_map(code_of).collect();
        let list = if parts.is_empty() { &mut plain } else { &mut bundles };
        list.push(row(article, barcodes.join("|"), parts.join("|")));
    }
    // A bundle names articles that must be there before it.
    plain.append(&mut bundles);
    Ok(plain)
}

fn row(article: Article, barcodes: String, parts: String) -> ArticleRow {
    ArticleRow {
        code: article.code,
        name_en: article.name.en,
        name_zh: article.name.zh,
        category: article.category.code,
        category_en: article.category.en,
        category_zh: article.category.zh,
        gtin: article.gtin,
        price_minor: article.price_minor,
        length_mm: article.length_mm,
        width_mm: article.width_mm,
        height_mm: article.height_mm,
        weight_g: article.weight_g,
        temperature: article.temperature,
        lot_rule: article.lot_rule,
        serial_tracked: article.serial_tracked,
        active: article.active,
        popularity: article.popularity,
        barcodes,
        parts,
        image: article.image,
    }
}
