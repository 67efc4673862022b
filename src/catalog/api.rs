//! The JSON of articles: anyone may look, few may change. Deliberately absent:
//! what is available where; that is the ledger's.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Article, Barcode, Category, NewArticle, Part, Refusal, barcodes, browse, by_code, categories, define,
    model::tidy_code, parts, rows::cursor,
};
use crate::{
    exchange::{Body, Listed, Path, Query},
    identity::{Caller, Permission},
    problem::Problem,
    store::{Actor, Db, Sql},
};

/// The endpoints of the catalogue.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_articles))
        .routes(routes!(get_article, put_article))
        .routes(routes!(get_categories))
}

/// What to look for.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// Words that must all occur in a name or code.
    #[serde(default)]
    query: String,
    /// A category's code.
    #[serde(default)]
    category: String,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

/// Articles on sale, most wanted first.
#[utoipa::path(get, path = "/api/v1/articles", tag = "catalog", params(Wanted),
    responses((status = 200, body = Listed<Article>)))]
async fn get_articles(State(db): State<Db>, Query(wanted): Query<Wanted>) -> Result<Json<Listed<Article>>, Problem> {
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let mut read = db.read().await?;
    let found = browse(read.sql(), &wanted.query, &wanted.category, &wanted.after, limit).await?;
    Ok(Json(Listed::new(found, limit, cursor)))
}

/// Categories with articles on sale.
#[utoipa::path(get, path = "/api/v1/categories", tag = "catalog", responses((status = 200, body = [Category])))]
async fn get_categories(State(db): State<Db>) -> Result<Json<Vec<Category>>, Problem> {
    let mut read = db.read().await?;
    Ok(Json(categories(read.sql()).await?))
}

/// An article with its labels and, of a bundle, its parts.
#[derive(Serialize, utoipa::ToSchema)]
struct ArticleView {
    #[serde(flatten)]
    article: Article,
    barcodes: Vec<Barcode>,
    parts: Vec<Part>,
}

async fn view(sql: &mut Sql, article: Article) -> Result<Response, Problem> {
    let etag = HeaderValue::from_str(&format!("\"{}\"", article.version)).expect("digits are a header value");
    let (barcodes, parts) = (barcodes(sql, article.id).await?, parts(sql, article.id).await?);
    Ok((StatusCode::OK, [(header::ETAG, etag)], Json(ArticleView { article, barcodes, parts })).into_response())
}

/// One article; its `ETag` is its version.
#[utoipa::path(get, path = "/api/v1/articles/{code}", tag = "catalog", params(("code" = String, Path)),
    responses((status = 200, body = ArticleView), (status = 404, body = Problem)))]
async fn get_article(State(db): State<Db>, Path(code): Path<String>) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let found = by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("article"))?;
    view(read.sql(), found).await
}

/// The version in `If-Match`, if there is one.
fn expected(headers: &HeaderMap) -> Option<i64> {
    let value = headers.get(header::IF_MATCH)?.to_str().ok()?;
    // A tag that is none of ours matches no version.
    (value.trim() != "*").then(|| value.trim().trim_matches('"').parse().unwrap_or(-1))
}

/// Add or change an article; with `If-Match`, only the version that was seen.
#[utoipa::path(put, path = "/api/v1/articles/{code}", tag = "catalog", request_body = NewArticle,
    params(("code" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = ArticleView), (status = 403, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn put_article(
    State(db): State<Db>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
    Body(new): Body<NewArticle>,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::CatalogEdit)?;
    if tidy_code(&code) != tidy_code(&new.code) {
        let reason = "must be the code of the address".to_owned();
        return Err(Refusal::Invalid { field: "code".to_owned(), reason }.into());
    }
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let article = define(&mut tx, &new, expected(&headers)).await?;
    let response = view(tx.sql(), article).await?;
    tx.commit().await?;
    Ok(response)
}
