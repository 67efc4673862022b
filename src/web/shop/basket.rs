//! The basket of somebody who only looks: a cookie of codes and numbers. Pure.
//! Deliberately absent: prices and promises, which are asked for each time.

use crate::kernel::Coord;

/// The cookie of the basket.
pub const BASKET_COOKIE: &str = "cartage_basket";
/// The cookie of the place to deliver to.
pub const PLACE_COOKIE: &str = "cartage_place";
/// Different articles in one basket; a cookie holds no more.
const MOST_LINES: usize = 60;
/// Pieces of one article.
pub const MOST_PIECES: i64 = 999;

/// What somebody wants, in the order of wishing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basket {
    /// Article code and quantity.
    pub lines: Vec<(String, i64)>,
}

impl Basket {
    /// Reads the cookie; what is odd in it is left out.
    pub fn read(cookie: &str) -> Self {
        let mut basket = Self::default();
        for part in cookie.split('~') {
            if let Some((code, quantity)) = part.rsplit_once('*')
                && let (Some(code), Ok(quantity)) = (open(code), quantity.parse::<i64>())
            {
                basket.add(&code, quantity);
            }
        }
        basket
    }

    /// As the cookie's value.
    pub fn write(&self) -> String {
        self.lines.iter().map(|(code, quantity)| format!("{}*{quantity}", close(code))).collect::<Vec<_>>().join("~")
    }

    /// Adds pieces of an article.
    pub fn add(&mut self, code: &str, quantity: i64) {
        if code.is_empty() || code.len() > 60 || quantity < 1 {
            return;
        }
        let room = self.lines.len() < MOST_LINES;
        match self.lines.iter_mut().find(|(own, _)| own == code) {
            Some((_, own)) => *own = (*own + quantity).min(MOST_PIECES),
            None if room => self.lines.push((code.to_owned(), quantity.min(MOST_PIECES))),
            None => {}
        }
    }

    /// Sets how many; none takes it out.
    pub fn set(&mut self, code: &str, quantity: i64) {
        self.lines.retain(|(own, _)| own != code || quantity > 0);
        if let Some((_, own)) = self.lines.iter_mut().find(|(own, _)| own == code) {
            *own = quantity.min(MOST_PIECES);
        }
    }

    /// Pieces in all.
    pub fn pieces(&self) -> i64 {
        self.lines.iter().map(|(_, quantity)| quantity).sum()
    }
}

/// Where to deliver, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// About where.
    pub coord: Coord,
    /// The street as typed; empty for a guess of ours.
    pub label: String,
}

impl Place {
    /// Reads the cookie.
    pub fn read(cookie: &str) -> Option<Self> {
        let mut parts = cookie.splitn(3, '_');
        let (lat, lon) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { coord: Coord::checked(lat, lon)?, label: open(parts.next()?)? })
    }

    /// As the cookie's value.
    pub fn write(&self) -> String {
        let label: String = self.label.chars().take(80).collect();
        format!("{:.6}_{:.6}_{}", self.coord.lat, self.coord.lon, close(&label))
    }
}

/// A text in the alphabet of cookies.
fn close(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn open(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basket_comes_back_from_its_cookie() {
        let mut basket = Basket::default();
        basket.add("OAT-1L", 2);
        basket.add("茶/10 g", 1);
        basket.add("OAT-1L", 1);
        assert_eq!(basket.pieces(), 4);
        let cookie = basket.write();
        assert!(cookie.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\')));
        assert_eq!(Basket::read(&cookie), basket);
        basket.set("OAT-1L", 0);
        assert_eq!(basket.lines.len(), 1);
    }

    #[test]
    fn odd_cookies_are_no_harm() {
        for odd in ["", "~~~", "A*", "*3", "A*-1", "%*1", "%ZZ*1", "A*99999999999999999999"] {
            assert_eq!(Basket::read(odd), Basket::default(), "{odd}");
        }
        assert_eq!(Basket::read("A*5000").lines, [("A".to_owned(), MOST_PIECES)]);
        assert_eq!(Place::read("91_0_x"), None);
        let place = Place { coord: Coord { lat: 30.1, lon: 120.2 }, label: "学院路398号".to_owned() };
        assert_eq!(Place::read(&place.write()), Some(place));
    }
}
