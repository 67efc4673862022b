//! `solve sector`: a storage sector simulated, paired seeds, with a chart.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use solver::sector::{Escapes, Mean, Run, Setting, Way, mean, run as simulate, upper_95};

#[derive(clap::Args)]
pub struct Args {
    /// Seeds, each run in all ways.
    #[arg(long, default_value_t = 24)]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON with any of the setting's fields; the rest as usual.
    #[arg(long)]
    setting: Option<PathBuf>,
    /// Seeds at once; the answer is the same.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write every run as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to draw the chart, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    let setting = setting(args)?;
    let runs = runs(args, &setting);
    let rates = |way: usize| -> Vec<f64> { runs.iter().map(|r| r[way].lines_per_hour).collect() };
    let few = || "two runs at least are needed".to_owned();
    let by_way: Vec<Mean> = (0..Way::ALL.len()).map(|w| mean(&rates(w))).collect::<Option<_>>().ok_or_else(few)?;
    let gains: Vec<Vec<f64>> = (0..Way::ALL.len())
        .map(|w| rates(w).iter().zip(rates(0)).map(|(r, b)| 100.0 * (r / b - 1.0)).collect())
        .collect();
    let gain: Vec<Mean> = gains.iter().map(|g| mean(g)).collect::<Option<_>>().ok_or_else(few)?;
    let mut escapes = Escapes::default();
    runs.iter().for_each(|r| escapes.add(&r[Way::ALL.len() - 1].escapes));
    let upper = upper_95(escapes.escaped, escapes.lines);
    if let Some(plot) = &args.plot {
        super::write(plot, &chart(&by_way, &gain, &runs, &escapes, upper))?;
    }
    let ways: Vec<serde_json::Value> = Way::ALL
        .iter()
        .enumerate()
        .map(|(w, way)| {
            let share = |at: usize| runs.iter().map(|r| r[w].shares[at]).sum::<f64>() / runs.len() as f64;
            let p95 = runs.iter().map(|r| r[w].cycle_p95_ms).sum::<i64>() / runs.len() as i64 / 60_000;
            serde_json::json!({
                "way": way.name(),
                "lines_per_labour_hour": by_way[w].mean,
                "half_95": by_way[w].half_95,
                "gain_percent": gain[w].mean,
                "gain_half_95": gain[w].half_95,
                "walking": share(0), "handling": share(1), "setting_up": share(2), "waiting_for_room": share(3),
                "order_to_return_p95_min": p95,
            })
        })
        .collect();
    if let Some(out) = &args.out {
        let all = serde_json::json!({ "setting": setting, "ways": ways, "runs": runs });
        let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
        super::write(out, &text)?;
    }
    let last = Way::ALL.len() - 1;
    for way in &ways {
        println!("{way}");
    }
    let report = serde_json::json!({
        "baseline": Way::Baseline.name(),
        "against": Way::ALL[last].name(),
        "runs": runs.len(),
        "gain_percent": gain[last].mean,
        "gain_half_95": gain[last].half_95,
        "lines": escapes.lines,
        "mistakes": escapes.injected,
        "by_article_quantity_place": escapes.kinds,
        "found_by_scan": escapes.at_scan,
        "found_at_packing": escapes.at_packing,
        "escaped": escapes.escaped,
        "escaped_upper_95_percent": 100.0 * upper,
        "orders_counted": escapes.counted_orders,
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{report}");
    Ok(())
}

/// The usual setting with what the file says otherwise.
fn setting(args: &Args) -> Result<Setting, String> {
    let Some(path) = &args.setting else { return Ok(Setting::default()) };
    let wrong = |e: serde_json::Error| format!("{}: {e}", path.display());
    let mut all = serde_json::to_value(Setting::default()).map_err(wrong)?;
    let said: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&super::text_of(path)?).map_err(wrong)?;
    for (key, value) in said {
        match all.get_mut(&key) {
            Some(field) => *field = value,
            None => return Err(format!("{}: there is no `{key}`", path.display())),
        }
    }
    let setting: Setting = serde_json::from_value(all).map_err(wrong)?;
    let sane = (1..=1_000).contains(&setting.aisles) && (1..=120).contains(&setting.cells) && setting.orders <= 100_000;
    if sane { Ok(setting) } else { Err(format!("{}: 1 to 1000 aisles of 1 to 120 cells", path.display())) }
}

/// All ways of each seed, by seed.
fn runs(args: &Args, setting: &Setting) -> Vec<Vec<Run>> {
    let one = |seed: u64| Way::ALL.iter().map(|&way| simulate(setting, way, seed)).collect::<Vec<Run>>();
    let threads = args.threads.max(1) as u64;
    let part = |t: u64| -> Vec<(u64, Vec<Run>)> {
        (t..args.runs).step_by(threads as usize).map(|r| (r, one(args.seed.wrapping_add(r)))).collect()
    };
    let part = &part;
    let mut found: Vec<(u64, Vec<Run>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|t| scope.spawn(move || part(t))).collect();
        let mut all = part(0);
        all.extend(others.into_iter().filter_map(|t| t.join().ok()).flatten());
        all
    });
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1).collect()
}

const WIDTH: f64 = 920.0;
const BAR: f64 = 360.0;
const LEFT: f64 = 400.0;

/// Bars of lines per labour hour, what people's time goes into, and the mistakes.
fn chart(rates: &[Mean], gain: &[Mean], runs: &[Vec<Run>], escapes: &Escapes, upper: f64) -> String {
    let most = rates.iter().map(|r| r.mean + r.half_95).fold(1.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} 560\" font-family=\"sans-serif\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"20\" y=\"34\" font-size=\"18\">Lines per labour hour, {} paired runs, mean and 95 % interval</text>\n",
        runs.len()
    );
    // Writing to a string cannot fail.
    for (w, rate) in rates.iter().enumerate() {
        let y = 60.0 + 44.0 * w as f64;
        let (orders, rest) = Way::ALL[w].name().split_once(", ").unwrap_or((Way::ALL[w].name(), ""));
        let long = |x: f64| x / most * BAR;
        let _ = writeln!(
            svg,
            "<text x=\"20\" y=\"{:.0}\">{orders},</text><text x=\"20\" y=\"{:.0}\" fill=\"#555\">{rest}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"28\" fill=\"{}\"/>\n\
             <path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"#000\" stroke-width=\"2\"/>\n\
             <text x=\"{:.1}\" y=\"{:.0}\">{:.1} ({:+.1} %)</text>",
            y + 11.0,
            y + 28.0,
            long(rate.mean),
            if w == 0 { "#9aa5b1" } else { "#1f6f8b" },
            LEFT + long(rate.mean - rate.half_95),
            y + 14.0,
            LEFT + long(rate.mean + rate.half_95),
            LEFT + long(rate.mean + rate.half_95) + 8.0,
            y + 19.0,
            rate.mean,
            gain[w].mean,
        );
    }
    let _ = writeln!(svg, "<text x=\"20\" y=\"270\" font-size=\"18\">Where the crew's time goes</text>");
    let parts =
        [("walking", "#1f6f8b"), ("handling", "#6aa84f"), ("setting up", "#c9a227"), ("waiting for room", "#b04a3a")];
    for (w, way) in rates.iter().enumerate().map(|(w, _)| (w, Way::ALL[w])) {
        let (y, mut x) = (285.0 + 26.0 * w as f64, LEFT);
        let _ = writeln!(svg, "<text x=\"20\" y=\"{:.0}\">{way:?}</text>", y + 15.0);
        for (at, (_, colour)) in parts.iter().enumerate() {
            let share = runs.iter().map(|r| r[w].shares[at]).sum::<f64>() / runs.len() as f64;
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"20\" fill=\"{colour}\"/>",
                share * BAR
            );
            x += share * BAR;
        }
    }
    for (at, (name, colour)) in parts.iter().enumerate() {
        let x = LEFT + 125.0 * at as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"397\" width=\"12\" height=\"12\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"408\">{name}</text>",
            x + 17.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"20\" y=\"448\" font-size=\"18\">What became of {} mistakes on {} lines</text>",
        escapes.injected, escapes.lines
    );
    let rows =
        [("found by scan", escapes.at_scan), ("found at packing", escapes.at_packing), ("escaped", escapes.escaped)];
    for (at, (name, count)) in rows.iter().enumerate() {
        let y = 462.0 + 26.0 * at as f64;
        let width = *count as f64 / escapes.injected.max(1) as f64 * BAR;
        let note = if at == 2 {
            format!("{count}, at most {:.3} % of lines (95 %)", 100.0 * upper)
        } else {
            count.to_string()
        };
        let _ = writeln!(
            svg,
            "<text x=\"20\" y=\"{:.0}\">{name}</text><rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"20\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\">{note}</text>",
            y + 15.0,
            if at == 2 { "#b04a3a" } else { "#6aa84f" },
            LEFT + width + 8.0,
            y + 15.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}
