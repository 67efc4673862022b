//! What a measurement is made of: latencies and how they are drawn, the disk's own
//! sync, and PostgreSQL's own benchmark. Deliberately absent: orders.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde::Serialize;
use tokio::process::Command;

use crate::store::Scratch;

/// How long each answer took, microseconds.
#[derive(Debug, Default, Clone)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Takes note of one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }
    /// Those of another client as well.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }
    /// In order, so that they can be asked.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_unstable();
        self
    }
    /// The time, ms, within which so many of a thousand were answered; asks a sorted
    /// list.
    pub fn permille_ms(&self, permille: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (self.0.len() * permille / 1000).min(last);
        self.0.get(at).map_or(0.0, |us| f64::from(*us) / 1000.0)
    }
    /// A bar for each doubling of time.
    pub fn drawing(&self) -> String {
        let mut counts: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
        for us in &self.0 {
            *counts.entry((us / 1000).max(1).ilog2()).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(1);
        let bar = |(power, count): (&u32, &usize)| {
            let width = (count * 40).div_ceil(most);
            format!("  < {:>6} ms {:<40} {count}", 1_u64 << (power + 1), "#".repeat(width))
        };
        counts.iter().map(bar).collect::<Vec<_>>().join("\n")
    }
}

/// The median of a few numbers; `None` if there are none.
pub fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Processor time that this process has used, microseconds; 0 where the system does
/// not tell.
pub fn cpu_us() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in parentheses, may hold spaces; times are in hundredths of a second.
    let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 10_000.0
}

/// How long the disk takes to sync one page, microseconds: the median of a hundred.
pub fn fsync_us(below: &Path) -> anyhow::Result<f64> {
    let path = below.join("cartage-sync.tmp");
    let mut file = std::fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut took = Vec::new();
    for _ in 0..100 {
        file.write_all(&[7; 8192])?;
        let begun = Instant::now();
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(&path)?;
    median(&took).context("nothing was measured")
}

/// PostgreSQL's `pgbench -N` in a scratch database of a server.
pub struct PgBench {
    scratch: Scratch,
    tool: PathBuf,
}

/// What it said.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Simple {
    /// Transactions a second.
    pub tps: f64,
}

impl PgBench {
    /// Fills a scratch database; `scale` is in units of 100,000 rows.
    pub async fn prepare(server: &str, scale: u32) -> anyhow::Result<Self> {
        let tool = tool()?;
        let scratch = Scratch::on_server(server).await?;
        let scale = scale.to_string();
        let done = Command::new(&tool).args(["-i", "-q", "-s", &scale, scratch.url()]).output().await?;
        anyhow::ensure!(done.status.success(), "pgbench -i: {}", String::from_utf8_lossy(&done.stderr));
        Ok(Self { scratch, tool })
    }

    /// Runs it for so long with so many clients.
    pub async fn run(&self, clients: usize, seconds: u64) -> anyhow::Result<Simple> {
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let args = ["-N", "-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, self.scratch.url()];
        let done = Command::new(&self.tool).args(args).output().await?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        anyhow::ensure!(done.status.success(), "pgbench: {}", String::from_utf8_lossy(&done.stderr));
        let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        Ok(Simple { tps: tps.with_context(|| format!("pgbench said no rate: {said}"))? })
    }

    /// Removes the scratch database.
    pub async fn remove(self) -> anyhow::Result<()> {
        Ok(self.scratch.remove().await?)
    }
}

/// The program, on the path or where Debian keeps it.
fn tool() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(debian.map(|version| version.path().join("bin")))
        .map(|folder| folder.join("pgbench"))
        .find(|tool| tool.is_file())
        .context("there is no pgbench; install postgresql-contrib or leave PostgreSQL out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_bars_are_those_of_the_list() {
        let mut all = Latencies::default();
        for ms in (1..=1000).rev() {
            all.add(Duration::from_millis(ms));
        }
        let all = all.sorted();
        assert_eq!((all.permille_ms(500), all.permille_ms(990), all.permille_ms(1000)), (501.0, 991.0, 1000.0));
        assert!(all.drawing().lines().last().unwrap().ends_with(" 489"), "{}", all.drawing());
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!((median(&[]), Latencies::default().permille_ms(500)), (None, 0.0));
    }
}
