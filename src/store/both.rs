//! Runs a test on each engine with a fresh schema. SQLite always; PostgreSQL when
//! `CARTAGE_TEST_POSTGRES` names a server whose user may create databases
//! (`make test` starts one), else with a loud word that it was left out.

use std::sync::Arc;

use super::{Db, migrate, scratch::Scratch};
use crate::kernel::{Clock, Time, rng::Dice, time::HandClock};

/// A moment for tests: 2026-03-02 09:00 UTC, a Monday.
pub const TEST_START: Time = Time::from_ms(1_772_442_000_000);

/// Calls `test` with a migrated, empty database of each engine and a clock that
/// the test moves by hand.
///
/// # Panics
/// When a database cannot be made: a test that did not run must not pass.
pub async fn on_both_engines<F: AsyncFn(Db, Arc<HandClock>)>(test: F) {
    run(Scratch::file(&std::env::temp_dir()).expect("a temporary folder"), &test).await;
    match std::env::var("CARTAGE_TEST_POSTGRES") {
        Ok(server) => {
            let scratch = Scratch::on_server(&server).await.expect("the PostgreSQL server makes a database");
            run(scratch, &test).await;
        }
        Err(_) => eprintln!("LEFT OUT: PostgreSQL; set CARTAGE_TEST_POSTGRES (make test does)"),
    }
}

async fn run<F: AsyncFn(Db, Arc<HandClock>)>(scratch: Scratch, test: &F) {
    let clock = Arc::new(HandClock::at(TEST_START));
    let shared: Arc<dyn Clock> = clock.clone();
    let db = Db::open(scratch.url(), shared, Arc::new(Dice::seeded([7; 32]))).await.expect("the database opens");
    migrate(&db).await.expect("the schema applies");
    test(db.clone(), clock).await;
    db.close().await;
    scratch.remove().await.ok();
}
