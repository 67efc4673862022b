//! Where riders and vans are: every fix in memory for the live map, and a thinned
//! trail in a table that is pruned. Positions are not facts. Deliberately absent:
//! drawing them.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;
use utoipa::ToSchema;

use super::{Refusal, model::*, rows};
use crate::{
    kernel::*,
    store::{Actor, Db, Sql, Tx},
};

/// A fix is written down when the rider moved this far since the last written,
const WRITE_M: f64 = 120.0;
/// or when it is this old (domain time).
const WRITE_MS: i64 = 60_000;
/// How long the trail is kept.
pub const TRAIL_MS: i64 = 24 * 3_600_000;

/// The newest fix of everybody, and a channel of all fixes for live pages.
pub struct Tracker {
    last: Mutex<HashMap<UserId, Seen>>,
    feed: broadcast::Sender<Position>,
}

#[derive(Clone, Copy)]
struct Seen {
    position: Position,
    written: Option<Position>,
    /// The GPS client's own timestamp, so that a repeated fix is dropped.
    stamp_ms: Option<i64>,
}

static TRACKER: LazyLock<Tracker> = LazyLock::new(Tracker::default);

impl Default for Tracker {
    fn default() -> Self {
        Self { last: Mutex::default(), feed: broadcast::channel(1024).0 }
    }
}

impl Tracker {
    /// The tracker of this process.
    pub fn shared() -> &'static Tracker {
        &TRACKER
    }

    /// Every fix from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Position> {
        self.feed.subscribe()
    }

    /// The newest fix of everybody this process heard of.
    pub fn everybody(&self) -> Vec<Position> {
        let last = self.last.lock().expect("no panic holds the positions");
        let mut all: Vec<Position> = last.values().map(|seen| seen.position).collect();
        all.sort_by_key(|position| position.rider);
        all
    }

    /// Takes a fix; true if it is to be written down. `stamp_ms` is the timestamp
    /// of a GPS client: one that is not newer than its last is a repeat and is
    /// dropped. Our own page sends none.
    fn take(&self, fix: Position, stamp_ms: Option<i64>) -> bool {
        let mut last = self.last.lock().expect("no panic holds the positions");
        let before = last.get(&fix.rider).copied();
        let known = before.and_then(|seen| seen.stamp_ms);
        if stamp_ms.zip(known).is_some_and(|(stamp_ms, known)| stamp_ms <= known) {
            return false;
        }
        let written = before.and_then(|seen| seen.written);
        let write = written.is_none_or(|old| {
            old.coord.metres_to(fix.coord) >= WRITE_M || fix.at.since(old.at) >= WRITE_MS || fix.at < old.at
        });
        let written = if write { Some(fix) } else { written };
        last.insert(fix.rider, Seen { position: fix, written, stamp_ms: stamp_ms.or(known) });
        // Nobody listening is no error.
        let _ = self.feed.send(fix);
        write
    }
}

/// Notes where somebody is.
///
/// # Errors
/// [`Refusal::BadPlace`]; a fault of the store.
pub async fn report(
    db: &Db,
    tracker: &Tracker,
    rider: UserId,
    lat: f64,
    lon: f64,
    stamp_ms: Option<i64>,
) -> Result<(), Stop> {
    let coord = Coord::checked(lat, lon).ok_or(Refusal::BadPlace)?;
    let fix = Position { rider, coord, at: db.clock.now() };
    if tracker.take(fix, stamp_ms) {
        let mut tx = db.begin(Actor::named(rider)).await?;
        rows::save_position(tx.sql(), &fix).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Everybody on shift, where they are now.
pub async fn on_shift_now(sql: &mut Sql) -> Result<Vec<Rider>, Fault> {
    let live: HashMap<UserId, Position> =
        Tracker::shared().everybody().into_iter().map(|position| (position.rider, position)).collect();
    let mut riders = rows::on_shift(sql).await?;
    for rider in &mut riders {
        if let Some(position) = live.get(&rider.id).filter(|position| position.at >= rider.seen_at) {
            (rider.coord, rider.seen_at) = (position.coord, position.at);
        }
    }
    Ok(riders)
}

/// The last place known of somebody, in memory or written down.
pub(super) async fn last_of(sql: &mut Sql, rider: UserId) -> Result<Option<Coord>, Fault> {
    let live = TRACKER.last.lock().expect("no panic holds the positions").get(&rider).map(|seen| seen.position);
    let written = rows::rider_by_id(sql, rider).await?;
    Ok(match (live, written) {
        (Some(live), Some(written)) if live.at >= written.seen_at => Some(live.coord),
        (_, Some(written)) => Some(written.coord),
        (Some(live), None) => Some(live.coord),
        (None, None) => None,
    })
}

/// Forgets trails older than [`TRAIL_MS`]: part of the chore `house.sweep`.
pub async fn prune(tx: &mut Tx) -> Result<(), Fault> {
    let before = tx.now().plus_ms(-TRAIL_MS);
    rows::prune_positions(tx.sql(), before).await
}

/// Makes a token for a phone's GPS client; shown once, kept as a hash. A new one
/// ends the old.
///
/// # Errors
/// [`Refusal::Unknown`] before the first shift.
pub async fn make_tracker(tx: &mut Tx, rider: UserId) -> Result<String, Stop> {
    let secret: String = tx.dice().bytes::<20>().iter().map(|byte| format!("{byte:02x}")).collect();
    if !rows::save_tracker(tx.sql(), rider, &hash(&secret)).await? {
        return Err(Refusal::Unknown.into());
    }
    Ok(secret)
}

/// Whose tracker a token is.
pub async fn rider_of(sql: &mut Sql, token: &str) -> Result<Option<UserId>, Fault> {
    rows::rider_of_tracker(sql, &hash(token)).await
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A fix as the Traccar Client sends it. Unknown fields are let pass: the app
/// adds some with each version.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct TraccarFix {
    /// The fix.
    pub location: TraccarLocation,
}

/// The inner part of [`TraccarFix`].
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct TraccarLocation {
    /// When the phone took it, by its own clock: RFC 3339.
    pub timestamp: Time,
    /// Where.
    pub coords: TraccarCoords,
}

/// The coordinates of [`TraccarFix`].
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub struct TraccarCoords {
    /// Degrees north, WGS-84.
    pub latitude: f64,
    /// Degrees east, WGS-84.
    pub longitude: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_is_written_when_the_rider_moved_or_time_passed() {
        let tracker = Tracker::default();
        let mut feed = tracker.subscribe();
        let rider = UserId::new(ulid::Ulid::from_parts(1, 1));
        let fix = |lat: f64, ms: i64| Position { rider, coord: Coord { lat, lon: 8.0 }, at: Time::from_ms(ms) };
        assert!(tracker.take(fix(50.0, 0), Some(1)), "the first");
        assert!(!tracker.take(fix(50.0001, 1_000), Some(2)), "eleven metres on");
        assert!(!tracker.take(fix(51.0, 2_000), Some(2)), "a repeat by the phone's clock");
        assert!(tracker.take(fix(50.01, 3_000), Some(3)), "a kilometre on");
        assert!(tracker.take(fix(50.01, 3_000 + WRITE_MS), Some(4)), "a minute later");
        assert_eq!(tracker.everybody().len(), 1);
        assert_eq!(feed.try_recv().unwrap().coord.lat, 50.0);
        assert_eq!(feed.try_recv().unwrap().coord.lat, 50.0001);
    }

    #[test]
    fn an_unmodified_traccar_client_is_understood() {
        let text = r#"{"location":{"timestamp":"2026-03-02T09:00:00.000Z","coords":{"latitude":31.2,"longitude":121.4,
            "accuracy":5,"speed":3.2,"heading":90},"is_moving":true,"battery":{"level":0.8}},"device_id":"17"}"#;
        let fix: TraccarFix = serde_json::from_str(text).unwrap();
        assert_eq!(fix.location.coords.latitude, 31.2);
        assert_eq!(fix.location.timestamp.ms(), 1_772_442_000_000);
    }
}
