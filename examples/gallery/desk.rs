//! The desk's pages: one afternoon in the invented city of Harbrook. A bridge closed at
//! 13:58; it is 14:32.

use askama::Template;
use cartage::web::{
    desk::{
        Frame, Tone,
        case::{CasePage, WayOut},
        frame::DOORS,
        list::Tile,
        order::{AttemptRow, CaseRow, ContactCard, Deeds, LineRow, Moment, OrderPage, ParcelCard},
        stock::StockPage,
        table::{Cell, Column, Table},
        why::{Candidate, Decision, WhyPage},
    },
    i18n::Words,
};

use super::{
    Page,
    desk_lists::{board, cases, decisions, ledger, ledger_table, orders},
};

pub fn pages() -> Vec<Page> {
    vec![
        ("desk-orders", |t| draw(&orders(t, true))),
        ("desk-empty", |t| draw(&orders(t, false))),
        ("desk-order", |t| draw(&order(t))),
        ("desk-stock", |t| draw(&stock(t))),
        ("desk-cases", |t| draw(&cases(t))),
        ("desk-case", |t| draw(&case(t))),
        ("desk-ledger", |t| draw(&ledger(t))),
        ("desk-decisions", |t| draw(&decisions(t))),
        ("desk-why", |t| draw(&WhyPage { t, frame: frame(t, "decisions", "Why", "为什么"), d: why(t) })),
        ("desk-board", |t| draw(&board(t))),
    ]
}

fn draw(template: &impl Template) -> String {
    template.render().expect("a sample fills its template")
}

pub fn s(text: &str) -> String {
    text.to_owned()
}

pub fn frame(t: Words, here: &'static str, en: &str, zh: &str) -> Frame {
    Frame {
        title: s(t.name(en, zh)),
        here,
        path: format!("/page/{here}"),
        place: s(t.name("Harbrook · Fri 20 Nov", "港溪 · 11月20日 周五")),
        clock: s("14:32"),
        person: s("Ines Kern"),
        csrf: s("token"),
        live: String::new(),
        urgent: 3,
        open: DOORS.iter().map(|door| door.name).collect(),
    }
}

fn moment(t: Words, day: &str, time: &str, tone: Tone, words: [&str; 4], who: &str, group: &'static str) -> Moment {
    Moment {
        day: s(day),
        time: s(time),
        machine: format!("2026-11-20T{time}:00+00:00"),
        tone,
        head: s(t.name(words[0], words[1])),
        rest: s(t.name(words[2], words[3])),
        who: s(who),
        group,
        ..Moment::default()
    }
}

fn story(t: Words) -> Vec<Moment> {
    let today = t.name("Today", "今天");
    let mut story = vec![
        moment(
            t,
            today,
            "14:21",
            Tone::Warn,
            [
                "Return registered",
                "登记退货",
                "1 ground coffee, bag torn. A photo is attached.",
                "咖啡粉 1 件，包装破损，附照片。",
            ],
            "web",
            "main",
        ),
        moment(
            t,
            "",
            "13:52",
            Tone::Ok,
            [
                "Delivered",
                "已送达",
                "parcel 2, attempt 2. The code matched, 6 m from the door.",
                "包裹 2，第 2 次配送，验证码正确，距门 6 米。",
            ],
            "Jonas P.",
            "parcel",
        ),
        moment(
            t,
            "",
            "13:31",
            Tone::Plain,
            ["Parcel 2 left", "包裹 2 出发", "with a rider, route R-214, stop 1.", "由骑手配送，路线 R-214，第 1 站。"],
            "Mill Lane",
            "parcel",
        ),
        moment(
            t,
            "",
            "11:40",
            Tone::Info,
            [
                "Address changed",
                "修改地址",
                "Rose Alley 12 to 14. Same route, no extra cost.",
                "玫瑰巷 12 号改为 14 号，路线不变。",
            ],
            "Ines K.",
            "main",
        ),
        moment(
            t,
            t.name("Thu 19 Nov", "11月19日 周四"),
            "17:48",
            Tone::Bad,
            [
                "Attempt 1 failed",
                "第 1 次配送失败",
                "nobody at home. Taken back to Mill Lane, chilled in 22 min.",
                "无人在家，22 分钟内送回冷藏。",
            ],
            "Mei L.",
            "parcel",
        ),
        moment(
            t,
            "",
            "12:32",
            Tone::Ok,
            [
                "Packed",
                "已打包",
                "2 cartons, 5.92 kg expected, 5.90 kg measured.",
                "2 箱，应重 5.92 公斤，实重 5.90 公斤。",
            ],
            "Priya S.",
            "work",
        ),
        moment(
            t,
            "",
            "12:04",
            Tone::Plain,
            [
                "Picked",
                "已拣货",
                "8 of 8 at Northgate in wave 14; shelf SH-0417 came by AGV-12.",
                "北门仓波次 14，8/8；货架 SH-0417 由 AGV-12 送达。",
            ],
            "Ana V.",
            "work",
        ),
        moment(
            t,
            "",
            "11:36",
            Tone::Ok,
            ["Sourced", "选仓", "from 3 sites, promised for 16:00 to 18:00.", "由 3 个站点供货，承诺 16:00 至 18:00。"],
            "",
            "main",
        ),
        moment(
            t,
            "",
            "11:36",
            Tone::Ok,
            ["Placed", "下单", "on web, ¥98.10 authorised by card.", "网店，银行卡预授权 ¥98.10。"],
            "",
            "money",
        ),
    ];
    story[1].link = (s("#"), s(t.name("proof", "凭证")));
    story[2].why = s("dec_rider");
    story[4].link = (s("/page/desk-case"), s("cas_…7TQ2"));
    story[6].why = s("dec_agv");
    story[7].why = s("dec_sites");
    story
}

fn lines(t: Words) -> Vec<LineRow> {
    let line =
        |en: &str, zh: &str, code: &str, from: &str, q: [i64; 8], state: (Tone, &str), price: &str, leaf| LineRow {
            id: s(code),
            name: s(t.name(en, zh)),
            code: s(code),
            from: s(from),
            quantities: q,
            state: (state.0, s(state.1)),
            price: s(price),
            leaf,
            cancellable: q[1],
        };
    let delivered = (Tone::Ok, t.name("Delivered", "已送达"));
    vec![
        line(
            "Oat drink barista, 1 l",
            "咖啡师燕麦奶 1 升",
            "SKU-10442",
            "Northgate",
            [6, 0, 6, 6, 6, 6, 0, 0],
            delivered,
            "18.90",
            false,
        ),
        line(
            "Ground coffee, dark, 500 g",
            "深烘咖啡粉 500 克",
            "SKU-20817",
            "Northgate",
            [2, 0, 2, 2, 2, 2, 0, 1],
            (Tone::Warn, t.name("1 returned", "退回 1")),
            "17.80",
            false,
        ),
        line(
            "Breakfast box",
            "早餐礼盒",
            "SKU-90031",
            t.name("bundle", "组合"),
            [1, 0, 1, 1, 1, 1, 0, 0],
            delivered,
            "24.50",
            false,
        ),
        line(
            "Rye bread, 750 g",
            "黑麦面包 750 克",
            "SKU-31190",
            "Mill Lane",
            [1, 0, 1, 1, 1, 1, 0, 0],
            delivered,
            "",
            true,
        ),
        line(
            "Alpine butter, 250 g",
            "高山黄油 250 克",
            "SKU-31204",
            "Mill Lane",
            [2, 0, 2, 2, 2, 2, 0, 0],
            delivered,
            "",
            true,
        ),
        line(
            "Kitchen scale, steel",
            "不锈钢厨房秤",
            "SKU-55210",
            "Eastfield",
            [1, 1, 0, 0, 0, 0, 0, 0],
            (Tone::Info, t.name("Waits for stock", "等待到货")),
            "32.00",
            false,
        ),
    ]
}

fn order(t: Words) -> OrderPage {
    let parcel = |sscc: &str, detail: &str, attempts: Vec<(Tone, &str)>| ParcelCard {
        sscc: s(sscc),
        state: (Tone::Ok, s(t.name("Delivered", "已送达"))),
        detail: s(detail),
        attempts: attempts.into_iter().map(|(tone, text)| AttemptRow { tone, text: s(text), proof: s("#") }).collect(),
        load: s("/page/dispatch"),
        label: s("prt_1"),
    };
    OrderPage {
        t,
        frame: frame(t, "orders", "Order KH31", "订单 KH31"),
        id: s("ord_01KYF7Q2M8T5N4RB3X0CKH31"),
        number: s("KH31"),
        channel: s("web / 100-48213"),
        state: (Tone::Warn, s(t.name("Part delivered, 1 return open", "部分送达，1 个退货"))),
        lead: s(t.name(
            "Placed Thu 19 Nov 11:36, promised Thu 16:00 to 18:00, 3 sites, 2 parcels",
            "11月19日 11:36 下单，承诺当日 16:00 至 18:00，3 个站点，2 个包裹",
        )),
        hold: String::new(),
        lines: lines(t),
        story: story(t),
        money: vec![
            (s(t.name("Lines", "商品")), s("93.20")),
            (s(t.name("Delivery", "配送")), s("4.90")),
            (s(t.name("Captured", "已扣款")), s("66.10")),
            (s(t.name("Refund due", "待退款")), s("8.90")),
        ],
        total: (s(t.name("Authorised", "预授权")), s("¥98.10")),
        payment: (Tone::Info, s(t.name("Part captured", "部分扣款"))),
        parcels: vec![
            parcel(
                "3 4012345 0000881 21 7",
                "Northgate · Van 12 · 5.1 kg",
                vec![(Tone::Ok, t.name("1 · Thu 16:05, photo, porch", "1 · 周四 16:05，照片，门廊"))],
            ),
            parcel(
                "3 4012345 0000904 38 1",
                "Mill Lane · 2.4 kg",
                vec![
                    (Tone::Bad, t.name("1 · Thu 17:48, nobody at home", "1 · 周四 17:48，无人在家")),
                    (Tone::Ok, t.name("2 · Fri 13:52, code", "2 · 周五 13:52，验证码")),
                ],
            ),
        ],
        contact: ContactCard {
            name: s("L••• Brandt"),
            phone: s("••• ••• 4417"),
            address: s("Rose Alley ••, Harbrook"),
            revision: 2,
            note: s(t.name("Bell is broken, please knock", "门铃坏了，请敲门")),
            open: false,
            may_open: true,
        },
        cases: vec![
            CaseRow {
                id: s("cas_1"),
                mark: (Tone::Warn, s(t.name("Normal", "一般"))),
                title: s(t.name("Return, bag torn", "退货，包装破损")),
                when: s(t.name("due 16:20", "16:20 前")),
            },
            CaseRow {
                id: s("cas_2"),
                mark: (Tone::Ok, s(t.name("Closed", "已关闭"))),
                title: s(t.name("Nobody at home", "无人在家")),
                when: s("13:55"),
            },
        ],
        deeds: Deeds {
            cancel: true,
            address: false,
            pay: false,
            refund: true,
            resume: false,
            why_not: s(t.name("Delivered parcels keep their address.", "已送达的包裹不能改地址。")),
            link: s("/shop/orders/abc"),
        },
        notice: None,
    }
}

fn stock(t: Words) -> StockPage {
    let mut sites = Table::new(
        t.name("By site", "按站点"),
        vec![
            Column::text("site", t.name("Site", "站点")),
            Column::num("on_hand", t.name("On hand", "在库")),
            Column::num("held", t.name("Promised", "已承诺")),
            Column::num("unavailable", t.name("Unavailable", "不可售")),
            Column::num("available", t.name("Available", "可售")),
            Column::num("incoming", t.name("On the way", "在途")).extra(),
            Column::text("cover", t.name("Cover", "保障")),
        ],
    );
    let rows = [
        ("Northgate", [1284, 316, 33, 935, 480], Tone::Ok),
        ("Mill Lane", [96, 41, 2, 53, 60], Tone::Ok),
        ("Quayside", [72, 38, 4, 30, 48], Tone::Warn),
        ("Eastfield", [18, 15, 3, 0, 72], Tone::Bad),
    ];
    for (site, numbers, tone) in rows {
        let word = match tone {
            Tone::Ok => t.name("Covered", "充足"),
            Tone::Warn => t.name("Below floor 40", "低于下限 40"),
            _ => t.name("None left", "已售罄"),
        };
        let mut cells = vec![Cell::text(site).under(t.name("forward", "前置仓"))];
        cells.extend(numbers.map(Cell::num));
        cells.push(Cell::badge(tone, word));
        sites.push("", cells);
    }
    sites.foot = vec![
        Cell::text(t.name("All sites", "合计")),
        Cell::num(1470),
        Cell::num(410),
        Cell::num(42),
        Cell::num(1018),
        Cell::num(660),
        Cell::text(""),
    ];
    let mut holds = Table::new(
        t.name("Holds", "占用"),
        vec![
            Column::text("for", t.name("For", "用于")),
            Column::num("quantity", t.name("Qty", "数量")),
            Column::text("lapses", t.name("Lapses", "到期")),
        ],
    );
    holds.push(
        "",
        vec![
            Cell::link("#", "cart …PP0Z").mono(),
            Cell::num(2),
            Cell::badge(Tone::Warn, t.name("in 2 min", "2 分钟后")),
        ],
    );
    holds.push("", vec![Cell::link("#", "ord …7QX4").mono(), Cell::num(6), Cell::mute(t.name("paid", "已付"))]);
    let mut lots = Table::new(
        t.name("Lots", "批次"),
        vec![
            Column::text("lot", t.name("Lot", "批号")),
            Column::text("expiry", t.name("Best before", "有效期")),
            Column::num("units", t.name("Units", "件")),
        ],
    );
    lots.push(
        "",
        vec![Cell::code("L2611A"), Cell::badge(Tone::Warn, t.name("28 Nov, 8 days", "11月28日，8 天")), Cell::num(210)],
    );
    lots.push("", vec![Cell::code("L2702C"), Cell::text(t.name("14 Feb", "2月14日")), Cell::num(1022)]);
    let tile = |en: &str, zh: &str, value: &str, sub_en: &str, sub_zh: &str, strong| Tile {
        label: s(t.name(en, zh)),
        value: s(value),
        sub: s(t.name(sub_en, sub_zh)),
        strong,
    };
    StockPage {
        code: s("OAT"),
        notice: None,
        losses: Vec::new(),
        reasons: Vec::new(),
        t,
        frame: frame(t, "stock", "Oat drink barista, 1 l", "咖啡师燕麦奶 1 升"),
        image: s("#a-carton"),
        name: s(t.name("Oat drink barista, 1 l", "咖啡师燕麦奶 1 升")),
        lead: s(t.name(
            "SKU-10442 · 4012345 67890 1 · case of 6, pallet of 720 · ambient · lot and expiry",
            "SKU-10442 · 4012345 67890 1 · 箱 6 件，托盘 720 件 · 常温 · 批号与效期",
        )),
        category: s(t.name("Drinks", "饮料")),
        tiles: vec![
            tile("On hand", "在库", "1,470", "all sites", "全部站点", false),
            tile("Promised", "已承诺", "410", "142 orders", "142 单", false),
            tile(
                "Unavailable",
                "不可售",
                "42",
                "24 quality hold, 9 damaged, 9 other",
                "待检 24，破损 9，其他 9",
                false,
            ),
            tile("Available", "可售", "1,018", "3.7 days at 272 a day", "按日销 272 可售 3.7 天", true),
            tile("On the way", "在途", "660", "480 tomorrow 06:00", "明天 06:00 到 480", false),
        ],
        sites,
        agrees: (Tone::Ok, s(t.name("Pools and bins agree", "总账与货位一致"))),
        places: Table::default(),
        ledger: ledger_table(t),
        ledger_href: s("/page/desk-ledger"),
        holds,
        lots,
        decisions: vec![(s("dec_1"), s(t.name("Why bin B6-1-02?", "为什么放 B6-1-02？")), s("12:41"))],
    }
}

fn case(t: Words) -> CasePage {
    let way = |code: &str, en: &str, zh: &str, note| WayOut { code: s(code), label: s(t.name(en, zh)), note };
    let mut facts = Table::new(
        t.name("Weights", "重量"),
        vec![Column::text("what", t.name("Weight", "重量")), Column::num("grams", t.name("g", "克"))],
    );
    for (en, zh, grams) in
        [("Expected, 7 articles", "应重（7 件）", 5900), ("Measured", "实重", 6408), ("Difference", "差异", 508)]
    {
        facts.push("", vec![Cell::text(t.name(en, zh)), Cell::num(grams)]);
    }
    CasePage {
        t,
        frame: frame(t, "cases", "Carton is 508 g too heavy", "箱子超重 508 克"),
        id: s("cas_01KYF8R4D2T41"),
        code: s("weight.mismatch"),
        title: s(t.name("Carton is 508 g too heavy", "箱子超重 508 克")),
        advice: s(t.name(
            "The carton cannot close. Ask the packer to scan it again; an extra article goes back to its bin.",
            "箱子无法封口。请打包员重新扫描，多出的商品放回货位。",
        )),
        severity: (Tone::Warn, s(t.name("High", "较高"))),
        due: (Tone::Warn, s(t.name("Due 15:06, in 34 min", "15:06 前，还有 34 分钟"))),
        lead: s(t.name("Station P2, Northgate, opened 14:21 by the scale", "北门仓 P2 工位，14:21 由电子秤触发")),
        owner: String::new(),
        mine: false,
        open: true,
        ended: String::new(),
        about: vec![
            (s(t.name("Order", "订单")), s("N3WD"), s("/page/desk-order")),
            (s(t.name("Carton", "箱")), s("…B41X"), String::new()),
            (s(t.name("Leaves", "发车")), s("15:20"), String::new()),
        ],
        facts: Some(facts),
        photos: Vec::new(),
        ways: vec![
            way("reweighed", "Scan it again and weigh it", "重新扫描并称重", false),
            way("accepted", "Take the weight as it is", "接受当前重量", true),
            way("recounted", "Count the bin it came from", "盘点来源货位", false),
            way("settled", "Settled otherwise", "其他方式解决", true),
        ],
        story: story(t).into_iter().take(3).collect(),
        people: vec![(s("usr_1"), s("Nora K.")), (s("usr_2"), s("Ravi B."))],
        problem: String::new(),
    }
}

pub fn why(t: Words) -> Decision {
    let one = |name: &str, cost, chosen, reason: &str| Candidate {
        name: s(name),
        cost: Some(cost),
        shown: format!("{}.{}", cost / 10, cost % 10),
        chosen,
        reason: s(reason),
    };
    Decision {
        id: s("dec_01KYF8Q2M8T5N4RB3X0C9ZK4"),
        question: s(t.name("Why this rider?", "为什么派这位骑手？")),
        subject: (s(t.name("Load R-214", "车次 R-214")), s("#")),
        chosen: s("Jonas P."),
        when: s(t.name("decided 14:31:42, took 38 ms", "14:31:42 决定，用时 38 毫秒")),
        method: s(t.name("exact matching", "精确匹配")),
        candidates: vec![
            one("Jonas P.", 64, true, ""),
            one("Mei L.", 89, false, t.name("6 min later at the door", "晚到 6 分钟")),
            one("Amir K.", 96, false, t.name("often declines at this hour", "此时段常拒单")),
            one("Van 07", 122, false, t.name("38 % chance of being late", "38% 可能迟到")),
        ],
        rejected: vec![
            (118, s(t.name("bridge closed, would miss the window", "桥梁封闭，赶不上时段"))),
            (61, s(t.name("no insulated bag", "没有保温箱"))),
            (57, s(t.name("shift or legal break before 15:20", "15:20 前下班或法定休息"))),
        ],
        bound: s(t.name("Cost 184.3, no choice costs less than 181.9, gap 1.3 %", "成本 184.3，下界 181.9，差距 1.3%")),
        gap_permille: Some(13),
        inputs: vec![(s("candidates"), s("275")), (s("unit"), s("minutes of cost")), (s("stops"), s("6"))],
        digest: s("9f2c41d07ab3e5586c01d2aa"),
    }
}
