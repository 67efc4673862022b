//! The generated world: a city, a shop, warehouses, people and opening stock,
//! all from one seed.
//!
//! Pure data without clock or IO: the same seed gives the same bytes. How the
//! world gets into a server is the business of whoever starts one.

pub mod catalog;
pub mod city;
pub mod floor;
pub mod geo;
pub mod people;
pub mod sites;
pub mod stock;

use catalog::Catalog;
use city::City;
use floor::Floor;
use people::People;
use serde::{Deserialize, Serialize};
use sites::Site;
use stock::OpeningStock;

/// How much world is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// One central warehouse with one vehicle and one worker, two dozen
    /// articles, the whole city round it: for quick tests.
    Tiny,
    /// Everything.
    City,
}

/// All that is there before the first order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    pub seed: u64,
    pub scale: Scale,
    pub city: City,
    pub catalog: Catalog,
    /// The central warehouse stands first.
    pub sites: Vec<Site>,
    /// In the order of their sites; pick-up points have none.
    pub floors: Vec<Floor>,
    pub people: People,
    pub stock: Vec<OpeningStock>,
}

impl World {
    /// Builds the world of `seed`; a few dozen milliseconds for a city.
    pub fn generate(seed: u64, scale: Scale) -> Self {
        let city = City::generate(seed);
        let catalog = match scale {
            Scale::Tiny => Catalog::corner_shop(seed),
            Scale::City => Catalog::generate(seed),
        };
        let sites = sites::generate(&city, scale);
        let floors: Vec<Floor> = sites.iter().filter_map(|site| floor::generate(site, scale)).collect();
        let people = people::generate(&city, &sites, scale, seed);
        let stock = stock::generate(&catalog, &sites, &floors, seed);
        Self { seed, scale, city, catalog, sites, floors, people, stock }
    }

    /// The site of that code.
    pub fn site(&self, code: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.code == code)
    }

    /// The floor of the site of that code.
    pub fn floor(&self, site: &str) -> Option<&Floor> {
        self.floors.iter().find(|floor| floor.site == site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        for scale in [Scale::Tiny, Scale::City] {
            let bytes = |seed| serde_json::to_vec(&World::generate(seed, scale)).expect("plain data");
            let first = bytes(7);
            assert!(first == bytes(7), "{scale:?} differs from itself");
            assert!(first != bytes(8), "{scale:?} does not depend on the seed");
        }
    }

    #[test]
    fn a_city_is_quickly_built() {
        let start = std::time::Instant::now();
        let world = World::generate(1, Scale::City);
        let took = start.elapsed();
        assert_eq!(world.sites.len(), 8);
        // Measured at about 50 ms; the bound leaves room for a busy machine.
        assert!(took.as_millis() < 1_500, "{took:?}");
    }

    #[test]
    fn the_world_survives_json() {
        let world = World::generate(2, Scale::Tiny);
        let text = serde_json::to_string(&world).expect("plain data");
        let back: World = serde_json::from_str(&text).expect("what was written");
        assert_eq!(back, world);
    }
}
