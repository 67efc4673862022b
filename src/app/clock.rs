//! Domain time on the wall's legs: an anchor, and a speed. The anchor is kept on
//! disk, so that domain time goes on over a restart and never back. Deliberately
//! absent: the twin's virtual time.

use std::{
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::kernel::{Clock, Time};

/// When domain time began, on both clocks, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Anchor {
    domain_ms: i64,
    wall_ms: i64,
    speed: f64,
}

/// Wall time, scaled; rises even if the wall clock jumps back while we run.
pub struct ScaledClock {
    start_domain_ms: i64,
    started: Instant,
    speed: f64,
    last: AtomicI64,
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl ScaledClock {
    /// Wall time as it is.
    pub fn wall() -> Self {
        Self::from(wall_ms(), 1.0)
    }

    fn from(start_domain_ms: i64, speed: f64) -> Self {
        Self { start_domain_ms, started: Instant::now(), speed, last: AtomicI64::new(start_domain_ms) }
    }

    /// Goes on from the anchor in `file`, or sets one that begins at `begin`.
    pub fn anchored(file: &Path, begin: Time, speed: f64) -> anyhow::Result<Self> {
        let now = wall_ms();
        let known = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Anchor>(&bytes).ok());
        let domain_ms = match known {
            Some(anchor) => anchor.domain_ms + scaled(now.saturating_sub(anchor.wall_ms).max(0), anchor.speed),
            None => begin.ms(),
        };
        let anchor = Anchor { domain_ms, wall_ms: now, speed };
        std::fs::write(file, serde_json::to_vec(&anchor)?)
            .with_context(|| format!("the clock's anchor cannot be written to {}", file.display()))?;
        Ok(Self::from(domain_ms, speed))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn scaled(ms: i64, speed: f64) -> i64 {
    (ms as f64 * speed) as i64
}

impl Clock for ScaledClock {
    fn now(&self) -> Time {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.start_domain_ms + scaled(passed, self.speed);
        Time::from_ms(self.last.fetch_max(now, Ordering::SeqCst).max(now))
    }
    fn speed(&self) -> f64 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_time_goes_on_over_a_restart() {
        let file = std::env::temp_dir().join(format!("cartage-clock-{}", rand::random::<u64>()));
        let first = ScaledClock::anchored(&file, Time::from_ms(1_000_000), 30.0).unwrap();
        let before = first.now();
        let second = ScaledClock::anchored(&file, Time::from_ms(5), 30.0).unwrap();
        assert!(before >= Time::from_ms(1_000_000) && second.now() >= before);
        std::fs::remove_file(&file).ok();
    }
}
