//! The handheld's pages.

use askama::Template;
use cartage::{
    kernel::{SiteId, TaskId},
    tasks::{
        Choice, Expect, ExpectKind, Say, Spot, Step, StepArticle, StepQuantity, StepTask, Target, TaskKind, Title, Tone,
    },
    web::{
        handheld::{
            read::{Around, key, read},
            view::*,
        },
        i18n::Words,
    },
};

use super::Page;

pub fn pages() -> Vec<Page> {
    vec![
        ("hh-enrol", |t| draw(&Enrol { t, wrong: false })),
        ("hh-badge", |t| draw(&Badge { t, wrong: String::new() })),
        ("hh-pin", |t| draw(&Pin { t, badge: "B-1".into(), wrong: String::new() })),
        ("hh-tasks", |t| draw(&tasks(t, true))),
        ("hh-empty", |t| draw(&tasks(t, false))),
        ("hh-bin", |t| step(t, ask(ExpectKind::Bin, "pick.scan_bin", "07-14-C"), "")),
        ("hh-wrong", |t| {
            let said = ask(ExpectKind::Bin, "pick.scan_bin", "07-14-C");
            step(t, said.saying(Tone::Wrong, "bin.wrong", "That is 07-13-C. Go to 07-14-C."), "07-13-C")
        }),
        ("hh-article", |t| {
            let said = ask(ExpectKind::Article, "pick.scan_article", "4006381334471");
            step(t, said.saying(Tone::Right, "bin.right", "Right bin. Scan the article."), "07-14-C")
        }),
        ("hh-quantity", |t| {
            let said = ask(ExpectKind::Quantity, "pick.enter_quantity", "3");
            step(t, said.saying(Tone::Right, "article.right", "Right article."), "4006381334471")
        }),
        ("hh-tote", |t| {
            let said = ask(ExpectKind::Tote, "pick.scan_tote", "T-0482");
            step(t, said.saying(Tone::Right, "quantity.right", "Counted. Scan the tote."), "3")
        }),
        ("hh-weigh", |t| {
            let mut said = ask(ExpectKind::Weight, "pack.weigh", "");
            said.task.kind = TaskKind::Pack;
            said.article = None;
            said.quantity = None;
            said.spot = Some(Spot { label: "Box M".into(), zone: "ambient".into(), hint: String::new() });
            said.into = Some(Target { label: "Box M".into(), hint: "1 of 2".into() });
            said.facts = vec![("tare_g".into(), "350".into())];
            said.choices = vec![choice("count_again", "Scan everything again")];
            step(t, said.saying(Tone::Wrong, "weight.mismatch", "The weight does not fit."), "")
        }),
        ("hh-box", |t| {
            let mut said = ask(ExpectKind::Carton, "pack.take_box", "BOX-M");
            said.task.kind = TaskKind::Pack;
            (said.article, said.quantity) = (None, None);
            said.spot = Some(Spot { label: "Box M".into(), zone: "ambient".into(), hint: String::new() });
            said.into = Some(Target { label: "Box M".into(), hint: "1 of 2".into() });
            said.choices = vec![];
            step(t, said, "")
        }),
        ("hh-label", |t| {
            let mut said = ask(ExpectKind::Label, "pack.scan_label", "00006000000000000123");
            said.task.kind = TaskKind::Pack;
            (said.article, said.quantity) = (None, None);
            said.spot = None;
            said.choices = vec![];
            said.into = Some(Target { label: "Box M".into(), hint: "1 of 2".into() });
            step(t, said, "")
        }),
        ("hh-over", |t| {
            let mut said = ask(ExpectKind::None, "task.done", "");
            said.say.tone = Tone::Right;
            step(t, said, "")
        }),
        ("hh-problem", |t| draw(&problem(t))),
        ("hh-noted", |t| draw(&noted(t))),
    ]
}

fn draw(page: &impl Template) -> String {
    page.render().expect("the gallery's data fits its templates")
}

fn choice(code: &str, label: &str) -> Choice {
    Choice { code: code.into(), label: label.into(), tone: Tone::Warn }
}

fn article() -> StepArticle {
    StepArticle {
        name: "Oat drink Barista, 1 L".into(),
        name_zh: "咖啡师燕麦奶 1 升".into(),
        code: "OAT-1L".into(),
        gtin: "4006381334471".into(),
        image: "#a-carton".into(),
        detail: "1030 g, chilled, lot 26K11, exp 2027-02-14".into(),
    }
}

fn ask(kind: ExpectKind, state: &str, label: &str) -> Step {
    let none = ulid::Ulid::nil();
    let task = StepTask {
        id: TaskId::new(none),
        kind: TaskKind::Pick,
        site: SiteId::new(none),
        title: "20 lines to PACK-1".into(),
        about: Title::Pick { lines: 20, station: "PACK-1".into() },
        done: 6,
        of: 20,
    };
    Step {
        task,
        state: state.into(),
        say: Say { tone: Tone::Ask, code: state.into(), text: String::new() },
        spot: Some(Spot { label: "07-14-C".into(), zone: "B".into(), hint: String::new() }),
        article: Some(article()),
        quantity: Some(StepQuantity { want: 3, done: 0, unit: "piece".into() }),
        into: Some(Target { label: "T-0482".into(), hint: String::new() }),
        expect: Expect { kind, label: label.into() },
        facts: Vec::new(),
        choices: vec![choice("short", "Not enough here")],
    }
}

fn step(t: Words, step: Step, scanned: &str) -> String {
    let around = Around { scanned: scanned.into(), ..Around::default() };
    draw(&StepPage { t, body: read(t, step, around) })
}

fn tasks(t: Words, busy: bool) -> Tasks {
    let job = |title: &str, icon, detail: &str, at: &str| Job {
        id: "tsk_0".into(),
        icon,
        title: t.or("kind", title, title),
        detail: detail.into(),
        zone: "B".into(),
        due: t.put2("hh.due", at, t.put("time.in", t.put("time.min", 38))),
        due_k: "warn",
        at: at.into(),
        done: 6,
        of: 20,
        mine: true,
    };
    Tasks {
        t,
        who: String::new(),
        name: "Lin Mei".into(),
        site: t.name("Wensan forward warehouse", "文三前置仓").into(),
        csrf: String::new(),
        moved: String::new(),
        now: busy.then(|| job("pick", "tote", "20", "14:05")),
        later: if busy {
            vec![job("replenish", "box", "2", "14:10"), job("count", "list", "1", "14:30")]
        } else {
            vec![]
        },
        open: if busy {
            vec![(t.or("kind", "pick", ""), 14), (t.or("kind", "pack", ""), 3), (t.or("kind", "count", ""), 5)]
        } else {
            vec![]
        },
    }
}

fn problem(t: Words) -> Problem {
    let codes = ["empty", "few", "damaged", "wrong_article", "label", "tote_full", "blocked", "device"];
    Problem {
        t,
        task: "tsk_0".into(),
        under: "07-14-C".into(),
        article: Some(article()),
        place: "07-14-C".into(),
        reasons: codes.iter().map(|code| key(t, code, code)).collect(),
        command: String::new(),
        csrf: String::new(),
    }
}

fn noted(t: Words) -> Noted {
    let row = |icon, title: &str, sub: &str| What { icon, title: t.get(title).into(), sub: t.get(sub).into() };
    Noted {
        t,
        heading: t.get("hh.noted").into(),
        under: t.or("choice", "damaged", ""),
        k: "ok",
        title: t.get("hh.noted").into(),
        sub: t.get("hh.noted_sub").into(),
        what: vec![row("user", "hh.noted_case", "hh.noted_case_sub"), row("right", "hh.noted_go", "hh.noted_go_sub")],
        task: "tsk_0".into(),
    }
}
