//! The shop without a mouse: Tab, Enter, Space and letters alone, and the focus is
//! always seen. Deliberately absent: a screen reader; axe-core judges what it would
//! be told.

use fantoccini::key::Key;
use serde_json::Value;

use super::{Eyes, Tab, within};
use crate::{house::House, pages};

/// More strokes than any page of ours needs.
const STROKES: usize = 70;

/// Focus can be seen: on the thing itself, or on what surrounds it.
const SEEN: &str = "(() => { const one = document.activeElement;
    const rings = [one, one.closest('.mode'), one.closest('.seg label'), one.closest('.p')].filter(Boolean);
    const drawn = (style) => (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none';
    return one === document.body || rings.some((ring) => drawn(getComputedStyle(ring))); })()";

/// Strikes Tab until the focus is on what a selector matches.
pub async fn tab_to(tab: &Tab, css: &str) {
    tab.sees(css).await;
    let there = format!("document.activeElement.matches({})", Value::from(css));
    for _ in 0..STROKES {
        if tab.is(&there).await {
            return;
        }
        tab.key(Key::Tab).await;
        assert!(tab.is(SEEN).await, "the focus is not seen: {}", tab.js("document.activeElement.outerHTML").await);
    }
    panic!("{css} cannot be reached by Tab at {}", tab.path().await);
}

/// Tabs to a field and writes into it.
async fn write(tab: &Tab, css: &str, text: &str) {
    tab_to(tab, css).await;
    tab.keys(text).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkout_needs_no_mouse() {
    within(checkout()).await;
}

async fn checkout() {
    let house = House::open(None).await;
    pages::roads(&house).await;
    let eyes = Eyes::open(house.app.base_url());
    let tab = eyes.desk("keyboard").await;
    tab.open("/").await;
    tab.key(Key::Tab).await;
    tab.shot("01-skip-link").await;
    assert_eq!(tab.js("document.activeElement.hash").await, "#main", "the first stroke offers to skip the top");
    tab_to(&tab, ".p h3 a").await;
    tab.shot("02-card").await;
    tab.key(Key::Enter).await;
    tab_to(&tab, ".bar [data-step='1']").await;
    tab.key(Key::Enter).await;
    tab_to(&tab, ".bar .go").await;
    tab.shot("03-article").await;
    tab.key(Key::Enter).await;
    tab_to(&tab, "a[href='/checkout']").await;
    tab.key(Key::Enter).await;
    write(&tab, "#n", "Ann Lee").await;
    write(&tab, "#t", "13812345678").await;
    write(&tab, "#st", "20 Mill Row").await;
    tab_to(&tab, "[name=pay]").await;
    tab.shot("04-checkout").await;
    // Arrows choose within a group; down is cash.
    tab.key(Key::Down).await;
    assert_eq!(tab.js("document.querySelector('[name=pay]:checked').value").await, "cash");
    tab_to(&tab, ".sum .go").await;
    tab.key(Key::Enter).await;
    tab.says("shop.thanks").await;
    tab.reads("¥31.00").await;
    tab.shot("05-ordered").await;
    tab.client.close().await.unwrap();
    eyes.close();
    house.close().await;
}
