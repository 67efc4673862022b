//! A label as ZPL II for a 203 dpi printer (eight dots a millimetre). Pure.
//! Deliberately absent: graphics and fonts; a printer needs a font of its own for
//! names in other scripts, and its row names it.

use std::fmt::Write as _;

use super::label::{HEIGHT, Label, Mark, WIDTH};

/// Asks a printer for its state (`~HS`).
pub const ASK_STATUS: &str = "~HS";

/// Tenths of a millimetre as dots.
const fn dots(tenths: i64) -> i64 {
    tenths * 8 / 10
}

/// The label as one format from `^XA` to `^XZ`, UTF-8. `font` names a font file
/// on the printer (`E:SIMSUN.TTF`), or is empty for the built-in one. `None` if
/// the code cannot be drawn.
pub fn render(label: &Label, font: &str) -> Option<String> {
    let mut zpl = format!("^XA^CI28^PW{}^LL{}^LH0,0\n", dots(WIDTH), dots(HEIGHT));
    for mark in label.marks()? {
        let done = match mark {
            Mark::Text { x, y, size, text } => {
                let face = if font.is_empty() {
                    format!("^A0N,{0},{0}", dots(size))
                } else {
                    format!("^A@N,{0},{0},{font}", dots(size))
                };
                writeln!(zpl, "^FO{},{}{face}^FH_^FD{}^FS", dots(x), dots(y), escape(&text))
            }
            Mark::Rule { y } => writeln!(zpl, "^FO{},{}^GB{},3,3^FS", dots(50), dots(y), dots(WIDTH - 100)),
            Mark::Bars { x, y, height, dots: module, code } => {
                let (x, y, height) = (dots(x), dots(y), dots(height));
                writeln!(zpl, "^FO{x},{y}^BY{module}^BCN,{height},N,N,N,N^FD{}^FS", code.zpl())
            }
        };
        done.expect("a string takes any text");
    }
    zpl.push_str("^PQ1^XZ\n");
    Some(zpl)
}

/// What would be a command is written as hexadecimal (`^FH_`).
fn escape(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut out, sign| {
        match sign {
            '^' => out.push_str("_5E"),
            '~' => out.push_str("_7E"),
            '_' => out.push_str("_5F"),
            other => out.push(other),
        }
        out
    })
}

/// Reads the answer to [`ASK_STATUS`]: three lines between STX and ETX. `Some`
/// names what keeps the printer from printing; an answer that is not one is no
/// reason to wait.
pub fn trouble(answer: &str) -> Option<&'static str> {
    let mut lines = answer.split('\u{2}').skip(1).filter_map(|line| line.split('\u{3}').next());
    let first: Vec<&str> = lines.next()?.split(',').collect();
    let second: Vec<&str> = lines.next()?.split(',').collect();
    let set = |fields: &[&str], place: usize| fields.get(place).is_some_and(|field| *field == "1");
    if set(&first, 1) {
        Some("out of labels")
    } else if set(&second, 2) {
        Some("head is open")
    } else if set(&second, 3) {
        Some("out of ribbon")
    } else if set(&first, 2) {
        Some("paused")
    } else if set(&first, 5) {
        Some("buffer is full")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::label::sample;
    use super::*;

    #[test]
    fn a_label_is_one_format_with_its_bars() {
        let zpl = render(&sample(), "").unwrap();
        assert!(zpl.starts_with("^XA^CI28^PW800^LL1200") && zpl.ends_with("^XZ\n"));
        assert!(zpl.contains("^BY4^BCN,320,N,N,N,N^FD>;>800"));
        assert!(zpl.contains("^FDSAME DAY^FS") && zpl.contains("^FD2/3^FS") && zpl.contains("北京市"));
        let fonted = render(&sample(), "E:SIMSUN.TTF").unwrap();
        assert!(fonted.contains("^A@N,36,36,E:SIMSUN.TTF^FH_^FD"));
    }

    #[test]
    fn a_name_cannot_command_the_printer() {
        let mut label = sample();
        label.lines = vec!["^XZ~JA_\u{1b}".to_owned()];
        let zpl = render(&label, "").unwrap();
        assert!(zpl.contains("^FD_5EXZ_7EJA_5F^FS"));
        assert_eq!(zpl.matches("^XZ").count(), 1);
        assert!(!zpl.contains('~') && !zpl.contains('\u{1b}'));
    }

    #[test]
    fn a_printer_says_what_is_the_matter() {
        let answer = |paper: u8, pause: u8, head: u8| {
            format!(
                "\u{2}030,{paper},{pause},1245,000,0,0,0,000,0,0,0\u{3}\r\n\u{2}000,0,{head},0,0,2,4,0,00000000,1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n"
            )
        };
        assert_eq!(trouble(&answer(0, 0, 0)), None);
        assert_eq!(trouble(&answer(1, 1, 0)), Some("out of labels"));
        assert_eq!(trouble(&answer(0, 1, 1)), Some("head is open"));
        assert_eq!(trouble(&answer(0, 1, 0)), Some("paused"));
        assert_eq!(trouble("hello"), None);
    }
}
