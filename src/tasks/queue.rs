//! Taking, giving back and ending work. Deliberately absent: matching people to
//! work; the next task is the most urgent one a person may do.

use super::{model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
};

/// A task that nobody touched for so long is given back.
pub const ABANDONED_MS: i64 = 10 * 60_000;

/// Adds a task to the queue. Fact: `task.ready` if it is.
pub async fn add(tx: &mut Tx, new: &NewTask) -> Result<TaskId, Stop> {
    let (id, now) = (tx.id(), tx.now());
    rows::add(tx.sql(), id, new, now).await?;
    if new.ready {
        tx.emit(Event::TaskReady { task: id, kind: new.kind.to_string(), site: new.site });
    }
    Ok(id)
}

/// What came first is there: the task may be taken.
pub async fn ready(tx: &mut Tx, task: &Task) -> Result<(), Stop> {
    let now = tx.now();
    if rows::step(tx.sql(), task.id, &[TaskState::Waiting], TaskState::Ready, now).await? {
        tx.emit(Event::TaskReady { task: task.id, kind: task.kind.to_string(), site: task.site });
    }
    Ok(())
}

/// Takes one task. Guard: it is ready (or already the caller's), and the caller
/// has no other.
pub async fn take(tx: &mut Tx, id: TaskId, user: UserId, device: Option<&str>) -> Result<Task, Stop> {
    let task = find(tx, id).await?;
    if task.state == TaskState::Taken && task.assignee == Some(user) {
        return Ok(task);
    }
    if let Some(other) = rows::of_user(tx.sql(), user).await? {
        return Err(Refusal::HasOne { task: other.id }.into());
    }
    let now = tx.now();
    if !rows::take(tx.sql(), id, user, device, now).await? {
        return Err(Refusal::NotNow { task: id, state: task.state }.into());
    }
    tx.later(Chore::ReclaimTask, id, now.plus_ms(ABANDONED_MS)).await?;
    tx.emit(Event::TaskTaken { task: id, kind: task.kind.to_string(), site: task.site, user });
    find(tx, id).await
}

/// The caller's task if there is one, else the most urgent ready one of these
/// kinds (all if empty); `None` if there is nothing to do.
pub async fn take_next(
    tx: &mut Tx,
    site: SiteId,
    user: UserId,
    device: Option<&str>,
    kinds: &[TaskKind],
) -> Result<Option<Task>, Stop> {
    if let Some(task) = rows::of_user(tx.sql(), user).await? {
        return Ok(Some(task));
    }
    for task in rows::most_urgent(tx.sql(), site).await? {
        if !kinds.is_empty() && !kinds.contains(&task.kind) {
            continue;
        }
        let now = tx.now();
        if rows::take(tx.sql(), task.id, user, device, now).await? {
            tx.later(Chore::ReclaimTask, task.id, now.plus_ms(ABANDONED_MS)).await?;
            tx.emit(Event::TaskTaken { task: task.id, kind: task.kind.to_string(), site, user });
            return Ok(Some(find(tx, task.id).await?));
        }
    }
    Ok(None)
}

/// A supervisor gives a task to somebody, ready or taken by another.
pub async fn assign(tx: &mut Tx, id: TaskId, user: UserId) -> Result<(), Stop> {
    let (task, now) = (find(tx, id).await?, tx.now());
    if task.state.is_over() || task.state == TaskState::Waiting {
        return Err(Refusal::NotNow { task: id, state: task.state }.into());
    }
    rows::step(tx.sql(), id, &[TaskState::Taken], TaskState::Ready, now).await?;
    if !rows::take(tx.sql(), id, user, None, now).await? {
        return Err(Refusal::NotNow { task: id, state: task.state }.into());
    }
    tx.emit(Event::TaskTaken { task: id, kind: task.kind.to_string(), site: task.site, user });
    Ok(())
}

/// The task, if the caller has it.
pub async fn mine(tx: &mut Tx, id: TaskId, user: UserId) -> Result<Task, Stop> {
    let task = find(tx, id).await?;
    match (task.state, task.assignee) {
        (TaskState::Taken, Some(by)) if by == user => Ok(task),
        (TaskState::Taken, _) => Err(Refusal::NotYours { task: id }.into()),
        (state, _) => Err(Refusal::NotNow { task: id, state }.into()),
    }
}

/// Puts the caller's task down; its progress stays. Fact: `task.suspended`.
pub async fn leave(tx: &mut Tx, id: TaskId, user: UserId, reason: &str) -> Result<(), Stop> {
    let task = mine(tx, id, user).await?;
    suspend(tx, &task, reason).await
}

/// Puts a taken task back into the queue, whoever has it.
pub async fn suspend(tx: &mut Tx, task: &Task, reason: &str) -> Result<(), Stop> {
    let now = tx.now();
    if rows::give_back(tx.sql(), task.id, reason, now).await? {
        let kind = task.kind.to_string();
        tx.emit(Event::TaskSuspended { task: task.id, kind: kind.clone(), site: task.site, reason: reason.to_owned() });
        tx.emit(Event::TaskReady { task: task.id, kind, site: task.site });
    }
    Ok(())
}

/// Gives a task back that nobody touched for `ABANDONED_MS`; a dead battery
/// must not keep an order.
pub async fn reclaim(tx: &mut Tx, id: TaskId) -> Result<(), Stop> {
    let Some(task) = rows::by_id(tx.sql(), id).await? else { return Ok(()) };
    if task.state != TaskState::Taken {
        return Ok(());
    }
    let now = tx.now();
    if now.since(task.touched_at) >= ABANDONED_MS {
        suspend(tx, &task, "abandoned").await
    } else {
        Ok(tx.later(Chore::ReclaimTask, id, task.touched_at.plus_ms(ABANDONED_MS)).await?)
    }
}

/// Notes how far a task is.
pub async fn progress(tx: &mut Tx, id: TaskId, done: i64, total: i64) -> Result<(), Stop> {
    let now = tx.now();
    Ok(rows::progress(tx.sql(), id, done, total, now).await?)
}

/// A task is due at another time.
pub async fn set_due(tx: &mut Tx, id: TaskId, due_at: Time) -> Result<(), Fault> {
    rows::set_due(tx.sql(), id, due_at).await
}

/// Ends a task. Fact: `task.done`.
pub async fn finish(tx: &mut Tx, task: &Task) -> Result<(), Stop> {
    let now = tx.now();
    let from = [TaskState::Waiting, TaskState::Ready, TaskState::Taken];
    if rows::step(tx.sql(), task.id, &from, TaskState::Done, now).await? {
        tx.emit(Event::TaskDone { task: task.id, kind: task.kind.to_string(), site: task.site });
    }
    Ok(())
}

/// Takes a task out of the queue: it is no longer wanted. Fact: `task.cancelled`.
pub async fn cancel(tx: &mut Tx, task: &Task) -> Result<(), Stop> {
    let now = tx.now();
    let from = [TaskState::Waiting, TaskState::Ready, TaskState::Taken];
    if rows::step(tx.sql(), task.id, &from, TaskState::Cancelled, now).await? {
        tx.emit(Event::TaskCancelled { task: task.id, kind: task.kind.to_string(), site: task.site });
    }
    Ok(())
}

async fn find(tx: &mut Tx, id: TaskId) -> Result<Task, Stop> {
    match rows::by_id(tx.sql(), id).await? {
        Some(task) => Ok(task),
        None => Err(Refusal::Unknown { task: id.to_string() }.into()),
    }
}
