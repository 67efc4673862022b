//! Looking around: the first page, aisles and search, an article, and the place
//! that promises are made for. Deliberately absent: buying.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    Carried, back,
    basket::{PLACE_COOKIE, Place},
    shelf::{Best, Shelf},
    view::{Aisle, Cards, Home, List, PlacePage, Product, Way},
};
use crate::{
    catalog::{self, Article, Temperature},
    checkout::shipping_minor,
    exchange::{Form, Path, Query},
    network::{self, NEXT_DAY, SAME_DAY},
    orders::DeliveryMode,
    problem::Problem,
    stock::{self, Pool},
    store::{Db, Sql},
    web::{
        assets::path_part,
        format, geo,
        i18n::Words,
        page::{Visit, draw, draw_with, go, set_cookie},
    },
};

/// Articles on the first page.
const FRONT: i64 = 12;
/// Articles shown at once.
const SHEET: i64 = 24;
/// A place is remembered this long.
const PLACE_S: i64 = 90 * 86_400;

async fn aisles(sql: &mut Sql, t: Words, chosen: &str) -> Result<Vec<Aisle>, Problem> {
    let mut aisles = Vec::new();
    for category in catalog::categories(sql).await? {
        let best = catalog::browse(sql, "", &category.code, "", 1).await?;
        aisles.push(Aisle {
            path: path_part(&category.code),
            name: t.name(&category.en, &category.zh).to_owned(),
            image: best.into_iter().next().map(|article| article.image).unwrap_or_default(),
            chosen: category.code == chosen,
        });
    }
    Ok(aisles)
}

/// The first page.
pub async fn home(State(db): State<Db>, visit: Visit, carried: Carried) -> Result<Response, Problem> {
    let t = visit.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let shelf = Shelf::load(sql, carried.place.clone(), db.clock.now()).await?;
    let best = shelf.soonest();
    let articles = catalog::browse(sql, "", "", "", FRONT).await?;
    draw(&Home {
        t,
        top: carried.top(),
        order_by: best.as_ref().and_then(|best| order_by(t, best)).unwrap_or_default(),
        headline: match &best {
            Some(best) => t.put("shop.at_door", window(t, &shelf, best)),
            None => t.get("shop.closed").to_owned(),
        },
        behind: best.map(|best| from_site(t, &shelf, &best)).unwrap_or_default(),
        aisles: aisles(sql, t, "").await?,
        cards: shelf.cards(sql, t, &articles).await?,
    })
}

fn window(t: Words, shelf: &Shelf, best: &Best) -> String {
    format::window(t, shelf.now, best.window.0, best.window.1, &best.site.time_zone)
}

fn order_by(t: Words, best: &Best) -> Option<String> {
    best.order_by.map(|at| t.put("shop.order_by", format::clock(at, &best.site.time_zone)))
}

fn from_site(t: Words, shelf: &Shelf, best: &Best) -> String {
    let name = t.name(&best.site.name.en, &best.site.name.zh);
    if shelf.place.label.is_empty() {
        return t.put("shop.from_site", name);
    }
    t.put2("shop.from_site_far", name, format::distance(shelf.metres(&best.site)))
}

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    category: String,
    after: String,
}

/// An aisle, or what a search found; only more rows where a part is asked for.
pub async fn list(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let t = visit.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let shelf = Shelf::load(sql, carried.place.clone(), db.clock.now()).await?;
    let query: String = asked.q.trim().chars().take(80).collect();
    let found = catalog::browse(sql, &query, &asked.category, &asked.after, SHEET).await?;
    let next = next_sheet(&found, &query, &asked.category);
    let cards = shelf.cards(sql, t, &found).await?;
    let mut top = carried.top();
    if visit.part && !asked.after.is_empty() {
        return draw(&Cards { t, top, cards, next });
    }
    let aisles = aisles(sql, t, &asked.category).await?;
    let aisle = aisles.iter().find(|aisle| aisle.chosen).map(|aisle| aisle.name.clone());
    let heading = match (query.is_empty(), aisle) {
        (false, _) => t.put("shop.found", &query),
        (true, Some(name)) => name,
        (true, None) => t.get("shop.all_aisles").to_owned(),
    };
    top.query = query;
    draw(&List { t, top, heading, aisles, cards, next })
}

fn next_sheet(found: &[Article], query: &str, category: &str) -> String {
    let full = i64::try_from(found.len()).unwrap_or(i64::MAX) == SHEET;
    match found.last().filter(|_| full) {
        Some(last) => format!(
            "/search?q={}&category={}&after={}",
            path_part(query),
            path_part(category),
            path_part(&catalog::cursor(last))
        ),
        None => String::new(),
    }
}

/// An article's page.
pub async fn product(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let t = visit.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = catalog::by_code(sql, &code).await?.filter(|article| article.active);
    let article = found.ok_or_else(|| Problem::not_found("article"))?;
    let shelf = Shelf::load(sql, carried.place.clone(), db.clock.now()).await?;
    let pools = stock::pools_of(sql, article.id).await?;
    let also = catalog::browse(sql, "", &article.category.code, "", 5).await?;
    let also: Vec<Article> = also.into_iter().filter(|other| other.id != article.id).take(4).collect();
    let card = shelf.card(sql, t, &article).await?;
    let best = shelf.best(&pools, SAME_DAY).or_else(|| shelf.best(&pools, NEXT_DAY));
    draw(&Product {
        t,
        top: carried.top(),
        aisle: t.name(&article.category.en, &article.category.zh).to_owned(),
        aisle_path: path_part(&article.category.code),
        kept: kept(t, article.temperature),
        headline: match &best {
            Some(best) => t.put("shop.delivered", window(t, &shelf, best)),
            None => card.when.text.clone(),
        },
        card,
        behind: best.as_ref().map(|best| from_site(t, &shelf, best)).unwrap_or_default(),
        ways: ways(t, &shelf, &pools),
        why: best.map(|best| why(t, &shelf, &best, &pools)).unwrap_or_default(),
        facts: facts(t, &article),
        also: shelf.cards(sql, t, &also).await?,
    })
}

fn kept(t: Words, temperature: Temperature) -> String {
    match temperature {
        Temperature::Ambient => t.get("shop.kept_ambient"),
        Temperature::Chilled => t.get("shop.kept_chilled"),
        Temperature::Frozen => t.get("shop.kept_frozen"),
    }
    .to_owned()
}

/// The ways an article can be had, each with its time and cost.
fn ways(t: Words, shelf: &Shelf, pools: &[Pool]) -> Vec<Way> {
    let mut ways = Vec::new();
    for (service, icon) in [(SAME_DAY, "bike"), (NEXT_DAY, "leaf")] {
        if let Some(best) = shelf.best(pools, service) {
            ways.push(Way {
                icon,
                title: window(t, shelf, &best),
                sub: t.put("shop.in_stock_there", best.available),
                cost: format::money(shipping_minor(DeliveryMode::Home, service)),
            });
        }
    }
    let soonest = shelf.best(pools, SAME_DAY).or_else(|| shelf.best(pools, NEXT_DAY));
    if let (Some(point), Some(best)) = (shelf.points().first(), soonest) {
        ways.push(Way {
            icon: "store",
            title: t.put("shop.point", t.name(&point.name.en, &point.name.zh)),
            sub: t.put2(
                "shop.point_sub",
                format::near_from(t, shelf.now, best.window.0, &best.site.time_zone),
                format::distance(shelf.metres(point)),
            ),
            cost: t.get("shop.free").to_owned(),
        });
    }
    ways
}

fn why(t: Words, shelf: &Shelf, best: &Best, pools: &[Pool]) -> String {
    let places = pools.iter().filter(|pool| pool.available() > 0).count();
    let name = t.name(&best.site.name.en, &best.site.name.zh);
    let first = t.put2("shop.why_places", places, name);
    match order_by(t, best) {
        Some(until) => format!("{first} {until}."),
        None => format!("{first} {}", t.put("shop.why_soonest", format::clock(shelf.now, &best.site.time_zone))),
    }
}

fn facts(t: Words, article: &Article) -> Vec<(String, String)> {
    let cm = |mm: i64| format!("{}.{}", mm / 10, mm % 10);
    let size = format!("{} x {} x {} cm", cm(article.length_mm), cm(article.width_mm), cm(article.height_mm));
    let mut facts = vec![
        (t.get("shop.fact_code").to_owned(), article.code.clone()),
        (t.get("shop.fact_size").to_owned(), size),
        (t.get("shop.fact_weight").to_owned(), format::weight(article.weight_g)),
        (t.get("shop.fact_kept").to_owned(), kept(t, article.temperature)),
    ];
    if let Some(gtin) = &article.gtin {
        facts.insert(1, (t.get("shop.fact_barcode").to_owned(), gtin.clone()));
    }
    facts
}

/// Where to come back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    street: String,
    back: String,
}

/// Where should it go?
pub async fn place(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let street = carried.place.as_ref().map(|place| place.label.clone()).unwrap_or_default();
    draw(&place_page(&db, visit.t, &carried, street, back(&wanted.back), false).await?)
}

async fn place_page(
    db: &Db,
    t: Words,
    carried: &Carried,
    street: String,
    back: String,
    wrong: bool,
) -> Result<PlacePage, Problem> {
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let mut streets = geo::streets(&roads, t.is_zh());
    streets.truncate(500);
    Ok(PlacePage { t, top: carried.top(), street, streets, wrong, back })
}

/// Remembers a place; what the map does not know is said, not guessed.
pub async fn set_place(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let street: String = wanted.street.trim().chars().take(80).collect();
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    drop(read);
    let Some(found) = geo::find(&roads, &street) else {
        let page = place_page(&db, visit.t, &carried, street, back(&wanted.back), true).await?;
        return draw_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let mut response = go(&back(&wanted.back));
    let place = Place { coord: found.coord, label: street };
    set_cookie(&mut response, PLACE_COOKIE, &place.write(), PLACE_S, false);
    Ok(response)
}
