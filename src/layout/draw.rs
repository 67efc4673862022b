//! Draws floors, blocks bins, closes ways. Deliberately absent: erasing; a bin
//! that is no longer used is blocked, since the ledger may name it.

use sha2::{Digest, Sha256};

use super::{
    check::check,
    model::{Bin, Edge, Part, Refusal},
    rows,
};
use crate::{
    event::Event,
    kernel::{BinId, Fault, SiteId, Stop},
    store::Tx,
};

/// The version after a change: a digest of the one before and the change, so
/// that equal versions mean equal graphs.
pub(super) fn next_version(before: &str, change: &str) -> String {
    let digest = Sha256::new().chain_update(before).chain_update([0]).chain_update(change).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Draws the pieces of a floor, in any order: adds them, or changes them by
/// their codes. Refused as a whole at the first mistake; ask [`check`] for all.
pub async fn draw(tx: &mut Tx, site: SiteId, parts: &[Part]) -> Result<(), Stop> {
    let before = rows::lock_version(tx.sql(), site).await?;
    let floor = rows::floor(tx.sql(), site).await?;
    if let Some(wrong) = check(&floor, parts).into_iter().next() {
        let field = format!("{}/{}", wrong.index, wrong.field);
        return Err(Refusal::Invalid { field, reason: wrong.reason }.into());
    }
    for part in parts {
        match part {
            Part::Zone(zone) => rows::put_zone(tx.sql(), site, zone).await?,
            Part::Node(node) => rows::put_node(tx.sql(), site, node).await?,
            Part::Edge(edge) => rows::put_edge(tx.sql(), site, edge).await?,
            Part::Aisle(aisle) => rows::put_aisle(tx.sql(), site, aisle).await?,
            Part::Shelf(shelf) => rows::put_shelf(tx.sql(), site, shelf).await?,
            Part::Bin(bin) => {
                let id: BinId = tx.id();
                rows::put_bin(tx.sql(), site, id, bin).await?;
            }
            Part::Station(station) => rows::put_station(tx.sql(), site, station).await?,
            Part::Agv(agv) => rows::put_agv(tx.sql(), site, agv).await?,
        }
    }
    let graph: Vec<_> = parts.iter().filter(|part| matches!(part, Part::Node(_) | Part::Edge(_))).collect();
    Ok(rows::set_version(tx.sql(), site, &next_version(&before, &format!("{graph:?}"))).await?)
}

/// Keeps people from a bin, or lets them back; the last reason stands.
pub async fn set_blocked(tx: &mut Tx, bin: BinId, blocked: bool, reason: &str) -> Result<(), Fault> {
    rows::set_blocked(tx.sql(), bin, blocked, if blocked { reason } else { "" }).await
}

async fn set_closed(tx: &mut Tx, site: SiteId, from: &str, to: &str, closed: bool, reason: &str) -> Result<Edge, Stop> {
    let unknown = || {
        let short = |text: &str| text.chars().take(60).collect();
        Refusal::UnknownEdge { from: short(from), to: short(to) }
    };
    let mut version = rows::lock_version(tx.sql(), site).await?;
    let edge = rows::edge(tx.sql(), site, from, to).await?.ok_or_else(unknown)?;
    for (from, to) in [(from, to), (to, from)] {
        if rows::set_closed(tx.sql(), site, from, to, closed, reason).await? {
            version = next_version(&version, &format!("{from} {to} {closed}"));
            rows::set_version(tx.sql(), site, &version).await?;
            let (from, to, reason) = (from.to_owned(), to.to_owned(), reason.to_owned());
            tx.emit(Event::FloorChanged { site, from, to, open: !closed, reason });
        }
    }
    Ok(Edge { closed, reason: reason.to_owned(), ..edge })
}

/// Closes a way in both directions; again changes nothing. One fact for each
/// direction.
pub async fn close_edge(tx: &mut Tx, site: SiteId, from: &str, to: &str, reason: &str) -> Result<Edge, Stop> {
    let reason = reason.trim();
    if !(1..=200).contains(&reason.chars().count()) {
        let (field, reason) = ("reason".to_owned(), "say why in 1 to 200 characters".to_owned());
        return Err(Refusal::Invalid { field, reason }.into());
    }
    set_closed(tx, site, from, to, true, reason).await
}

/// Opens a way in both directions; again changes nothing.
pub async fn open_edge(tx: &mut Tx, site: SiteId, from: &str, to: &str) -> Result<Edge, Stop> {
    set_closed(tx, site, from, to, false, "").await
}

/// The bin of a label at a site, or a refusal that names it.
pub async fn known_bin(tx: &mut Tx, site: SiteId, code: &str) -> Result<Bin, Stop> {
    match rows::bin_by_code(tx.sql(), site, code).await? {
        Some(bin) => Ok(bin),
        None => Err(Refusal::UnknownBin { bin: code.chars().take(60).collect() }.into()),
    }
}
