//! Which room answers for which kind of task. Deliberately absent: HTTP.

use crate::{
    cases::{self, CaseCode, Detail, NewCase},
    counting, inbound,
    kernel::*,
    packing, picking, slotting,
    store::Tx,
    tasks::{self, Scan, Step, Task, TaskKind},
};

/// The caller's task, or the most urgent one he may take; `None`: nothing to do.
pub async fn next(
    tx: &mut Tx,
    site: SiteId,
    user: UserId,
    device: Option<&str>,
    kinds: &[TaskKind],
) -> Result<Option<Step>, Stop> {
    match tasks::take_next(tx, site, user, device, kinds).await? {
        Some(task) => Ok(Some(screen(tx, &task).await?)),
        None => Ok(None),
    }
}

/// The screen of a task the caller has, or takes by opening it.
pub async fn step(tx: &mut Tx, task: TaskId, user: UserId, device: Option<&str>) -> Result<Step, Stop> {
    let task = tasks::take(tx, task, user, device).await?;
    screen(tx, &task).await
}

/// A task whose room has nothing left to ask ends here: the plan changed under the
/// worker, and nobody shall be handed the same last screen for ever.
async fn screen(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let step = ask(tx, task).await?;
    if step.is_over() {
        tracing::warn!(task = %task.id, kind = %task.kind, "a task in hand has nothing left to do; it ends");
        tasks::finish(tx, task).await?;
    }
    Ok(step)
}

async fn ask(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    match task.kind {
        TaskKind::Pick => picking::step(tx, task).await,
        TaskKind::PutBack => picking::put_back_step(tx, task).await,
        TaskKind::Pack => packing::step(tx, task).await,
        TaskKind::Receive => inbound::step(tx, task).await,
        TaskKind::PutAway => inbound::put_away_step(tx, task).await,
        TaskKind::Replenish | TaskKind::Move => slotting::step(tx, task).await,
        TaskKind::Count => counting::step(tx, task).await,
    }
}

/// Applies one entry to the caller's task.
pub async fn scan(tx: &mut Tx, task: TaskId, user: UserId, entry: &Scan) -> Result<Step, Stop> {
    // What a hand did without a network is booked, whoever has the task by now.
    if entry.kept.is_some()
        && let Some(known) = tasks::by_id(tx.sql(), task).await?.filter(|task| task.kind == TaskKind::Pick)
        && let Some(step) = picking::kept(tx, &known, user, entry).await?
    {
        return Ok(step);
    }
    let task = tasks::mine(tx, task, user).await?;
    match task.kind {
        TaskKind::Pick => picking::scan(tx, &task, entry).await,
        TaskKind::PutBack => picking::put_back_scan(tx, &task, entry).await,
        TaskKind::Pack => packing::scan(tx, &task, entry).await,
        TaskKind::Receive => inbound::scan(tx, &task, entry).await,
        TaskKind::PutAway => inbound::put_away_scan(tx, &task, entry).await,
        TaskKind::Replenish | TaskKind::Move => slotting::scan(tx, &task, entry).await,
        TaskKind::Count => counting::scan(tx, &task, entry).await,
    }
}

/// What a page may know beforehand of the rest of a task; `None`: nothing.
pub async fn ahead(tx: &mut Tx, task: TaskId) -> Result<Option<picking::Ahead>, Stop> {
    match tasks::by_id(tx.sql(), task).await? {
        Some(task) if task.kind == TaskKind::Pick => picking::ahead(tx, &task).await,
        _ => Ok(None),
    }
}

/// Puts the caller's task down; its progress stays.
pub async fn leave(tx: &mut Tx, task: TaskId, user: UserId) -> Result<(), Stop> {
    tasks::leave(tx, task, user, "left").await
}

/// "Problem": opens a case and puts the task down, so that the worker gets other
/// work. Fact: `case.opened`.
pub async fn problem(tx: &mut Tx, task: TaskId, user: UserId, what: &str, note: &str) -> Result<CaseId, Stop> {
    let found = tasks::mine(tx, task, user).await?;
    let new = NewCase {
        code: CaseCode::TaskProblem,
        about: task.to_string(),
        site: Some(found.site),
        severity: None,
        detail: Detail::Problem { what: short(what, 60), note: short(note, 440) },
        links: vec![found.subject.clone()],
    };
    let case = cases::open(tx, &new).await?;
    tasks::leave(tx, task, user, "problem").await?;
    Ok(case)
}

fn short(text: &str, most: usize) -> String {
    text.trim().chars().take(most).collect()
}
