//! Moves that pay: articles that would save more work in another bin than the
//! move costs. What a visit costs is what it adds to the walks that articles were
//! part of lately, so that what is bought together comes to lie together. Read,
//! solved outside of any transaction, written with guards. Deliberately absent:
//! exchanges; see the door.

use std::collections::{HashMap, HashSet};

use solver::{
    matrix::Matrix,
    slotting::{self as solve, MoveRules, Proposal, Together, Visit, Weights},
};

use super::{
    carry::{self, Plan},
    model::wanted,
    picture::{Picture, Reach, WALK_MM_S, picture, start},
    rows,
};
use crate::{
    catalog::Article,
    decisions::{self, Candidate, Choice, DecisionKind},
    kernel::*,
    layout::{self, BinKind, Walk},
    orders,
    stock::Balance,
    store::{Actor, Db, Sql},
    tasks::TaskKind,
};

/// Open move tasks at a site at most.
pub const BUDGET: usize = 10;
/// Articles looked at, the fastest first.
const ARTICLES: usize = 200;
/// Empty bins looked at, the nearest first.
const EMPTY: usize = 200;
/// Days whose orders tell what is fetched together, and most parts of orders read.
const DAYS: i64 = 28;
const BASKETS: i64 = 2_000;
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
    let walked = walked(read.sql(), site, now).await?;
    drop(read);
    let moving = open.iter().filter(|carry| carry.reason == TaskKind::Move.as_str()).count();
    let budget = BUDGET.saturating_sub(moving);
    let busy: HashSet<BinId> = open.iter().flat_map(|carry| [carry.from, carry.to]).collect();
    if budget == 0 {
        return Ok(());
    }
    let plans = tokio::task::spawn_blocking(move || plans(&floor, &walked, &busy, budget)).await;
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

/// How the floor is walked.
struct Walked {
    walk: Walk,
    /// Where walks begin and end.
    home: String,
    /// What was ordered together.
    baskets: Vec<Vec<SkuId>>,
}

async fn walked(sql: &mut Sql, site: SiteId, now: Time) -> Result<Walked, Fault> {
    let walk = layout::walk(sql, site).await?;
    let home = start(sql, site).await?;
    let baskets = orders::baskets(sql, site, now.plus_ms(-DAYS * 24 * 3_600_000), BASKETS).await?;
    Ok(Walked { walk, home, baskets })
}

/// Places on the floor, each node once.
#[derive(Default)]
struct Places<'a> {
    nodes: Vec<&'a str>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn of(&mut self, node: &'a str) -> usize {
        let nodes = &mut self.nodes;
        *self.known.entry(node).or_insert_with(|| {
            nodes.push(node);
            nodes.len() - 1
        })
    }
}

/// The baskets as walks over the places of the bins looked at. What is not to be
/// moved is fetched from its nearest pick bin.
fn together(floor: &Picture, walked: &Walked, lone: &[Lone], looked: &[usize]) -> Option<Together> {
    let mut places = Places::default();
    let home = places.of(&walked.home);
    let at = looked.iter().map(|at| places.of(&floor.slots[*at].bin.node)).collect();
    let mut stops: HashMap<SkuId, Visit> = HashMap::new();
    for (article, one) in lone.iter().enumerate() {
        stops.entry(one.article.id).or_insert(Visit::Article(article));
    }
    // Slots are sorted by kind, the nearest first.
    for slot in floor.slots.iter().filter(|slot| slot.bin.kind == BinKind::Pick) {
        for sku in &slot.holds {
            stops.entry(*sku).or_insert_with(|| Visit::Place(places.of(&slot.bin.node)));
        }
    }
    let walk = |basket: &Vec<SkuId>| basket.iter().filter_map(|sku| stops.get(sku).copied()).collect();
    let walks: Vec<Vec<Visit>> = walked.baskets.iter().map(walk).collect();
    let mm = walked.walk.matrix(&places.nodes);
    let ms = |from, to| mm.get(from, to).map(|mm| mm.saturating_mul(1_000) / WALK_MM_S);
    Some(Together { ways: Matrix::from_fn(mm.size(), ms).ok()?, home, at, walks })
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

fn plans(floor: &Picture, walked: &Walked, busy: &HashSet<BinId>, budget: usize) -> Vec<Plan> {
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
    let together = together(floor, walked, &lone, &looked);
    let proposals = solve::propose_moves(&articles, &bins, &place, together.as_ref(), &Weights::default(), &RULES);
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
        method: "gain over 14 days above the work of the move, by walks of what is ordered together".to_owned(),
        inputs: decisions::told(&serde_json::json!({
            "article": one.article.code,
            "quantity": one.balance.quantity,
            "picks_per_day": floor.speed(one.article.id).picks_per_day,
            "gain_ms": proposal.gain_ms,
            "move_ms": proposal.cost_ms,
            "unit": "ms of work",
        })),
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
    use crate::{
        fixtures::{self, House},
        slotting::note_pick,
        stock::Goods,
        store::on_both_engines,
    };

    async fn moves(db: &Db, house: &House) -> Vec<(String, String)> {
        let mut read = db.read().await.unwrap();
        let floor = picture(read.sql(), house.site, db.clock.now(), Reach::OnFoot).await.unwrap();
        let walked = walked(read.sql(), house.site, db.clock.now()).await.unwrap();
        let plans = plans(&floor, &walked, &HashSet::new(), BUDGET);
        plans.into_iter().map(|plan| (plan.from.1, plan.to.1)).collect()
    }

    #[tokio::test]
    async fn what_is_ordered_together_stays_together() {
        on_both_engines(async |db, _| {
            let house = fixtures::house(&db).await;
            house.stock(&db, "A-2", &Goods::plain(house.tea.id), 40).await;
            let milk = Goods { lot: "L1".into(), expiry: "270131".into(), ..Goods::plain(house.milk.id) };
            house.stock(&db, "C-1", &milk, 40).await;
            for _ in 0..60 {
                let mut tx = db.begin(Actor::house()).await.unwrap();
                note_pick(&mut tx, house.site, house.tea.id, 1).await.unwrap();
                tx.commit().await.unwrap();
            }
            // Tea alone should lie nearer to the pack table; milk lies beside it.
            assert_eq!(moves(&db, &house).await, [("A-2".to_owned(), "A-1".to_owned())]);
            for _ in 0..4 {
                house.order(&db, &[(house.tea.id, 1), (house.milk.id, 1)], 3_600_000).await;
            }
            let mut read = db.read().await.unwrap();
            let mut pair = vec![house.tea.id, house.milk.id];
            pair.sort();
            assert_eq!(
                orders::baskets(read.sql(), house.site, Time::from_ms(0), 3).await.unwrap(),
                [(); 3].map(|()| pair.clone())
            );
            drop(read);
            assert!(moves(&db, &house).await.is_empty());
        })
        .await;
    }

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
