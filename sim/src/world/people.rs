//! Everyone who works in the city, with the keys they sign in with, and the
//! vans and bikes they ride.
//!
//! Names are invented. Telephone numbers lie in the range that Ofcom keeps for
//! drama (+44 7700 900000 to 900999), so that no real telephone ever rings.
//! Passwords and PINs come from the seed: they guard a demo and nothing else.

use super::Scale;
use super::city::{City, LatLon};
use super::sites::{Site, SiteKind};
use crate::seed::{Chance, stream};
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Given names in English and Chinese spelling.
const GIVEN: &str = "Mei=美 Lin=琳 Hao=浩 Lei=雷 Jun=军 Yan=燕 Bo=博 Xin=欣 Tao=涛 Ying=英 Wei=伟 Fang=芳 \
    Amir=阿米尔 Jonas=乔纳斯 Lucia=露西亚 Priya=普丽娅 Ravi=拉维 Ana=安娜 Tomas=托马斯 Kofi=科菲 Nora=诺拉 \
    Ingrid=英格丽 Matteo=马泰奥 Aisha=艾莎 Diego=迭戈 Hana=花 Samuel=塞缪尔 Olga=奥尔加 Chidi=奇迪 \
    Freya=弗蕾娅 Yusuf=优素福 Leila=莱拉 Marek=马雷克 Sofia=索菲亚 Daniel=丹尼尔 Grace=格蕾丝";

/// Family names in English and Chinese spelling.
const FAMILY: &str = "Chen=陈 Zhou=周 Lin=林 Wang=王 Zhao=赵 Xu=徐 Gao=高 Luo=罗 Shen=沈 Tang=唐 Osei=奥塞 \
    Petrov=彼得罗夫 Karim=卡里姆 Rossi=罗西 Sharma=夏尔马 Becker=贝克尔 Vargas=巴尔加斯 Mensah=门萨 \
    Keller=凯勒 Haddad=哈达德 Novak=诺瓦克 Brandt=勃兰特 Silva=席尔瓦 Okafor=奥卡福 Lindqvist=林奎斯特 \
    Tanaka=田中 Moreau=莫罗 Byrne=伯恩 Dogan=多安 Ferreira=费雷拉";

/// What somebody does; the names of the built-in roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Supervisor,
    Worker,
    Inventory,
    Technician,
    Dispatcher,
    Rider,
    Driver,
    CustomerService,
    Director,
}

/// How riders go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ride {
    Bike,
    CargoBike,
    Scooter,
    Van,
}

impl Ride {
    /// Mean speed in the streets, km/h.
    pub const fn speed_kmh(self) -> u32 {
        match self {
            Ride::Bike => 20,
            Ride::CargoBike => 22,
            Ride::Scooter => 30,
            Ride::Van => 45,
        }
    }

    /// What it carries: grams and millilitres.
    pub const fn capacity(self) -> (i64, i64) {
        match self {
            Ride::Bike => (15_000, 60_000),
            Ride::CargoBike => (80_000, 350_000),
            Ride::Scooter => (25_000, 90_000),
            Ride::Van => (900_000, 6_000_000),
        }
    }
}

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub login: String,
    pub password: String,
    /// What the badge's barcode says.
    pub badge: String,
    /// Four digits.
    pub pin: String,
    pub name_en: String,
    pub name_zh: String,
    pub phone: String,
    /// `en` or `zh`.
    pub lang: String,
    pub role: Role,
    /// The only site where the role holds; none means everywhere.
    pub site: Option<String>,
}

/// A rider or driver, by login, with the place where the shift begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rider {
    pub login: String,
    pub ride: Ride,
    pub lat: f64,
    pub lon: f64,
    /// Road node of the start.
    pub node: u32,
    /// Carries chilled and frozen goods.
    pub insulated: bool,
    /// The van of a driver.
    pub vehicle: Option<String>,
}

/// A van of the own fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    pub code: String,
    pub name_en: String,
    pub name_zh: String,
    pub site: String,
    pub driver: String,
    pub max_weight_g: i64,
    pub max_volume_ml: i64,
    pub insulated: bool,
}

/// Everyone and what they ride.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct People {
    pub people: Vec<Person>,
    pub riders: Vec<Rider>,
    pub vehicles: Vec<Vehicle>,
}

/// Hires the staff of every site, and the riders and drivers of the city.
pub fn generate(city: &City, sites: &[Site], scale: Scale, seed: u64) -> People {
    let mut hiring = Hiring::new(seed);
    hiring.hire(Role::Admin, None);
    hiring.hire(Role::Director, None);
    hiring.hire(Role::Dispatcher, None);
    hiring.hire(Role::CustomerService, None);
    for site in sites {
        let (workers, supervisors) = match (site.kind, scale) {
            (SiteKind::PickupPoint, _) => (0, 0),
            (_, Scale::Tiny) => (1, 1),
            (SiteKind::Central, Scale::City) => (10, 2),
            (SiteKind::Forward, Scale::City) => (3, 1),
        };
        for _ in 0..supervisors {
            hiring.hire(Role::Supervisor, Some(&site.code));
        }
        for _ in 0..workers {
            hiring.hire(Role::Worker, Some(&site.code));
        }
        if site.kind == SiteKind::Central {
            hiring.hire(Role::Inventory, Some(&site.code));
            hiring.hire(Role::Technician, Some(&site.code));
        }
    }
    match scale {
        Scale::Tiny => {
            hiring.put_on_wheels(city, &sites[0], Ride::CargoBike);
            hiring.put_on_wheels(city, &sites[0], Ride::Van);
        }
        Scale::City => {
            for site in sites.iter().filter(|site| site.kind != SiteKind::PickupPoint) {
                for ride in rides_of(site.kind) {
                    hiring.put_on_wheels(city, site, *ride);
                }
            }
        }
    }
    // Last, so that they move nobody else's luck: one clerk at each counter.
    for site in sites.iter().filter(|site| site.kind == SiteKind::PickupPoint) {
        hiring.hire(Role::Worker, Some(&site.code));
    }
    hiring.staff
}

/// Who waits for work near a site when the day begins.
fn rides_of(kind: SiteKind) -> &'static [Ride] {
    match kind {
        // Most of what is ordered leaves from here.
        SiteKind::Central => {
            use Ride::*;
            &[
                Van, Van, Van, Van, Van, Van, Van, Van, Van, Van, Van, Van, Scooter, Scooter, Scooter, CargoBike,
                CargoBike, Scooter, Scooter, CargoBike, Scooter,
            ]
        }
        SiteKind::Forward => &[Ride::Van, Ride::Bike, Ride::Scooter, Ride::Scooter, Ride::CargoBike],
        SiteKind::PickupPoint => &[],
    }
}

/// A pair of names in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub en: String,
    pub zh: String,
    /// Lower-case letters for a login or a mail address.
    pub plain: String,
}

/// A name from the vocabulary; different people may share one.
pub fn random_name(chance: &mut Chance) -> Name {
    let pick = |table: &'static str, chance: &mut Chance| {
        let all: Vec<_> = table.split_whitespace().filter_map(|w| w.split_once('=')).collect();
        all[chance.random_range(0..all.len())]
    };
    let given = pick(GIVEN, chance);
    let family = pick(FAMILY, chance);
    // A Chinese reader expects short names together and long ones dotted.
    let zh = if given.1.chars().count() + family.1.chars().count() <= 3 {
        format!("{}{}", family.1, given.1)
    } else {
        format!("{}·{}", given.1, family.1)
    };
    Name { en: format!("{} {}", given.0, family.0), zh, plain: format!("{}.{}", given.0, family.0).to_lowercase() }
}

/// A telephone number that nobody has.
pub fn random_phone(chance: &mut Chance) -> String {
    format!("+447700900{:03}", chance.random_range(0..1_000))
}

struct Hiring {
    chance: Chance,
    taken: BTreeSet<String>,
    staff: People,
}

impl Hiring {
    fn new(seed: u64) -> Self {
        Self {
            chance: stream(seed, "people", 0),
            taken: BTreeSet::new(),
            staff: People { people: Vec::new(), riders: Vec::new(), vehicles: Vec::new() },
        }
    }

    /// Hires somebody whose name nobody else has, and answers the login.
    fn hire(&mut self, role: Role, site: Option<&str>) -> String {
        let name = loop {
            let name = random_name(&mut self.chance);
            if self.taken.insert(name.plain.clone()) {
                break name;
            }
        };
        let number = self.staff.people.len() as u32 + 1;
        let chance = &mut self.chance;
        let person = Person {
            login: name.plain.clone(),
            password: password(chance),
            badge: format!("HB{number:04}{:04}", chance.random_range(0..10_000)),
            pin: format!("{:04}", chance.random_range(0..10_000)),
            name_en: name.en,
            name_zh: name.zh,
            phone: random_phone(chance),
            lang: if number.is_multiple_of(3) { "zh" } else { "en" }.to_owned(),
            role,
            site: site.map(str::to_owned),
        };
        self.staff.people.push(person);
        name.plain
    }

    /// Hires a rider or driver who starts the shift near the site.
    fn put_on_wheels(&mut self, city: &City, site: &Site, ride: Ride) {
        let van = ride == Ride::Van;
        let role = if van { Role::Driver } else { Role::Rider };
        let login = self.hire(role, None);
        let node = if van { site.node } else { near(city, site.place(), &mut self.chance) };
        let LatLon { lat, lon } = city.node_place(node);
        let vehicle = van.then(|| self.add_van(site, &login));
        self.staff.riders.push(Rider { login, ride, lat, lon, node, insulated: ride != Ride::Bike, vehicle });
    }

    fn add_van(&mut self, site: &Site, driver: &str) -> String {
        let number = self.staff.vehicles.len() + 1;
        let (max_weight_g, max_volume_ml) = Ride::Van.capacity();
        let code = format!("VAN-{number:02}");
        self.staff.vehicles.push(Vehicle {
            code: code.clone(),
            name_en: format!("Van {number:02}, chilled"),
            name_zh: format!("{number:02} 号冷藏车"),
            site: site.code.clone(),
            driver: driver.to_owned(),
            max_weight_g,
            max_volume_ml,
            insulated: true,
        });
        code
    }
}

/// A crossing within half a kilometre of the place, or the nearest one.
fn near(city: &City, place: LatLon, chance: &mut Chance) -> u32 {
    let plane = city.plane();
    let here = plane.to_point(place);
    let mut close: Vec<u32> = city
        .nodes
        .iter()
        .map(|node| node.id)
        .filter(|&id| plane.to_point(city.node_place(id)).distance(here) < 500.0)
        .collect();
    close.shuffle(chance);
    close.first().copied().unwrap_or_else(|| city.nearest_node(place))
}

/// Four short syllables and two digits, easy to read aloud.
fn password(chance: &mut Chance) -> String {
    const FIRST: &[u8] = b"bdfgklmnprstvz";
    const SECOND: &[u8] = b"aeiou";
    let mut word = String::new();
    for _ in 0..5 {
        word.push(char::from(FIRST[chance.random_range(0..FIRST.len())]));
        word.push(char::from(SECOND[chance.random_range(0..SECOND.len())]));
    }
    format!("{word}-{:02}", chance.random_range(10..100))
}

#[cfg(test)]
mod tests {
    use super::super::sites;
    use super::*;

    #[test]
    fn every_persona_can_sign_in_with_keys_of_their_own() {
        let city = City::generate(7);
        let places = sites::generate(&city, Scale::City);
        let staff = generate(&city, &places, Scale::City, 7);
        let count = |role| staff.people.iter().filter(|p| p.role == role).count();
        // Warehouses, and a clerk at each pick-up point.
        assert_eq!(count(Role::Worker), 10 + 4 * 3 + 3);
        assert_eq!(count(Role::Rider) + count(Role::Driver), staff.riders.len());
        for role in [Role::Admin, Role::Supervisor, Role::Inventory, Role::Technician] {
            assert!(count(role) > 0, "{role:?}");
        }
        let keys = |key: fn(&Person) -> &String| staff.people.iter().map(key).collect::<BTreeSet<_>>().len();
        assert_eq!(keys(|p| &p.login), staff.people.len());
        assert_eq!(keys(|p| &p.badge), staff.people.len());
        for person in &staff.people {
            assert_eq!(person.pin.len(), 4);
            assert!(person.password.len() >= 12 && person.phone.starts_with("+447700900"));
        }
    }

    #[test]
    fn each_van_has_one_driver_at_its_gate() {
        let city = City::generate(7);
        let places = sites::generate(&city, Scale::City);
        let staff = generate(&city, &places, Scale::City, 7);
        assert_eq!(staff.vehicles.len(), 12 + 4);
        for van in &staff.vehicles {
            let driver = staff.riders.iter().find(|r| r.login == van.driver).expect("a driver");
            assert_eq!(driver.vehicle.as_deref(), Some(van.code.as_str()));
            let home = places.iter().find(|site| site.code == van.site).expect("a site");
            assert_eq!(driver.node, home.node);
        }
    }

    #[test]
    fn the_tiny_world_has_one_worker() {
        let city = City::generate(7);
        let places = sites::generate(&city, Scale::Tiny);
        let staff = generate(&city, &places, Scale::Tiny, 7);
        let workers = staff.people.iter().filter(|p| p.role == Role::Worker);
        assert_eq!(workers.count(), 1);
    }
}
