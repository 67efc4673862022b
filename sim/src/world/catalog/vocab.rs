//! Reads the hand-written vocabulary that shop names are made from.
//!
//! The format stands in `vocab/README.txt`. The files are part of the program,
//! so a mistake in them is a broken invariant, and a test reads them all.

use super::Temperature;

const FILES: [&str; 4] = [
    include_str!("vocab/fresh.txt"),
    include_str!("vocab/grocery.txt"),
    include_str!("vocab/household.txt"),
    include_str!("vocab/goods.txt"),
];

/// A word or phrase in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub en: &'static str,
    pub zh: &'static str,
}

#[derive(Debug)]
pub struct DepartmentWords {
    pub key: &'static str,
    pub name: Words,
    pub colour: &'static str,
    pub brands: Vec<Words>,
    pub families: Vec<Family>,
}

/// Goods that differ only by kind, size and brand.
#[derive(Debug)]
pub struct Family {
    pub noun: Words,
    pub shape: &'static str,
    pub temperature: Temperature,
    /// 0 when the goods do not expire.
    pub shelf_days: u32,
    /// 1 (rare) to 9 (in every basket).
    pub demand: u32,
    pub kinds: Vec<Words>,
    pub sizes: Vec<Size>,
}

#[derive(Debug, Clone)]
pub struct Size {
    pub label: Words,
    pub weight_g: u32,
    pub price_minor: i64,
    pub dims_mm: [u32; 3],
    pub case_units: u32,
}

/// All departments in the order of the files.
pub fn read() -> Vec<DepartmentWords> {
    let mut departments: Vec<DepartmentWords> = Vec::new();
    let lines = FILES.iter().flat_map(|file| file.lines());
    for line in lines {
        parse_line(&mut departments, line).unwrap_or_else(|| panic!("the vocabulary line cannot be read: {line}"));
    }
    departments
}

fn parse_line(departments: &mut Vec<DepartmentWords>, line: &'static str) -> Option<()> {
    let Some((mark, rest)) = line.split_once(' ') else {
        return line.is_empty().then_some(());
    };
    if mark == "@" {
        departments.push(department(rest)?);
        return Some(());
    }
    let families = &mut departments.last_mut()?.families;
    match mark {
        "-" => families.push(family(rest)?),
        "k" => {
            let kinds: Option<Vec<_>> = rest.split(", ").map(words).collect();
            families.last_mut()?.kinds = kinds?;
        }
        "s" => {
            let sizes: Option<Vec<_>> = rest.split("; ").map(size).collect();
            families.last_mut()?.sizes = sizes?;
        }
        "#" => {}
        _ => return None,
    }
    Some(())
}

fn words(text: &'static str) -> Option<Words> {
    let (en, zh) = text.trim().split_once('=')?;
    Some(Words { en, zh })
}

fn fields<const N: usize>(text: &'static str) -> Option<[&'static str; N]> {
    let parts: Vec<_> = text.split('|').map(str::trim).collect();
    parts.try_into().ok()
}

fn department(text: &'static str) -> Option<DepartmentWords> {
    let [key, en, zh, colour, brands] = fields(text)?;
    let brands: Option<Vec<_>> = brands.split(", ").map(words).collect();
    Some(DepartmentWords { key, name: Words { en, zh }, colour, brands: brands?, families: Vec::new() })
}

fn family(text: &'static str) -> Option<Family> {
    let [noun, shape, keeping, demand] = fields(text)?;
    let (temperature, days) = keeping.split_once(' ')?;
    Some(Family {
        noun: words(noun)?,
        shape,
        temperature: match temperature {
            "ambient" => Temperature::Ambient,
            "chilled" => Temperature::Chilled,
            "frozen" => Temperature::Frozen,
            _ => return None,
        },
        shelf_days: days.parse().ok()?,
        demand: demand.parse().ok()?,
        kinds: Vec::new(),
        sizes: Vec::new(),
    })
}

/// `label=规格 weight price LxWxH case`, read from the right, because the label
/// may hold spaces.
fn size(text: &'static str) -> Option<Size> {
    let mut parts = text.trim().rsplitn(5, ' ');
    let case_units = parts.next()?.parse().ok()?;
    let dims: Vec<u32> = parts.next()?.split('x').map(|side| side.parse().ok()).collect::<Option<_>>()?;
    let price_minor = parts.next()?.parse().ok()?;
    let weight_g = parts.next()?.parse().ok()?;
    Some(Size { label: words(parts.next()?)?, weight_g, price_minor, dims_mm: dims.try_into().ok()?, case_units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads_and_every_family_is_whole() {
        let departments = read();
        assert_eq!(departments.len(), 18);
        for family in departments.iter().flat_map(|d| &d.families) {
            assert!(family.kinds.len() >= 3, "{family:?}");
            assert!(!family.sizes.is_empty(), "{family:?}");
            assert!((1..=9).contains(&family.demand), "{family:?}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_is_refused() {
        let mut departments = Vec::new();
        assert!(parse_line(&mut departments, "k kind=种类").is_none());
        assert!(parse_line(&mut departments, "@ key | Two fields").is_none());
        assert!(size("1 kg=1千克 1000 10x10 5 8").is_none());
    }
}
