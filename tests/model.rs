//! Stock against a plain model in memory: random verbs, one after the other with
//! every answer foretold, and from many tasks at once with every answer added up.
//! `CARTAGE_MODEL_HISTORIES` says how many histories of each kind (20 unless told),
//! `CARTAGE_MODEL_SEED` with which seed to begin; a difference names its seed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use cartage::{
    bench::world::{self, Shopper, Size},
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    checkout::{Till, Want, Wish},
    kernel::{BinId, HoldId, OrderId, SiteId, SkuId, Stop, Time, UnitId, time::HandClock},
    orders,
    stock::{self, Account, Condition, Goods, HoldState, Movement},
    store::{Actor, Db, command::Marked, log, on_both_engines},
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

const ARTICLES: usize = 2;

/// Something that is done to the stock of one history.
#[derive(Debug, Clone)]
enum Verb {
    /// An order; the article may stand in it more than once. Asked twice if told so.
    Place {
        lines: Vec<(usize, i64)>,
        twice: bool,
    },
    /// A hold that may lapse.
    Reserve {
        article: usize,
        quantity: i64,
        lapses_ms: Option<i64>,
    },
    Pick {
        hold: usize,
        quantity: i64,
    },
    Release {
        hold: usize,
        quantity: i64,
    },
    Expire {
        hold: usize,
    },
    Wait {
        ms: i64,
    },
    Count {
        article: usize,
        counted: i64,
    },
    Receive {
        article: usize,
        quantity: i64,
    },
    Cancel {
        order: usize,
    },
}

fn verbs(rng: &mut ChaCha20Rng, n: usize) -> Vec<Verb> {
    let verb = |rng: &mut ChaCha20Rng| {
        let article = rng.random_range(0..ARTICLES);
        let (quantity, hold) = (rng.random_range(1..5), rng.random_range(0..12));
        match rng.random_range(0..20) {
            0..5 => {
                let lines =
                    (0..rng.random_range(1..4)).map(|_| (rng.random_range(0..ARTICLES), rng.random_range(1..4)));
                Verb::Place { lines: lines.collect(), twice: rng.random_bool(0.3) }
            }
            5..9 => {
                let lapses_ms = rng.random_bool(0.5).then(|| rng.random_range(1..4) * 100);
                Verb::Reserve { article, quantity, lapses_ms }
            }
            9..12 => Verb::Pick { hold, quantity },
            12..14 => Verb::Release { hold, quantity },
            14 => Verb::Expire { hold },
            15 => Verb::Wait { ms: rng.random_range(1..3) * 100 },
            16..18 => Verb::Count { article, counted: rng.random_range(0..12) },
            18 => Verb::Receive { article, quantity },
            _ => Verb::Cancel { order: rng.random_range(0..4) },
        }
    };
    (0..n).map(|_| verb(rng)).collect()
}

/// What an answer was, as far as a model can foretell it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Done(i64),
    No(&'static str),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    article: usize,
    promised_by: Time,
    expires_at: Option<Time>,
    quantity: i64,
    posted: i64,
    released: i64,
}

impl Held {
    fn open(&self) -> i64 {
        self.quantity - self.posted - self.released
    }
}

/// The plain model.
#[derive(Debug, Default, Clone)]
struct Model {
    on_hand: [i64; ARTICLES],
    holds: BTreeMap<HoldId, Held>,
}

impl Model {
    fn held(&self, article: usize) -> i64 {
        self.holds.values().filter(|hold| hold.article == article).map(Held::open).sum()
    }

    fn free(&self, article: usize) -> i64 {
        self.on_hand[article] - self.held(article)
    }

    /// The latest promises give way, the younger hold first among equals.
    fn count(&mut self, article: usize, counted: i64) -> i64 {
        let change = counted - self.on_hand[article];
        self.on_hand[article] = counted;
        let mut excess = self.held(article) - counted;
        let mut order: Vec<_> = self.holds.iter().map(|(id, hold)| (hold.promised_by, *id)).collect();
        order.sort_unstable();
        for (_, id) in order.into_iter().rev() {
            let hold = self.holds.get_mut(&id).unwrap();
            if hold.article == article && excess > 0 {
                let cut = hold.open().min(excess);
                hold.released += cut;
                excess -= cut;
            }
        }
        change
    }
}

/// What one history plays on.
struct Stage {
    db: Db,
    clock: Arc<HandClock>,
    till: Till,
    site: SiteId,
    bins: [BinId; ARTICLES],
    skus: [SkuId; ARTICLES],
    codes: [String; ARTICLES],
    tote: UnitId,
    name: String,
    /// Holds and orders in the order in which they were answered.
    holds: Mutex<Vec<HoldId>>,
    orders: Mutex<Vec<OrderId>>,
}

fn article(code: &str) -> NewArticle {
    NewArticle {
        code: code.into(),
        name: Names { en: code.into(), zh: code.into() },
        category: Category { code: "all".into(), en: "All".into(), zh: "全部".into() },
        gtin: None,
        price_minor: 100,
        length_mm: 10,
        width_mm: 10,
        height_mm: 10,
        weight_g: 10,
        temperature: Temperature::Ambient,
        lot_rule: LotRule::None,
        serial_tracked: false,
        image: String::new(),
        active: true,
        popularity: 1,
        barcodes: Vec::new(),
        parts: Vec::new(),
    }
}

impl Stage {
    async fn set(db: &Db, clock: &Arc<HandClock>, till: &Till, site: SiteId, name: String) -> (Self, Model) {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let codes = std::array::from_fn(|n| format!("{name}-{n}"));
        let bins = std::array::from_fn(|_| tx.id());
        let mut skus = Vec::new();
        for (code, bin) in codes.iter().zip(bins) {
            let sku = catalog::define(&mut tx, &article(code), None).await.unwrap().id;
            stock::opening(&mut tx, &Goods::plain(sku), 10, Account::bin(site, bin)).await.unwrap();
            skus.push(sku);
        }
        let tote = tx.id();
        tx.commit().await.unwrap();
        let skus = [skus[0], skus[1]];
        let (holds, orders) = Default::default();
        let (db, clock, till) = (db.clone(), clock.clone(), till.clone());
        let stage = Self { db, clock, till, site, bins, skus, codes, tote, name, holds, orders };
        (stage, Model { on_hand: [10; ARTICLES], ..Model::default() })
    }

    fn hold(&self, n: usize) -> Option<HoldId> {
        let holds = self.holds.lock().unwrap();
        (!holds.is_empty()).then(|| holds[n % holds.len()])
    }

    fn order(&self, n: usize) -> Option<OrderId> {
        let orders = self.orders.lock().unwrap();
        (!orders.is_empty()).then(|| orders[n % orders.len()])
    }

    fn movement(&self, article: usize, quantity: i64) -> Movement {
        Movement {
            goods: Goods::plain(self.skus[article]),
            quantity,
            from: Account::bin(self.site, self.bins[article]),
            to: Account::bound(self.site, self.tote),
            becomes: Condition::Sellable,
            reason: "picked",
            reference: self.name.clone(),
        }
    }

    fn article_of(&self, sku: SkuId) -> usize {
        self.skus.iter().position(|known| *known == sku).unwrap()
    }

    /// Does a verb in a transaction of its own; one that PostgreSQL gave up for
    /// another is done again.
    async fn act(&self, at: usize, verb: &Verb) -> Said {
        if let Verb::Place { lines, twice } = verb {
            return self.place(at, lines, *twice).await;
        }
        for _ in 0..50 {
            match self.try_act(verb).await {
                Ok(said) => return said,
                Err(Stop::Refused(refusal)) => return Said::No(refusal.code()),
                Err(Stop::Fault(fault)) => assert!(fault.retryable, "{}: {fault}", self.name),
            }
        }
        panic!("{}: {verb:?} never came through", self.name)
    }

    async fn try_act(&self, verb: &Verb) -> Result<Said, Stop> {
        let mut tx = self.db.begin(Actor::house()).await?;
        let mut fresh = None;
        let done = match verb {
            Verb::Place { .. } => return Ok(Said::Nothing),
            Verb::Wait { ms } => {
                self.clock.advance_ms(*ms);
                return Ok(Said::Nothing);
            }
            Verb::Reserve { article, quantity, lapses_ms } => {
                let now = tx.now();
                let want = stock::Want {
                    order: tx.id(),
                    line: tx.id(),
                    site: self.site,
                    sku: self.skus[*article],
                    quantity: *quantity,
                    promised_by: now.plus_ms(quantity * 1000),
                    expires_at: lapses_ms.map(|ms| now.plus_ms(ms)),
                    purpose: stock::Purpose::Cart,
                };
                fresh = Some(stock::reserve(&mut tx, &want).await?);
                *quantity
            }
            Verb::Pick { hold, quantity } => {
                let Some(hold) = self.hold(*hold) else { return Ok(Said::Nothing) };
                let found = stock::hold_by_id(tx.sql(), hold).await?.unwrap();
                stock::pick(&mut tx, hold, &self.movement(self.article_of(found.sku), *quantity)).await?;
                *quantity
            }
            Verb::Release { hold, quantity } => {
                let Some(hold) = self.hold(*hold) else { return Ok(Said::Nothing) };
                stock::release(&mut tx, hold, *quantity, "test").await?
            }
            Verb::Expire { hold } => {
                let Some(hold) = self.hold(*hold) else { return Ok(Said::Nothing) };
                stock::expire(&mut tx, hold).await?
            }
            Verb::Count { article, counted } => {
                let (goods, at) = (Goods::plain(self.skus[*article]), Account::bin(self.site, self.bins[*article]));
                stock::count(&mut tx, &goods, at, *counted, "counted", String::new()).await?
            }
            Verb::Receive { article, quantity } => {
                let (goods, at) = (Goods::plain(self.skus[*article]), Account::bin(self.site, self.bins[*article]));
                stock::receive(&mut tx, &goods, *quantity, at, String::new()).await?;
                *quantity
            }
            Verb::Cancel { order } => {
                let Some(order) = self.order(*order) else { return Ok(Said::Nothing) };
                let order = orders::by_id(tx.sql(), order).await?.unwrap();
                orders::cancel_lines(&mut tx, &order, None, "test").await?.certain()
            }
        };
        tx.commit().await?;
        self.holds.lock().unwrap().extend(fresh);
        Ok(Said::Done(done))
    }

    async fn place(&self, at: usize, lines: &[(usize, i64)], twice: bool) -> Said {
        let wants = lines.iter().map(|(article, quantity)| Want {
            sku: self.codes[*article].clone(),
            quantity: *quantity,
            external_line_id: None,
        });
        let order = Shopper::seeded(at as u64, Size::default()).basket(wants.collect());
        let wish = || Wish {
            order: order.clone(),
            shopper: None,
            mark: Marked { caller: "model".into(), key: format!("{} {at}", self.name), digest: "0".repeat(64) },
            flight: None,
        };
        let answer = if twice {
            // The reply to the first was lost on the way.
            let (first, second) = tokio::join!(self.till.place(wish()), self.till.place(wish()));
            let (first, second) = (first.unwrap(), second.unwrap());
            assert_eq!(first, second, "{}: a retry is answered otherwise", self.name);
            first
        } else {
            self.till.place(wish()).await.unwrap()
        };
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        if answer.status != 201 {
            assert_eq!((answer.status, &said["code"]), (409, &"stock.short".into()), "{}: {said}", self.name);
            return Said::No("stock.short");
        }
        // In a rush it may wait on the roll: who asks for it has it posted.
        let order = orders::wanted(&self.db, said["id"].as_str().unwrap()).await.unwrap().unwrap().id;
        let mut read = self.db.read().await.unwrap();
        for line in orders::lines(read.sql(), order).await.unwrap() {
            let holds = stock::holds_of_line(read.sql(), line.id).await.unwrap();
            // More if another order was faster and it was planned again: that was given back.
            assert!(holds.iter().map(|hold| hold.quantity).sum::<i64>() >= line.ordered, "{}", self.name);
            self.holds.lock().unwrap().extend(holds.iter().map(|hold| hold.id));
        }
        self.orders.lock().unwrap().push(order);
        Said::Done(lines.iter().map(|(_, quantity)| quantity).sum())
    }

    /// What the database says of the holds.
    async fn real(&self) -> Model {
        let mut read = self.db.read().await.unwrap();
        let mut model = Model::default();
        for (article, sku) in self.skus.iter().enumerate() {
            let pool = stock::pool(read.sql(), self.site, *sku).await.unwrap().unwrap();
            let at = Account::bin(self.site, self.bins[article]);
            let lying = stock::quantity(read.sql(), at, &Goods::plain(*sku)).await.unwrap();
            assert_eq!(pool.on_hand, lying, "{}: the pool is not what lies there", self.name);
            model.on_hand[article] = lying;
        }
        let ids = self.holds.lock().unwrap().clone();
        for id in ids {
            let hold = stock::hold_by_id(read.sql(), id).await.unwrap().unwrap();
            let held = Held {
                article: self.article_of(hold.sku),
                promised_by: hold.promised_by,
                expires_at: hold.expires_at,
                quantity: hold.quantity,
                posted: hold.posted,
                released: hold.released,
            };
            assert_eq!(hold.state == HoldState::Closed, held.open() == 0, "{}", self.name);
            model.holds.insert(id, held);
        }
        for (article, sku) in self.skus.iter().enumerate() {
            let pool = stock::pool(read.sql(), self.site, *sku).await.unwrap().unwrap();
            assert_eq!(pool.held, model.held(article), "{}: held differs", self.name);
            assert!(0 <= pool.held && pool.held <= pool.on_hand, "{}: oversold {pool:?}", self.name);
        }
        model
    }

    /// The model's answer to a verb, and the model after it.
    fn foretell(&self, model: &mut Model, verb: &Verb) -> Said {
        let found = |n: usize| self.hold(n);
        match verb {
            Verb::Place { lines, .. } => {
                let mut wanted = [0; ARTICLES];
                lines.iter().for_each(|(article, quantity)| wanted[*article] += quantity);
                if (0..ARTICLES).any(|article| wanted[article] > 0 && wanted[article] > model.free(article)) {
                    return Said::No("stock.short");
                }
                Said::Done(wanted.iter().sum())
            }
            Verb::Reserve { article, quantity, .. } if *quantity > model.free(*article) => Said::No("stock.short"),
            Verb::Reserve { quantity, .. } => Said::Done(*quantity),
            Verb::Pick { hold, quantity } => {
                let Some(id) = found(*hold) else { return Said::Nothing };
                let held = model.holds.get_mut(&id).unwrap();
                if held.open() < *quantity {
                    return Said::No("stock.not_held");
                }
                held.posted += quantity;
                model.on_hand[held.article] -= quantity;
                Said::Done(*quantity)
            }
            Verb::Release { hold, quantity } => {
                let Some(id) = found(*hold) else { return Said::Nothing };
                let held = model.holds.get_mut(&id).unwrap();
                let cut = held.open().min(*quantity);
                held.released += cut;
                Said::Done(cut)
            }
            Verb::Expire { hold } => {
                let Some(id) = found(*hold) else { return Said::Nothing };
                let now = self.db.clock.now();
                let held = model.holds.get_mut(&id).unwrap();
                let cut = if held.expires_at.is_some_and(|at| at <= now) { held.open() } else { 0 };
                held.released += cut;
                Said::Done(cut)
            }
            Verb::Wait { .. } | Verb::Cancel { .. } => Said::Nothing,
            Verb::Count { article, counted } => Said::Done(model.count(*article, *counted)),
            Verb::Receive { article, quantity } => {
                model.on_hand[*article] += quantity;
                Said::Done(*quantity)
            }
        }
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

async fn histories(test: impl AsyncFn(Stage, Model, u64)) {
    let (from, n) = (setting("CARTAGE_MODEL_SEED", 1), setting("CARTAGE_MODEL_HISTORIES", 20));
    on_both_engines(async |db, clock| {
        let size = Size { sites: 1, articles: 0, hot: 0, hot_stock: 0, stock: 0 };
        let site = world::furnish(&db, size).await.unwrap()[0];
        let till = Till::open(db.clone());
        for seed in from..from + n {
            let name = format!("{}-SEED-{seed}", db.engine().as_str());
            let (stage, model) = Stage::set(&db, &clock, &till, site, name).await;
            test(stage, model, seed).await;
        }
        let mut read = db.read().await.unwrap();
        assert_eq!(stock::audit(read.sql()).await.unwrap(), stock::Audit::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_after_the_other_every_answer_is_the_model_s() {
    histories(async |stage, mut model, seed| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for (at, verb) in verbs(&mut rng, 30).iter().enumerate() {
            let foretold = stage.foretell(&mut model, verb);
            let said = stage.act(at, verb).await;
            // What a cancelled order gives back is told by the lines, not by the holds.
            if !matches!(verb, Verb::Cancel { .. } | Verb::Wait { .. }) {
                assert_eq!(said, foretold, "seed {seed}, verb {at}: {verb:?}\n{model:?}");
            }
            let real = stage.real().await;
            for (id, hold) in &real.holds {
                if matches!(verb, Verb::Cancel { .. }) {
                    model.holds.get_mut(id).unwrap().released = hold.released;
                } else {
                    // A hold that came with this verb.
                    model.holds.entry(*id).or_insert_with(|| hold.clone());
                }
            }
            assert_eq!((real.on_hand, &real.holds), (model.on_hand, &model.holds), "seed {seed}, verb {at}: {verb:?}");
        }
    })
    .await;
}

/// What the answers of all tasks add up to, in whatever order they were given.
#[derive(Default)]
struct Sums {
    received: [i64; ARTICLES],
    picked: HashMap<HoldId, i64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_many_tasks_every_answer_adds_up() {
    histories(async |stage, _, seed| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed ^ 0xfeed);
        let stage = Arc::new(stage);
        let sums = Arc::new(Mutex::new(Sums::default()));
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (stage, sums, mine) = (stage.clone(), sums.clone(), verbs(&mut rng, 10));
                tokio::spawn(async move {
                    for (at, verb) in mine.iter().enumerate() {
                        let hold = if let Verb::Pick { hold, .. } = verb { stage.hold(*hold) } else { None };
                        // The hold is chosen when the verb begins: others may add some.
                        let said = match (verb, hold) {
                            (Verb::Pick { quantity, .. }, Some(id)) => {
                                let place = stage.holds.lock().unwrap().iter().position(|known| *known == id).unwrap();
                                pick_this(&stage, place, id, *quantity).await
                            }
                            (Verb::Pick { .. }, None) => Said::Nothing,
                            _ => stage.act(task * 100 + at, verb).await,
                        };
                        let mut sums = sums.lock().unwrap();
                        match (verb, said) {
                            (Verb::Receive { article, .. }, Said::Done(n)) => sums.received[*article] += n,
                            (Verb::Count { article, .. }, Said::Done(n)) => sums.received[*article] += n,
                            (Verb::Pick { .. }, Said::Done(n)) => *sums.picked.entry(hold.unwrap()).or_default() += n,
                            _ => {}
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let (real, sums) = (stage.real().await, std::mem::take(&mut *sums.lock().unwrap()));
        let mut on_hand = sums.received.map(|received| 10 + received);
        for (id, hold) in &real.holds {
            let picked = sums.picked.get(id).copied().unwrap_or(0);
            assert_eq!(hold.posted, picked, "seed {seed}: {id} posted otherwise than answered");
            on_hand[hold.article] -= picked;
        }
        assert_eq!(real.on_hand, on_hand, "seed {seed}: goods on hand are not what the answers say");
        for id in real.holds.keys() {
            told(&stage, *id, &real.holds[id], seed).await;
        }
    })
    .await;
}

async fn pick_this(stage: &Stage, place: usize, id: HoldId, quantity: i64) -> Said {
    // `hold(n)` wraps around a growing list; the place itself stays.
    assert_eq!(stage.holds.lock().unwrap()[place], id);
    for _ in 0..50 {
        let outcome = async {
            let mut tx = stage.db.begin(Actor::house()).await?;
            let found = stock::hold_by_id(tx.sql(), id).await?.unwrap();
            stock::pick(&mut tx, id, &stage.movement(stage.article_of(found.sku), quantity)).await?;
            Ok::<_, Stop>(tx.commit().await?)
        }
        .await;
        match outcome {
            Ok(()) => return Said::Done(quantity),
            Err(Stop::Refused(refusal)) => return Said::No(refusal.code()),
            Err(Stop::Fault(fault)) => assert!(fault.retryable, "{}: {fault}", stage.name),
        }
    }
    panic!("{}: a pick never came through", stage.name)
}

/// What was given back of a hold is what its facts say.
async fn told(stage: &Stage, id: HoldId, hold: &Held, seed: u64) {
    let mut read = stage.db.read().await.unwrap();
    let order = stock::hold_by_id(read.sql(), id).await.unwrap().unwrap().order;
    let story = log::story(read.sql(), &order.to_string()).await.unwrap();
    let back: i64 = story
        .iter()
        .filter(|fact| ["hold.released", "hold.broken"].contains(&fact.kind.as_str()))
        .filter(|fact| fact.body["hold"] == id.to_string())
        .map(|fact| fact.body["quantity"].as_i64().unwrap())
        .sum();
    assert_eq!(hold.released, back, "seed {seed}: {id} gave back otherwise than told");
}
