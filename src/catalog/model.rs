//! What an article is. Deliberately absent: how much of it there is.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{SkuId, barcode},
    refusals, words,
};

words! {
    /// How goods must be kept; classes are never packed together.
    Temperature {
        /// On any shelf.
        Ambient = "ambient",
        /// 0 to 4 degrees.
        Chilled = "chilled",
        /// Minus 18 degrees or colder.
        Frozen = "frozen",
    }
}

words! {
    /// What must be known of each unit beside its article.
    LotRule {
        /// Nothing.
        None = "none",
        /// Its lot.
        Lot = "lot",
        /// Its lot and its expiry date; what expires first goes out first.
        Expiry = "expiry",
    }
}

words! {
    /// How much one label stands for.
    Level {
        /// One base unit.
        Each = "each",
        /// A few, wrapped together.
        Pack = "pack",
        /// An outer carton.
        Case = "case",
        /// A full pallet.
        Pallet = "pallet",
    }
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// English.
    pub en: String,
    /// 简体中文.
    pub zh: String,
}

impl Names {
    /// The name in a language; English unless `zh`.
    pub fn get(&self, lang: &str) -> &str {
        if lang == "zh" { &self.zh } else { &self.en }
    }
}

/// A department of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Stable.
    pub code: String,
    /// English.
    pub en: String,
    /// 简体中文.
    pub zh: String,
}

/// An article; every quantity in Cartage counts its base units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Article {
    /// `sku_...`.
    pub id: SkuId,
    /// The house's own code, in capitals.
    pub code: String,
    /// What people call it.
    pub name: Names,
    /// Where the shop shows it.
    pub category: Category,
    /// The base unit's GTIN, if it has one.
    pub gtin: Option<String>,
    /// Price of one base unit, tax included, in the currency's minor unit.
    pub price_minor: i64,
    /// Of one base unit as packed.
    pub length_mm: i64,
    /// Of one base unit as packed.
    pub width_mm: i64,
    /// Of one base unit as packed.
    pub height_mm: i64,
    /// Gross, of one base unit.
    pub weight_g: i64,
    /// How it must be kept.
    pub temperature: Temperature,
    /// What must be known of each unit.
    pub lot_rule: LotRule,
    /// True if each unit has a serial number of its own.
    pub serial_tracked: bool,
    /// An inline SVG, or the path of an asset.
    pub image: String,
    /// False once withdrawn from sale.
    pub active: bool,
    /// Rank of demand for lists: greater is wanted more.
    pub popularity: i64,
    /// Rises with each change; the ETag.
    pub version: i64,
}

/// What a basket needs of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// `sku_...`.
    pub id: SkuId,
    /// The house's own code.
    pub code: String,
    /// What people call it.
    pub name: Names,
    /// Price of one base unit.
    pub price_minor: i64,
    /// False once withdrawn from sale.
    pub active: bool,
}

impl Article {
    /// Volume of one base unit in millilitres, rounded up.
    pub fn volume_ml(&self) -> i64 {
        let mm3 = self.length_mm.saturating_mul(self.width_mm).saturating_mul(self.height_mm);
        mm3.saturating_add(999) / 1000
    }
}

/// A label of an article and how many base units one scan of it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Barcode {
    /// As read by [`barcode::read`].
    pub code: String,
    /// Its pack level.
    pub level: Level,
    /// Base units.
    pub quantity: i64,
}

/// An article within a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Part {
    /// The article.
    pub sku: SkuId,
    /// Base units in one bundle.
    pub quantity: i64,
}

refusals! {
    /// Why the catalogue says no.
    Refusal {
        /// No article of that code.
        Unknown { code: String } => "article.unknown", 422, "There is no article {code}. Check the code, or look it up in the catalogue.";
        /// A field that cannot be.
        Invalid { field: String, reason: String } => "article.invalid", 422, "{field}: {reason}";
        /// A label of another article.
        BarcodeTaken { barcode: String } => "barcode.taken", 409, "The barcode {barcode} belongs to another article; remove it there first.";
        /// Somebody else changed it meanwhile.
        Changed { version: i64 } => "article.changed", 412, "Somebody changed this article meanwhile (it is now version {version}). Load it again and repeat your change.";
    }
}

/// A refusal of one field.
pub(super) fn invalid(field: &str, reason: impl Into<String>) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), reason: reason.into() }
}

/// An article's code as stored: trimmed, in capitals.
pub fn tidy_code(code: &str) -> String {
    code.trim().to_uppercase()
}

/// A label as it is stored and looked up: the GTIN in its short form, or the
/// text in capitals.
pub fn label_of(scan: &str) -> String {
    let read = barcode::read(scan);
    read.gtin.unwrap_or(read.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_kept_in_one_form() {
        assert_eq!(label_of("06291041500213"), "6291041500213");
        assert_eq!(label_of("(01)06291041500213(10)LOT7"), "6291041500213");
        assert_eq!(label_of(" shelf-9 "), "SHELF-9");
        assert_eq!(tidy_code(" ab-1 "), "AB-1");
    }
}
