//! Builds the parts, starts them, stops them gracefully. Deliberately absent: what
//! they do.

pub mod clock;
mod fleets;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use firmware_bridge::{BrokerAddr, broker};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    checkout,
    config::Config,
    event::Chore,
    fleet, hooks, http, identity,
    kernel::{Clock, rng::Dice},
    labour,
    store::{self, Actor, Db},
    work,
};
pub use fleets::Traffic;

/// A running server.
pub struct App {
    /// The database.
    pub db: Db,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where the vehicles' broker is.
    pub broker: BrokerAddr,
    /// `embedded` or the URL.
    pub broker_name: String,
    /// Messages on MQTT.
    pub traffic: Traffic,
    /// The one-time admin secret, at the very first start.
    pub admin_secret: Option<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _broker: Option<broker::BrokerGuard>,
}

impl App {
    /// Opens the database, brings it up to date, and starts everything.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>, without_broker: bool) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data)
            .with_context(|| format!("the data folder {} cannot be made", config.data.display()))?;
        let db = open(config, clock).await?;
        let admin_secret = identity::first_start(&db).await?;
        let mut tx = db.begin(Actor::house()).await?;
        let now = tx.now();
        tx.later(Chore::Sweep, "house", now.plus_ms(3_600_000)).await?;
        tx.commit().await?;
        let (broker, broker_name, guard) = start_broker(config, without_broker)?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let holder = format!("{}-{}", std::process::id(), db.dice.ulid(now));
        tasks.spawn(work::run(db.clone(), holder.clone(), stop.clone()));
        let reach = hooks::Reach { private: config.private_hooks };
        tasks.spawn(hooks::run(db.clone(), reach, holder.clone(), stop.clone()));
        tasks.spawn(labour::run(db.clone(), holder, stop.clone()));
        let (traffic, live) = (Traffic::default(), fleet::Live::default());
        tasks.spawn(fleets::keep(db.clone(), broker.clone(), live.clone(), traffic.clone(), stop.clone()));
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("{} cannot be listened on; choose another with --listen", config.listen))?;
        let addr = listener.local_addr()?;
        let allowed = http::Allowed { per_second: config.requests_per_second, at_once: config.requests_at_once };
        let router = http::router(db.clone(), live, allowed).layer(axum::Extension(reach));
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let ended = stop.clone();
        tasks.spawn(async move {
            let serve = axum::serve(listener, router).with_graceful_shutdown(ended.cancelled_owned());
            if let Err(error) = serve.await {
                tracing::error!("the server ended: {error}");
            }
        });
        Ok(Self { db, addr, broker, broker_name, traffic, admin_secret, stop, tasks, _broker: guard })
    }

    /// `http://...` as it is reached from this machine.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops taking requests, ends what runs, closes the database.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        // Open live streams would keep the listener for ever.
        let patience = std::time::Duration::from_secs(3);
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::info!("some connections were still open and are cut");
        }
        self.db.close().await;
    }
}

/// Opens the database and applies what is missing of the schema.
pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Db> {
    let dice = Arc::new(Dice::seeded(rand::random()));
    let db = Db::open(&config.database_url(), clock, dice).await.context("the database cannot be opened")?;
    checkout::read_roll(&db);
    store::migrate(&db).await?;
    Ok(db)
}

type Broker = (BrokerAddr, String, Option<broker::BrokerGuard>);

fn start_broker(config: &Config, without: bool) -> anyhow::Result<Broker> {
    if let Some(addr) = config.broker_addr()? {
        let name = format!("mqtt://{}:{}", addr.host, addr.port);
        return Ok((addr, name, None));
    }
    if without {
        return Ok((BrokerAddr::new("127.0.0.1", 1), "none".to_owned(), None));
    }
    let (port, guard) = broker::start_embedded(1883).context("the embedded MQTT broker cannot be started")?;
    if port != 1883 {
        tracing::info!("port 1883 is taken; the embedded MQTT broker listens on {port}");
    }
    Ok((BrokerAddr::new("127.0.0.1", port), "embedded".to_owned(), Some(guard)))
}
