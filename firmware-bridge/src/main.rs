//! Command line of the bridge: virtual vehicles, and the embedded broker on its own.
//!
//! Deliberately absent: master control as a process; it is a library inside the server for now.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use firmware_bridge::vehicle::{FleetConfig, Timing, spawn_fleet};
use firmware_bridge::{BrokerAddr, Floor, NodeKind, VehicleSpec, broker};
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

const EXAMPLES: &str = "Examples:
  firmware-bridge broker --port 1883
  firmware-bridge vehicle --count 6 --broker 127.0.0.1:1883 --map floor.json
  firmware-bridge vehicle --broker mqtt.local:1883 --map floor.json \\
      --state-dir /var/lib/vehicles --speed 30";

const MAP_HELP: &str = "JSON of the floor: {\"map_id\", \"nodes\": [{\"id\", \"x_mm\", \"y_mm\", \
\"kind\"}], \"edges\": [{\"from\", \"to\"}], \"vehicles\": [{\"serial\", \"home_node\"}]}. \
Without \"vehicles\", vehicles agv-1, agv-2, ... are placed on the chargers and parking nodes in \
the order of the file";

/// VDA 5050 over MQTT: virtual vehicles and an embedded broker.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Debug, Subcommand)]
enum Cmd {
    /// Run virtual vehicles until interrupted
    #[command(after_help = EXAMPLES)]
    Vehicle(VehicleArgs),
    /// Run the embedded MQTT broker on loopback until interrupted
    #[command(after_help = EXAMPLES)]
    Broker {
        /// Wanted port; the next free one is taken when it is in use. 0: any
        #[arg(long, default_value_t = 1883)]
        port: u16,
    },
}

#[derive(Debug, Args)]
struct VehicleArgs {
    /// How many vehicles; all that the map names or has places for when left out
    #[arg(long)]
    count: Option<usize>,
    /// MQTT broker, HOST:PORT
    #[arg(long, default_value = "127.0.0.1:1883")]
    broker: String,
    /// User at the broker
    #[arg(long, env = "MQTT_USERNAME")]
    username: Option<String>,
    /// Password at the broker
    #[arg(long, env = "MQTT_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    #[arg(long, help = MAP_HELP)]
    map: PathBuf,
    /// Folder in which vehicles remember pose, order and load across restarts
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Vehicle seconds per second of real time
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Manufacturer in topics and headers
    #[arg(long, default_value = "Cartage")]
    manufacturer: String,
}

/// A floor, and the vehicles on it if the file names them.
#[derive(Debug, Deserialize)]
struct MapFile {
    #[serde(flatten)]
    floor: Floor,
    #[serde(default)]
    vehicles: Vec<VehicleSpec>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let quiet = format!("info,{}", broker::QUIET);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Cmd::Vehicle(args) => vehicles(args).await,
        Cmd::Broker { port } => serve_broker(port).await,
    }
}

async fn vehicles(args: VehicleArgs) -> Result<()> {
    let text = std::fs::read_to_string(&args.map).with_context(|| format!("reading {}", args.map.display()))?;
    let map: MapFile = serde_json::from_str(&text).with_context(|| format!("understanding {}", args.map.display()))?;
    let vehicles = chosen(&map, args.count)?;
    let Some((host, port)) = args.broker.rsplit_once(':') else {
        bail!("--broker wants HOST:PORT, not {}", args.broker);
    };
    let config = FleetConfig {
        broker: BrokerAddr {
            host: host.to_owned(),
            port: port.parse().context("port of --broker")?,
            username: args.username,
            password: args.password,
        },
        manufacturer: args.manufacturer,
        floor: map.floor,
        vehicles,
        speed: args.speed,
        state_dir: args.state_dir,
        timing: Timing::default(),
    };
    let stop = CancellationToken::new();
    let count = config.vehicles.len();
    let fleet = spawn_fleet(config, &stop)?;
    tracing::info!(count, broker = args.broker, "vehicles running");
    interrupted().await?;
    stop.cancel();
    fleet.join().await;
    Ok(())
}

/// The vehicles the file names, or one for each place where a vehicle can live.
fn chosen(map: &MapFile, count: Option<usize>) -> Result<Vec<VehicleSpec>> {
    let mut vehicles = map.vehicles.clone();
    if vehicles.is_empty() {
        let lives = |kind| matches!(kind, NodeKind::Charger | NodeKind::Parking);
        let places = map.floor.nodes.iter().filter(|node| lives(node.kind));
        vehicles = places
            .enumerate()
            .map(|(at, node)| VehicleSpec { serial: format!("agv-{}", at + 1), home_node: node.id.clone() })
            .collect();
    }
    let count = count.unwrap_or(vehicles.len());
    if count == 0 || count > vehicles.len() {
        bail!("{count} vehicles wanted, the map has places for {}", vehicles.len());
    }
    vehicles.truncate(count);
    Ok(vehicles)
}

async fn serve_broker(port: u16) -> Result<()> {
    let (port, guard) = broker::start_embedded(port)?;
    tracing::info!(port, "broker on 127.0.0.1");
    interrupted().await?;
    drop(guard);
    Ok(())
}

/// Waits for an interrupt or a request to terminate.
async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
