//! One run: everybody takes their place, the shop opens, and when every order
//! has its end the oracle is asked.
//!
//! The clock of the machine is read here and nowhere else in this crate.

use crate::access::Access;
use crate::evidence;
use crate::faults;
use crate::http::Http;
use crate::mishaps::Mishaps;
use crate::oracle::{self, Fact};
use crate::people::{clerk, controller, desk, printer, rider, shopper, worker};
use crate::report::{Report, Violation};
use crate::seed_world;
use crate::stage::{Setting, Stage};
use crate::still::Standing;
use crate::world::people::Role;
use crate::world::{Scale, World};
use anyhow::{Context, Result};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the run is looked at (wall time).
const LOOK: Duration = Duration::from_millis(200);
const MINUTE_MS: i64 = 60_000;
/// When no fact was heard for so long while nobody is at work, the run stands
/// still (domain time); with mishaps more, since people who left come back late
/// and payments lapse late.
const STILL_MS: i64 = 14 * MINUTE_MS;
const STILL_WITH_MISHAPS_MS: i64 = 70 * MINUTE_MS;
/// And never sooner than this (wall time).
const STILL_WALL: Duration = Duration::from_secs(12);
/// After the last order's end, tasks and cases may take so long (domain time).
const TAIL_MS: i64 = 20 * MINUTE_MS;

/// A part of the world that stays away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Without {
    /// Nobody picks, packs or counts.
    Pickers,
    /// Nobody rides a bike.
    Riders,
    /// Nobody drives a van.
    Drivers,
    /// Nobody buys.
    Shoppers,
    /// Nobody settles cases.
    Desks,
    /// There is no MQTT broker; that is the caller's to leave out.
    Broker,
}

impl FromStr for Without {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "pickers" => Ok(Self::Pickers),
            "riders" => Ok(Self::Riders),
            "drivers" => Ok(Self::Drivers),
            "shoppers" => Ok(Self::Shoppers),
            "desks" => Ok(Self::Desks),
            "broker" => Ok(Self::Broker),
            _ => Err(format!("{word} is none of pickers, riders, drivers, shoppers, desks, broker")),
        }
    }
}

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// Of the world, the demand and the mishaps; the world in the server has it too.
    pub seed: u64,
    pub scale: Scale,
    /// Orders to be placed.
    pub orders: u64,
    /// Domain seconds in one wall second, as the server's clock has it.
    pub speed: f64,
    /// Of each kind.
    pub mishaps: u64,
    pub without: Vec<Without>,
    /// As answered by [`prepare`].
    pub access: Access,
    /// Domain time of the server, now.
    pub now_ms: i64,
    /// Times this run was killed before.
    pub restarts: u64,
    /// Go on serving others' orders after the last one, until told to stop.
    pub linger: bool,
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    pub orders: u64,
    pub placed: u64,
    pub delivered: u64,
    pub cancelled: u64,
    pub picked: u64,
    pub cartons: u64,
    pub departed: u64,
    pub cases_opened: u64,
    pub facts: u64,
}

/// Fills an empty server with the world of `seed`, and answers access for all.
/// Doing it twice changes nothing. `now_ms` is the server's domain time.
///
/// # Errors
/// When the server refuses a step; the message names it.
pub async fn prepare(seed: u64, scale: Scale, access: Access, now_ms: i64, stop: &CancellationToken) -> Result<Access> {
    let http = Http::new(&access.base_url, stop.clone()).context("building an HTTP client")?;
    let world = World::generate(seed, scale);
    seed_world::prepare(&http, &world, access, now_ms).await
}

/// Plays the whole run and judges it. `told` is called some times a second.
///
/// # Errors
/// When the server cannot be read at the beginning or at the end; all else is in
/// the report.
pub async fn run(config: RunConfig, stop: CancellationToken, told: impl Fn(&Progress) + Send) -> Result<Report> {
    let start = Instant::now();
    let stage = set(&config, &stop).await?;
    let ear = tokio::spawn({
        let stage = Arc::clone(&stage);
        async move { stage.news.listen(&stage.eye(), &stage.stop).await }
    });
    let cast = call(&stage, &config.without);
    let shop = tokio::spawn(open(Arc::clone(&stage), config.clone()));
    let store = tokio::spawn(keep_store(Arc::clone(&stage), config.clone()));
    let standing = watch(&stage, &config, &[&shop, &store], told).await;
    if config.linger {
        stop.cancelled().await;
    }
    stage.stop.cancel();
    for task in cast.into_iter().chain([ear, shop, store]) {
        if let Err(error) = task.await {
            stage.trouble("sim.panic", "a persona", error.to_string());
        }
    }
    let mut report = judge(&stage, &stop, &standing).await?;
    report.seed = config.seed;
    report.speed = config.speed;
    report.restarts = config.restarts;
    report.wall_ms = start.elapsed().as_millis() as u64;
    Ok(report)
}

/// Sets the stage.
async fn set(config: &RunConfig, stop: &CancellationToken) -> Result<Arc<Stage>> {
    let http = Http::new(&config.access.base_url, stop.clone()).context("building an HTTP client")?;
    let world = World::generate(config.seed, config.scale);
    let faults = faults::schedule(&world, config.seed, config.orders, config.mishaps);
    let eye = http.caller("observer", config.access.token(crate::access::EYE));
    let sites = seed_world::site_ids(&eye).await.context("reading the sites")?.into_iter().collect();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Arc::new(Stage::new(Setting {
        world,
        http,
        access: config.access.clone(),
        mishaps: Mishaps::new(faults),
        sites,
        stop: stop.child_token(),
        now_ms: config.now_ms,
        speed: config.speed,
        nonce: format!("{}-{:x}", config.restarts, wall.as_millis()),
    })))
}

/// Everybody but the shoppers takes their place.
fn call(stage: &Arc<Stage>, without: &[Without]) -> Vec<JoinHandle<()>> {
    let mut cast = vec![tokio::spawn(printer::live(Arc::clone(stage)))];
    let there = |who: Without| !without.contains(&who);
    for login in stage.access.all(Role::Worker) {
        let has_floor = login.site.as_deref().is_some_and(|site| stage.world.floor(site).is_some());
        if !has_floor {
            cast.push(tokio::spawn(clerk::live(Arc::clone(stage), login.clone())));
        } else if there(Without::Pickers) {
            cast.push(tokio::spawn(worker::live(Arc::clone(stage), login.clone())));
        }
    }
    for person in &stage.world.people.riders {
        let kind = if person.vehicle.is_some() { Without::Drivers } else { Without::Riders };
        let login = stage.access.logins.iter().find(|login| login.login == person.login);
        if let Some(login) = login.filter(|_| there(kind)) {
            cast.push(tokio::spawn(rider::live(Arc::clone(stage), login.clone(), person.clone())));
        }
    }
    if there(Without::Desks) {
        let mut seen = std::collections::BTreeSet::new();
        // The first supervisor of each site is enough.
        for login in stage.access.all(Role::Supervisor).filter(|login| seen.insert(login.site.clone())) {
            cast.push(tokio::spawn(desk::live(Arc::clone(stage), "supervisor", login.clone())));
        }
        for login in stage.access.all(Role::CustomerService).take(1) {
            cast.push(tokio::spawn(desk::live(Arc::clone(stage), "customer_service", login.clone())));
        }
    }
    cast
}

/// The moment at which the day begins: the first shift of anybody who rides. It is
/// the same when the run is taken up again, and windows and dates count from it.
async fn opening_ms(stage: &Stage, config: &RunConfig) -> Option<i64> {
    let nobody_rides = config.without.contains(&Without::Riders) && config.without.contains(&Without::Drivers);
    let begins = |fact: &Fact| nobody_rides || fact.kind == "rider.shift";
    stage.news.first(&stage.stop, begins).await.map(|fact| fact.at_ms)
}

/// The shop opens.
async fn open(stage: Arc<Stage>, config: RunConfig) {
    if config.without.contains(&Without::Shoppers) {
        return;
    }
    if let Some(opening_ms) = opening_ms(&stage, &config).await {
        shopper::open_shop(Arc::clone(&stage), config.orders, opening_ms).await;
    }
}

/// Trucks come and bins are counted at the central warehouse.
async fn keep_store(stage: Arc<Stage>, config: RunConfig) {
    let Some(login) = stage.access.all(Role::Inventory).next().cloned() else { return };
    if config.without.contains(&Without::Pickers) {
        return;
    }
    if let Some(opening_ms) = opening_ms(&stage, &config).await {
        controller::live(Arc::clone(&stage), login, opening_ms).await;
    }
}

/// Watches until every order has its end, or nothing moves any more.
async fn watch(
    stage: &Arc<Stage>,
    config: &RunConfig,
    plans: &[&JoinHandle<()>],
    told: impl Fn(&Progress),
) -> Standing {
    let mut standing = Standing::default();
    let mut last_news = Instant::now();
    let mut ended_ms: Option<i64> = None;
    let still_ms = if config.mishaps > 0 { STILL_WITH_MISHAPS_MS } else { STILL_MS };
    let still = STILL_WALL.max(Duration::from_millis((still_ms as f64 / config.speed) as u64));
    while !stage.stop.is_cancelled() {
        let fresh = stage.news.since(standing.read);
        // What a printer or an hour's turn says is no sign of life.
        if fresh.iter().any(|fact| fact.kind != "inventory.changed") || stage.busy() > 0 {
            last_news = Instant::now();
        }
        fresh.iter().for_each(|fact| standing.hear(fact));
        told(&progress(&standing, config.orders));
        let all_done = plans.iter().all(|plan| plan.is_finished()) && stage.errands() == 0;
        let all_placed = all_done && standing.placed as usize >= stage.register.placed();
        if all_placed && standing.open_orders() == 0 && stage.register.placed() > 0 {
            let since_ms = *ended_ms.get_or_insert_with(|| stage.now_ms());
            if standing.is_quiet() || stage.now_ms() - since_ms > TAIL_MS {
                return standing;
            }
        }
        if last_news.elapsed() > still && !config.linger {
            name_what_stands(stage, &standing);
            let unfinished = plans.iter().filter(|plan| !plan.is_finished()).count();
            if unfinished > 0 || stage.errands() > 0 {
                let detail = format!("{unfinished} plans and {} errands of people never ended", stage.errands());
                stage.trouble("run.stood_still", "people", detail);
            }
            return standing;
        }
        tokio::time::sleep(LOOK).await;
    }
    standing
}

fn progress(standing: &Standing, orders: u64) -> Progress {
    let Standing { placed, delivered, cancelled, picked, cartons, departed, cases_opened, read, .. } = *standing;
    Progress { orders, placed, delivered, cancelled, picked, cartons, departed, cases_opened, facts: read as u64 }
}

fn name_what_stands(stage: &Stage, standing: &Standing) {
    let mut sentences = standing.sentences();
    if standing.placed == 0 {
        sentences.push(("orders".to_owned(), "no order was placed".to_owned()));
    }
    for (about, detail) in sentences {
        stage.trouble("run.stood_still", &about, detail);
    }
}

/// Shows the oracle everything and brings the report together.
async fn judge(stage: &Stage, stop: &CancellationToken, standing: &Standing) -> Result<Report> {
    let mut report = Report::default();
    if stop.is_cancelled() {
        // Stopped by hand: what was heard is all there is.
        let facts: Vec<_> = stage.news.since(0).iter().map(|fact| fact.as_ref().clone()).collect();
        oracle::count_work(&mut report, &facts);
    } else {
        let evidence = evidence::gather(&stage.eye(), &stage.news).await.context("gathering evidence")?;
        oracle::count_work(&mut report, &evidence.facts);
        oracle::judge(&evidence).enter(&mut report);
    }
    report.last_unit_races = stage.register.last_unit_races();
    report.violations.extend(stage.troubles());
    for (index, why) in stage.register.given_up() {
        report.violations.push(Violation {
            code: "order.not_placed".to_owned(),
            about: format!("order {index}"),
            detail: why,
        });
    }
    for (kind, left) in stage.mishaps.left() {
        if !stop.is_cancelled() && standing.open_orders() == 0 {
            let detail = format!("{left} never came about");
            report.violations.push(Violation { code: "mishap.missing".to_owned(), about: format!("{kind:?}"), detail });
        }
    }
    report.requests_by_persona = stage.http.counts();
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stays_away_is_told_by_a_word() {
        assert_eq!("pickers".parse(), Ok(Without::Pickers));
        assert_eq!("broker".parse(), Ok(Without::Broker));
        assert!("weather".parse::<Without>().is_err_and(|error| error.contains("pickers")));
    }
}
