//! The worker's list, the steps of a task, and "Problem". Deliberately absent:
//! what a scan means; `crate::handheld` asks the room that knows.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    read::{Around, key, kind, kind_icon, read},
    view::{Job, Noted, Problem as ProblemPage, StepPage, Tasks, What},
};
use crate::{
    exchange::{Form, Path, Query},
    handheld,
    identity::{Caller, FormCaller, Permission},
    kernel::{CaseId, SiteId, TaskId, Time, UserId},
    network::{self, Site},
    problem::Problem,
    store::{Actor, Db},
    tasks::{self, Kept, Scan, Step, Task, TaskKind, TaskState},
    web::{
        format,
        forms::once,
        i18n::Words,
        page::{Visit, draw, go, refusal_text},
        telling::titled,
    },
};

/// How many tasks are looked at for the list.
const LOOK: i64 = 60;
/// How many are shown behind the next one.
const LATER: usize = 4;
/// Due within this, a task is marked.
const SOON_MS: i64 = 45 * 60_000;

fn worker(caller: &Caller) -> Result<UserId, Problem> {
    caller.user().ok_or_else(|| crate::identity::Refusal::Required.into())
}

/// The site of the handheld, else the only one the person works at, else the first.
async fn site_of(db: &Db, caller: &Caller) -> Result<Option<Site>, Problem> {
    let mut sql = db.read().await?;
    let held = caller.sites(Permission::WorkDo);
    if let Some(site) = caller.device_site() {
        return Ok(network::site(sql.sql(), site).await?);
    }
    let sites = network::sites(sql.sql()).await?;
    Ok(sites.into_iter().find(|site| site.ships() && held.holds(site.id)))
}

/// What the list may be asked.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    moved: String,
}

/// My work: one next action, and what comes after.
pub async fn list(
    State(db): State<Db>,
    visit: Visit,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (t, user) = (visit.t, worker(&caller)?);
    caller.permit(Permission::WorkDo, None)?;
    let Some(site) = site_of(&db, &caller).await? else { return draw(&nowhere(t)) };
    caller.permit(Permission::WorkDo, Some(site.id))?;
    let mut sql = db.read().await?;
    let mine = tasks::of_user(sql.sql(), user).await?;
    let open = tasks::at_site(sql.sql(), site.id, LOOK).await?;
    let counts = tasks::open_counts(sql.sql(), site.id).await?;
    drop(sql);
    let now = db.clock.now();
    let ready = || open.iter().filter(|task| task.state == TaskState::Ready);
    let skip = usize::from(mine.is_none());
    let first = mine.as_ref().map(|task| (task, true)).or_else(|| ready().next().map(|task| (task, false)));
    draw(&Tasks {
        t,
        who: caller.id().to_owned(),
        name: caller.name().to_owned(),
        site: t.name(&site.name.en, &site.name.zh).to_owned(),
        csrf: caller.csrf().unwrap_or_default().to_owned(),
        moved: if asked.moved.is_empty() { String::new() } else { t.get("hh.moved").to_owned() },
        now: first.map(|(task, own)| job(t, task, &site, now, own)),
        later: ready().skip(skip).take(LATER).map(|task| job(t, task, &site, now, false)).collect(),
        open: counts.into_iter().map(|(of, n)| (kind(t, of), n)).take(3).collect(),
    })
}

fn job(t: Words, task: &Task, site: &Site, now: Time, mine: bool) -> Job {
    let at = format::clock(task.due_at, &site.time_zone);
    let left = task.due_at.since(now);
    Job {
        id: task.id.to_string(),
        icon: kind_icon(task.kind),
        title: kind(t, task.kind),
        detail: titled(t, &task.title),
        zone: task.zone.clone(),
        due: t.put2("hh.due", &at, format::until(t, now, task.due_at)),
        due_k: if left < 0 {
            "bad"
        } else if left < SOON_MS {
            "warn"
        } else {
            "x"
        },
        at,
        done: task.done,
        of: task.total.max(1),
        mine,
    }
}

fn nowhere(t: Words) -> Noted {
    Noted {
        t,
        heading: t.get("hh.my_work").to_owned(),
        under: String::new(),
        k: "bad",
        title: t.get("hh.no_role").to_owned(),
        sub: t.get("hh.no_role_sub").to_owned(),
        what: Vec::new(),
        task: String::new(),
    }
}

/// The proof that our page sent a form.
#[derive(Deserialize)]
pub struct Csrf {
    #[serde(default)]
    csrf: String,
}

/// Takes the most urgent task, or goes on with the one in hand.
pub async fn next(State(db): State<Db>, caller: FormCaller, Form(form): Form<Csrf>) -> Result<Response, Problem> {
    let caller = caller.checked(&form.csrf)?;
    let user = worker(&caller)?;
    let Some(site) = site_of(&db, &caller).await? else { return Ok(go("/handheld")) };
    caller.permit(Permission::WorkDo, Some(site.id))?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let device = caller.device().map(|device| device.to_string());
    let step = handheld::next(&mut tx, site.id, user, device.as_deref(), &[]).await?;
    tx.commit().await?;
    Ok(match step {
        Some(step) => go(&format!("/handheld/tasks/{}", step.task.id)),
        None => go("/handheld"),
    })
}

async fn permitted(db: &Db, caller: &Caller, task: TaskId) -> Result<(UserId, SiteId), Problem> {
    let mut sql = db.read().await?;
    let Some(found) = tasks::by_id(sql.sql(), task).await? else { return Err(Problem::not_found("task")) };
    caller.permit(Permission::WorkDo, Some(found.site))?;
    Ok((worker(caller)?, found.site))
}

fn around(db: &Db, caller: &Caller, scanned: &str) -> Around {
    Around {
        who: caller.id().to_owned(),
        scanned: scanned.chars().take(60).collect(),
        command: db.dice.ulid(db.clock.now()).to_string(),
        csrf: caller.csrf().unwrap_or_default().to_owned(),
    }
}

/// The screen of a task; opening a ready one takes it.
pub async fn step(
    State(db): State<Db>,
    visit: Visit,
    caller: Caller,
    Path(task): Path<TaskId>,
) -> Result<Response, Problem> {
    let (user, _) = permitted(&db, &caller, task).await?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let device = caller.device().map(|device| device.to_string());
    let step = match handheld::step(&mut tx, task, user, device.as_deref()).await.map_err(Problem::from) {
        Ok(step) => step,
        Err(problem) if gone(&problem) => return Ok(go("/handheld?moved=1")),
        Err(problem) => return Err(problem),
    };
    tx.commit().await?;
    draw(&StepPage { t: visit.t, body: read(visit.t, step, around(&db, &caller, "")) })
}

/// The rest of the task, for a page that may lose its network.
pub async fn ahead(State(db): State<Db>, caller: Caller, Path(task): Path<TaskId>) -> Result<Response, Problem> {
    permitted(&db, &caller, task).await?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let plan = handheld::ahead(&mut tx, task).await?;
    drop(tx);
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(plan)).into_response())
}

/// The task is no longer this worker's: back to the list, which says so.
fn gone(problem: &Problem) -> bool {
    matches!(problem.code.as_str(), "task.not_yours" | "task.not_now" | "task.unknown" | "task.has_one")
}

/// One entry, as the page sends it.
#[derive(Deserialize, Serialize)]
pub struct Entry {
    #[serde(default, skip_serializing)]
    csrf: String,
    #[serde(default, skip_serializing)]
    command_id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    kept_pick: String,
    #[serde(default)]
    kept_stage: String,
    #[serde(default)]
    kept_took: String,
}

impl Entry {
    fn scan(&self) -> Scan {
        let took = self.kept_took.trim().parse().unwrap_or_default();
        let kept = Kept { pick: self.kept_pick.clone(), stage: self.kept_stage.clone(), took };
        Scan { kept: (!self.kept_pick.is_empty()).then_some(kept), ..self.said() }
    }

    /// A label that was scanned goes before the number that stands in the field.
    fn said(&self) -> Scan {
        let (code, choice) = (self.code.trim(), self.choice.trim());
        if !choice.is_empty() {
            return Scan { choice: Some(choice.to_owned()), ..Scan::default() };
        }
        if !code.is_empty() {
            return Scan { code: Some(code.to_owned()), ..Scan::default() };
        }
        Scan { quantity: self.quantity.trim().parse().ok(), ..Scan::default() }
    }
}

/// Applies one entry, once for its `command_id`, and shows the next screen.
pub async fn scan(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(task): Path<TaskId>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&entry.csrf)?;
    let (user, _) = permitted(&db, &caller, task).await?;
    let scan = entry.scan();
    let body = format!("scan {task} {}", serde_json::to_string(&scan).map_err(crate::kernel::Fault::from)?);
    let done: Result<Step, Problem> =
        once(&db, caller.id(), &entry.command_id, &body, async |tx| handheld::scan(tx, task, user, &scan).await).await;
    let step = match done {
        Ok(step) => step,
        Err(problem) if gone(&problem) => return Ok(moved(visit.part)),
        Err(problem) => return refused(&db, visit, &caller, user, task, &problem).await,
    };
    show(visit, read(visit.t, step, around(&db, &caller, &entry.code)))
}

fn show(visit: Visit, body: super::view::StepBody) -> Result<Response, Problem> {
    if visit.part { draw(&body) } else { draw(&StepPage { t: visit.t, body }) }
}

/// The task went to somebody else while this scan was on its way.
fn moved(part: bool) -> Response {
    if !part {
        return go("/handheld?moved=1");
    }
    let mut headers = HeaderMap::new();
    headers.insert("hx-redirect", HeaderValue::from_static("/handheld?moved=1"));
    (headers, "").into_response()
}

/// A refusal on the same screen, in the red voice.
async fn refused(
    db: &Db,
    visit: Visit,
    caller: &Caller,
    user: UserId,
    task: TaskId,
    problem: &Problem,
) -> Result<Response, Problem> {
    // The page asks again by itself.
    if problem.status >= 500 || problem.code == "idempotency.in_flight" {
        return Err(problem.clone());
    }
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let step = handheld::step(&mut tx, task, user, None).await?;
    drop(tx);
    let text = refusal_text(visit.t, &problem.code, &problem.detail, &problem.members);
    let step = step.saying(tasks::Tone::Wrong, &problem.code, &text);
    show(visit, read(visit.t, step, around(db, caller, "")))
}

/// Reasons for each kind of work, the likely ones first.
fn reasons(kind: TaskKind) -> &'static [&'static str] {
    match kind {
        TaskKind::Pick | TaskKind::Replenish | TaskKind::Move => {
            &["empty", "few", "damaged", "wrong_article", "label", "tote_full", "blocked", "device"]
        }
        TaskKind::Receive | TaskKind::PutAway => {
            &["damaged", "wrong_article", "label", "bin_full", "few", "blocked", "device"]
        }
        TaskKind::Pack => &["damaged", "wrong_article", "few", "box_small", "device", "label"],
        TaskKind::Count | TaskKind::PutBack => &["label", "damaged", "wrong_article", "bin_full", "blocked", "device"],
    }
}

/// What is wrong?
pub async fn problem(
    State(db): State<Db>,
    visit: Visit,
    caller: Caller,
    Path(task): Path<TaskId>,
) -> Result<Response, Problem> {
    let (t, (user, _)) = (visit.t, permitted(&db, &caller, task).await?);
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let step = match handheld::step(&mut tx, task, user, None).await.map_err(Problem::from) {
        Ok(step) => step,
        Err(problem) if gone(&problem) => return Ok(go("/handheld?moved=1")),
        Err(problem) => return Err(problem),
    };
    drop(tx);
    let place = step.spot.as_ref().map(|spot| spot.label.clone()).unwrap_or_default();
    let around = around(&db, &caller, "");
    draw(&ProblemPage {
        t,
        task: task.to_string(),
        under: if place.is_empty() { kind(t, step.task.kind) } else { format!("{}, {place}", kind(t, step.task.kind)) },
        article: step.article,
        place,
        reasons: reasons(step.task.kind).iter().map(|code| key(t, code, code)).collect(),
        command: around.command,
        csrf: around.csrf,
    })
}

/// A problem, as the page sends it.
#[derive(Deserialize)]
pub struct Report {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    command_id: String,
    code: String,
    #[serde(default)]
    note: String,
}

/// What was opened.
#[derive(Serialize, Deserialize)]
struct Opened {
    case: Option<CaseId>,
}

/// Opens a case, or only puts the task down, and tells what happens next.
pub async fn report(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(task): Path<TaskId>,
    Form(report): Form<Report>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&report.csrf)?;
    let (user, _) = permitted(&db, &caller, task).await?;
    let Report { code, note, command_id, .. } = &report;
    let put_down = code == "put_down";
    let body = format!("problem {task} {code} {note}");
    let done: Result<Opened, Problem> = once(&db, caller.id(), command_id, &body, async |tx| {
        if put_down {
            handheld::leave(tx, task, user).await?;
            return Ok(Opened { case: None });
        }
        Ok(Opened { case: Some(handheld::problem(tx, task, user, code, note).await?) })
    })
    .await;
    match done {
        Ok(opened) => draw(&noted(visit.t, code, opened.case.is_some())),
        Err(problem) if gone(&problem) => Ok(go("/handheld?moved=1")),
        Err(problem) => Err(problem),
    }
}

fn noted(t: Words, code: &str, opened: bool) -> Noted {
    let row = |icon, title: &str, sub: &str| What { icon, title: t.get(title).to_owned(), sub: t.get(sub).to_owned() };
    let mut what = Vec::new();
    if code == "hurt" {
        what.push(row("warn", "hh.noted_help", "hh.noted_help_sub"));
    }
    if opened {
        what.push(row("user", "hh.noted_case", "hh.noted_case_sub"));
    }
    what.push(row("undo", "hh.put_down_done", "hh.put_down_sub"));
    what.push(row("right", "hh.noted_go", "hh.noted_go_sub"));
    Noted {
        t,
        heading: t.get("hh.noted").to_owned(),
        under: t.or("choice", code, ""),
        k: "ok",
        title: t.get("hh.noted").to_owned(),
        sub: t.get("hh.noted_sub").to_owned(),
        what,
        task: String::new(),
    }
}
