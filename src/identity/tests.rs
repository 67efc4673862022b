//! Identity on both engines: verbs, and the requests that lead to them.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use tower::util::ServiceExt as _;

use super::*;
use crate::{
    kernel::{OrderId, SiteId, Stop, Time},
    store::{Actor, Db, on_both_engines},
};

const NOW: Time = crate::kernel::Time::from_ms(1_800_000_000_000);

async fn add(db: &Db, new: NewPerson) -> Result<crate::kernel::UserId, Stop> {
    let ready = new.prepare(&db.dice).await?;
    let mut tx = db.begin(Actor::house()).await?;
    let id = add_person(&mut tx, &ready).await?;
    tx.commit().await?;
    Ok(id)
}

fn worker(login: &str, badge: &str, site: Option<SiteId>) -> NewPerson {
    NewPerson {
        login: login.to_owned(),
        name: login.to_owned(),
        password: Some("a long password".to_owned()),
        badge: Some(badge.to_owned()),
        pin: Some("4711".to_owned()),
        lang: Some("zh".to_owned()),
        grants: vec![Grant { role: "worker".to_owned(), site }],
    }
}

async fn device(db: &Db, site: SiteId) -> (Device, String) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let enrolled = enrol_device(&mut tx, "Scanner 1", site).await.unwrap();
    tx.commit().await.unwrap();
    enrolled
}

fn some_site(n: u128) -> SiteId {
    SiteId::new(ulid::Ulid::from_parts(1, n))
}

#[tokio::test]
async fn the_first_start_makes_one_admin_once() {
    on_both_engines(async |db, _| {
        let password = first_start(&db).await.unwrap().expect("an empty house");
        assert_eq!(first_start(&db).await.unwrap(), None);
        let opened = sign_in(&db, " Admin ", &password, NOW).await.unwrap();
        let mut read = db.read().await.unwrap();
        let caller = by_secret(read.sql(), &opened.secret, "en", NOW).await.unwrap();
        assert!(caller.permit_house(Permission::ConfigEdit).is_ok());
        let later = NOW.plus_ms(SESSION_MS);
        let ended = by_secret(read.sql(), &opened.secret, "en", later).await.unwrap_err();
        assert_eq!(ended.code(), Some("auth.required"));
    })
    .await;
}

#[tokio::test]
async fn people_are_refused_when_their_names_are_taken_or_their_fields_wrong() {
    on_both_engines(async |db, _| {
        add(&db, worker("wei", "B-1", None)).await.unwrap();
        let code = |result: Result<_, Stop>| result.unwrap_err().code();
        assert_eq!(code(add(&db, worker("wei", "B-2", None)).await), Some("person.taken"));
        assert_eq!(code(add(&db, worker("lin", "b-1 ", None)).await), Some("person.taken"));
        let mut wrong = worker("lin", "B-2", None);
        wrong.grants[0].role = "emperor".to_owned();
        assert_eq!(code(add(&db, wrong).await), Some("role.unknown"));
        let wrong = NewPerson { pin: None, ..worker("lin", "B-2", None) };
        assert_eq!(code(add(&db, wrong).await), Some("person.invalid"));
        let mut read = db.read().await.unwrap();
        assert_eq!(people(read.sql(), "", 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn badge_and_pin_work_on_an_enrolled_handheld_where_one_has_a_role() {
    on_both_engines(async |db, _| {
        let (here, there) = (some_site(1), some_site(2));
        let id = add(&db, worker("wei", "B-1", Some(here))).await.unwrap();
        let ((mine, secret), (_, other)) = (device(&db, here).await, device(&db, there).await);
        let opened = sign_in_badge(&db, &secret, "b-1", "4711", NOW).await.unwrap();
        let mut read = db.read().await.unwrap();
        let caller = by_secret(read.sql(), &opened.secret, "en", NOW).await.unwrap();
        assert_eq!((caller.user(), caller.device(), caller.lang()), (Some(id), Some(mine.id), "zh"));
        assert!(caller.permit(Permission::WorkDo, Some(here)).is_ok());
        assert!(caller.permit(Permission::WorkDo, Some(there)).is_err());
        drop(read);
        let code = |result: Result<_, Stop>| result.unwrap_err().code();
        assert_eq!(code(sign_in_badge(&db, &other, "B-1", "4711", NOW).await), Some("auth.not_here"));
        assert_eq!(code(sign_in_badge(&db, "ctd_no", "B-1", "4711", NOW).await), Some("auth.device"));
        assert_eq!(code(sign_in_badge(&db, &secret, "B-1", "4712", NOW).await), Some("auth.wrong"));
        assert_eq!(code(sign_in_badge(&db, &secret, "B-9", "4711", NOW).await), Some("auth.wrong"));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        retire_device(&mut tx, mine.id).await.unwrap();
        retire_device(&mut tx, mine.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(code(sign_in_badge(&db, &secret, "B-1", "4711", NOW).await), Some("auth.device"));
        let mut read = db.read().await.unwrap();
        assert!(by_secret(read.sql(), &opened.secret, "en", NOW).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn guessing_must_wait_even_when_many_guess_at_once() {
    on_both_engines(async |db, _| {
        add(&db, worker("wei", "B-1", None)).await.unwrap();
        let guess = || sign_in(&db, "wei", "not this one", NOW);
        let guesses = futures_util::future::join_all((0..20).map(|_| guess())).await;
        let codes: Vec<_> = guesses.into_iter().map(|guess| guess.unwrap_err().code().unwrap()).collect();
        assert_eq!(codes.iter().filter(|code| **code == "auth.wrong").count(), 8, "{codes:?}");
        let locked = sign_in(&db, "wei", "a long password", NOW).await.unwrap_err();
        assert_eq!(locked.code(), Some("auth.too_many"));
        let later = NOW.plus_ms(30_001);
        sign_in(&db, "wei", "a long password", later).await.unwrap();
        assert_eq!(sign_in(&db, "wei", "wrong again", later).await.unwrap_err().code(), Some("auth.wrong"));
        assert_eq!(sign_in(&db, "nobody", "whatever it is", later).await.unwrap_err().code(), Some("auth.wrong"));
    })
    .await;
}

#[tokio::test]
async fn shutting_out_and_new_passwords_end_sessions() {
    on_both_engines(async |db, _| {
        let id = add(&db, worker("wei", "B-1", None)).await.unwrap();
        let first = sign_in(&db, "wei", "a long password", NOW).await.unwrap();
        let hashed = hash_password(&db.dice, "another password".to_owned()).await.unwrap();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        set_password(&mut tx, id, &hashed).await.unwrap();
        tx.commit().await.unwrap();
        let second = sign_in(&db, "wei", "another password", NOW).await.unwrap();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        set_active(&mut tx, id, false).await.unwrap();
        sweep(&mut tx, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert!(sign_in(&db, "wei", "another password", NOW).await.is_err());
        let mut read = db.read().await.unwrap();
        for secret in [first.secret, second.secret] {
            assert!(by_secret(read.sql(), &secret, "en", NOW).await.is_err());
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_hold_what_they_were_given_until_their_day() {
    on_both_engines(async |db, _| {
        let new = NewToken {
            name: "storefront".to_owned(),
            permissions: [Permission::OrderPlace].into(),
            site: None,
            channel: Some("shop".to_owned()),
            expires_at: Some(NOW.plus_ms(1000)),
        };
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (token, secret) = mint_token(&mut tx, new.clone()).await.unwrap();
        let none = NewToken { permissions: Permissions::new(), ..new };
        assert_eq!(mint_token(&mut tx, none).await.unwrap_err().code(), Some("person.invalid"));
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        let caller = by_secret(read.sql(), &secret, "zh", NOW).await.unwrap();
        assert_eq!((caller.id(), caller.channel()), (token.id.to_string().as_str(), Some("shop")));
        assert!(caller.permit(Permission::OrderPlace, None).is_ok());
        assert!(caller.permit(Permission::OrderRead, None).is_err());
        assert!(by_secret(read.sql(), &secret, "zh", NOW.plus_ms(1000)).await.is_err());
        drop(read);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        revoke_token(&mut tx, token.id).await.unwrap();
        assert!(by_secret(tx.sql(), &secret, "zh", NOW).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_guest_link_opens_its_order_and_no_other() {
    on_both_engines(async |db, _| {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (mine, other): (OrderId, OrderId) = (tx.id(), tx.id());
        let link = sign_guest(&mut tx, mine).await.unwrap();
        assert_eq!(sign_guest(&mut tx, mine).await.unwrap(), link);
        let caller = by_link(tx.sql(), &link, "en").await.unwrap();
        assert_eq!(caller.guest_order(), Some(mine));
        assert!(caller.permit(Permission::OrderRead, None).is_err());
        let forged = link.replace(&mine.to_string(), &other.to_string());
        assert_eq!(by_link(tx.sql(), &forged, "en").await.unwrap_err().code(), Some("auth.link"));
        assert!(by_link(tx.sql(), "nonsense", "en").await.is_err());
    })
    .await;
}

// Over HTTP.

fn app(db: &Db) -> Router {
    let (router, _) = api::routes().split_for_parts();
    router.with_state(db.clone())
}

async fn send(db: &Db, request: Request<Body>) -> (StatusCode, Value, Response<()>) {
    send_to(app(db), request).await
}

pub(crate) async fn send_to(app: Router, request: Request<Body>) -> (StatusCode, Value, Response<()>) {
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    (parts.status, value, Response::from_parts(parts, ()))
}

pub(crate) fn call(method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    request.body(body).unwrap()
}

pub(crate) async fn sign_in_admin(db: &Db) -> (String, String) {
    let password = first_start(db).await.unwrap().unwrap();
    let body = json!({"login": "admin", "password": password});
    let (status, view, response) = send(db, call("POST", "/api/v1/sessions", &[], &body)).await;
    assert_eq!(status, StatusCode::CREATED, "{view}");
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(view["user"]["sites"], Value::Null);
    (view["session"].as_str().unwrap().to_owned(), view["csrf"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn requests_prove_who_sends_them() {
    on_both_engines(async |db, _| {
        let (session, csrf) = sign_in_admin(&db).await;
        let me = |headers: &[(&str, &str)]| call("GET", "/api/v1/me", headers, &Value::Null);
        let (status, problem, _) = send(&db, me(&[])).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("auth.required")));
        let bearer = format!("Bearer {session}");
        let (status, view, _) = send(&db, me(&[("authorization", &bearer)])).await;
        assert_eq!((status, &view["login"]), (StatusCode::OK, &json!("admin")));
        let wrong = me(&[("authorization", "Bearer cts_wrong")]);
        assert_eq!(send(&db, wrong).await.0, StatusCode::UNAUTHORIZED);
        let cookie = format!("other=1; {SESSION_COOKIE}={session}");
        assert_eq!(send(&db, me(&[("cookie", &cookie)])).await.0, StatusCode::OK);

        let role = json!({"permissions": ["work.do"]});
        let put = |headers: &[(&str, &str)]| call("PUT", "/api/v1/roles/helper", headers, &role);
        let (status, problem, _) = send(&db, put(&[("cookie", &cookie)])).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("auth.csrf")));
        assert_eq!(send(&db, put(&[("cookie", &cookie), ("x-csrf", "guess")])).await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&db, put(&[("cookie", &cookie), ("x-csrf", &csrf)])).await.0, StatusCode::OK);
        assert_eq!(send(&db, put(&[("authorization", &bearer)])).await.0, StatusCode::OK);

        let out = call("DELETE", "/api/v1/sessions/current", &[("authorization", &bearer)], &Value::Null);
        assert_eq!(send(&db, out).await.0, StatusCode::NO_CONTENT);
        assert_eq!(send(&db, me(&[("authorization", &bearer)])).await.0, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn secrets_are_shown_once_and_a_retry_makes_no_second() {
    on_both_engines(async |db, _| {
        let (session, _) = sign_in_admin(&db).await;
        let bearer = format!("Bearer {session}");
        let body = json!({"name": "shop", "permissions": ["order.place", "order.read"], "channel": "shop"});
        let mint = || call("POST", "/api/v1/tokens", &[("authorization", &bearer), ("idempotency-key", "k1")], &body);
        let (status, first, _) = send(&db, mint()).await;
        assert_eq!(status, StatusCode::CREATED, "{first}");
        let token = format!("Bearer {}", first["token"].as_str().unwrap());
        let (status, again, _) = send(&db, mint()).await;
        assert_eq!((status, &again["id"], &again["token"]), (StatusCode::CREATED, &first["id"], &Value::Null));
        let keyless = call("POST", "/api/v1/tokens", &[("authorization", &bearer)], &body);
        assert_eq!(send(&db, keyless).await.0, StatusCode::BAD_REQUEST);

        let asks = call("GET", "/api/v1/people", &[("authorization", &token)], &Value::Null);
        assert_eq!(send(&db, asks).await.1["code"], "auth.forbidden");
        let path = format!("/api/v1/tokens/{}", first["id"].as_str().unwrap());
        let revoke = || call("DELETE", &path, &[("authorization", &bearer)], &Value::Null);
        assert_eq!(send(&db, revoke()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(send(&db, revoke()).await.0, StatusCode::NO_CONTENT);
        let me = call("GET", "/api/v1/me", &[("authorization", &token)], &Value::Null);
        assert_eq!(send(&db, me).await.0, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn a_site_manager_neither_makes_nor_masters_an_admin() {
    on_both_engines(async |db, _| {
        let (session, _) = sign_in_admin(&db).await;
        let (bearer, site) = (format!("Bearer {session}"), some_site(5));
        let put = json!({"permissions": ["people.manage", "work.do", "stock.read", "inbound.receive"]});
        let role = call("PUT", "/api/v1/roles/manager", &[("authorization", &bearer)], &put);
        assert_eq!(send(&db, role).await.0, StatusCode::OK);
        let person = |login: &str, role: &str, site: Option<SiteId>| {
            json!({"login": login, "name": login, "password": "long enough", "grants": [{"role": role, "site": site}]})
        };
        let add = async |bearer: &str, body: Value| {
            let headers = [("authorization", bearer), ("idempotency-key", body["login"].as_str().unwrap())];
            send(&db, call("POST", "/api/v1/people", &headers, &body)).await
        };
        assert_eq!(add(&bearer, person("boss", "manager", Some(site))).await.0, StatusCode::CREATED);
        let sign = json!({"login": "boss", "password": "long enough"});
        let (_, view, _) = send(&db, call("POST", "/api/v1/sessions", &[], &sign)).await;
        let boss = format!("Bearer {}", view["session"].as_str().unwrap());
        assert_eq!(view["user"]["sites"], json!([site]));

        assert_eq!(add(&boss, person("w1", "worker", Some(site))).await.0, StatusCode::CREATED);
        assert_eq!(add(&boss, person("w2", "worker", Some(some_site(6)))).await.1["code"], "auth.forbidden");
        assert_eq!(add(&boss, person("w3", "worker", None)).await.1["code"], "auth.forbidden");
        assert_eq!(add(&boss, person("w4", "supervisor", Some(site))).await.1["code"], "auth.more_than_own");
        let (_, listed, _) = send(&db, call("GET", "/api/v1/people", &[("authorization", &boss)], &Value::Null)).await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");

        let admin = find_login(db.read().await.unwrap().sql(), "admin").await.unwrap().unwrap();
        let path = format!("/api/v1/people/{}", admin.id);
        let seize = call("PUT", &path, &[("authorization", &boss)], &json!({"password": "mine mine mine"}));
        assert_eq!(send(&db, seize).await.0, StatusCode::FORBIDDEN);
    })
    .await;
}
