//! What everybody on the stage shares: the world, the pace of time, the door to
//! the server, the news, and the list of what went wrong.
//!
//! No persona is here; each has a file under `people`.

use crate::access::{ADMIN, Access, EYE, Login, SHOP};
use crate::clock::Pace;
use crate::faults::{Fault, Mishap};
use crate::http::{Caller, Http, Problem};
use crate::mishaps::Mishaps;
use crate::news::News;
use crate::people::deliveries::Deliveries;
use crate::people::printer::Printers;
use crate::people::register::Register;
use crate::people::road::Streets;
use crate::people::scale::Scale;
use crate::people::totes::Totes;
use crate::people::truth::Truth;
use crate::report::Violation;
use crate::seed::{Chance, stream};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Pause before a refused sign-in is tried again (wall time).
const SIGN_IN_PAUSE: Duration = Duration::from_millis(700);

/// The stage of one run.
pub struct Stage {
    pub world: World,
    pub streets: Streets,
    pub seed: u64,
    pub http: Http,
    pub access: Access,
    pub news: News,
    pub register: Register,
    pub scale: Scale,
    pub totes: Totes,
    pub printers: Printers,
    pub deliveries: Deliveries,
    pub truth: Truth,
    pub mishaps: Mishaps,
    /// Site ids by code.
    pub sites: BTreeMap<String, String>,
    /// Ends every persona.
    pub stop: CancellationToken,
    pace: Pace,
    start: Instant,
    /// Tells the keys of this process from those of one that was killed.
    nonce: String,
    next_key: AtomicU64,
    busy: AtomicI64,
    errands: AtomicI64,
    at_handheld: tokio::sync::Mutex<()>,
    troubles: Mutex<Vec<Violation>>,
}

/// What a stage is built from.
pub struct Setting {
    pub world: World,
    pub http: Http,
    pub access: Access,
    pub mishaps: Mishaps,
    pub sites: BTreeMap<String, String>,
    pub stop: CancellationToken,
    /// Domain time of the server, now.
    pub now_ms: i64,
    /// Domain seconds in one wall second.
    pub speed: f64,
    /// Different for each process.
    pub nonce: String,
}

impl Stage {
    pub fn new(setting: Setting) -> Self {
        let Setting { world, http, access, mishaps, sites, stop, now_ms, speed, nonce } = setting;
        Self {
            seed: world.seed,
            streets: Streets::of(&world.city),
            world,
            http,
            access,
            news: News::default(),
            register: Register::default(),
            scale: Scale::default(),
            totes: Totes::default(),
            printers: Printers::default(),
            deliveries: Deliveries::default(),
            truth: Truth::default(),
            mishaps,
            sites,
            stop,
            pace: Pace { domain_start_ms: now_ms, wall_start_ms: 0, speed },
            start: Instant::now(),
            nonce,
            next_key: AtomicU64::new(0),
            busy: AtomicI64::new(0),
            errands: AtomicI64::new(0),
            at_handheld: tokio::sync::Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    /// Domain time, as near as the server told it at the start.
    pub fn now_ms(&self) -> i64 {
        self.pace.domain_at(self.start.elapsed().as_millis() as i64)
    }

    /// Spends domain time at work; false when the run is over.
    pub async fn pass(&self, domain_ms: i64) -> bool {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let goes_on = self.rest(domain_ms).await;
        self.busy.fetch_sub(1, Ordering::Relaxed);
        goes_on
    }

    /// Lets domain time go by without doing anything; false when the run is over.
    pub async fn rest(&self, domain_ms: i64) -> bool {
        let wall = Duration::from_millis(self.pace.wall_for(domain_ms).max(0) as u64);
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(wall) => true,
        }
    }

    /// Waits for a domain moment; false when the run is over.
    pub async fn until(&self, at_ms: i64) -> bool {
        self.rest(at_ms - self.now_ms()).await
    }

    /// Domain time after which somebody on the way is looked for again: about a
    /// second and a half on the wall.
    pub fn sight_ms(&self) -> i64 {
        (1_500.0 * self.pace.speed) as i64
    }

    /// How many are at work this moment: walking, driving, scanning.
    pub fn busy(&self) -> i64 {
        self.busy.load(Ordering::Relaxed)
    }

    /// Something is begun that the run must not end without.
    pub fn begin_errand(&self) {
        self.errands.fetch_add(1, Ordering::Relaxed);
    }

    /// It is done, or there is no need for it any more.
    pub fn end_errand(&self) {
        self.errands.fetch_sub(1, Ordering::Relaxed);
    }

    /// Errands that are not done.
    pub fn errands(&self) -> i64 {
        self.errands.load(Ordering::Relaxed)
    }

    /// Whether an order has its end.
    pub fn is_over(&self, order: &str) -> bool {
        let ends = ["order.delivered", "order.cancelled"];
        self.news.since(0).iter().any(|fact| fact.subject == order && ends.contains(&fact.kind.as_str()))
    }

    /// The mishap of that kind that is due to an order, or to one that ended before
    /// it could happen there.
    pub fn mishap_of(&self, kind: Mishap, index: u64) -> Option<Fault> {
        let ended = |index: u64| self.register.of_index(index).is_some_and(|order| self.is_over(&order.order));
        self.mishaps.of_order(kind, index).or_else(|| self.mishaps.orphan(kind, ended))
    }

    /// A fresh key for a command that only this process sends.
    pub fn key(&self, who: &str) -> String {
        let number = self.next_key.fetch_add(1, Ordering::Relaxed);
        format!("sim-{}-{}-{who}-{number}", self.seed, self.nonce)
    }

    /// Chance that belongs to one person.
    pub fn chance(&self, who: &str) -> Chance {
        stream(self.seed, who, 0)
    }

    /// Storefronts.
    pub fn shop(&self) -> Caller {
        self.http.caller("shopper", self.access.token(SHOP))
    }

    /// The reader of facts and ledger.
    pub fn eye(&self) -> Caller {
        self.http.caller("observer", self.access.token(EYE))
    }

    /// Whoever set the demo up.
    pub fn operator(&self) -> Caller {
        self.http.caller("operator", self.access.token(ADMIN))
    }

    /// Notes something that must not happen.
    pub fn trouble(&self, code: &str, about: &str, detail: String) {
        tracing::warn!(code, about, "{detail}");
        let violation = Violation { code: code.to_owned(), about: about.to_owned(), detail };
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        // A loop that stumbles on one stone tells of it once.
        if !troubles.iter().any(|known| known.code == violation.code && known.about == violation.about) {
            troubles.push(violation);
        }
    }

    /// Notes a refusal that somebody did not count on.
    pub fn surprise(&self, who: &str, doing: &str, problem: &Problem) {
        if !problem.stopped() {
            self.trouble("sim.refused", &format!("{who} {doing}"), problem.to_string());
        }
    }

    /// Everything noted.
    pub fn troubles(&self) -> Vec<Violation> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs in: by badge on a handheld of `site` where there is one, else by
    /// password. Tries until it works; `None` when the run is over. Answers the
    /// caller and the person's id.
    pub async fn sign_in(&self, persona: &'static str, login: &Login, site: Option<&str>) -> Option<(Caller, String)> {
        let guest = self.http.caller(persona, "");
        let device = site.and_then(|site| self.access.devices.get(site)).filter(|_| !login.badge.is_empty());
        loop {
            let reply = match device {
                Some(device) => {
                    // One handheld takes one badge after the other.
                    let _mine = self.at_handheld.lock().await;
                    let body = json!({ "device": device, "badge": login.badge, "pin": login.pin });
                    guest.post("/api/v1/sessions/badge", "", &body).await
                }
                None => {
                    let body = json!({ "login": login.login, "password": login.password });
                    guest.post("/api/v1/sessions", "", &body).await
                }
            };
            match reply {
                Ok(reply) => {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    return Some((guest.signed_in(&text(&reply["session"])), text(&reply["user"]["id"])));
                }
                Err(problem) if problem.stopped() => return None,
                Err(problem) => self.surprise(&login.login, "signing in", &problem),
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(SIGN_IN_PAUSE) => {}
            }
        }
    }
}
