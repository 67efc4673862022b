//! A larger house for the desks: a dock, bins that people walk to, a place for
//! doubtful goods, and everybody's names and rights. Deliberately absent: what they do.

use cartage::{
    catalog::{Temperature, by_code},
    identity::Permission,
    layout::{self, BinKind, NewBin, Part, Zone, ZoneKind},
    stock::{self, Account, Goods},
    store::Actor,
};
use serde_json::{Value, json};

use super::{Eyes, Tab};
use crate::{
    house::{House, Persona},
    pages,
};

/// The house, eyes on it, and a machine that may read everything.
pub struct Hall {
    pub house: House,
    pub eyes: Eyes,
    pub secret: String,
    pub all: Persona,
}

impl Hall {
    /// Opens it; `speed` domain seconds go by in one of the wall's.
    pub async fn open(speed: f64) -> Self {
        let house = House::open_at(None, speed).await;
        pages::roads(&house).await;
        more_bins(&house).await;
        let secret = pages::handheld(&house).await;
        let all = house.machine(Permission::ALL).await;
        let eyes = Eyes::open(house.app.base_url());
        Self { house, eyes, secret, all }
    }

    /// Somebody of a role at a desk, signed in on the page where all sign in.
    pub async fn seat(&self, login: &'static str, role: &str) -> Tab {
        self.house.person(login, role).await;
        let tab = self.eyes.desk(login).await;
        tab.open("/login").await;
        tab.sign_in(login, "a long enough secret").await;
        tab.sees("header.top").await;
        tab
    }

    /// Goods that lie in a bin from the beginning.
    pub async fn lay(&self, bin: &str, quantity: i64) {
        let site = self.house.site("NG").await;
        let mut tx = self.house.app.db.begin(Actor::house()).await.unwrap();
        let tea = by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
        let bin = layout::bin_by_code(tx.sql(), site, bin).await.unwrap().unwrap();
        stock::opening(&mut tx, &Goods::plain(tea.id), quantity, Account::bin(site, bin.id)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many sellable teas the books say lie in a bin.
    pub async fn lying(&self, bin: &str, condition: &str) -> i64 {
        let site = self.house.site("NG").await;
        let lying = self.all.get(&format!("/api/v1/stock/bins/{bin}?site={site}")).await;
        let of = |one: &&Value| one["condition"] == condition;
        lying.as_array().unwrap().iter().filter(of).filter_map(|one| one["quantity"].as_i64()).sum()
    }

    /// Places an order of teas; its id and number.
    pub async fn order(&self, quantity: i64, payment: Value) -> (String, String) {
        let placed = self.placed(quantity, payment).await;
        (placed["id"].as_str().unwrap().to_owned(), placed["number"].as_str().unwrap().to_owned())
    }

    /// The same, all that its caller is told.
    pub async fn placed(&self, quantity: i64, payment: Value) -> Value {
        let body = json!({"channel": "web", "lines": [{"sku": "TEA-1", "quantity": quantity}],
            "recipient": {"name": "Ann Lee", "phone": "13812345678"},
            "address": {"street": "20 Mill Row", "detail": "3-1204", "lat": 30.1, "lon": 123.401},
            "delivery": {"mode": "home", "service": "same_day"}, "payment": payment});
        self.all.done("/api/v1/orders", body).await
    }

    /// Ends everything; the ledger must add up, and no picture may show a fault.
    pub async fn close(self, tabs: Vec<Tab>) {
        for tab in tabs {
            tab.client.close().await.unwrap();
        }
        let audit = self.all.get("/api/v1/ledger/audit").await;
        for (what, differing) in audit.as_object().unwrap() {
            assert_eq!(*differing, json!([]), "{what}");
        }
        self.eyes.close();
        self.house.close().await;
    }
}

/// `payment` of an order by a card that works.
pub fn card() -> Value {
    json!({"method": "test_card"})
}

async fn more_bins(house: &House) {
    let zone = |code: &str, name: &str, name_zh: &str, kind| {
        let (code, name_en, name_zh) = (code.into(), name.into(), name_zh.into());
        let (temperature, x_mm, y_mm) = (Temperature::Ambient, 0, 9_000);
        Part::Zone(Zone { code, name_en, name_zh, kind, temperature, x_mm, y_mm, width_mm: 6_000, height_mm: 3_000 })
    };
    let bin = |code: &str, zone: &str, kind| {
        Part::Bin(NewBin {
            code: code.into(),
            zone: zone.into(),
            kind,
            node: "W1".into(),
            x_mm: 4_000,
            y_mm: 4_000,
            level: 1,
            temperature: Temperature::Ambient,
            max_weight_g: 100_000,
            max_volume_ml: 100_000,
            shelf: None,
        })
    };
    let parts = [
        zone("D", "Dock", "月台", ZoneKind::Dock),
        zone("A", "Aisle A", "A 区", ZoneKind::Racks),
        zone("Q", "Doubtful goods", "待处理区", ZoneKind::Racks),
        bin("DOCK-1", "D", BinKind::Dock),
        bin("A-1", "A", BinKind::Pick),
        bin("A-2", "A", BinKind::Pick),
        bin("Q-1", "Q", BinKind::Damaged),
    ];
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    layout::draw(&mut tx, site, &parts).await.unwrap();
    tx.commit().await.unwrap();
}
