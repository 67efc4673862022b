//! What a worker's hands do with a screen: the right label, the right number,
//! the right button. Pure; mishaps and mistakes are decided elsewhere.

use super::screen::Screen;
use crate::seed::Chance;
use crate::world::World;
use rand::RngExt;
use serde_json::{Value, json};

/// One entry on a handheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A scanned label.
    Code(String),
    /// A number: pieces or grams.
    Number(i64),
    /// A button.
    Choice(String),
}

impl Entry {
    /// The body of the scan request.
    pub fn body(&self) -> Value {
        match self {
            Entry::Code(code) => json!({ "code": code }),
            Entry::Number(number) => json!({ "quantity": number }),
            Entry::Choice(choice) => json!({ "choice": choice }),
        }
    }

    pub fn button(code: &str) -> Self {
        Entry::Choice(code.to_owned())
    }
}

/// Buttons of a well-behaved day, the best first.
const GOOD_BUTTONS: [&str; 9] = ["sellable", "quality_hold", "good", "ok", "yes", "confirm", "done", "close", "next"];

/// The right entry for a screen. `tote` is the next one on the rack, `contents_g`
/// what is in the open box, if anybody saw it.
pub fn right(screen: &Screen, tote: &str, contents_g: Option<i64>) -> Entry {
    let label = screen.expect.label.as_str();
    let spot = screen.spot_label();
    match screen.expect.kind.as_str() {
        "quantity" => Entry::Number(wanted(screen)),
        "weight" => match contents_g {
            Some(grams) => Entry::Number(grams + screen.fact("tare_g").unwrap_or(0)),
            None => Entry::button("count_again"),
        },
        "choice" => Entry::Choice(button(screen)),
        "tote" if label.is_empty() => Entry::Code(tote.to_owned()),
        "article" if label.is_empty() => {
            let article = screen.article.as_ref();
            Entry::Code(article.map(|article| first_of(&article.gtin, &article.code)).unwrap_or_default())
        }
        _ => Entry::Code(first_of(label, spot)),
    }
}

fn first_of(a: &str, b: &str) -> String {
    if a.is_empty() { b } else { a }.to_owned()
}

/// How many the screen asks for.
fn wanted(screen: &Screen) -> i64 {
    let told = screen.expect.label.parse().ok();
    told.or_else(|| screen.quantity.as_ref().map(|quantity| quantity.want)).unwrap_or(1)
}

fn button(screen: &Screen) -> String {
    let good = GOOD_BUTTONS.iter().find(|code| screen.offers(code)).map(|code| (*code).to_owned());
    good.or_else(|| screen.choices.first().map(|choice| choice.code.clone())).unwrap_or_default()
}

/// A label at hand that is not the one asked for; `None` where a mistake is not
/// to be expected.
pub fn wrong_label(world: &World, site: &str, screen: &Screen, chance: &mut Chance) -> Option<String> {
    if !matches!(screen.task.kind.as_str(), "pick" | "pack") {
        return None;
    }
    let wanted = screen.expect.label.as_str();
    match screen.expect.kind.as_str() {
        "bin" => {
            let bins = &world.floor(site)?.bins;
            let bin = &bins[chance.random_range(0..bins.len())];
            Some(bin.code.clone()).filter(|code| code != wanted)
        }
        "article" => {
            let skus = &world.catalog.skus;
            let sku = &skus[chance.random_range(0..skus.len())];
            // In a box with several articles another one may be right as well.
            Some(sku.gtin.clone()).filter(|gtin| gtin != wanted && screen.task.kind == "pick")
        }
        "station" => Some("DOCK-1".to_owned()).filter(|code| code != wanted),
        _ => None,
    }
}

/// Walking speed with a cart, millimetres in a domain millisecond.
const WALK_MM_PER_MS: f64 = 1.3;
/// No walk takes longer; domain milliseconds.
const LONGEST_WALK_MS: i64 = 25_000;

/// Where a person stands to work at a screen: at its bin, or at the station that
/// a mobile shelf was brought to. Millimetres on the floor of the site.
pub fn stand(world: &World, site: &str, screen: &Screen) -> Option<(i64, i64)> {
    let floor = world.floor(site)?;
    let spot = screen.spot.as_ref()?;
    let place = |code: &str| floor.bins.iter().find(|bin| bin.code == code);
    let at_spot = place(&spot.label)?;
    let bin = if at_spot.shelf.is_some() { place(&spot.hint).unwrap_or(at_spot) } else { at_spot };
    Some((bin.x_mm, bin.y_mm))
}

/// Domain time to walk along aisles from one place to another.
pub fn walk_ms(from: (i64, i64), to: (i64, i64)) -> i64 {
    let way_mm = (from.0 - to.0).abs() + (from.1 - to.1).abs();
    ((way_mm as f64 / WALK_MM_PER_MS) as i64).min(LONGEST_WALK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::screen::{Choice, Expect, OfArticle, OfTask, Quantity, Spot};
    use crate::seed::stream;
    use crate::world::Scale;

    fn screen(kind: &str, label: &str) -> Screen {
        let expect = Expect { kind: kind.to_owned(), label: label.to_owned() };
        let task = OfTask { kind: "pick".to_owned(), ..OfTask::default() };
        Screen { expect, task, ..Screen::default() }
    }

    #[test]
    fn hands_follow_the_screen() {
        let code = |text: &str| Entry::Code(text.to_owned());
        assert_eq!(right(&screen("bin", "A01-02-B"), "T", None), code("A01-02-B"));
        assert_eq!(right(&screen("tote", ""), "T-NG-001", None), code("T-NG-001"));
        assert_eq!(right(&screen("tote", "T-NG-007"), "T-NG-001", None), code("T-NG-007"));
        assert_eq!(right(&screen("quantity", "3"), "", None), Entry::Number(3));
        let quantity = Some(Quantity { want: 4, done: 1 });
        assert_eq!(right(&Screen { quantity, ..screen("quantity", "") }, "", None), Entry::Number(4));
        let article = Some(OfArticle { code: "FV-1".to_owned(), gtin: String::new() });
        assert_eq!(right(&Screen { article, ..screen("article", "") }, "", None), code("FV-1"));
        let choices = vec![Choice { code: "damaged".to_owned() }, Choice { code: "sellable".to_owned() }];
        assert_eq!(right(&Screen { choices, ..screen("choice", "") }, "", None), Entry::button("sellable"));
    }

    #[test]
    fn the_scale_adds_the_box_and_an_unknown_box_is_emptied() {
        let facts = vec![("tare_g".to_owned(), "180".to_owned())];
        let screen = Screen { facts, ..screen("weight", "") };
        assert_eq!(right(&screen, "", Some(820)), Entry::Number(1_000));
        assert_eq!(right(&screen, "", None), Entry::button("count_again"));
    }

    #[test]
    fn a_wrong_label_is_never_the_right_one() {
        let world = World::generate(7, Scale::Tiny);
        let mut chance = stream(7, "test", 0);
        let bin = world.floors[0].bins[0].code.clone();
        for _ in 0..200 {
            assert_ne!(wrong_label(&world, "NG", &screen("bin", &bin), &mut chance), Some(bin.clone()));
        }
        assert!(wrong_label(&world, "NG", &screen("weight", ""), &mut chance).is_none());
    }

    #[test]
    fn goods_on_a_mobile_shelf_come_to_the_station() {
        let world = World::generate(7, Scale::Tiny);
        let floor = &world.floors[0];
        let slot = floor.bins.iter().find(|bin| bin.shelf.is_some()).expect("a mobile shelf");
        let station = floor.bins.iter().find(|bin| bin.code == "G1").expect("a station");
        let spot = Some(Spot { label: slot.code.clone(), hint: "G1".to_owned() });
        let place = stand(&world, "NG", &Screen { spot, ..Screen::default() });
        assert_eq!(place, Some((station.x_mm, station.y_mm)));
        assert_eq!(walk_ms((0, 0), (1_300, 1_300)), 2_000);
        assert_eq!(walk_ms((0, 0), (900_000, 0)), LONGEST_WALK_MS);
    }
}
