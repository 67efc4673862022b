//! Files to import with a mistake in them: row and field are named, nothing is
//! imported.

use cartage::identity::Permission;
use serde_json::{Value, json};

use crate::{
    counts::Counts,
    house::{Answer, House, Persona, on_both},
};

async fn import(who: &Persona, kind: &str, media: &str, file: impl Into<reqwest::Body>) -> Answer {
    let key = format!("{:016x}", rand::random::<u64>());
    let file = file.into();
    let path = format!("/api/v1/import/{kind}");
    who.send("POST", &path, |request| request.header("idempotency-key", key).header("content-type", media).body(file))
        .await
}

const ARTICLES: &str = "code,name_en,name_zh,category,category_en,category_zh,gtin,price_minor,length_mm,width_mm,\
    height_mm,weight_g,temperature,lot_rule\n";

fn article(code: &str, price: &str, weight: &str, temperature: &str) -> String {
    format!("{code},Cup,杯,ware,Ware,器皿,,{price},90,90,90,{weight},{temperature},none\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_row_stops_a_file_and_is_named() {
    on_both(async |house: &House| {
        let clerk = house.machine(&[Permission::ImportRun]).await;
        let before = Counts::of(house).await;
        let good = article("CUP-1", "990", "300", "ambient");
        for (bad, field) in [
            (article("CUP-2", "ten", "300", "ambient"), "price_minor"),
            (article("CUP-2", "-1", "300", "ambient"), "price_minor"),
            (article("CUP-2", "9223372036854775807", "300", "ambient"), "price_minor"),
            (article("CUP-2", "9223372036854775808", "300", "ambient"), "price_minor"),
            (article("CUP-2", "990", "0", "ambient"), "weight_g"),
            (article("CUP-2", "990", "300", "lukewarm"), "temperature"),
            (article("", "990", "300", "ambient"), "code"),
        ] {
            let file = format!("{ARTICLES}{good}{bad}{}", article("CUP-3", "1", "1", "ambient"));
            let said = import(&clerk, "articles", "text/csv", file).await.refuses(422, "import.rows");
            let errors = said["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 1, "{bad}: {said}");
            assert_eq!(errors[0]["pointer"], format!("row 2/{field}"), "{bad}: {said}");
            assert!(errors[0]["message"].as_str().unwrap().len() > 3);
        }
        let stock = |rows: Value| serde_json::to_string(&rows).unwrap();
        let row =
            |bin: &str, sku: &str, quantity: Value| json!({"site": "NG", "bin": bin, "sku": sku, "quantity": quantity});
        for (bad, field) in [
            (row("PACK-1", "TEA-1", json!(0)), "quantity"),
            (row("PACK-1", "TEA-1", json!(-3)), "quantity"),
            (row("PACK-1", "TEA-1", json!(i64::MAX)), "quantity"),
            (row("PACK-1", "TEA-1", json!("many")), "quantity"),
            (row("NOWHERE", "TEA-1", json!(1)), "bin"),
            (row("PACK-1", "NO-SUCH", json!(1)), "sku"),
        ] {
            let file = stock(json!([row("G1-T", "TEA-1", json!(1)), bad]));
            let said = import(&clerk, "stock", "application/json", file).await.refuses(422, "import.rows");
            assert_eq!(said["errors"][0]["pointer"], format!("row 2/{field}"), "{bad}: {said}");
        }
        let twice = stock(json!([row("G1-T", "TEA-1", json!(1)), row("G1-T", "TEA-1", json!(1))]));
        import(&clerk, "stock", "application/json", twice).await.refuses(422, "import.rows");
        before.still(house, "every file had a bad row").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_such_file_is_refused() {
    on_both(async |house: &House| {
        let clerk = house.machine(&[Permission::ImportRun]).await;
        let before = Counts::of(house).await;
        let good = format!("{ARTICLES}{}", article("CUP-1", "990", "300", "ambient"));
        import(&clerk, "articles", "application/pdf", good.clone()).await.refuses(415, "import.unknown_format");
        import(&clerk, "unicorns", "text/csv", good.clone()).await.refuses(404, "import.unknown_kind");
        import(&clerk, "articles", "application/json", good.clone()).await.refuses(400, "import.unreadable");
        import(&clerk, "articles", "application/json", "{}").await.refuses(400, "import.unreadable");
        import(&clerk, "articles", "application/json", "[{},").await.refuses(400, "import.unreadable");
        import(&clerk, "articles", "text/csv", good.replace("Cup", "C\0p")).await.refuses(400, "import.unreadable");
        import(&clerk, "articles", "application/json", "[{\"code\":\"\\u0000\"}]")
            .await
            .refuses(400, "import.unreadable");
        import(&clerk, "articles", "text/csv", vec![0xff, 0xfe, 0x41, 0x00]).await.refuses(400, "import.unreadable");
        let more = format!("{}x,y\n", good.trim_end());
        import(&clerk, "articles", "text/csv", more).await.refuses(422, "import.rows");
        let named = good.replace("weight_g", "weight_kg");
        let said = import(&clerk, "articles", "text/csv", named).await.refuses(422, "import.rows");
        assert!(said["errors"][0]["message"].as_str().unwrap().contains("weight"), "{said}");
        // Who may not give every role to anyone may not send people.
        let people = "login,name,lang,role,site,password\neve,Eve,en,admin,,a long password\n";
        import(&clerk, "people", "text/csv", people).await.refuses(403, "auth.more_than_own");
        before.still(house, "no file was one").await;
        let taken = import(&clerk, "articles", "text/csv", good).await;
        assert_eq!((taken.status.as_u16(), taken.json()["imported"].as_i64()), (200, Some(1)), "{}", taken.text);
    })
    .await;
}
