//! `access.json`: how to reach a running demo, and as whom.
//!
//! Plain data; the file itself, and who may read it, is the caller's affair.

use crate::world::World;
use crate::world::people::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the token that may do everything; the caller brings it.
pub const ADMIN: &str = "admin";
/// The token with which storefronts place orders.
pub const SHOP: &str = "shop";
/// The token that reads facts and the ledger, and changes nothing.
pub const EYE: &str = "eye";

/// Keys of one persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The role's name.
    pub persona: String,
    pub name: String,
    pub login: String,
    pub password: String,
    /// What the badge says; empty for who has none.
    #[serde(default)]
    pub badge: String,
    #[serde(default)]
    pub pin: String,
    /// Code of the only site where the role holds.
    #[serde(default)]
    pub site: Option<String>,
}

/// Everything one needs to act in a demo.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub base_url: String,
    /// Such as `mqtt://127.0.0.1:1883`.
    #[serde(default)]
    pub mqtt: String,
    /// One for each person of the world.
    #[serde(default)]
    pub logins: Vec<Login>,
    /// By name.
    #[serde(default)]
    pub tokens: BTreeMap<String, String>,
    /// Enrolment secret of the handhelds of each site, by the site's code.
    #[serde(default)]
    pub devices: BTreeMap<String, String>,
    /// The seed of the world that is in the server; none before it is.
    #[serde(default)]
    pub world_seed: Option<u64>,
}

impl Access {
    /// Access with nothing but the token that may do everything.
    pub fn new(base_url: &str, mqtt: &str, admin_token: &str) -> Self {
        let tokens = BTreeMap::from([(ADMIN.to_owned(), admin_token.to_owned())]);
        Self { base_url: base_url.to_owned(), mqtt: mqtt.to_owned(), tokens, ..Self::default() }
    }

    /// The token of that name, or "".
    pub fn token(&self, name: &str) -> &str {
        self.tokens.get(name).map_or("", String::as_str)
    }

    /// Everyone of that role.
    pub fn all(&self, role: Role) -> impl Iterator<Item = &Login> {
        self.logins.iter().filter(move |login| login.persona == role_name(role))
    }
}

/// The keys of everyone in the world.
pub fn logins(world: &World) -> Vec<Login> {
    let login = |person: &crate::world::people::Person| Login {
        persona: role_name(person.role).to_owned(),
        name: person.name_en.clone(),
        login: person.login.clone(),
        password: person.password.clone(),
        badge: person.badge.clone(),
        pin: person.pin.clone(),
        site: person.site.clone(),
    };
    world.people.people.iter().map(login).collect()
}

/// The name of the built-in role.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Supervisor => "supervisor",
        Role::Worker => "worker",
        Role::Inventory => "inventory",
        Role::Technician => "technician",
        Role::Dispatcher => "dispatcher",
        Role::Rider => "rider",
        Role::Driver => "driver",
        Role::CustomerService => "customer_service",
        Role::Director => "director",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scale;

    #[test]
    fn everyone_has_a_key_and_the_file_reads_back() {
        let world = World::generate(7, Scale::City);
        let mut access = Access::new("http://127.0.0.1:8080", "mqtt://127.0.0.1:1883", "ctk_x");
        access.logins = logins(&world);
        assert_eq!(access.token(ADMIN), "ctk_x");
        assert_eq!(access.token("nobody"), "");
        assert_eq!(access.all(Role::Driver).count(), 16);
        let text = serde_json::to_string_pretty(&access).expect("plain data");
        assert_eq!(serde_json::from_str::<Access>(&text).expect("what was written"), access);
    }

    #[test]
    fn role_names_are_those_of_the_world() {
        for role in [Role::CustomerService, Role::Rider, Role::Inventory] {
            assert_eq!(serde_json::to_value(role).expect("a word"), role_name(role));
        }
    }
}
