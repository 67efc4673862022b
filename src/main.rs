//! The command line. Deliberately absent: anything a command does beyond starting
//! parts and showing what they say.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use cartage::{
    app::{App, clock::ScaledClock},
    bench,
    config::{Config, Options},
    demo, doctor, hooks, http, identity, packing,
    store::{self, Actor},
    telemetry,
};
use clap::{Parser, Subcommand};

/// Orders are many small texts on several threads; the system's allocator spends a
/// tenth of the time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From a click to a doorstep: warehouse, stock and last-mile control in one program
#[derive(Parser)]
#[command(version, propagate_version = true)]
#[command(after_help = "Examples:
  cartage serve                                   everything embedded, on 127.0.0.1:8080
  cartage demo                                    a living city to look at, until Ctrl-C
  cartage demo --headless --orders 60 --seed 7    a whole day, judged; exit status tells
  cartage serve --database postgres://me@db/cartage --broker mqtt://mosquitto:1883
  cartage token --scope order.place --scope order.read --channel web
  cartage bench orders                            how many orders a second
  cartage doctor                                  is everything in order?

Each option may also stand in cartage.toml or in the environment (CARTAGE_DATA, CARTAGE_LISTEN,
CARTAGE_DATABASE, CARTAGE_BROKER); flags beat the environment, which beats the file.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until Ctrl-C
    Serve,
    /// Run a generated city on this machine: shoppers, workers, vehicles, riders
    Demo(demo::DemoArgs),
    /// Measure, side by side with what others do in the same run
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Check configuration, database, broker and ledger; the exit status tells
    Doctor,
    /// Copy the whole database into a new file, while it is in use
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Fill an empty or missing database from a copy, and check it
    Restore {
        /// The copy
        file: PathBuf,
    },
    /// Make a token for a machine; it is shown once
    Token {
        /// A permission such as order.place; may be repeated
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// The only sales channel it may act for
        #[arg(long)]
        channel: Option<String>,
    },
    /// Print the OpenAPI document
    Openapi {
        /// Write it to a file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(run(cli));
    // Blocking leftovers (a hashing thread, a broker) must not hold the exit.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cartage: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve => serve(&cli.options).await,
        Command::Demo(args) => demo::run(&cli.options, args).await,
        Command::Bench(what) => {
            telemetry::start("error,rumqttd=off");
            bench::run(&cli.options, what).await
        }
        Command::Doctor => doctor::run(&Config::load(&cli.options)?).await,
        Command::Backup { file } => backup(&Config::load(&cli.options)?, &file).await,
        Command::Restore { file } => {
            let config = Config::load(&cli.options)?;
            restore(&config, &file).await?;
            doctor::run(&config).await
        }
        Command::Token { scope, name, channel } => token(&Config::load(&cli.options)?, &scope, name, channel).await,
        Command::Openapi { out } => openapi(out),
    }
}

async fn serve(options: &Options) -> anyhow::Result<ExitCode> {
    telemetry::start("info,rumqttd=error,tower_http=warn");
    let config = Config::load(options)?;
    let app = App::start(&config, Arc::new(ScaledClock::wall()), false).await?;
    println!("Cartage serves {} (vehicles: {}).", app.base_url(), app.broker_name);
    if let Some(secret) = &app.admin_secret {
        println!("First start: sign in as admin with {secret}");
        println!("This is shown once; give people their own logins and change it.");
    }
    stop_on_ctrl_c().await;
    eprintln!("Stopping; Ctrl-C again stops at once.");
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Waits for the first Ctrl-C; a second one ends the process at once.
async fn stop_on_ctrl_c() {
    demo::asked_to_stop().await;
    tokio::spawn(async {
        demo::asked_to_stop().await;
        std::process::exit(130);
    });
}

/// Fills an empty database from a copy. Its twin may still be talking to others, so the
/// copy keeps silent until somebody releases its webhooks, and its cartons have numbers
/// that the twin is far from.
async fn restore(config: &Config, file: &std::path::Path) -> anyhow::Result<()> {
    store::restore(&config.database_url(), file).await?;
    let db = cartage::app::open(config, Arc::new(ScaledClock::wall())).await?;
    let mut tx = db.begin(Actor::house()).await?;
    hooks::hold_all(&mut tx, "restored from a copy").await?;
    packing::number_apart(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    println!("Webhooks are held back until they are released on the desk (/desk/hooks).");
    Ok(())
}

async fn backup(config: &Config, file: &std::path::Path) -> anyhow::Result<ExitCode> {
    store::backup(&config.database_url(), file).await?;
    println!("Copied to {}; check a restored copy with cartage doctor.", file.display());
    Ok(ExitCode::SUCCESS)
}

async fn token(config: &Config, scopes: &[String], name: String, channel: Option<String>) -> anyhow::Result<ExitCode> {
    let db = cartage::app::open(config, Arc::new(ScaledClock::wall())).await?;
    let permissions = scopes
        .iter()
        .map(|scope| scope.parse().with_context(|| format!("there is no permission {scope}")))
        .collect::<anyhow::Result<_>>()?;
    let mut tx = db.begin(Actor::named("command line")).await?;
    let new = identity::NewToken { name, permissions, site: None, channel, expires_at: None };
    let (_, secret) = identity::mint_token(&mut tx, new).await?;
    tx.commit().await?;
    println!("{secret}");
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

fn openapi(out: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let text = http::openapi().to_pretty_json()? + "\n";
    match out {
        Some(file) => std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?,
        None => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}
