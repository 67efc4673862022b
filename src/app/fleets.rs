//! One bridge for each site that has vehicles, started as floors are drawn.
//! Deliberately absent: the vehicles; those are out there, or in the simulation.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use firmware_bridge::{BrokerAddr, Counters};
use tokio_util::sync::CancellationToken;

use crate::{
    fleet::{self, Live},
    kernel::SiteId,
    layout, network,
    store::Db,
};

/// Messages on MQTT, over all bridges.
#[derive(Clone, Default)]
pub struct Traffic(Arc<Mutex<Vec<Arc<Counters>>>>);

impl Traffic {
    /// Sent and received since the start.
    pub fn messages(&self) -> u64 {
        let all = self.0.lock().expect("no panic holds the list");
        all.iter().map(|counters| counters.read()).map(|(sent, received)| sent + received).sum()
    }

    fn add(&self, counters: Arc<Counters>) {
        self.0.lock().expect("no panic holds the list").push(counters);
    }
}

/// Looks every second for floors with vehicles and no bridge yet.
pub(super) async fn keep(db: Db, broker: BrokerAddr, live: Live, traffic: Traffic, stop: CancellationToken) {
    let mut running: HashMap<SiteId, ()> = HashMap::new();
    while !stop.is_cancelled() {
        if let Err(error) = start_missing(&db, &broker, &live, &traffic, &stop, &mut running).await {
            tracing::error!("a fleet could not be started: {error:#}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

async fn start_missing(
    db: &Db,
    broker: &BrokerAddr,
    live: &Live,
    traffic: &Traffic,
    stop: &CancellationToken,
    running: &mut HashMap<SiteId, ()>,
) -> anyhow::Result<()> {
    let mut read = db.read().await?;
    for site in network::sites(read.sql()).await? {
        if running.contains_key(&site.id) || layout::agvs(read.sql(), site.id).await?.is_empty() {
            continue;
        }
        let floor = layout::floor(read.sql(), site.id).await?;
        let Some(config) = fleet::link::config(&floor, &site.code, broker.clone(), db.clock.speed()) else { continue };
        let vehicles = config.vehicles.len();
        let bridge = firmware_bridge::start(config, stop.clone()).await?;
        traffic.add(bridge.counters.clone());
        running.insert(site.id, ());
        tracing::info!("site {} has a fleet of {vehicles} vehicles", site.code);
        tokio::spawn(fleet::link::keep(db.clone(), site.id, bridge, live.clone(), stop.clone()));
    }
    Ok(())
}
