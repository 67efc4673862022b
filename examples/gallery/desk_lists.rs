//! The desk's lists and the director's board.

use cartage::web::{
    desk::{
        Tone,
        board::{BoardPage, Hour, Indicator},
        list::{Empty, Filter, List, Tab, Tile},
        table::{Cell, Column, Table},
    },
    i18n::Words,
};

use super::desk::{frame, s};

fn tabs(t: Words) -> Vec<Tab> {
    let tab = |en: &str, zh: &str, count, on| Tab { label: s(t.name(en, zh)), href: s("#"), count, on };
    vec![
        tab("Open", "进行中", Some(214), true),
        tab("At risk", "有风险", Some(6), false),
        tab("On hold", "暂停", Some(2), false),
        tab("Ended", "已结束", None, false),
    ]
}

fn filters(t: Words) -> Vec<Filter> {
    let any = |en: &str, zh: &str| (String::new(), s(t.name(en, zh)), true);
    vec![
        Filter {
            name: "site",
            label: s(t.name("Site", "站点")),
            options: vec![any("Site: any", "站点：全部"), (s("north"), s("Northgate"), false)],
        },
        Filter {
            name: "channel",
            label: s(t.name("Channel", "渠道")),
            options: vec![any("Channel: any", "渠道：全部"), (s("web"), s("web"), false)],
        },
    ]
}

pub fn orders(t: Words, some: bool) -> List {
    let mut table = Table::new(
        t.name("Orders", "订单"),
        vec![
            Column::text("number", t.name("Order", "订单")),
            Column::text("placed", t.name("Placed", "下单")),
            Column::text("promise", t.name("Promise", "承诺")),
            Column::text("state", t.name("State", "状态")),
            Column::text("sites", t.name("Sites", "站点")).extra(),
            Column::num("lines", t.name("Lines", "行")),
            Column::num("total", t.name("Total", "金额")),
            Column::text("payment", t.name("Payment", "付款")).extra(),
            Column::text("why", ""),
        ],
    );
    let rows = [
        (
            "KH31",
            "11:36",
            "16:00–18:00",
            Tone::Warn,
            "1 return open",
            "有退货",
            "Northgate, Mill Lane, Eastfield",
            4,
            9810,
        ),
        ("7QX4", "13:58", "14:30–15:00", Tone::Bad, "No rider in reach", "附近无骑手", "Mill Lane", 2, 4260),
        ("N3WD", "12:20", "15:20–16:00", Tone::Warn, "Weight mismatch", "重量不符", "Northgate", 7, 13_390),
        ("2ZRP", "14:02", "15:15–15:45", Tone::Info, "Picking", "拣货中", "Quayside", 3, 5775),
        ("9FK0", "14:11", "15:00–15:30", Tone::Ok, "Packed", "已打包", "Quayside", 1, 1890),
        ("5T8A", "13:40", "16:00–16:30", Tone::Ok, "On its way", "配送中", "Northgate", 5, 20_145),
    ];
    for (number, placed, promise, tone, en, zh, sites, lines, total) in rows.into_iter().filter(|_| some) {
        table.push(
            "/page/desk-order",
            vec![
                Cell::link("/page/desk-order", number).mono().under(format!("web · 100-48{lines}13")),
                Cell::text(placed),
                Cell::text(promise),
                Cell::badge(tone, t.name(en, zh)),
                Cell::mute(sites),
                Cell::num(lines),
                Cell::shown(format!("¥{}.{:02}", total / 100, total % 100), total),
                Cell::badge(Tone::Ok, t.name("Authorised", "已预授权")),
                Cell::why("dec_1", t.name("why?", "为什么？")),
            ],
        );
    }
    List {
        total: Some(if some { 214 } else { 0 }),
        lead: s(t.name("All channels, newest promise first", "全部渠道，按承诺时间排列")),
        tabs: tabs(t),
        action: s("/page/desk-orders"),
        search: s(t.name("Number, article, name", "编号、商品、姓名")),
        filters: filters(t),
        next: s("#"),
        csv: s("#"),
        empty: Empty {
            head: s(t.name("No order looks like that", "没有符合条件的订单")),
            rest: s(t.name("Take a filter away, or look in another view.", "请减少筛选条件，或换一个视图。")),
        },
        topic: "order",
        ..List::new(t, frame(t, "orders", "Orders", "订单"), t.name("Orders", "订单"), table)
    }
}

pub fn ledger_table(t: Words) -> Table {
    let mut table = Table::new(
        t.name("Transfers", "流水"),
        vec![
            Column::text("at", t.name("Time", "时间")),
            Column::text("kind", t.name("Phase", "阶段")),
            Column::text("from", t.name("From account", "转出")),
            Column::text("to", t.name("To account", "转入")),
            Column::num("quantity", t.name("Units", "数量")),
            Column::text("reason", t.name("Verb", "动作")).extra(),
            Column::text("reference", t.name("Because of", "依据")),
        ],
    );
    for (at, tone, kind, from, to, units, reason, reference) in [
        ("14:30:51", Tone::Ok, "post", "B3-2-04", "TT-118", 6, "pick", "ord_…7QX4"),
        ("14:12:08", Tone::Info, "pending", "@pool", "@customer", 6, "hold", "ord_…7QX4"),
        ("13:58:40", Tone::Ok, "post", "B3-2-04", "@loss", 1, "count", "cnt_…0PW2"),
        ("13:58:40", Tone::Off, "void", "@customer", "@pool", 1, "hold broken", "ord_…9FK0"),
        ("12:31:55", Tone::Ok, "post", "@supplier", "DOCK-2", 480, "receive", "asn_…88LF"),
    ] {
        table.push(
            "",
            vec![
                Cell::mute(at),
                Cell::badge(tone, kind),
                Cell::code(from),
                Cell::code(to),
                Cell::num(units),
                Cell::text(reason),
                Cell::link("#", reference).mono(),
            ],
        );
    }
    table
}

pub fn ledger(t: Words) -> List {
    let tile = |en: &str, zh: &str, value: &str, strong| Tile {
        label: s(t.name(en, zh)),
        value: s(value),
        sub: String::new(),
        strong,
    };
    List {
        total: Some(18_214),
        lead: s(t.name(
            "Every unit that moved, both sides of it; sums over all accounts are zero",
            "每一件商品的每一次移动，两边成对；所有账户合计为零",
        )),
        marks: vec![(Tone::Ok, s(t.name("Balanced, sum 0", "平衡，合计 0")))],
        tiles: vec![
            tile("Transfers today", "今日流水", "1,846", false),
            tile("Pending", "待定", "432", false),
            tile("Posted", "已过账", "1,386", true),
            tile("Voided", "已作废", "28", false),
        ],
        action: s("/page/desk-ledger"),
        search: s(t.name("Article, bin, order", "商品、货位、订单")),
        filters: filters(t),
        csv: s("#"),
        next: s("#"),
        ..List::new(t, frame(t, "ledger", "Ledger", "台账"), t.name("Ledger", "台账"), ledger_table(t))
    }
}

pub fn cases(t: Words) -> List {
    let mut table = Table::new(
        t.name("Cases", "异常"),
        vec![
            Column::text("case", t.name("Case", "异常")),
            Column::text("severity", t.name("Severity", "级别")),
            Column::text("about", t.name("About", "涉及")),
            Column::text("site", t.name("Site", "站点")).extra(),
            Column::text("owner", t.name("Owner", "负责人")),
            Column::num("age", t.name("Age", "时长")),
            Column::num("due", t.name("Due", "期限")),
        ],
    );
    for (en, zh, code, tone, severity, about, owner, age, due) in [
        (
            "Vehicle fault with shelf",
            "车辆故障（载货架）",
            "mission.failed",
            Tone::Bad,
            "urgent",
            "AGV-17, SH-0122",
            "",
            5,
            -2,
        ),
        (
            "No rider in reach, chilled",
            "附近无骑手（冷藏）",
            "delivery.failed",
            Tone::Bad,
            "urgent",
            "ord …7QX4",
            "Nora K.",
            8,
            12,
        ),
        ("Weight mismatch, +508 g", "重量不符 +508 克", "weight.mismatch", Tone::Warn, "high", "ctn …B41X", "", 11, 34),
        ("Count below held", "盘点少于占用", "count.below_held", Tone::Warn, "high", "SKU-10442", "Ravi B.", 34, 86),
        ("Address not found", "地址存疑", "address.doubtful", Tone::Info, "normal", "ord …9FK0", "", 6, 174),
    ] {
        let word = match severity {
            "urgent" => t.name("Urgent", "紧急"),
            "high" => t.name("High", "较高"),
            _ => t.name("Normal", "一般"),
        };
        let due_word = if due < 0 {
            t.name("2 min late", "超时 2 分钟").to_owned()
        } else {
            format!("{}{due} min", t.name("in ", "还有 "))
        };
        table.push(
            "/page/desk-case",
            vec![
                Cell::link("/page/desk-case", t.name(en, zh)).under(code),
                Cell::badge(tone, word)
                    .by(["urgent", "high", "normal"].iter().position(|one| *one == severity).unwrap_or(9)),
                Cell::code(about),
                Cell::text("Northgate"),
                if owner.is_empty() { Cell::mute(t.name("nobody", "无人")) } else { Cell::text(owner) },
                Cell::shown(format!("{age} min"), age),
                if due < 30 {
                    Cell::badge(if due < 0 { Tone::Bad } else { Tone::Warn }, due_word).by(due)
                } else {
                    Cell::shown(due_word, due)
                },
            ],
        );
    }
    let tab = |en: &str, zh: &str, count, on| Tab { label: s(t.name(en, zh)), href: s("#"), count: Some(count), on };
    List {
        total: Some(12),
        marks: vec![(Tone::Bad, s(t.name("3 urgent", "3 紧急"))), (Tone::Warn, s(t.name("6 high", "6 较高")))],
        tabs: vec![
            tab("Open", "未关闭", 12, true),
            tab("Mine", "我的", 2, false),
            tab("Nobody's", "无人认领", 7, false),
            tab("Closed today", "今日已关闭", 41, false),
        ],
        action: s("/page/desk-cases"),
        search: s(t.name("Code, order, parcel", "代码、订单、包裹")),
        filters: filters(t),
        csv: s("#"),
        topic: "case",
        ..List::new(t, frame(t, "cases", "Cases", "异常"), t.name("Cases", "异常"), table)
    }
}

pub fn decisions(t: Words) -> List {
    let mut table = Table::new(
        t.name("Decisions", "决策"),
        vec![
            Column::text("at", t.name("Time", "时间")),
            Column::text("kind", t.name("What", "类型")),
            Column::text("subject", t.name("About", "对象")),
            Column::text("chosen", t.name("Chosen", "选择")),
            Column::text("method", t.name("How", "方法")).extra(),
            Column::num("gap", t.name("Gap", "差距")),
            Column::num("took", t.name("Took", "用时")),
            Column::text("why", ""),
        ],
    );
    for (at, en, zh, subject, chosen, method, gap, took) in [
        ("14:31:42", "Rider", "骑手", "R-214", "Jonas P.", "exact", 13, 38_000),
        ("14:30:02", "AGV", "AGV", "SH-0417", "AGV-12", "nearest", 0, 4_000),
        ("14:28:11", "Sourcing", "选仓", "ord …2ZRP", "Quayside", "exact", 0, 12_100),
        ("14:25:00", "Wave", "波次", "Northgate", "18 orders", "greedy", 41, 96_000),
        ("14:22:37", "Carton", "箱型", "ord …N3WD", "M", "exact", 0, 900),
    ] {
        let why = Cell::why("dec_1", t.name("why?", "为什么？"));
        table.push(
            "/page/desk-why",
            vec![
                Cell::text(at),
                Cell::text(t.name(en, zh)),
                Cell::code(subject),
                Cell::text(chosen),
                Cell::mute(method),
                Cell::shown(format!("{}.{} %", gap / 10, gap % 10), gap),
                Cell::shown(format!("{} ms", took / 1000), took),
                why,
            ],
        );
    }
    List {
        total: Some(9_812),
        action: s("/page/desk-decisions"),
        search: s(t.name("Order, load, wave", "订单、车次、波次")),
        filters: filters(t),
        csv: s("#"),
        ..List::new(t, frame(t, "decisions", "Decisions", "决策"), t.name("Decisions", "决策"), table)
    }
}

pub fn board(t: Words) -> BoardPage {
    let one =
        |en: &str, zh: &str, value: &str, unit: &str, tone: Tone, course: &[f64], goal: f64, target: &str| Indicator {
            label: s(t.name(en, zh)),
            value: s(value),
            unit: s(unit),
            tone,
            word: s(match tone {
                Tone::Info => t.name("On target", "达标"),
                Tone::Warn => t.name("Watch", "关注"),
                _ => t.name("Act", "处理"),
            }),
            course: course.to_vec(),
            goal: Some(goal),
            target: format!("{} {target}", t.name("Target", "目标")),
            change: s("+0.3"),
            href: s("/page/desk-orders"),
        };
    let hour = |h: i64, promised, kept, late| Hour { label: format!("{h}:00"), promised, kept, late };
    let mut table = Table::new(
        t.name("Off target", "未达标"),
        vec![
            Column::text("site", t.name("Site", "站点")),
            Column::num("orders", t.name("Orders", "订单")),
            Column::num("late", t.name("Late", "迟到")),
            Column::text("why", t.name("Most for", "主因")),
        ],
    );
    for (site, orders, late, en, zh) in [
        ("Mill Lane", 412, 9, "bridge closed 13:58", "桥梁 13:58 封闭"),
        ("Eastfield", 288, 3, "stock below floor", "库存低于下限"),
        ("Northgate", 1204, 2, "weight mismatch", "重量不符"),
    ] {
        table.push("", vec![Cell::text(site), Cell::num(orders), Cell::num(late), Cell::text(t.name(en, zh))]);
    }
    BoardPage {
        t,
        frame: frame(t, "board", "Board", "看板"),
        lead: s(t.name("All sites, Fri 20 Nov, until 14:32", "全部站点，11月20日，截至 14:32")),
        tabs: vec![
            Tab { label: s(t.name("Today", "今天")), href: s("#"), count: None, on: true },
            Tab { label: s(t.name("7 days", "7 天")), href: s("#"), count: None, on: false },
        ],
        indicators: vec![
            one(
                "Click to door, median",
                "下单到送达（中位数）",
                "31.2",
                t.name("min", "分钟"),
                Tone::Info,
                &[41.0, 39.0, 40.0, 36.0, 35.0, 33.0, 34.0, 31.2],
                32.0,
                "≤ 32",
            ),
            one(
                "On time to the window",
                "准时率",
                "98.6",
                "%",
                Tone::Warn,
                &[99.2, 99.4, 99.0, 99.3, 99.5, 98.9, 98.6],
                99.0,
                "≥ 99",
            ),
            one(
                "Orders today",
                "今日订单",
                "6,412",
                "",
                Tone::Info,
                &[200.0, 420.0, 610.0, 880.0, 720.0, 640.0, 930.0],
                600.0,
                "6,200",
            ),
            one(
                "First attempt delivered",
                "首次送达率",
                "95.1",
                "%",
                Tone::Info,
                &[93.0, 93.9, 94.2, 94.0, 94.9, 95.1],
                94.0,
                "≥ 94",
            ),
            one(
                "Missions an hour",
                "每小时搬运",
                "118",
                "",
                Tone::Warn,
                &[121.0, 124.0, 122.0, 126.0, 121.0, 118.0],
                120.0,
                "≥ 120",
            ),
            one(
                "Pick accuracy",
                "拣货准确率",
                "99.93",
                "%",
                Tone::Info,
                &[99.9, 99.91, 99.9, 99.92, 99.93, 99.93],
                99.9,
                "≥ 99.90",
            ),
            one("Units unpromised", "撤销承诺", "7", "", Tone::Warn, &[3.0, 4.0, 2.0, 5.0, 3.0, 7.0], 5.0, "≤ 5"),
            one(
                "Stock below floor",
                "低于下限",
                "23",
                t.name("articles", "种"),
                Tone::Bad,
                &[8.0, 9.0, 9.0, 12.0, 16.0, 23.0],
                10.0,
                "≤ 10",
            ),
        ],
        hours: vec![
            hour(8, 180, 178, 2),
            hour(9, 320, 318, 2),
            hour(10, 410, 404, 6),
            hour(11, 480, 474, 6),
            hour(12, 560, 549, 11),
            hour(13, 610, 601, 9),
            hour(14, 590, 310, 14),
            hour(15, 520, 0, 0),
            hour(16, 430, 0, 0),
        ],
        table,
        table_head: s(t.name("Late, by site", "各站点迟到")),
        csv: s("#"),
    }
}
