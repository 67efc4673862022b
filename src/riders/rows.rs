//! The SQL of riders, offers, attempts, proofs and positions. Deliberately
//! absent: loads, stops and parcels; transport writes those.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

macro_rules! riders {
    ($tail:literal) => {
        concat!(
            "SELECT id, kind, site, max_weight_g, max_volume_ml, cold, on_shift, since, lat, lon, seen_at FROM riders ",
            $tail
        )
    };
}
macro_rules! offers {
    ($tail:literal) => {
        concat!(
            "SELECT id, load_id, rider, state, pay_minor, distance_m, approach_m, stops, made_at, expires_at, \
             answered_at FROM offers ",
            $tail
        )
    };
}
macro_rules! attempts {
    ($tail:literal) => {
        concat!(
            "SELECT id, parcel, number, load_id, stop_id, rider, at, lat, lon, outcome, reason, proof, cash_minor \
             FROM attempts ",
            $tail
        )
    };
}

fn rider(row: &AnyRow) -> Result<Rider, Fault> {
    Ok(Rider {
        id: row.id("id")?,
        kind: row.word("kind")?,
        site: row.id("site")?,
        max_weight_g: row.int("max_weight_g")?,
        max_volume_ml: row.int("max_volume_ml")?,
        cold: row.flag("cold")?,
        on_shift: row.flag("on_shift")?,
        since: row.time("since")?,
        coord: row.coord()?,
        seen_at: row.time("seen_at")?,
    })
}

fn offer(row: &AnyRow) -> Result<Offer, Fault> {
    Ok(Offer {
        id: row.id("id")?,
        load: row.id("load_id")?,
        rider: row.id("rider")?,
        state: row.word("state")?,
        pay_minor: row.int("pay_minor")?,
        distance_m: row.int("distance_m")?,
        approach_m: row.int("approach_m")?,
        stops: row.int("stops")?,
        made_at: row.time("made_at")?,
        expires_at: row.time("expires_at")?,
        answered_at: row.opt_time("answered_at")?,
    })
}

fn attempt(row: &AnyRow) -> Result<Attempt, Fault> {
    Ok(Attempt {
        id: row.id("id")?,
        parcel: row.id("parcel")?,
        number: row.int("number")?,
        load: row.id("load_id")?,
        stop: row.id("stop_id")?,
        rider: row.text("rider")?,
        at: row.time("at")?,
        coord: row.coord()?,
        outcome: row.word("outcome")?,
        reason: row.opt_word("reason")?,
        proof: row.opt_word("proof")?,
        cash_minor: row.int("cash_minor")?,
    })
}

// riders -------------------------------------------------------------------

/// Writes a rider's profile: new or changed.
pub(super) async fn save_rider(sql: &mut Sql, r: &Rider) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO riders (id, kind, site, max_weight_g, max_volume_ml, cold, on_shift, since, lat, lon, seen_at, \
         tracked_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) ON CONFLICT (id) DO UPDATE SET \
         kind = excluded.kind, site = excluded.site, max_weight_g = excluded.max_weight_g, \
         max_volume_ml = excluded.max_volume_ml, cold = excluded.cold, on_shift = excluded.on_shift, \
         since = excluded.since, lat = excluded.lat, lon = excluded.lon, seen_at = excluded.seen_at",
    )
    .bind(r.id.to_string())
    .bind(r.kind.as_str())
    .bind(r.site.to_string())
    .bind(r.max_weight_g)
    .bind(r.max_volume_ml)
    .bind(i64::from(r.cold))
    .bind(i64::from(r.on_shift))
    .bind(r.since.ms())
    .bind(r.coord.lat)
    .bind(r.coord.lon)
    .bind(r.seen_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// One rider or driver.
pub async fn rider_by_id(sql: &mut Sql, id: UserId) -> Result<Option<Rider>, Fault> {
    let row = sqlx::query(riders!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(rider).transpose()
}

/// Everybody who is on shift.
pub async fn on_shift(sql: &mut Sql) -> Result<Vec<Rider>, Fault> {
    let rows = sqlx::query(riders!("WHERE on_shift = 1 ORDER BY id")).fetch_all(sql).await?;
    rows.iter().map(rider).collect()
}

/// Riders on shift who have neither a load nor an offer before them.
pub async fn free_riders(sql: &mut Sql) -> Result<Vec<Rider>, Fault> {
    let rows = sqlx::query(riders!(
        "WHERE on_shift = 1 AND kind = 'rider' \
         AND NOT EXISTS (SELECT 1 FROM offers WHERE offers.rider = riders.id AND offers.state = 'offered') \
         AND NOT EXISTS (SELECT 1 FROM loads WHERE loads.driver = riders.id \
         AND loads.state IN ('assigned', 'loading', 'out')) ORDER BY id"
    ))
    .fetch_all(sql)
    .await?;
    rows.iter().map(rider).collect()
}

/// Notes where a rider is.
pub(super) async fn save_position(sql: &mut Sql, p: &Position) -> Result<(), Fault> {
    sqlx::query("UPDATE riders SET lat = $2, lon = $3, seen_at = $4 WHERE id = $1 AND seen_at <= $4")
        .bind(p.rider.to_string())
        .bind(p.coord.lat)
        .bind(p.coord.lon)
        .bind(p.at.ms())
        .execute(&mut *sql)
        .await?;
    sqlx::query(
        "INSERT INTO positions (rider, at, lat, lon) VALUES ($1, $2, $3, $4) ON CONFLICT (rider, at) DO NOTHING",
    )
    .bind(p.rider.to_string())
    .bind(p.at.ms())
    .bind(p.coord.lat)
    .bind(p.coord.lon)
    .execute(sql)
    .await?;
    Ok(())
}

/// The way a rider took since a moment.
pub async fn trail(sql: &mut Sql, id: UserId, since: Time) -> Result<Vec<Position>, Fault> {
    let rows = sqlx::query("SELECT at, lat, lon FROM positions WHERE rider = $1 AND at >= $2 ORDER BY at LIMIT 5000")
        .bind(id.to_string())
        .bind(since.ms())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok(Position { rider: id, coord: row.coord()?, at: row.time("at")? })).collect()
}

/// Forgets where riders were before a moment.
pub(super) async fn prune_positions(sql: &mut Sql, before: Time) -> Result<(), Fault> {
    sqlx::query("DELETE FROM positions WHERE at < $1").bind(before.ms()).execute(&mut *sql).await?;
    sqlx::query("DELETE FROM pickup_tries WHERE at < $1").bind(before.ms()).execute(sql).await?;
    Ok(())
}

/// Sets the hash of a rider's tracker token.
pub(super) async fn save_tracker(sql: &mut Sql, id: UserId, hash: &str) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE riders SET tracker = $2, tracked_ms = 0 WHERE id = $1")
        .bind(id.to_string())
        .bind(hash)
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Whose tracker this is.
pub(super) async fn rider_of_tracker(sql: &mut Sql, hash: &str) -> Result<Option<UserId>, Fault> {
    let row = sqlx::query("SELECT id FROM riders WHERE tracker = $1").bind(hash).fetch_optional(sql).await?;
    row.map(|row| row.id("id")).transpose()
}

// offers -------------------------------------------------------------------

/// Makes an offer; false if its rider or its load has an open one already.
pub(super) async fn insert_offer(sql: &mut Sql, o: &Offer) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO offers (id, load_id, rider, state, pay_minor, distance_m, approach_m, stops, made_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )
    .bind(o.id.to_string())
    .bind(o.load.to_string())
    .bind(o.rider.to_string())
    .bind(o.state.as_str())
    .bind(o.pay_minor)
    .bind(o.distance_m)
    .bind(o.approach_m)
    .bind(o.stops)
    .bind(o.made_at.ms())
    .bind(o.expires_at.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Answers an open offer; false if it is not open. This one statement decides
/// between a rider's thumb, the clock and the dispatcher.
pub(super) async fn answer_offer(sql: &mut Sql, id: OfferId, answer: OfferState, at: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE offers SET state = $2, answered_at = $3 WHERE id = $1 AND state = 'offered' \
         AND ($2 <> 'accepted' OR expires_at > $3) AND ($2 <> 'expired' OR expires_at <= $3)",
    )
    .bind(id.to_string())
    .bind(answer.as_str())
    .bind(at.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// One offer.
pub async fn offer_by_id(sql: &mut Sql, id: OfferId) -> Result<Option<Offer>, Fault> {
    let row = sqlx::query(offers!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(offer).transpose()
}

/// The offer a rider has before him.
pub async fn open_offer_of(sql: &mut Sql, rider: UserId) -> Result<Option<Offer>, Fault> {
    let query = sqlx::query(offers!("WHERE rider = $1 AND state = 'offered'"));
    let row = query.bind(rider.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(offer).transpose()
}

/// Every offer made for a load, oldest first.
pub async fn offers_of_load(sql: &mut Sql, load: LoadId) -> Result<Vec<Offer>, Fault> {
    let query = sqlx::query(offers!("WHERE load_id = $1 ORDER BY id"));
    let rows = query.bind(load.to_string()).fetch_all(sql).await?;
    rows.iter().map(offer).collect()
}

/// Open offers whose load is no longer offered: it was taken apart meanwhile.
pub(super) async fn stale_offers(sql: &mut Sql) -> Result<Vec<Offer>, Fault> {
    let rows = sqlx::query(offers!(
        "WHERE state = 'offered' AND NOT EXISTS \
         (SELECT 1 FROM loads WHERE loads.id = offers.load_id AND loads.state = 'offered')"
    ))
    .fetch_all(sql)
    .await?;
    rows.iter().map(offer).collect()
}

// attempts and proofs ------------------------------------------------------

/// Writes an attempt.
pub(super) async fn insert_attempt(sql: &mut Sql, a: &Attempt) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO attempts (id, parcel, number, load_id, stop_id, rider, at, lat, lon, outcome, reason, proof, \
         cash_minor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(a.id.to_string())
    .bind(a.parcel.to_string())
    .bind(a.number)
    .bind(a.load.to_string())
    .bind(a.stop.to_string())
    .bind(&a.rider)
    .bind(a.at.ms())
    .bind(a.coord.lat)
    .bind(a.coord.lon)
    .bind(a.outcome.as_str())
    .bind(a.reason.map(|reason| reason.to_string()))
    .bind(a.proof.map(|proof| proof.to_string()))
    .bind(a.cash_minor)
    .execute(sql)
    .await?;
    Ok(())
}

/// The attempts at a parcel, by number.
pub async fn attempts_of(sql: &mut Sql, parcel: ParcelId) -> Result<Vec<Attempt>, Fault> {
    let rows =
        sqlx::query(attempts!("WHERE parcel = $1 ORDER BY number")).bind(parcel.to_string()).fetch_all(sql).await?;
    rows.iter().map(attempt).collect()
}

/// One attempt.
pub async fn attempt_by_id(sql: &mut Sql, id: AttemptId) -> Result<Option<Attempt>, Fault> {
    let row = sqlx::query(attempts!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(attempt).transpose()
}

/// What a rider earned since a moment, and the cash he took.
pub async fn earned(sql: &mut Sql, rider: UserId, since: Time) -> Result<(i64, i64), Fault> {
    let pay = sqlx::query(
        "SELECT CAST(COALESCE(SUM(pay_minor), 0) AS BIGINT) AS pay FROM offers \
         WHERE rider = $1 AND state = 'accepted' AND answered_at >= $2",
    )
    .bind(rider.to_string())
    .bind(since.ms())
    .fetch_one(&mut *sql)
    .await?;
    let cash = sqlx::query(
        "SELECT CAST(COALESCE(SUM(cash_minor), 0) AS BIGINT) AS cash FROM attempts WHERE rider = $1 AND at >= $2",
    )
    .bind(rider.to_string())
    .bind(since.ms())
    .fetch_one(sql)
    .await?;
    Ok((pay.int("pay")?, cash.int("cash")?))
}

/// A stored proof.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub id: ProofId,
    pub stop: StopId,
    pub kind: ProofKind,
    pub received_by: ReceivedBy,
    pub at: Time,
    /// Media type and base64.
    pub photo: Option<(String, String)>,
}

/// Writes a proof.
pub(super) async fn insert_proof(sql: &mut Sql, p: &Proof) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO proofs (id, stop_id, kind, received_by, at, media_type, photo) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(p.id.to_string())
    .bind(p.stop.to_string())
    .bind(p.kind.as_str())
    .bind(p.received_by.as_str())
    .bind(p.at.ms())
    .bind(p.photo.as_ref().map(|photo| photo.0.clone()))
    .bind(p.photo.as_ref().map(|photo| photo.1.clone()))
    .execute(sql)
    .await?;
    Ok(())
}

/// A proof by its id.
pub(super) async fn proof_by_id(sql: &mut Sql, id: ProofId) -> Result<Option<Proof>, Fault> {
    let row = sqlx::query("SELECT id, stop_id, kind, received_by, at, media_type, photo FROM proofs WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    row.map(|row| {
        Ok(Proof {
            id: row.id("id")?,
            stop: row.id("stop_id")?,
            kind: row.word("kind")?,
            received_by: row.word("received_by")?,
            at: row.time("at")?,
            photo: row.opt_text("media_type")?.zip(row.opt_text("photo")?),
        })
    })
    .transpose()
}

/// How an attempt was proved, and who took the parcel in; `None` without a proof.
pub async fn proved(sql: &mut Sql, attempt: AttemptId) -> Result<Option<(ProofKind, ReceivedBy)>, Fault> {
    let Some(proof) = attempt_by_id(sql, attempt).await?.and_then(|attempt| attempt.proof) else { return Ok(None) };
    Ok(proof_by_id(sql, proof).await?.map(|proof| (proof.kind, proof.received_by)))
}

/// First attempts since a moment at parcels of a site (`None`: of all): how many
/// handed over, and how many there were.
pub async fn first_attempts(sql: &mut Sql, site: Option<SiteId>, since: Time) -> Result<(i64, i64), Fault> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(CASE WHEN a.outcome = 'delivered' THEN 1 ELSE 0 END), 0) AS BIGINT) \
         AS done FROM attempts a JOIN loads l ON l.id = a.load_id \
         WHERE a.number = 1 AND a.at >= $1 AND ($2 = '' OR l.site = $2)",
    )
    .bind(since.ms())
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_one(sql)
    .await?;
    Ok((row.int("done")?, row.int("n")?))
}

/// True if a hand-over was proved by a picture.
pub async fn has_photo(sql: &mut Sql, id: ProofId) -> Result<bool, Fault> {
    let row = sqlx::query("SELECT 1 AS one FROM proofs WHERE id = $1 AND photo IS NOT NULL")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    Ok(row.is_some())
}

/// Notes a wrong code at a pick-up point.
pub(super) async fn note_pickup_try(sql: &mut Sql, id: ulid::Ulid, site: SiteId, at: Time) -> Result<(), Fault> {
    sqlx::query("INSERT INTO pickup_tries (site, at, id) VALUES ($1, $2, $3)")
        .bind(site.to_string())
        .bind(at.ms())
        .bind(id.to_string())
        .execute(sql)
        .await?;
    Ok(())
}

/// Gives a try back: the code was right.
pub(super) async fn forget_pickup_try(sql: &mut Sql, id: ulid::Ulid) -> Result<(), Fault> {
    sqlx::query("DELETE FROM pickup_tries WHERE id = $1").bind(id.to_string()).execute(sql).await?;
    Ok(())
}

/// Wrong codes at a pick-up point since a moment.
pub(super) async fn pickup_tries(sql: &mut Sql, site: SiteId, since: Time) -> Result<i64, Fault> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM pickup_tries WHERE site = $1 AND at > $2")
        .bind(site.to_string())
        .bind(since.ms())
        .fetch_one(sql)
        .await?;
    row.int("n")
}
