//! What stands on a label, and where: one layout in tenths of a millimetre that
//! both ZPL and PDF draw. Pure. Deliberately absent: whose name it is; callers
//! give masked lines.

use serde::{Deserialize, Serialize};

use super::code128::Code128;
use crate::kernel::barcode::FNC1;

/// Width of a label in tenths of a millimetre.
pub const WIDTH: i64 = 1000;
/// Height of a label in tenths of a millimetre.
pub const HEIGHT: i64 = 1500;

/// What the bars say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "as")]
pub enum LabelCode {
    /// A handling unit, GS1 AI 00.
    Sscc {
        /// 18 digits.
        sscc: String,
    },
    /// An article, GS1 AI 01, with AI 17 and AI 10 where they are not empty.
    Article {
        /// 8 to 14 digits.
        gtin: String,
        /// As printed.
        lot: String,
        /// `YYMMDD`.
        expiry: String,
    },
    /// Any other label: a bin, a tote, an article without GTIN.
    Plain {
        /// Printable ASCII.
        text: String,
    },
}

impl LabelCode {
    /// The text of the bars; FNC1 first makes it GS1-128.
    pub fn encoded(&self) -> String {
        match self {
            Self::Sscc { sscc } => format!("{FNC1}00{sscc}"),
            Self::Article { gtin, lot, expiry } => {
                let mut text = format!("{FNC1}01{gtin:0>14}");
                if !expiry.is_empty() {
                    text.push_str(&format!("17{expiry}"));
                }
                if !lot.is_empty() {
                    text.push_str(&format!("10{lot}"));
                }
                text
            }
            Self::Plain { text } => text.clone(),
        }
    }

    /// The same for people, with the application identifiers in brackets.
    pub fn human(&self) -> String {
        match self {
            Self::Sscc { sscc } => format!("(00) {sscc}"),
            Self::Article { gtin, lot, expiry } => {
                let part = |ai: &str, value: &str| match value {
                    "" => String::new(),
                    value => format!(" ({ai}) {value}"),
                };
                format!("(01) {gtin:0>14}{}{}", part("17", expiry), part("10", lot))
            }
            Self::Plain { text } => text.clone(),
        }
    }
}

/// A label of 100 x 150 mm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Label {
    /// The big word: the service, or the article's name.
    pub heading: String,
    /// To whom, masked; or what the article is. At most eight lines are drawn.
    pub lines: Vec<String>,
    /// What the bars say.
    pub code: LabelCode,
    /// The site's name.
    pub site: String,
    /// Which of how many.
    pub sequence: Option<(i64, i64)>,
    /// Order number, weight, route: one line.
    pub note: String,
}

/// One thing to draw; places are tenths of a millimetre from the upper left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A line of text whose box begins at (x, y) and is `size` high.
    Text {
        /// From the left.
        x: i64,
        /// From the top.
        y: i64,
        /// Height of the type.
        size: i64,
        /// What.
        text: String,
    },
    /// A filled line.
    Rule {
        /// From the top.
        y: i64,
    },
    /// Bars; a module is `dots` eighths of a millimetre wide.
    Bars {
        /// From the left.
        x: i64,
        /// From the top.
        y: i64,
        /// Height of the bars.
        height: i64,
        /// Width of one module in eighths of a millimetre (dots at 203 dpi).
        dots: i64,
        /// The symbols.
        code: Code128,
    },
}

const MARGIN: i64 = 50;

impl Label {
    /// Everything on the label, or `None` if its code cannot be drawn as bars.
    pub fn marks(&self) -> Option<Vec<Mark>> {
        let mut marks = Vec::new();
        let mut y = 50;
        for line in wrap(&self.heading, 70, WIDTH - 2 * MARGIN, 2) {
            marks.push(Mark::Text { x: MARGIN, y, size: 70, text: line });
            y += 85;
        }
        marks.push(Mark::Rule { y: y + 5 });
        y += 30;
        for line in self.lines.iter().flat_map(|line| wrap(line, 45, WIDTH - 2 * MARGIN, 2)).take(8) {
            marks.push(Mark::Text { x: MARGIN, y, size: 45, text: line });
            y += 60;
        }
        marks.push(Mark::Rule { y: 770 });
        let below = |y, size, text: String| Mark::Text { x: MARGIN, y, size, text };
        marks.push(below(795, 40, first(&self.site, 40)));
        marks.push(below(855, 40, first(&self.note, 40)));
        if let Some((number, of)) = self.sequence {
            let text = format!("{number}/{of}");
            let x = WIDTH - MARGIN - breadth(&text, 90);
            marks.push(Mark::Text { x, y: 800, size: 90, text });
        }
        let code = Code128::encode(&self.code.encoded())?;
        // Ten modules of quiet zone on both sides; the widest module that fits.
        let room = WIDTH * 8 / 10;
        let dots = (1..=4).rev().find(|dots| (code.modules() + 20) * dots <= room)?;
        let x = (WIDTH - code.modules() * dots * 10 / 8) / 2;
        marks.push(Mark::Bars { x, y: 960, height: 400, dots, code });
        let human = self.code.human();
        let size = (30..=45).rev().find(|size| breadth(&human, *size) <= WIDTH - 2 * MARGIN).unwrap_or(30);
        marks.push(Mark::Text { x: (WIDTH - breadth(&human, size)) / 2, y: 1385, size, text: human });
        Some(marks)
    }
}

/// Rough breadth of a text: a Latin letter is about 0.56 of its size, a Chinese
/// one all of it.
fn breadth(text: &str, size: i64) -> i64 {
    text.chars().map(|c| if c.is_ascii() { size * 56 / 100 } else { size }).sum()
}

fn first(text: &str, size: i64) -> String {
    wrap(text, size, WIDTH - 2 * MARGIN, 1).pop().unwrap_or_default()
}

/// Breaks a text into at most `most` lines that fit `room`; the rest is cut with
/// an ellipsis. Breaks at spaces where there are some.
fn wrap(text: &str, size: i64, room: i64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if lines.len() == most {
            if let Some(last) = lines.last_mut() {
                while breadth(last, size) + size > room {
                    last.pop();
                }
                last.push_str("...");
            }
            break;
        }
        let mut end = 0;
        for (at, sign) in rest.char_indices() {
            if breadth(&rest[..at + sign.len_utf8()], size) > room {
                break;
            }
            end = at + sign.len_utf8();
        }
        if end < rest.len() {
            let least = rest.chars().next().map_or(1, char::len_utf8);
            end = rest[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end).max(least);
        }
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines
}

#[cfg(test)]
pub(super) fn sample() -> Label {
    Label {
        heading: "SAME DAY".to_owned(),
        lines: ["W*** J***", "+86 *** **** 4471", "Harbrook, Quay Street 14", "北京市 朝阳区 幸福路 12 号"]
            .map(str::to_owned)
            .to_vec(),
        code: LabelCode::Sscc { sscc: crate::kernel::barcode::sscc(0, "4012345", 42) },
        site: "Harbrook Central".to_owned(),
        sequence: Some((2, 3)),
        note: "Order 10042 · 2.4 kg".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(label: &Label) -> Option<Mark> {
        label.marks()?.into_iter().find(|mark| matches!(mark, Mark::Bars { .. }))
    }

    #[test]
    fn everything_lies_on_the_label() {
        let mut label = sample();
        label.heading = "A very long name of a service that nobody would ever give to one".repeat(3);
        label.lines = vec!["幸福路十二号甲楼三单元".repeat(6); 12];
        for mark in label.marks().unwrap() {
            let (right, bottom) = match mark {
                Mark::Text { x, y, size, text } => (x + breadth(&text, size), y + size),
                Mark::Rule { y } => (WIDTH, y),
                Mark::Bars { x, y, height, dots, code } => (x + code.modules() * dots * 10 / 8, y + height),
            };
            assert!(right <= WIDTH && bottom <= HEIGHT, "{right} {bottom}");
        }
    }

    #[test]
    fn an_sscc_gets_modules_of_half_a_millimetre() {
        let Some(Mark::Bars { dots, height, .. }) = bars(&sample()) else { panic!("no bars") };
        // GS1 General Specifications, 5.5.2.7: 0.495 mm at least, bars 31.75 mm high.
        assert_eq!(dots, 4);
        assert!(height >= 318);
    }

    #[test]
    fn an_article_label_scans_as_its_article_lot_and_date() {
        let code = LabelCode::Article { gtin: "6291041500213".into(), lot: "26J22".into(), expiry: "270122".into() };
        let scanned = crate::kernel::barcode::read(&code.encoded());
        assert_eq!(scanned.gtin.as_deref(), Some("6291041500213"));
        assert_eq!((scanned.lot.as_deref(), scanned.expiry.as_deref()), (Some("26J22"), Some("270122")));
        assert_eq!(code.human(), "(01) 06291041500213 (17) 270122 (10) 26J22");
    }

    #[test]
    fn what_cannot_be_bars_is_no_label() {
        assert_eq!(bars(&Label { code: LabelCode::Plain { text: "箱".into() }, ..sample() }), None);
        assert_eq!(bars(&Label { code: LabelCode::Plain { text: "x".repeat(79) }, ..sample() }), None);
    }
}
