//! A worker with a handheld: a scanner that types, and one thumb. Deliberately
//! absent: choosing work; the server does.

use super::tab::Tab;

/// Enrols the handheld, then badge and PIN; a wrong PIN first.
pub async fn sign_in(tab: &mut Tab, secret: &str) {
    tab.open("/handheld").await;
    tab.sees("#secret").await;
    tab.shot_both("01-enrol").await;
    // The enrolment code is scanned as well.
    tab.scan(secret).await;
    tab.says("hh.scan_badge").await;
    tab.shot_both("02-badge").await;
    tab.scan("B-77").await;
    tab.sees(".pad").await;
    tab.shot("03-pin").await;
    for digit in ["1", "2", "3", "4"] {
        tab.tap(&format!("[data-digit='{digit}']")).await;
    }
    tab.tap(".pad .go").await;
    tab.sees(".say[data-k=bad]").await;
    tab.shot("04-pin-wrong").await;
    tab.keys("4711").await;
    tab.tap(".pad .go").await;
    tab.reads("Lin Mei").await;
}

/// Badge and PIN, without a look around.
pub async fn badge(tab: &Tab) {
    tab.sees("input.scan[name=badge]").await;
    tab.scan("B-77").await;
    tab.sees(".pad").await;
    tab.scan("4711").await;
    // The list, or the answer to a scan that waited for its worker.
    tab.sees("[data-who]").await;
}

/// An enrolled handheld with its worker signed in.
pub async fn enter(tab: &Tab, secret: &str) {
    tab.open("/handheld").await;
    tab.sees("#secret").await;
    tab.scan(secret).await;
    badge(tab).await;
}

/// Waits for work of a kind.
pub async fn find_work(tab: &Tab, kind: &str) {
    let name = tab.t.get(&format!("kind.{kind}")).to_owned();
    tab.open("/handheld").await;
    // The list looks for news by itself; a person would wait, a test asks again.
    for _ in 0..150 {
        let there = format!("document.querySelector('#now')?.innerText === {}", serde_json::Value::from(name.as_str()));
        if tab.is(&there).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        tab.client.refresh().await.unwrap();
    }
}

/// Waits for work of a kind and begins it.
pub async fn begin(tab: &Tab, kind: &str) {
    find_work(tab, kind).await;
    tab.shot(&format!("05-list-{kind}")).await;
    tab.press("hh.start").await;
    tab.sees("[data-screen=step]").await;
}

/// The number of the screen's command: another after each answer.
pub async fn stamp(tab: &Tab) -> String {
    tab.js("document.querySelector('#scan-form [name=command_id]')?.value ?? ''").await.as_str().unwrap().to_owned()
}

/// Scans, and waits for the server's next screen.
pub async fn scan(tab: &Tab, label: &str) {
    let before = stamp(tab).await;
    tab.scan(label).await;
    answered(tab, &before).await;
}

pub async fn answered(tab: &Tab, before: &str) {
    let next = format!("(document.querySelector('#scan-form [name=command_id]')?.value ?? '') !== '{before}'");
    tab.until("the next screen", &next).await;
}

/// What the screen asks for.
pub async fn asked(tab: &Tab) -> (String, String) {
    (tab.attribute("main", "data-expect").await, tab.attribute("main", "data-label").await)
}

/// Does what the screen asks for, as a hand would.
async fn answer(tab: &Tab) {
    let (expect, label) = asked(tab).await;
    let before = stamp(tab).await;
    match expect.as_str() {
        "quantity" => {
            tab.tap(".enter .go").await;
            answered(tab, &before).await;
        }
        "weight" => {
            tab.fill("#quantity", &(90 + 2 * 210).to_string()).await;
            tab.tap(".enter .go").await;
            answered(tab, &before).await;
        }
        "tote" if label.is_empty() => scan(tab, "T-1").await,
        _ => scan(tab, &label).await,
    }
}

/// Works through a task to its end; a picture of every screen, and of the red one
/// after a wrong label.
pub async fn work(tab: &Tab, kind: &str) {
    let mut step = 0;
    while asked(tab).await.0 != "none" {
        step += 1;
        let state = tab.attribute("main", "data-state").await.replace('.', "-");
        tab.shot(&format!("06-{kind}-{step}-{state}")).await;
        if step == 1 {
            scan(tab, "X99-9").await;
            tab.sees("#say[data-k=bad]").await;
            tab.shot(&format!("06-{kind}-{step}-wrong")).await;
        }
        answer(tab).await;
        assert_ne!(tab.attribute("main", "data-tone").await, "wrong", "{}", tab.text().await);
    }
    tab.says("hh.next_task").await;
    let took = "Math.round(performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/scan')).map((one) => one.duration).sort((a, b) => a - b).at(-1))";
    println!("The slowest scan of this {kind} was answered after {} ms", tab.js(took).await);
    tab.shot(&format!("07-{kind}-over")).await;
}
