//! Virtual vehicles: VDA 5050 clients that behave like real ones and know nothing of the server.
//!
//! Deliberately absent: physics beyond straight drives, and any back door; a vehicle is reached
//! over MQTT only.

mod actions;
mod disk;
mod machine;
mod motion;
mod orders;
mod report;
mod run;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use machine::Timing;

use crate::api::{BrokerAddr, Floor, VehicleSpec};
use disk::Disk;
use machine::{Chart, Machine};
use run::{Identity, Runner};

/// A fleet of virtual vehicles.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    pub broker: BrokerAddr,
    pub manufacturer: String,
    pub floor: Floor,
    pub vehicles: Vec<VehicleSpec>,
    /// Vehicle seconds per wall second.
    pub speed: f64,
    /// Where the vehicles remember pose, order and load; without it they forget with the process.
    pub state_dir: Option<PathBuf>,
    pub timing: Timing,
}

/// Why a fleet cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error("vehicle {serial} has the unknown home {home}")]
    UnknownHome { serial: String, home: String },
    #[error("speed must be above zero")]
    BadSpeed,
    #[error("memory of vehicle {serial}: {source}")]
    Memory { serial: String, source: std::io::Error },
}

/// Running virtual vehicles, one task each.
#[derive(Debug)]
pub struct Fleet {
    tasks: Vec<(String, JoinHandle<()>)>,
}

impl Fleet {
    /// Waits until every vehicle has stopped.
    pub async fn join(self) {
        for (serial, task) in self.tasks {
            if let Err(error) = task.await
                && error.is_panic()
            {
                tracing::error!(serial, "vehicle panicked");
            }
        }
    }

    /// Cuts one vehicle's power: no farewell, the broker publishes its will.
    pub fn kill(&mut self, serial: &str) {
        for (_, task) in self.tasks.iter().filter(|(name, _)| name == serial) {
            task.abort();
        }
    }
}

/// Starts every vehicle as a task of the current runtime. Each stands at its home, or goes on
/// from what it remembers in the state folder.
///
/// # Errors
/// [`FleetError`] on an unknown home, a bad speed, or an unreadable memory.
pub fn spawn_fleet(config: FleetConfig, stop: &CancellationToken) -> Result<Fleet, FleetError> {
    if !(config.speed.is_finite() && config.speed > 0.0) {
        return Err(FleetError::BadSpeed);
    }
    let chart = Arc::new(Chart::of(&config.floor));
    let mut runners = Vec::new();
    for spec in &config.vehicles {
        runners.push((spec.serial.clone(), prepare(&config, spec, &chart)?));
    }
    let start = |(serial, runner): (String, Runner)| {
        let task = tokio::spawn(runner.run(stop.clone()));
        (serial, task)
    };
    Ok(Fleet { tasks: runners.into_iter().map(start).collect() })
}

fn prepare(config: &FleetConfig, spec: &VehicleSpec, chart: &Arc<Chart>) -> Result<Runner, FleetError> {
    if !chart.places.contains_key(&spec.home_node) {
        return Err(FleetError::UnknownHome { serial: spec.serial.clone(), home: spec.home_node.clone() });
    }
    let memory_error = |source| FleetError::Memory { serial: spec.serial.clone(), source };
    let folder = config.state_dir.as_deref();
    let disk = folder.map(|folder| Disk::new(folder, &spec.serial)).transpose().map_err(memory_error)?;
    let remembered = match &disk {
        Some(disk) => disk.load().map_err(memory_error)?,
        None => None,
    };
    let (chart, timing) = (Arc::clone(chart), config.timing.clone());
    let machine = match remembered {
        Some(memory) => Machine::remembering(chart, timing, memory),
        None => Machine::new(chart, timing, &spec.home_node),
    };
    let identity = Identity {
        broker: config.broker.clone(),
        manufacturer: config.manufacturer.clone(),
        serial: spec.serial.clone(),
        speed: config.speed,
    };
    Ok(Runner::new(identity, machine, disk))
}
