//! Carrying goods from bin to bin, scan by scan: moves and refills. Deliberately
//! absent: choosing the bins; see `propose.rs` and `replenish.rs`.

use super::{model::*, rows};
use crate::{
    catalog::{self, Article},
    decisions::{self, Choice as Decision},
    event::Event,
    kernel::*,
    layout,
    stock::{self, Account, Condition, Goods, Movement},
    store::Tx,
    tasks::{self, Choice, ExpectKind, NewTask, Scan, Spot, Step, StepQuantity, Target, Task, TaskKind, Title, Tone},
};

/// Goods that should lie elsewhere.
pub(super) struct Plan {
    pub goods: Goods,
    pub quantity: i64,
    pub from: (BinId, String, String),
    pub to: (BinId, String),
    pub kind: TaskKind,
    pub priority: i64,
    pub due_in_ms: i64,
    pub decision: Decision,
}

/// Makes the task that carries goods, claims the room, records the choice.
/// Guard: the goods still lie there. Fact: `task.ready`.
pub(super) async fn order(tx: &mut Tx, site: SiteId, plan: Plan) -> Result<Option<TaskId>, Stop> {
    let there = stock::quantity(tx.sql(), Account::bin(site, plan.from.0), &plan.goods).await?;
    let quantity = plan.quantity.min(there);
    let held = stock::pool(tx.sql(), site, plan.goods.sku).await?.map_or(0, |pool| pool.held);
    if quantity <= 0 || (plan.kind == TaskKind::Move && held > 0) {
        return Ok(None);
    }
    let now = tx.now();
    let new = NewTask {
        kind: plan.kind,
        site,
        zone: plan.from.2,
        priority: plan.priority,
        due_at: now.plus_ms(plan.due_in_ms),
        subject: plan.from.0.to_string(),
        title: Title::Carry { from: plan.from.1.clone(), to: plan.to.1.clone() },
        total: quantity,
        ready: true,
    };
    let task = tasks::add(tx, &new).await?;
    let Goods { sku, lot, serial, expiry, .. } = plan.goods;
    let carry = Carry {
        task,
        site,
        sku,
        lot,
        serial,
        expiry,
        quantity,
        counted: 0,
        from: plan.from.0,
        from_code: plan.from.1,
        to: plan.to.0,
        to_code: plan.to.1,
        stage: Stage::From,
        reason: plan.kind.to_string(),
    };
    rows::add(tx.sql(), &carry).await?;
    rows::claim(tx.sql(), site, &rows::Claim { task, bin: carry.to, sku, quantity }).await?;
    decisions::record(tx, &Decision { subject: task.to_string(), ..plan.decision }).await?;
    Ok(Some(task))
}

/// The next screen of a move or refill.
pub async fn step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let carry = find(tx, task).await?;
    let article = catalog::by_id(tx.sql(), carry.sku).await?;
    Ok(screen(task, &carry, article.as_ref()))
}

fn screen(task: &Task, carry: &Carry, article: Option<&Article>) -> Step {
    let label = article.map(tasks::label_of).unwrap_or_default();
    let (state, text, kind, label) = match carry.stage {
        Stage::From => ("carry.scan_from", "Go to the bin and scan it", ExpectKind::Bin, carry.from_code.clone()),
        Stage::Article => ("carry.scan_article", "Scan the article", ExpectKind::Article, label),
        Stage::Quantity => {
            ("carry.enter_quantity", "Take them and enter how many", ExpectKind::Quantity, carry.quantity.to_string())
        }
        Stage::To => ("carry.scan_to", "Put them into the bin, scan it", ExpectKind::Bin, carry.to_code.clone()),
        Stage::Done => return Step::over(task, "All carried. Take the next task."),
    };
    let mut step = Step::ask(task, state, text, kind, &label);
    let here = if carry.stage == Stage::To { &carry.to_code } else { &carry.from_code };
    step.spot = Some(Spot { label: here.clone(), zone: task.zone.clone(), hint: String::new() });
    step.article = article.map(|article| tasks::show(article, &carry.lot, &carry.expiry));
    step.quantity = Some(StepQuantity { want: carry.quantity, done: carry.counted, unit: "piece".to_owned() });
    step.into = Some(Target { label: carry.to_code.clone(), hint: String::new() });
    if matches!(carry.stage, Stage::Article | Stage::Quantity) {
        let label = "Not enough here".to_owned();
        step.choices = vec![Choice { code: "short".to_owned(), label, tone: Tone::Warn }];
    }
    step
}

/// One entry of a move or refill.
pub async fn scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let carry = find(tx, task).await?;
    if scan.chose("short") && matches!(carry.stage, Stage::Article | Stage::Quantity) {
        return short(tx, task, carry, scan.quantity.unwrap_or(0)).await;
    }
    match carry.stage {
        Stage::From => at_from(tx, task, carry, scan).await,
        Stage::Article => at_article(tx, task, carry, scan).await,
        Stage::Quantity => at_quantity(tx, task, carry, scan).await,
        Stage::To => at_to(tx, task, carry, scan).await,
        Stage::Done => step(tx, task).await,
    }
}

async fn go_on(tx: &mut Tx, task: &Task, carry: &Carry, code: &str, text: &str) -> Result<Step, Stop> {
    rows::save(tx.sql(), carry).await?;
    tasks::progress(tx, task.id, 0, carry.quantity).await?;
    Ok(step(tx, task).await?.saying(Tone::Right, code, text))
}

async fn at_from(tx: &mut Tx, task: &Task, mut carry: Carry, scan: &Scan) -> Result<Step, Stop> {
    let label = scan.label();
    if label != carry.from_code.to_uppercase() {
        let screen = step(tx, task).await?;
        let text = format!("That is bin {label}. Go to {}.", carry.from_code);
        return Ok(tasks::refuse(tx, task, screen, "bin.wrong", &text));
    }
    if is_move(&carry) {
        // A pick bin is closed to pickers while its goods are carried away; goods
        // that somebody is promised stay where the picker will look for them.
        if stock::pool(tx.sql(), carry.site, carry.sku).await?.is_some_and(|pool| pool.held > 0) {
            (carry.quantity, carry.stage) = (0, Stage::Done);
            end(tx, task, &carry).await?;
            return Ok(Step::over(task, "Promised meanwhile, leave them. Take the next task."));
        }
        layout::set_blocked(tx, carry.from, true, MOVING).await?;
    }
    carry.stage = Stage::Article;
    go_on(tx, task, &carry, "bin.right", "Right bin. Scan the article.").await
}

async fn at_article(tx: &mut Tx, task: &Task, mut carry: Carry, scan: &Scan) -> Result<Step, Stop> {
    let screen = step(tx, task).await?;
    let Some((article, _)) = tasks::article(tx.sql(), scan).await? else {
        let text = "No article has this label. Scan the article.";
        return Ok(tasks::refuse(tx, task, screen, "article.unknown", text));
    };
    if article.id != carry.sku {
        let text = format!("That is {}. Take the article shown.", article.name.en);
        return Ok(tasks::refuse(tx, task, screen, "article.wrong", &text));
    }
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    if let Some(lot) = read.lot.filter(|lot| !carry.lot.is_empty() && *lot != carry.lot) {
        let text = format!("That is lot {lot}. Take lot {}.", carry.lot);
        return Ok(tasks::refuse(tx, task, screen, "lot.wrong", &text));
    }
    carry.stage = Stage::Quantity;
    go_on(tx, task, &carry, "article.right", "Right article. Enter how many.").await
}

async fn at_quantity(tx: &mut Tx, task: &Task, mut carry: Carry, scan: &Scan) -> Result<Step, Stop> {
    let quantity = scan.number().unwrap_or(0);
    if !(1..=carry.quantity).contains(&quantity) {
        let screen = step(tx, task).await?;
        let text = format!("Take 1 to {}, not {quantity}.", carry.quantity);
        return Ok(tasks::refuse(tx, task, screen, "quantity.wrong", &text));
    }
    (carry.counted, carry.stage) = (quantity, Stage::To);
    go_on(tx, task, &carry, "quantity.right", "Counted. Bring them to the bin.").await
}

fn goods(carry: &Carry) -> Goods {
    Goods {
        sku: carry.sku,
        lot: carry.lot.clone(),
        serial: carry.serial.clone(),
        expiry: carry.expiry.clone(),
        condition: Condition::Sellable,
    }
}

async fn at_to(tx: &mut Tx, task: &Task, mut carry: Carry, scan: &Scan) -> Result<Step, Stop> {
    let label = scan.label();
    let screen = step(tx, task).await?;
    if label != carry.to_code.to_uppercase() {
        let text = format!("That is bin {label}. Go to {}.", carry.to_code);
        return Ok(tasks::refuse(tx, task, screen, "bin.wrong", &text));
    }
    let from = Account::bin(carry.site, carry.from);
    let there = stock::quantity(tx.sql(), from, &goods(&carry)).await?;
    let quantity = carry.counted.min(there);
    if quantity > 0 {
        let movement = Movement {
            goods: goods(&carry),
            quantity,
            from,
            to: Account::bin(carry.site, carry.to),
            becomes: Condition::Sellable,
            reason: "carried",
            reference: task.id.to_string(),
        };
        stock::relocate(tx, &movement).await?;
        let (task, site, sku, bin) = (task.id, carry.site, carry.sku, carry.to_code.clone());
        tx.emit(Event::PutAway { task, site, sku, quantity, bin });
    }
    carry.stage = Stage::Done;
    end(tx, task, &carry).await?;
    if quantity < carry.counted {
        // Others took from the bin meanwhile: the books say less than the hands.
        tx.emit(short_of(&carry, task, carry.counted - quantity));
        let text = "Fewer were booked here. A count will follow.";
        return Ok(Step::over(task, "Carried.").saying(Tone::Warn, "carry.differs", text));
    }
    Ok(Step::over(task, "All carried. Take the next task."))
}

/// Why a bin is blocked while its goods move.
const MOVING: &str = "moving";

fn is_move(carry: &Carry) -> bool {
    carry.reason == TaskKind::Move.as_str()
}

async fn end(tx: &mut Tx, task: &Task, carry: &Carry) -> Result<(), Stop> {
    if layout::bin(tx.sql(), carry.from).await?.is_some_and(|bin| bin.blocked && bin.reason == MOVING) {
        layout::set_blocked(tx, carry.from, false, "").await?;
    }
    rows::save(tx.sql(), carry).await?;
    rows::unclaim(tx.sql(), task.id).await?;
    tasks::progress(tx, task.id, carry.quantity, carry.quantity).await?;
    tasks::finish(tx, task).await
}

fn short_of(carry: &Carry, task: &Task, quantity: i64) -> Event {
    Event::BinShort { bin: carry.from, site: carry.site, task: task.id, sku: carry.sku, quantity }
}

/// Less lies here than should: what is missing is booked so, the bin is blocked
/// until it is counted, what is there is carried. Fact: `bin.short`.
async fn short(tx: &mut Tx, task: &Task, mut carry: Carry, found: i64) -> Result<Step, Stop> {
    let found = found.clamp(0, carry.quantity);
    let at = Account::bin(carry.site, carry.from);
    let there = stock::quantity(tx.sql(), at, &goods(&carry)).await?;
    let missing = (carry.quantity - found).min(there);
    if missing > 0 {
        let reference = task.id.to_string();
        stock::turn(tx, &goods(&carry), missing, at, Condition::Missing, "short_carry", reference).await?;
        layout::set_blocked(tx, carry.from, true, "short").await?;
        tx.emit(short_of(&carry, task, missing));
    }
    if found == 0 {
        (carry.quantity, carry.stage) = (0, Stage::Done);
        end(tx, task, &carry).await?;
        return Ok(Step::over(task, "Noted as missing. Take the next task."));
    }
    (carry.quantity, carry.counted, carry.stage) = (found, found, Stage::To);
    rows::claim(tx.sql(), carry.site, &rows::Claim { task: task.id, bin: carry.to, sku: carry.sku, quantity: found })
        .await?;
    let step = go_on(tx, task, &carry, "carry.short", "Noted as missing. Bring what there is.").await?;
    Ok(Step { say: tasks::Say { tone: Tone::Warn, ..step.say.clone() }, ..step })
}

async fn find(tx: &mut Tx, task: &Task) -> Result<Carry, Stop> {
    match rows::by_task(tx.sql(), task.id).await? {
        Some(carry) => Ok(carry),
        None => Err(Refusal::NoCarry { task: task.id }.into()),
    }
}
