//! The shop's pages.

use askama::Template;
use cartage::{
    kernel::Coord,
    network::{RoadEdge, RoadNode, Roads},
    web::{
        i18n::Words,
        shop::{orders::OrdersPage, view::*},
        sketch::{self, Mark as Spot, Sketch},
    },
};

use super::Page;

pub fn pages() -> Vec<Page> {
    vec![
        ("shop-home", |t| draw(&home(t))),
        ("shop-list", |t| draw(&list(t))),
        ("shop-product", |t| draw(&product(t))),
        ("shop-basket", |t| draw(&basket(t, true))),
        ("shop-empty", |t| draw(&basket(t, false))),
        ("shop-checkout", |t| draw(&checkout(t))),
        ("shop-track", |t| draw(&track(t, false))),
        ("shop-done", |t| draw(&track(t, true))),
        ("shop-place", |t| draw(&place(t))),
        ("shop-orders", |t| {
            draw(&OrdersPage {
                t,
                top: top(),
                orders: vec![("7K4".into(), t.put("shop.order_n", "7K4"), "14:10".into())],
            })
        }),
    ]
}

pub fn draw(page: &impl Template) -> String {
    page.render().expect("the gallery's data fits its templates")
}

/// A grid of streets around a centre.
pub fn roads() -> Roads {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let id = |x: i64, y: i64| y * 100 + x;
    for y in 0..24_i64 {
        for x in 0..24_i64 {
            let far = |n: i64, wave: i64| {
                f64::from(i32::try_from(n).unwrap()) * 0.0021
                    + f64::from(i32::try_from((wave * 7) % 5).unwrap()) * 0.00012
            };
            nodes.push(RoadNode { id: id(x, y), lat: 30.0 + far(y, x), lon: 120.0 + far(x, y) });
            for (to, class) in [
                (id(x + 1, y), if y % 5 == 0 { "primary" } else { "residential" }),
                (id(x, y + 1), if x % 6 == 0 { "primary" } else { "residential" }),
            ] {
                if (to % 100) < 24 && to / 100 < 24 {
                    edges.push(RoadEdge {
                        id: i64::try_from(edges.len()).unwrap(),
                        from: id(x, y),
                        to,
                        length_m: 200,
                        speed_kmh: 30,
                        class: class.into(),
                        name: "Mill Row".into(),
                        name_zh: "磨坊街".into(),
                        closed: false,
                        reason: String::new(),
                        slow_permille: 0,
                    });
                }
            }
        }
    }
    Roads::new(nodes, edges).expect("the grid is whole")
}

pub fn map(t: Words) -> Option<Sketch> {
    let at = |lat, lon| Coord { lat, lon };
    let spot = |coord, kind, label: &str| Spot { coord, kind, label: label.to_owned() };
    let marks = [
        spot(at(30.0105, 120.0105), "site", t.get("shop.warehouse")),
        spot(at(30.0126, 120.0168), "here", t.get("shop.rider")),
        spot(at(30.0189, 120.0231), "door", t.get("shop.you")),
    ];
    let way = [at(30.0126, 120.0168), at(30.0126, 120.0231), at(30.0189, 120.0231)];
    sketch::draw(&roads(), &way, &marks, t.get("shop.map"))
}

fn top() -> Top {
    Top { to: "398 Xueyuan Road".into(), pieces: 3, query: String::new(), here: "/".into() }
}

fn card(t: Words, image: &str, en: &str, zh: &str, price: &str, k: &'static str) -> Card {
    let (icon, text) = match k {
        "ok" => ("check", t.put2("time.day_from", t.get("time.today"), "14:10")),
        "warn" => ("warn", t.put2("shop.few_left", t.put2("time.day_from", t.get("time.today"), "14:10"), 4)),
        "ask" => ("wait", t.put2("time.day_from", t.get("time.tomorrow"), "09:00")),
        _ => ("cross", t.get("shop.sold_out").to_owned()),
    };
    Card {
        code: "OAT-1L".into(),
        path: "OAT-1L".into(),
        name: t.name(en, zh).into(),
        image: image.into(),
        price: price.into(),
        size: "1.0 kg".into(),
        when: When { k, icon, text, sold_out: k == "x" },
    }
}

fn cards(t: Words) -> Vec<Card> {
    vec![
        card(t, "#a-carton", "Oat drink Barista, 1 L", "咖啡师燕麦奶 1 升", "¥12.90", "ok"),
        card(t, "#a-bread", "Sourdough loaf, 750 g", "天然酵母面包 750 克", "¥22.00", "warn"),
        card(t, "#a-tomato", "Vine tomatoes, 500 g", "串番茄 500 克", "¥9.80", "ok"),
        card(t, "#a-eggs", "Free-range eggs, 10", "散养鸡蛋 10 枚", "¥18.50", "x"),
        card(t, "#a-coffee", "Ground coffee Yunnan, 500 g", "云南咖啡粉 500 克", "¥58.00", "ok"),
        card(t, "#a-pear", "Laiyang pears, 1 kg", "莱阳梨 1 公斤", "¥14.60", "ok"),
        card(t, "#a-tea", "Longjing tea, tin of 100 g", "龙井茶 100 克罐装", "¥86.00", "ask"),
        card(t, "", "Hand soap Sage, 400 ml", "鼠尾草洗手液 400 毫升", "¥26.00", "ok"),
    ]
}

fn aisles(t: Words) -> Vec<Aisle> {
    let one = |image: &str, en: &str, zh: &str| Aisle {
        path: "x".into(),
        name: t.name(en, zh).into(),
        image: image.into(),
        chosen: en == "Tea",
    };
    vec![
        one("#a-pear", "Fruit and veg", "果蔬"),
        one("#a-bread", "Bakery", "面包"),
        one("#a-carton", "Dairy and plant", "乳品植物奶"),
        one("#a-eggs", "Eggs", "鸡蛋"),
        one("#a-coffee", "Coffee", "咖啡"),
        one("#a-tea", "Tea", "茶"),
        one("#a-tomato", "Ready to cook", "半成品"),
        one("#a-soap", "Home and care", "日化"),
    ]
}

fn window(t: Words) -> String {
    t.put3("time.day_window", t.get("time.today"), "14:10", "14:40")
}

fn home(t: Words) -> Home {
    Home {
        t,
        top: top(),
        order_by: t.put("shop.order_by", "13:40"),
        headline: t.put("shop.at_door", window(t)),
        behind: t.put2("shop.from_site_far", t.name("Wensan forward warehouse", "文三前置仓"), "1.2 km"),
        aisles: aisles(t),
        cards: cards(t),
    }
}

fn list(t: Words) -> List {
    List {
        t,
        top: top(),
        heading: t.name("Tea", "茶").into(),
        aisles: aisles(t),
        cards: cards(t),
        next: "/search?after=1".into(),
    }
}

fn product(t: Words) -> Product {
    let way =
        |icon, title: String, cost: &str| Way { icon, title, sub: t.put("shop.in_stock_there", 48), cost: cost.into() };
    Product {
        t,
        top: top(),
        card: cards(t).swap_remove(0),
        aisle: t.name("Dairy and plant", "乳品植物奶").into(),
        aisle_path: "dairy".into(),
        kept: t.get("shop.kept_chilled").into(),
        headline: t.put("shop.delivered", window(t)),
        behind: t.put2("shop.from_site_far", t.name("Wensan forward warehouse", "文三前置仓"), "1.2 km"),
        ways: vec![
            way("bike", window(t), "¥6.00"),
            way("leaf", t.put3("time.day_window", t.get("time.tomorrow"), "09:00", "13:00"), "¥4.00"),
            way("store", t.put("shop.point", "Lotus"), t.get("shop.free")),
        ],
        why: t.put2("shop.why_places", 3, t.name("Wensan forward warehouse", "文三前置仓")),
        facts: vec![
            (t.get("shop.fact_code").into(), "OAT-1L".into()),
            (t.get("shop.fact_size").into(), "7.0 x 7.0 x 23.0 cm".into()),
        ],
        also: cards(t).split_off(4),
    }
}

fn lines(t: Words) -> Vec<LineView> {
    let line = |n: usize, quantity: i64, total: &str| {
        let card = cards(t).swap_remove(n);
        LineView {
            each: format!("{quantity} × {}", card.price),
            code: card.code,
            path: card.path,
            name: card.name,
            image: card.image,
            quantity,
            total: total.into(),
            when: card.when,
        }
    };
    vec![line(0, 2, "¥25.80"), line(2, 1, "¥9.80"), line(1, 1, "¥22.00")]
}

fn basket(t: Words, full: bool) -> BasketPage {
    BasketPage { t, top: top(), lines: if full { lines(t) } else { vec![] }, total: "¥57.60".into(), open: true }
}

fn bill(t: Words) -> Vec<(String, String)> {
    vec![(t.get("shop.articles").into(), "¥57.60".into()), (t.get("shop.delivery").into(), "¥6.00".into())]
}

fn checkout(t: Words) -> Checkout {
    let choice = |title: String, sub: String, cost: &str, chosen, open| Choice {
        value: "v".into(),
        title,
        sub,
        cost: cost.into(),
        chosen,
        open,
    };
    Checkout {
        open: true,
        t,
        top: top(),
        form: Filled {
            name: "陈晓".into(),
            phone: "138 0013 8000".into(),
            province: "浙江省".into(),
            city: "杭州市".into(),
            district: "西湖区".into(),
            street: "学院路398号".into(),
            detail: "3幢2单元1204室".into(),
            note: "门铃坏了请敲门".into(),
            paste: t.get("shop.paste_hint").into(),
            short: "ship_part".into(),
            pay: "card".into(),
            ..Filled::default()
        },
        wrong: String::new(),
        wrong_at: "",
        pasted: t.count("shop.pasted", 7),
        found: ("ok", t.put("shop.on_map", "1.2 km")),
        choices: vec![
            choice(window(t), t.or("mode", "same_day", ""), "¥6.00", true, true),
            choice(
                t.put3("time.day_window", t.get("time.tomorrow"), "09:00", "13:00"),
                t.or("mode", "next_day", ""),
                "¥4.00",
                false,
                true,
            ),
            choice(
                window(t),
                t.put2("shop.point_way", t.put("shop.point", "Lotus"), "350 m"),
                t.get("shop.free"),
                false,
                true,
            ),
            choice(
                t.put("shop.point", "Harbour"),
                t.or("refusal", "pickup.full", "The pick-up point is full."),
                "",
                false,
                false,
            ),
        ],
        lines: lines(t),
        bill: bill(t),
        total: "¥63.60".into(),
        promise: t.put("shop.promised", window(t)),
    }
}

fn track(t: Words, done: bool) -> Track {
    let moment = |icon, kind: &str, at: &str, class| Moment {
        icon,
        title: t.or("event", kind, kind),
        sub: String::new(),
        at: at.into(),
        class,
    };
    let rail = |key: &str, class| Rail { text: t.get(key).into(), class };
    let part = TrackPart {
        t,
        number: "7K4-2206".into(),
        headline: if done { t.put("shop.is_delivered", "14:21") } else { t.put("shop.here_at", "14:22") },
        chip_k: "ok",
        chip: t.put("shop.within", window(t)),
        rail: vec![
            rail("shop.rail_held", "past"),
            rail("shop.rail_picked", "past"),
            Rail { text: t.count("shop.rail_stops", 1), class: if done { "past" } else { "now" } },
            rail("shop.rail_door", if done { "past" } else { "" }),
        ],
        map: if done { None } else { map(t) },
        pin: if done { String::new() } else { "7402".into() },
        pay_again: String::new(),
        story: vec![
            moment("bike", "parcel.out_for_delivery", "14:09", "now"),
            moment("box", "carton.closed", "13:58", ""),
            moment("scan", "fulfilment.picked", "13:44", ""),
            moment("lock", "order.placed", "13:19", ""),
        ],
        cancel: if done { String::new() } else { t.get("shop.cancel_shipped").into() },
        move_house: false,
        over: done,
        csrf: String::new(),
    };
    let about = format!("{}, ¥63.60", t.count("cart.count", 4));
    Track {
        t,
        top: top(),
        part,
        about,
        lines: lines(t),
        bill: bill(t),
        paid: t.get("shop.paid").into(),
        total: "¥63.60".into(),
        fresh: !done,
    }
}

fn place(t: Words) -> PlacePage {
    PlacePage {
        t,
        top: top(),
        street: "1 Nowhere".into(),
        streets: vec!["Mill Row".into()],
        wrong: true,
        back: "/".into(),
    }
}
