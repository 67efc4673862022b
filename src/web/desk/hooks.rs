//! Webhooks: who is told, every message with its last answer, and what may be done
//! when somebody does not listen. Deliberately absent: making them; machines do, by
//! the API.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    acts::{Done, Sent, act, seat_of, settled},
    frame::Tone,
    list::{Deed, Empty, List},
    seat::{ROWS, Seat},
    table::{Cell, Column, Table},
    thing::{Act, Thing},
};
use crate::{
    exchange::{Form, Path, Query},
    hooks::{self, Hook, HookState, Message, MessageState},
    identity::{FormCaller, Permission},
    kernel::{HookId, MessageId},
    problem::Problem,
    store::Db,
    web::page::{Visit, draw_with},
};

const HOME: &str = "/desk/hooks";

fn tone(state: HookState) -> Tone {
    match state {
        HookState::Active => Tone::Ok,
        HookState::Paused => Tone::Bad,
        HookState::Disabled => Tone::Off,
    }
}

fn state_of(seat: &Seat, hook: &Hook) -> (Tone, String) {
    (tone(hook.state), seat.word("hook", hook.state.as_str()))
}

/// What it hears, in a line.
fn hears(seat: &Seat, hook: &Hook) -> String {
    if hook.kinds.is_empty() { seat.t.get("hook.all").to_owned() } else { hook.kinds.join(", ") }
}

/// All webhooks.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Done>) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    all(&db, &seat, notice, StatusCode::OK).await
}

async fn all(db: &Db, seat: &Seat, notice: Option<(Tone, String)>, status: StatusCode) -> Result<Response, Problem> {
    seat.caller.permit_house(Permission::ConfigEdit)?;
    let t = seat.t;
    let columns = vec![
        Column::text("url", t.get("hook.url")),
        Column::text("state", t.get("col.state")),
        Column::num("waiting", t.get("hook.waiting")),
        Column::text("kinds", t.get("hook.hears")).extra(),
        Column::text("channel", t.get("hook.channel")).extra(),
    ];
    let mut table = Table::new(t.get("door.hooks"), columns);
    let mut read = db.read().await?;
    let waiting = hooks::count_waiting(read.sql()).await?;
    for hook in hooks::list(read.sql(), None).await? {
        let href = format!("{HOME}/{}", hook.id);
        let (tone, word) = state_of(seat, &hook);
        let waits = waiting.iter().find(|(id, _)| *id == hook.id).map_or(0, |(_, count)| *count);
        let row = vec![
            Cell::link(href.clone(), hook.url.clone()),
            Cell::badge(tone, word).under(hook.reason.clone().unwrap_or_default()),
            Cell::num(waits),
            Cell::mute(hears(seat, &hook)),
            Cell::mute(hook.channel.clone().unwrap_or_default()),
        ];
        table.push(href, row);
    }
    let held = hooks::is_held(read.sql()).await?;
    let release =
        Deed { label: t.get("hook.release").to_owned(), action: format!("{HOME}/release"), icon: "check", main: true };
    draw_with(
        status,
        &List {
            lead: t.get("hook.lead").to_owned(),
            notice: notice.or_else(|| held.then(|| (Tone::Warn, t.get("hook.held").to_owned()))),
            deeds: if held { vec![release] } else { Vec::new() },
            empty: Empty { head: t.get("hook.none").to_owned(), rest: t.get("hook.none_hint").to_owned() },
            ..List::new(t, seat.frame("hooks", t.get("door.hooks")), t.get("door.hooks"), table)
        },
    )
}

/// One webhook with its messages.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<HookId>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    one(&db, &seat, id, notice, StatusCode::OK).await
}

async fn one(
    db: &Db,
    seat: &Seat,
    id: HookId,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    seat.caller.permit_house(Permission::ConfigEdit)?;
    let t = seat.t;
    let mut read = db.read().await?;
    let hook = hooks::by_id(read.sql(), id).await?.ok_or_else(|| Problem::not_found("webhook"))?;
    let told = hooks::messages(read.sql(), id, "", "", ROWS).await?;
    drop(read);
    let fact = |label: &str, text: String| (t.get(label).to_owned(), text, String::new());
    let view = Thing {
        t,
        frame: seat.frame("hooks", t.get("door.hooks")),
        list: (HOME, t.get("door.hooks").to_owned()),
        id: id.to_string(),
        title: hook.url.clone(),
        state: state_of(seat, &hook),
        lead: hook.reason.clone().unwrap_or_else(|| hears(seat, &hook)),
        notice,
        facts: vec![
            fact("hook.channel", hook.channel.clone().unwrap_or_else(|| t.get("hook.every_channel").to_owned())),
            fact("hook.since", seat.when(hook.created_at)),
        ],
        tables: vec![(t.get("hook.messages").to_owned(), log(seat, &told))],
        story: Vec::new(),
        acts: acts(seat, &hook),
    };
    draw_with(status, &view)
}

fn log(seat: &Seat, told: &[Message]) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("at", t.get("col.time")),
        Column::text("state", t.get("col.state")),
        Column::text("kind", t.get("col.what")),
        Column::num("tries", t.get("hook.tries")),
        Column::text("answer", t.get("hook.answer")),
        Column::text("deed", ""),
    ];
    let mut table = Table::new(t.get("hook.messages"), columns);
    for message in told {
        let tone = match message.state {
            MessageState::Waiting => Tone::Warn,
            MessageState::Sent => Tone::Ok,
            MessageState::Failed => Tone::Bad,
        };
        let next = match message.state {
            MessageState::Waiting if message.attempts > 0 => t.put("hook.next", seat.when(message.next_at)),
            _ => String::new(),
        };
        let answer = match (message.attempts, message.status) {
            (0, _) => Cell::default(),
            (_, 0) => Cell::text(t.get("hook.no_answer")).under(message.reply.clone()),
            (_, status) => Cell::text(format!("{status} · {} ms", message.took_ms)).under(message.reply.clone()),
        };
        // What was never tried is on its way anyhow.
        let again = match (message.state, message.attempts) {
            (MessageState::Waiting, 0) => Cell::default(),
            _ => Cell::act(format!("{HOME}/{}/again/{}", message.hook, message.id), t.get("hook.again")),
        };
        table.push(
            "",
            vec![
                Cell::text(seat.when(message.created_at)).by(message.created_at.ms()),
                Cell::badge(tone, seat.word("message", message.state.as_str())).under(next),
                Cell::text(message.kind.clone()).under(message.subject.clone()),
                Cell::num(message.attempts),
                answer,
                again,
            ],
        );
    }
    table
}

fn acts(seat: &Seat, hook: &Hook) -> Vec<Act> {
    let act = |name: &str, label: &str, icon, main| Act {
        label: seat.t.get(label).to_owned(),
        action: format!("{HOME}/{}/{name}", hook.id),
        icon,
        main,
        ..Act::default()
    };
    match hook.state {
        HookState::Active => vec![act("test", "hook.test", "check", true)],
        HookState::Paused => vec![act("resume", "hook.resume", "check", true), act("test", "hook.test", "", false)],
        HookState::Disabled => Vec::new(),
    }
}

/// Lets messages out of a restored copy.
pub async fn release(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seat = seat_of(&db, visit, caller, &sent, HOME).await?;
    seat.caller.permit_house(Permission::ConfigEdit)?;
    let done = act(&db, &seat, &sent, ("hooks_released", "all", HOME), async |tx| Ok(hooks::release_all(tx).await?));
    settled(&seat, done.await?, async |notice, status| all(&db, &seat, Some(notice), status).await).await
}

/// Tries a webhook out, or sends to it again.
pub async fn deed(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, name)): Path<(HookId, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("{HOME}/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    seat.caller.permit_house(Permission::ConfigEdit)?;
    let about = format!("{id} {name}");
    let done = act(&db, &seat, &sent, ("hook_queued", &about, &here), async |tx| match name.as_str() {
        "resume" => hooks::resume(tx, id).await,
        _ => hooks::test(tx, id).await.map(drop),
    });
    settled(&seat, done.await?, async |notice, status| one(&db, &seat, id, Some(notice), status).await).await
}

/// Sends a message again.
pub async fn again(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, message)): Path<(HookId, MessageId)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("{HOME}/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    seat.caller.permit_house(Permission::ConfigEdit)?;
    let about = message.to_string();
    let done = act(&db, &seat, &sent, ("hook_queued", &about, &here), async |tx| hooks::again(tx, message).await);
    settled(&seat, done.await?, async |notice, status| one(&db, &seat, id, Some(notice), status).await).await
}
