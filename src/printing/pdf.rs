//! A label as a one-page PDF of 100 x 150 mm, bars as vectors. Pure. Deliberately
//! absent: embedded fonts; Latin text uses Helvetica, other scripts the standard
//! Chinese font that every reader supplies (ISO 32000-1, 9.7.5.2).

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, types::CidFontType, types::FontFlags, types::SystemInfo};

use super::label::{HEIGHT, Label, Mark, WIDTH};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const LATIN: Ref = Ref::new(5);
const CHINESE: Ref = Ref::new(6);
const CHINESE_CID: Ref = Ref::new(7);
const CHINESE_SHAPE: Ref = Ref::new(8);
/// Points in a tenth of a millimetre.
const POINT: f32 = 72.0 / 254.0;

/// The PDF file, or `None` if the code cannot be drawn.
pub fn render(label: &Label) -> Option<Vec<u8>> {
    let content = draw(&label.marks()?);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.parent(PAGES).media_box(Rect::new(0.0, 0.0, points(WIDTH), points(HEIGHT))).contents(CONTENT);
    page.resources().fonts().pair(Name(b"L"), LATIN).pair(Name(b"C"), CHINESE);
    page.finish();
    pdf.type1_font(LATIN).base_font(Name(b"Helvetica-Bold")).encoding_predefined(Name(b"WinAnsiEncoding"));
    chinese(&mut pdf);
    pdf.stream(CONTENT, &content);
    Some(pdf.finish())
}

/// The font of Adobe's GB1 collection, read as UCS-2, not embedded.
fn chinese(pdf: &mut Pdf) {
    let name = Name(b"STSong-Light");
    pdf.type0_font(CHINESE).base_font(name).encoding_predefined(Name(b"UniGB-UCS2-H")).descendant_font(CHINESE_CID);
    let mut cid = pdf.cid_font(CHINESE_CID);
    let info = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 2 };
    cid.subtype(CidFontType::Type0).base_font(name).system_info(info).font_descriptor(CHINESE_SHAPE);
    // Latin letters of the collection are half as wide as the others.
    cid.default_width(1000.0).widths().same(1, 95, 500.0);
    cid.finish();
    let mut shape = pdf.font_descriptor(CHINESE_SHAPE);
    shape.name(name).flags(FontFlags::SYMBOLIC).bbox(Rect::new(-25.0, -254.0, 1000.0, 880.0));
    shape.italic_angle(0.0).ascent(880.0).descent(-120.0).cap_height(880.0).stem_v(93.0);
}

#[expect(clippy::cast_precision_loss, reason = "tenths of a millimetre on a label are small numbers")]
fn points(tenths: i64) -> f32 {
    tenths as f32 * POINT
}

fn draw(marks: &[Mark]) -> Vec<u8> {
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Text { x, y, size, text } => text_at(&mut content, *x, *y, *size, text),
            Mark::Rule { y } => {
                content.rect(points(50), points(HEIGHT - y), points(WIDTH - 100), points(4));
                content.fill_nonzero();
            }
            Mark::Bars { x, y, height, dots, code } => {
                // A module of one dot is an eighth of a millimetre.
                let module = points(10 * dots) / 8.0;
                let mut at = points(*x);
                for (place, width) in code.widths().iter().enumerate() {
                    let wide = f32::from(*width) * module;
                    if place % 2 == 0 {
                        content.rect(at, points(HEIGHT - y - height), wide, points(*height));
                    }
                    at += wide;
                }
                content.fill_nonzero();
            }
        }
    }
    content.finish().to_vec()
}

fn text_at(content: &mut Content, x: i64, y: i64, size: i64, text: &str) {
    let (font, bytes) = match latin(text) {
        Some(bytes) => (Name(b"L"), bytes),
        None => (Name(b"C"), text.chars().flat_map(ucs2).collect()),
    };
    content.begin_text().set_font(font, points(size) * 0.95);
    // The baseline lies about four fifths down the line.
    content.next_line(points(x), points(HEIGHT - y - size * 4 / 5)).show(Str(&bytes));
    content.end_text();
}

/// Latin-1, in which WinAnsi agrees with Unicode; `None` for anything else.
fn latin(text: &str) -> Option<Vec<u8>> {
    let fits = |c: &char| matches!(c, ' '..='~' | '\u{a1}'..='\u{ff}');
    text.chars().map(|c| u8::try_from(c).ok().filter(|_| fits(&c))).collect()
}

fn ucs2(sign: char) -> [u8; 2] {
    u16::try_from(u32::from(sign)).unwrap_or(u16::from(b'?')).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::{code128, label::sample};
    use super::*;

    /// Reads the bars back out of the page's drawing operators.
    fn scan(pdf: &[u8]) -> String {
        let text = String::from_utf8_lossy(pdf);
        let rects: Vec<[f32; 4]> = text
            .lines()
            .filter_map(|line| line.strip_suffix(" re"))
            .map(|line| line.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<f32>>().try_into().unwrap())
            .filter(|[_, _, _, height]: &[f32; 4]| *height > points(100))
            .collect();
        let narrowest = rects.iter().map(|rect| rect[2]).fold(f32::MAX, f32::min);
        let modules = |length: f32| (length / narrowest).round() as u8;
        let mut widths = Vec::new();
        for (place, [x, _, width, _]) in rects.iter().enumerate() {
            if let Some([before, _, wide, _]) = place.checked_sub(1).map(|before| rects[before]) {
                widths.push(modules(x - before - wide));
            }
            widths.push(modules(*width));
        }
        code128::decode(&widths).expect("bars that scan")
    }

    #[test]
    fn the_bars_on_the_page_scan_as_the_sscc() {
        let pdf = render(&sample()).unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        assert_eq!(scan(&pdf), sample().code.encoded());
    }

    #[test]
    fn the_page_is_100_by_150_millimetres() {
        let pdf = String::from_utf8_lossy(&render(&sample()).unwrap()).into_owned();
        let (_, rest) = pdf.split_once("/MediaBox").unwrap();
        let numbers: Vec<f32> = rest
            .trim_start_matches(['[', ' '])
            .split(']')
            .next()
            .unwrap()
            .split(' ')
            .map(|n| n.parse().unwrap())
            .collect();
        assert!((numbers[2] - 283.46).abs() < 0.01 && (numbers[3] - 425.2).abs() < 0.01, "{numbers:?}");
    }

    #[test]
    fn scripts_choose_their_font() {
        assert_eq!(latin("Zoë 2"), Some(b"Zo\xeb 2".to_vec()));
        assert_eq!(latin("北京"), None);
        assert_eq!((ucs2('北'), ucs2('😀')), ([0x53, 0x17], [0, b'?']));
    }
}
