//! Rows of opening stock, and of the totes and pallets that will carry it.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    model::{Mistakes, Numbered},
    sites::SiteCodes,
};
use crate::{
    catalog::{self, LotRule},
    kernel::{BinId, Fault, SiteId, SkuId, Stop},
    layout, network,
    stock::{self, Account, Condition, Goods, Holder},
    store::{Sql, Tx},
    units::{self, UnitKind},
};

/// Goods in a bin before Cartage comes. A bin that holds such goods already
/// refuses them: what is there is counted, not imported again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockRow {
    /// Code of the site.
    pub site: String,
    /// Label of the bin.
    pub bin: String,
    /// Code of the article.
    pub sku: String,
    /// Base units, at least 1.
    pub quantity: i64,
    /// Needed when the article keeps lots.
    #[serde(default)]
    pub lot: Option<String>,
    /// `YYMMDD` as in GS1 AI 17; needed when the article expires.
    #[serde(default)]
    pub expiry: Option<String>,
    /// Needed when each unit has one; then the quantity is 1.
    #[serde(default)]
    pub serial: Option<String>,
    /// sellable unless told.
    #[serde(default)]
    pub condition: Option<Condition>,
}

/// What rows name, looked up once.
struct Known {
    sites: SiteCodes,
    articles: HashMap<String, catalog::Article>,
    bins: HashMap<(SiteId, String), BinId>,
}

impl Known {
    async fn load(sql: &mut Sql) -> Result<Self, Fault> {
        let articles = catalog::all(sql).await?.into_iter().map(|article| (article.code.clone(), article)).collect();
        let mut bins = HashMap::new();
        for site in network::sites(sql).await? {
            bins.extend(layout::bins(sql, site.id).await?.into_iter().map(|bin| ((site.id, bin.code), bin.id)));
        }
        Ok(Self { sites: SiteCodes::load(sql).await?, articles, bins })
    }

    /// The account and the goods of a row.
    fn goods(&self, row: usize, value: &StockRow, least: i64, mistakes: &mut Mistakes) -> Option<(Account, Goods)> {
        let site = self.sites.known(row, &value.site, mistakes)?;
        let mut wrong = |field: &str, message: String| {
            mistakes.add(row, field, message);
            None
        };
        let Some(bin) = self.bins.get(&(site, value.bin.trim().to_uppercase())) else {
            return wrong("bin", format!("there is no bin {} at this site", value.bin));
        };
        let Some(article) = self.articles.get(&value.sku.trim().to_uppercase()) else {
            return wrong("sku", format!("there is no article {}", value.sku));
        };
        if value.quantity < least || value.quantity > stock::MOST {
            return wrong("quantity", format!("use {least} to {}", stock::MOST));
        }
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let (lot, expiry, serial) = (text(&value.lot), text(&value.expiry), text(&value.serial));
        if article.lot_rule != LotRule::None && lot.is_empty() {
            return wrong("lot", "this article keeps lots".to_owned());
        }
        if article.lot_rule == LotRule::Expiry && !is_day(&expiry) {
            return wrong("expiry", "this article expires; write the day as YYMMDD".to_owned());
        }
        if article.serial_tracked && (serial.is_empty() || !(least..=1).contains(&value.quantity)) {
            return wrong("serial", "each unit of this article has its own row and serial".to_owned());
        }
        let condition = value.condition.unwrap_or(Condition::Sellable);
        Some((Account::bin(site, *bin), Goods { sku: article.id, lot, serial, expiry, condition }))
    }
}

/// True for a day as GS1 writes it; day 00 means the end of the month.
fn is_day(text: &str) -> bool {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| pair.parse::<u8>().ok());
    text.len() == 6
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && pair(2).is_some_and(|month| (1..=12).contains(&month))
        && pair(4).is_some_and(|day| day <= 31)
}

pub(super) async fn write(tx: &mut Tx, rows: Vec<Numbered<StockRow>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    let known = Known::load(tx.sql()).await?;
    let mut held = held(tx.sql()).await?;
    for Numbered { row, value } in rows {
        let Some((at, goods)) = known.goods(row, &value, 1, mistakes) else { continue };
        if !held.insert(place(&at.holder.to_string(), &goods)) {
            mistakes.add(row, "bin", "holds these goods already; count them instead");
            continue;
        }
        // Once something is wrong, the rest is only looked at.
        if mistakes.is_empty() {
            let outcome = stock::opening(tx, &goods, value.quantity, at).await;
            mistakes.catch(row, outcome)?;
        }
    }
    Ok(())
}

/// Books what was counted, all rows or none; a count always stands, and promises that
/// are no longer covered break. Each bin and article once.
pub(super) async fn write_counts(
    tx: &mut Tx,
    rows: Vec<Numbered<StockRow>>,
    mistakes: &mut Mistakes,
) -> Result<(), Fault> {
    let known = Known::load(tx.sql()).await?;
    let (mut seen, mut counted) = (HashSet::new(), Vec::with_capacity(rows.len()));
    for Numbered { row, value } in rows {
        let Some((at, goods)) = known.goods(row, &value, 0, mistakes) else { continue };
        if !seen.insert(place(&at.holder.to_string(), &goods)) {
            mistakes.add(row, "bin", "these goods of this bin stand in the file twice");
            continue;
        }
        counted.push(stock::Counted { at, goods, counted: value.quantity });
    }
    if !mistakes.is_empty() {
        return Ok(());
    }
    match stock::count_all(tx, &counted, "counted", "import").await {
        Ok(_) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Refused(refusal)) => {
            mistakes.add(0, "", refusal.to_string());
            Ok(())
        }
    }
}

/// What tells one balance from another.
fn place(holder: &str, goods: &Goods) -> String {
    format!("{holder} {} {} {} {}", goods.sku, goods.lot, goods.serial, goods.condition)
}

/// Every balance that is not empty.
async fn held(sql: &mut Sql) -> Result<HashSet<String>, Fault> {
    let balances = stock::balances_after(sql, "", i64::MAX).await?;
    Ok(balances.iter().map(|balance| place(&balance.holder, &balance.goods)).collect())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<StockRow>, Fault> {
    let skus: HashMap<SkuId, String> =
        catalog::all(sql).await?.into_iter().map(|article| (article.id, article.code)).collect();
    let mut rows = Vec::new();
    for site in network::sites(sql).await? {
        for bin in layout::bins(sql, site.id).await? {
            for balance in stock::contents(sql, Holder::Bin(bin.id)).await? {
                let Some(sku) = skus.get(&balance.goods.sku) else { continue };
                let cell = |text: String| Some(text).filter(|text| !text.is_empty());
                rows.push(StockRow {
                    site: site.code.clone(),
                    bin: bin.code.clone(),
                    sku: sku.clone(),
                    quantity: balance.quantity,
                    lot: cell(balance.goods.lot),
                    expiry: cell(balance.goods.expiry),
                    serial: cell(balance.goods.serial),
                    condition: Some(balance.goods.condition),
                });
            }
        }
    }
    Ok(rows)
}

/// A tote or pallet, added by its label; a known label stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRow {
    /// Code of the site.
    pub site: String,
    /// What its label says; unique in the whole house.
    pub code: String,
    /// tote or pallet.
    pub kind: UnitKind,
    /// Where it stands on the floor.
    #[serde(default)]
    pub node: Option<String>,
}

pub(super) async fn write_units(
    tx: &mut Tx,
    rows: Vec<Numbered<UnitRow>>,
    mistakes: &mut Mistakes,
) -> Result<(), Fault> {
    let sites = SiteCodes::load(tx.sql()).await?;
    for Numbered { row, value } in rows {
        let Some(site) = sites.known(row, &value.site, mistakes) else { continue };
        let code = value.code.trim().to_uppercase();
        if !(1..=60).contains(&code.len()) {
            mistakes.add(row, "code", "use 1 to 60 characters");
            continue;
        }
        if !matches!(value.kind, UnitKind::Tote | UnitKind::Pallet) {
            mistakes.add(row, "kind", "import shelves with their floor; cartons are made by packing");
            continue;
        }
        let outcome = units::add(tx, &code, value.kind, site, value.node.as_deref()).await;
        let unit = mistakes.catch(row, outcome)?;
        if unit.is_some_and(|unit| unit.site != site || unit.kind != value.kind) {
            mistakes.add(row, "code", "another unit has this label; labels are unique in the whole house");
        }
    }
    Ok(())
}

pub(super) async fn all_units(sql: &mut Sql) -> Result<Vec<UnitRow>, Fault> {
    let mut rows = Vec::new();
    for site in network::sites(sql).await? {
        for kind in [UnitKind::Tote, UnitKind::Pallet] {
            for unit in units::at_site(sql, site.id, kind).await? {
                rows.push(UnitRow { site: site.code.clone(), code: unit.code, kind, node: unit.node });
            }
        }
    }
    Ok(rows)
}
