//! Choosing bins for goods, with the record of what was weighed. Deliberately
//! absent: writing; who asked decides what to do with the answer.

use std::time::Instant;

use solver::slotting::{Misfit, Score};

use super::{
    model::{Refusal, Slot, Weighed, best, wanted},
    picture::{Picture, Reach, picture},
};
use crate::{
    catalog::Article,
    decisions::{self, Candidate, Choice, DecisionKind},
    kernel::*,
    layout::{Bin, BinKind},
    store::Sql,
};

/// Days of demand that a pick bin should hold before goods go to reserve.
const FACE_DAYS: f64 = 4.0;
/// Bins shown in a decision record.
const SHOWN: usize = 8;

/// A part of the goods with its bin.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Where to.
    pub bin: Bin,
    /// How many.
    pub quantity: i64,
    /// The record of the choice.
    pub choice: Choice,
}

/// The best bin for all of `quantity`, and the record of the choice. `subject` is
/// what the record is about: a receipt line, a task.
///
/// # Errors
/// `slotting.no_room` when no single bin takes it all; [`place`] may split it.
pub async fn choose_bin(
    sql: &mut Sql,
    site: SiteId,
    article: &Article,
    quantity: i64,
    subject: &str,
    now: Time,
) -> Result<(Bin, Choice), Stop> {
    let mut floor = picture(sql, site, now, Reach::OnFoot).await?;
    let kind = face_or_reserve(&floor, article);
    match put(&mut floor, article, quantity, (kind, false), subject) {
        Some(placed) => Ok((placed.bin, placed.choice)),
        None => Err(Refusal::NoRoom { sku: article.id, quantity }.into()),
    }
}

/// Places goods, split over several bins where no single one takes them all, and
/// counts them in the picture. What found no room is the second of the pair.
pub fn place(floor: &mut Picture, article: &Article, quantity: i64, subject: &str) -> (Vec<Placed>, i64) {
    let mut placed = Vec::new();
    let mut left = quantity;
    while left > 0 {
        let kind = face_or_reserve(floor, article);
        let whole = put(floor, article, left, (kind, false), subject);
        let some = whole.or_else(|| {
            let most = most_that_fits(floor, article);
            if most > 0 { put(floor, article, most.min(left), (kind, false), subject) } else { None }
        });
        let Some(one) = some else { break };
        left -= one.quantity;
        placed.push(one);
    }
    (placed, left)
}

/// The pick face while it has less than a few days of demand, else reserve.
fn face_or_reserve(floor: &Picture, article: &Article) -> BinKind {
    if floor.pickable(article.id) < face_target(floor, article.id) { BinKind::Pick } else { BinKind::Reserve }
}

/// Units that a pick face should hold.
#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
pub(super) fn face_target(floor: &Picture, sku: SkuId) -> i64 {
    ((floor.speed(sku).units_per_day * FACE_DAYS).ceil() as i64).max(4)
}

fn most_that_fits(floor: &Picture, article: &Article) -> i64 {
    let same = |slot: &&Slot| slot.bin.temperature == article.temperature;
    floor.slots.iter().filter(same).map(|slot| slot.room_for(article)).max().unwrap_or(0)
}

/// Finds the best bin for all of it, of a kind if possible (or else not at all),
/// and counts the goods there.
pub(super) fn put(
    floor: &mut Picture,
    article: &Article,
    quantity: i64,
    (kind, only): (BinKind, bool),
    subject: &str,
) -> Option<Placed> {
    let started = Instant::now();
    let want = wanted(article, quantity, floor.speed(article.id), floor.class(article.id));
    let (at, weighed) = best(&floor.slots, &want, article.id, kind, only)?;
    let took_us = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let choice = record(floor, article, quantity, at, &weighed, subject, took_us);
    floor.slots[at].fill(article, quantity);
    Some(Placed { bin: floor.slots[at].bin.clone(), quantity, choice })
}

fn record(
    floor: &Picture,
    article: &Article,
    quantity: i64,
    chosen: usize,
    weighed: &[Weighed],
    subject: &str,
    took_us: i64,
) -> Choice {
    let mut fitting: Vec<(usize, Score)> =
        weighed.iter().filter_map(|(at, score)| Some((*at, score.as_ref().ok().copied()?))).collect();
    fitting.sort_by_key(|(at, score)| (*at != chosen, score.total_ms, *at));
    let cost = fitting.first().map(|(_, score)| score.total_ms);
    let misfits = weighed.iter().filter_map(|(at, score)| Some((*at, score.as_ref().err()?)));
    let mut candidates: Vec<Candidate> =
        fitting.iter().take(SHOWN).map(|(at, score)| candidate(floor, *at, Ok(score), chosen)).collect();
    candidates.extend(misfits.take(SHOWN / 2).map(|(at, why)| candidate(floor, at, Err(why), chosen)));
    Choice {
        kind: DecisionKind::Slotting,
        subject: subject.to_owned(),
        site: Some(floor.site),
        chosen: floor.slots[chosen].bin.code.clone(),
        method: "least work a day, own and empty bins first".to_owned(),
        inputs: decisions::told(&serde_json::json!({
            "article": article.code,
            "quantity": quantity,
            "class": floor.class(article.id),
            "picks_per_day": floor.speed(article.id).picks_per_day,
            "weight_g": article.weight_g * quantity,
            "volume_ml": article.volume_ml() * quantity,
            "temperature": article.temperature,
            "bins_weighed": weighed.len(),
            "unit": "ms of work a day",
        })),
        candidates,
        cost,
        bound: None,
        took_us,
    }
}

fn candidate(floor: &Picture, at: usize, score: Result<&Score, &Misfit>, chosen: usize) -> Candidate {
    let name = floor.slots[at].bin.code.clone();
    match score {
        Ok(score) => {
            let why = format!(
                "walk {} ms, class {} ms, fill {} ms, lift {} ms",
                score.travel_ms, score.class_ms, score.fill_ms, score.lift_ms
            );
            Candidate { name, cost: Some(score.total_ms), rejected: (at != chosen).then_some(why) }
        }
        Err(why) => Candidate { name, cost: None, rejected: Some(why.to_string()) },
    }
}
