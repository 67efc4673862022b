//! Dispatch and floor, and the JSON their islands ask for, from an invented grid city
//! and an invented hall.

use askama::Template;
use axum::{Json, Router, routing::get};
use cartage::web::{
    desk::Tone,
    dispatch::{
        map::{JobMark, MapNow, Mover, RouteLine, SiteMark, StopMark},
        view::{Dispatch, JobRow, LaneRow, OfferRow, Panel, StopRow, TimeRow, TimeStop, Timeline},
    },
    floor::{
        now::{FloorNow, Heat, Person, Vehicle},
        view::{Alarm, FloorPage, MissionStep, Panel as VehiclePanel, VehicleRow},
    },
    i18n::Words,
};
use serde_json::{Value, json};

use super::{
    Page,
    desk::{frame, s, why},
};

pub fn pages() -> Vec<Page> {
    vec![("dispatch", dispatch), ("floor", floor)]
}

/// What the islands ask for.
pub fn data() -> Router {
    Router::new()
        .route("/api/v1/roads.geojson", get(async || Json(roads())))
        .route("/dispatch/map.json", get(async || Json(map())))
        .route("/api/v1/sites/NORTH/floor", get(async || Json(plan())))
        .route("/floor/NORTH/now.json", get(async || Json(now())))
}

fn dispatch(t: Words) -> String {
    let job = |number: &str, place: &str, en: &str, zh: &str, cold, due: &str, left, tone, word: &str| JobRow {
        id: s(number),
        number: s(number),
        href: s("/page/desk-order"),
        place: s(place),
        reason: s(t.name(en, zh)),
        cold,
        due: s(due),
        left: format!("{left} {}", t.name("min", "分钟")),
        tone,
        word: s(word),
    };
    let lane = |i: usize, name: &str, detail: &str, done, of, fill, tone, en: &str, zh: &str| {
        let (letter, hue) = cartage::web::dispatch::map::lane(i);
        LaneRow {
            id: format!("load{i}"),
            letter,
            hue,
            name: s(name),
            detail: s(detail),
            done,
            of,
            fill,
            state: (tone, s(t.name(en, zh))),
            on: i == 1,
        }
    };
    let lanes = vec![
        lane(1, "Jonas P.", t.name("Cargo bike", "货运自行车"), 2, 6, 62, Tone::Bad, "Late", "迟到"),
        lane(0, "Van 12", t.name("Van", "厢式车"), 9, 16, 78, Tone::Warn, "Tight", "紧张"),
        lane(3, "Mei L.", t.name("Bike", "自行车"), 3, 5, 40, Tone::Ok, "On time", "准时"),
        lane(2, "Van 07", t.name("Reefer van", "冷藏车"), 11, 15, 55, Tone::Ok, "On time", "准时"),
        lane(
            4,
            t.name("No driver yet", "尚无司机"),
            t.name("2 offers out", "已派 2 单"),
            0,
            4,
            35,
            Tone::Info,
            "Offered",
            "派单中",
        ),
    ];
    let timeline = Timeline {
        ticks: (0..8)
            .map(|i| (f64::from(i) * 14.3, format!("{}:{:02}", 13 + (i + 1) / 2, if i % 2 == 0 { 30 } else { 0 })))
            .collect(),
        now: 29.0,
        clock: s("14:32"),
        rows: lanes.iter().enumerate().map(|(i, lane)| time_row(i, lane)).collect(),
    };
    let page = Dispatch {
        t,
        frame: frame(t, "dispatch", "Dispatch", "调度"),
        jobs: vec![
            job("7QX4", "Linden Ave", "no rider in reach", "附近没有骑手", true, "15:00", 28, Tone::Bad, "Late"),
            job(
                "8M2D",
                "Dock Gate",
                "searching, 3 offers out",
                "派单中，已发 3 单",
                true,
                "15:10",
                38,
                Tone::Warn,
                "Tight",
            ),
            job(
                "9FK0",
                "Orchard Rd",
                "address changed, asked again",
                "地址已改，重新排线",
                false,
                "15:15",
                43,
                Tone::Warn,
                "Tight",
            ),
            job(
                "2ZRP",
                "College Hill",
                "next round in 12 s",
                "12 秒后下一轮",
                false,
                "15:45",
                73,
                Tone::Off,
                "On time",
            ),
            job("5T8A", "Bell Yard", "bulky, van only", "大件，仅厢式车", false, "16:30", 118, Tone::Off, "On time"),
        ],
        jobs_total: 5,
        at_risk: 3,
        lanes,
        idle: 4,
        panel: Some(panel(t)),
        timeline,
        sites: vec![(s("NORTH"), s("Northgate")), (s("MILL"), s("Mill Lane"))],
        centre: (30.28, 120.13),
        notice: None,
    };
    page.render().expect("a sample fills its template")
}

fn time_row(i: usize, lane: &LaneRow) -> TimeRow {
    let start = 2.0 + f64::from(u32::try_from(i).unwrap_or(0)) * 5.0;
    let stop = |n: f64| TimeStop {
        at: start + 8.0 + n * 9.0,
        tone: if i == 0 && n == 3.0 {
            Tone::Bad
        } else if i == 1 && n == 4.0 {
            Tone::Warn
        } else {
            Tone::Ok
        },
        done: start + 8.0 + n * 9.0 < 29.0,
        label: format!("{} stop {n}", lane.name),
    };
    TimeRow {
        id: lane.id.clone(),
        letter: lane.letter.clone(),
        hue: lane.hue,
        name: lane.name.clone(),
        from: start,
        to: start + 62.0,
        stops: (0..6).map(|n| stop(f64::from(n))).collect(),
        on: lane.on,
    }
}

fn panel(t: Words) -> Panel {
    let stop = |seq, place: &str, window: &str, eta: &str, tone, en: &str, zh: &str, done| StopRow {
        seq,
        place: s(place),
        href: s("/page/desk-order"),
        window: s(window),
        eta: s(eta),
        state: (tone, s(t.name(en, zh))),
        done,
    };
    Panel {
        id: s("load1"),
        letter: s("B"),
        hue: 1,
        title: s("Jonas P."),
        detail: s(t.name("R-214 · cargo bike · Mill Lane", "R-214 · 货运自行车 · 磨坊巷")),
        state: (Tone::Bad, s(t.name("Late by 3 to 9 min", "迟到 3 至 9 分钟"))),
        facts: vec![
            (s(t.name("Done", "完成")), s("2 / 6")),
            (s(t.name("Ends", "结束")), s("15:26")),
            (s(t.name("Load", "载量")), s("62 %")),
            (s(t.name("Way", "路程")), s("9.4 km")),
        ],
        note: s(t.name("4 min longer since Mill Bridge closed", "磨坊桥封闭后多 4 分钟")),
        stops: vec![
            stop(1, "Rose Alley", "13:40–14:10", "13:52", Tone::Ok, "Handed over", "已交付", true),
            stop(2, "Castle St", "14:00–14:30", "14:19", Tone::Ok, "Left at door", "放门口", true),
            stop(3, "Ferry Rd", "14:20–14:45", "14:51", Tone::Bad, "Late", "迟到", false),
            stop(4, "Chapel Row", "14:30–15:10", "15:00", Tone::Warn, "Tight", "紧张", false),
            stop(5, "Weir St", "14:45–15:30", "15:09", Tone::Ok, "On time", "准时", false),
            stop(6, "Tanner Sq", "15:00–16:00", "15:21", Tone::Ok, "On time", "准时", false),
        ],
        offers: vec![
            OfferRow {
                name: s("Jonas P."),
                detail: s("¥14.60, 3.0 km"),
                state: (Tone::Ok, s(t.name("Accepted", "已接单"))),
            },
            OfferRow {
                name: s("Wei Z."),
                detail: s("¥14.60, 4.1 km"),
                state: (Tone::Off, s(t.name("Declined", "已拒绝"))),
            },
        ],
        drivers: vec![(s("usr_1"), s("Mei L.")), (s("usr_2"), s("Amir K."))],
        may_assign: true,
        may_unassign: true,
        why: Some(why(t)),
        more: vec![(s("dec_2"), s(t.name("why this route?", "为什么走这条路？")))],
    }
}

const LAT: f64 = 30.28;
const LON: f64 = 120.13;

/// A corner of the grid city.
fn corner(x: i32, y: i32) -> [f64; 2] {
    let wobble = f64::from((x * 7 + y * 13) % 5) * 0.0004;
    [LAT + f64::from(y) * 0.0052 + wobble, LON + f64::from(x) * 0.0061 - wobble]
}

fn roads() -> Value {
    let mut features = Vec::new();
    let mut road = |a: [f64; 2], b: [f64; 2], class: &str, name: String, closed: bool, slow: i64| {
        let id = features.len();
        features.push(json!({"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[a[1], a[0]], [b[1], b[0]]]},
            "properties": {"id": id, "class": class, "name": name, "name_zh": format!("{name} 路"), "closed": closed, "reason": if closed { "police" } else { "" }, "slow_permille": slow, "length_m": 560, "speed_kmh": 40}}));
    };
    for y in -5..=5 {
        for x in -7..=7 {
            let class = |n: i32| {
                if n % 4 == 0 {
                    "primary"
                } else if n % 2 == 0 {
                    "tertiary"
                } else {
                    "residential"
                }
            };
            let slow = match (x * 3 + y * 5) % 11 {
                0 => 1500,
                3 => 400,
                _ => 0,
            };
            if x < 7 && (x + y * 3) % 9 != 4 {
                road(corner(x, y), corner(x + 1, y), class(y), format!("{y} Street"), (x, y) == (0, 1), slow);
            }
            if y < 5 && (x * 2 + y) % 10 != 7 {
                road(corner(x, y), corner(x, y + 1), class(x), format!("{x} Avenue"), (x, y) == (1, 0), 1000);
            }
        }
    }
    json!({"type": "FeatureCollection", "features": features})
}

fn map() -> MapNow {
    let site = |code: &str, name: &str, kind: &str, at: [f64; 2]| SiteMark {
        code: s(code),
        name: s(name),
        kind: s(kind),
        lat: at[0],
        lon: at[1],
    };
    let route = |i: usize, path: &[(i32, i32)], cut: usize| {
        let (letter, hue) = cartage::web::dispatch::map::lane(i);
        let points: Vec<[f64; 2]> = path.iter().map(|(x, y)| corner(*x, *y)).collect();
        let tone = |n: usize| {
            if n < cut {
                "done"
            } else if i == 1 && n == cut {
                "bad"
            } else if n == cut + 1 {
                "warn"
            } else {
                "ok"
            }
        };
        let stops = points
            .iter()
            .enumerate()
            .skip(1)
            .map(|(n, at)| StopMark {
                seq: n as i64,
                lat: at[0],
                lon: at[1],
                tone: s(tone(n)),
                label: format!("Street {n}, 14:5{n}"),
            })
            .collect();
        RouteLine {
            load: format!("load{i}"),
            letter,
            hue,
            driven: points[..=cut].to_vec(),
            ahead: points[cut..].to_vec(),
            stops,
        }
    };
    let routes = vec![
        route(0, &[(4, 3), (4, 1), (6, 1), (6, 3)], 1),
        route(1, &[(-2, 2), (-2, 3), (0, 3), (2, 2), (2, -1), (0, -1), (-1, -3)], 2),
        route(2, &[(-5, -1), (-3, -1), (-3, -4), (1, -4), (3, -3)], 2),
        route(3, &[(-4, 2), (-6, 2), (-6, -2)], 1),
    ];
    let mover = |i: usize, kind: &str, label: &str, heading| {
        let at = routes[i].ahead[0];
        Mover {
            id: format!("m{i}"),
            kind: s(kind),
            label: s(label),
            load: format!("load{i}"),
            letter: routes[i].letter.clone(),
            hue: routes[i].hue,
            lat: at[0],
            lon: at[1],
            heading: Some(heading),
            silent_s: 2,
        }
    };
    let mut movers = vec![
        mover(0, "van", "Van 12", 90.0),
        mover(1, "rider", "Jonas P.", 120.0),
        mover(2, "van", "Van 07", 180.0),
        mover(3, "rider", "Mei L.", 200.0),
    ];
    let at = corner(3, 0);
    movers.push(Mover {
        id: s("w"),
        kind: s("rider"),
        label: s("Wei Z."),
        load: String::new(),
        letter: String::new(),
        hue: 5,
        lat: at[0],
        lon: at[1],
        heading: None,
        silent_s: 190,
    });
    let job = |id: &str, at: [f64; 2], tone: &str| JobMark {
        id: s(id),
        lat: at[0],
        lon: at[1],
        tone: s(tone),
        label: format!("{id} Linden Ave"),
    };
    MapNow {
        sites: vec![
            site("NORTH", "Northgate", "central", corner(5, 4)),
            site("MILL", "Mill Lane", "forward", corner(-2, 2)),
            site("QUAY", "Quayside", "forward", corner(-5, -1)),
            site("P1", "Station", "pickup_point", corner(1, -3)),
        ],
        routes,
        movers,
        jobs: vec![
            job("7QX4", corner(-5, 4), "bad"),
            job("8M2D", corner(3, 3), "warn"),
            job("9FK0", corner(-1, 0), "warn"),
            job("2ZRP", corner(4, -2), "ok"),
            job("5T8A", corner(-4, -4), "ok"),
        ],
    }
}

fn floor(t: Words) -> String {
    let row = |id: &str, tone, en: &str, zh: &str, battery, detail: &str| VehicleRow {
        id: s(id),
        state: (tone, s(t.name(en, zh))),
        battery,
        detail: s(detail),
        on: id == "AGV-12",
    };
    let page = FloorPage {
        t,
        frame: frame(t, "floor", "Northgate floor", "北门仓现场"),
        site: s("NORTH"),
        head: s(t.name("Northgate floor", "北门仓现场")),
        sites: vec![(s("NORTH"), s("Northgate"), true), (s("MILL"), s("Mill Lane"), false)],
        sums: vec![
            (s(t.name("Missions an hour", "每小时搬运")), s("118"), s(t.name("of 120", "目标 120"))),
            (s(t.name("Waiting", "等待")), s("16 %"), s(t.name("of time", "时间占比"))),
            (s(t.name("Lines an hour", "每小时行数")), s("282"), String::new()),
            (s(t.name("Open tasks", "待办")), s("61"), String::new()),
        ],
        alarms: vec![
            Alarm {
                name: s("AGV-17"),
                state: (Tone::Bad, s(t.name("Fault", "故障"))),
                text: s(t.name("Obstacle for 5 min, holds SH-0122.", "障碍物 5 分钟，载有 SH-0122。")),
                case: s("cas_1"),
                vehicle: s("AGV-17"),
                ..Alarm::default()
            },
            Alarm {
                name: s("AGV-09"),
                state: (Tone::Bad, s(t.name("Locked out", "已停用"))),
                text: s(t.name("M. Osei, 14:11: lift motor noise.", "M. Osei，14:11：举升电机异响。")),
                case: String::new(),
                vehicle: s("AGV-09"),
                ..Alarm::default()
            },
        ],
        fleet: vec![
            row("AGV-03", Tone::Info, "Driving", "行驶", 71, "SH-0031"),
            row("AGV-09", Tone::Bad, "Locked out", "停用", 44, ""),
            row("AGV-12", Tone::Info, "Driving", "行驶", 64, "SH-0417"),
            row("AGV-17", Tone::Bad, "Fault", "故障", 52, "SH-0122"),
            row("AGV-21", Tone::Warn, "Driving", "行驶", 12, t.name("to charger 5", "去充电位 5")),
            row("AGV-22", Tone::Ok, "Charging", "充电", 91, ""),
        ],
        work: vec![
            (s(t.name("Pick", "拣货")), 38),
            (s(t.name("Put away", "上架")), 14),
            (s(t.name("Pack", "打包")), 9),
        ],
        may_operate: true,
        panel: Some(VehiclePanel {
            id: s("AGV-12"),
            detail: s("Lift 600, KL-0012"),
            state: (Tone::Info, s(t.name("Driving", "行驶"))),
            facts: vec![
                (s(t.name("Battery", "电量")), s("64 %")),
                (s(t.name("Node", "节点")), s("n_8_6")),
                (s(t.name("Load", "载货")), s("SH-0417")),
            ],
            mission: s("mis_…5VQH"),
            steps: vec![
                MissionStep {
                    tone: Tone::Ok,
                    text: s(t.name("Lift shelf SH-0417 at n_4_2", "在 n_4_2 举起 SH-0417")),
                    now: false,
                },
                MissionStep { tone: Tone::Info, text: s(t.name("Drive to station S3", "驶向工位 S3")), now: true },
                MissionStep { tone: Tone::Off, text: s(t.name("Return to n_4_2", "返回 n_4_2")), now: false },
            ],
            report: [
                ("connectionState", "ONLINE"),
                ("operatingMode", "AUTOMATIC"),
                ("orderUpdateId", "3"),
                ("lastNodeId", "n_8_6"),
                ("driving, paused", "true, false"),
                ("errors", "none"),
            ]
            .map(|(a, b)| (s(a), s(b)))
            .to_vec(),
            locked: false,
            locked_by: String::new(),
            may_lock: true,
            why: Some(why(t)),
        }),
        notice: None,
    };
    page.render().expect("a sample fills its template")
}

fn plan() -> Value {
    let (mut nodes, mut edges, mut bins, mut shelves) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for x in 0..28_i64 {
        for y in 0..18_i64 {
            let kind = if x == 27 && y % 3 == 1 { "charger" } else { "aisle" };
            nodes.push(json!({"id": format!("n_{x}_{y}"), "x_mm": 2500 + x * 1200, "y_mm": 3500 + y * 1200, "kind": kind, "lane": "agv"}));
            for (dx, dy) in [(1, 0), (0, 1)] {
                if x + dx < 28 && y + dy < 18 {
                    edges.push(json!({"from": format!("n_{x}_{y}"), "to": format!("n_{}_{}", x + dx, y + dy), "length_mm": 1200, "lane": "agv", "closed": false, "reason": ""}));
                }
            }
            if x % 6 < 4 && (2..25).contains(&x) && y % 3 < 2 && (2..16).contains(&y) {
                let code = format!("SH-{:04}", x * 18 + y);
                shelves.push(json!({"code": code, "node": format!("n_{x}_{y}")}));
                bins.push(json!({"code": code, "x_mm": 2500 + x * 1200, "y_mm": 3500 + y * 1200}));
            }
        }
    }
    let stations: Vec<Value> = (1..=5).map(|i| json!({"code": format!("S{i}"), "kind": "goods_to_person", "node": format!("n_{}_0", i * 5 - 2), "stand": format!("n_{}_0", i * 5 - 2), "bin": ""})).collect();
    json!({"site": "sit_1", "width_mm": 38_000, "height_mm": 28_000, "nodes": nodes, "edges": edges, "bins": bins, "shelves": shelves, "stations": stations, "agvs": [],
        "zones": [{"code": "A", "name_en": "Mobile shelves, vehicles only", "name_zh": "移动货架区，仅限车辆", "kind": "mobile_shelves", "x_mm": 1800, "y_mm": 5200, "width_mm": 34_000, "height_mm": 19_500}, {"code": "P", "name_en": "Packing, people only", "name_zh": "打包区，仅限人员", "kind": "pack", "x_mm": 1000, "y_mm": 400, "width_mm": 36_000, "height_mm": 2200}],
        "aisles": [{"code": "1", "zone": "A", "from_node": "n_6_2", "to_node": "n_6_15", "one_way": true}, {"code": "2", "zone": "A", "from_node": "n_12_15", "to_node": "n_12_2", "one_way": true}]})
}

fn now() -> FloorNow {
    let seconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    let vehicle =
        |id: &str, x: i64, y: i64, turn: i64, doing: &str, battery, load: &str, path: &[(i64, i64)]| Vehicle {
            id: s(id),
            x_mm: 2500 + x * 1200 + if doing == "driving" { (seconds / 4) % 1200 } else { 0 },
            y_mm: 3500 + y * 1200,
            theta_mrad: turn,
            doing: s(doing),
            word: s(doing),
            battery_permille: battery,
            load: s(load),
            path: path.iter().map(|(x, y)| format!("n_{x}_{y}")).collect(),
        };
    let person = |id: &str, name: &str, letters: &str, x: i64, y: i64| Person {
        id: s(id),
        name: s(name),
        letters: s(letters),
        x_mm: 2500 + x * 1200,
        y_mm: y,
        word: s("Pick"),
    };
    let heat = plan()["shelves"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(i, shelf)| Heat { bin: s(shelf["code"].as_str().unwrap_or("")), level: (i * 7 % 11 / 2) as u8 })
        .filter(|heat| heat.level > 0)
        .collect();
    FloorNow {
        vehicles: vec![
            vehicle("AGV-03", 6, 8, 0, "driving", 710, "SH-0031", &[(8, 8), (12, 8), (12, 4)]),
            vehicle("AGV-12", 8, 4, 0, "driving", 640, "SH-0417", &[(10, 4), (13, 4), (13, 0)]),
            vehicle("AGV-09", 26, 2, 0, "locked", 440, "", &[]),
            vehicle("AGV-17", 18, 11, 1570, "fault", 520, "SH-0122", &[]),
            vehicle("AGV-21", 22, 16, 0, "driving", 120, "", &[(27, 16)]),
            vehicle("AGV-22", 27, 4, 0, "charging", 910, "", &[]),
        ],
        people: vec![
            person("a", "Ana V.", "AV", 3, 2300),
            person("b", "Tomás R.", "TR", 8, 2300),
            person("c", "Priya S.", "PS", 13, 2300),
        ],
        heat,
        closed: vec![[s("n_18_8"), s("n_18_9")]],
        stations: Vec::new(),
    }
}
