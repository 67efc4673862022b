use cartage::{
    app::{App, clock::ScaledClock},
    config::Config,
    fleet, identity,
    kernel::*,
    layout, network,
    store::Actor,
};
use sim::{Access, RunConfig, world::Scale};
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

fn arg(name: &str, usual: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned().unwrap_or_else(|| usual.to_owned())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    cartage::telemetry::start("warn");
    let begin = std::time::Instant::now();
    let seed: u64 = arg("--seed", "7").parse()?;
    let speed: f64 = arg("--speed", "30").parse()?;
    let orders: u64 = arg("--orders", "5").parse()?;
    let mishaps: u64 = arg("--mishaps", "0").parse()?;
    let scale = if arg("--scale", "tiny") == "tiny" { Scale::Tiny } else { Scale::City };
    let data = PathBuf::from(arg("--data", "/tmp/trial-data"));
    let fresh = !data.join("access.json").exists();
    std::fs::create_dir_all(&data)?;
    let config = Config { data: data.clone(), listen: "127.0.0.1:0".parse()?, database: None, broker: None };
    let clock = Arc::new(ScaledClock::anchored(&data.join("clock.json"), Time::from_ms(1_795_136_400_000), speed)?);
    let without: Vec<sim::Without> = arg("--without", "")
        .split(',')
        .filter(|w| !w.is_empty())
        .map(|w| w.parse().map_err(anyhow::Error::msg))
        .collect::<Result<_, _>>()?;
    let app = App::start(&config, clock.clone(), without.contains(&sim::Without::Broker)).await?;
    eprintln!("started {:?} {}", begin.elapsed(), app.base_url());
    let access = if fresh {
        let mut tx = app.db.begin(Actor::house()).await?;
        let new = identity::NewToken {
            name: "demo".into(),
            permissions: identity::Permission::ALL.iter().copied().collect(),
            site: None,
            channel: None,
            expires_at: None,
        };
        let (_, token) = identity::mint_token(&mut tx, new).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        tx.commit().await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        Access::new(&app.base_url(), "mqtt://x", &token)
    } else {
        let mut access: Access = serde_json::from_slice(&std::fs::read(data.join("access.json"))?)?;
        access.base_url = app.base_url();
        access
    };
    let stop = CancellationToken::new();
    let access = sim::prepare(seed, scale, access, clock.now().ms(), &stop).await?;
    std::fs::write(data.join("access.json"), serde_json::to_vec_pretty(&access)?)?;
    eprintln!("prepared {:?}", begin.elapsed());
    let mut read = app.db.read().await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    for site in network::sites(read.sql()).await.map_err(|e| anyhow::anyhow!("{e:?}"))? {
        let floor = layout::floor(read.sql(), site.id).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let Some(bridge) = fleet::link::config(&floor, &site.code, app.broker.clone(), speed) else { continue };
        if bridge.vehicles.is_empty() {
            continue;
        }
        let fleet = firmware_bridge::vehicle::FleetConfig {
            broker: app.broker.clone(),
            manufacturer: bridge.manufacturer.clone(),
            floor: bridge.floor.clone(),
            vehicles: bridge.vehicles.clone(),
            speed,
            state_dir: Some(data.join("vehicles")),
            timing: Default::default(),
        };
        firmware_bridge::vehicle::spawn_fleet(fleet, &stop)?;
    }
    drop(read);
    let restarts = if fresh { 0 } else { 1 };
    let config = RunConfig {
        seed,
        scale,
        orders,
        speed,
        mishaps,
        without,
        access,
        now_ms: clock.now().ms(),
        restarts,
        linger: false,
    };
    let mut last = std::sync::Mutex::new(sim::Progress::default());
    let report = sim::run(config, stop.clone(), |p| {
        let mut l = last.lock().unwrap();
        if *l != *p {
            eprintln!("{:>6.1}s {p:?}", begin.elapsed().as_secs_f64());
            *l = p.clone();
        }
    })
    .await?;
    let _ = &mut last;
    println!("{}", serde_json::to_string_pretty(&report)?);
    eprintln!("messages {} wall {:?}", app.traffic.messages(), begin.elapsed());
    stop.cancel();
    app.stop().await;
    Ok(())
}
