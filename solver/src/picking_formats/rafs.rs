//! Goods-to-person files of the RAFS family: orders, shelves with stock, a layout.
//!
//! The XML is plain: elements with attributes, one tag after another, which is all
//! that is read. Lengths are given in metres; [`SCALE`] of ours make one of them.
//! Absent on purpose: waypoints, as ways are taken along the two axes.

use std::collections::BTreeMap;

use super::{Misread, number};
use crate::goods::fleet::{Floor, Point};
use crate::goods::{Job, Line, Shelf};

/// Our length units in a metre.
pub const SCALE: f64 = 1_000.0;

/// Stations of a layout, as far as they matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Where they stand and how many orders each has open at once.
    pub stations: Vec<(Point, usize)>,
    /// Where vehicles stand at first.
    pub vehicles: Vec<Point>,
}

/// A tag's name, its attributes and its line.
struct Tag<'a> {
    line: usize,
    name: &'a str,
    attributes: &'a str,
}

fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    text.lines().enumerate().flat_map(|(at, row)| {
        row.split('<').skip(1).map(move |part| {
            let body = part.split('>').next().unwrap_or("").trim_end_matches('/');
            let (name, attributes) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
            Tag { line: at + 1, name, attributes }
        })
    })
}

impl<'a> Tag<'a> {
    fn text(&self, key: &str) -> Result<&'a str, Misread> {
        let mut rest = self.attributes;
        while let Some((name, after)) = rest.split_once("=\"") {
            let Some((value, more)) = after.split_once('"') else { break };
            if name.trim() == key {
                return Ok(value);
            }
            rest = more;
        }
        Err(Misread::new(self.line, format!("{} has no {key}", self.name)))
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, Misread> {
        number(self.line, key, Some(self.text(key)?))
    }

    fn point(&self) -> Result<Point, Misread> {
        Ok((length(self.line, self.text("X")?)?, length(self.line, self.text("Y")?)?))
    }
}

fn length(line: usize, word: &str) -> Result<i64, Misread> {
    let metres: f64 = number(line, "a length", Some(word))?;
    let sane = metres.abs() < 1e6;
    if sane { Ok((metres * SCALE).round() as i64) } else { Err(Misread::new(line, "a length out of range")) }
}

/// Stations and vehicles of a layout file.
///
/// # Errors
/// [`Misread`] names the line.
pub fn layout(text: &str) -> Result<Layout, Misread> {
    let mut layout = Layout::default();
    for tag in tags(text) {
        match tag.name {
            "OutputStation" => layout.stations.push((tag.point()?, tag.number("Capacity")?)),
            "Bot" => layout.vehicles.push(tag.point()?),
            _ => {}
        }
    }
    Ok(layout)
}

/// Orders and shelves as a question, and its floor; stations as in `layout`.
///
/// # Errors
/// [`Misread`] names the line, of the shelves' file where it says so.
pub fn read(orders: &str, shelves: &str, layout: &Layout) -> Result<(Job, Floor), Misread> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut job = Job { slots: layout.stations.iter().map(|s| s.1).collect(), ..Job::default() };
    for tag in tags(orders) {
        match tag.name {
            "ItemDescription" => {
                let name = format!("{}/{}", tag.text("Color")?, tag.text("Letter")?);
                names.insert(name, tag.number("ID")?);
            }
            "Order" => job.orders.push(Vec::new()),
            "Position" => {
                let line = Line { article: tag.number("ItemDescriptionID")?, units: tag.number("Count")? };
                let order = job.orders.last_mut().ok_or_else(|| Misread::new(tag.line, "a position without order"))?;
                match order.iter_mut().find(|l| l.article == line.article) {
                    Some(same) => same.units = same.units.saturating_add(line.units),
                    None => order.push(line),
                }
            }
            _ => {}
        }
    }
    let mut floor = Floor {
        stations: layout.stations.iter().map(|s| s.0).collect(),
        vehicles: layout.vehicles.clone(),
        places: Vec::new(),
    };
    for (at, row) in shelves.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let (place, shelf) =
            shelf(at + 1, row, &names).map_err(|e| Misread { reason: format!("of the shelves: {}", e.reason), ..e })?;
        let way = floor.stations.iter().map(|s| (s.0 - place.0).abs() + (s.1 - place.1).abs()).collect();
        job.shelves.push(Shelf { way, ..shelf });
        floor.places.push(place);
    }
    Ok((job, floor))
}

/// `number;x/y;colour/letter/count;...`
fn shelf(line: usize, row: &str, names: &BTreeMap<String, usize>) -> Result<(Point, Shelf), Misread> {
    let mut parts = row.trim().split(';').skip(1);
    let place = parts.next().and_then(|p| p.split_once('/'));
    let (x, y) = place.ok_or_else(|| Misread::new(line, "no place"))?;
    let mut shelf = Shelf::default();
    for part in parts.filter(|p| !p.trim().is_empty()) {
        let (name, units) = part.rsplit_once('/').ok_or_else(|| Misread::new(line, format!("`{part}` is no stock")))?;
        let units = number(line, "a count", Some(units))?;
        // Articles that no order file knows can be on a shelf all the same.
        if let Some(&article) = names.get(name) {
            shelf.stock.push((article, units));
        }
    }
    Ok(((length(line, x)?, length(line, y)?), shelf))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = r#"<OrderList><ItemDescriptions>
        <ItemDescription Color="red" ID="0" Letter="a" Type="Letter" Weight="2"/>
        <ItemDescription Color="blue" ID="1" Letter="b"/></ItemDescriptions>
        <Orders><Order TimeStamp=""><Positions>
        <Position Count="2" ItemDescriptionID="1"/><Position Count="1" ItemDescriptionID="1"/>
        </Positions></Order></Orders></OrderList>"#;

    #[test]
    fn reads_orders_shelves_and_stations() {
        let layout =
            layout(r#"<Bot ID="0" X="1" Y="0"/><OutputStation Capacity="12" ID="0" X="0.45" Y="-1"/>"#).unwrap();
        assert_eq!(layout, Layout { stations: vec![((450, -1_000), 12)], vehicles: vec![(1_000, 0)] });
        let (job, floor) = read(ORDERS, "0;1.45/0;red/a/3;blue/b/4;\n", &layout).unwrap();
        assert_eq!(job.orders, vec![vec![Line { article: 1, units: 3 }]]);
        assert_eq!(job.shelves, vec![Shelf { stock: vec![(0, 3), (1, 4)], way: vec![2_000] }]);
        assert_eq!((job.slots, floor.places), (vec![12], vec![(1_450, 0)]));
        assert!(read(ORDERS, "0;1.45/0;red/a/x", &layout).unwrap_err().reason.contains("shelves"));
    }
}
