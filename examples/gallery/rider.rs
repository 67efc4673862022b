//! The rider's pages.

use cartage::web::{i18n::Words, login::Login, rider::view::*};

use super::{
    Page,
    shop::{draw, map},
};

pub fn pages() -> Vec<Page> {
    vec![
        ("rider-off", |t| {
            draw(&Off {
                t,
                hand: hand(),
                name: "Li Wei".into(),
                sites: vec![
                    ("A".into(), t.name("Wensan forward warehouse", "文三前置仓").into(), true),
                    ("B".into(), "B".into(), false),
                ],
                driver: false,
                earned: "¥61.20".into(),
            })
        }),
        ("rider-idle", |t| {
            draw(&Idle {
                t,
                hand: hand(),
                name: "Li Wei".into(),
                site: t.name("Wensan forward warehouse", "文三前置仓").into(),
                earned: "¥61.20".into(),
                cash: "¥0.00".into(),
                vehicle: String::new(),
                map: map(t),
            })
        }),
        ("rider-offer", |t| draw(&offer(t))),
        ("rider-load", |t| draw(&load(t))),
        ("rider-route", |t| draw(&route(t))),
        ("rider-door", |t| {
            draw(&Door { t, hand: hand(), stop: stop(t, 3), parcels: parcels(), by_pin: true, point: false })
        }),
        ("rider-fail", |t| draw(&fail(t))),
        ("login", |t| {
            draw(&Login {
                t,
                login: String::new(),
                next: "/".into(),
                wrong: t.or("refusal", "auth.wrong", "That is not right. Check it and try again."),
            })
        }),
    ]
}

fn hand() -> Hand {
    Hand::default()
}

fn parcels() -> Vec<ParcelRow> {
    vec![ParcelRow { end: "07731".into(), scanned: true }, ParcelRow { end: "07748".into(), scanned: false }]
}

fn offer(t: Words) -> Offer {
    Offer {
        t,
        hand: hand(),
        id: "off_1".into(),
        about: t.put2("rider.about", t.count("rider.parcels", 2), t.count("rider.doors", 1)),
        pay: "¥14.60".into(),
        made_of: t.put3("rider.made_of", "¥5.00", "¥9.60", "3.0 km"),
        legs: vec![
            Leg {
                icon: "store",
                title: t.name("Wensan forward warehouse", "文三前置仓").into(),
                sub: t.name("2 Gate Road", "门路2号").into(),
                far: "600 m".into(),
            },
            Leg {
                icon: "door",
                title: t.name("Xueyuan Road", "学院路").into(),
                sub: t.put3("time.day_window", t.get("time.today"), "14:10", "14:40"),
                far: "2.4 km".into(),
            },
        ],
        chips: vec![
            ("x", "wait", t.put("rider.about_min", t.put("time.min", 24))),
            ("x", "scale", "6.4 kg".into()),
            ("ask", "snow", t.get("rider.has_cold").into()),
        ],
        left_ms: 84_000,
        all_ms: 120_000,
        map: map(t),
    }
}

fn load(t: Words) -> Load {
    Load {
        t,
        hand: hand(),
        id: "lod_1".into(),
        site: t.name("Wensan forward warehouse", "文三前置仓").into(),
        street: t.name("2 Gate Road", "门路2号").into(),
        geo: "geo:30,120".into(),
        done: 1,
        of: 2,
        parcels: parcels(),
        take_out: vec![],
        tone: "ok",
    }
}

fn stop(t: Words, seq: i64) -> StopView {
    StopView {
        id: "stp_1".into(),
        seq,
        eta: "14:22".into(),
        window: t.put("rider.by", "14:40"),
        k: if seq == 6 { "warn" } else { "ok" },
        place: vec![t.name("398 Xueyuan Road", "学院路398号").into(), t.name("3-2-1204", "3幢2单元1204室").into()],
        who: "陈晓".into(),
        what: t.count("rider.parcels", 2),
        note: if seq == 3 {
            t.name("The bell is broken, please knock.", "门铃坏了请敲门").into()
        } else {
            String::new()
        },
        geo: "geo:30,120".into(),
        cash: "¥48.00".into(),
        cash_minor: 4800,
        attempt: t.put("rider.attempt", 1),
    }
}

fn route(t: Words) -> Route {
    Route {
        t,
        hand: hand(),
        heading: t.put2("rider.stop_of", 3, 6),
        under: t.put("rider.so_far", "¥61.20"),
        done: 2,
        of: 6,
        next: Some(stop(t, 3)),
        rest: vec![stop(t, 4), stop(t, 5), stop(t, 6)],
        back: vec![],
        site: String::new(),
        map: map(t),
    }
}

fn fail(t: Words) -> Fail {
    let codes = [
        ("nobody_home", "door"),
        ("no_access", "stop"),
        ("wrong_address", "pin"),
        ("refused", "cross"),
        ("damaged", "crack"),
        ("no_cash", "cash"),
    ];
    Fail {
        t,
        hand: hand(),
        stop: stop(t, 3),
        reasons: codes.iter().map(|(code, icon)| (*code, *icon, t.or("why", code, code))).collect(),
    }
}
