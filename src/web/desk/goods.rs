//! Stock on the desk: articles with their sums, and one article everywhere: by
//! site, by bin, by lot, who holds it, what moved. Deliberately absent: moving it.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::Done,
    book::Book,
    frame::Tone,
    ledger,
    list::{Empty, Filter, List, Tile},
    reasons,
    seat::{ROWS, Seat},
    sheet,
    stock::StockPage,
    table::{Cell, Column, Table, grouped},
};
use crate::{
    catalog::{self, Article},
    counting::WriteOffReason,
    decisions,
    exchange::{Path, Query},
    identity::Permission,
    kernel::{BinId, SiteId, SkuId},
    orders,
    problem::Problem,
    stock::{self, Balance, Condition, Pool},
    store::{Db, Sql},
    web::{assets::path_part, page::draw_with},
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    site: String,
    category: String,
    after: String,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let pairs =
            [("q", self.q.as_str()), ("site", self.site.as_str()), ("category", self.category.as_str()), (name, value)];
        sheet::query("/desk/stock", &pairs)
    }
}

/// Sums of an article at some sites.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    on_hand: i64,
    held: i64,
    bound: i64,
    unavailable: i64,
}

impl Sums {
    fn available(self) -> i64 {
        self.on_hand - self.held
    }

    fn add(&mut self, other: Self) {
        self.on_hand += other.on_hand;
        self.held += other.held;
        self.bound += other.bound;
        self.unavailable += other.unavailable;
    }
}

/// The sums of each site: from its pool, and from its accounts what no pool counts.
fn by_site(pools: &[Pool], places: &[Balance], sees: impl Fn(SiteId) -> bool) -> BTreeMap<SiteId, Sums> {
    let mut sums: BTreeMap<SiteId, Sums> = BTreeMap::new();
    for pool in pools.iter().filter(|pool| sees(pool.site)) {
        sums.entry(pool.site).or_default().add(Sums { on_hand: pool.on_hand, held: pool.held, ..Sums::default() });
    }
    for place in places {
        let Ok(site) = place.site.parse::<SiteId>() else { continue };
        if !sees(site) {
            continue;
        }
        let sum = sums.entry(site).or_default();
        match place.goods.condition {
            Condition::Sellable if !place.pooled => sum.bound += place.quantity,
            Condition::Sellable => {}
            _ => sum.unavailable += place.quantity,
        }
    }
    sums
}

/// Whether a pool says the same as the bins below it.
fn agree(pools: &[Pool], places: &[Balance]) -> bool {
    pools.iter().all(|pool| {
        let site = pool.site.to_string();
        let lies: i64 = places
            .iter()
            .filter(|place| place.site == site && place.pooled && place.goods.condition == Condition::Sellable)
            .map(|place| place.quantity)
            .sum();
        lies == pool.on_hand
    })
}

/// The list, most wanted articles first.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let scope = seat.scope(Permission::StockRead, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { 500 } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = catalog::browse(sql, &asked.q, &asked.category, &asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().filter(|_| full).map(|last| asked.with("after", &catalog::cursor(last)));
    let columns = vec![
        Column::text("article", t.get("col.article")),
        Column::text("category", t.get("stk.category")).extra(),
        Column::num("on_hand", t.get("stk.on_hand")),
        Column::num("held", t.get("stk.promised")),
        Column::num("available", t.get("stk.available")),
        Column::num("bound", t.get("stk.bound")).extra(),
        Column::num("unavailable", t.get("stk.unavailable")),
        Column::num("sites", t.get("col.sites")),
        Column::text("cover", t.get("stk.cover")),
    ];
    let mut table = Table::new(t.get("door.stock"), columns);
    let mut total = Sums::default();
    let skus: Vec<SkuId> = found.iter().map(|article| article.id).collect();
    let pools = stock::pools_among(sql, db.engine(), &skus).await?;
    let places = stock::sums_among(sql, db.engine(), &skus).await?;
    for article in &found {
        let pools: Vec<Pool> = pools.iter().filter(|pool| pool.sku == article.id).copied().collect();
        let places: Vec<Balance> = places.iter().filter(|place| place.goods.sku == article.id).cloned().collect();
        let sites = by_site(&pools, &places, |site| scope.is_none_or(|only| only == site));
        let mut sum = Sums::default();
        sites.values().for_each(|one| sum.add(*one));
        total.add(sum);
        let stocked = sites.values().filter(|one| one.on_hand > 0).count();
        table.push(format!("/desk/stock/{}", path_part(&article.code)), row(&seat, article, sum, stocked));
    }
    if csv {
        return sheet::csv(&table);
    }
    table.foot = foot(&seat, total);
    let categories = catalog::categories(sql).await?;
    let any = (String::new(), t.get("stk.any_category").to_owned(), asked.category.is_empty());
    let each = categories
        .iter()
        .map(|one| (one.code.clone(), t.name(&one.en, &one.zh).to_owned(), one.code == asked.category));
    let departments = Filter {
        name: "category",
        label: t.get("stk.category").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    };
    sheet::draw_list(&List {
        lead: t.get("stk.lead").to_owned(),
        action: "/desk/stock".to_owned(),
        search: t.get("stk.search").to_owned(),
        q: asked.q.clone(),
        filters: vec![seat.site_filter(Permission::StockRead, scope), departments],
        next: next.unwrap_or_default(),
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("stk.none").to_owned(), rest: t.get("stk.none_hint").to_owned() },
        ..List::new(t, seat.frame("stock", t.get("door.stock")), t.get("door.stock"), table)
    })
}

fn row(seat: &Seat, article: &Article, sum: Sums, stocked: usize) -> Vec<Cell> {
    let t = seat.t;
    let href = format!("/desk/stock/{}", path_part(&article.code));
    let (tone, word) = cover(seat, sum);
    vec![
        Cell::link(href, t.name(&article.name.en, &article.name.zh)).under(article.code.clone()),
        Cell::mute(t.name(&article.category.en, &article.category.zh)),
        Cell::num(sum.on_hand),
        Cell::num(sum.held),
        Cell::num(sum.available()),
        Cell::num(sum.bound),
        Cell::num(sum.unavailable),
        Cell::num(i64::try_from(stocked).unwrap_or(0)),
        Cell::badge(tone, word).by(sum.available()),
    ]
}

fn foot(seat: &Seat, total: Sums) -> Vec<Cell> {
    vec![
        Cell::text(seat.t.get("stk.sum")),
        Cell::default(),
        Cell::num(total.on_hand),
        Cell::num(total.held),
        Cell::num(total.available()),
        Cell::num(total.bound),
        Cell::num(total.unavailable),
        Cell::default(),
        Cell::default(),
    ]
}

/// Whether there is something left to promise.
fn cover(seat: &Seat, sum: Sums) -> (Tone, String) {
    let t = seat.t;
    match (sum.available(), sum.on_hand) {
        (1.., _) => (Tone::Ok, t.get("stk.covered").to_owned()),
        (_, 1..) => (Tone::Warn, t.get("stk.all_promised").to_owned()),
        _ => (Tone::Bad, t.get("stk.none_left").to_owned()),
    }
}

/// One article everywhere, by its code or id.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(code): Path<String>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    page(&db, &seat, &code, notice, StatusCode::OK).await
}

/// The page of an article.
pub async fn page(
    db: &Db,
    seat: &Seat,
    code: &str,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    seat.caller.permit(Permission::StockRead, None)?;
    let held = seat.caller.sites(Permission::StockRead);
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = match code.parse() {
        Ok(id) => catalog::by_id(sql, id).await?,
        Err(_) => catalog::by_code(sql, code).await?,
    };
    let article = found.ok_or_else(|| Problem::not_found("article"))?;
    let mut pools = stock::pools_of(sql, article.id).await?;
    pools.retain(|pool| held.holds(pool.site));
    let mut places = stock::of_article(sql, article.id).await?;
    places.retain(|place| place.site.parse().is_ok_and(|site| held.holds(site)));
    let sites = by_site(&pools, &places, |_| true);
    let mut sum = Sums::default();
    sites.values().for_each(|one| sum.add(*one));
    let mut book = Book::new(seat);
    let t = seat.t;
    let asked = stock::Question { sku: Some(article.id), ..stock::Question::default() };
    let mut moved = stock::ledger(sql, &asked, "", 12).await?;
    moved.retain(|one| {
        [&one.from_site, &one.to_site].iter().any(|site| site.parse().is_ok_and(|site| held.holds(site)))
    });
    // A pick between the two looks is no difference: who differs is looked at again.
    let agrees = agree(&pools, &places) || {
        let (pools, places) = (stock::pools_of(sql, article.id).await?, stock::of_article(sql, article.id).await?);
        agree(&pools, &places)
    };
    let page = StockPage {
        t,
        frame: seat.frame("stock", t.name(&article.name.en, &article.name.zh)),
        image: article.image.clone(),
        name: t.name(&article.name.en, &article.name.zh).to_owned(),
        lead: lead(sql, seat, &article).await?,
        code: article.code.clone(),
        notice,
        category: t.name(&article.category.en, &article.category.zh).to_owned(),
        tiles: tiles(seat, sum, &places),
        sites: site_table(seat, &sites, sum),
        agrees: if agrees {
            (Tone::Ok, t.get("stk.agree").to_owned())
        } else {
            (Tone::Bad, t.get("stk.differ").to_owned())
        },
        losses: losses(sql, seat, &mut book, &places).await?,
        reasons: WriteOffReason::ALL.iter().map(|one| (one.to_string(), seat.word("reason", one.as_str()))).collect(),
        places: place_table(sql, seat, &mut book, &places, &article.code).await?,
        ledger: ledger::table(sql, seat, &mut book, &moved, false).await?,
        ledger_href: format!("/desk/ledger?q={}", path_part(&article.code)),
        holds: hold_table(sql, seat, &article).await?,
        lots: lot_table(seat, &places),
        decisions: decided(sql, seat, &article, &moved).await?,
    };
    draw_with(status, &page)
}

async fn lead(sql: &mut Sql, seat: &Seat, article: &Article) -> Result<String, Problem> {
    let mut parts = vec![article.code.clone()];
    for label in catalog::barcodes(sql, article.id).await?.into_iter().take(4) {
        let level = seat.word("level", label.level.as_str());
        parts.push(if label.quantity == 1 {
            label.code
        } else {
            format!("{level} × {} {}", label.quantity, label.code)
        });
    }
    parts.push(crate::web::format::weight(article.weight_g));
    parts.push(seat.word("temperature", article.temperature.as_str()));
    parts.push(seat.word("lot", article.lot_rule.as_str()));
    Ok(parts.join(" · "))
}

fn tiles(seat: &Seat, sum: Sums, places: &[Balance]) -> Vec<Tile> {
    let t = seat.t;
    let mut conditions: BTreeMap<&str, i64> = BTreeMap::new();
    for place in places.iter().filter(|place| place.goods.condition != Condition::Sellable) {
        *conditions.entry(place.goods.condition.as_str()).or_default() += place.quantity;
    }
    let named: Vec<String> =
        conditions.iter().map(|(code, n)| format!("{n} {}", seat.word("condition", code))).collect();
    let tile = |key: &str, value: i64, sub: String, strong| Tile {
        label: t.get(key).to_owned(),
        value: grouped(value),
        sub,
        strong,
    };
    vec![
        tile("stk.on_hand", sum.on_hand, String::new(), false),
        tile("stk.promised", sum.held, String::new(), false),
        tile("stk.available", sum.available(), String::new(), true),
        tile("stk.bound", sum.bound, t.get("stk.bound_hint").to_owned(), false),
        tile("stk.unavailable", sum.unavailable, named.join(", "), false),
    ]
}

fn site_table(seat: &Seat, sites: &BTreeMap<SiteId, Sums>, total: Sums) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("site", t.get("col.site")),
        Column::num("on_hand", t.get("stk.on_hand")),
        Column::num("held", t.get("stk.promised")),
        Column::num("available", t.get("stk.available")),
        Column::num("bound", t.get("stk.bound")),
        Column::num("unavailable", t.get("stk.unavailable")),
        Column::text("cover", t.get("stk.cover")),
    ];
    let mut table = Table::new(t.get("stk.by_site"), columns);
    let cells = |sum: &Sums| [sum.on_hand, sum.held, sum.available(), sum.bound, sum.unavailable].map(Cell::num);
    for (id, sum) in sites {
        let kind = seat.site(*id).map(|site| seat.word("site", site.kind.as_str())).unwrap_or_default();
        let (tone, word) = cover(seat, *sum);
        let mut row = vec![Cell::text(seat.site_name(Some(*id))).under(kind)];
        row.extend(cells(sum));
        row.push(Cell::badge(tone, word));
        table.push("", row);
    }
    table.foot = std::iter::once(Cell::text(t.get("stk.sum"))).chain(cells(&total)).chain([Cell::default()]).collect();
    table
}

/// Goods in bins that may be given up: not sellable, where the person adjusts stock.
async fn losses(
    sql: &mut Sql,
    seat: &Seat,
    book: &mut Book<'_>,
    places: &[Balance],
) -> Result<Vec<(String, String)>, Problem> {
    let mut found = Vec::new();
    for place in places.iter().filter(|place| place.goods.condition != Condition::Sellable) {
        if place.holder.parse::<BinId>().is_ok() && seat.may(Permission::StockAdjust, place.site.parse().ok()) {
            let (condition, bin) = (place.goods.condition.as_str(), book.holder(sql, &place.holder).await?);
            let words = format!("{bin} · {} · {}", seat.word("condition", condition), place.quantity);
            found.push((format!("{} {condition}", place.holder), words));
        }
    }
    Ok(found)
}

async fn place_table(
    sql: &mut Sql,
    seat: &Seat,
    book: &mut Book<'_>,
    places: &[Balance],
    code: &str,
) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("place", t.get("stk.place")),
        Column::text("site", t.get("col.site")),
        Column::text("condition", t.get("stk.condition")),
        Column::text("lot", t.get("stk.lot")).extra(),
        Column::text("expiry", t.get("stk.expiry")).extra(),
        Column::num("units", t.get("stk.units")),
        Column::text("count", ""),
    ];
    let mut table = Table::new(t.get("stk.by_place"), columns);
    for place in places {
        let sellable = place.goods.condition == Condition::Sellable;
        let word = if sellable && !place.pooled {
            t.get("stk.bound").to_owned()
        } else {
            seat.word("condition", place.goods.condition.as_str())
        };
        let tone = match (sellable, place.pooled) {
            (true, true) => Tone::Ok,
            (true, false) => Tone::Info,
            _ => Tone::Warn,
        };
        let lot = [place.goods.lot.as_str(), place.goods.serial.as_str()].join(" ");
        table.push(
            format!("/desk/ledger?q={}", path_part(&place.holder)),
            vec![
                Cell::code(book.holder(sql, &place.holder).await?),
                Cell::text(seat.site_name(place.site.parse().ok())),
                Cell::badge(tone, word),
                Cell::code(lot.trim()),
                Cell::text(expiry(&place.goods.expiry)),
                Cell::num(place.quantity),
                match place.holder.parse::<BinId>() {
                    Ok(bin) if seat.may(Permission::StockAdjust, place.site.parse().ok()) => {
                        Cell::act(format!("/desk/stock/{}/count/{bin}", path_part(code)), t.get("stk.count"))
                    }
                    _ => Cell::default(),
                },
            ],
        );
    }
    Ok(table)
}

/// `261128` as `2026-11-28`.
fn expiry(text: &str) -> String {
    match (text.get(..2), text.get(2..4), text.get(4..6)) {
        (Some(year), Some(month), Some(day)) => format!("20{year}-{month}-{day}"),
        _ => text.to_owned(),
    }
}

async fn hold_table(sql: &mut Sql, seat: &Seat, article: &Article) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("for", t.get("stk.for")),
        Column::num("quantity", t.get("stk.units")),
        Column::text("lapses", t.get("stk.lapses")),
    ];
    let mut table = Table::new(t.get("stk.holds"), columns);
    for hold in stock::holds_of_article(sql, article.id, 20).await? {
        let order = orders::by_id(sql, hold.order).await?;
        let number = order.map_or_else(|| hold.order.to_string(), |order| order.number);
        let lapses = match hold.expires_at {
            Some(at) => Cell::badge(Tone::Warn, seat.due(at).1),
            None => Cell::mute(t.put("stk.kept", seat.when(hold.promised_by))),
        };
        let link = Cell::link(format!("/desk/orders/{}", hold.order), number).mono();
        table.push("", vec![link.under(seat.site_name(Some(hold.site))), Cell::num(hold.open()), lapses]);
    }
    Ok(table)
}

fn lot_table(seat: &Seat, places: &[Balance]) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("lot", t.get("stk.lot")),
        Column::text("expiry", t.get("stk.expiry")),
        Column::num("units", t.get("stk.units")),
    ];
    let mut table = Table::new(t.get("stk.lots"), columns);
    let mut lots: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for place in places.iter().filter(|place| !place.goods.lot.is_empty()) {
        *lots.entry((&place.goods.expiry, &place.goods.lot)).or_default() += place.quantity;
    }
    for ((date, lot), units) in lots {
        table.push("", vec![Cell::code(lot), Cell::text(expiry(date)), Cell::num(units)]);
    }
    table
}

/// The newest decisions about goods of the article: why a bin, for what moved lately.
async fn decided(
    sql: &mut Sql,
    seat: &Seat,
    article: &Article,
    moved: &[stock::Ledger],
) -> Result<Vec<(String, String, String)>, Problem> {
    let mut found = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for one in moved.iter().filter(|one| one.goods.sku == article.id && one.reference.starts_with("tsk_")) {
        if seen.contains(&one.reference.as_str()) {
            continue;
        }
        seen.push(&one.reference);
        for decision in decisions::by_subject(sql, &one.reference).await? {
            let view = reasons::view(sql, &mut Book::new(seat), seat, &decision).await?;
            found.push((view.id, format!("{} {}", view.question, view.chosen), seat.when(decision.at)));
        }
    }
    Ok(found)
}
