//! Between the rows and the bridge: tells the bridge what the rows want, and
//! writes down what it hears. The rows are the truth; everything sent is sent
//! again after a restart, and the bridge takes each thing once. Deliberately
//! absent: deciding anything.

use std::{collections::HashSet, time::Duration};

use firmware_bridge::{
    Bridge, BridgeConfig, BrokerAddr, Command, Floor as BridgeFloor, FloorEdge, FloorNode, NodeKind as BridgeKind,
    Report, VehicleSpec,
};
use tokio_util::sync::CancellationToken;

use super::{live::Live, model::*, report, rows};
use crate::{
    kernel::*,
    layout::{self, Floor, Lane, NodeKind},
    store::{Actor, Db},
};

/// The fleet of one site as the bridge takes it; `None` if it has no vehicles.
pub fn config(floor: &Floor, site: &str, broker: BrokerAddr, speed: f64) -> Option<BridgeConfig> {
    let manufacturer = floor.agvs.first()?.manufacturer.clone();
    let vehicles = floor
        .agvs
        .iter()
        .map(|agv| VehicleSpec { serial: agv.serial.clone(), home_node: agv.home_node.clone() })
        .collect();
    let client_id = format!("cartage-{site}");
    Some(BridgeConfig { broker, client_id, manufacturer, floor: chart(floor, site), vehicles, speed })
}

/// The vehicles' lane of a floor.
pub fn chart(floor: &Floor, site: &str) -> BridgeFloor {
    let nodes = floor.nodes.iter().filter(|node| node.lane == Lane::Agv).map(|node| FloorNode {
        id: node.id.clone(),
        x_mm: node.x_mm,
        y_mm: node.y_mm,
        kind: kind(node.kind),
    });
    let edges = floor.edges.iter().filter(|edge| edge.lane == Lane::Agv).map(|edge| FloorEdge {
        from: edge.from.clone(),
        to: edge.to.clone(),
        closed: edge.closed,
    });
    BridgeFloor { map_id: site.to_owned(), nodes: nodes.collect(), edges: edges.collect() }
}

fn kind(kind: NodeKind) -> BridgeKind {
    match kind {
        NodeKind::Shelf => BridgeKind::Shelf,
        NodeKind::Station => BridgeKind::Station,
        NodeKind::Charger => BridgeKind::Charger,
        NodeKind::Parking => BridgeKind::Parking,
        _ => BridgeKind::Aisle,
    }
}

/// What was told to the bridge by this process.
#[derive(Default)]
struct Told {
    run: HashSet<MissionId>,
    sent_back: HashSet<MissionId>,
    locked: HashSet<String>,
    closed: HashSet<(String, String)>,
}

/// Keeps one site's bridge and rows in step until `stop`.
pub async fn keep(db: Db, site: SiteId, mut bridge: Bridge, live: Live, stop: CancellationToken) {
    let mut told = Told::default();
    loop {
        if let Err(fault) = tell(&db, site, &bridge, &mut told).await {
            tracing::error!("the fleet could not be told: {fault}");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = db.bell.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
            report = bridge.reports.recv() => {
                let Some(report) = report else { return };
                hear(&db, site, &live, report).await;
                while let Ok(report) = bridge.reports.try_recv() {
                    hear(&db, site, &live, report).await;
                }
            }
        }
    }
}

async fn hear(db: &Db, site: SiteId, live: &Live, report: Report) {
    match &report {
        Report::Vehicle(status) => return live.set(site, status),
        Report::Lost { serial } => return tracing::warn!("vehicle {serial} is lost; its way stays reserved"),
        Report::Back { serial } => return tracing::info!("vehicle {serial} is back"),
        Report::BrokerDown => {
            return tracing::warn!("the MQTT broker is away; vehicles drive to the end of their base");
        }
        Report::BrokerUp => return tracing::info!("the MQTT broker answers"),
        Report::LockedOut { .. } | Report::Released { .. } => return,
        _ => {}
    }
    for attempt in 1.. {
        let noted = note(db, &report).await;
        match noted {
            Ok(()) => return,
            Err(stop) if attempt < 5 => {
                tracing::debug!("a report is written again: {stop}");
                tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
            }
            Err(stop) => return tracing::error!("a report could not be written: {report:?}: {stop}"),
        }
    }
}

async fn note(db: &Db, report: &Report) -> Result<(), Stop> {
    let mut tx = db.begin(Actor::named("fleet")).await?;
    report::heard(&mut tx, report).await?;
    Ok(tx.commit().await?)
}

async fn tell(db: &Db, site: SiteId, bridge: &Bridge, told: &mut Told) -> Result<(), Fault> {
    let mut read = db.read().await?;
    let open = rows::open_at_site(read.sql(), site).await?;
    let lockouts = rows::lockouts(read.sql(), site).await?;
    let closed = layout::closed_edges(read.sql(), site, Lane::Agv).await?;
    drop(read);
    let mut commands = Vec::new();
    let ids: HashSet<MissionId> = open.iter().map(|mission| mission.id).collect();
    // What was running and is over without the bridge having said so was withdrawn.
    commands.extend(told.run.difference(&ids).map(|id| Command::Cancel { mission: id.to_string() }));
    told.run.retain(|id| ids.contains(id));
    told.sent_back.retain(|id| ids.contains(id));
    for mission in &open {
        if told.run.insert(mission.id) {
            commands.push(Command::Run(mission.for_bridge()));
        }
        if mission.state == MissionState::Returning && told.sent_back.insert(mission.id) {
            commands.push(Command::Continue { mission: mission.id.to_string() });
        }
    }
    lock(&lockouts, told, &mut commands);
    let closed: HashSet<(String, String)> = closed.into_iter().map(|edge| (edge.from, edge.to)).collect();
    let edge = |(from, to): &(String, String)| (from.clone(), to.clone());
    commands.extend(closed.difference(&told.closed).map(edge).map(|(from, to)| Command::CloseEdge { from, to }));
    commands.extend(told.closed.difference(&closed).map(edge).map(|(from, to)| Command::OpenEdge { from, to }));
    told.closed = closed;
    for command in commands {
        if bridge.commands.send(command).await.is_err() {
            return Err(Fault::new("the bridge has stopped"));
        }
    }
    Ok(())
}

fn lock(lockouts: &[Lockout], told: &mut Told, commands: &mut Vec<Command>) {
    for out in lockouts {
        if told.locked.insert(out.vehicle.clone()) {
            commands.push(Command::Lockout { serial: out.vehicle.clone(), reason: out.reason.clone() });
        }
    }
    let still: HashSet<&str> = lockouts.iter().map(|out| out.vehicle.as_str()).collect();
    let free: Vec<String> = told.locked.iter().filter(|serial| !still.contains(serial.as_str())).cloned().collect();
    for serial in free {
        told.locked.remove(&serial);
        commands.push(Command::Release { serial });
    }
}
