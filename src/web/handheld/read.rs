//! Reads a server's step into a screen: which part is largest, what the band says,
//! in which words. Pure. Deliberately absent: rules of work.

use super::view::{Band, Into, Key, Place, StepBody};
use crate::{
    tasks::{ExpectKind, Step, TaskKind, Tone},
    web::{i18n::Words, telling::titled},
};

/// What surrounds a step.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Who works: waiting scans belong to a person.
    pub who: String,
    /// What was scanned last, or empty.
    pub scanned: String,
    /// An id for the next command.
    pub command: String,
    /// The session's proof for forms.
    pub csrf: String,
}

/// More pieces than this are a number, not a row of marks.
const PIPS: i64 = 6;

/// The screen of a step.
pub fn read(t: Words, step: Step, around: Around) -> StepBody {
    let over = step.is_over();
    let band = band(t, &step, &around.scanned);
    let (enter, enter_label, enter_go, suggested) = entry(t, &step);
    let unit = step.quantity.as_ref().map(|quantity| unit(t, &quantity.unit, quantity.want)).unwrap_or_default();
    let pips = step.quantity.as_ref().is_some_and(|quantity| quantity.want > 1 && quantity.want <= PIPS);
    let gtin = step.article.as_ref().map(|article| article.gtin.clone()).unwrap_or_default();
    let tail = gtin.chars().count().saturating_sub(4);
    StepBody {
        t,
        heading: heading(t, &step),
        under: titled(t, &step.task.about),
        band,
        big: biggest(&step),
        place: place(t, &step).filter(|_| step.task.kind != TaskKind::Pack),
        target: target(t, &step),
        unit,
        pips,
        enter,
        enter_label,
        enter_go,
        suggested,
        label_end: gtin.chars().skip(tail).collect(),
        detail: step.article.as_ref().map(|article| details(t, &article.detail)).unwrap_or_default(),
        facts: step.facts.iter().map(|(label, value)| fact(t, label, value)).collect(),
        choices: step.choices.iter().map(|choice| key(t, &choice.code, &choice.label)).collect(),
        grid: step.expect.kind == ExpectKind::Choice,
        weigh: step.expect.kind == ExpectKind::Weight,
        over,
        who: around.who,
        command: around.command,
        csrf: around.csrf,
        step,
    }
}

/// A kind of task in words.
pub fn kind(t: Words, kind: TaskKind) -> String {
    t.or("kind", kind.as_str(), kind.as_str())
}

/// The icon of a kind of task.
pub fn kind_icon(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Receive => "van",
        TaskKind::PutAway | TaskKind::Replenish | TaskKind::Pack => "box",
        TaskKind::Pick => "tote",
        TaskKind::Move => "swap",
        TaskKind::Count => "list",
        TaskKind::PutBack => "undo",
    }
}

fn heading(t: Words, step: &Step) -> String {
    let kind = kind(t, step.task.kind);
    if step.task.of > 1 && !step.is_over() {
        t.put3("hh.step_of", kind, (step.task.done + 1).min(step.task.of), step.task.of)
    } else {
        kind
    }
}

/// The part that is to be done now is the largest.
fn biggest(step: &Step) -> &'static str {
    match step.expect.kind {
        ExpectKind::Bin | ExpectKind::Station => "place",
        ExpectKind::Article => "article",
        ExpectKind::Quantity | ExpectKind::Weight if step.quantity.is_some() => "take",
        ExpectKind::Tote | ExpectKind::Unit | ExpectKind::Carton | ExpectKind::Label => "into",
        _ => "",
    }
}

fn icon_of(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Ask => ("ask", "scan"),
        Tone::Right => ("ok", "ok"),
        Tone::Wrong => ("bad", "stop"),
        Tone::Warn => ("warn", "warn"),
    }
}

fn band(t: Words, step: &Step, scanned: &str) -> Band {
    let (k, icon) = icon_of(step.say.tone);
    // The same code may mean something of its own in one kind of work.
    let own = t.find(&format!("say.{}.{}", step.task.kind, step.say.code));
    let said = own.or_else(|| t.find(&format!("say.{}", step.say.code))).map(|words| fill(words, step, scanned));
    let asks = t.find(&format!("state.{}", step.state)).map(|words| fill(words, step, scanned));
    // Whoever said it without our knowing speaks English, in two sentences.
    let raw = step.say.text.trim_end_matches('.').to_owned();
    let (raw_title, raw_sub) = match raw.split_once(". ") {
        Some((first, rest)) => (first.to_owned(), format!("{rest}.")),
        None => (raw, String::new()),
    };
    let (title, sub) = match (step.say.tone, said) {
        (Tone::Ask, said) => {
            let own = said.or_else(|| asks.clone().filter(|_| step.say.code == step.state));
            own.map_or((raw_title, raw_sub), |words| split(&words))
        }
        (_, Some(said)) => split(&said),
        (_, None) => (raw_title, raw_sub),
    };
    let next = asks.map(|words| split(&words).0).unwrap_or_default();
    let sub = if sub.is_empty() && !step.is_over() && next != title { next } else { sub };
    Band { k, icon, title, sub }
}

/// `title|what to do next`.
fn split(words: &str) -> (String, String) {
    match words.split_once('|') {
        Some((title, sub)) => (title.to_owned(), sub.to_owned()),
        None => (words.to_owned(), String::new()),
    }
}

/// Puts what the step knows into words.
fn fill(words: &str, step: &Step, scanned: &str) -> String {
    let spot = step.spot.as_ref().map(|spot| spot.label.as_str()).unwrap_or_default();
    let into = step.into.as_ref().map(|into| into.label.as_str()).unwrap_or_default();
    let want = step.quantity.as_ref().map(|quantity| quantity.want.to_string()).unwrap_or_default();
    words
        .replace("{scanned}", scanned)
        .replace("{spot}", if spot.is_empty() { &step.expect.label } else { spot })
        .replace("{into}", if into.is_empty() { &step.expect.label } else { into })
        .replace("{want}", &want)
        .replace("{expect}", &step.expect.label)
}

/// A bin's label as the rack shows it: aisle, bay, level; any other in one piece.
fn place(t: Words, step: &Step) -> Option<Place> {
    let spot = step.spot.as_ref().filter(|spot| !spot.label.is_empty())?;
    let split: Vec<&str> = spot.label.split('-').collect();
    let short = split.iter().all(|part| !part.is_empty() && part.chars().count() <= 3);
    let heads: &[&str] = match (split.len(), short) {
        (3, true) => &["hh.aisle", "hh.bay", "hh.level"],
        (4, true) => &["hh.zone", "hh.aisle", "hh.bay", "hh.level"],
        _ => &[],
    };
    let parts = if heads.is_empty() {
        let head = if step.expect.kind == ExpectKind::Station { t.get("hh.station") } else { t.get("hh.place") };
        vec![(head.to_owned(), spot.label.clone())]
    } else {
        heads.iter().zip(&split).map(|(head, part)| (t.get(head).to_owned(), (*part).to_owned())).collect()
    };
    let zone = if spot.zone.is_empty() { String::new() } else { t.put("hh.zone_n", &spot.zone) };
    let hint = if spot.hint.is_empty() { zone.clone() } else { spot.hint.clone() };
    let zone = if spot.hint.is_empty() { String::new() } else { zone };
    Some(Place { label: spot.label.clone(), parts, zone, hint })
}

fn target(t: Words, step: &Step) -> Option<Into> {
    let lead = match step.expect.kind {
        ExpectKind::Carton => t.get("hh.take_carton"),
        ExpectKind::Label => t.get("hh.scan_label"),
        ExpectKind::Unit => t.get("hh.scan_unit"),
        _ => t.get("hh.into"),
    };
    let Some(into) = &step.into else {
        // What is to be scanned is shown large, even where nothing is put anywhere.
        let own = biggest(step) == "into" && !step.expect.label.is_empty();
        return own.then(|| Into { lead: lead.to_owned(), label: step.expect.label.clone(), hint: String::new() });
    };
    let label = match (into.label.is_empty(), step.expect.kind) {
        (_, ExpectKind::Carton | ExpectKind::Label) if !step.expect.label.is_empty() => step.expect.label.clone(),
        (true, _) => t.get("hh.empty_tote").to_owned(),
        (false, _) => match into.label.strip_prefix("Box ") {
            Some(size) => t.put("hh.box", size),
            None => into.label.clone(),
        },
    };
    let hint = match into.hint.split_once(" of ") {
        Some((n, of)) => t.put2("hh.of", n, of),
        None if into.hint == "an empty tote" => String::new(),
        None if into.hint == "pallet in hand" => t.get("hh.pallet_in_hand").to_owned(),
        None => t.or("word.condition", &into.hint, &into.hint),
    };
    Some(Into { lead: lead.to_owned(), label, hint })
}

/// Is a number entered? Its label, its key, and what stands in the field.
fn entry(t: Words, step: &Step) -> (bool, String, String, String) {
    let want = step.quantity.as_ref().map(|quantity| quantity.want.to_string()).unwrap_or_default();
    match step.expect.kind {
        ExpectKind::Quantity => {
            let go = if want.is_empty() { t.get("hh.confirm") } else { t.get("hh.took") };
            (true, t.get("hh.how_many").to_owned(), go.to_owned(), want)
        }
        ExpectKind::Weight => (true, t.get("hh.grams").to_owned(), t.get("hh.weighed").to_owned(), String::new()),
        _ => (false, String::new(), String::new(), String::new()),
    }
}

fn unit(t: Words, unit: &str, n: i64) -> String {
    match unit {
        "piece" => t.count("hh.pieces", n).trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_owned(),
        other => other.to_owned(),
    }
}

/// Lot, expiry and temperature come as short English; each is turned over.
fn details(t: Words, detail: &str) -> String {
    let turn = |part: &str| -> String {
        if let Some(lot) = part.strip_prefix("lot ") {
            return t.put("hh.lot", lot);
        }
        if let Some(date) = part.strip_prefix("exp ") {
            return t.put("hh.expires", readable(date));
        }
        t.or("fact", part, part)
    };
    detail.split(", ").map(turn).collect::<Vec<_>>().join(" · ")
}

/// A date as labels carry it (YYMMDD, GS1 General Specifications 7.12) with its
/// year in full; any other text as it is.
fn readable(date: &str) -> String {
    if date.len() != 6 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return date.to_owned();
    }
    format!("20{}-{}-{}", &date[..2], &date[2..4], &date[4..])
}

fn fact(t: Words, label: &str, value: &str) -> (String, String) {
    (t.or("fact", label, label), t.or("fact", value, value))
}

/// A button with its icon.
pub fn key(t: Words, code: &str, label: &str) -> Key {
    let icon = match code {
        "short" | "few" | "empty" => "few",
        "full" | "tote_full" | "bin_full" | "box_small" => "tote",
        "damaged" => "crack",
        "wrong_article" | "choose_other" => "swap",
        "label" | "relabel" => "tag",
        "blocked" => "stop",
        "device" => "printer",
        "count_again" => "refresh",
        "close" | "done" | "sellable" | "accept" => "check",
        "quality_hold" => "lock",
        _ => "right",
    };
    // A number in the label is news: how many are short.
    let number: String = label.chars().filter(char::is_ascii_digit).collect();
    let told = t.find(&format!("choice.{code}_n")).filter(|_| !number.is_empty());
    let label = told.map_or_else(|| t.or("choice", code, label), |words| words.replace("{0}", &number));
    Key { code: code.to_owned(), icon, label }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
