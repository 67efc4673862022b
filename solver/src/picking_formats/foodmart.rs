//! Batching files of the Foodmart family: orders, boxes, and a table of distances.
//!
//! Headings are lines that begin with `//`. Lengths are given to a hundredth:
//! [`SCALE`] of ours make one of the file's. Absent on purpose: the graph of the
//! floor, as the file's table holds its shortest ways.

use super::{Misread, number};
use crate::batching::{Order, Rules};
use crate::matrix::Matrix;

/// Our length units in one of the file's.
pub const SCALE: i64 = 100;

/// Most locations of a file.
const MAX_LOCATIONS: usize = 2_000;

/// What a file asks.
#[derive(Debug, Clone)]
pub struct Foodmart {
    /// The orders; totes are the boxes they fill.
    pub orders: Vec<Order>,
    /// Their numbers in the file.
    pub names: Vec<u64>,
    /// Boxes on a trolley.
    pub rules: Rules,
    /// Shortest ways between locations; 0 is the depot.
    pub matrix: Matrix,
}

/// Whether a text looks like one of the family.
pub fn is(text: &str) -> bool {
    text.trim_start().starts_with("//NbLocations")
}

/// A line of numbers with its number in the file.
type Row<'a> = (usize, Vec<&'a str>);

/// Rows of numbers under the first heading that begins so.
fn under<'a>(text: &'a str, heading: &str) -> Vec<Row<'a>> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let after = lines.skip_while(|(_, line)| !line.starts_with(heading)).skip(1);
    // Headings follow each other; the rows come after the last of them.
    let rows = after.skip_while(|(_, line)| line.starts_with("//"));
    let rows = rows.take_while(|(_, line)| !line.starts_with("//"));
    rows.filter(|(_, line)| !line.is_empty()).map(|(at, line)| (at, line.split_whitespace().collect())).collect()
}

fn single(text: &str, heading: &str) -> Result<usize, Misread> {
    let rows = under(text, heading);
    let missing = || Misread::new(text.lines().count() + 1, format!("{heading} is missing"));
    let (line, words) = rows.first().ok_or_else(missing)?;
    number(*line, heading, words.first().copied())
}

/// Reads a file.
///
/// # Errors
/// [`Misread`] with the line.
pub fn read(text: &str) -> Result<Foodmart, Misread> {
    let boxes = single(text, "//K")? as i64;
    let mut products: Vec<(usize, usize)> = Vec::new();
    for (line, words) in under(text, "//Idx Location") {
        let word = |at: usize| words.get(at).copied();
        products.push((number(line, "the product", word(0))?, number(line, "the location", word(1))?));
    }
    products.sort_unstable();
    let (matrix, size) = table(text)?;
    let (mut orders, mut names) = (Vec::new(), Vec::new());
    for (line, words) in under(text, "//Idx M") {
        let word = |at: usize| words.get(at).copied();
        names.push(number(line, "the order", word(0))?);
        let totes = i64::from(number::<u32>(line, "the boxes", word(1))?);
        let count: usize = number(line, "the number of products", word(2))?;
        let mut nodes = Vec::new();
        for at in 0..count.min(words.len()) {
            let product: usize = number(line, "a product", word(3 + 2 * at))?;
            let known = products.binary_search_by_key(&product, |p| p.0).ok().map(|at| products[at].1);
            let location = known.filter(|&l| l < size);
            nodes.push(location.ok_or_else(|| Misread::new(line, format!("product {product} lies nowhere")))?);
        }
        if nodes.len() < count {
            return Err(Misread::new(line, format!("{} of {count} products", nodes.len())));
        }
        orders.push(Order { nodes, totes, ..Order::default() });
    }
    Ok(Foodmart { orders, names, rules: Rules { max_totes: Some(boxes), ..Rules::default() }, matrix })
}

/// The table of shortest ways and its size.
fn table(text: &str) -> Result<(Matrix, usize), Misread> {
    let mut ways: Vec<(usize, usize, i64)> = Vec::new();
    for (line, words) in under(text, "//LocStart") {
        let word = |at: usize| words.get(at).copied();
        let (from, to): (usize, usize) = (number(line, "the start", word(0))?, number(line, "the end", word(1))?);
        let length: f64 = number(line, "the length", word(2))?;
        if from.max(to) >= MAX_LOCATIONS || !(0.0..1e7).contains(&length) {
            return Err(Misread::new(line, format!("from {from} to {to} in {length} is out of range")));
        }
        ways.push((from, to, (length * SCALE as f64).round() as i64));
    }
    let size = ways.iter().map(|w| w.0.max(w.1) + 1).max().unwrap_or(0);
    let missing = || Misread::new(text.lines().count() + 1, "the table of ways is missing or makes no sense");
    if size == 0 {
        return Err(missing());
    }
    let mut matrix = Matrix::from_fn(size, |i, j| (i == j).then_some(0)).map_err(|_| missing())?;
    for (from, to, length) in ways {
        matrix.set(from, to, Some(length)).map_err(|_| missing())?;
    }
    Ok((matrix, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "//NbLocations\n2\n//K: NbBoxesTrolley\n8\n//Products\n//Idx Location Volume\n1 1 1\n2 2 1\n\
        //Orders\n//Nb Orders\n1\n//Idx M NbProdInOrder ProdIdx1 Qty1\n7 2 2 1 3 2 5\n//LocStart LocEnd ShortestPath\n\
        0 1 2.5\n1 0 2.5\n0 2 4\n2 0 4\n1 2 1.59\n2 1 1.59\n";

    #[test]
    fn reads_orders_and_says_where_it_cannot() {
        let file = read(TEXT).unwrap();
        assert_eq!((file.names, file.orders[0].totes, &file.orders[0].nodes), (vec![7], 2, &vec![1, 2]));
        assert_eq!((file.rules.max_totes, file.matrix.get(1, 2)), (Some(8), Some(159)));
        assert_eq!(read(&TEXT.replace("7 2 2", "7 x 2")).unwrap_err().line, 13);
        assert_eq!(read(&TEXT.replace("2 2 1\n", "2 9 1\n")).unwrap_err().line, 13);
        assert!(read("//NbLocations\n2\n").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(cut in 0..200_usize, junk in ".{0,20}") {
            let cut = cut.min(TEXT.len());
            let _ = read(&format!("{}{junk}{}", &TEXT[..cut], &TEXT[cut..]));
        }
    }
}
