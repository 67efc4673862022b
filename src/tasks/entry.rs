//! What every kind of handheld work shares: reading an entry, showing an article,
//! refusing a wrong label. Deliberately absent: what a right label leads to.

use super::{
    model::Task,
    step::{Scan, Step, StepArticle, Tone},
};
use crate::{
    catalog::{self, Article, Temperature},
    event::Event,
    kernel::*,
    store::{Sql, Tx},
};

impl Scan {
    /// The label as entered, trimmed and in capitals; empty if there is none.
    pub fn label(&self) -> String {
        self.code.as_deref().unwrap_or_default().trim().to_uppercase()
    }
    /// The number entered, in its field or typed where a label is read.
    pub fn number(&self) -> Option<i64> {
        self.quantity.or_else(|| self.code.as_deref().and_then(|code| code.trim().parse().ok()))
    }
    /// True if this button was pressed.
    pub fn chose(&self, choice: &str) -> bool {
        self.choice.as_deref() == Some(choice)
    }
}

/// The same screen with a red voice; the only trace is the fact `scan.refused`.
pub fn refuse(tx: &mut Tx, task: &Task, screen: Step, code: &str, text: &str) -> Step {
    tx.emit(Event::ScanRefused { task: task.id, site: task.site, code: code.to_owned() });
    screen.saying(Tone::Wrong, code, text)
}

/// The article that a label names and how many base units one scan of it means.
pub async fn article(sql: &mut Sql, scan: &Scan) -> Result<Option<(Article, i64)>, Fault> {
    let label = scan.code.as_deref().unwrap_or_default().trim();
    if label.is_empty() {
        return Ok(None);
    }
    if let Some(found) = catalog::by_barcode(sql, label).await? {
        return Ok(Some(found));
    }
    Ok(catalog::by_code(sql, label).await?.map(|article| (article, 1)))
}

/// What a worker would scan of an article: its barcode, else its code.
pub fn label_of(article: &Article) -> String {
    article.gtin.clone().unwrap_or_else(|| article.code.clone())
}

/// An article as a handheld shows it.
pub fn show(article: &Article, lot: &str, expiry: &str) -> StepArticle {
    let mut detail = vec![format!("{} g", article.weight_g)];
    if article.temperature != Temperature::Ambient {
        detail.push(article.temperature.to_string());
    }
    if !lot.is_empty() {
        detail.push(format!("lot {lot}"));
    }
    if !expiry.is_empty() {
        detail.push(format!("exp {expiry}"));
    }
    StepArticle {
        name: article.name.en.clone(),
        name_zh: article.name.zh.clone(),
        code: article.code.clone(),
        gtin: label_of(article),
        image: article.image.clone(),
        detail: detail.join(", "),
    }
}
