//! Cases on both engines, by verb and over HTTP.

use base64::Engine as _;
use serde_json::{Value, json};

use super::*;
use crate::{
    fixtures::{call, token},
    identity::Permission,
    kernel::*,
    store::{Actor, Db, log, on_both_engines},
};

fn report(code: CaseCode, about: &str, site: Option<SiteId>) -> NewCase {
    NewCase {
        code,
        about: about.into(),
        site,
        severity: None,
        detail: Detail::free("2 of 3 crushed"),
        links: vec!["bin_1".into()],
    }
}

async fn opened(db: &Db, new: &NewCase) -> CaseId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let id = open(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn kinds(db: &Db, id: CaseId) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    log::story(read.sql(), &id.to_string()).await.unwrap().into_iter().map(|fact| fact.kind).collect()
}

#[tokio::test]
async fn the_same_trouble_is_one_case_until_it_is_closed() {
    on_both_engines(async |db, clock| {
        let new = report(CaseCode::GoodsDamaged, "rcp_1", None);
        let first = opened(&db, &new).await;
        clock.advance_ms(1000);
        let worse = NewCase { severity: Some(Severity::Urgent), detail: Detail::free("all crushed"), ..new.clone() };
        assert_eq!(opened(&db, &worse).await, first);
        assert_ne!(opened(&db, &report(CaseCode::GoodsOver, "rcp_1", None)).await, first);
        let mut read = db.read().await.unwrap();
        let case = by_id(read.sql(), first).await.unwrap().unwrap();
        drop(read);
        assert_eq!(
            (case.times, case.severity, case.detail.to_string()),
            (2, Severity::Urgent, "all crushed".to_owned())
        );
        assert_eq!(case.due_at, clock.now().plus_ms(Severity::Urgent.due_ms()));
        let mut tx = db.begin(Actor::named("usr_x")).await.unwrap();
        close(&mut tx, first, Resolution::SentBack, Some("by the evening truck")).await.unwrap();
        assert_eq!(close(&mut tx, first, Resolution::SentBack, None).await.unwrap_err().code(), Some("case.closed"));
        assert_eq!(assign(&mut tx, first, None).await.unwrap_err().code(), Some("case.closed"));
        tx.commit().await.unwrap();
        assert_eq!(kinds(&db, first).await, ["case.opened", "case.closed"]);
        let mut read = db.read().await.unwrap();
        let over = by_id(read.sql(), first).await.unwrap().unwrap();
        assert_eq!((over.state, over.closed_by.as_deref()), (CaseState::Closed, Some("usr_x")));
        assert_eq!(notes(read.sql(), first).await.unwrap()[0].text, "by the evening truck");
        drop(read);
        assert_ne!(opened(&db, &new).await, first);
    })
    .await;
}

#[tokio::test]
async fn ten_reporters_at_once_open_one_case() {
    on_both_engines(async |db, _| {
        let new = report(CaseCode::PrinterFailed, "prt_1", None);
        let ids = futures_util::future::join_all((0..10).map(|_| opened(&db, &new))).await;
        assert!(ids.iter().all(|id| *id == ids[0]));
        let mut read = db.read().await.unwrap();
        assert_eq!(by_id(read.sql(), ids[0]).await.unwrap().unwrap().times, 10);
        assert_eq!(open_counts(read.sql(), None).await.unwrap(), [(CaseCode::PrinterFailed, 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_case_ends_only_in_its_own_ways() {
    on_both_engines(async |db, _| {
        let id = opened(&db, &report(CaseCode::WeightMismatch, "pcl_1", None)).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let refused = close(&mut tx, id, Resolution::Refunded, None).await.unwrap_err();
        assert_eq!(refused.code(), Some("case.bad_resolution"));
        assert_eq!(
            close(&mut tx, id, Resolution::Settled, Some(" ")).await.unwrap_err().code(),
            Some("case.note_needed")
        );
        let unknown = tx.id();
        assert_eq!(close(&mut tx, unknown, Resolution::Settled, None).await.unwrap_err().code(), Some("case.unknown"));
        assert_eq!(note(&mut tx, id, "  ").await.unwrap_err().code(), Some("case.bad_note"));
        assert_eq!(
            close_if_open(&mut tx, CaseCode::ToteFull, "pcl_1", Resolution::CorrectedItself).await.unwrap(),
            None
        );
        let ended =
            close_if_open(&mut tx, CaseCode::WeightMismatch, "pcl_1", Resolution::CorrectedItself).await.unwrap();
        assert_eq!(ended, Some(id));
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn lists_go_by_urgency_in_pages() {
    on_both_engines(async |db, clock| {
        let site = Some(db.begin(Actor::house()).await.unwrap().id());
        let mut wanted = Vec::new();
        for (code, about) in [
            (CaseCode::ToteFull, "1"),
            (CaseCode::FactParked, "2"),
            (CaseCode::BinEmpty, "3"),
            (CaseCode::BinEmpty, "4"),
            (CaseCode::GoodsShort, "5"),
        ] {
            wanted.push(opened(&db, &report(code, about, site)).await);
            clock.advance_ms(5);
        }
        opened(&db, &report(CaseCode::BinEmpty, "6", None)).await;
        let order: Vec<_> = [1, 2, 3, 4, 0].map(|n: usize| wanted[n]).to_vec();
        let filter = Filter { site, state: Some(CaseState::Open), ..Filter::default() };
        let mut read = db.read().await.unwrap();
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = list(read.sql(), &filter, &after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = rows::cursor(last);
            seen.extend(page.iter().map(|case| case.id));
        }
        assert_eq!(seen, order);
        let high = Filter { severity: Some(Severity::High), ..filter.clone() };
        assert_eq!(list(read.sql(), &high, "", 9).await.unwrap().len(), 2);
        let short = Filter { code: Some(CaseCode::GoodsShort), ..Filter::default() };
        assert_eq!(list(read.sql(), &short, "", 9).await.unwrap().len(), 1);
        assert_eq!(about(read.sql(), "3").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn photos_are_photos_and_few() {
    on_both_engines(async |db, _| {
        let id = opened(&db, &report(CaseCode::GoodsDamaged, "rcp_1", None)).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];
        for _ in 0..PHOTOS {
            add_photo(&mut tx, id, &jpeg).await.unwrap();
        }
        assert_eq!(add_photo(&mut tx, id, &jpeg).await.unwrap_err().code(), Some("case.many_photos"));
        assert_eq!(add_photo(&mut tx, id, b"GIF89a").await.unwrap_err().code(), Some("case.bad_photo"));
        let mut huge = vec![0; PHOTO_BYTES + 1];
        huge[..4].copy_from_slice(&jpeg[..4]);
        assert_eq!(add_photo(&mut tx, id, &huge).await.unwrap_err().code(), Some("case.bad_photo"));
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(photos(read.sql(), id).await.unwrap().len(), 8);
        let (kind, data) = photo(read.sql(), id, 8).await.unwrap().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        assert_eq!((kind.as_str(), bytes.as_slice()), ("image/jpeg", jpeg.as_slice()));
        assert_eq!(photo(read.sql(), id, 9).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_endpoints_serve_those_who_handle_cases_there() {
    on_both_engines(async |db, _| {
        let (site, other) = {
            let tx = db.begin(Actor::house()).await.unwrap();
            (tx.id(), tx.id())
        };
        let here = token(&db, &[Permission::CaseHandle], Some(site)).await;
        let there = token(&db, &[Permission::CaseHandle], Some(other)).await;
        let id = opened(&db, &report(CaseCode::BinEmpty, "bin_1", Some(site))).await;
        let houses = opened(&db, &report(CaseCode::RefundDue, "ord_1", None)).await;
        let ask = |token: &str, what: String, key: &'static str, body: Value| {
            let (db, token) = (db.clone(), token.to_owned());
            async move { call(&db, api::routes(), &token, &what, key, body).await }
        };
        let seen = ask(&here, format!("GET /api/v1/cases/{id}"), "", Value::Null).await.json();
        assert_eq!((&seen["code"], &seen["guide"]["title"]["zh"]), (&json!("bin.empty"), &json!("货位缺货")));
        assert_eq!(ask(&there, format!("GET /api/v1/cases/{id}"), "", Value::Null).await.code(), "case.unknown");
        assert_eq!(ask(&here, format!("GET /api/v1/cases/{houses}"), "", Value::Null).await.code(), "case.unknown");
        assert_eq!(ask(&there, "GET /api/v1/cases".into(), "", Value::Null).await.json()["items"], json!([]));
        let listed = ask(&here, "GET /api/v1/cases?state=open".into(), "", Value::Null).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let worker = token(&db, &[Permission::WorkDo], None).await;
        assert_eq!(ask(&worker, "GET /api/v1/cases".into(), "", Value::Null).await.status, 403);

        let post = |what: &str, key: &'static str, body: Value| {
            ask(&here, format!("POST /api/v1/cases/{id}/{what}"), key, body)
        };
        let owner: UserId = db.begin(Actor::house()).await.unwrap().id();
        assert_eq!(post("assign", "1", json!({"owner": owner})).await.json()["owner"], json!(owner));
        assert_eq!(post("assign", "2", json!({"owner": "ord_x"})).await.code(), "body.invalid");
        assert_eq!(post("notes", "3", json!({"text": "on my way"})).await.status, 201);
        assert_eq!(post("photos", "4", json!({"data": "bm8="})).await.code(), "case.bad_photo");
        assert_eq!(post("photos", "5", json!({"data": "/9j/4AEC"})).await.status, 201);
        let picture = ask(&here, format!("GET /api/v1/cases/{id}/photos/1"), "", Value::Null).await;
        assert_eq!((picture.kind.as_str(), picture.bytes[0]), ("image/jpeg", 0xff));
        assert_eq!(post("close", "6", json!({"resolution": "gone"})).await.code(), "body.invalid");
        assert_eq!(post("close", "7", json!({"resolution": "refunded"})).await.code(), "case.bad_resolution");
        let closed = post("close", "8", json!({"resolution": "found"})).await;
        assert_eq!((closed.status, &closed.json()["resolution"]), (200, &json!("found")));
        assert_eq!(post("close", "8", json!({"resolution": "found"})).await.bytes, closed.bytes);
        assert_eq!(post("close", "9", json!({"resolution": "found"})).await.code(), "case.closed");
        let seen = ask(&here, format!("GET /api/v1/cases/{id}"), "", Value::Null).await.json();
        assert_eq!((seen["notes"].as_array().unwrap().len(), seen["photos"].as_array().unwrap().len()), (1, 1));
    })
    .await;
}
