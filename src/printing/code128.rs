//! Code 128 (ISO/IEC 15417) and, with a leading FNC1, GS1-128: text to symbols to
//! bars. Deliberately absent: code set A; no label here carries control characters.

use crate::kernel::barcode::FNC1;

/// Symbol values of the specials.
const TO_C: u8 = 99;
const TO_B: u8 = 100;
const FNC1_VALUE: u8 = 102;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: u8 = 106;

/// Widths of bar, space, bar, space, bar, space for each symbol value, in
/// modules (ISO/IEC 15417, table 1); the stop ends with one more bar.
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

/// The two code sets in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// One printable character each.
    B,
    /// Two digits each.
    C,
}

/// An encoded text: symbol values from the start to before the check symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code128(Vec<u8>);

impl Code128 {
    /// Encodes `text` in as few symbols as sets B and C allow; [`FNC1`] stands for
    /// the function character. `None` if the text is empty, longer than 80, or
    /// has a character that is not printable ASCII.
    pub fn encode(text: &str) -> Option<Self> {
        let signs: Vec<char> = text.chars().collect();
        let printable = |sign: &char| *sign == FNC1 || (' '..='~').contains(sign);
        if signs.is_empty() || signs.len() > 80 || !signs.iter().all(printable) {
            return None;
        }
        let costs = costs(&signs);
        let mut set = if costs[0][Set::C as usize] < costs[0][Set::B as usize] { Set::C } else { Set::B };
        let mut values = vec![if set == Set::C { START_C } else { START_B }];
        let mut at = 0;
        while at < signs.len() {
            let stay = step(&signs, at, set).map(|taken| 1 + costs[at + taken][set as usize]);
            match stay {
                Some(cost) if cost == costs[at][set as usize] => {
                    let taken = step(&signs, at, set).expect("just taken");
                    values.push(value(&signs[at..at + taken]));
                    at += taken;
                }
                _ => {
                    set = other(set);
                    values.push(if set == Set::C { TO_C } else { TO_B });
                }
            }
        }
        Some(Self(values))
    }

    /// The symbol values before the check symbol, start symbol first.
    pub fn values(&self) -> &[u8] {
        &self.0
    }

    /// The check symbol: the weighted sum modulo 103.
    pub fn check(&self) -> u8 {
        let start = u32::from(self.0[0]);
        let rest = self.0[1..].iter().zip(1_u32..);
        let sum = rest.fold(start, |sum, (value, weight)| sum + u32::from(*value) * weight);
        u8::try_from(sum % 103).expect("below 103")
    }

    /// Widths of bars and spaces in turn, a bar first, in modules.
    pub fn widths(&self) -> Vec<u8> {
        let all = self.0.iter().copied().chain([self.check(), STOP]);
        all.flat_map(|value| WIDTHS[usize::from(value)].bytes().map(|digit| digit - b'0')).collect()
    }

    /// Length in modules, without the quiet zones of ten on each side.
    pub fn modules(&self) -> i64 {
        self.widths().iter().map(|width| i64::from(*width)).sum()
    }

    /// The same symbols as the field data of ZPL's `^BC` in mode N, where `>`
    /// escapes the specials.
    pub fn zpl(&self) -> String {
        let mut set = Set::B;
        let mut data = String::new();
        for value in &self.0 {
            match (*value, set) {
                (START_B, _) => data.push_str(">:"),
                (START_C, _) => data.push_str(">;"),
                (TO_C, Set::B) => data.push_str(">5"),
                (TO_B, Set::C) => data.push_str(">6"),
                (FNC1_VALUE, _) => data.push_str(">8"),
                (pair, Set::C) => data.push_str(&format!("{pair:02}")),
                (sign, Set::B) => match char::from(sign + 32) {
                    '>' => data.push_str(">0"),
                    sign => data.push(sign),
                },
            }
            set = match *value {
                START_C => Set::C,
                TO_C if set == Set::B => Set::C,
                TO_B if set == Set::C => Set::B,
                _ => set,
            };
        }
        data
    }
}

fn other(set: Set) -> Set {
    if set == Set::B { Set::C } else { Set::B }
}

/// How many signs the next symbol of a set takes; `None` if it cannot.
fn step(signs: &[char], at: usize, set: Set) -> Option<usize> {
    match (signs[at], set) {
        (FNC1, _) | (_, Set::B) => Some(1),
        (first, Set::C) => {
            let pair = first.is_ascii_digit() && signs.get(at + 1).is_some_and(char::is_ascii_digit);
            pair.then_some(2)
        }
    }
}

fn value(taken: &[char]) -> u8 {
    match taken {
        [FNC1] => FNC1_VALUE,
        [one] => u8::try_from(u32::from(*one) - 32).expect("printable ASCII"),
        [tens, ones] => [tens, ones]
            .iter()
            .fold(0, |sum, digit| sum * 10 + u8::try_from(digit.to_digit(10).expect("a digit")).expect("below ten")),
        _ => unreachable!("a symbol takes one or two signs"),
    }
}

/// Fewest symbols from each place on, when in set B and when in set C.
fn costs(signs: &[char]) -> Vec<[usize; 2]> {
    const NEVER: usize = usize::MAX / 2;
    let mut costs = vec![[0, 0]; signs.len() + 1];
    for at in (0..signs.len()).rev() {
        let stay = |set: Set| step(signs, at, set).map_or(NEVER, |taken| 1 + costs[at + taken][set as usize]);
        let (b, c) = (stay(Set::B), stay(Set::C));
        costs[at] = [b.min(c + 1), c.min(b + 1)];
    }
    costs
}

/// Reads bars back by the rules of the standard: for tests of whatever drew them.
#[cfg(test)]
pub(super) fn decode(widths: &[u8]) -> Option<String> {
    let split = widths.len().checked_sub(7)?;
    let pattern = |part: &[u8]| -> String { part.iter().map(|width| char::from(b'0' + width)).collect() };
    if pattern(&widths[split..]) != WIDTHS[106] {
        return None;
    }
    let symbols: Option<Vec<usize>> =
        widths[..split].chunks(6).map(|part| WIDTHS.iter().position(|known| *known == pattern(part))).collect();
    let symbols = symbols?;
    let (check, body) = symbols.split_last()?;
    let weighted: usize = body.iter().enumerate().map(|(place, value)| value * place.max(1)).sum();
    if weighted % 103 != *check {
        return None;
    }
    let mut set = match body[0] {
        104 => 'B',
        105 => 'C',
        _ => return None,
    };
    let mut text = String::new();
    for value in &body[1..] {
        match (set, value) {
            (_, 102) => text.push(FNC1),
            ('B', 99) => set = 'C',
            ('C', 100) => set = 'B',
            ('B', 0..=95) => text.push(char::from_u32(u32::try_from(value + 32).ok()?)?),
            ('C', 0..=99) => text.push_str(&format!("{value:02}")),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_obeys_the_standard() {
        let mut seen = std::collections::HashSet::new();
        for (value, widths) in WIDTHS.iter().enumerate() {
            let digits: Vec<u32> = widths.chars().map(|c| c.to_digit(10).unwrap()).collect();
            let bars: u32 = digits.iter().step_by(2).sum();
            let expected = if value == 106 { 13 } else { 11 };
            assert_eq!(digits.iter().sum::<u32>(), expected, "{value}");
            // Every character has an even number of dark modules (self-checking);
            // the stop's final bar adds two to its even number.
            assert_eq!(bars % 2, 0, "{value}");
            assert!(seen.insert(*widths));
        }
    }

    #[test]
    fn a_published_example_has_its_check_symbol() {
        // PJJ123C has check 54 in set A (start 103), so 55 in set B (start 104).
        let code = Code128::encode("PJJ123C").unwrap();
        assert_eq!((code.values()[0], code.check()), (104, 55));
    }

    #[test]
    fn an_sscc_takes_pairs_of_digits_throughout() {
        let code = Code128::encode("\u{1d}00306141411234567890").unwrap();
        assert_eq!(code.values()[..3], [105, 102, 0]);
        assert_eq!((code.values().len(), code.modules()), (12, 13 * 11 + 13));
        assert_eq!(code.zpl(), ">;>800306141411234567890");
    }

    #[test]
    fn specials_are_escaped_and_others_refused() {
        assert_eq!(Code128::encode("a>b").unwrap().zpl(), ">:a>0b");
        assert_eq!(Code128::encode("A123456").unwrap().zpl(), ">:A>5123456");
        assert_eq!(Code128::encode("箱"), None);
        assert_eq!(Code128::encode(""), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_reads_back(text in "[ -~\u{1d}]{1,30}|[0-9]{1,30}|[A-Z]{1,4}[0-9]{1,9}[a-z]{0,3}") {
            let code = Code128::encode(&text).unwrap();
            proptest::prop_assert_eq!(decode(&code.widths()), Some(text.clone()));
            let longest = text.chars().count() + 1;
            proptest::prop_assert!(code.values().len() <= longest);
        }
    }
}
