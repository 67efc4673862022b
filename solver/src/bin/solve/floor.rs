//! The floor and walks on it as a picture.

use std::fmt::Write;

use solver::tour::grid::{Crossing, Grid, Place, Step};

const MARGIN: f64 = 40.0;

/// Longest side of the drawing, without margins.
const SIDE: f64 = 1000.0;

/// Half the width of an aisle's floor against the distance of two aisles.
const AISLE: f64 = 0.22;

/// Walks over a grid, one colour each; the front is at the bottom.
pub fn svg(grid: &Grid, depot: Crossing, walks: &[&[Step]]) -> String {
    let sheet = Sheet::new(grid);
    let (width, height) = (sheet.width + 2.0 * MARGIN, sheet.height + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    sheet.aisles(&mut svg);
    let many = walks.len().max(1) as f64;
    for (number, walk) in walks.iter().enumerate() {
        // By the golden angle, so that neighbours differ.
        let hue = (number as f64 * 137.508 + 210.0) % 360.0;
        // Walks lie beside each other, and each way of one walk beside the way back.
        let shift = (number as f64 - (many - 1.0) / 2.0) / many * sheet.pitch * AISLE * 1.4;
        let mut points = String::new();
        for step in *walk {
            let (x, y) = sheet.at(*step);
            // Writing to a string cannot fail.
            let _ = write!(points, "{:.1},{:.1} ", x + shift, y + shift);
        }
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"hsl({hue:.0} 70% 42%)\" stroke-width=\"2\" \
             stroke-linejoin=\"round\" stroke-opacity=\"0.8\"/>",
            points.trim_end()
        );
        for step in walk.iter().filter(|s| matches!(s, Step::Pick(_))) {
            let (x, y) = sheet.at(*step);
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"hsl({hue:.0} 70% 32%)\"/>",
                x + shift,
                y + shift
            );
        }
    }
    let (x, y) = sheet.at(Step::At(depot));
    let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"#c00\"/>");
    svg.push_str("</svg>\n");
    svg
}

/// Places on paper.
struct Sheet<'a> {
    grid: &'a Grid,
    zoom: f64,
    width: f64,
    height: f64,
    pitch: f64,
}

impl<'a> Sheet<'a> {
    fn new(grid: &'a Grid) -> Self {
        let across = grid.across[0].iter().sum::<i64>() as f64;
        let deep = grid.stretch.iter().map(|row| row.iter().copied().max().unwrap_or(0)).sum::<i64>() as f64;
        let zoom = SIDE / across.max(deep).max(1.0);
        let pitch = grid.across[0].iter().copied().min().unwrap_or(1) as f64 * zoom;
        Self { grid, zoom, width: across * zoom, height: deep * zoom, pitch }
    }

    fn x(&self, aisle: usize) -> f64 {
        MARGIN + self.grid.across[0][..aisle].iter().sum::<i64>() as f64 * self.zoom
    }

    fn y(&self, aisle: usize, block: usize, along: i64) -> f64 {
        let before: i64 = self.grid.stretch[..block].iter().map(|row| row[aisle]).sum();
        MARGIN + self.height - (before + along) as f64 * self.zoom
    }

    fn at(&self, step: Step) -> (f64, f64) {
        match step {
            Step::At(Crossing { aisle, cross }) => (self.x(aisle), self.y(aisle, cross, 0)),
            Step::Pick(Place { aisle, block, along }) => (self.x(aisle), self.y(aisle, block, along)),
        }
    }

    /// Aisles in grey, cross-aisles as lines.
    fn aisles(&self, svg: &mut String) {
        let half = (self.pitch * AISLE).max(2.0);
        for aisle in 0..self.grid.stretch[0].len() {
            for (block, row) in self.grid.stretch.iter().enumerate() {
                let (x, y) = (self.x(aisle) - half, self.y(aisle, block, row[aisle]));
                let (w, h) = (2.0 * half, row[aisle] as f64 * self.zoom);
                let _ =
                    writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"#eee\"/>");
            }
        }
        for cross in 0..self.grid.across.len() {
            let y = self.y(0, cross, 0);
            let (from, to) = (MARGIN, MARGIN + self.width);
            let _ = writeln!(svg, "<path d=\"M{from:.1} {y:.1}H{to:.1}\" stroke=\"#ccc\" stroke-width=\"4\"/>");
        }
    }
}
