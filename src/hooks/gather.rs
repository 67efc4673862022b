//! From the log to messages: a consumer with a cursor of its own, which moves in the
//! transaction that writes the messages, so that none is lost and none is written
//! twice. Deliberately absent: sending.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{model::*, rows};
use crate::{
    kernel::*,
    orders::{self, Order},
    store::{Actor, Db, Tx, log, log::Fact},
};

/// The name of the cursor.
pub(super) const CURSOR: &str = "hooks";
/// Facts looked at in one transaction.
const BATCH: i64 = 200;
/// The one kind whose newest value makes older ones worthless.
const LATEST_COUNTS: &str = "inventory.changed";

/// Writes messages for the facts that came since; returns how many facts there were.
pub async fn gather(db: &Db) -> Result<usize, Fault> {
    let mut read = db.read().await?;
    let hooks = listening(rows::list(read.sql(), None).await?);
    if hooks.is_empty() {
        return Ok(0);
    }
    let at = log::cursor(read.sql(), CURSOR).await?;
    let facts = log::tail(read.sql(), at, BATCH).await?;
    drop(read);
    let Some(last) = facts.last() else { return Ok(0) };
    let mut tx = db.begin(Actor::house()).await?;
    write(&mut tx, &hooks, &facts).await?;
    log::advance(tx.sql(), CURSOR, last.position).await?;
    tx.commit().await?;
    Ok(facts.len())
}

fn listening(hooks: Vec<Hook>) -> Vec<Hook> {
    hooks.into_iter().filter(|hook| hook.state != HookState::Disabled).collect()
}

/// Writes what each hook is to be told of some facts.
pub(super) async fn write(tx: &mut Tx, hooks: &[Hook], facts: &[Fact]) -> Result<(), Fault> {
    let mut known: HashMap<OrderId, Option<(Order, Value)>> = HashMap::new();
    for fact in facts.iter().filter(|fact| hooks.iter().any(|hook| hook.wants(&fact.kind))) {
        let order = match fact.body.get("order").and_then(Value::as_str).and_then(|id| id.parse::<OrderId>().ok()) {
            Some(id) => {
                if let std::collections::hash_map::Entry::Vacant(free) = known.entry(id) {
                    free.insert(about(tx, id).await?);
                }
                known.get(&id).and_then(Option::as_ref)
            }
            None => None,
        };
        let body = told(fact, order);
        for hook in hooks.iter().filter(|hook| hook.wants(&fact.kind) && concerns(hook, fact, order)) {
            let now = tx.now();
            let message = Message {
                id: tx.id(),
                hook: hook.id,
                kind: fact.kind.clone(),
                subject: fact.subject.clone(),
                position: fact.position,
                body: body.clone(),
                state: MessageState::Waiting,
                attempts: 0,
                next_at: now,
                status: 0,
                reply: String::new(),
                took_ms: 0,
                created_at: now,
            };
            if fact.kind == LATEST_COUNTS {
                rows::supersede(tx.sql(), &message).await?;
            }
            rows::put(tx.sql(), &message, &fact.id.to_string()).await?;
        }
    }
    Ok(())
}

/// A hook of a channel hears of its orders, and of stock; of cases only who hears all.
fn concerns(hook: &Hook, fact: &Fact, order: Option<&(Order, Value)>) -> bool {
    match (&hook.channel, order) {
        (None, _) => true,
        (Some(channel), Some((order, _))) => order.channel == *channel,
        (Some(_), None) => fact.kind == LATEST_COUNTS,
    }
}

/// What stands beside every fact about an order: its version, the channel's own
/// numbers, and how far each line is.
async fn about(tx: &mut Tx, id: OrderId) -> Result<Option<(Order, Value)>, Fault> {
    let Some(order) = orders::by_id(tx.sql(), id).await? else { return Ok(None) };
    let lines = orders::lines(tx.sql(), id).await?;
    let told: Vec<LineTold<'_>> = lines
        .iter()
        .map(|line| LineTold {
            line: line.id,
            external_line_id: line.external_line_id.as_deref(),
            sku: line.sku,
            ordered: line.ordered,
            cancelled: line.cancelled,
            shipped: line.shipped,
            delivered: line.delivered,
            returned: line.returned,
        })
        .collect();
    let lines = serde_json::to_value(told)?;
    Ok(Some((order, lines)))
}

/// The body of a message: type, timestamp, data.
fn told(fact: &Fact, order: Option<&(Order, Value)>) -> String {
    let mut data = fact.body.clone();
    if let (Some((order, lines)), Value::Object(members)) = (order, &mut data) {
        members.insert("number".into(), json!(order.number));
        members.insert("channel".into(), json!(order.channel));
        members.insert("external_order_id".into(), json!(order.external_id));
        members.insert("order_version".into(), json!(order.version));
        members.insert("lines".into(), lines.clone());
    }
    json!({ "type": fact.kind, "timestamp": fact.at, "data": data }).to_string()
}
