//! Two databases, one face: SQLite embedded, PostgreSQL for several replicas.
//! `sqlx` is spoken here and in each room's `rows.rs`, nowhere else.
//!
//! A verb gets a [`Tx`], writes its rows, states its facts with [`Tx::emit`] and
//! never commits; who opened the transaction commits it, so verbs compose.
//! Deliberately absent: anything that knows what a row means.

mod backup;
mod both;
pub mod bulk;
pub mod claim;
pub mod command;
mod connect;
pub mod log;
mod part;
pub mod roll;
mod row;
mod scratch;
mod unposted;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use sqlx::{Any, AnyPool, Transaction, pool::PoolConnection};
use tokio::sync::Notify;

use crate::{
    event::{Chore, Event},
    kernel::{Clock, Fault, Id, Time, id::Kind, rng::Dice},
};

use bulk::{Column, Sheet};

pub use backup::{backup, restore};
pub use both::{TEST_START, on_both_engines};
pub use connect::{Engine, migrate};
pub use row::{Row, json_list};
pub use scratch::Scratch;

/// A connection as `rows.rs` files use it.
pub type Sql = sqlx::AnyConnection;

/// The database with its clock and dice. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    writer: AnyPool,
    reader: AnyPool,
    /// Domain time.
    pub clock: Arc<dyn Clock>,
    /// Ids, PINs, tie-breaks.
    pub dice: Arc<Dice>,
    unposted: Arc<unposted::Unposted>,
    poster: Arc<OnceLock<&'static dyn roll::Poster>>,
    /// Rung after each commit that leaves work: facts to stamp, chores to do.
    pub bell: Arc<Notify>,
}

/// Who acts: stands beside each fact and each transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// Cartage itself: timers, planners, the fleet.
    pub fn house() -> Self {
        Self("house".to_owned())
    }
    /// A person, device or token by its id.
    pub fn named(id: impl std::fmt::Display) -> Self {
        Self(id.to_string())
    }
    /// The text stored with facts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Db {
    /// Which database answers.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Opens a transaction for writing. SQLite: the one writer, `BEGIN
    /// IMMEDIATE`, so that a read never has to be upgraded and fail.
    pub async fn begin(&self, actor: Actor) -> Result<Tx, Fault> {
        let how = self.engine.pick("BEGIN IMMEDIATE", "BEGIN");
        let sql = self.writer.begin_with(how).await?;
        Ok(self.opened(sql, actor))
    }

    fn opened(&self, sql: Transaction<'static, Any>, actor: Actor) -> Tx {
        Tx { db: self.clone(), sql, facts: Vec::new(), chores: BTreeMap::new(), moment: None, actor }
    }

    /// Domain time.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A new id.
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.dice.ulid(self.now()))
    }

    /// A connection for reading what is committed.
    pub async fn read(&self) -> Result<Read, Fault> {
        Ok(Read(self.reader.acquire().await?))
    }

    /// A transaction for looking at many things as they are at one moment; it keeps no
    /// writer waiting, and what it wrote would be lost.
    pub async fn look(&self, actor: Actor) -> Result<Tx, Fault> {
        Ok(self.opened(self.reader.begin().await?, actor))
    }

    /// True once it is being closed.
    pub fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    /// Closes the pools; SQLite checkpoints its log.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A reading connection.
pub struct Read(PoolConnection<Any>);

impl Read {
    /// The connection for a `rows` function.
    pub fn sql(&mut self) -> &mut Sql {
        &mut self.0
    }
}

/// A transaction with the facts it will leave in the log. Dropped without
/// [`Tx::commit`], it leaves nothing.
pub struct Tx {
    db: Db,
    sql: Transaction<'static, Any>,
    facts: Vec<(Option<Actor>, Option<Time>, Event)>,
    chores: BTreeMap<(Chore, String), Time>,
    /// When what is written now came to be; `None`: now.
    moment: Option<Time>,
    actor: Actor,
}

impl Tx {
    /// The connection for a `rows` function.
    pub fn sql(&mut self) -> &mut Sql {
        &mut self.sql
    }
    /// Domain time.
    pub fn now(&self) -> Time {
        self.moment.unwrap_or_else(|| self.db.now())
    }
    /// What follows was decided at a moment that is past, until this is told `None`:
    /// rows, facts and ids are of then.
    pub fn as_of(&mut self, moment: Option<Time>) {
        self.moment = moment;
    }
    /// A new id.
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.db.dice.ulid(self.now()))
    }
    /// The dice, for PINs and tie-breaks.
    pub fn dice(&self) -> &Dice {
        &self.db.dice
    }
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// Which database answers.
    pub fn engine(&self) -> Engine {
        self.db.engine
    }
    /// The database this transaction is of.
    pub fn database(&self) -> Db {
        self.db.clone()
    }

    /// States a fact; it enters the log when the transaction commits.
    pub fn emit(&mut self, fact: Event) {
        self.facts.push((None, self.moment, fact));
    }

    /// States a fact of one of several who act in this transaction.
    pub fn emit_as(&mut self, actor: &Actor, fact: Event) {
        self.facts.push((Some(actor.clone()), self.moment, fact));
    }

    /// An empty sheet for [`Self::insert`].
    pub fn sheet(&self, columns: &'static [Column]) -> Sheet {
        Sheet::new(self.engine(), columns)
    }

    /// Inserts the rows of a sheet.
    pub async fn insert(&mut self, sheet: Sheet, table: &'static str) -> Result<(), Fault> {
        sheet.insert(self.sql(), table).await.map(drop)
    }

    /// Asks for a chore at `run_at` (domain time). The same chore for the same
    /// subject stands once; the earlier time wins.
    pub async fn later(&mut self, chore: Chore, subject: impl ToString, run_at: Time) -> Result<(), Fault> {
        let wanted = self.chores.entry((chore, subject.to_string())).or_insert(run_at);
        *wanted = run_at.min(*wanted);
        Ok(())
    }

    /// Writes chores and facts and commits all or nothing. Chores come last and in
    /// one order for all transactions: many of them want the same few rows, so that
    /// nobody holds one for long, and no two wait for each other.
    pub async fn commit(mut self) -> Result<(), Fault> {
        let (now, engine) = (self.now(), self.engine());
        let ring = !self.chores.is_empty() || !self.facts.is_empty();
        let chores = std::mem::take(&mut self.chores);
        claim::schedule(self.sql(), engine, &chores).await?;
        let facts = self.take_facts();
        let actor = self.actor.clone();
        log::append(self.sql(), engine, now, &actor, &facts).await?;
        self.sql.commit().await?;
        if ring {
            self.db.bell.notify_waiters();
        }
        Ok(())
    }

    fn take_facts(&mut self) -> Vec<log::New> {
        let facts = std::mem::take(&mut self.facts);
        facts.into_iter().map(|(actor, at, event)| log::New { id: self.id(), actor, at, event }).collect()
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let mut fault = Fault::new(format!("the database said: {error}"));
        match &error {
            sqlx::Error::Database(said) => {
                fault.duplicate = said.is_unique_violation();
                // PostgreSQL: serialization failure, deadlock; SQLite: busy, locked.
                fault.retryable = matches!(said.code().as_deref(), Some("40001" | "40P01" | "5" | "6" | "261" | "517"));
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => fault.retryable = true,
            _ => {}
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::OrderId;

    #[tokio::test]
    async fn facts_get_positions_in_order_and_chores_stand_once() {
        on_both_engines(async |db, clock| {
            let order: OrderId = {
                let mut tx = db.begin(Actor::house()).await.unwrap();
                let order = tx.id();
                tx.emit(Event::OrderAccepted { order });
                tx.emit(Event::OrderDelivered { order });
                let now = tx.now();
                tx.later(Chore::PlanWave, "here", now.plus_ms(50)).await.unwrap();
                tx.later(Chore::PlanWave, "here", now.plus_ms(10)).await.unwrap();
                tx.commit().await.unwrap();
                order
            };
            let waiting = db.engine().pick(0, 2);
            assert_eq!(log::stamp(&db, "me").await.unwrap(), waiting);
            assert_eq!(log::stamp(&db, "other").await.unwrap(), 0);
            let mut read = db.read().await.unwrap();
            let facts = log::tail(read.sql(), 0, 10).await.unwrap();
            assert_eq!(facts.iter().map(|fact| fact.position).collect::<Vec<_>>(), [1, 2]);
            assert_eq!(facts[1].event().unwrap(), Event::OrderDelivered { order });
            assert!(claim::due(read.sql(), clock.now(), 9).await.unwrap().is_empty());
            clock.advance_ms(10);
            assert_eq!(claim::due(read.sql(), clock.now(), 9).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_dropped_transaction_leaves_nothing() {
        on_both_engines(async |db, _| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let order = tx.id();
            tx.emit(Event::OrderAccepted { order });
            drop(tx);
            assert_eq!(log::stamp(&db, "me").await.unwrap(), 0);
            let mut read = db.read().await.unwrap();
            assert!(log::tail(read.sql(), 0, 10).await.unwrap().is_empty());
        })
        .await;
    }
}
