//! A copy of the whole database while it is being written to, and back. SQLite copies
//! itself into a file at one moment (`VACUUM INTO`); PostgreSQL's own tools do the
//! same for it. Deliberately absent: copies of what lies beside the database, which
//! is nothing that cannot be made again.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _};
use tokio::process::Command;

use super::Engine;
use crate::kernel::Fault;

fn told(what: &str) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |error| Fault::new(format!("{what}: {error}"))
}

/// The file of a SQLite URL.
fn file_of(url: &str) -> PathBuf {
    let rest = url.trim_start_matches("sqlite:").trim_start_matches("//");
    PathBuf::from(rest.split('?').next().unwrap_or(rest))
}

/// Copies the database that `url` names, as it is at one moment, into a new file.
pub async fn backup(url: &str, into: &Path) -> Result<(), Fault> {
    if into.exists() {
        return Err(Fault::new(format!("{} is there already; name a new file", into.display())));
    }
    match Engine::of(url)? {
        Engine::Sqlite => {
            if !file_of(url).exists() {
                return Err(Fault::new(format!("there is no database {}", file_of(url).display())));
            }
            sqlx::any::install_default_drivers();
            let mut sql = sqlx::AnyConnection::connect(url).await?;
            let name = into.display().to_string().replace('\'', "''");
            sqlx::raw_sql(AssertSqlSafe(format!("VACUUM INTO '{name}'"))).execute(&mut sql).await?;
            sql.close().await?;
            // The copy must survive a power cut as its original does.
            let synced = std::fs::File::open(into).and_then(|file| file.sync_all());
            synced.map_err(told("the copy could not be synced"))
        }
        Engine::Postgres => tool("pg_dump", &["-Fc", "--no-owner", "-f", &into.display().to_string(), "-d", url]).await,
    }
}

/// Fills the empty or missing database that `url` names from a copy.
pub async fn restore(url: &str, from: &Path) -> Result<(), Fault> {
    if !from.is_file() {
        return Err(Fault::new(format!("there is no file {}", from.display())));
    }
    match Engine::of(url)? {
        Engine::Sqlite => {
            let file = file_of(url);
            if file.exists() {
                return Err(Fault::new(format!("{} is there already; a copy never replaces it", file.display())));
            }
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(told("the folder cannot be made"))?;
            }
            std::fs::copy(from, &file).map_err(told("the copy cannot be read"))?;
            let synced = std::fs::File::open(&file).and_then(|file| file.sync_all());
            synced.map_err(told("the database could not be synced"))
        }
        Engine::Postgres => {
            let from = from.display().to_string();
            // One transaction: a database that is not empty refuses, and stays as it is.
            tool("pg_restore", &["--no-owner", "--single-transaction", "--exit-on-error", "-d", url, &from]).await
        }
    }
}

/// One of PostgreSQL's tools, from where Debian keeps the newest, else from the path.
async fn tool(name: &str, args: &[&str]) -> Result<(), Fault> {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|one| one.path()).collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|version| version.join("bin").join(name)).find(|file| file.is_file());
    let done = Command::new(debian.unwrap_or_else(|| PathBuf::from(name)))
        .args(args)
        .output()
        .await
        .map_err(told("PostgreSQL's client tools are needed (postgresql-client)"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(Fault::new(format!("{name}: {}", String::from_utf8_lossy(&done.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_file() {
        assert_eq!(file_of("sqlite:///tmp/a.db?mode=rwc"), PathBuf::from("/tmp/a.db"));
        assert_eq!(file_of("sqlite://data/cartage.db"), PathBuf::from("data/cartage.db"));
    }
}
