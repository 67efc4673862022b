//! `solve assign`: a table of costs, one row a line; `-` forbids a pair.
//!
//! Costs are counted in whole steps of the finest decimal place in the file, six places
//! at most.

use std::path::PathBuf;
use std::time::Instant;

use solver::matching::{self, Assignment};

#[derive(clap::Args)]
pub struct Args {
    /// Numbers between blanks or commas; decimals have six places at most.
    file: PathBuf,
    /// Where to write the column of each row, counted from 0; `-` for none.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let text = super::text_of(&args.file)?;
    let places = text.split(SEPARATORS).map(places_of).max().unwrap_or(0).min(MOST_PLACES);
    let mut costs = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words = line.split(SEPARATORS).filter(|w| !w.is_empty());
        let cell = |word| cost_of(word, places).map_err(|why| format!("line {}: {word:?}: {why}", at + 1));
        costs.push(words.map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    let (found, seconds) = matched(&costs);
    solver::check::assignment::check(&costs, &found).map_err(|e| e.to_string())?;
    if let Some(out) = &args.out {
        let line = |col: &Option<usize>| col.map_or("-".to_owned(), |c| c.to_string()) + "\n";
        let lines: String = found.row_to_col.iter().map(line).collect();
        std::fs::write(out, lines).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    let cost = match places {
        0 => serde_json::json!(found.cost),
        _ => serde_json::json!(found.cost as f64 / 10_f64.powi(places as i32)),
    };
    let report = serde_json::json!({ "cost": cost, "matched": found.cardinality(), "seconds": seconds });
    println!("{report}");
    Ok(())
}

const SEPARATORS: [char; 6] = [' ', '\t', ',', ';', '\n', '\r'];
const MOST_PLACES: usize = 6;

fn places_of(word: &str) -> usize {
    word.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// A cost in steps of the last of so many decimal places; nothing where the pair is
/// forbidden. Places beyond are rounded.
fn cost_of(word: &str, places: usize) -> Result<Option<i64>, String> {
    if word == "-" {
        return Ok(None);
    }
    if places == 0 {
        return word.parse().map(Some).map_err(|error| format!("{error}"));
    }
    let number: f64 = word.parse().map_err(|error| format!("{error}"))?;
    let steps = (number * 10_f64.powi(places as i32)).round();
    // Whole numbers up to here are exact.
    if steps.abs() > (1_i64 << 53) as f64 || steps.is_nan() {
        return Err("too large for its decimal places".to_owned());
    }
    Ok(Some(steps as i64))
}

/// The matching, and the seconds it took once the table lay in memory as it is searched:
/// whole
/// numbers side by side where no pair is forbidden, lists where most are.
fn matched(costs: &[Vec<Option<i64>>]) -> (Assignment, f64) {
    let cols = costs.first().map_or(0, Vec::len);
    let full = costs.iter().all(|row| row.len() == cols && row.iter().all(Option::is_some));
    let cells = || costs.iter().flatten().map(|cell| cell.unwrap_or_default());
    let pairs = costs.iter().flatten().flatten().count();
    if !full && matching::is_sparse(pairs, costs.len(), costs.iter().map(Vec::len).max().unwrap_or(0)) {
        let lists = matching::lists(costs);
        return timed(|| matching::assign_sparse(&lists));
    }
    if !full {
        return timed(|| matching::assign(costs));
    }
    match cells().map(i32::try_from).collect::<Result<Vec<_>, _>>() {
        Ok(narrow) => timed(|| matching::assign_table(&narrow, costs.len(), cols)),
        Err(_) => {
            let wide: Vec<i64> = cells().collect();
            timed(|| matching::assign_table(&wide, costs.len(), cols))
        }
    }
}

fn timed(work: impl FnOnce() -> Assignment) -> (Assignment, f64) {
    let begin = Instant::now();
    (work(), begin.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_count_in_steps_and_odd_words_are_refused() {
        assert_eq!((places_of("3"), places_of("3.25"), places_of("-")), (0, 2, 0));
        assert_eq!(cost_of("-1.5", 2), Ok(Some(-150)));
        assert_eq!((cost_of("-", 2), cost_of("12", 0)), (Ok(None), Ok(Some(12))));
        for word in ["x", "1.2.3", "NaN", "1e300", "inf"] {
            assert!(cost_of(word, 2).is_err(), "{word}");
        }
        assert!(cost_of("1.5", 0).is_err() && cost_of("9223372036854775808", 0).is_err());
    }
}
