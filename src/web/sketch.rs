//! A small map as SVG, drawn from our own roads: no tiles, no other host. Pure.
//! Deliberately absent: moving and zooming; the dispatcher's map does that.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use crate::{kernel::Coord, network::Roads};

/// Something to be marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub coord: Coord,
    /// `site`, `door`, `here` or `stop`.
    pub kind: &'static str,
    /// Beside it; empty for nothing.
    pub label: String,
}

/// A map around what is shown on it.
#[derive(Debug, Clone, Default)]
pub struct Sketch {
    svg: String,
    label: String,
}

impl HtmlSafe for Sketch {}

impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = safe(&self.label);
        write!(
            f,
            "<svg class=\"map\" viewBox=\"0 0 {WIDE} {HIGH}\" role=\"img\" aria-label=\"{label}\">{}</svg>",
            self.svg
        )
    }
}

/// Of the picture, in its own units.
const WIDE: f64 = 480.0;
/// Of the picture, in its own units.
const HIGH: f64 = 240.0;
/// Kept free around what is shown.
const EDGE: f64 = 44.0;
/// The picture shows at least this many degrees of latitude, about 900 m.
const LEAST: f64 = 0.004;

fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// From degrees to the picture.
struct Plan {
    lat: f64,
    lon: f64,
    scale: f64,
    squeeze: f64,
}

impl Plan {
    fn around(places: &[Coord]) -> Option<Self> {
        let first = places.first()?;
        let (mut low, mut high) = (*first, *first);
        for place in places {
            low = Coord { lat: low.lat.min(place.lat), lon: low.lon.min(place.lon) };
            high = Coord { lat: high.lat.max(place.lat), lon: high.lon.max(place.lon) };
        }
        let (lat, lon) = (f64::midpoint(low.lat, high.lat), f64::midpoint(low.lon, high.lon));
        let squeeze = lat.to_radians().cos();
        let tall = (high.lat - low.lat).max(LEAST);
        let broad = ((high.lon - low.lon) * squeeze).max(LEAST);
        let scale = ((HIGH - 2.0 * EDGE) / tall).min((WIDE - 2.0 * EDGE) / broad);
        Some(Self { lat, lon, scale, squeeze })
    }

    fn at(&self, place: Coord) -> (f64, f64) {
        let x = WIDE / 2.0 + (place.lon - self.lon) * self.squeeze * self.scale;
        (x, HIGH / 2.0 - (place.lat - self.lat) * self.scale)
    }
}

fn inside((x, y): (f64, f64)) -> bool {
    (-80.0..WIDE + 80.0).contains(&x) && (-80.0..HIGH + 80.0).contains(&y)
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (n, (x, y)) in points.enumerate() {
        // Writing into a string cannot fail.
        let _ = write!(text, "{}{x:.0} {y:.0}", if n == 0 { 'M' } else { 'L' });
    }
    text
}

/// Draws the roads around `marks` and `way`, the way, and the marks. `None` without
/// anything to show.
pub fn draw(roads: &Roads, way: &[Coord], marks: &[Mark], label: &str) -> Option<Sketch> {
    let shown: Vec<Coord> = marks.iter().map(|mark| mark.coord).chain(way.iter().copied()).collect();
    let plan = Plan::around(&shown)?;
    let mut svg = String::new();
    let (small, large) = streets(roads, &plan);
    let _ = write!(svg, "<path class=\"road\" stroke-width=\"6\" d=\"{small}\"/>");
    let _ = write!(svg, "<path class=\"road\" stroke-width=\"10\" d=\"{large}\"/>");
    if way.len() > 1 {
        let _ = write!(svg, "<path class=\"way\" d=\"{}\"/>", path(way.iter().map(|place| plan.at(*place))));
    }
    let mut named: Vec<(f64, f64)> = Vec::new();
    for mark in marks {
        let (x, y) = plan.at(mark.coord);
        draw_mark(&mut svg, mark, (x, y));
        // Of two names on one spot, the first is read and the second is none.
        let clear = named.iter().all(|(left, up)| (x - left).abs() > 90.0 || (y - up).abs() > 24.0);
        if clear && !mark.label.is_empty() {
            draw_label(&mut svg, mark, (x, y));
            named.push((x, y));
        }
    }
    Some(Sketch { svg, label: label.to_owned() })
}

/// The roads in view, small ones and large ones, each as one path.
fn streets(roads: &Roads, plan: &Plan) -> (String, String) {
    let (mut small, mut large) = (String::new(), String::new());
    for edge in roads.edges() {
        let (Some(from), Some(to)) = (roads.node(edge.from), roads.node(edge.to)) else { continue };
        let ends = [plan.at(from.coord()), plan.at(to.coord())];
        if !ends.into_iter().any(inside) || (edge.from > edge.to && !edge.closed) {
            continue;
        }
        let into =
            if matches!(edge.class.as_str(), "trunk" | "primary" | "motorway") { &mut large } else { &mut small };
        into.push_str(&path(ends.into_iter()));
    }
    (small, large)
}

fn draw_mark(svg: &mut String, mark: &Mark, (x, y): (f64, f64)) {
    let _ = match mark.kind {
        "here" => write!(
            svg,
            "<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"22\" class=\"halo\"/><circle class=\"here\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"12\"/>"
        ),
        "door" => write!(
            svg,
            "<path class=\"door\" d=\"M{x:.0} {y:.0}c-16-17-22-27-22-37a22 22 0 0 1 44 0c0 10-6 20-22 37z\"/><circle class=\"eye\" cx=\"{x:.0}\" cy=\"{:.0}\" r=\"7\"/>",
            y - 37.0
        ),
        "site" => write!(
            svg,
            "<rect class=\"site\" x=\"{:.0}\" y=\"{:.0}\" width=\"22\" height=\"22\" rx=\"4\"/>",
            x - 11.0,
            y - 11.0
        ),
        _ => write!(svg, "<circle class=\"dot\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"8\"/>"),
    };
}

fn draw_label(svg: &mut String, mark: &Mark, (x, y): (f64, f64)) {
    let right = x > WIDE * 0.72;
    let (dx, anchor) = if right { (-28.0, "end") } else { (28.0, "start") };
    let up = if mark.kind == "door" { -30.0 } else { 6.0 };
    let label = safe(&mark.label);
    let _ = write!(svg, "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{label}</text>", x + dx, y + up);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_inside_and_labels_cannot_break_out() {
        let roads = Roads::new(Vec::new(), Vec::new()).unwrap();
        let mark = |lat, lon, kind| Mark { coord: Coord { lat, lon }, kind, label: "<b>\"you\"".to_owned() };
        let marks = [mark(30.0, 120.0, "site"), mark(30.02, 120.05, "door"), mark(30.01, 120.01, "here")];
        let sketch = draw(&roads, &[], &marks, "a <map>").unwrap().to_string();
        assert!(!sketch.contains("<b>") && sketch.contains("&lt;b>"));
        let plan = Plan::around(&marks.clone().map(|mark| mark.coord)).unwrap();
        for mark in &marks {
            let (x, y) = plan.at(mark.coord);
            assert!((0.0..=WIDE).contains(&x) && (0.0..=HIGH).contains(&y));
        }
        assert!(draw(&roads, &[], &[], "").is_none());
    }
}
