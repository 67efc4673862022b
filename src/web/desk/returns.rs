//! What came back, and the screen where it is graded: each kind of goods of a parcel,
//! piece by piece. Deliberately absent: rules; the room of returns has them.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::Done,
    book::Book,
    frame::{Frame, Tone},
    list::{Empty, List},
    order::Moment,
    seat::{CSV_ROWS, ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table},
};
use crate::{
    catalog,
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    kernel::{ParcelId, SkuId},
    orders,
    problem::Problem,
    returns::{self, GRADES, Grade, GradeReason, Waiting},
    stock::Condition,
    store::{Db, Sql, log},
    web::{
        forms::once,
        i18n::Words,
        page::{Visit, draw_with, go},
    },
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    site: String,
    csv: String,
}

/// The list, parcel by parcel.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::StockAdjust, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let columns = vec![
        Column::text("article", t.get("col.article")),
        Column::num("units", t.get("stk.units")),
        Column::text("parcel", t.get("ret.parcel")),
        Column::text("order", t.get("ord.title")),
        Column::text("lot", t.get("stk.lot")).extra(),
        Column::text("site", t.get("col.site")).extra(),
    ];
    let mut table = Table::new(t.get("door.returns"), columns);
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut book = Book::new(&seat);
    for one in returns::waiting(sql, site, if csv { CSV_ROWS } else { ROWS }).await? {
        let (code, name) = book.article(sql, one.goods.sku).await?;
        let href = format!("/desk/returns/{}", one.parcel);
        let row = vec![
            Cell::link(href.clone(), name).under(code),
            Cell::num(one.quantity),
            Cell::code(&one.sscc),
            number(sql, &one).await?,
            Cell::code(&one.goods.lot),
            Cell::mute(seat.site_name(Some(one.site))),
        ];
        table.push(href, row);
    }
    if csv {
        return sheet::csv(&table);
    }
    sheet::draw_list(&List {
        lead: t.get("ret.lead").to_owned(),
        action: "/desk/returns".to_owned(),
        filters: vec![seat.site_filter(Permission::StockAdjust, site)],
        csv: sheet::query("/desk/returns", &[("site", &asked.site), ("csv", "1")]),
        empty: Empty { head: t.get("ret.none").to_owned(), rest: t.get("ret.none_hint").to_owned() },
        topic: "return.received",
        ..List::new(t, seat.frame("returns", t.get("door.returns")), t.get("door.returns"), table)
    })
}

async fn number(sql: &mut Sql, one: &Waiting) -> Result<Cell, Problem> {
    let order = orders::by_id(sql, one.order).await?;
    let number = order.map_or_else(|| one.order.to_string(), |order| order.number);
    Ok(Cell::link(format!("/desk/orders/{}", one.order), number).mono())
}

/// Goods of a parcel that wait for a grade.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// Article.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// Its picture.
    pub image: String,
    /// Lot, or empty.
    pub lot: String,
    /// Serial, or empty.
    pub serial: String,
    /// How many wait.
    pub quantity: i64,
    /// Grade, words, and where such pieces would go.
    pub grades: Vec<(String, String, String)>,
}

/// The screen of one parcel.
#[derive(Debug, Template)]
#[template(path = "desk/returns.html")]
pub struct ReturnPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Parcel.
    pub id: String,
    /// Its label.
    pub sscc: String,
    /// A quiet line.
    pub lead: String,
    /// Its order: address and number.
    pub order: (String, String),
    /// What the last deed did, or why it was refused.
    pub notice: Option<(Tone, String)>,
    /// What waits.
    pub pieces: Vec<Piece>,
    /// Reasons: code and words.
    pub reasons: Vec<(String, String)>,
    /// What happened so far, newest first.
    pub story: Vec<Moment>,
}

/// The screen.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<ParcelId>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    page(&db, &seat, id, notice, StatusCode::OK).await
}

/// What waits of a parcel, if the person may see it: the parcel stands at his site.
async fn visible(sql: &mut Sql, seat: &Seat, id: ParcelId) -> Result<Vec<Waiting>, Problem> {
    seat.caller.permit(Permission::StockAdjust, None)?;
    let waits = returns::waiting_in(sql, id).await?;
    if let Some(one) = waits.first() {
        seat.caller.permit(Permission::StockAdjust, Some(one.site)).map_err(|_| Problem::not_found("parcel"))?;
    }
    Ok(waits)
}

async fn page(
    db: &Db,
    seat: &Seat,
    id: ParcelId,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let waits = visible(sql, seat, id).await?;
    let parcel = crate::transport::parcel_by_id(sql, id).await?;
    let parcel = parcel.filter(|one| seat.may(Permission::StockAdjust, Some(one.site)) || !waits.is_empty());
    let parcel = parcel.ok_or_else(|| Problem::not_found("parcel"))?;
    let order = orders::by_id(sql, parcel.order).await?.ok_or_else(|| Problem::not_found("order"))?;
    let about = id.to_string();
    let mut facts = log::story(sql, &order.id.to_string()).await?;
    facts.retain(|fact| fact.body.get("parcel").and_then(|one| one.as_str()) == Some(about.as_str()));
    let mut book = Book::new(seat);
    let mut pieces = Vec::new();
    for one in &waits {
        pieces.extend(piece(sql, seat, one).await?);
    }
    let site = waits.first().map_or(parcel.site, |one| one.site);
    let view = ReturnPage {
        t,
        frame: seat.frame("returns", t.get("door.returns")),
        id: about,
        lead: seat.site_name(Some(site)),
        order: (format!("/desk/orders/{}", order.id), order.number),
        sscc: parcel.sscc,
        notice,
        pieces,
        reasons: GradeReason::ALL.iter().map(|one| (one.to_string(), seat.word("grade", one.as_str()))).collect(),
        story: story::moments(sql, &mut book, seat, &facts).await?,
    };
    draw_with(status, &view)
}

async fn piece(sql: &mut Sql, seat: &Seat, one: &Waiting) -> Result<Option<Piece>, Problem> {
    let Some(article) = catalog::by_id(sql, one.goods.sku).await? else { return Ok(None) };
    let mut grades = Vec::new();
    for condition in GRADES {
        let bin = returns::suggest(sql, one.site, &article, condition).await?;
        let place = bin.map_or_else(|| seat.t.get("ret.no_place").to_owned(), |bin| bin.code);
        grades.push((condition.to_string(), seat.word("condition", condition.as_str()), place));
    }
    Ok(Some(Piece {
        sku: one.goods.sku.to_string(),
        name: seat.t.name(&article.name.en, &article.name.zh).to_owned(),
        code: article.code,
        image: article.image,
        lot: one.goods.lot.clone(),
        serial: one.goods.serial.clone(),
        quantity: one.quantity,
        grades,
    }))
}

/// What the form carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    csrf: String,
    command_id: String,
    sku: String,
    lot: String,
    serial: String,
    quantity: String,
    condition: String,
    reason: String,
    bin: String,
}

impl Seen {
    fn grade(&self, parcel: ParcelId) -> Option<Grade> {
        let sku: SkuId = self.sku.parse().ok()?;
        let condition: Condition = self.condition.parse().ok()?;
        Some(Grade {
            parcel,
            sku,
            lot: self.lot.clone(),
            serial: self.serial.clone(),
            quantity: self.quantity.trim().parse().ok()?,
            condition,
            reason: self.reason.parse().ok()?,
            bin: self.bin.clone(),
        })
    }
}

/// Grades some pieces.
pub async fn grade(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<ParcelId>,
    Form(sent): Form<Seen>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let here = format!("/desk/returns/{id}");
    let seat = Seat::at(&db, visit, caller, here.clone()).await?;
    let mut read = db.read().await?;
    visible(read.sql(), &seat, id).await?;
    drop(read);
    let Some(seen) = sent.grade(id) else {
        let missing = (Tone::Warn, seat.t.get("ret.what_why").to_owned());
        return page(&db, &seat, id, Some(missing), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let body = format!("{seen:?}");
    let done: Result<(), Problem> =
        once(&db, seat.caller.id(), &sent.command_id, &body, async |tx| returns::grade(tx, &seen).await.map(|_| ()))
            .await;
    match done {
        Ok(()) => Ok(go(&format!("{here}?done=graded"))),
        Err(problem) if problem.status < 500 => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            page(&db, &seat, id, Some(seat.refusal(&problem)), status).await
        }
        Err(problem) => Err(problem),
    }
}
