//! Logs that read like sentences. Deliberately absent: personal data in them.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error; `CARTAGE_LOG` or `RUST_LOG` sets the level,
/// else `usual`.
pub fn start(usual: &str) {
    let wanted = std::env::var("CARTAGE_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = wanted.unwrap_or_else(|_| usual.to_owned());
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start (tests in one process) changes nothing.
    log.try_init().ok();
}
