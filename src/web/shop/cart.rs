//! The basket's page, and putting things in and taking them out. Deliberately
//! absent: holding goods; nothing is held before it is ordered.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    Carried, back,
    basket::{BASKET_COOKIE, Basket},
    shelf::Shelf,
    view::{BasketPage, LineView, Mark},
};
use crate::{
    catalog,
    exchange::Form,
    problem::Problem,
    stock,
    store::{Db, Sql},
    web::{
        assets::path_part,
        format,
        i18n::Words,
        page::{Visit, draw, go, set_cookie},
    },
};

/// A basket waits this long.
const BASKET_S: i64 = 14 * 86_400;

/// Lines as shown, and what they cost together.
pub async fn lines(sql: &mut Sql, t: Words, shelf: &Shelf, basket: &Basket) -> Result<(Vec<LineView>, i64), Problem> {
    let (mut lines, mut sum) = (Vec::new(), 0);
    for (code, quantity) in &basket.lines {
        let Some(article) = catalog::by_code(sql, code).await?.filter(|article| article.active) else { continue };
        let pools = stock::pools_of(sql, article.id).await?;
        let total = article.price_minor * quantity;
        sum += total;
        lines.push(LineView {
            path: path_part(&article.code),
            name: t.name(&article.name.en, &article.name.zh).to_owned(),
            image: article.image.clone(),
            quantity: *quantity,
            each: format!("{quantity} × {}", format::money(article.price_minor)),
            total: format::money(total),
            when: shelf.when_or_ahead(sql, t, article.id, &pools).await?,
            code: article.code,
        });
    }
    Ok((lines, sum))
}

/// The basket.
pub async fn show(State(db): State<Db>, visit: Visit, carried: Carried) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let shelf = Shelf::load(read.sql(), carried.place.clone(), db.clock.now()).await?;
    let (lines, sum) = lines(read.sql(), visit.t, &shelf, &carried.basket).await?;
    let open = lines.iter().all(|line| !line.when.sold_out);
    draw(&BasketPage { t: visit.t, top: carried.top(), lines, total: format::money(sum), open })
}

/// What goes in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Added {
    code: String,
    quantity: String,
    step: String,
    back: String,
}

fn keep(mut response: Response, basket: &Basket) -> Response {
    set_cookie(&mut response, BASKET_COOKIE, &basket.write(), BASKET_S, false);
    response
}

/// Puts an article in; a script gets only the basket's mark.
pub async fn add(visit: Visit, mut carried: Carried, Form(added): Form<Added>) -> Result<Response, Problem> {
    carried.basket.add(&added.code, added.quantity.trim().parse().unwrap_or(1));
    let response = if visit.part { draw(&Mark { t: visit.t, top: carried.top() })? } else { go(&back(&added.back)) };
    Ok(keep(response, &carried.basket))
}

/// Sets how many, or one more, or one fewer.
pub async fn set(mut carried: Carried, Form(added): Form<Added>) -> Response {
    let quantity = added.quantity.trim().parse::<i64>().unwrap_or(1).clamp(0, super::basket::MOST_PIECES);
    let step = added.step.parse::<i64>().unwrap_or(0).clamp(-1, 1);
    carried.basket.set(&added.code, quantity + step);
    keep(go("/basket"), &carried.basket)
}
