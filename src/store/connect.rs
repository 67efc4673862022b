//! Opens the pools and brings the schema up to date. Deliberately absent: any
//! choice beyond the URL; what differs between the engines is [`Engine::pick`].

use std::{sync::Arc, time::Duration};

use sqlx::{AnyPool, any::AnyPoolOptions};
use tokio::sync::Notify;

use super::{Db, Row as _};
use crate::kernel::{Clock, Fault, rng::Dice};

/// Which database a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one process.
    Sqlite,
    /// A server, several replicas.
    Postgres,
}

impl Engine {
    /// From the scheme of a URL.
    pub fn of(url: &str) -> Result<Self, Fault> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(Fault::new("the database URL must begin with sqlite: or postgres:")),
        }
    }
    /// Which database a connection is of.
    pub fn of_connection(sql: &super::Sql) -> Self {
        if sql.backend_name() == "PostgreSQL" { Self::Postgres } else { Self::Sqlite }
    }
    /// The one fork: the same statement in two dialects.
    pub const fn pick<T: Copy>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
    /// The name shown to people and in reports.
    pub const fn as_str(self) -> &'static str {
        self.pick("sqlite", "postgres")
    }
}

/// One pragma set for every SQLite connection: readers beside one writer (WAL),
/// and a commit that survives power loss (FULL). The log is written back beside the
/// writer ([`keep_log_short`]); he does it himself only when it holds 256 MB.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -32768; \
     PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 64000; \
     PRAGMA journal_size_limit = 67108864;";

/// The one writer touches every index: what he wrote lately stays in his memory, 128 MB
/// at most, rather than being read back from the log.
const WRITERS_CACHE: &str = "PRAGMA cache_size = -131072;";

impl Db {
    /// Opens (SQLite: creates) the database that `url` names.
    pub async fn open(url: &str, clock: Arc<dyn Clock>, dice: Arc<Dice>) -> Result<Self, Fault> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of(url)?;
        let url = match engine {
            Engine::Sqlite if !url.contains("mode=") => format!("{url}?mode=rwc"),
            _ => url.to_owned(),
        };
        let writer = pool(&url, engine, engine.pick(1, 12), WRITERS_CACHE).await?;
        let reader = pool(&url, engine, engine.pick(4, 8), "").await?;
        if engine == Engine::Sqlite {
            tokio::spawn(keep_log_short(reader.clone()));
        }
        Ok(Self {
            engine,
            writer,
            reader,
            clock,
            dice,
            bell: Arc::new(Notify::new()),
            unposted: Arc::default(),
            poster: Arc::default(),
        })
    }
}

/// SQLite's log is written back into the file beside the writer, who would wait for it
/// otherwise, every order behind him. Pages that many orders touch are written once.
async fn keep_log_short(reader: AnyPool) {
    let mut known = -1;
    while !reader.is_closed() {
        tokio::time::sleep(WRITE_BACK).await;
        let Ok(mut sql) = reader.acquire().await else { return };
        // Changes with each commit of another connection; cheap to ask.
        let version = sqlx::raw_sql("PRAGMA data_version").fetch_one(&mut *sql).await;
        let version = version.map_err(Fault::from).and_then(|row| row.int("data_version")).unwrap_or(known);
        if version != known {
            known = version;
            // Busy is no fault: the next one writes more.
            let _ = sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *sql).await;
        }
    }
}

/// Between two looks at SQLite's log.
const WRITE_BACK: Duration = Duration::from_millis(500);

async fn pool(url: &str, engine: Engine, size: u32, also: &'static str) -> Result<AnyPool, Fault> {
    let options = AnyPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(20));
    let options = match engine {
        Engine::Postgres => options,
        Engine::Sqlite => options.after_connect(move |sql, _| {
            Box::pin(async move {
                sqlx::raw_sql(PRAGMAS).execute(&mut *sql).await?;
                sqlx::raw_sql(also).execute(&mut *sql).await?;
                Ok(())
            })
        }),
    };
    options.connect(url).await.map_err(|error| {
        let mut fault = Fault::from(error);
        fault.retryable = true;
        fault
    })
}

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Applies the migrations that are missing; on PostgreSQL one replica at a time.
pub async fn migrate(db: &Db) -> Result<(), Fault> {
    MIGRATOR
        .run(&db.writer)
        .await
        .map_err(|error| Fault::new(format!("the schema could not be brought up to date: {error}")))
}
