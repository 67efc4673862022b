//! Somebody who drives a van or rides a bike, with a phone. Deliberately absent:
//! planning; the house does.

use fantoccini::Locator;
use serde_json::Value;

use super::tab::Tab;

/// Signs in by name, and begins a shift.
pub async fn begin(tab: &mut Tab, login: &str) {
    tab.stand_at(30.1, 123.4).await;
    tab.open("/rider").await;
    tab.sees("#login").await;
    tab.shot_both("01-sign-in").await;
    tab.sign_in(login, "not the secret of anybody").await;
    tab.sees(".say[data-k=bad]").await;
    tab.shot("02-sign-in-wrong").await;
    tab.sign_in(login, "a long enough secret").await;
    tab.sees("#shift").await;
    tab.shot_both("03-off").await;
    tab.press("rider.begin").await;
}

/// Takes an offer. One that lapsed while its picture was taken is made again.
pub async fn accept(tab: &mut Tab) {
    let words = Value::from(tab.t.get("rider.fetch").to_lowercase());
    let taken = format!("document.body.innerText.toLowerCase().includes({words})");
    for _ in 0..4 {
        tab.tap("form[action$='/accept'] button").await;
        for _ in 0..50 {
            if tab.js(&taken).await == Value::Bool(true) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
    }
}

/// Waits for the load, scans a wrong label and then the right ones, and leaves.
pub async fn fetch(tab: &mut Tab) {
    tab.says("rider.fetch").await;
    tab.shot_both("05-load").await;
    tab.scan("00376130000000000000").await;
    tab.sees(".say[data-k=bad]").await;
    tab.shot("06-load-wrong").await;
    let seen = tab.js("fetch('/api/v1/rider').then((reply) => reply.json())").await;
    for parcel in seen["load"]["parcels"].as_array().unwrap() {
        tab.scan(parcel["sscc"].as_str().unwrap()).await;
        tab.sees(".say[data-k=ok]").await;
    }
    tab.shot("07-load-all-in").await;
    tab.press("rider.go").await;
    tab.says("rider.at_door").await;
    tab.stand_at(30.1, 123.405).await;
    tab.shot_both("08-route").await;
}

/// At the door: looks at the other way out, tries a wrong code, then the right one.
pub async fn hand_over(tab: &mut Tab, pin: &str) {
    tab.press("rider.at_door").await;
    tab.sees("#proof").await;
    tab.shot_both("09-door").await;
    tab.press("rider.not_handed").await;
    tab.sees(".why").await;
    tab.shot_both("10-not-handed").await;
    tab.tap("a.sq").await;
    tab.sees("#proof").await;
    photo(tab).await;
    tab.fill("#pin", if pin == "0000" { "1111" } else { "0000" }).await;
    tab.press("rider.delivered").await;
    tab.sees(".say[data-k=bad]").await;
    tab.shot("11-door-wrong-code").await;
    tab.fill("#pin", pin).await;
    let go = tab.t.get("rider.delivered").to_owned();
    tab.press_twice(&go).await;
    tab.until("the next screen", "document.querySelector('#proof') === null").await;
    tab.until("the next screen", "document.readyState === 'complete'").await;
    tab.shot("12-after").await;
}

/// Takes a photo, looks at it, and sees what would be sent.
pub async fn photo(tab: &Tab) {
    // Any picture will do: the one of this screen.
    let taken = tab.screens.join(format!("{}-09-door-{}.png", tab.persona, tab.t.code()));
    let camera = tab.client.find(Locator::Css("[data-photo]")).await.unwrap();
    camera.send_keys(&taken.to_string_lossy()).await.unwrap();
    tab.sees("#shot img").await;
    tab.shot("11-door-photo").await;
    let sent = tab.js("document.querySelector('[name=photo]').value.length").await.as_u64().unwrap();
    assert!((1_000..520_000).contains(&sent), "{sent} letters of a photo");
}
