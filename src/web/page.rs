//! What every page handler has in hand: the visitor's language, the drawing of a
//! template, and a layer that turns refusals into pages people can read.
//! Deliberately absent: who may see what; handlers ask the `Caller`.

use std::convert::Infallible;

use askama::Template;
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

use serde_json::{Map, Value};

use super::{
    format,
    i18n::{Lang, Words},
};
use crate::{
    identity::{
        SESSION_COOKIE,
        api::extract::{asked_lang, cookie},
    },
    kernel::Fault,
    problem::Problem,
};

/// The cookie that remembers a chosen language.
pub const LANG_COOKIE: &str = "cartage_lang";
/// A problem document is small; what is longer is passed on unread.
const PROBLEM_BYTES: usize = 64 * 1024;

/// Who looks at a page, and how.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// The words to speak.
    pub t: Words,
    /// True if only a part of the page is asked for (htmx or the scan island).
    pub part: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let part = parts.headers.contains_key("hx-request");
        Ok(Self { t: Words::of(lang_of(&parts.uri, &parts.headers)), part })
    }
}

/// `?lang=`, then the cookie, then what the browser prefers.
fn lang_of(uri: &Uri, headers: &HeaderMap) -> Lang {
    asked_in_query(uri)
        .or_else(|| cookie(headers, LANG_COOKIE).and_then(Lang::parse))
        .or_else(|| Lang::parse(asked_lang(headers)))
        .unwrap_or_default()
}

fn asked_in_query(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::parse)
}

/// Draws a template. A template that cannot be drawn is our fault.
pub fn draw(template: &impl Template) -> Result<Response, Problem> {
    draw_with(StatusCode::OK, template)
}

/// [`draw`] with a status of its own.
pub fn draw_with(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Fault::new(format!("a page could not be drawn: {error}")))?;
    let fresh = [(header::CACHE_CONTROL, "no-store"), (header::VARY, "Cookie, Accept-Language, HX-Request")];
    Ok((status, fresh, Html(html)).into_response())
}

/// Sends the browser on with GET.
pub fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// Appends a cookie of ours: this host, this site's requests only.
pub fn set_cookie(response: &mut Response, name: &str, value: &str, max_age_s: i64, script_may_read: bool) {
    let http_only = if script_may_read { "" } else { "; HttpOnly" };
    let text = format!("{name}={value}; Path=/; SameSite=Lax; Max-Age={max_age_s}{http_only}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// What stands on a page when something did not go.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    t: Words,
    status: u16,
    title: String,
    detail: String,
    home: &'static str,
    retry: bool,
}

/// The same as a note, where only a part was asked for.
#[derive(Template)]
#[template(path = "problem_note.html")]
struct ProblemNote {
    t: Words,
    title: String,
    detail: String,
}

/// What pages may load and do (Content Security Policy, level 3).
const LOADS: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
    frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
/// The same where a decoder may run.
const LOADS_DECODER: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; \
    style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

/// The layer around all pages: remembers a language chosen by `?lang=`, says what
/// pages may load (nothing from elsewhere), and draws problem documents.
pub async fn face(request: Request, next: Next) -> Response {
    let (uri, method, headers) = (request.uri().clone(), request.method().clone(), request.headers().clone());
    let mut response = for_people(next.run(request).await, &uri, &method, &headers).await;
    if let Some(lang) = asked_in_query(&uri) {
        set_cookie(&mut response, LANG_COOKIE, lang.code(), 31_536_000, false);
    }
    // The decoder of a handheld's camera is machine code (WebAssembly).
    let loads = if uri.path().starts_with("/handheld") { LOADS_DECODER } else { LOADS };
    let fixed = [
        ("content-security-policy", loads),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("permissions-policy", "camera=(self), geolocation=(self), microphone=()"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A problem document drawn as a page in the visitor's language; any other answer
/// as it is.
pub async fn for_people(response: Response, uri: &Uri, method: &Method, headers: &HeaderMap) -> Response {
    if !is_problem(&response) || uri.path().starts_with("/assets/") {
        return response;
    }
    let words = Words::of(lang_of(uri, headers));
    drawn(response, words, uri, method, headers).await
}

/// True for `application/problem+json`.
pub fn is_problem(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/problem+json"))
}

async fn drawn(response: Response, words: Words, uri: &Uri, method: &Method, headers: &HeaderMap) -> Response {
    let part = headers.contains_key("hx-request");
    let had_session = cookie(headers, SESSION_COOKIE).is_some_and(|secret| !secret.is_empty());
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, PROBLEM_BYTES).await else {
        return (parts.status, words.get("problem.fault")).into_response();
    };
    let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |field: &str| said.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let code = text("code");
    if parts.status == StatusCode::UNAUTHORIZED && !part {
        return go(&sign_in(uri, method, had_session));
    }
    let members = said.as_object().cloned().unwrap_or_default();
    let detail = refusal_text(words, &code, &text("detail"), &members);
    let title = title(words, parts.status.as_u16()).to_owned();
    let home = home(uri.path());
    let retry = said.get("retryable").and_then(Value::as_bool).unwrap_or_default();
    let html = if part {
        ProblemNote { t: words, title, detail }.render()
    } else {
        ProblemPage { t: words, status: parts.status.as_u16(), title, detail, home, retry }.render()
    };
    match html {
        Ok(html) => {
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(html))
        }
        Err(error) => {
            tracing::error!("the problem page could not be drawn: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, words.get("problem.fault")).into_response()
        }
    }
}

/// A refusal in the visitor's language: our words for its code with its fields put
/// in, or the English sentence that travels with it.
pub fn refusal_text(words: Words, code: &str, detail: &str, members: &Map<String, Value>) -> String {
    filled(words.or("refusal", code, detail), members)
}

/// Puts data into the places that a text has for them: `{name}`.
pub fn filled(mut text: String, members: &Map<String, Value>) -> String {
    for (name, value) in members {
        let money = value.as_i64().filter(|_| name.ends_with("_minor")).map(format::money);
        let shown = money.or_else(|| value.as_str().map(str::to_owned)).unwrap_or_else(|| value.to_string());
        text = text.replace(&format!("{{{name}}}"), &shown);
    }
    text
}

fn title(words: Words, status: u16) -> &'static str {
    let key = match status {
        401 | 403 => "problem.forbidden",
        404 => "problem.missing",
        400..=499 => "problem.refused",
        503 => "problem.busy",
        _ => "problem.broken",
    };
    words.find(key).unwrap_or_default()
}

/// Where a persona begins.
fn home(path: &str) -> &'static str {
    let begins = |home: &&&str| path.starts_with(**home);
    match ["/desk", "/dispatch", "/floor"].iter().find(begins) {
        // From there everybody is led to the first page of his role.
        Some(_) => "/desk",
        None => ["/handheld", "/rider"].into_iter().find(|home| path.starts_with(home)).unwrap_or("/"),
    }
}

/// Where a persona signs in; a page that was asked for comes back afterwards.
fn sign_in(uri: &Uri, method: &Method, had_session: bool) -> String {
    let path = uri.path();
    if path.starts_with("/handheld") {
        return if had_session { "/handheld/login?out=1" } else { "/handheld/login" }.to_owned();
    }
    let next = if method == Method::GET { path } else { home(path) };
    let out = if had_session { "&out=1" } else { "" };
    format!("/login?next={next}{out}")
}
