//! The queue of human work: the list, one task, giving it to somebody, putting it
//! back. Deliberately absent: doing it; the handheld does.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::{Done, Sent, act, of_own_site, seat_of, settled},
    book::{Book, page_of},
    frame::Tone,
    list::{Empty, Filter, List, Tab, Tile},
    seat::{CSV_ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table, short},
    thing::{Act, Thing},
};
use crate::{
    exchange::{Form, Path, Query},
    identity::{self, FormCaller, Permission},
    kernel::{SiteId, TaskId, UserId},
    problem::Problem,
    store::{Db, Sql, log},
    tasks::{self, Task, TaskKind, TaskState},
    web::{
        format,
        page::{Visit, draw_with},
        telling::titled,
    },
};

/// Rows shown at once; a floor's queue is short.
const ROWS: i64 = 200;

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    view: String,
    site: String,
    kind: String,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs = vec![("view", self.view.as_str()), ("site", self.site.as_str()), ("kind", self.kind.as_str())];
        pairs.retain(|(key, _)| *key != name);
        pairs.push((name, value));
        sheet::query("/desk/tasks", &pairs)
    }
}

fn tone(state: TaskState) -> Tone {
    match state {
        TaskState::Waiting => Tone::Plain,
        TaskState::Ready => Tone::Warn,
        TaskState::Taken => Tone::Info,
        TaskState::Done => Tone::Ok,
        TaskState::Cancelled => Tone::Off,
    }
}

/// The list, the most urgent first.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::WorkSupervise, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let state = match asked.view.as_str() {
        "" => "open",
        "all" => "",
        other => other,
    };
    let filter = tasks::Filter { site, state: state.to_owned(), kind: asked.kind.parse().ok() };
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = tasks::list(sql, &filter, if csv { CSV_ROWS } else { ROWS }).await?;
    let table = rows(sql, &seat, &found).await?;
    if csv {
        return sheet::csv(&table);
    }
    let counts = tasks::state_counts(sql, site).await?;
    let of = |state: TaskState| counts.iter().find(|(one, _)| *one == state).map_or(0, |(_, n)| *n);
    let tab =
        |view: &str, label: String, count| Tab { label, href: asked.with("view", view), count, on: asked.view == view };
    let word = |state: TaskState| seat.word("work", state.as_str());
    let each = |state: TaskState| tab(state.as_str(), word(state), Some(of(state)));
    let late = found.iter().filter(|task| !task.state.is_over() && task.due_at < seat.now).count();
    let marks = if late > 0 { vec![(Tone::Bad, t.put("tsk.late", late))] } else { Vec::new() };
    sheet::draw_list(&List {
        lead: t.get("tsk.lead").to_owned(),
        marks,
        tabs: vec![
            tab("", t.get("view.open").to_owned(), Some(counts.iter().map(|(_, n)| n).sum())),
            each(TaskState::Ready),
            each(TaskState::Taken),
            each(TaskState::Waiting),
            tab("done", word(TaskState::Done), None),
        ],
        tiles: tiles(sql, &seat, site).await?,
        action: "/desk/tasks".to_owned(),
        filters: vec![
            seat.site_filter(Permission::WorkSupervise, site),
            kinds(&seat, &asked.kind),
            Filter::kept("view", &asked.view),
        ],
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("tsk.none").to_owned(), rest: t.get("tsk.none_hint").to_owned() },
        topic: "task.ready",
        ..List::new(t, seat.frame("tasks", t.get("door.tasks")), t.get("door.tasks"), table)
    })
}

/// How much of each kind may be taken now.
async fn tiles(sql: &mut Sql, seat: &Seat, site: Option<SiteId>) -> Result<Vec<Tile>, Problem> {
    let Some(site) = site else { return Ok(Vec::new()) };
    let counts = tasks::open_counts(sql, site).await?;
    let tile = |(kind, n): &(TaskKind, i64)| Tile {
        label: seat.word("task", kind.as_str()),
        value: n.to_string(),
        sub: seat.word("work", "ready"),
        strong: false,
    };
    Ok(counts.iter().map(tile).collect())
}

fn kinds(seat: &Seat, chosen: &str) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_kind").to_owned(), chosen.is_empty());
    let each =
        TaskKind::ALL.iter().map(|one| (one.to_string(), seat.word("task", one.as_str()), one.as_str() == chosen));
    Filter {
        name: "kind",
        label: seat.t.get("flt.kind").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

async fn rows(sql: &mut Sql, seat: &Seat, found: &[Task]) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("task", t.get("tsk.task")),
        Column::text("state", t.get("col.state")),
        Column::text("site", t.get("col.site")).extra(),
        Column::text("zone", t.get("tsk.zone")).extra(),
        Column::text("who", t.get("tsk.who")),
        Column::num("steps", t.get("tsk.steps")),
        Column::num("since", t.get("tsk.since")),
        Column::num("due", t.get("col.due")),
    ];
    let mut table = Table::new(t.get("door.tasks"), columns);
    let mut book = Book::new(seat);
    for task in found {
        let href = format!("/desk/tasks/{}", task.id);
        let who = match task.assignee {
            Some(user) => Cell::text(book.person(sql, &user.to_string()).await?),
            None => Cell::mute(t.get("case.unowned")),
        };
        let (due_tone, due) = seat.due(task.due_at);
        let due = match (task.state.is_over(), due_tone) {
            (true, _) => Cell::mute(seat.when(task.touched_at)),
            (false, Tone::Plain) => Cell::text(due),
            (false, tone) => Cell::badge(tone, due),
        };
        let idle = format::minutes_until(task.touched_at, seat.now);
        table.push(
            href.clone(),
            vec![
                Cell::link(href, seat.word("task", task.kind.as_str())).under(titled(t, &task.title)),
                Cell::badge(tone(task.state), seat.word("work", task.state.as_str())),
                Cell::text(seat.site_name(Some(task.site))),
                Cell::mute(&task.zone),
                who,
                Cell::shown(format!("{}/{}", task.done, task.total), task.done),
                Cell::shown(format::span(t, idle.max(0)), idle),
                due.by(task.due_at.ms()),
            ],
        );
    }
    Ok(table)
}

async fn visible(db: &Db, seat: &Seat, id: TaskId) -> Result<Task, Problem> {
    seat.caller.permit(Permission::WorkSupervise, None)?;
    let mut read = db.read().await?;
    let found = tasks::by_id(read.sql(), id).await?;
    of_own_site(seat, Permission::WorkSupervise, "task", found, |task| task.site)
}

/// One task.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<TaskId>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let task = visible(&db, &seat, id).await?;
    let notice = seat.done(&asked.done);
    page(&db, &seat, task, notice, StatusCode::OK).await
}

async fn page(
    db: &Db,
    seat: &Seat,
    task: Task,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut book = Book::new(seat);
    let facts = log::story(sql, &task.id.to_string()).await?;
    let owner = match task.assignee {
        Some(user) => book.person(sql, &user.to_string()).await?,
        None => t.get("case.unowned").to_owned(),
    };
    let plain = |key: &str, text: String| (t.get(key).to_owned(), text, String::new());
    let mut told = vec![
        plain("tsk.who", owner),
        plain("tsk.steps", format!("{} / {}", task.done, task.total)),
        plain("col.due", format!("{} · {}", seat.when(task.due_at), seat.due(task.due_at).1)),
        plain("tsk.priority", task.priority.to_string()),
        plain("tsk.zone", task.zone.clone()),
        (t.get("case.about").to_owned(), short(&task.subject), page_of(&task.subject)),
    ];
    told.extend(task.reason.as_deref().map(|why| plain("ord.reason", story::coded(seat, "reason", why))));
    told.retain(|(_, text, _)| !text.is_empty());
    let view = Thing {
        t,
        frame: seat.frame("tasks", titled(t, &task.title)),
        list: ("/desk/tasks", t.get("door.tasks").to_owned()),
        id: task.id.to_string(),
        title: format!("{}: {}", seat.word("task", task.kind.as_str()), titled(t, &task.title)),
        state: (tone(task.state), seat.word("work", task.state.as_str())),
        lead: [seat.site_name(Some(task.site)), t.put("case.since", seat.when(task.created_at))].join(" · "),
        notice,
        facts: told,
        tables: Vec::new(),
        story: story::moments(sql, &mut book, seat, &facts).await?,
        acts: acts(sql, seat, &task).await?,
    };
    draw_with(status, &view)
}

async fn acts(sql: &mut Sql, seat: &Seat, task: &Task) -> Result<Vec<Act>, Problem> {
    let t = seat.t;
    let mut acts = Vec::new();
    if matches!(task.state, TaskState::Ready | TaskState::Taken) {
        acts.push(Act {
            label: t.get("case.give").to_owned(),
            action: format!("/desk/tasks/{}/assign", task.id),
            main: true,
            choice: ("person", t.get("case.give_to").to_owned(), workers(sql, task.site).await?),
            ..Act::default()
        });
    }
    if task.state == TaskState::Taken {
        acts.push(Act {
            label: t.get("tsk.put_down").to_owned(),
            action: format!("/desk/tasks/{}/suspend", task.id),
            icon: "undo",
            note: ("reason", t.get("ord.reason").to_owned()),
            hint: t.get("tsk.put_down_hint").to_owned(),
            ..Act::default()
        });
    }
    Ok(acts)
}

/// People who may work at a site.
async fn workers(sql: &mut Sql, site: SiteId) -> Result<Vec<(String, String)>, Problem> {
    let mut found = Vec::new();
    for person in identity::people(sql, "", 500).await? {
        let grants = identity::permissions_of(sql, &person.grants).await.map_err(Problem::from)?;
        let may = grants.iter().any(|(grant, permissions)| {
            permissions.contains(&Permission::WorkDo) && (grant.site.is_none() || grant.site == Some(site))
        });
        if may && person.active {
            found.push((person.id.to_string(), person.name));
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// Gives a task to somebody.
pub async fn assign(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<TaskId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/tasks/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let task = visible(&db, &seat, id).await?;
    let person: UserId = sent.person.parse().map_err(|_| Problem::not_found("person"))?;
    let done =
        act(&db, &seat, &sent, ("assigned", &here, &here), async |tx| tasks::assign(tx, id, person).await).await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, task, Some(notice), status).await).await
}

/// Puts a task back into the queue, whoever has it.
pub async fn suspend(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<TaskId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/tasks/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let task = visible(&db, &seat, id).await?;
    let why = sent.why();
    let done =
        act(&db, &seat, &sent, ("put_down", &here, &here), async |tx| tasks::suspend(tx, &task, &why).await).await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, task, Some(notice), status).await).await
}
