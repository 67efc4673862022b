//! What shoppers want: order `i` of a seed is a pure function of the world.
//!
//! Orders come in groups of four at one moment; some groups reach for a scarce
//! article together, so that several shoppers race for its last units. Nothing
//! here knows how an order is sent.

use crate::seed::{Chance, stream};
use crate::world::World;
use crate::world::catalog::Sku;
use crate::world::city::Address;
use crate::world::people::{Name, random_name, random_phone};
use crate::world::sites::SiteKind;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Orders that are placed at the same moment.
pub const GROUP: u64 = 4;
/// Domain time from one group to the next, on average.
const GROUP_GAP_MS: i64 = 15_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketLine {
    pub sku: String,
    pub quantity: i64,
    /// One of the two articles of which there are too few: when it is refused,
    /// the shopper orders the rest.
    pub scarce: bool,
}

/// How the shopper pays; the names of the order API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    TestCard,
    CashOnDelivery,
}

/// What the shopper wants to happen when goods are missing everywhere. Who waits is
/// asked again by customer service after some minutes, so that a demo comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortPolicy {
    ShipPart,
    Cancel,
    Wait,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub phone: String,
    pub email: String,
    /// `en` or `zh`.
    pub lang: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub title: String,
    pub tax_id: String,
    pub email: String,
}

/// An order as a shopper has it in mind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShopperOrder {
    pub index: u64,
    /// The shop's own number, unique within a seed; also fit as the key that
    /// keeps a repeated request from becoming a second order.
    pub external_order_id: String,
    /// Domain milliseconds from the opening of the shop.
    pub at_ms: i64,
    pub lines: Vec<BasketLine>,
    pub contact: Contact,
    pub address: Address,
    /// Code of a pick-up point; none means to the door.
    pub pickup_point: Option<String>,
    /// Wanted window, in domain milliseconds from the order on.
    pub window_ms: Option<(i64, i64)>,
    pub payment: Payment,
    pub short_policy: ShortPolicy,
    pub note: Option<String>,
    pub invoice: Option<Invoice>,
}

/// Order `index` of `seed` in `world`.
pub fn shopper_order(world: &World, seed: u64, index: u64) -> ShopperOrder {
    let mut chance = stream(seed, "order", index);
    let lines = basket(world, index, &mut chance);
    let name = random_name(&mut chance);
    let chinese = chance.random_bool(0.5);
    let address = world.city.random_address(&mut chance);
    let pickup_point = pickup_point(world, &mut chance);
    let cash = pickup_point.is_none() && chance.random_range(0..4) == 0;
    ShopperOrder {
        index,
        external_order_id: format!("S{seed}-{index:06}"),
        at_ms: arrival_ms(seed, index),
        lines,
        contact: Contact {
            name: if chinese { name.zh.clone() } else { name.en.clone() },
            phone: random_phone(&mut chance),
            email: format!("{}@shopper.example", name.plain),
            lang: if chinese { "zh" } else { "en" }.to_owned(),
        },
        address,
        pickup_point,
        window_ms: match chance.random_range(0..10) {
            0..=5 => None,
            6..=8 => Some((0, 2 * 3_600_000)),
            _ => Some((0, 4 * 3_600_000)),
        },
        payment: if cash { Payment::CashOnDelivery } else { Payment::TestCard },
        short_policy: match chance.random_range(0..5) {
            0 => ShortPolicy::Cancel,
            1 => ShortPolicy::Wait,
            _ => ShortPolicy::ShipPart,
        },
        note: note(chinese, &mut chance),
        invoice: invoice(&name, chinese, &mut chance),
    }
}

/// When the group of the order arrives: the same moment for all its members.
fn arrival_ms(seed: u64, index: u64) -> i64 {
    let group = index / GROUP;
    let jitter = stream(seed, "arrival", group).random_range(0..GROUP_GAP_MS / 2);
    group as i64 * GROUP_GAP_MS + jitter
}

/// Which scarce article the members of a group reach for: three of four in the
/// groups 0, 4, 12, 20, ... the first, in 1, 5, 13, 21, ... the second.
fn scarce_wish(index: u64) -> Option<usize> {
    let (group, member) = (index / GROUP, index % GROUP);
    if member == GROUP - 1 {
        return None;
    }
    match (group, group % 8) {
        (0, _) | (_, 4) => Some(0),
        (1, _) | (_, 5) => Some(1),
        _ => None,
    }
}

/// One to five articles, mostly few; a scarce wish never stands alone.
fn basket(world: &World, index: u64, chance: &mut Chance) -> Vec<BasketLine> {
    let wish = scarce_wish(index);
    let size = match chance.random_range(0..100) {
        0..=29 => 1,
        30..=57 => 2,
        58..=79 => 3,
        80..=92 => 4,
        _ => 5,
    };
    let size = if wish.is_some() { size.max(2) } else { size };
    let mut lines: Vec<BasketLine> = Vec::new();
    if let Some(which) = wish {
        lines.push(BasketLine { sku: world.catalog.scarce[which].clone(), quantity: 1, scarce: true });
    }
    while lines.len() < size {
        let sku = world.catalog.draw(chance);
        if lines.iter().any(|line| line.sku == sku.code) {
            continue;
        }
        lines.push(BasketLine { sku: sku.code.clone(), quantity: quantity(sku, chance), scarce: false });
    }
    lines
}

/// One of what is heavy or dear, sometimes more of the rest.
fn quantity(sku: &Sku, chance: &mut Chance) -> i64 {
    let single = sku.weight_g > 3_000 || sku.price_minor > 8_000;
    match chance.random_range(0..100) {
        _ if single => 1,
        0..=67 => 1,
        68..=88 => 2,
        89..=96 => 3,
        _ => chance.random_range(4..=6),
    }
}

/// One order in seven goes to a pick-up point, where there is one.
fn pickup_point(world: &World, chance: &mut Chance) -> Option<String> {
    let points: Vec<_> = world.sites.iter().filter(|site| site.kind == SiteKind::PickupPoint).collect();
    if points.is_empty() || chance.random_range(0..7) > 0 {
        return None;
    }
    Some(points[chance.random_range(0..points.len())].code.clone())
}

const NOTES: [(&str, &str); 7] = [
    ("The bell is broken, please knock.", "门铃坏了，请敲门。"),
    ("Second door in the yard.", "院子里第二个门。"),
    ("The baby sleeps, please be quiet.", "宝宝在睡觉，请轻声。"),
    ("Leave it with the porter if I am out.", "不在家请放门卫处。"),
    ("Dog in the garden, he is friendly.", "院里有狗，很友善。"),
    ("Ripe bananas if you can choose.", "香蕉请选熟一点的。"),
    ("Lift is out of order, sorry.", "电梯坏了，辛苦了。"),
];

/// One order in five has a word for the rider or the picker.
fn note(chinese: bool, chance: &mut Chance) -> Option<String> {
    let pick = chance.random_range(0..NOTES.len() * 5);
    let (en, zh) = NOTES.get(pick)?;
    Some(if chinese { *zh } else { *en }.to_owned())
}

/// One order in twelve wants an invoice.
fn invoice(name: &Name, chinese: bool, chance: &mut Chance) -> Option<Invoice> {
    if chance.random_range(0..12) > 0 {
        return None;
    }
    let title = if chinese { format!("{}工作室", name.zh) } else { format!("Studio {}", name.en) };
    Some(Invoice {
        title,
        tax_id: format!("HB{:010}", chance.random_range(0..10_000_000_000u64)),
        email: format!("books.{}@shopper.example", name.plain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scale;
    use crate::world::stock::SCARCE_UNITS;
    use std::collections::BTreeSet;

    #[test]
    fn an_order_depends_on_seed_and_index_alone() {
        let world = World::generate(7, Scale::City);
        let third = shopper_order(&world, 7, 3);
        shopper_order(&world, 7, 2);
        assert_eq!(shopper_order(&world, 7, 3), third);
        assert_ne!(shopper_order(&world, 8, 3).contact, third.contact);
        let ids: BTreeSet<_> = (0..200).map(|i| shopper_order(&world, 7, i).external_order_id).collect();
        assert_eq!(ids.len(), 200);
    }

    #[test]
    fn baskets_are_sane_in_both_worlds() {
        for scale in [Scale::Tiny, Scale::City] {
            let world = World::generate(5, scale);
            for index in 0..300 {
                let order = shopper_order(&world, 5, index);
                assert!((1..=5).contains(&order.lines.len()));
                let skus: BTreeSet<_> = order.lines.iter().map(|line| &line.sku).collect();
                assert_eq!(skus.len(), order.lines.len());
                assert!(order.lines.iter().any(|line| !line.scarce));
                for line in &order.lines {
                    assert!((1..=6).contains(&line.quantity));
                    assert!(world.catalog.sku(&line.sku).is_some());
                }
                assert!(order.pickup_point.is_none() || order.payment == Payment::TestCard);
            }
        }
    }

    #[test]
    fn several_shoppers_race_for_the_last_units_within_twenty_orders() {
        let world = World::generate(3, Scale::City);
        for (scarce, units) in world.catalog.scarce.iter().zip(SCARCE_UNITS) {
            let wishes: Vec<_> = (0..20)
                .map(|index| shopper_order(&world, 3, index))
                .filter(|order| order.lines.iter().any(|l| &l.sku == scarce))
                .collect();
            assert!(wishes.len() as i64 > units, "{} want {units}", wishes.len());
            // Whoever gets the last unit shares the moment with one who does not.
            let last = &wishes[units as usize - 1];
            let next = &wishes[units as usize];
            assert_eq!(last.at_ms, next.at_ms, "{scarce}");
        }
    }

    #[test]
    fn both_ways_of_delivery_and_of_payment_occur() {
        let world = World::generate(7, Scale::City);
        let orders: Vec<_> = (0..60).map(|index| shopper_order(&world, 7, index)).collect();
        assert!(orders.iter().filter(|o| o.pickup_point.is_some()).count() >= 3);
        assert!(orders.iter().filter(|o| o.payment == Payment::CashOnDelivery).count() >= 8);
        assert!(orders.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
        assert!(orders[59].at_ms < 8 * 60_000, "{}", orders[59].at_ms);
    }
}
