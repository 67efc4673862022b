//! Single-picker routing files, with or without scattered storage.
//!
//! The single-block form of Heßler and Irnich (2023). Lengths are doubled, so
//! that half units stay whole: [`SCALE`] of ours make one of the file's. Cells
//! are counted from the top, as the published optima of all ordinary files say.

use std::collections::BTreeMap;

use super::{Misread, number};
use crate::tour::aisles::{Block, Spot};
use crate::tour::grid::{Crossing, Grid, Place};
use crate::tour::scattered::Want;

/// Our length units in one of the file's.
pub const SCALE: i64 = 2;

/// Units wanted of an article, and the places with the units there.
pub type Wanted = (u64, Vec<(Place, u64)>);

/// A picker's errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// The floor.
    pub grid: Grid,
    /// Start and end.
    pub depot: Crossing,
    /// For each article of the order what is wanted.
    pub wants: Vec<Wanted>,
    /// Articles of `wants`, as the file numbers them.
    pub articles: Vec<u64>,
    /// For each of `wants`, the cells of its places as the file numbers them.
    pub cells: Vec<Vec<i64>>,
    /// From the depot to its crossing and back, to be added to a walk.
    pub extra: i64,
}

/// One stored article: line, article, aisle, cell, quantity.
type Stored = (usize, u64, usize, i64, u64);

/// Reads a single-block file.
///
/// # Errors
/// [`Misread`] with the line.
pub fn read(text: &str) -> Result<Errand, Misread> {
    let mut head: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let (mut stored, mut wanted): (Vec<Stored>, Vec<(u64, u64)>) = (vec![], vec![]);
    let mut section = "";
    for (line, row) in text.lines().enumerate().map(|(i, row)| (i + 1, row.trim())) {
        if let Some((key, value)) = row.split_once(':') {
            head.insert(key.trim(), (line, value.trim()));
        } else if row.ends_with("_SECTION") {
            section = row;
        } else if row.starts_with("ID") {
            let words: Vec<&str> = row.split_whitespace().collect();
            let word = |at: usize| words.get(at).copied();
            match section {
                "SKU_SECTION" => stored.push((
                    line,
                    number(line, "the article", word(1))?,
                    number(line, "the aisle", word(3))?,
                    number(line, "the cell", word(5))?,
                    number(line, "the quantity", word(7))?,
                )),
                "ORDER_SECTION" => {
                    wanted.push((number(line, "the article", word(1))?, number(line, "the quantity", word(3))?));
                }
                _ => {}
            }
        }
    }
    build(&Head { rows: head, end: text.lines().count() + 1 }, &stored, wanted)
}

struct Head<'a> {
    rows: BTreeMap<&'a str, (usize, &'a str)>,
    end: usize,
}

impl Head<'_> {
    fn get(&self, key: &str) -> Result<(usize, &str), Misread> {
        self.rows.get(key).copied().ok_or_else(|| Misread::new(self.end, format!("{key} is missing")))
    }

    fn count(&self, key: &str) -> Result<usize, Misread> {
        let (line, word) = self.get(key)?;
        number(line, key, Some(word))
    }

    /// A length in our units; a half unit is the finest there is.
    fn length(&self, key: &str) -> Result<i64, Misread> {
        let (line, word) = self.get(key)?;
        let value: f64 = number(line, key, Some(word))?;
        let ours = value * SCALE as f64;
        if !(0.0..1e9).contains(&ours) || ours.fract() != 0.0 {
            return Err(Misread::new(line, format!("{key} {word} is no multiple of a half")));
        }
        Ok(ours as i64)
    }
}

fn build(head: &Head<'_>, stored: &[Stored], wanted: Vec<(u64, u64)>) -> Result<Errand, Misread> {
    let (line, layout) = head.get("LAYOUT")?;
    if layout != "single-block" {
        return Err(Misread::new(line, format!("layout {layout} is not read")));
    }
    let aisles = head.count("NUM_AISLES")?;
    let cells = head.count("NUM_CELLS")? as i64;
    if !(1..=crate::tour::grid::MAX_AISLES).contains(&aisles) || !(1..=100_000).contains(&cells) {
        return Err(Misread::new(line, format!("{aisles} aisles of {cells} cells are out of range")));
    }
    let (step, foot) = (head.length("DISTANCE_CELL_TO_CELL")?, head.length("DISTANCE_BOTTOM_TO_CELL")?);
    let length = foot + step * (cells - 1) + head.length("DISTANCE_TOP_TO_CELL")?;
    let grid = Grid::even(aisles, head.length("DISTANCE_AISLE_TO_AISLE")?, &[length]);
    let cross = usize::from(head.get("DEPOT_LOCATION")?.1 == "top");
    let depot = Crossing { aisle: head.count("DEPOT_AISLE")?, cross };
    if depot.aisle >= aisles {
        return Err(Misread::new(head.get("DEPOT_AISLE")?.0, "the depot is off the floor"));
    }
    let mut places: BTreeMap<u64, Vec<(Place, u64)>> = BTreeMap::new();
    let mut named: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for &(line, article, aisle, cell, units) in stored {
        if aisle >= aisles || !(0..cells).contains(&cell) {
            return Err(Misread::new(line, format!("aisle {aisle} cell {cell} is off the floor")));
        }
        let place = Place { aisle, block: 0, along: foot + step * (cells - 1 - cell) };
        named.entry(article).or_default().push(cell);
        places.entry(article).or_default().push((place, units));
    }
    let (mut wants, mut articles, mut cells_of) = (Vec::new(), Vec::new(), Vec::new());
    for (article, units) in wanted {
        let at = places.get(&article).cloned().unwrap_or_default();
        if at.iter().fold(0_u64, |sum, p| sum.saturating_add(p.1)) < units {
            return Err(Misread::new(head.end, format!("article {article} is not in stock {units} times")));
        }
        articles.push(article);
        cells_of.push(named.get(&article).cloned().unwrap_or_default());
        wants.push((units, at));
    }
    let extra = 2 * head.length("DISTANCE_TOP_OR_BOTTOM_TO_DEPOT")?;
    Ok(Errand { grid, depot, wants, articles, cells: cells_of, extra })
}

impl Errand {
    /// The places behind indices of offers, article by article.
    pub fn places(&self, picks: &[Vec<usize>]) -> Vec<Place> {
        let of =
            |(want, picks): (&Wanted, &Vec<usize>)| -> Vec<Place> { picks.iter().map(|&at| want.1[at].0).collect() };
        self.wants.iter().zip(picks).flat_map(of).collect()
    }

    /// The same errand for [`crate::tour::scattered`], seen from the depot's side.
    pub fn scattered(&self) -> (Block, Vec<Want>) {
        let length = self.grid.stretch[0][0];
        let pitch = self.grid.across[0].first().copied().unwrap_or(0);
        let block = Block { pitch: pitch as u32, length: length as u32, depot: self.depot.aisle as u32 };
        let spot = |p: &Place| {
            let along = if self.depot.cross == 0 { p.along } else { length - p.along };
            Spot::new(p.aisle as u32, along as u32)
        };
        let want =
            |(units, at): &Wanted| Want { units: *units, offers: at.iter().map(|(p, n)| (spot(p), *n)).collect() };
        (block, self.wants.iter().map(want).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "LAYOUT : single-block\nNUM_AISLES : 5\nNUM_CELLS : 30\nDEPOT_AISLE : 3\n\
        DEPOT_LOCATION : bottom\nDISTANCE_AISLE_TO_AISLE : 3\nDISTANCE_CELL_TO_CELL : 1\n\
        DISTANCE_TOP_TO_CELL : 1\nDISTANCE_BOTTOM_TO_CELL : 1\nDISTANCE_TOP_OR_BOTTOM_TO_DEPOT : 0\n\
        SKU_SECTION\nID 2 AISLE 0 CELL 18 QUANTITY 1\nORDER_SECTION\nID 2 QUANTITY 1\nEOF\n";

    #[test]
    fn reads_an_errand_and_says_where_it_cannot() {
        let errand = read(TEXT).unwrap();
        let place = Place { aisle: 0, block: 0, along: 24 };
        assert_eq!(errand.wants, vec![(1, vec![(place, 1)])]);
        assert_eq!(errand.grid.stretch[0][0], 62);
        assert_eq!(read(&TEXT.replace("AISLE 0", "AISLE 5")).unwrap_err().line, 12);
        assert_eq!(read(&TEXT.replace("LAYOUT : single", "LAYOUT : two")).unwrap_err().line, 1);
        assert!(read(&TEXT.replace("CELL 18 QUANTITY 1", "CELL 18 QUANTITY 0")).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(cut in 0..400_usize, junk in ".{0,20}") {
            let cut = cut.min(TEXT.len());
            let _ = read(&format!("{}{junk}{}", &TEXT[..cut], &TEXT[cut..]));
        }
    }
}
