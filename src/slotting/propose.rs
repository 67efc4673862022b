//! Moves that pay: articles that would save more work in another bin than the
//! move costs. Read, solved outside of any transaction, written with guards.
//! Deliberately absent: exchanges; see the door.

use std::collections::{HashMap, HashSet};

use solver::slotting::{self as solve, MoveRules, Proposal, Weights};

use super::{
    carry::{self, Plan},
    model::wanted,
    picture::{Picture, Reach, picture},
    rows,
};
use crate::{
    catalog::Article,
    decisions::{Candidate, Choice, DecisionKind},
    kernel::*,
    layout::BinKind,
    stock::Balance,
    store::{Actor, Db},
    tasks::TaskKind,
};

/// Open move tasks at a site at most.
pub const BUDGET: usize = 10;
/// Articles looked at, the fastest first.
const ARTICLES: usize = 200;
/// Empty bins looked at, the nearest first.
const EMPTY: usize = 200;
/// Work of a move: fetch, carry, put, scan.
const RULES: MoveRules = MoveRules { move_ms: 180_000, horizon_days: 14, max_moves: 4 * BUDGET };
/// Moves wait behind everything else.
const PRIORITY: i64 = -10;

/// Puts moves that pay into the queue, within the budget. Facts: `task.ready`.
pub async fn propose(db: &Db, site: SiteId) -> Result<(), Stop> {
    let now = db.clock.now();
    let mut read = db.read().await?;
    let floor = picture(read.sql(), site, now, Reach::OnFoot).await?;
    let open = rows::open_carries(read.sql(), site).await?;
    drop(read);
    let moving = open.iter().filter(|carry| carry.reason == TaskKind::Move.as_str()).count();
    let budget = BUDGET.saturating_sub(moving);
    let busy: HashSet<BinId> = open.iter().flat_map(|carry| [carry.from, carry.to]).collect();
    if budget == 0 {
        return Ok(());
    }
    let plans = tokio::task::spawn_blocking(move || plans(&floor, &busy, budget)).await;
    let plans = plans.map_err(|error| Fault::new(format!("the moves could not be weighed: {error}")))?;
    if plans.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin(Actor::house()).await?;
    for plan in plans {
        carry::order(&mut tx, site, plan).await?;
    }
    Ok(tx.commit().await?)
}

/// An article alone in its pick bin, one lot of it: what can be moved as a whole.
struct Lone<'a> {
    article: &'a Article,
    balance: &'a Balance,
    slot: usize,
}

fn lone<'a>(floor: &'a Picture, busy: &HashSet<BinId>) -> Vec<Lone<'a>> {
    let mut by_bin: HashMap<&str, Vec<&Balance>> = HashMap::new();
    for balance in &floor.goods {
        by_bin.entry(balance.holder.as_str()).or_default().push(balance);
    }
    let slot_of: HashMap<String, usize> =
        floor.slots.iter().enumerate().map(|(at, slot)| (slot.bin.id.to_string(), at)).collect();
    let mut lone: Vec<Lone> = by_bin
        .into_iter()
        .filter_map(|(holder, goods)| {
            let slot = *slot_of.get(holder)?;
            let free = floor.slots[slot].bin.kind == BinKind::Pick && !busy.contains(&floor.slots[slot].bin.id);
            let balance = goods.first().filter(|_| goods.len() == 1 && free && floor.slots[slot].holds.len() == 1)?;
            Some(Lone { article: floor.articles.get(&balance.goods.sku)?, balance, slot })
        })
        .collect();
    let speed = |one: &Lone| floor.speed(one.article.id).picks_per_day;
    lone.sort_by(|a, b| speed(b).total_cmp(&speed(a)).then_with(|| a.balance.holder.cmp(&b.balance.holder)));
    lone.truncate(ARTICLES);
    lone
}

fn plans(floor: &Picture, busy: &HashSet<BinId>, budget: usize) -> Vec<Plan> {
    let lone = lone(floor, busy);
    let own = lone.iter().map(|one| one.slot);
    let mut empty: Vec<usize> = (0..floor.slots.len())
        .filter(|at| {
            let slot = &floor.slots[*at];
            slot.bin.kind == BinKind::Pick && slot.holds.is_empty() && !busy.contains(&slot.bin.id)
        })
        .collect();
    empty.sort_by_key(|at| floor.slots[*at].room.travel_ms);
    let looked: Vec<usize> = own.chain(empty.into_iter().take(EMPTY)).collect();
    let bins: Vec<solve::Bin> = looked.iter().map(|at| floor.slots[*at].room.clone()).collect();
    let articles: Vec<solve::Article> = lone
        .iter()
        .map(|one| {
            let sku = one.article.id;
            wanted(one.article, one.balance.quantity, floor.speed(sku), floor.class(sku))
        })
        .collect();
    let place: Vec<Option<usize>> = (0..lone.len()).map(Some).collect();
    let proposals = solve::propose_moves(&articles, &bins, &place, &Weights::default(), &RULES);
    let kept = independent(&proposals, budget);
    kept.into_iter().map(|proposal| plan(floor, &lone[proposal.article], looked[proposal.to], proposal)).collect()
}

/// Moves that can be made in any order: no bin is touched by two of them, and
/// none by an exchange.
fn independent(proposals: &[Proposal], budget: usize) -> Vec<&Proposal> {
    let mut touched: HashSet<usize> = HashSet::new();
    let mut kept = Vec::new();
    for proposal in proposals {
        let fresh = !touched.contains(&proposal.from) && !touched.contains(&proposal.to);
        touched.extend([proposal.from, proposal.to]);
        if fresh && proposal.exchange.is_none() && kept.len() < budget {
            kept.push(proposal);
        }
    }
    kept
}

fn plan(floor: &Picture, one: &Lone, to: usize, proposal: &Proposal) -> Plan {
    let (from, to) = (&floor.slots[one.slot].bin, &floor.slots[to].bin);
    let decision = Choice {
        kind: DecisionKind::Slotting,
        subject: String::new(),
        site: Some(floor.site),
        chosen: to.code.clone(),
        method: "gain over 14 days above the work of the move".to_owned(),
        inputs: serde_json::json!({
            "article": one.article.code,
            "quantity": one.balance.quantity,
            "picks_per_day": floor.speed(one.article.id).picks_per_day,
            "gain_ms": proposal.gain_ms,
            "move_ms": proposal.cost_ms,
            "unit": "ms of work",
        }),
        candidates: vec![
            Candidate { name: to.code.clone(), cost: Some(proposal.cost_ms), rejected: None },
            Candidate {
                name: from.code.clone(),
                cost: Some(proposal.gain_ms),
                rejected: Some("staying costs more over 14 days".to_owned()),
            },
        ],
        cost: Some(proposal.cost_ms),
        bound: None,
        took_us: 0,
    };
    Plan {
        goods: one.balance.goods.clone(),
        quantity: one.balance.quantity,
        from: (from.id, from.code.clone(), from.zone.clone()),
        to: (to.id, to.code.clone()),
        kind: TaskKind::Move,
        priority: PRIORITY,
        due_in_ms: 24 * 3_600_000,
        decision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_moves_touch_each_bin_once_and_are_no_exchange() {
        let p = |article, from, to, exchange| Proposal { article, from, to, exchange, gain_ms: 2, cost_ms: 1 };
        let proposals = [
            p(0, 0, 5, None),
            p(1, 1, 0, None),
            p(2, 2, 3, Some(3)),
            p(4, 4, 2, None),
            p(6, 6, 7, None),
            p(8, 8, 9, None),
        ];
        let kept: Vec<usize> = independent(&proposals, 2).iter().map(|p| p.article).collect();
        assert_eq!(kept, [0, 6]);
    }
}
