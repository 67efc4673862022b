//! Importing on both engines: whole files, wrong rows, there and back, and time.

use std::time::Instant;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    catalog,
    identity::{self, tests as http},
    kernel::Stop,
    layout, network,
    stock::audit,
    store::{Actor, Db, on_both_engines},
};

const SITES: &str = "code,name_en,name_zh,kind,lat,lon,time_zone,hours,lines_per_hour,area\n\
    NG,Northgate,北门仓,central,30.1,123.4,Asia/Shanghai,24/7,900,\"30 123, 31 123, 31 124\"\n\
    PL,Lotus Corner,荷花角,pickup_point,30.2,123.5,Asia/Shanghai,Mo-Su 07:00-23:00,0,\n";

const SERVICES: &str = "site,service,cutoff_minute,lead_ms\nNG,same_day,1200,5400000\n";

const ROADS: &str = r#"[
    {"record": "edge", "id": 1, "from": 1, "to": 2, "length_m": 500, "speed_kmh": 30, "class": "primary", "name": "Mill Lane"},
    {"record": "node", "id": 1, "lat": 30.1, "lon": 123.4},
    {"record": "node", "id": 2, "lat": 30.105, "lon": 123.4}]"#;

const ARTICLES: &str = "code,name_en,name_zh,category,category_en,category_zh,gtin,price_minor,length_mm,width_mm,\
    height_mm,weight_g,temperature,lot_rule,barcodes,parts\n\
    TEA,Tea,茶,tea,Tea,茶,6291041500213,1990,100,80,60,250,ambient,expiry,case:12:16291041500210|each:1:OLD-7,\n\
    CUP,Cup,杯,ware,Ware,器皿,,990,90,90,90,300,ambient,none,,\n\
    SET,Tea set,茶礼盒,tea,Tea,茶,,3500,200,100,90,900,ambient,none,,TEA:1|CUP:2\n";

const FLOORS: &str = "record,site,code,zone,kind,node,agv_node,from,to,lane,length_mm,one_way,x_mm,y_mm,width_mm,\
    height_mm,level,temperature,max_weight_g,max_volume_ml,shelf,bin,manufacturer,name_en,name_zh\n\
    bin,NG,a01-01-a,A,pick,p1,,,,,,,0,0,,,1,ambient,9000,9000,,,,,\n\
    bin,NG,G-1,A,station,p1,,,,,,,0,0,,,1,ambient,9000,9000,,,,,\n\
    bin,NG,M001-01-A,A,shelf_slot,v1,,,,,,,0,0,,,1,ambient,9000,9000,SH-001,,,,\n\
    zone,NG,A,,racks,,,,,,,,0,0,5000,4000,,ambient,,,,,,Racks,货架\n\
    node,NG,p1,,aisle,,,,,people,,,0,0,,,,,,,,,,,\n\
    node,NG,p2,,aisle,,,,,people,,,1000,0,,,,,,,,,,,\n\
    node,NG,v1,,shelf,,,,,agv,,,0,2000,,,,,,,,,,,\n\
    node,NG,v2,,station,,,,,agv,,,1000,2000,,,,,,,,,,,\n\
    edge,NG,,,,,,p1,p2,people,1000,,,,,,,,,,,,,,\n\
    edge,NG,,,,,,v1,v2,agv,1000,,,,,,,,,,,,,,\n\
    edge,NG,,,,,,v2,v1,agv,1000,,,,,,,,,,,,,,\n\
    aisle,NG,A01,A,,,,p1,p2,,,true,,,,,,,,,,,,,\n\
    shelf,NG,SH-001,,,v1,,,,,,,,,,,,,,,,,,,\n\
    station,NG,G-1,,goods_to_person,p1,v2,,,,,,,,,,,,,,,G-1,,,\n\
    agv,NG,007,,,v1,,,,,,,,,,,,,,,,,acme,,\n";

const UNITS: &str = "site,code,kind\nNG,T-001,tote\nNG,T-002,tote\n";

const PEOPLE: &str = "login,name,lang,role,site,password,badge,pin\n\
    wei,Li Wei,zh,worker,NG,a long password,B-1,4711\n\
    wei,Li Wei,zh,inventory,NG,,,\n\
    ada,Ada,en,director,,another password,,\n";

const VEHICLES: &str = "code,site,max_weight_g,max_volume_ml,cold\nVAN-1,NG,900000,6000000,true\n";

const STOCK: &str = "site,bin,sku,quantity,lot,expiry\nNG,A01-01-A,TEA,40,L1,270131\nNG,M001-01-A,CUP,12,,\n";

async fn take(db: &Db, kind: Kind, text: &str) -> Result<usize, Stop> {
    let format = if text.starts_with('[') { Format::Json } else { Format::Csv };
    import(db, Actor::house(), kind, format, text.as_bytes()).await
}

async fn world(db: &Db) {
    for (kind, text, count) in [
        (Kind::Sites, SITES, 2),
        (Kind::Services, SERVICES, 1),
        (Kind::Roads, ROADS, 3),
        (Kind::Articles, ARTICLES, 3),
        (Kind::Floors, FLOORS, 15),
        (Kind::Units, UNITS, 2),
        (Kind::People, PEOPLE, 2),
        (Kind::Vehicles, VEHICLES, 1),
        (Kind::Stock, STOCK, 2),
    ] {
        assert_eq!(take(db, kind, text).await.map_err(told), Ok(count), "{kind}");
    }
}

/// The pointers and messages of a refusal.
fn told(stop: Stop) -> Vec<(String, String)> {
    let Stop::Refused(refusal) = stop else { panic!("{stop}") };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = refusal.members().get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["message"]))).collect()
}

#[tokio::test]
async fn a_world_is_imported_and_comes_back_the_same_from_both_formats() {
    on_both_engines(async |db, _| {
        world(&db).await;
        let mut read = db.read().await.unwrap();
        let site = network::site_by_code(read.sql(), "NG").await.unwrap().unwrap();
        assert_eq!((site.area.len(), site.lines_per_hour), (3, 900));
        let (tea, per_scan) = catalog::by_barcode(read.sql(), "(01)16291041500210").await.unwrap().unwrap();
        assert_eq!((tea.code.as_str(), per_scan), ("TEA", 12));
        let shelf = crate::units::by_code(read.sql(), "SH-001").await.unwrap().unwrap();
        assert_eq!((shelf.home.as_deref(), shelf.site), (Some("v1"), site.id));
        let wei = identity::find_login(read.sql(), "wei").await.unwrap().unwrap();
        assert_eq!(wei.grants.len(), 2);
        let audit = audit(read.sql()).await.unwrap();
        assert!(audit.is_clean(), "{audit:?}");
        for format in [Format::Json, Format::Csv] {
            for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Stock) {
                let before = export(read.sql(), kind, Format::Json).await.unwrap();
                let file = export(read.sql(), kind, format).await.unwrap();
                import(&db, Actor::house(), kind, format, &file).await.map_err(told).unwrap();
                assert_eq!(export(read.sql(), kind, Format::Json).await.unwrap(), before, "{kind} {format}");
            }
        }
        let stock = export(read.sql(), Kind::Stock, Format::Json).await.unwrap();
        let rows: Value = serde_json::from_slice(&stock).unwrap();
        assert_eq!((rows[0]["quantity"].as_i64(), rows[1]["bin"].as_str()), (Some(40), Some("M001-01-A")));
    })
    .await;
}

#[tokio::test]
async fn one_wrong_row_and_nothing_is_imported() {
    on_both_engines(async |db, _| {
        world(&db).await;
        let pointers = |stop: Stop| told(stop).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        let wrong = async |kind, text: &str| take(&db, kind, text).await.map_err(pointers).unwrap_err();

        let sites = SITES.replace("NG,", "XX,").replace("07:00-23:00", "7-23").replace("PL,", "YY,");
        assert_eq!(wrong(Kind::Sites, &sites).await, ["row 2/hours"]);
        let sites = SITES.replace("NG,", "XX,").replace("Asia/Shanghai,24/7", "Mars/Olympus,24/7");
        assert_eq!(wrong(Kind::Sites, &sites).await, ["row 1/time_zone"]);
        assert_eq!(wrong(Kind::Services, &SERVICES.replace("NG", "ZZ")).await, ["row 1/site"]);
        assert_eq!(wrong(Kind::Roads, &ROADS.replace("\"to\": 2", "\"to\": 9")).await, ["row 1/to"]);
        let articles = ARTICLES.replace("6291041500213", "6291041500214").replace("TEA:1|CUP:2", "TEA:1|POT:2");
        assert_eq!(
            wrong(Kind::Articles, &articles.replace("TEA,", "NEW,")).await,
            ["row 1/gtin", "row 3/parts/1/code"]
        );
        let floors =
            FLOORS.replace("a01-01-a,A,pick,p1", "a09-01-a,A,pick,p9").replace("agv,NG,007,,,v1", "agv,NG,008,,,p1");
        assert_eq!(wrong(Kind::Floors, &floors).await, ["row 1/node", "row 15/node"]);
        let units = UNITS.replace("T-002,tote", "SH-001,tote");
        assert_eq!(wrong(Kind::Units, &units).await, ["row 2/code"]);
        let people = PEOPLE.replace("wei,", "lin,").replace("4711", "47").replace("director", "emperor");
        assert_eq!(wrong(Kind::People, &people).await, ["row 1/pin", "row 3/role"]);
        assert_eq!(wrong(Kind::Vehicles, &VEHICLES.replace("900000", "0")).await, ["row 1/max_weight_g"]);
        let stock = "site,bin,sku,quantity,lot,expiry\nNG,A01-01-A,TEA,4,L2,\nNG,Z9,CUP,1,,\nNG,G-1,CUP,0,,\n\
            NG,A01-01-A,TEA,1,L1,270131\nNG,G-1,POT,1,,\nNG,G-1,CUP,1,,\n";
        let expected = ["row 1/expiry", "row 2/bin", "row 3/quantity", "row 4/bin", "row 5/sku"];
        assert_eq!(wrong(Kind::Stock, stock).await, expected);

        let mut read = db.read().await.unwrap();
        assert_eq!(network::sites(read.sql()).await.unwrap().len(), 2);
        assert_eq!(catalog::all(read.sql()).await.unwrap().len(), 3);
        assert!(identity::find_login(read.sql(), "lin").await.unwrap().is_none());
        assert!(crate::stock::audit(read.sql()).await.unwrap().is_clean());
    })
    .await;
}

#[tokio::test]
async fn files_are_refused_politely_over_http() {
    on_both_engines(async |db, _| {
        let app = || api::routes().split_for_parts().0.with_state(db.clone());
        let (session, _) = http::sign_in_admin(&db).await;
        let bearer = format!("Bearer {session}");
        let post = |kind: &str, key: &str, media: &str, body: &str| {
            Request::post(format!("/api/v1/import/{kind}"))
                .header(header::AUTHORIZATION, &bearer)
                .header("idempotency-key", key)
                .header(header::CONTENT_TYPE, media)
                .body(Body::from(body.to_owned()))
                .unwrap()
        };
        let sites = || post("sites", "k1", "text/csv; charset=utf-8", SITES);
        let (status, reply, _) = http::send_to(app(), sites()).await;
        assert_eq!((status, reply), (StatusCode::OK, json!({"imported": 2})));
        assert_eq!(http::send_to(app(), sites()).await.1, json!({"imported": 2}));
        let (status, problem, _) =
            http::send_to(app(), post("sites", "k2", "text/csv", &SITES.replace("central", "centre"))).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("import.rows")));
        assert_eq!(problem["errors"][0]["pointer"], "row 1/kind");
        let codes = [
            (post("sites", "k3", "application/json", "{\"no\": 1}"), "import.unreadable"),
            (post("songs", "k4", "application/json", "[]"), "import.unknown_kind"),
            (post("sites", "k5", "image/png", "[]"), "import.unknown_format"),
        ];
        for (request, code) in codes {
            assert_eq!(http::send_to(app(), request).await.1["code"], code);
        }
        let get = |path: &str, bearer: &str| http::call("GET", path, &[("authorization", bearer)], &Value::Null);
        let (status, rows, _) = http::send_to(app(), get("/api/v1/export/sites", &bearer)).await;
        assert_eq!((status, rows.as_array().map(Vec::len)), (StatusCode::OK, Some(2)));
        let (_, problem, _) = http::send_to(app(), get("/api/v1/export/sites?format=xml", &bearer)).await;
        assert_eq!(problem["code"], "import.unknown_format");

        let mut tx = db.begin(Actor::house()).await.unwrap();
        let new = identity::NewToken {
            name: "reader".to_owned(),
            permissions: [identity::Permission::ImportRun, identity::Permission::PeopleManage].into(),
            site: None,
            channel: None,
            expires_at: None,
        };
        let (_, secret) = identity::mint_token(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        let weak = format!("Bearer {secret}");
        let mut request = post("people", "k6", "text/csv", PEOPLE);
        request.headers_mut().insert(header::AUTHORIZATION, weak.parse().unwrap());
        assert_eq!(http::send_to(app(), request).await.1["code"], "auth.more_than_own");
    })
    .await;
}

/// `CARTAGE_IMPORT_SCALE=100` imports what the first journey asks for: 2,000
/// articles, 10,000 bins, 10,000 rows of stock. A tenth of it otherwise.
#[tokio::test]
async fn big_files_are_taken_whole_and_soon() {
    let scale: usize = std::env::var("CARTAGE_IMPORT_SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(10);
    let (articles, bins) = (20 * scale, 100 * scale);
    on_both_engines(async |db, _| {
        take(&db, Kind::Sites, SITES).await.unwrap();
        let mut files = vec![(Kind::Articles, ARTICLES.split_once('\n').unwrap().0.to_owned())];
        for n in 0..articles {
            let body = format!("29{n:010}");
            let check = crate::kernel::barcode::check_digit(&body).unwrap();
            let line =
                format!("\nA{n},Thing {n},东西{n},c{},C,类,{body}{check},100,10,10,10,10,ambient,none,,", n % 14);
            files[0].1.push_str(&line);
        }
        let header = FLOORS.split_once('\n').unwrap().0;
        let mut floor = format!("{header}\nzone,NG,A,,racks,,,,,,,,0,0,5000,4000,,ambient,,,,,,Racks,货架\n");
        floor.push_str("node,NG,p0,,aisle,,,,,people,,,0,0,,,,,,,,,,,\n");
        for n in 1..bins / 5 {
            let step = n - 1;
            floor.push_str(&format!("node,NG,p{n},,aisle,,,,,people,,,{n},0,,,,,,,,,,,\n"));
            floor.push_str(&format!("edge,NG,,,,,,p{step},p{n},people,1000,,,,,,,,,,,,,,\n"));
        }
        let mut stock = "site,bin,sku,quantity\n".to_owned();
        for n in 0..bins {
            let node = n % (bins / 5);
            floor.push_str(&format!("bin,NG,B{n},A,pick,p{node},,,,,,,0,0,,,1,ambient,9000,9000,,,,,\n"));
            stock.push_str(&format!("NG,B{n},A{},{}\n", n % articles, 1 + n % 50));
        }
        files.extend([(Kind::Floors, floor), (Kind::Stock, stock)]);
        for (kind, text) in &files {
            let begun = Instant::now();
            let count = take(&db, *kind, text).await.map_err(told).unwrap();
            let took = begun.elapsed();
            eprintln!("{}: {count} rows of {kind} in {} ms", db.engine().as_str(), took.as_millis());
            assert!(took.as_secs() < 30, "{kind} took {took:?}");
        }
        let mut read = db.read().await.unwrap();
        let site = network::site_by_code(read.sql(), "NG").await.unwrap().unwrap();
        assert_eq!(layout::bins(read.sql(), site.id).await.unwrap().len(), bins);
        assert!(audit(read.sql()).await.unwrap().is_clean());
    })
    .await;
}
