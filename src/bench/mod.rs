//! Measuring Cartage: `cartage bench`. Deliberately absent: numbers to reach; the
//! command prints what it found, and ratios taken in the same run.

mod bulk;
pub mod cluster;
mod crash;
mod feeds;
mod hall;
mod load;
mod measure;
mod orders;
mod scans;
mod server;
pub mod world;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Options;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Orders a second, promised for good
    Orders(orders::OrdersArgs),
    /// Long documents, beside the same row by row
    Bulk(bulk::BulkArgs),
    /// A sale with listeners on its feeds, beside the same sale without
    Feeds(feeds::FeedsArgs),
    /// A hall full of people with handhelds: from a scan to the next instruction
    Scans(scans::ScansArgs),
    /// Kill a loaded server again and again; is every acknowledged order there once?
    Crash(crash::CrashArgs),
}

/// Runs a measurement.
pub async fn run(options: &Options, bench: Bench) -> anyhow::Result<ExitCode> {
    match bench {
        Bench::Orders(args) => orders::run(options, args).await,
        Bench::Bulk(args) => bulk::run(options, args).await,
        Bench::Feeds(args) => feeds::run(options, args).await,
        Bench::Scans(args) => scans::run(options, args).await,
        Bench::Crash(args) => crash::run(options, args).await,
    }
}
