//! Runs a test on each engine with a fresh schema. SQLite always; PostgreSQL when
//! `CARTAGE_TEST_POSTGRES` names a server whose user may create databases
//! (`make test` starts one), else with a loud word that it was left out.

use std::sync::Arc;

use super::{Db, migrate};
use crate::kernel::{Clock, Time, rng::Dice, time::HandClock};

/// A moment for tests: 2026-03-02 09:00 UTC, a Monday.
pub const TEST_START: Time = Time::from_ms(1_772_442_000_000);

/// Calls `test` with a migrated, empty database of each engine and a clock that
/// the test moves by hand.
///
/// # Panics
/// When a database cannot be made: a test that did not run must not pass.
pub async fn on_both_engines<F: AsyncFn(Db, Arc<HandClock>)>(test: F) {
    let folder = std::env::temp_dir().join(format!("cartage-test-{}", random_name()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    run(&format!("sqlite://{}/test.db", folder.display()), &test).await;
    std::fs::remove_dir_all(&folder).ok();
    match std::env::var("CARTAGE_TEST_POSTGRES") {
        Ok(server) => {
            let name = format!("cartage_{}", random_name());
            admin(&server, &format!("CREATE DATABASE {name}")).await;
            let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base).to_owned();
            run(&format!("{base}/{name}"), &test).await;
            admin(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        Err(_) => eprintln!("LEFT OUT: PostgreSQL; set CARTAGE_TEST_POSTGRES (make test does)"),
    }
}

fn random_name() -> String {
    let bytes: [u8; 16] = rand::random();
    ulid::Ulid::from_bytes(bytes).to_string().to_lowercase()
}

async fn run<F: AsyncFn(Db, Arc<HandClock>)>(url: &str, test: &F) {
    let clock = Arc::new(HandClock::at(TEST_START));
    let shared: Arc<dyn Clock> = clock.clone();
    let db = Db::open(url, shared, Arc::new(Dice::seeded([7; 32]))).await.expect("the database opens");
    migrate(&db).await.expect("the schema applies");
    test(db.clone(), clock).await;
    db.close().await;
}

async fn admin(server: &str, statement: &str) {
    use sqlx::Connection as _;
    sqlx::any::install_default_drivers();
    let mut sql = sqlx::AnyConnection::connect(server).await.expect("the PostgreSQL server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut sql).await.expect("the admin statement runs");
}
