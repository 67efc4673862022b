//! A small picture for each article: the shape of its kind, in the colour of
//! its department, with an accent from its flavour.
//!
//! Line-free flat drawings in a 96 x 96 box, as inline SVG; no photographs and
//! no text, so that one picture serves both languages.

use serde::{Deserialize, Serialize};

const SHAPES: &str = include_str!("vocab/art.txt");

/// What to draw; `svg` draws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub shape: String,
    /// `#rrggbb` of the department.
    pub colour: String,
    /// `#rrggbb` of the flavour, or the department's own.
    pub accent: String,
}

impl Image {
    /// The picture as one `<svg>` element of about a kilobyte.
    pub fn svg(&self) -> String {
        let base = rgb(&self.colour);
        let accent = rgb(&self.accent);
        let body = drawing(&self.shape)
            .unwrap_or_default()
            .replace("$B", &hex(base))
            .replace("$D", &hex(mix(base, [24, 30, 40], 0.35)))
            .replace("$L", &hex(mix(base, [255, 255, 255], 0.55)))
            .replace("$A", &hex(accent))
            .replace("$E", &hex(mix(accent, [24, 30, 40], 0.3)))
            .replace("$F", &hex(mix(accent, [255, 255, 255], 0.45)))
            .replace("$P", "#fffdf8")
            .replace("$G", "#4d7f45");
        let tile = hex(mix(base, [255, 255, 255], 0.86));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\">\
             <rect width=\"96\" height=\"96\" rx=\"14\" fill=\"{tile}\"/>\
             <ellipse cx=\"48\" cy=\"82\" rx=\"27\" ry=\"4\" fill=\"#1b2430\" opacity=\".1\"/>\
             {body}</svg>"
        )
    }
}

fn drawing(shape: &str) -> Option<&'static str> {
    SHAPES.lines().filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == shape).map(|(_, body)| body)
}

/// Words of a kind that suggest a colour; the first that occurs decides.
const FLAVOURS: [(&str, &str); 62] = [
    ("strawberr", "#d8434e"),
    ("raspberr", "#c2365f"),
    ("rasp", "#c2365f"),
    ("straw", "#d8434e"),
    ("blueberr", "#4d5fa8"),
    ("blue", "#3f6fb5"),
    ("blackcurrant", "#5a3566"),
    ("black", "#33333b"),
    ("cherr", "#b3263e"),
    ("cranberr", "#b3263e"),
    ("tomato", "#d1452f"),
    ("beef", "#9c3a33"),
    ("red", "#c23b3b"),
    ("ruby", "#c04468"),
    ("rose", "#d4788f"),
    ("pink", "#e08ba0"),
    ("salmon", "#e58a6a"),
    ("prawn", "#e58a6a"),
    ("peach", "#f0a868"),
    ("apricot", "#ee9f4c"),
    ("mango", "#f2a32c"),
    ("orange", "#ec8a26"),
    ("carrot", "#e8792a"),
    ("pumpkin", "#e07f24"),
    ("lemon", "#efc83a"),
    ("banana", "#f0ce55"),
    ("pineapple", "#edc544"),
    ("yellow", "#edc544"),
    ("honey", "#dfa12b"),
    ("corn", "#ecc445"),
    ("cheese", "#ecb93f"),
    ("butter", "#edd27a"),
    ("caramel", "#c07f35"),
    ("ginger", "#c99442"),
    ("peanut", "#c2924c"),
    ("chocolate", "#6b4229"),
    ("cocoa", "#6b4229"),
    ("coffee", "#5b3a26"),
    ("dark", "#4a3328"),
    ("oat", "#d2b47e"),
    ("vanilla", "#ecdcae"),
    ("white", "#e9e4d8"),
    ("plain", "#e3dac4"),
    ("natural", "#e9e4d8"),
    ("lavender", "#9a84c4"),
    ("grape", "#7a4f8f"),
    ("green", "#5f9e4a"),
    ("lime", "#93b83d"),
    ("apple", "#8fb944"),
    ("matcha", "#8aa64e"),
    ("mint", "#67b79a"),
    ("sage", "#8da582"),
    ("herb", "#6d9a5b"),
    ("spinach", "#568a46"),
    ("sea", "#4a94b8"),
    ("ocean", "#3d84ad"),
    ("water", "#6fb2d0"),
    ("night", "#3c4a78"),
    ("onion", "#b8743f"),
    ("potato", "#c9a165"),
    ("chicken", "#e0b48c"),
    ("pork", "#d98f88"),
];

/// A colour for the kind, else for the noun, else the department's own.
pub fn accent_of(kind: &str, noun: &str, department: &str) -> String {
    let told = |text: &str| {
        let text = text.to_lowercase();
        FLAVOURS.iter().find(|(word, _)| text.contains(word))
    };
    told(kind).or_else(|| told(noun)).map_or(department, |(_, colour)| colour).to_owned()
}

type Rgb = [u8; 3];

fn rgb(text: &str) -> Rgb {
    let value = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap_or(0x80_80_80);
    [(value >> 16) as u8, (value >> 8) as u8, value as u8]
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// `share` of the way from one colour to the other.
fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    let blend = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    [blend(from[0], to[0]), blend(from[1], to[1]), blend(from[2], to[2])]
}

#[cfg(test)]
mod tests {
    use super::super::vocab;
    use super::*;

    #[test]
    fn every_shape_of_the_vocabulary_has_a_drawing_and_no_colour_is_left_open() {
        for family in vocab::read().iter().flat_map(|d| &d.families) {
            let image =
                Image { shape: family.shape.to_owned(), colour: "#336699".to_owned(), accent: "#cc3344".to_owned() };
            assert!(drawing(family.shape).is_some(), "no drawing of a {}", family.shape);
            let svg = image.svg();
            assert!(!svg.contains('$') && svg.len() < 1_600, "{svg}");
            assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        }
    }

    #[test]
    fn flavours_colour_the_picture() {
        assert_eq!(accent_of("strawberry", "yoghurt", "#000000"), "#d8434e");
        assert_eq!(accent_of("four-ply", "toilet paper", "#123456"), "#123456");
    }
}
