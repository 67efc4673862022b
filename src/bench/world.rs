//! The world in which Cartage is measured: a few sites that ship at all hours, many
//! articles of which four are hot, shoppers all over the town. Everything follows
//! from a seed. Deliberately absent: floors and vehicles; an order is measured from
//! the click to the promise.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::{
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    checkout::{Delivery, Pay, PlaceOrder, Want},
    kernel::*,
    network::{self, Hours, NewService, NewSite, SiteKind},
    orders::{DeliveryMode, ShortPolicy},
    parties::{Address, NewContact},
    payments::{Method, TestCard},
    stock::{self, Account, Goods},
    store::{Actor, Db},
};

/// How the world is furnished.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Sites that ship.
    pub sites: usize,
    /// Articles in all.
    pub articles: usize,
    /// The first so many are hot.
    pub hot: usize,
    /// Units of each hot article at each site.
    pub hot_stock: i64,
    /// Units of each other article at each site.
    pub stock: i64,
}

impl Default for Size {
    fn default() -> Self {
        Self { sites: 3, articles: 2_000, hot: 4, hot_stock: 900_000, stock: 900_000 }
    }
}

const CENTRE: Coord = Coord { lat: 30.1, lon: 123.4 };

/// The code of an article.
pub fn code(article: usize) -> String {
    format!("A{article}")
}

fn names(text: &str) -> Names {
    Names { en: text.to_owned(), zh: text.to_owned() }
}

/// Furnishes an empty database; returns the sites.
pub async fn furnish(db: &Db, size: Size) -> Result<Vec<SiteId>, Stop> {
    let mut sites = Vec::new();
    let mut tx = db.begin(Actor::house()).await?;
    for n in 0..size.sites {
        sites.push(site(&mut tx, n).await?);
    }
    tx.commit().await?;
    let articles: Vec<usize> = (0..size.articles).collect();
    for some in articles.chunks(500) {
        let mut tx = db.begin(Actor::house()).await?;
        for article in some {
            let sku = catalog::define(&mut tx, &article_of(*article), None).await?.id;
            let quantity = if *article < size.hot { size.hot_stock } else { size.stock };
            for site in sites.iter().filter(|_| quantity > 0) {
                let bin = tx.id();
                stock::opening(&mut tx, &Goods::plain(sku), quantity, Account::bin(*site, bin)).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(sites)
}

async fn site(tx: &mut crate::store::Tx, n: usize) -> Result<SiteId, Stop> {
    let step = f64::from(u32::try_from(n).unwrap_or(0)) * 0.03;
    let new = NewSite {
        code: format!("S{n}"),
        name: names(&format!("Site {n}")),
        kind: if n == 0 { SiteKind::Central } else { SiteKind::Forward },
        coord: Coord { lat: CENTRE.lat + step, lon: CENTRE.lon - step },
        street: "1 Mill Lane".to_owned(),
        time_zone: "UTC".to_owned(),
        hours: Hours::always(),
        lines_per_hour: 1_000_000,
        ship_cost_minor: 240,
        cost_per_km_minor: 140,
        service_radius_m: 0,
        area: Vec::new(),
        compartments: 0,
        active: true,
    };
    let site = network::define_site(tx, &new).await?;
    for (service, lead_ms) in [(network::SAME_DAY, 45 * 60_000), (network::NEXT_DAY, 8 * 3_600_000)] {
        let service = NewService { service: service.to_owned(), cutoff_minute: 1_320, lead_ms };
        network::put_service(tx, site.id, &service).await?;
    }
    Ok(site.id)
}

fn article_of(article: usize) -> NewArticle {
    NewArticle {
        code: code(article),
        name: names(&format!("Article {article}")),
        category: Category { code: "all".into(), en: "All".into(), zh: "全部".into() },
        gtin: None,
        price_minor: 990,
        length_mm: 100,
        width_mm: 100,
        height_mm: 10,
        weight_g: 100,
        temperature: Temperature::Ambient,
        lot_rule: LotRule::None,
        serial_tracked: false,
        image: String::new(),
        active: true,
        popularity: 1,
        barcodes: Vec::new(),
        parts: Vec::new(),
    }
}

/// A shopper with a will of his own.
pub struct Shopper {
    rng: ChaCha20Rng,
    size: Size,
}

impl Shopper {
    /// The same for the same seed.
    pub fn seeded(seed: u64, size: Size) -> Self {
        Self { rng: ChaCha20Rng::seed_from_u64(seed), size }
    }

    /// An order of two lines; every other order has a hot article in its first line.
    pub fn order(&mut self) -> PlaceOrder {
        let (hot, all) = (self.size.hot.max(1), self.size.articles.max(2));
        let first = if self.rng.random_bool(0.5) { self.rng.random_range(0..hot) } else { self.other(hot, all) };
        let lines = [first, self.other(hot, all)]
            .map(|article| Want { sku: code(article), quantity: 1, external_line_id: None })
            .to_vec();
        self.basket(lines)
    }

    fn other(&mut self, hot: usize, all: usize) -> usize {
        self.rng.random_range(hot.min(all - 1)..all)
    }

    /// An order of these lines, paid by card.
    pub fn basket(&mut self, lines: Vec<Want>) -> PlaceOrder {
        let (lat, lon) = (CENTRE.lat + self.nearby(), CENTRE.lon + self.nearby());
        PlaceOrder {
            channel: "bench".to_owned(),
            external_order_id: None,
            lines,
            recipient: NewContact { name: "Ann Lee".to_owned(), phone: "13800138000".to_owned(), email: String::new() },
            address: Address {
                country: String::new(),
                province: String::new(),
                city: "Test".to_owned(),
                district: String::new(),
                street: format!("{} Mill Lane", self.rng.random_range(1..900)),
                detail: "3-201".to_owned(),
                postcode: String::new(),
                adcode: String::new(),
                raw: String::new(),
                lat,
                lon,
                confidence: 100,
            },
            delivery: Delivery {
                mode: DeliveryMode::Home,
                service: network::NEXT_DAY.to_owned(),
                pickup_point: None,
                window: None,
            },
            payment: Pay { method: Method::TestCard, card: TestCard::Ok },
            short_policy: ShortPolicy::ShipPart,
            note: String::new(),
            invoice: None,
            shopper_ref: None,
            from_holds: Vec::new(),
        }
    }

    /// Degrees, with four decimals: about ten metres.
    fn nearby(&mut self) -> f64 {
        f64::from(self.rng.random_range(-400_i32..400)) / 10_000.0
    }

    /// A fresh idempotency key.
    pub fn key(&mut self) -> String {
        format!("{:032x}", (u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64()))
    }
}
