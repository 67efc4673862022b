//! Steps as a worker reads them.

use super::*;
use crate::{
    kernel::{SiteId, TaskId},
    tasks::{Expect, Say, Spot, StepArticle, StepQuantity, StepTask, Target, Title},
    web::i18n::Lang,
};

fn step(expect: ExpectKind, state: &str) -> Step {
    let none = ulid::Ulid::nil();
    Step {
        task: StepTask {
            id: TaskId::new(none),
            kind: TaskKind::Pick,
            site: SiteId::new(none),
            title: "20 lines to PACK-1".to_owned(),
            about: Title::Pick { lines: 20, station: "PACK-1".to_owned() },
            done: 6,
            of: 20,
        },
        state: state.to_owned(),
        say: Say { tone: Tone::Ask, code: state.to_owned(), text: "Go to the bin and scan it".to_owned() },
        spot: Some(Spot { label: "07-14-C".to_owned(), zone: "B".to_owned(), hint: String::new() }),
        article: Some(StepArticle {
            name: "Oat drink".to_owned(),
            name_zh: "燕麦奶".to_owned(),
            code: "OAT".to_owned(),
            gtin: "4006381334471".to_owned(),
            image: String::new(),
            detail: "1030 g, chilled, lot 26K11, exp 270214".to_owned(),
        }),
        quantity: Some(StepQuantity { want: 3, done: 0, unit: "piece".to_owned() }),
        into: Some(Target { label: "T-0482".to_owned(), hint: String::new() }),
        expect: Expect { kind: expect, label: "07-14-C".to_owned() },
        facts: Vec::new(),
        choices: Vec::new(),
    }
}

fn both(step: &Step, scanned: &str) -> [StepBody; 2] {
    let around = Around { scanned: scanned.to_owned(), ..Around::default() };
    [Lang::En, Lang::Zh].map(|lang| read(Words::of(lang), step.clone(), around.clone()))
}

#[test]
fn what_is_to_be_done_now_is_the_largest() {
    let [en, zh] = both(&step(ExpectKind::Bin, "pick.scan_bin"), "");
    assert_eq!((en.big, en.band.title.as_str()), ("place", "Scan the bin"));
    assert_eq!(en.heading, "Pick, 7 of 20");
    assert_eq!(zh.band.title, "扫货位码");
    let parts = en.place.unwrap().parts;
    assert_eq!(parts.iter().map(|part| part.1.as_str()).collect::<Vec<_>>(), ["07", "14", "C"]);
    assert_eq!(both(&step(ExpectKind::Quantity, "pick.enter_quantity"), "")[0].big, "take");
    assert_eq!(both(&step(ExpectKind::Tote, "pick.scan_tote"), "")[0].big, "into");
}

#[test]
fn a_wrong_scan_says_what_it_was_and_where_to_go() {
    let wrong =
        step(ExpectKind::Bin, "pick.scan_bin").saying(Tone::Wrong, "bin.wrong", "That is 07-13-C. Go to 07-14-C.");
    let [en, zh] = both(&wrong, "07-13-C");
    assert_eq!((en.band.k, en.band.title.as_str()), ("bad", "That is 07-13-C"));
    assert!(en.band.sub.starts_with("Go to 07-14-C."));
    assert_eq!(zh.band.title, "这是 07-13-C");
}

#[test]
fn a_right_scan_is_followed_by_what_to_do() {
    let right = step(ExpectKind::Article, "pick.scan_article").saying(Tone::Right, "bin.right", "Right bin.");
    let [en, zh] = both(&right, "07-14-C");
    assert_eq!((en.band.title.as_str(), en.band.sub.as_str()), ("Right bin", "Scan the article"));
    assert_eq!(zh.band.sub, "扫商品码");
}

#[test]
fn a_code_without_words_speaks_as_it_came() {
    let odd = step(ExpectKind::Bin, "odd.state").saying(Tone::Wrong, "odd.code", "Something new. Do this.");
    assert_eq!(both(&odd, "")[1].band.title, "Something new");
    assert_eq!(both(&odd, "")[1].band.sub, "Do this.");
}

#[test]
fn details_are_turned_over() {
    let [en, zh] = both(&step(ExpectKind::Bin, "pick.scan_bin"), "");
    assert_eq!(en.detail, "1030 g · chilled · Lot 26K11 · to 2027-02-14");
    assert_eq!(zh.detail, "1030 g · 冷藏 · 批号 26K11 · 至 2027-02-14");
    assert_eq!(en.label_end, "4471");
}
