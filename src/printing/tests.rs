//! Print jobs on both engines, against printers that are real sockets.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use serde_json::{Value, json};

use super::{label::sample, *};
use crate::{
    fixtures::{call, token},
    identity::Permission,
    kernel::*,
    store::{Actor, Db, log, on_both_engines},
};

/// How a printer behaves for each connection.
#[derive(Clone, Copy)]
enum Mood {
    Prints,
    BreaksOff,
    OutOfLabels,
}

/// A printer on loopback; each connection takes the next mood. Gives what it got.
async fn printer(moods: Vec<Mood>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = tokio::spawn(async move {
        let mut pages = Vec::new();
        for mood in moods {
            let (mut wire, _) = listener.accept().await.unwrap();
            let mut page = Vec::new();
            match mood {
                Mood::Prints => drop(wire.read_to_end(&mut page).await.unwrap()),
                Mood::BreaksOff => drop(wire.read_exact(&mut [0; 4]).await.unwrap()),
                Mood::OutOfLabels => {
                    wire.read_exact(&mut [0; 3]).await.unwrap();
                    let answer = b"\x02030,1,1,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,0,1,000\x03\r\n\x021234,0\x03\r\n";
                    wire.write_all(answer).await.unwrap();
                    wire.read_to_end(&mut page).await.ok();
                }
            }
            pages.push(String::from_utf8(page).unwrap());
        }
        pages
    });
    (address, served)
}

async fn set(db: &Db, site: SiteId, address: &str, asks_status: bool) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let printer = Printer {
        site,
        name: "zebra".into(),
        station: String::new(),
        address: address.into(),
        font: String::new(),
        asks_status,
    };
    set_printer(&mut tx, &printer).await.unwrap();
    tx.commit().await.unwrap();
}

async fn queue(db: &Db, site: SiteId) -> PrintId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let new = NewPrint {
        site,
        station: "P1".into(),
        kind: PrintKind::Parcel,
        subject: "pcl_1".into(),
        label: sample(),
        recipient: None,
    };
    let id = print(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn job(db: &Db, id: PrintId) -> Print {
    let mut read = db.read().await.unwrap();
    by_id(read.sql(), id).await.unwrap().unwrap()
}

async fn a_site(db: &Db) -> SiteId {
    db.begin(Actor::house()).await.unwrap().id()
}

async fn kinds(db: &Db, id: PrintId) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let facts = log::story(read.sql(), &id.to_string()).await.unwrap();
    facts.into_iter().map(|fact| fact.kind).collect()
}

#[tokio::test]
async fn a_label_reaches_the_printer_and_a_reprint_is_the_same_and_counted() {
    on_both_engines(async |db, _| {
        let site = a_site(&db).await;
        let (address, served) = printer(vec![Mood::Prints, Mood::Prints]).await;
        set(&db, site, &address, false).await;
        let id = queue(&db, site).await;
        assert_eq!(send(&db, id).await.unwrap(), None);
        assert_eq!(send(&db, id).await.unwrap(), None);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        reprint(&mut tx, id).await.unwrap();
        let again = reprint(&mut tx, id).await.unwrap_err();
        assert_eq!(again.code(), Some("print.not_now"));
        tx.commit().await.unwrap();
        assert_eq!(send(&db, id).await.unwrap(), None);
        let done = job(&db, id).await;
        assert_eq!((done.state, done.copies, done.attempts), (PrintState::Done, 2, 0));
        let pages = served.await.unwrap();
        assert_eq!(pages[0], pages[1]);
        assert_eq!(pages[0], to_zpl(&sample(), "").unwrap());
        assert_eq!(kinds(&db, id).await, ["print.queued", "print.done", "print.queued", "print.done"]);
    })
    .await;
}

#[tokio::test]
async fn a_printer_that_refuses_is_reported_once_and_its_return_revives_the_jobs() {
    on_both_engines(async |db, clock| {
        let site = a_site(&db).await;
        // A port that nobody listens on.
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        set(&db, site, &closed, false).await;
        let id = queue(&db, site).await;
        for (n, wait) in [2_000, 4_000, 8_000].into_iter().enumerate() {
            assert_eq!(send(&db, id).await.unwrap(), Some(clock.now().plus_ms(wait)));
            assert_eq!(job(&db, id).await.attempts, i64::try_from(n).unwrap() + 1);
        }
        assert_eq!(send(&db, id).await.unwrap(), None);
        let kept = job(&db, id).await;
        assert_eq!((kept.state, kept.copies), (PrintState::Failed, 0));
        assert!(kept.error.unwrap().contains("no connection"));
        assert_eq!(send(&db, id).await.unwrap(), None);
        assert_eq!(kinds(&db, id).await, ["print.queued", "print.failed"]);

        let (address, served) = printer(vec![Mood::Prints, Mood::Prints]).await;
        set(&db, site, &address, false).await;
        let next = queue(&db, site).await;
        send(&db, next).await.unwrap();
        assert_eq!(job(&db, id).await.state, PrintState::Queued);
        send(&db, id).await.unwrap();
        assert_eq!(job(&db, id).await.state, PrintState::Done);
        served.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_and_an_empty_roll_are_tried_again() {
    on_both_engines(async |db, _| {
        let site = a_site(&db).await;
        let (address, served) = printer(vec![Mood::BreaksOff, Mood::OutOfLabels]).await;
        set(&db, site, &address, false).await;
        let id = queue(&db, site).await;
        assert!(send(&db, id).await.unwrap().is_some());
        assert!(job(&db, id).await.error.unwrap().contains("broke"));
        set(&db, site, &address, true).await;
        assert!(send(&db, id).await.unwrap().is_some());
        assert!(job(&db, id).await.error.unwrap().contains("out of labels"));
        // Nothing was put on the wire that the printer would keep and print later.
        assert_eq!(served.await.unwrap(), ["", ""]);
    })
    .await;
}

#[tokio::test]
async fn without_a_printer_the_browser_prints_and_confirms() {
    on_both_engines(async |db, _| {
        let site = a_site(&db).await;
        let id = queue(&db, site).await;
        assert_eq!(send(&db, id).await.unwrap(), None);
        assert_eq!((job(&db, id).await.state, job(&db, id).await.printer), (PrintState::Queued, String::new()));
        for _ in 0..2 {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            confirm(&mut tx, id).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!((job(&db, id).await.state, job(&db, id).await.copies), (PrintState::Done, 1));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        void(&mut tx, "pcl_1").await.unwrap();
        void(&mut tx, "pcl_1").await.unwrap();
        assert_eq!(reprint(&mut tx, id).await.unwrap_err().code(), Some("print.not_now"));
        assert_eq!(confirm(&mut tx, id).await.unwrap_err().code(), Some("print.not_now"));
        tx.commit().await.unwrap();
        assert!(job(&db, id).await.label.lines.is_empty());
        assert_eq!(kinds(&db, id).await, ["print.queued", "print.done", "print.void"]);
    })
    .await;
}

#[tokio::test]
async fn a_failed_job_goes_to_another_printer_or_the_browser_and_strange_ones_are_refused() {
    on_both_engines(async |db, clock| {
        let site = a_site(&db).await;
        set(&db, site, "127.0.0.1:1", false).await;
        let id = queue(&db, site).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(retry(&mut tx, id, Some("nobody")).await.unwrap_err().code(), Some("printer.unknown"));
        retry(&mut tx, id, Some("")).await.unwrap();
        let strange = Printer {
            site,
            name: "x".into(),
            station: String::new(),
            address: "nowhere".into(),
            font: String::new(),
            asks_status: false,
        };
        assert_eq!(set_printer(&mut tx, &strange).await.unwrap_err().code(), Some("printer.bad_address"));
        let label = Label { code: LabelCode::Plain { text: "箱".into() }, ..sample() };
        let new = NewPrint {
            site,
            station: String::new(),
            kind: PrintKind::Place,
            subject: String::new(),
            label,
            recipient: None,
        };
        assert_eq!(print(&mut tx, &new).await.unwrap_err().code(), Some("print.bad_code"));
        let unknown = tx.id();
        assert_eq!(confirm(&mut tx, unknown).await.unwrap_err().code(), Some("print.unknown"));
        confirm(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(list(read.sql(), Some(site), Some(PrintState::Done), "", 9).await.unwrap().len(), 1);
        assert_eq!(list(read.sql(), Some(site), Some(PrintState::Failed), "", 9).await.unwrap().len(), 0);
        assert_eq!(by_subject(read.sql(), "pcl_1").await.unwrap()[0].label.lines.len(), 4);
        drop(read);
        clock.advance_ms(31 * 24 * 3_600_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        forget_old(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(job(&db, id).await.label.lines.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_endpoints_show_pages_to_those_who_work_there() {
    on_both_engines(async |db, _| {
        let (site, other) = (a_site(&db).await, a_site(&db).await);
        let here = token(&db, &[Permission::WorkDo], Some(site)).await;
        let there = token(&db, &[Permission::WorkDo], Some(other)).await;
        let id = queue(&db, site).await;
        let get = |token: &str, path: String| {
            let token = token.to_owned();
            let db = db.clone();
            async move { call(&db, api::routes(), &token, &format!("GET {path}"), "k", Value::Null).await }
        };
        let pdf = get(&here, format!("/api/v1/prints/{id}.pdf")).await;
        assert_eq!((pdf.status, pdf.kind.as_str()), (200, "application/pdf"));
        assert!(pdf.bytes.starts_with(b"%PDF-"));
        let zpl = get(&here, format!("/api/v1/prints/{id}.zpl")).await;
        assert_eq!(zpl.bytes, to_zpl(&sample(), "").unwrap().into_bytes());
        assert_eq!(get(&there, format!("/api/v1/prints/{id}.pdf")).await.status, 404);
        assert_eq!(get(&here, "/api/v1/prints/prt_none.pdf".into()).await.status, 404);
        assert_eq!(get(&here, "/api/v1/prints".into()).await.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(get(&there, "/api/v1/prints?state=queued".into()).await.json()["items"], json!([]));
        assert_eq!(get(&there, format!("/api/v1/prints?site={site}")).await.code(), "auth.forbidden");

        let post = |what: String, key: &'static str, body: Value| {
            let (db, here) = (db.clone(), here.clone());
            async move { call(&db, api::routes(), &here, &format!("POST /api/v1/prints/{what}"), key, body).await }
        };
        assert_eq!(post(format!("{id}/reprint"), "a", json!({})).await.code(), "print.not_now");
        let done = post(format!("{id}/done"), "b", json!({})).await;
        assert_eq!((done.status, done.json()["print"]["copies"].clone()), (200, json!(1)));
        assert_eq!(post(format!("{id}/done"), "b", json!({})).await.bytes, done.bytes);
        assert_eq!(post(format!("{id}/retry"), "c", json!({"printer": 4})).await.code(), "body.invalid");
        assert_eq!(post(format!("{id}/retry"), "d", json!({})).await.code(), "print.not_now");
        assert_eq!(post(format!("{id}/reprint"), "e", json!({})).await.json()["print"]["state"], json!("queued"));

        let printer = json!({"site": site, "name": "zebra", "address": "127.0.0.1:9100"});
        let put = |token: String| {
            let (db, printer) = (db.clone(), printer.clone());
            async move { call(&db, api::routes(), &token, "PUT /api/v1/printers", "k", printer).await }
        };
        assert_eq!(put(here.clone()).await.status, 403);
        assert_eq!(put(token(&db, &[Permission::LayoutEdit], None).await).await.status, 200);
        let listed = get(&here, format!("/api/v1/printers?site={site}")).await;
        assert_eq!(listed.json()[0]["name"], json!("zebra"));
    })
    .await;
}
