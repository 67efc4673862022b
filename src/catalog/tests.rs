//! The catalogue on both engines.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::{
    identity::tests as http,
    kernel::Stop,
    store::{Actor, Db, on_both_engines},
};

fn article(code: &str, en: &str, zh: &str, gtin: Option<&str>, popularity: i64) -> NewArticle {
    NewArticle {
        code: code.to_owned(),
        name: Names { en: en.to_owned(), zh: zh.to_owned() },
        category: Category { code: "tea".to_owned(), en: "Tea".to_owned(), zh: "茶".to_owned() },
        gtin: gtin.map(str::to_owned),
        price_minor: 1990,
        length_mm: 100,
        width_mm: 80,
        height_mm: 101,
        weight_g: 250,
        temperature: Temperature::Ambient,
        lot_rule: LotRule::Expiry,
        serial_tracked: false,
        image: String::new(),
        active: true,
        popularity,
        barcodes: Vec::new(),
        parts: Vec::new(),
    }
}

async fn put(db: &Db, new: &NewArticle, expected: Expected) -> Result<Article, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let article = define(&mut tx, new, expected).await?;
    tx.commit().await?;
    Ok(article)
}

#[tokio::test]
async fn an_article_is_found_by_every_label_at_its_pack_level() {
    on_both_engines(async |db, _| {
        let mut new = article("tea-1", "Jasmine tea 100 g", "茉莉花茶", Some("6291041500213"), 5);
        let case = NewBarcode { code: "16291041500210".to_owned(), level: Level::Case, quantity: 12 };
        new.barcodes = vec![case, NewBarcode { code: "old-77".to_owned(), level: Level::Each, quantity: 1 }];
        let made = put(&db, &new, None).await.unwrap();
        assert_eq!((made.code.as_str(), made.version, made.volume_ml()), ("TEA-1", 1, 808));
        let mut read = db.read().await.unwrap();
        for (scan, quantity) in [
            ("6291041500213", 1),
            ("(01)06291041500213(10)LOT7", 1),
            ("(01)16291041500210", 12),
            ("OLD-77", 1),
            ("tea-1", 1),
        ] {
            let found = by_barcode(read.sql(), scan).await.unwrap();
            assert_eq!(found, Some((made.clone(), quantity)), "{scan}");
        }
        assert_eq!(by_barcode(read.sql(), "nothing").await.unwrap(), None);
        assert_eq!(by_id(read.sql(), made.id).await.unwrap(), Some(made.clone()));
        assert_eq!(barcodes(read.sql(), made.id).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn changes_are_whole_and_see_each_other() {
    on_both_engines(async |db, _| {
        let first = put(&db, &article("A", "Tea", "茶", Some("6291041500213"), 1), None).await.unwrap();
        let other = article("B", "Other tea", "别的茶", Some("6291041500213"), 1);
        assert_eq!(put(&db, &other, None).await.unwrap_err().code(), Some("barcode.taken"));
        let changed = article("a", "Better tea", "好茶", None, 1);
        let second = put(&db, &changed, Some(first.version)).await.unwrap();
        assert_eq!((second.id, second.version), (first.id, 2));
        assert_eq!(put(&db, &changed, Some(first.version)).await.unwrap_err().code(), Some("article.changed"));
        // The label is free again, and nothing of the refused article stayed.
        let other = put(&db, &other, None).await.unwrap();
        assert_eq!(other.version, 1);
        let mut wrong = changed.clone();
        wrong.weight_g = 0;
        assert_eq!(put(&db, &wrong, None).await.unwrap_err().code(), Some("article.invalid"));
        wrong.weight_g = 5;
        wrong.gtin = Some("6291041500214".to_owned());
        assert_eq!(put(&db, &wrong, None).await.unwrap_err().code(), Some("article.invalid"));
    })
    .await;
}

#[tokio::test]
async fn a_bundle_is_made_of_plain_articles() {
    on_both_engines(async |db, _| {
        let tea = put(&db, &article("TEA", "Tea", "茶", None, 1), None).await.unwrap();
        let part = |code: &str| NewPart { code: code.to_owned(), quantity: 2 };
        let mut set = article("SET", "Tea set", "茶礼盒", None, 1);
        set.parts = vec![part("tea")];
        let set = put(&db, &set, None).await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(parts(read.sql(), set.id).await.unwrap(), [Part { sku: tea.id, quantity: 2 }]);
        drop(read);
        for wrong in [vec![part("SET")], vec![part("TEA"), part("TEA")], vec![part("NONE")]] {
            let mut nested = article("SET2", "Set of sets", "套装", None, 1);
            nested.parts = wrong;
            assert_eq!(put(&db, &nested, None).await.unwrap_err().code(), Some("article.invalid"));
        }
    })
    .await;
}

#[tokio::test]
async fn browsing_pages_through_what_is_wanted_most() {
    on_both_engines(async |db, _| {
        for n in 0..5 {
            put(&db, &article(&format!("T{n}"), &format!("Green_tea {n}"), "绿茶", None, n / 2), None).await.unwrap();
        }
        let mut gone = article("T9", "Green_tea 9", "绿茶", None, 99);
        gone.active = false;
        put(&db, &gone, None).await.unwrap();
        let mut read = db.read().await.unwrap();
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = browse(read.sql(), "GREEN 绿茶", "tea", &after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = rows::cursor(last);
            seen.extend(page.into_iter().map(|article| article.code));
        }
        assert_eq!(seen, ["T4", "T2", "T3", "T0", "T1"]);
        assert_eq!(browse(read.sql(), "green%", "", "", 9).await.unwrap(), []);
        assert_eq!(browse(read.sql(), "n_tea 3", "", "", 9).await.unwrap().len(), 1);
        assert_eq!(browse(read.sql(), "", "toys", "", 9).await.unwrap(), []);
        assert_eq!(categories(read.sql()).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn over_http_two_editors_do_not_overwrite_each_other() {
    on_both_engines(async |db, _| {
        let app = || api::routes().split_for_parts().0.with_state(db.clone());
        let bearer = format!("Bearer {}", http::sign_in_admin(&db).await.0);
        let body = json!({"code": "TEA", "name": {"en": "Tea", "zh": "茶"}, "category": {"code": "t", "en": "T", "zh": "茶"},
            "price_minor": 100, "length_mm": 1, "width_mm": 1, "height_mm": 1, "weight_g": 1,
            "temperature": "ambient", "lot_rule": "none"});
        let put = async |path: &str, headers: &[(&str, &str)], body: &Value| {
            http::send_to(app(), http::call("PUT", path, headers, body)).await
        };
        let path = "/api/v1/articles/tea";
        assert_eq!(put(path, &[], &body).await.0, StatusCode::UNAUTHORIZED);
        let signed = [("authorization", bearer.as_str()), ("if-match", "\"1\"")];
        assert_eq!(put(path, &signed, &body).await.0, StatusCode::PRECONDITION_FAILED);
        let (status, _, response) = put(path, &signed[..1], &body).await;
        assert_eq!((status, response.headers()["etag"].to_str().unwrap()), (StatusCode::OK, "\"1\""));
        assert_eq!(put(path, &signed, &body).await.0, StatusCode::OK);
        assert_eq!(put(path, &signed, &body).await.1["code"], "article.changed");
        assert_eq!(put("/api/v1/articles/cup", &signed[..1], &body).await.1["code"], "article.invalid");
        let get = http::call("GET", path, &[], &Value::Null);
        assert_eq!(http::send_to(app(), get).await.1["version"], 2);
        let gone = http::call("GET", "/api/v1/articles/none", &[], &Value::Null);
        assert_eq!(http::send_to(app(), gone).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}
