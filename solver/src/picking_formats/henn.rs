//! Order batching files of Henn and Wäscher: ten aisles of 45 cells on two sides.
//!
//! Lengths are doubled, because the first cell lies one and a half units behind
//! the cross-aisle: [`SCALE`] of ours make one of the file's.

use super::{Misread, number};
use crate::batching::aisles::{Job, LOADS, Order};
use crate::tour::aisles::{Block, Spot};

/// Our length units in one of the file's.
pub const SCALE: i64 = 2;

/// Cells along one side of an aisle.
const CELLS: u32 = 45;

/// Aisle sides; two neighbours share an aisle.
const SIDES: u32 = 20;

/// For each order, aisle and location of its articles as the file numbers them.
pub type Names = Vec<Vec<(u32, u32)>>;

/// The orders of a file as a job for a cart of so many articles.
///
/// # Errors
/// [`Misread`] with the line.
pub fn read(text: &str, capacity: i64) -> Result<Job, Misread> {
    Ok(read_named(text, capacity)?.0)
}

/// The same with, for each spot of each order, the file's aisle and location.
///
/// # Errors
/// [`Misread`] with the line.
pub fn read_named(text: &str, capacity: i64) -> Result<(Job, Names), Misread> {
    let mut names: Names = Vec::new();
    let mut orders: Vec<Order> = Vec::new();
    let mut due = 0;
    for (line, row) in text.lines().enumerate().map(|(i, row)| (i + 1, row)) {
        let mut words = row.split_whitespace();
        let Some(first) = words.next() else { continue };
        if first == "Order" {
            if due > 0 {
                return Err(Misread::new(line, format!("{due} articles of the order before are missing")));
            }
            let index: usize = number(line, "the order number", words.next())?;
            if index != orders.len() {
                return Err(Misread::new(line, format!("order {index} where {} is due", orders.len())));
            }
            due = number(line, "the number of articles", words.last())?;
            names.push(Vec::new());
            orders.push(Order { spots: Vec::new(), load: [i64::from(due), 0, 0, 0] });
            continue;
        }
        let order = orders.last_mut().filter(|_| due > 0);
        let order = order.ok_or_else(|| Misread::new(line, "an article more than its order announces"))?;
        let aisle: u32 = number(line, "the aisle", words.nth(1))?;
        let cell: u32 = number(line, "the location", words.nth(1))?;
        if aisle >= SIDES || cell >= CELLS {
            return Err(Misread::new(line, format!("aisle {aisle} location {cell} is off the floor")));
        }
        if let Some(names) = names.last_mut() {
            names.push((aisle, cell));
        }
        order.spots.push(Spot::new(aisle / 2, 3 + 2 * cell));
        due -= 1_u32;
    }
    if due > 0 {
        return Err(Misread::new(text.lines().count() + 1, format!("{due} articles are missing at the end")));
    }
    let mut most = [i64::MAX; LOADS];
    most[0] = capacity;
    Ok((Job { block: Block { pitch: 10, length: 94, depot: 0 }, orders, capacity: most }, names))
}

/// The capacity in a file name such as `10l-40-45-0_cb.txt`: its third number.
pub fn capacity(name: &str) -> Option<i64> {
    name.split('-').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "Order 0\tnumber of articles 2\n0\tAisle 1\tLocation 5\n1\tAisle 7\tLocation 34\n";

    #[test]
    fn reads_orders_and_says_where_it_cannot() {
        let job = read(TEXT, 45).unwrap();
        assert_eq!(job.orders[0].spots, vec![Spot::new(0, 13), Spot::new(3, 71)]);
        assert_eq!(job.orders[0].load[0], 2);
        assert_eq!(capacity("10l-40-45-0_cb.txt"), Some(45));
        assert_eq!(read(&TEXT.replace("34", "45"), 45).unwrap_err().line, 3);
        assert_eq!(read(&TEXT.replace("articles 2", "articles 3"), 45).unwrap_err().line, 4);
        assert_eq!(read(&TEXT.replace("articles 2", "articles 1"), 45).unwrap_err().line, 3);
    }

    proptest! {
        #[test]
        fn never_panics(cut in 0..80_usize, junk in ".{0,20}") {
            let cut = cut.min(TEXT.len());
            let _ = read(&format!("{}{junk}{}", &TEXT[..cut], &TEXT[cut..]), 45);
        }
    }
}
