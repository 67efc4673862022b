//! A generated city on this machine: the server, the virtual vehicles, and the
//! people of `sim`, who act only through HTTP. Headless, the run is judged and the
//! exit status tells. Deliberately absent: any short cut into the database, but for
//! the first token and the final counts that only the server has.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use firmware_bridge::vehicle::{Fleet, FleetConfig, Timing, spawn_fleet};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sim::{
    access::{ADMIN, Access},
    report::Report,
    run::{Progress, RunConfig, Without, prepare, run as play},
    world::Scale,
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{App, clock::ScaledClock},
    config::{Config, Options},
    fleet, identity,
    kernel::{Clock, Time},
    layout, network,
    store::Actor,
    telemetry,
};

/// What the demo is made of.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  cartage demo                                                    look at it in a browser
  cartage demo --headless --orders 60 --seed 7 --report r.json    a judged run
  cartage demo --headless --orders 60 --mishaps 10                with ten of each mishap
  cartage demo --headless --orders 20 --data here --report r.json kill it and run it again")]
pub struct DemoArgs {
    /// Run to the end, judge, and exit; status 0 only if nothing was wrong
    #[arg(long)]
    headless: bool,
    /// Orders to place
    #[arg(long, default_value_t = 60)]
    orders: u64,
    /// Of the world, the demand and the mishaps
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Domain seconds in a wall second; 30 headless, else 1
    #[arg(long)]
    speed: Option<f64>,
    /// Mishaps of each kind
    #[arg(long, default_value_t = 0)]
    mishaps: u64,
    /// Leave a part out: broker, pickers, riders, drivers, shoppers, desks
    #[arg(long, value_name = "PART")]
    without: Vec<Without>,
    /// Write what was counted as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// One small site instead of the city
    #[arg(long)]
    tiny: bool,
}

/// Ctrl-C or a supervisor's SIGTERM.
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).expect("signals can be heard");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// What a data folder remembers of the run in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    starts: u64,
    wall_ms: u64,
    mqtt_messages: u64,
}

/// Runs the demo.
pub async fn run(options: &Options, args: DemoArgs) -> anyhow::Result<ExitCode> {
    telemetry::start(if args.headless { "warn,rumqttd=off" } else { "info,rumqttd=off,tower_http=warn" });
    let started = Instant::now();
    let mut config = Config::load(options)?;
    let temporary = args.headless && options.data.is_none();
    if temporary {
        config.data = std::env::temp_dir().join(format!("cartage-demo-{:016x}", rand::random::<u64>()));
    }
    if args.headless && options.listen.is_none() {
        config.listen.set_port(0);
    }
    let speed = args.speed.unwrap_or(if args.headless { 30.0 } else { 1.0 });
    if !(speed.is_finite() && (0.1..=1000.0).contains(&speed)) {
        bail!("--speed must be from 0.1 to 1000");
    }
    std::fs::create_dir_all(&config.data).with_context(|| format!("{} cannot be made", config.data.display()))?;
    let outcome = stage(&config, &args, speed, started).await;
    if temporary {
        std::fs::remove_dir_all(&config.data).ok();
    }
    outcome
}

async fn stage(config: &Config, args: &DemoArgs, speed: f64, started: Instant) -> anyhow::Result<ExitCode> {
    let mut memory: Memory = read_json(&config.data.join("run.json")).unwrap_or_default();
    memory.starts += 1;
    write_json(&config.data.join("run.json"), &memory, 0o644)?;
    let clock = ScaledClock::anchored(&config.data.join("clock.json"), morning(), speed)?;
    let app = App::start(config, Arc::new(clock), args.without.contains(&Without::Broker)).await?;
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        eprintln!("Stopping; Ctrl-C again stops at once.");
        ended.cancel();
        asked_to_stop().await;
        std::process::exit(130);
    });
    let scale = if args.tiny { Scale::Tiny } else { Scale::City };
    let outcome = play_out(config, args, speed, started, &app, scale, &mut memory, &stop).await;
    stop.cancel();
    app.stop().await;
    outcome
}

#[allow(clippy::too_many_arguments)]
async fn play_out(
    config: &Config,
    args: &DemoArgs,
    speed: f64,
    started: Instant,
    app: &App,
    scale: Scale,
    memory: &mut Memory,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let access_file = config.data.join("access.json");
    let access = access(app, &access_file).await?;
    let now_ms = app.db.clock.now().ms();
    let access = prepare(args.seed, scale, access, now_ms, stop).await?;
    write_json(&access_file, &access, 0o600)?;
    let _fleets = if args.without.contains(&Without::Broker) {
        Vec::new()
    } else {
        vehicles(app, &config.data, speed, stop).await?
    };
    if !args.headless {
        welcome(app, &access, &access_file);
    }
    let run = RunConfig {
        seed: args.seed,
        scale,
        orders: args.orders,
        speed,
        mishaps: args.mishaps,
        without: args.without.clone(),
        access,
        now_ms: app.db.clock.now().ms(),
        restarts: memory.starts - 1,
        linger: !args.headless,
    };
    let bar = bar(args);
    let mut report = play(run, stop.clone(), |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    memory.wall_ms += u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    memory.mqtt_messages += app.traffic.messages();
    report.wall_ms = memory.wall_ms;
    report.mqtt_messages = memory.mqtt_messages;
    report.database = app.db.engine().as_str().to_owned();
    report.broker.clone_from(&app.broker_name);
    write_json(&config.data.join("run.json"), memory, 0o644)?;
    conclude(&report, args)
}

/// Nine in the morning of today where the city lies: shops are open, cut-offs lie
/// ahead.
fn morning() -> Time {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC);
    let now = jiff::Timestamp::from_millisecond(ScaledClock::wall().now().ms()).unwrap_or_default();
    let today = now.to_zoned(zone.clone()).date();
    let nine = today.at(9, 0, 0, 0).to_zoned(zone).map(|time| time.timestamp().as_millisecond());
    Time::from_ms(nine.unwrap_or_else(|_| now.as_millisecond()))
}

/// Access as the folder remembers it, or with a first token that may do all.
async fn access(app: &App, file: &Path) -> anyhow::Result<Access> {
    let mqtt = format!("mqtt://{}:{}", app.broker.host, app.broker.port);
    if let Some(known) = read_json::<Access>(file) {
        return Ok(Access { base_url: app.base_url(), mqtt, ..known });
    }
    let mut tx = app.db.begin(Actor::named("demo")).await?;
    let permissions = identity::Permission::ALL.iter().copied().collect();
    let name = "demo operator".to_owned();
    let new = identity::NewToken { name, permissions, site: None, channel: None, expires_at: None };
    let (_, secret) = identity::mint_token(&mut tx, new).await?;
    tx.commit().await?;
    let mut access = Access::new(&app.base_url(), &mqtt, &secret);
    access.tokens.insert(ADMIN.to_owned(), secret);
    // Kept before the world goes in: a kill in between must not orphan the token.
    write_json(file, &access, 0o600)?;
    Ok(access)
}

/// Virtual vehicles for every floor that has some. They know nothing of the server.
async fn vehicles(app: &App, data: &Path, speed: f64, stop: &CancellationToken) -> anyhow::Result<Vec<Fleet>> {
    let mut fleets = Vec::new();
    let mut read = app.db.read().await?;
    for site in network::sites(read.sql()).await? {
        let floor = layout::floor(read.sql(), site.id).await?;
        let Some(bridge) = fleet::link::config(&floor, &site.code, app.broker.clone(), speed) else { continue };
        let config = FleetConfig {
            broker: bridge.broker,
            manufacturer: bridge.manufacturer,
            floor: bridge.floor,
            vehicles: bridge.vehicles,
            speed,
            state_dir: Some(data.join("vehicles")),
            timing: Timing::default(),
        };
        fleets.push(spawn_fleet(config, stop)?);
    }
    Ok(fleets)
}

fn welcome(app: &App, access: &Access, file: &Path) {
    println!("\nA city is living at {}", app.base_url());
    println!("  shop       {}/", app.base_url());
    println!("  handheld   {}/handheld", app.base_url());
    println!("  rider      {}/rider", app.base_url());
    println!("  dispatch   {}/dispatch", app.base_url());
    println!("  floor      {}/floor", app.base_url());
    println!("  desk       {}/desk", app.base_url());
    println!("  API        {}/api/v1/openapi.json", app.base_url());
    println!("Logins for every persona are in {}; a few of them:", file.display());
    let mut shown = std::collections::BTreeSet::new();
    for login in access.logins.iter().filter(|login| shown.insert(login.persona.clone())) {
        println!("  {:<18} {} / {}", login.persona, login.login, login.password);
    }
    println!("Ctrl-C stops.\n");
}

fn bar(args: &DemoArgs) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} orders ended  {msg}");
    ProgressBar::new(args.orders).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_position(progress.delivered + progress.cancelled);
    let Progress { placed, picked, cartons, departed, cases_opened, .. } = progress;
    bar.set_message(format!(
        "{placed} placed, {picked} picks, {cartons} cartons, {departed} loads out, {cases_opened} cases"
    ));
    bar.tick();
}

fn conclude(report: &Report, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    if let Some(file) = &args.report {
        write_json(file, report, 0o644)?;
    }
    println!(
        "{} orders placed: {} delivered, {} cancelled; {} picks, {} missions, {} cartons, {} loads; \
         {} oversold, ledger off by {}; {} s.",
        report.orders_placed,
        report.orders_delivered,
        report.orders_cancelled,
        report.picks_scanned,
        report.missions_completed,
        report.cartons,
        report.loads,
        report.units_oversold,
        report.ledger_imbalance,
        Duration::from_millis(report.wall_ms).as_secs()
    );
    // What stands still is the cause, orders that are stuck its consequence.
    let (causes, others): (Vec<_>, Vec<_>) =
        report.violations.iter().partition(|violation| violation.code == "run.stood_still");
    for violation in causes.into_iter().chain(others).take(20) {
        println!("WRONG {} {}: {}", violation.code, violation.about, violation.detail);
    }
    let idle = report.idle();
    if args.headless && !idle.is_empty() {
        println!("Stood still: {}", idle.join(", "));
    }
    Ok(if report.is_clean() || !args.headless { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Writes whole or not at all: a kill in between leaves the old file.
fn write_json<T: Serialize>(file: &Path, value: &T, mode: u32) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&draft)
        .with_context(|| format!("{} cannot be written", draft.display()))?;
    out.write_all(&serde_json::to_vec_pretty(value)?)?;
    out.sync_all()?;
    std::fs::rename(&draft, file).with_context(|| format!("{} cannot be written", file.display()))
}
