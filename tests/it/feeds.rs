//! The feeds of a channel with many listeners: all end on the true numbers, and who is
//! cut off goes on where he was. On both databases.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use cartage::{
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    identity::Permission,
    layout,
    stock::{self, Account, Goods},
    store::Actor,
};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    house::{House, Persona, on_both},
    journey::order,
};

/// One message of a stream.
struct Message {
    id: i64,
    data: Value,
}

/// An open stream.
struct Ear {
    response: Response,
    rest: String,
}

impl Ear {
    async fn open(who: &Persona, path: &str, last: Option<i64>) -> Self {
        let mut request = reqwest::Client::new().get(format!("{}{path}", who.base()));
        request = request.header("authorization", who.bearer());
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        Self { response, rest: String::new() }
    }

    /// The next message; panics when none comes.
    async fn next(&mut self) -> Message {
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let message = field("data:").map(|data| {
                    let id = field("id:").unwrap().parse().unwrap();
                    Message { id, data: serde_json::from_str(data).unwrap() }
                });
                self.rest = rest.to_owned();
                match message {
                    Some(message) => return message,
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(30), self.response.chunk()).await;
            let chunk = chunk.expect("a message within half a minute").unwrap().expect("the stream goes on");
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// Puts so many more teas on the shelf.
async fn fill(house: &House, quantity: i64) {
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    let tea = catalog::by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
    stock::opening(&mut tx, &Goods::plain(tea.id), quantity, Account::bin(site, slot.id)).await.unwrap();
    tx.commit().await.unwrap();
}

/// What `/api/v1/availability` says a channel may sell.
async fn truth(who: &Persona, channel: &str) -> i64 {
    let sites = who.get(&format!("/api/v1/availability?sku=TEA-1&channel={channel}")).await;
    sites.as_array().unwrap().iter().map(|site| site["available"].as_i64().unwrap()).sum()
}

/// Holds that come and go, from several sides at once.
async fn sell(boss: &Persona) {
    let one = async |n: i64| {
        let lines = json!([{"sku": "TEA-1", "quantity": n}]);
        let hold = json!({"site": "NG", "channel": "mall", "purpose": "cart", "seconds": 9_000, "lines": lines});
        let held = boss.done("/api/v1/holds", hold).await;
        let hold = held["holds"][0]["id"].as_str().expect("a hold").to_owned();
        if n % 3 == 0 {
            boss.done(&format!("/api/v1/holds/{hold}/release"), json!({})).await;
        }
    };
    for round in 0..8 {
        tokio::join!(one(round + 1), one(round + 2), one(3));
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_listeners_end_on_the_true_numbers() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        fill(house, 400).await;
        let put = async |path: &str, body: Value| {
            assert_eq!(boss.send("PUT", path, |request| request.json(&body)).await.status, 204, "{path}");
        };
        put("/api/v1/pools/city", json!({"name": {"en": "City", "zh": "城"}, "sites": ["NG"]})).await;
        let draws = json!([{"pool": "city", "safety_stock": 7, "keep_permille": 100}]);
        put("/api/v1/channels/web/draws", json!({"draws": draws})).await;
        let (said, heard) = tokio::sync::watch::channel(None::<[i64; 2]>);
        let begin = Instant::now();
        let mut listeners = Vec::new();
        for n in 0..200_usize {
            let channel = ["web", "mall"][n % 2];
            let mut ear = Ear::open(&boss, &format!("/api/v1/feeds/stock?channel={channel}"), None).await;
            let mut heard = heard.clone();
            listeners.push(tokio::spawn(async move {
                let (mut frames, mut last) = (0_u128, None);
                while frames == 0 || heard.borrow().is_none_or(|wanted| last != Some(wanted[n % 2])) {
                    let message = tokio::select! {
                        message = ear.next() => message,
                        Ok(()) = heard.changed() => continue,
                    };
                    assert_eq!(message.data["whole"] == true, frames == 0, "first the whole, then changes");
                    frames += 1;
                    let teas = message.data["articles"].as_array().unwrap();
                    last = teas.iter().find(|one| one["sku"] == "TEA-1").map_or(last, |one| one["available"].as_i64());
                }
                (frames, begin.elapsed().as_millis())
            }));
        }
        sell(&boss).await;
        let (web, mall) = (truth(&boss, "web").await, truth(&boss, "mall").await);
        assert!(web > 0 && web < mall, "{web} {mall}");
        said.send_replace(Some([web, mall]));
        for listener in listeners {
            let (frames, ms) = listener.await.unwrap();
            assert!(frames <= ms / 200 + 2, "{frames} frames in {ms} ms");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_goes_on_without_a_gap() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let web = house.bound(&[Permission::OrderRead], |token| token.channel = Some("web".to_owned())).await;
        web.looks("/api/v1/feeds/orders?channel=mall").await.refuses(403, "auth.channel");
        fill(house, 200).await;
        let mut listeners = Vec::new();
        let (said, heard) = tokio::sync::watch::channel(i64::MAX);
        for n in 0..20_usize {
            let (who, mut heard) = ([&boss, &web][n % 2].clone(), heard.clone());
            listeners.push(tokio::spawn(async move {
                let (mut seen, mut ear) = (vec![0], Ear::open(&who, "/api/v1/feeds/orders", Some(0)).await);
                loop {
                    let message = tokio::select! {
                        message = ear.next() => message,
                        _ = heard.changed() => {
                            let end = *heard.borrow();
                            if *seen.last().unwrap() >= end { return seen; }
                            continue;
                        }
                    };
                    seen.push(message.id);
                    if message.id >= *heard.borrow() {
                        return seen;
                    }
                    // Cut after a few messages, each at another place.
                    if seen.len() % (n + 2) == 0 {
                        ear = Ear::open(&who, "/api/v1/feeds/orders", Some(message.id)).await;
                    }
                }
            }));
        }
        let mut channels = HashMap::new();
        for n in 0..24 {
            let channel = ["web", "mall"][n % 2];
            let mut wanted = order(1);
            wanted["channel"] = json!(channel);
            let placed = boss.done("/api/v1/orders", wanted).await;
            channels.insert(placed["id"].as_str().unwrap().to_owned(), channel);
        }
        // One more of the channel that both kinds of listeners hear ends the story.
        let last = boss.done("/api/v1/orders", order(1)).await["id"].as_str().unwrap().to_owned();
        channels.insert(last.clone(), "web");
        let end = crate::journey::until("the last order in the log", async || {
            let facts = facts(&boss).await;
            let about = facts.iter().rev().find(|fact| fact["body"]["order"] == last.as_str());
            about.and_then(|fact| fact["position"].as_i64())
        })
        .await;
        said.send_replace(end);
        let all = facts(&boss).await;
        for (n, listener) in listeners.into_iter().enumerate() {
            let seen = listener.await.unwrap();
            let stop = *seen.last().unwrap();
            let mine = |fact: &&Value| {
                let channel = fact["body"]["order"].as_str().and_then(|order| channels.get(order));
                channel.is_some_and(|channel| n % 2 == 0 || *channel == "web")
            };
            let told = all.iter().filter(mine).filter_map(|fact| fact["position"].as_i64());
            let told: Vec<i64> = std::iter::once(0).chain(told.filter(|at| *at <= stop)).collect();
            assert!(told.len() > 24, "{told:?}");
            assert_eq!(seen.iter().filter(|at| told.last() >= Some(at)).copied().collect::<Vec<_>>(), told);
        }
    })
    .await;
}

/// Every fact so far.
async fn facts(who: &Persona) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), json!(0));
    loop {
        let page = who.get(&format!("/api/v1/events?after={after}&limit=1000")).await;
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            return all;
        }
        all.extend(items.iter().cloned());
        after = page["next"].clone();
    }
}

/// An article of which nothing is told unless it changes.
async fn calm_article(house: &House) {
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let names = |text: &str| Names { en: text.into(), zh: text.into() };
    let calm = NewArticle {
        code: "CUP-1".into(),
        name: names("Cup"),
        category: Category { code: "cups".into(), en: "Cups".into(), zh: "杯".into() },
        gtin: None,
        price_minor: 900,
        length_mm: 90,
        width_mm: 90,
        height_mm: 90,
        weight_g: 300,
        temperature: Temperature::Ambient,
        lot_rule: LotRule::None,
        serial_tracked: false,
        image: String::new(),
        active: true,
        popularity: 1,
        barcodes: Vec::new(),
        parts: Vec::new(),
    };
    let calm = catalog::define(&mut tx, &calm, None).await.unwrap();
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    stock::opening(&mut tx, &Goods::plain(calm.id), 9, Account::bin(site, slot.id)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_feed_resumes_with_what_changed_since() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        calm_article(house).await;
        fill(house, 20).await;
        let path = "/api/v1/feeds/stock?channel=web";
        let told = |message: &Message| -> Vec<(String, i64)> {
            let articles = message.data["articles"].as_array().unwrap().iter();
            articles.map(|one| (one["sku"].as_str().unwrap().into(), one["available"].as_i64().unwrap())).collect()
        };
        // One who stays, so that the feed remembers.
        let mut stays = Ear::open(&boss, path, None).await;
        assert_eq!(told(&stays.next().await), [("CUP-1".to_owned(), 9), ("TEA-1".to_owned(), 25)]);
        let mut goes = Ear::open(&boss, path, None).await;
        assert_eq!(goes.next().await.data["whole"], true);
        fill(house, 10).await;
        let last = goes.next().await;
        assert_eq!((told(&last), &last.data["whole"]), (vec![("TEA-1".to_owned(), 35)], &json!(false)));
        drop(goes);
        for more in [3, 4] {
            fill(house, more).await;
            while told(&stays.next().await) != [("TEA-1".to_owned(), truth(&boss, "web").await)] {}
        }
        // What did not change is not told again, and of what did the newest value alone.
        let mut back = Ear::open(&boss, path, Some(last.id)).await;
        let resumed = back.next().await;
        assert_eq!((told(&resumed), &resumed.data["whole"]), (vec![("TEA-1".to_owned(), 42)], &json!(false)));
        assert!(resumed.id > last.id);
        fill(house, 1).await;
        assert_eq!(told(&back.next().await), [("TEA-1".to_owned(), 43)]);
        // Who knows nothing that the feed remembers hears of every article.
        for strange in [0, i64::MAX] {
            let all = Ear::open(&boss, path, Some(strange)).await.next().await;
            let wanted = [("CUP-1".to_owned(), 9), ("TEA-1".to_owned(), 43)];
            assert_eq!(told(&all), wanted, "{strange}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_event_id_that_is_none_is_refused() {
    let house = House::open(None).await;
    let boss = house.machine(Permission::ALL).await;
    for path in ["/api/v1/events/stream", "/api/v1/feeds/orders", "/api/v1/feeds/stock"] {
        for id in ["x", "-1", "1.5", "9223372036854775808", "%31"] {
            let answer = boss.send("GET", path, |request| request.header("last-event-id", id)).await;
            answer.refuses(400, "last_event_id.invalid");
        }
        house.machine(&[Permission::WorkDo]).await.looks(path).await.refuses(403, "auth.forbidden");
    }
    house.close().await;
}
