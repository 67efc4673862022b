//! The JSON of deliveries and receipts. Deliberately absent: the dock's scans;
//! they go through the work API.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Asn, AsnLine, NewAsn, Receipt, ReceiptLine, Refusal, Standing, announce, approve, arrive, asn_by_id, asn_lines,
    asns, by_id, close, lines, list, open_blind, reschedule, reverse, standing,
};
use crate::{
    catalog,
    exchange::{Begun, Command, Listed, Nothing, Path, Query},
    identity::{Caller, Permission},
    kernel::{AsnId, Fault, ReceiptId, SiteId, SkuId, Stop, Time},
    network,
    problem::Problem,
    promise,
    stock::{self, Supply},
    store::{Db, Sql, Tx},
};

/// The endpoints of inbound.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_asn, get_asns))
        .routes(routes!(get_asn))
        .routes(routes!(post_arrive))
        .routes(routes!(post_reschedule))
        .routes(routes!(post_receipt, get_receipts))
        .routes(routes!(get_receipt))
        .routes(routes!(post_close))
        .routes(routes!(post_approve))
        .routes(routes!(post_reverse))
        .routes(routes!(get_availability))
}

/// A delivery to announce.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Announce {
    /// Where to.
    site: SiteId,
    /// The supplier's number, unique for the site.
    code: String,
    /// Who sends it.
    supplier: String,
    /// When it should arrive; absent: it is here.
    #[serde(default)]
    expected_at: Option<Time>,
    /// What comes.
    lines: Vec<AnnouncedLine>,
}

/// A line of it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnnouncedLine {
    /// The article's code, or its id.
    sku: String,
    /// Base units.
    quantity: i64,
    /// Lot.
    #[serde(default)]
    lot: String,
    /// `YYMMDD`.
    #[serde(default)]
    expiry: String,
    /// The pallet it comes on; a mixed pallet has several lines.
    #[serde(default)]
    sscc: String,
}

/// The ids of an announced delivery.
#[derive(Serialize, utoipa::ToSchema)]
struct Announced {
    id: AsnId,
    code: String,
}

/// A delivery with its lines.
#[derive(Serialize, utoipa::ToSchema)]
struct AsnSeen {
    #[serde(flatten)]
    asn: Asn,
    lines: Vec<AsnLine>,
    /// What of each article is still to come, and how much of that is sold already.
    supply: Vec<Supply>,
}

/// A receipt with its lines.
#[derive(Serialize, utoipa::ToSchema)]
struct ReceiptSeen {
    #[serde(flatten)]
    receipt: Receipt,
    lines: Vec<ReceiptLine>,
}

async fn announced(tx: &mut Tx, body: &Announce) -> Result<Announced, Stop> {
    let mut lines = Vec::new();
    for (at, line) in body.lines.iter().enumerate() {
        let article = match line.sku.parse::<SkuId>() {
            Ok(id) => catalog::by_id(tx.sql(), id).await?,
            Err(_) => catalog::by_code(tx.sql(), &line.sku).await?,
        };
        let Some(article) = article else {
            let code: String = line.sku.chars().take(60).collect();
            let (field, reason) = (format!("lines/{at}/sku"), format!("there is no article {code}"));
            return Err(Refusal::Invalid { field, reason }.into());
        };
        let AnnouncedLine { quantity, lot, expiry, sscc, .. } = line;
        let (lot, expiry, sscc) = (lot.clone(), expiry.clone(), sscc.clone());
        lines.push(AsnLine { number: 0, sku: article.id, quantity: *quantity, lot, expiry, sscc });
    }
    let expected_at = body.expected_at.unwrap_or_else(|| tx.now());
    let (code, supplier) = (body.code.clone(), body.supplier.clone());
    let id = announce(tx, &NewAsn { site: body.site, code, supplier, expected_at, lines }).await?;
    Ok(Announced { id, code: body.code.trim().to_uppercase() })
}

/// Of which article, and for whom.
#[derive(Deserialize, utoipa::IntoParams)]
struct Whose {
    /// The article's code.
    sku: String,
    /// As this channel sees it; as the house does when absent.
    #[serde(default)]
    channel: String,
}

/// An article at a site.
#[derive(Serialize, utoipa::ToSchema)]
struct Availability {
    /// The site's code.
    site: String,
    #[serde(flatten)]
    standing: Standing,
}

/// An article at every site: on hand, and of that available, committed, unavailable by
/// its reason; and what is on its way.
#[utoipa::path(get, path = "/api/v1/availability", tag = "pools", params(Whose),
    responses((status = 200, body = [Availability]), (status = 404, body = Problem)))]
async fn get_availability(
    State(db): State<Db>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<Json<Vec<Availability>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let article = catalog::by_code(read.sql(), &whose.sku).await?.ok_or_else(|| Problem::not_found("article"))?;
    let shares = promise::shares(read.sql()).await?;
    let found = standing(read.sql(), article.id, &shares, &whose.channel).await?;
    let mut shown = Vec::with_capacity(found.len());
    for (site, standing) in found {
        let site = network::site(read.sql(), site).await?.map_or_else(|| site.to_string(), |site| site.code);
        shown.push(Availability { site, standing });
    }
    Ok(Json(shown))
}

/// Announce a delivery.
#[utoipa::path(post, path = "/api/v1/asns", tag = "inbound", request_body = Announce,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Announced), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_asn(State(db): State<Db>, caller: Caller, command: Command<Announce>) -> Result<Response, Problem> {
    caller.permit(Permission::InboundReceive, Some(command.body.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = announced(&mut tx, &command.body).await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// Which deliveries or receipts.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// Of this site; needed unless the caller receives at one or at all.
    #[serde(default)]
    site: Option<SiteId>,
    /// In this state.
    #[serde(default)]
    state: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

impl Wanted {
    /// The state asked for; `None` for any.
    fn state<S: std::str::FromStr>(&self) -> Result<Option<S>, Refusal> {
        let unknown = |_| Refusal::Invalid { field: "state".to_owned(), reason: "there is no such state".to_owned() };
        if self.state.is_empty() { Ok(None) } else { self.state.parse().map(Some).map_err(unknown) }
    }
}

/// Announced deliveries, newest first.
#[utoipa::path(get, path = "/api/v1/asns", tag = "inbound", params(Wanted),
    responses((status = 200, body = Listed<Asn>), (status = 403, body = Problem)))]
async fn get_asns(
    State(db): State<Db>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listed<Asn>>, Problem> {
    let site = caller.scope(Permission::InboundReceive, wanted.site)?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let mut read = db.read().await?;
    let found = asns(read.sql(), site, wanted.state()?, &wanted.after, limit).await?;
    Ok(Json(Listed::new(found, limit, |asn| asn.id.to_string())))
}

/// A delivery the caller may receive; another is as good as none.
async fn visible_asn(db: &Db, caller: &Caller, id: &str) -> Result<Asn, Problem> {
    let unknown = || Problem::from(Refusal::UnknownAsn { asn: id.chars().take(60).collect() });
    let id: AsnId = id.parse().map_err(|_| unknown())?;
    let mut read = db.read().await?;
    let asn = asn_by_id(read.sql(), id).await?.ok_or_else(unknown)?;
    caller.permit(Permission::InboundReceive, Some(asn.site)).map_err(|_| unknown())?;
    Ok(asn)
}

/// A delivery with its lines.
#[utoipa::path(get, path = "/api/v1/asns/{id}", tag = "inbound", params(("id" = String, Path)),
    responses((status = 200, body = AsnSeen), (status = 404, body = Problem)))]
async fn get_asn(State(db): State<Db>, caller: Caller, Path(id): Path<String>) -> Result<Json<AsnSeen>, Problem> {
    let asn = visible_asn(&db, &caller, &id).await?;
    let mut read = db.read().await?;
    Ok(Json(asn_seen(read.sql(), asn).await?))
}

async fn asn_seen(sql: &mut Sql, asn: Asn) -> Result<AsnSeen, Fault> {
    let lines = asn_lines(sql, asn.id).await?;
    let supply = stock::supplies_of(sql, asn.id).await?;
    Ok(AsnSeen { asn, lines, supply })
}

/// When a delivery comes instead.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Reschedule {
    expected_at: Time,
}

/// Say that a delivery comes at another time; orders that were sold of it are promised
/// anew.
#[utoipa::path(post, path = "/api/v1/asns/{id}/reschedule", tag = "inbound", request_body = Reschedule,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = AsnSeen), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_reschedule(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Reschedule>,
) -> Result<Response, Problem> {
    let asn = visible_asn(&db, &caller, &id).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = moved(&mut tx, asn, command.body.expected_at).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

async fn moved(tx: &mut Tx, asn: Asn, expected_at: Time) -> Result<AsnSeen, Stop> {
    reschedule(tx, &asn, expected_at).await?;
    Ok(asn_seen(tx.sql(), Asn { expected_at, ..asn }).await?)
}

async fn seen(tx: &mut Tx, id: ReceiptId) -> Result<ReceiptSeen, Stop> {
    let Some(receipt) = by_id(tx.sql(), id).await? else {
        return Err(Refusal::NoReceipt { task: id.to_string() }.into());
    };
    Ok(ReceiptSeen { lines: lines(tx.sql(), id).await?, receipt })
}

/// Say that a delivery is at the dock: the work may begin.
#[utoipa::path(post, path = "/api/v1/asns/{id}/arrive", tag = "inbound", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReceiptSeen), (status = 404, body = Problem)))]
async fn post_arrive(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let asn = visible_asn(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = match arrive(&mut tx, asn).await {
        Ok(receipt) => seen(&mut tx, receipt).await,
        Err(stop) => Err(stop),
    };
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Goods that nobody announced.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Blind {
    /// Where they stand.
    site: SiteId,
    /// Who brought them, if known.
    #[serde(default)]
    supplier: String,
}

/// Open a blind receipt.
#[utoipa::path(post, path = "/api/v1/receipts", tag = "inbound", request_body = Blind,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ReceiptSeen), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn post_receipt(State(db): State<Db>, caller: Caller, command: Command<Blind>) -> Result<Response, Problem> {
    caller.permit(Permission::InboundReceive, Some(command.body.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = match open_blind(&mut tx, command.body.site, &command.body.supplier).await {
        Ok(receipt) => seen(&mut tx, receipt).await,
        Err(stop) => Err(stop),
    };
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// Receipts, newest first.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "inbound", params(Wanted),
    responses((status = 200, body = Listed<Receipt>), (status = 403, body = Problem)))]
async fn get_receipts(
    State(db): State<Db>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listed<Receipt>>, Problem> {
    let site = caller.scope(Permission::InboundReceive, wanted.site)?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let mut read = db.read().await?;
    let found = list(read.sql(), site, wanted.state()?, &wanted.after, limit).await?;
    Ok(Json(Listed::new(found, limit, |receipt| receipt.id.to_string())))
}

/// A receipt of a site where the caller holds `permission`.
async fn visible(db: &Db, caller: &Caller, id: &str, permission: Permission) -> Result<Receipt, Problem> {
    let unknown = || Problem::not_found("receipt");
    let id: ReceiptId = id.parse().map_err(|_| unknown())?;
    let mut read = db.read().await?;
    let receipt = by_id(read.sql(), id).await?.ok_or_else(unknown)?;
    caller.permit(Permission::InboundReceive, Some(receipt.site)).map_err(|_| unknown())?;
    caller.permit(permission, Some(receipt.site))?;
    Ok(receipt)
}

/// A receipt with its lines.
#[utoipa::path(get, path = "/api/v1/receipts/{id}", tag = "inbound", params(("id" = String, Path)),
    responses((status = 200, body = ReceiptSeen), (status = 404, body = Problem)))]
async fn get_receipt(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ReceiptSeen>, Problem> {
    let receipt = visible(&db, &caller, &id, Permission::InboundReceive).await?;
    let mut read = db.read().await?;
    let lines = lines(read.sql(), receipt.id).await?;
    Ok(Json(ReceiptSeen { receipt, lines }))
}

async fn after(tx: &mut Tx, id: ReceiptId, done: Result<(), Stop>) -> Result<ReceiptSeen, Stop> {
    done?;
    seen(tx, id).await
}

/// Close a receipt; what did not come is told.
#[utoipa::path(post, path = "/api/v1/receipts/{id}/close", tag = "inbound", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReceiptSeen), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_close(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id, Permission::InboundApprove).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = close(&mut tx, id).await.map(drop);
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// What becomes of goods that wait.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Decide {
    /// True takes them in, false sends them back.
    accept: bool,
}

/// Decide about goods beyond the announcement.
#[utoipa::path(post, path = "/api/v1/receipts/{id}/lines/{line}/approve", tag = "inbound", request_body = Decide,
    params(("id" = String, Path), ("line" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReceiptSeen), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_approve(
    State(db): State<Db>,
    caller: Caller,
    Path((id, line)): Path<(String, String)>,
    command: Command<Decide>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id, Permission::InboundApprove).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = approve(&mut tx, id, &line, command.body.accept).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Take a booked line back out of stock.
#[utoipa::path(post, path = "/api/v1/receipts/{id}/lines/{line}/reverse", tag = "inbound", request_body = Nothing,
    params(("id" = String, Path), ("line" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ReceiptSeen), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_reverse(
    State(db): State<Db>,
    caller: Caller,
    Path((id, line)): Path<(String, String)>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id, Permission::InboundApprove).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = reverse(&mut tx, id, &line).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
