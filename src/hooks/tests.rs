//! Hooks on both engines, against a real listener: order, signatures, patience, who is
//! gone, replays, and a copy that keeps silent.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    event::Event,
    fixtures::{call, house, token},
    identity::{self, Permission},
    kernel::*,
    store::{Actor, Db, log, on_both_engines},
};

/// What came, and what is answered next; 200 when nothing is said.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<(Vec<Heard>, VecDeque<u16>)>>);

type Heard = (HeaderMap, String);

impl Ear {
    async fn open() -> (Self, String) {
        let ear = Self::default();
        let router = Router::new().route("/hook", post(hear)).with_state(ear.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (ear, url)
    }
    fn say(&self, statuses: &[u16]) {
        self.0.lock().unwrap().1.extend(statuses);
    }
    fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.0.lock().unwrap().0)
    }
    fn kinds(&self) -> Vec<String> {
        let kind = |body: &str| serde_json::from_str::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned();
        self.heard().iter().map(|(_, body)| kind(body)).collect()
    }
}

async fn hear(State(ear): State<Ear>, headers: HeaderMap, body: String) -> (StatusCode, &'static str) {
    let mut both = ear.0.lock().unwrap();
    both.0.push((headers, body));
    let status = both.1.pop_front().unwrap_or(200);
    (StatusCode::from_u16(status).unwrap(), "heard")
}

async fn hook(db: &Db, url: &str, kinds: &[&str]) -> Hook {
    let new =
        NewHook { url: url.to_owned(), kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), channel: None };
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let hook = add(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    hook
}

async fn state(db: &Db, facts: Vec<Event>) {
    for fact in facts {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        tx.emit(fact);
        tx.commit().await.unwrap();
    }
    while log::stamp(db, "test").await.unwrap() > 0 {}
    while gather(db).await.unwrap() > 0 {}
}

fn order(db: &Db) -> OrderId {
    OrderId::new(db.dice.ulid(db.clock.now()))
}

fn sender(db: &Db) -> Sender {
    Sender::new(db.clone(), Reach { private: true }).unwrap()
}

async fn drain(db: &Db) {
    let sender = sender(db);
    while sender.send_due().await.unwrap() > 0 {}
}

#[tokio::test]
async fn facts_arrive_signed_once_and_in_their_order() {
    on_both_engines(async |db, _| {
        let (ear, url) = Ear::open().await;
        let hook = hook(&db, &url, &["order."]).await;
        let (one, other) = (order(&db), order(&db));
        let reason = || "changed mind".to_owned();
        let facts = vec![
            Event::OrderAccepted { order: one },
            Event::OrderAccepted { order: other },
            Event::OrderCancelled { order: one, reason: reason() },
            Event::HoldReleased {
                order: one,
                line: LineId::new(db.dice.ulid(db.clock.now())),
                hold: HoldId::new(db.dice.ulid(db.clock.now())),
                site: SiteId::new(db.dice.ulid(db.clock.now())),
                sku: SkuId::new(db.dice.ulid(db.clock.now())),
                quantity: 1,
                reason: reason(),
            },
        ];
        state(&db, facts).await;
        drain(&db).await;
        let heard = ear.heard();
        assert_eq!(heard.len(), 3, "a hold is nobody's business outside");
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let key = verbs::key(&identity::signer(&mut tx).await.unwrap(), hook.id, 1);
        assert_eq!(secret(&mut tx, hook.id).await.unwrap(), spelled(&key));
        tx.commit().await.unwrap();
        for (headers, body) in &heard {
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            let made = signature(&key, &text("webhook-id"), text("webhook-timestamp").parse().unwrap(), body);
            assert_eq!(text("webhook-signature"), made);
        }
        let about_one: Vec<_> = heard.iter().filter(|(_, body)| body.contains(&one.to_string())).collect();
        assert!(about_one[0].1.contains("order.accepted") && about_one[1].1.contains("order.cancelled"));
        drain(&db).await;
        assert!(ear.heard().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_taken_is_tried_later_and_holds_up_its_own_order_alone() {
    on_both_engines(async |db, clock| {
        let (ear, url) = Ear::open().await;
        let hook = hook(&db, &url, &[]).await;
        ear.say(&[500]);
        let (one, other) = (order(&db), order(&db));
        state(&db, vec![Event::OrderAccepted { order: one }]).await;
        drain(&db).await;
        assert_eq!(ear.kinds(), ["order.accepted"]);
        let cancelled = |order| Event::OrderCancelled { order, reason: "late".into() };
        state(&db, vec![cancelled(one), cancelled(other)]).await;
        drain(&db).await;
        assert_eq!(ear.heard().len(), 1, "the other order does not wait");
        clock.advance_ms(10_000);
        drain(&db).await;
        assert_eq!(ear.kinds(), ["order.accepted", "order.cancelled"]);
        let mut read = db.read().await.unwrap();
        let told = messages(read.sql(), hook.id, "sent", "", 10).await.unwrap();
        assert_eq!(told.iter().map(|message| message.attempts).collect::<Vec<_>>(), [1, 1, 2]);
        assert!(told.iter().all(|message| (message.status, message.reply.as_str()) == (200, "heard")));
    })
    .await;
}

#[tokio::test]
async fn who_never_answers_is_paused_and_who_is_gone_is_left_alone() {
    on_both_engines(async |db, clock| {
        let hook = hook(&db, "http://127.0.0.1:9/nobody", &[]).await;
        state(&db, vec![Event::OrderAccepted { order: order(&db) }]).await;
        for _ in 0..13 {
            drain(&db).await;
            clock.advance_ms(2 * 86_400_000);
        }
        let mut read = db.read().await.unwrap();
        let given_up = messages(read.sql(), hook.id, "failed", "", 10).await.unwrap();
        assert_eq!((given_up.len(), given_up[0].attempts, given_up[0].status), (1, 13, 0));
        assert_eq!(by_id(read.sql(), hook.id).await.unwrap().unwrap().state, HookState::Paused);
        drop(read);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        resume(&mut tx, hook.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sender(&db).send_due().await.unwrap(), 1);

        let (ear, url) = Ear::open().await;
        let gone = self::hook(&db, &url, &[]).await;
        ear.say(&[410]);
        state(&db, vec![Event::OrderAccepted { order: order(&db) }]).await;
        drain(&db).await;
        state(&db, vec![Event::OrderAccepted { order: order(&db) }]).await;
        drain(&db).await;
        assert_eq!(ear.heard().len(), 1);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(by_id(tx.sql(), gone.id).await.unwrap().unwrap().state, HookState::Disabled);
        assert_eq!(resume(&mut tx, gone.id).await.unwrap_err().code(), Some("hook.disabled"));
    })
    .await;
}

#[tokio::test]
async fn stock_is_told_by_its_latest_value_and_a_replay_keeps_the_ids() {
    on_both_engines(async |db, _| {
        let (ear, url) = Ear::open().await;
        let hook = hook(&db, &url, &["inventory.changed", "order.accepted"]).await;
        let house = house(&db).await;
        let changed = |available, version| Event::InventoryChanged {
            sku: house.tea.id,
            site: house.site,
            channel: "*".into(),
            available,
            version,
        };
        state(&db, vec![changed(9, 1), changed(8, 2), Event::OrderAccepted { order: order(&db) }, changed(3, 3)]).await;
        drain(&db).await;
        let heard = ear.heard();
        assert_eq!(heard.len(), 2);
        assert!(heard.iter().any(|(_, body)| body.contains("\"available\":3")));
        let ids = |heard: &[Heard]| {
            let mut ids: Vec<_> = heard.iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
            ids.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
            ids
        };
        let first = ids(&heard);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert!(replay(&mut tx, hook.id, 0).await.unwrap() >= 4);
        rotate(&mut tx, hook.id).await.unwrap();
        let message = test(&mut tx, hook.id).await.unwrap();
        hold_all(&mut tx, "a copy").await.unwrap();
        tx.commit().await.unwrap();
        drain(&db).await;
        assert!(ear.heard().is_empty(), "a copy keeps silent");
        let mut tx = db.begin(Actor::house()).await.unwrap();
        release_all(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        drain(&db).await;
        let heard = ear.heard();
        assert!(first.iter().all(|id| ids(&heard).contains(id)));
        assert!(heard.iter().any(|(headers, _)| headers["webhook-id"] == message.to_string().as_str()));
        // Old and new secret both sign for a day.
        assert!(
            heard.iter().all(|(headers, _)| headers["webhook-signature"].to_str().unwrap().split(' ').count() == 2)
        );
    })
    .await;
}

#[tokio::test]
async fn the_api_makes_checks_and_removes_hooks() {
    on_both_engines(async |db, _| {
        let all = token(&db, &[Permission::ConfigEdit], None).await;
        let none = token(&db, &[Permission::OrderRead], None).await;
        let ask = async |token: &str, what: &str, body: Value| {
            let key = db.dice.ulid(db.clock.now()).to_string();
            call(&db, api::routes(), token, what, &key, body).await
        };
        let new = json!({ "url": "https://shop.example/hook", "kinds": ["parcel."] });
        let made = ask(&all, "POST /api/v1/hooks", new).await;
        assert_eq!(made.status, 201, "{}", made.json());
        let at = format!("/api/v1/hooks/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(ask(&none, "GET /api/v1/hooks", Value::Null).await.status, 403);
        assert_eq!(ask(&none, &format!("GET {at}"), Value::Null).await.status, 403);
        let secret = ask(&all, &format!("GET {at}/secret"), Value::Null).await.json();
        assert!(secret["secret"].as_str().unwrap().starts_with("whsec_"));
        for wrong in ["http://shop.example/hook", "https://10.0.0.1/", "nowhere"] {
            let refused = ask(&all, "POST /api/v1/hooks", json!({ "url": wrong })).await;
            assert_eq!((refused.status, refused.code().as_str()), (422, "hook.bad_url"), "{wrong}");
        }
        let no_kind = json!({ "url": "https://shop.example", "kinds": ["task.ready"] });
        assert_eq!(ask(&all, "POST /api/v1/hooks", no_kind).await.code(), "hook.no_kind");
        assert_eq!(ask(&all, &format!("POST {at}/test"), json!({})).await.status, 202);
        let told = ask(&all, &format!("GET {at}/messages?state=waiting"), Value::Null).await.json();
        let message = told["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(told["items"][0]["kind"], TEST);
        assert_eq!(ask(&all, &format!("POST /api/v1/hooks/messages/{message}/again"), json!({})).await.status, 202);
        for (verb, body) in [("secret", json!({})), ("resume", json!({})), ("replay", json!({ "after": 0 }))] {
            let done = ask(&all, &format!("POST {at}/{verb}"), body).await;
            assert!((200..300).contains(&done.status), "{verb}: {}", done.json());
        }
        assert_eq!(ask(&all, "POST /api/v1/hooks/release", json!({})).await.status, 200);
        assert_eq!(ask(&all, &format!("DELETE {at}"), json!({})).await.status, 200);
        assert_eq!(ask(&all, &format!("GET {at}"), Value::Null).await.code(), "hook.unknown");
    })
    .await;
}
