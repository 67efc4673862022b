//! What people and machines do with hooks. Deliberately absent: a verb that shows a
//! stored secret; none is stored.

use super::{gather, model::*, rows};
use crate::{
    identity::{self, Signer},
    kernel::*,
    store::{Sql, Tx, log},
};

/// How long the secret before goes on signing after a rotation.
const OVERLAP_MS: i64 = 24 * 3_600_000;
/// How long messages are kept.
const KEPT_MS: i64 = 14 * 24 * 3_600_000;
/// Hooks in a house.
const MOST: usize = 100;
/// Facts that one replay looks at.
const REPLAYED: i64 = 10_000;
/// The setting that keeps everything from being sent, with the reason.
const HELD: &str = "hooks.held";

/// The key of a hook's secret: derived, so that the database holds none.
pub(super) fn key(signer: &Signer, hook: HookId, generation: i64) -> [u8; 32] {
    signer.derive(&format!("hook {hook} {generation}"))
}

async fn find(sql: &mut Sql, id: HookId) -> Result<Hook, Stop> {
    match rows::by_id(sql, id).await? {
        Some(hook) => Ok(hook),
        None => Err(Refusal::Unknown { hook: id.to_string() }.into()),
    }
}

/// Adds a hook; it hears of what happens from now on. The address was checked by
/// whoever knows which addresses are open.
pub async fn add(tx: &mut Tx, new: &NewHook) -> Result<Hook, Stop> {
    checked(new)?;
    let others = rows::list(tx.sql(), None).await?;
    if others.len() >= MOST {
        return Err(Refusal::TooMany.into());
    }
    if others.iter().all(|hook| hook.state == HookState::Disabled) {
        // Nobody listened: the cursor stands where the last listener left.
        let head = log::head(tx.sql()).await?;
        log::advance(tx.sql(), gather::CURSOR, head).await?;
    }
    let hook = Hook {
        id: tx.id(),
        url: new.url.clone(),
        kinds: new.kinds.clone(),
        channel: new.channel.clone().filter(|channel| !channel.is_empty()),
        state: HookState::Active,
        reason: None,
        generation: 1,
        old_secret_until: None,
        created_at: tx.now(),
    };
    rows::add(tx.sql(), &hook).await?;
    Ok(hook)
}

/// The secret in use, as its owner keeps it.
pub async fn secret(tx: &mut Tx, id: HookId) -> Result<String, Stop> {
    let hook = find(tx.sql(), id).await?;
    let signer = identity::signer(tx).await?;
    Ok(spelled(&key(&signer, id, hook.generation)))
}

/// A new secret; the one before signs as well for a day.
pub async fn rotate(tx: &mut Tx, id: HookId) -> Result<String, Stop> {
    find(tx.sql(), id).await?;
    let until = tx.now().plus_ms(OVERLAP_MS);
    rows::next_generation(tx.sql(), id, until).await?;
    secret(tx, id).await
}

/// Removes a hook and its messages.
pub async fn remove(tx: &mut Tx, id: HookId) -> Result<(), Stop> {
    find(tx.sql(), id).await?;
    Ok(rows::remove(tx.sql(), id).await?)
}

/// Sends again to a hook that was given up; what waits or failed goes at once.
pub async fn resume(tx: &mut Tx, id: HookId) -> Result<(), Stop> {
    if find(tx.sql(), id).await?.state == HookState::Disabled {
        return Err(Refusal::Disabled { hook: id }.into());
    }
    let now = tx.now();
    rows::set_state(tx.sql(), id, HookState::Active, None).await?;
    Ok(rows::hurry(tx.sql(), id, now).await?)
}

/// Sends a message that says nothing, to try the way out.
pub async fn test(tx: &mut Tx, id: HookId) -> Result<MessageId, Stop> {
    let hook = find(tx.sql(), id).await?;
    if hook.state == HookState::Disabled {
        return Err(Refusal::Disabled { hook: id }.into());
    }
    let (message, now): (MessageId, _) = (tx.id(), tx.now());
    let data = serde_json::json!({ "hook": id, "note": "A test; nothing happened." });
    let message = Message {
        id: message,
        hook: id,
        kind: TEST.to_owned(),
        subject: id.to_string(),
        position: 0,
        body: serde_json::json!({ "type": TEST, "timestamp": now, "data": data }).to_string(),
        state: MessageState::Waiting,
        attempts: 0,
        next_at: now,
        status: 0,
        reply: String::new(),
        took_ms: 0,
        created_at: now,
    };
    rows::put(tx.sql(), &message, &message.id.to_string()).await?;
    Ok(message.id)
}

/// Sends a message again, under its own id.
pub async fn again(tx: &mut Tx, id: MessageId) -> Result<(), Stop> {
    let Some(message) = rows::message(tx.sql(), id).await? else {
        return Err(Refusal::NoMessage { message: id.to_string() }.into());
    };
    if find(tx.sql(), message.hook).await?.state == HookState::Disabled {
        return Err(Refusal::Disabled { hook: message.hook }.into());
    }
    let now = tx.now();
    Ok(rows::again(tx.sql(), id, now).await?)
}

/// Tells a hook again what happened behind a position of the log, up to now; what was
/// told before keeps its id. Returns how many facts were looked at.
pub async fn replay(tx: &mut Tx, id: HookId, after: i64) -> Result<usize, Stop> {
    let hook = find(tx.sql(), id).await?;
    if hook.state == HookState::Disabled {
        return Err(Refusal::Disabled { hook: id }.into());
    }
    let until = log::cursor(tx.sql(), gather::CURSOR).await?;
    let mut facts = log::tail(tx.sql(), after.max(0), REPLAYED).await?;
    facts.retain(|fact| fact.position <= until);
    gather::write(tx, &[hook], &facts).await?;
    Ok(facts.len())
}

/// Keeps every message in the house: this is a copy, and its twin may be talking.
pub async fn hold_all(tx: &mut Tx, reason: &str) -> Result<(), Fault> {
    rows::put_setting(tx.sql(), HELD, reason).await
}

/// Lets messages out again.
pub async fn release_all(tx: &mut Tx) -> Result<(), Fault> {
    rows::drop_setting(tx.sql(), HELD).await
}

/// True if nothing is sent.
pub async fn is_held(sql: &mut Sql) -> Result<bool, Fault> {
    Ok(rows::setting(sql, HELD).await?.is_some())
}

/// Forgets messages older than two weeks.
pub async fn sweep(tx: &mut Tx) -> Result<(), Fault> {
    let before = tx.now().plus_ms(-KEPT_MS);
    rows::forget_before(tx.sql(), before).await
}
