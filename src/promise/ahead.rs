//! Promising what is announced. What no site has now is looked for in deliveries to come
//! of articles that the channel may sell ahead: the earliest that has some of it first,
//! and of those of one time the nearest. The date follows from the delivery's.
//!
//! Deliberately absent: weighing a later delivery against a cheaper parcel; whoever waits
//! for goods wants them soon.

use super::{model::*, share::Shares};
use crate::{
    decisions::Candidate,
    kernel::*,
    network::{self, Site, Slot},
    stock::{self, Supply},
    store::{Sql, Tx},
};

/// When hours are full on the day of a delivery, a later day is looked at; so many.
const DAYS: i64 = 14;
const DAY_MS: i64 = 24 * 3_600_000;

/// What a channel may still sell of an article before it is here.
pub async fn free_ahead(sql: &mut Sql, channel: &str, sku: SkuId) -> Result<i64, Fault> {
    let shares = super::shares(sql).await?;
    let announced = stock::announced(sql, sku, channel).await?;
    Ok(announced.iter().map(|supply| free_of(&shares, channel, supply)).sum())
}

/// The channel leaves of a delivery what it would leave of goods that are there.
pub(super) fn free_of(shares: &Shares, channel: &str, supply: &Supply) -> i64 {
    shares.free_of(channel, supply.site, supply.expected, supply.free())
}

/// Takes what a plan is short of from deliveries to come, and promises the later date.
pub async fn ahead(tx: &mut Tx, request: &Request, plan: &mut Plan) -> Result<(), Stop> {
    if plan.short.is_empty() {
        return Ok(());
    }
    let shares = super::shares(tx.sql()).await?;
    let mut windows: Vec<(Time, Time)> = Vec::new();
    for (sku, missing) in std::mem::take(&mut plan.short) {
        let mut left = missing;
        for (supply, site) in announced(tx, request, sku).await? {
            let n = free_of(&shares, &request.channel, &supply).min(left);
            if n <= 0 {
                continue;
            }
            let Some(slot) = slot_after(tx, site.id, &request.service, supply.not_before, 1).await? else {
                plan.choice.candidates.push(candidate(&site, &supply, Some("no room in its hours")));
                continue;
            };
            left -= n;
            windows.push(slot.window);
            plan.choice.candidates.push(candidate(&site, &supply, None));
            plan.choice.chosen.push_str(&format!(" + {} {}", site.code, supply.asn));
            let line = request.lines.iter().position(|line| line.sku == sku).unwrap_or_default();
            let (site, supply, due_at) = (site.id, Some(supply.asn), slot.ready_by);
            plan.parts.push(Part { line, sku, site, supply, quantity: n, due_at });
        }
        if left > 0 {
            plan.short.push((sku, left));
        }
    }
    let Some(last) = windows.iter().copied().max_by_key(|window| window.1) else { return Ok(()) };
    plan.choice.chosen = plan.choice.chosen.trim_start_matches(" + ").to_owned();
    plan.choice.site = plan.choice.site.or_else(|| plan.parts.first().map(|part| part.site));
    // What is here comes in the window it always had; the promise is that of the last.
    let from = if plan.parts.iter().any(|part| part.supply.is_none()) { plan.window.0 } else { last.0 };
    plan.window = (from, plan.window.1.max(last.1));
    plan.promised_by = plan.window.1;
    Ok(())
}

/// Deliveries that a channel may sell of, with their sites, in the order they are taken.
async fn announced(tx: &mut Tx, request: &Request, sku: SkuId) -> Result<Vec<(Supply, Site)>, Fault> {
    let mut found = Vec::new();
    for supply in stock::announced(tx.sql(), sku, &request.channel).await? {
        if let Some(site) = network::site(tx.sql(), supply.site).await?.filter(Site::ships) {
            found.push((supply, site));
        }
    }
    let metres = |site: &Site| site.coord.metres_to(request.destination);
    found.sort_by(|(one, here), (other, there)| {
        one.not_before.cmp(&other.not_before).then(metres(here).total_cmp(&metres(there)))
    });
    Ok(found)
}

fn candidate(site: &Site, supply: &Supply, rejected: Option<&str>) -> Candidate {
    Candidate { name: format!("{} {}", site.code, supply.asn), cost: None, rejected: rejected.map(str::to_owned) }
}

/// When goods that are at a site from a moment on would leave and arrive. Takes hours of
/// the site for so many lines, on a later day if that day's are full; `None` if none of
/// the days has room, or the site does not offer the service.
pub async fn slot_after(
    tx: &mut Tx,
    site: SiteId,
    service: &str,
    not_before: Time,
    lines: i64,
) -> Result<Option<Slot>, Fault> {
    let Some(site) = network::site(tx.sql(), site).await? else { return Ok(None) };
    let services = network::services(tx.sql(), site.id).await?;
    let Some(service) = services.iter().find(|one| one.service == service) else { return Ok(None) };
    let first = not_before.max(tx.now());
    for day in 0..DAYS {
        let from = first.plus_ms(day * DAY_MS);
        let Some(slot) = network::slot(&site, service, from) else { return Ok(None) };
        if network::take_capacity(tx, &site, from, slot.ready_by, lines).await?.is_some() {
            return Ok(Some(slot));
        }
    }
    Ok(None)
}
