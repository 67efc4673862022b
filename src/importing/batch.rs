//! One file through the house: read and prepared outside of any transaction,
//! written in one. Deliberately absent: what a row means; each kind knows.

use super::{
    articles, floors,
    model::{Format, Kind, Mistakes, Numbered},
    people, read, roads, sites, stock, vehicles,
};
use crate::{
    kernel::{Fault, Stop},
    store::{Actor, Db, Sql, Tx},
};

/// A file that was read and prepared.
pub struct Batch {
    rows: Rows,
    count: usize,
    mistakes: Mistakes,
}

enum Rows {
    Sites(Vec<Numbered<sites::SiteRow>>),
    Services(Vec<Numbered<sites::ServiceRow>>),
    Roads(Vec<Numbered<roads::RoadRow>>),
    Articles(Vec<Numbered<articles::ArticleRow>>),
    Floors(Vec<Numbered<floors::FloorRow>>),
    Units(Vec<Numbered<stock::UnitRow>>),
    People(Vec<Numbered<people::Ready>>),
    Vehicles(Vec<Numbered<vehicles::VehicleRow>>),
    Stock(Vec<Numbered<stock::StockRow>>),
    Counts(Vec<Numbered<stock::StockRow>>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::Sites(rows) => rows.len(),
            Self::Services(rows) => rows.len(),
            Self::Roads(rows) => rows.len(),
            Self::Articles(rows) => rows.len(),
            Self::Floors(rows) => rows.len(),
            Self::Units(rows) => rows.len(),
            Self::People(rows) => rows.len(),
            Self::Vehicles(rows) => rows.len(),
            Self::Stock(rows) | Self::Counts(rows) => rows.len(),
        }
    }
}

/// Reads a file, and does what takes time (hashing passwords), before the
/// transaction. A file that cannot be read at all is refused here; wrong rows
/// are refused by [`write()`], together with what it finds.
pub async fn prepare(db: &Db, kind: Kind, format: Format, bytes: &[u8]) -> Result<Batch, Stop> {
    let mut mistakes = Mistakes::default();
    let rows = match kind {
        Kind::Sites => Rows::Sites(read::read(format, bytes, &mut mistakes)?),
        Kind::Services => Rows::Services(read::read(format, bytes, &mut mistakes)?),
        Kind::Roads => Rows::Roads(read::read(format, bytes, &mut mistakes)?),
        Kind::Articles => Rows::Articles(read::read(format, bytes, &mut mistakes)?),
        Kind::Floors => Rows::Floors(read::read(format, bytes, &mut mistakes)?),
        Kind::Units => Rows::Units(read::read(format, bytes, &mut mistakes)?),
        Kind::People => {
            let rows = read::read(format, bytes, &mut mistakes)?;
            Rows::People(people::prepare(db, rows, &mut mistakes).await?)
        }
        Kind::Vehicles => Rows::Vehicles(read::read(format, bytes, &mut mistakes)?),
        Kind::Stock => Rows::Stock(read::read(format, bytes, &mut mistakes)?),
        Kind::Counts => Rows::Counts(read::read(format, bytes, &mut mistakes)?),
    };
    let count = rows.len();
    Ok(Batch { rows, count, mistakes })
}

/// Writes a prepared file; returns how many rows. Refused with every mistake if
/// there is any: then the transaction must be dropped.
pub async fn write(tx: &mut Tx, batch: Batch) -> Result<usize, Stop> {
    let Batch { rows, count, mut mistakes } = batch;
    let bad = &mut mistakes;
    match rows {
        Rows::Sites(rows) => sites::write_sites(tx, rows, bad).await?,
        Rows::Services(rows) => sites::write_services(tx, rows, bad).await?,
        Rows::Roads(rows) => roads::write(tx, rows, bad).await?,
        Rows::Articles(rows) => articles::write(tx, rows, bad).await?,
        Rows::Floors(rows) => floors::write(tx, rows, bad).await?,
        Rows::Units(rows) => stock::write_units(tx, rows, bad).await?,
        Rows::People(rows) => people::write(tx, rows, bad).await?,
        Rows::Vehicles(rows) => vehicles::write(tx, rows, bad).await?,
        Rows::Stock(rows) => stock::write(tx, rows, bad).await?,
        Rows::Counts(rows) => stock::write_counts(tx, rows, bad).await?,
    }
    mistakes.settle()?;
    Ok(count)
}

/// Imports a file in a transaction of its own; returns how many rows.
pub async fn import(db: &Db, actor: Actor, kind: Kind, format: Format, bytes: &[u8]) -> Result<usize, Stop> {
    let batch = prepare(db, kind, format, bytes).await?;
    let mut tx = db.begin(actor).await?;
    let count = write(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(count)
}

/// What is there now, as a file that [`import`] takes: passwords and PINs stay
/// out, and live states (closed roads, blocked bins) are not part of it.
pub async fn export(sql: &mut Sql, kind: Kind, format: Format) -> Result<Vec<u8>, Fault> {
    match kind {
        Kind::Sites => read::write(format, &sites::all_sites(sql).await?),
        Kind::Services => read::write(format, &sites::all_services(sql).await?),
        Kind::Roads => read::write(format, &roads::all(sql).await?),
        Kind::Articles => read::write(format, &articles::all(sql).await?),
        Kind::Floors => read::write(format, &floors::all(sql).await?),
        Kind::Units => read::write(format, &stock::all_units(sql).await?),
        Kind::People => read::write(format, &people::all(sql).await?),
        Kind::Vehicles => read::write(format, &vehicles::all(sql).await?),
        Kind::Stock | Kind::Counts => read::write(format, &stock::all(sql).await?),
    }
}
