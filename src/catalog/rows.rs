//! The SQL of the catalogue.

use sqlx::any::AnyRow;

use super::model::{Article, Barcode, Category, Listing, Names, Part, label_of, tidy_code};
use crate::{
    kernel::{Fault, SkuId},
    store::{
        Engine, Row, Sql,
        bulk::{Column, Sheet},
    },
};

fn article(row: &AnyRow) -> Result<Article, Fault> {
    Ok(Article {
        id: row.id("id")?,
        code: row.text("code")?,
        name: Names { en: row.text("name_en")?, zh: row.text("name_zh")? },
        category: Category { code: row.text("category")?, en: row.text("category_en")?, zh: row.text("category_zh")? },
        gtin: row.opt_text("gtin")?,
        price_minor: row.int("price_minor")?,
        length_mm: row.int("length_mm")?,
        width_mm: row.int("width_mm")?,
        height_mm: row.int("height_mm")?,
        weight_g: row.int("weight_g")?,
        temperature: row.word("temperature")?,
        lot_rule: row.word("lot_rule")?,
        serial_tracked: row.flag("serial_tracked")?,
        image: row.text("image")?,
        active: row.flag("active")?,
        popularity: row.int("popularity")?,
        version: row.int("version")?,
    })
}

/// An article by id.
pub async fn by_id(sql: &mut Sql, id: SkuId) -> Result<Option<Article>, Fault> {
    let row = sqlx::query(
        "SELECT articles.*, categories.name_en AS category_en, categories.name_zh AS category_zh \
         FROM articles JOIN categories ON categories.code = articles.category WHERE articles.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(article).transpose()
}

/// An article by the house's own code.
pub async fn by_code(sql: &mut Sql, code: &str) -> Result<Option<Article>, Fault> {
    let row = sqlx::query(
        "SELECT articles.*, categories.name_en AS category_en, categories.name_zh AS category_zh \
         FROM articles JOIN categories ON categories.code = articles.category WHERE articles.code = $1",
    )
    .bind(tidy_code(code))
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(article).transpose()
}

const CODES: &[Column] = &[Column::Text("code")];

/// What a basket needs of many articles at once, by the house's own codes; a code
/// that is unknown is left out.
pub async fn listings<'a>(
    sql: &mut Sql,
    engine: Engine,
    codes: impl Iterator<Item = &'a str>,
) -> Result<Vec<Listing>, Fault> {
    let mut sheet = Sheet::new(engine, CODES);
    for code in codes {
        sheet.text(tidy_code(code));
    }
    let text = "SELECT a.id, a.code, a.name_en, a.name_zh, a.price_minor, a.active FROM {x} \
                JOIN articles a ON a.code = x.code";
    let told = sheet.gather(sql, text).await?;
    let listing = |(id, code, en, zh, price_minor, active): (SkuId, String, String, String, i64, i64)| Listing {
        id,
        code,
        name: Names { en, zh },
        price_minor,
        active: active != 0,
    };
    Ok(told.into_iter().map(listing).collect())
}

/// The article that a scan names and how many base units one scan means: by
/// GTIN at any pack level, any other label, or the house's own code.
pub async fn by_barcode(sql: &mut Sql, scan: &str) -> Result<Option<(Article, i64)>, Fault> {
    let label = label_of(scan);
    let row = sqlx::query(
        "SELECT articles.*, categories.name_en AS category_en, categories.name_zh AS category_zh, \
                barcodes.quantity AS per_scan \
         FROM barcodes JOIN articles ON articles.id = barcodes.sku \
         JOIN categories ON categories.code = articles.category WHERE barcodes.code = $1",
    )
    .bind(&label)
    .fetch_optional(&mut *sql)
    .await?;
    match row {
        Some(row) => Ok(Some((article(&row)?, row.int("per_scan")?))),
        None => Ok(by_code(sql, &label).await?.map(|article| (article, 1))),
    }
}

/// Articles on sale, most wanted first; `query` is up to four words that must
/// all occur in names or code; `category` and `after` may be empty. The cursor
/// of an article is [`cursor`].
pub async fn browse(
    sql: &mut Sql,
    query: &str,
    category: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Article>, Fault> {
    let lower = query.to_lowercase();
    let mut words = lower.split_whitespace().map(like);
    let mut word = || words.next().unwrap_or_else(|| "%".to_owned());
    let (popularity, code) = after
        .split_once('.')
        .and_then(|(popularity, code)| Some((popularity.parse::<i64>().ok()?, code)))
        .unwrap_or((i64::MAX, ""));
    let rows = sqlx::query(
        "SELECT articles.*, categories.name_en AS category_en, categories.name_zh AS category_zh \
         FROM articles JOIN categories ON categories.code = articles.category \
         WHERE articles.active = 1 AND ($1 = '' OR articles.category = $1) \
           AND (articles.popularity < $2 OR (articles.popularity = $2 AND articles.code > $3)) \
           AND articles.search LIKE $4 ESCAPE '!' AND articles.search LIKE $5 ESCAPE '!' \
           AND articles.search LIKE $6 ESCAPE '!' AND articles.search LIKE $7 ESCAPE '!' \
         ORDER BY articles.popularity DESC, articles.code LIMIT $8",
    )
    .bind(category)
    .bind(popularity)
    .bind(code)
    .bind(word())
    .bind(word())
    .bind(word())
    .bind(word())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(article).collect()
}

/// The place of an article in [`browse`].
pub fn cursor(article: &Article) -> String {
    format!("{}.{}", article.popularity, article.code)
}

fn like(word: &str) -> String {
    let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// Every article, on sale or not, by code: for export and planning.
pub async fn all(sql: &mut Sql) -> Result<Vec<Article>, Fault> {
    let rows = sqlx::query(
        "SELECT articles.*, categories.name_en AS category_en, categories.name_zh AS category_zh \
         FROM articles JOIN categories ON categories.code = articles.category ORDER BY articles.code",
    )
    .fetch_all(sql)
    .await?;
    rows.iter().map(article).collect()
}

/// The categories that have articles on sale, by English name.
pub async fn categories(sql: &mut Sql) -> Result<Vec<Category>, Fault> {
    let rows = sqlx::query(
        "SELECT code, name_en, name_zh FROM categories \
         WHERE EXISTS (SELECT 1 FROM articles WHERE articles.category = categories.code AND articles.active = 1) \
         ORDER BY name_en, code",
    )
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| Ok(Category { code: row.text("code")?, en: row.text("name_en")?, zh: row.text("name_zh")? }))
        .collect()
}

/// The labels of an article, smallest pack first.
pub async fn barcodes(sql: &mut Sql, sku: SkuId) -> Result<Vec<Barcode>, Fault> {
    let rows = sqlx::query("SELECT code, level, quantity FROM barcodes WHERE sku = $1 ORDER BY quantity, code")
        .bind(sku.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| Ok(Barcode { code: row.text("code")?, level: row.word("level")?, quantity: row.int("quantity")? }))
        .collect()
}

/// What a bundle is made of; empty for a plain article.
pub async fn parts(sql: &mut Sql, bundle: SkuId) -> Result<Vec<Part>, Fault> {
    let rows = sqlx::query("SELECT part, quantity FROM bundle_parts WHERE bundle = $1 ORDER BY part")
        .bind(bundle.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok(Part { sku: row.id("part")?, quantity: row.int("quantity")? })).collect()
}

pub(super) async fn put_category(sql: &mut Sql, category: &Category) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO categories (code, name_en, name_zh) VALUES ($1, $2, $3) \
         ON CONFLICT (code) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh",
    )
    .bind(&category.code)
    .bind(&category.en)
    .bind(&category.zh)
    .execute(sql)
    .await?;
    Ok(())
}

/// What [`browse`] looks words up in.
fn search_text(article: &Article) -> String {
    let name = &article.name;
    format!("{} {} {}", name.en, name.zh, article.code).to_lowercase()
}

/// False if the code was taken meanwhile.
pub(super) async fn insert(sql: &mut Sql, article: &Article) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO articles (id, code, name_en, name_zh, category, gtin, price_minor, length_mm, width_mm, \
           height_mm, weight_g, temperature, lot_rule, serial_tracked, image, active, popularity, search, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
         ON CONFLICT (code) DO NOTHING",
    )
    .bind(article.id.to_string())
    .bind(&article.code)
    .bind(&article.name.en)
    .bind(&article.name.zh)
    .bind(&article.category.code)
    .bind(article.gtin.as_deref())
    .bind(article.price_minor)
    .bind(article.length_mm)
    .bind(article.width_mm)
    .bind(article.height_mm)
    .bind(article.weight_g)
    .bind(article.temperature.as_str())
    .bind(article.lot_rule.as_str())
    .bind(i64::from(article.serial_tracked))
    .bind(&article.image)
    .bind(i64::from(article.active))
    .bind(article.popularity)
    .bind(search_text(article))
    .bind(article.version)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// False if the article is no longer of version `from`.
pub(super) async fn update(sql: &mut Sql, article: &Article, from: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE articles SET name_en = $2, name_zh = $3, category = $4, gtin = $5, price_minor = $6, \
           length_mm = $7, width_mm = $8, height_mm = $9, weight_g = $10, temperature = $11, lot_rule = $12, \
           serial_tracked = $13, image = $14, active = $15, popularity = $16, search = $17, version = $18 \
         WHERE id = $1 AND version = $19",
    )
    .bind(article.id.to_string())
    .bind(&article.name.en)
    .bind(&article.name.zh)
    .bind(&article.category.code)
    .bind(article.gtin.as_deref())
    .bind(article.price_minor)
    .bind(article.length_mm)
    .bind(article.width_mm)
    .bind(article.height_mm)
    .bind(article.weight_g)
    .bind(article.temperature.as_str())
    .bind(article.lot_rule.as_str())
    .bind(i64::from(article.serial_tracked))
    .bind(&article.image)
    .bind(i64::from(article.active))
    .bind(article.popularity)
    .bind(search_text(article))
    .bind(article.version)
    .bind(from)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn drop_barcodes(sql: &mut Sql, sku: SkuId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM barcodes WHERE sku = $1").bind(sku.to_string()).execute(sql).await?;
    Ok(())
}

/// False if the label belongs to another article.
pub(super) async fn add_barcode(sql: &mut Sql, sku: SkuId, label: &Barcode) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO barcodes (code, sku, level, quantity) VALUES ($1, $2, $3, $4) ON CONFLICT (code) DO NOTHING",
    )
    .bind(&label.code)
    .bind(sku.to_string())
    .bind(label.level.as_str())
    .bind(label.quantity)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn set_parts(sql: &mut Sql, bundle: SkuId, parts: &[Part], fresh: bool) -> Result<(), Fault> {
    if !fresh {
        sqlx::query("DELETE FROM bundle_parts WHERE bundle = $1").bind(bundle.to_string()).execute(&mut *sql).await?;
    }
    for part in parts {
        sqlx::query("INSERT INTO bundle_parts (bundle, part, quantity) VALUES ($1, $2, $3)")
            .bind(bundle.to_string())
            .bind(part.sku.to_string())
            .bind(part.quantity)
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}
