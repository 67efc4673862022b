//! A shopper with a phone. Deliberately absent: anything a shopper does not see.

use cartage::web::i18n::Lang;
use fantoccini::key::Key;

use super::tab::Tab;

/// What somebody types into the address form, by language.
pub struct Door {
    pub name: &'static str,
    pub street: &'static str,
    pub unit: &'static str,
    pub note: &'static str,
}

/// The door of this test's town.
pub const fn door(lang: Lang) -> Door {
    match lang {
        Lang::En => Door { name: "Ann Lee", street: "20 Mill Row", unit: "3-1204", note: "Please knock" },
        Lang::Zh => Door { name: "陈晓", street: "磨坊街20号", unit: "3幢1204室", note: "请敲门" },
    }
}

/// What an order's page tells.
pub struct Ordered {
    pub path: String,
    pub pin: String,
}

/// Looks around, says where to, and puts two teas into the basket.
pub async fn choose(tab: &mut Tab) {
    let door = door(tab.t.lang());
    tab.open("/").await;
    tab.says("shop.often").await;
    tab.shot("01-home").await;
    tab.tap("a.to").await;
    tab.fill("#street", "1 Nowhere").await;
    tab.press("shop.use_place").await;
    tab.says("shop.street_unknown").await;
    tab.shot("02-place-unknown").await;
    tab.fill("#street", door.street).await;
    tab.press("shop.use_place").await;
    tab.says("shop.often").await;
    tab.reads(door.street).await;
    tab.shot("03-home-with-place").await;
    tab.fill("input[name=q]", if tab.t.is_zh() { "茶" } else { "tea" }).await;
    tab.key(Key::Enter).await;
    tab.sees(".crumbs").await;
    tab.shot("04-search").await;
    tab.press_text(if tab.t.is_zh() { "绿茶" } else { "Green tea" }).await;
    tab.sees(".promise").await;
    tab.shot("05-article").await;
    tab.tap(".bar [data-step='1']").await;
    tab.press("shop.add").await;
    tab.sees(".lines-list").await;
    tab.reads("¥25.00").await;
    tab.shot("06-basket").await;
}

/// Fills in the form and orders, with a thumb that comes down twice.
pub async fn order(tab: &mut Tab) -> Ordered {
    let door = door(tab.t.lang());
    tab.press("shop.checkout").await;
    tab.sees("#checkout").await;
    tab.shot("07-checkout-empty").await;
    tab.fill("#n", door.name).await;
    tab.fill("#t", "138 1234 5678").await;
    tab.fill("#st", door.street).await;
    tab.fill("#un", door.unit).await;
    tab.fill("#no", door.note).await;
    tab.shot("08-checkout-filled").await;
    let go = tab.t.put("shop.order_pay", "¥31.00");
    tab.press_twice(&go).await;
    tab.says("shop.thanks").await;
    tab.sees(".code b.num").await;
    tab.shot("09-ordered").await;
    let pin = tab.js("document.querySelector('.code b.num').innerText").await;
    let ordered = Ordered { path: tab.path().await, pin: pin.as_str().unwrap().to_owned() };
    tab.open("/orders").await;
    let orders = tab.js("document.querySelectorAll('main .rows li').length").await;
    tab.shot("10-orders").await;
    tab.open(&ordered.path).await;
    let before = if tab.t.is_zh() { 2 } else { 1 };
    assert_eq!(orders, before, "a thumb that comes down twice orders once");
    ordered
}

/// Pastes an address and lets the page sort it.
pub async fn paste(tab: &Tab) {
    tab.fill("#paste", "陈晓 13800138000 浙江省杭州市西湖区磨坊街20号3幢").await;
    tab.press("shop.sort_it").await;
    tab.until("the province", "document.querySelector('#a1').value === '浙江省'").await;
    tab.shot("08-pasted").await;
}
