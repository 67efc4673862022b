//! Routes as a picture.

use std::fmt::Write;

use solver::formats::Instance;
use solver::routing::Solution;

const SIDE: f64 = 1000.0;
const MARGIN: f64 = 20.0;

/// One line a route, each in a colour of its own, round the colour circle by the
/// golden angle so that neighbours differ.
pub fn svg(instance: &Instance, solution: &Solution) -> Result<String, String> {
    let all: Vec<(f64, f64)> = instance.points.iter().chain(&instance.starts).copied().collect();
    if instance.points.len() != instance.problem.jobs.len() || all.is_empty() {
        return Err("the file has no coordinates to draw".to_owned());
    }
    let fold = |pick: fn(&(f64, f64)) -> f64| {
        let values = all.iter().map(pick);
        values.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)))
    };
    let ((left, right), (low, high)) = (fold(|p| p.0), fold(|p| p.1));
    let zoom = SIDE / (right - left).max(high - low).max(1e-9);
    let place = |p: (f64, f64)| (MARGIN + (p.0 - left) * zoom, MARGIN + (high - p.1) * zoom);
    let (width, height) = ((right - left) * zoom + 2.0 * MARGIN, (high - low) * zoom + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (number, route) in solution.routes.iter().enumerate() {
        let start = instance.starts[route.vehicle];
        let depots = &instance.problem.vehicles;
        let at = |place: usize| depots.iter().position(|v| v.start == place).map(|v| instance.starts[v]);
        let reload = |before: usize| route.reloads.iter().filter(move |r| r.before == before);
        let stations = &depots[route.vehicle].reloads;
        let stops = route.stops.iter().enumerate().flat_map(|(number, stop)| {
            // A reload where no vehicle starts is not in the file's points.
            let stations = reload(number).filter_map(|r| at(stations[r.place].location));
            stations.chain([instance.points[stop.job]]).collect::<Vec<_>>()
        });
        let home = instance.problem.vehicles[route.vehicle].end.map(|_| start);
        let way = std::iter::once(start).chain(stops).chain(home);
        let points: Vec<String> = way.map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let hue = (number as f64 * 137.508) % 360.0;
        let colour = format!("hsl({hue:.0} 70% 42%)");
        let line = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"");
        writeln!(svg, "<polyline points=\"{}\" {line}/>", points.join(" ")).map_err(|e| e.to_string())?;
    }
    for (points, radius, fill) in [(&instance.points, 3.0, "#333"), (&instance.starts, 7.0, "#c00")] {
        let mut seen: Vec<(f64, f64)> = points.to_vec();
        seen.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        seen.dedup();
        for (x, y) in seen.into_iter().map(place) {
            writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\"/>")
                .map_err(|e| e.to_string())?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
