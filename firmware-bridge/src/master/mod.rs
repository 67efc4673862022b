//! Master control of one fleet: a task that owns the broker connection and the core.
//!
//! Deliberately absent: decisions (see `core` and its neighbours). Here are clocks and channels.

mod adopt;
mod assign;
mod car;
mod core;
mod hear;
mod jobs;
mod orders;
mod plan;
mod pursue;
mod status;
mod stop;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use self::core::Core;
use crate::api::{Bridge, BridgeConfig, Command, ConfigError, Counters, Report};
use crate::mqtt::{Arrival, Link};
use crate::vda5050::Kind;

const COMMANDS: usize = 1_024;
const REPORTS: usize = 1_024;
/// Resending and timeouts are looked at this often; everything else happens at once.
const TICK: Duration = Duration::from_millis(200);
/// Messages taken in before the consequences of all are worked out together.
const BATCH: usize = 64;

/// Starts master control as a task of the current runtime. It reconnects for ever until `stop`
/// is cancelled or the command channel closes.
///
/// # Errors
/// [`ConfigError`] when floor and vehicles do not fit together. A broker that is away is not an
/// error: [`Report::BrokerDown`] tells.
pub async fn start(config: BridgeConfig, stop: CancellationToken) -> Result<Bridge, ConfigError> {
    let core = Core::new(&config, epoch_ms())?;
    let (command_sender, commands) = mpsc::channel(COMMANDS);
    let (report_sender, reports) = mpsc::channel(REPORTS);
    let counters = Arc::new(Counters::default());
    let link = Link::open(&config.broker, &config.client_id, None);
    let master =
        Master { core, link, started: Instant::now(), counters: Arc::clone(&counters), backlog: VecDeque::new() };
    tokio::spawn(master.run(commands, report_sender, stop));
    Ok(Bridge { commands: command_sender, reports, counters })
}

struct Master {
    core: Core,
    link: Link,
    started: Instant,
    counters: Arc<Counters>,
    /// Reports the server has not taken yet; of each vehicle's status only the latest.
    backlog: VecDeque<Report>,
}

impl Master {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        reports: mpsc::Sender<Report>,
        stop: CancellationToken,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                permit = reports.reserve(), if !self.backlog.is_empty() => {
                    let Ok(permit) = permit else { break };
                    if let Some(report) = self.backlog.pop_front() {
                        permit.send(report);
                    }
                    continue;
                }
                command = commands.recv() => {
                    let Some(command) = command else { break };
                    self.set_time();
                    self.core.command(command);
                    for _ in 0..BATCH {
                        let Ok(command) = commands.try_recv() else { break };
                        self.core.command(command);
                    }
                }
                arrival = self.link.arrivals.recv() => {
                    let Some(arrival) = arrival else { break };
                    self.set_time();
                    self.take(arrival);
                    for _ in 0..BATCH {
                        let Ok(arrival) = self.link.arrivals.try_recv() else { break };
                        self.take(arrival);
                    }
                }
                _ = tick.tick() => self.set_time(),
            }
            self.core.work();
            self.hand_out();
        }
        self.link.close().await;
    }

    fn set_time(&mut self) {
        self.core.now_ms = self.started.elapsed().as_millis() as i64;
        self.core.epoch_ms = epoch_ms();
    }

    fn take(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Up => {
                self.subscribe();
                self.core.broker_up();
            }
            Arrival::Down => self.core.broker_down(),
            Arrival::Message { topic, payload } => {
                self.counters.received.fetch_add(1, Ordering::Relaxed);
                self.core.message(&topic, &payload);
            }
        }
    }

    /// States by wildcard at most once; connections one by one at least once, because a broker
    /// may cut short the retained messages of a wildcard.
    fn subscribe(&self) {
        let (dialect, manufacturer) = (self.core.dialect, &self.core.manufacturer);
        let all = [Kind::State, Kind::Visualization].into_iter();
        let all = all.map(|kind| (dialect.topic(manufacturer, "+", kind), false));
        let each = self.core.cars.iter().map(|car| {
            let topic = dialect.topic(manufacturer, &car.serial, Kind::Connection);
            (topic, true)
        });
        self.link.subscribe(all.chain(each));
    }

    fn hand_out(&mut self) {
        for message in self.core.outgoing.drain(..) {
            let (dialect, manufacturer) = (self.core.dialect, &self.core.manufacturer);
            let topic = dialect.topic(manufacturer, &message.serial, message.kind);
            if self.link.publish(topic, dialect.qos(message.kind), message.payload) {
                self.counters.sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        for report in self.core.reports.drain(..) {
            if let Report::Vehicle(status) = &report {
                let older = |r: &Report| match r {
                    Report::Vehicle(other) => other.serial == status.serial,
                    _ => false,
                };
                if let Some(at) = self.backlog.iter().position(older) {
                    self.backlog.remove(at);
                }
            }
            self.backlog.push_back(report);
        }
    }
}

fn epoch_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}
