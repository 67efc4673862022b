//! `solve assign`: a table of costs, one row a line; `-` forbids a pair.

use std::path::PathBuf;
use std::time::Instant;

use solver::matching::{self, Assignment};

#[derive(clap::Args)]
pub struct Args {
    /// Whole numbers between blanks or commas.
    file: PathBuf,
    /// Where to write the column of each row, counted from 0; `-` for none.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let text = super::text_of(&args.file)?;
    let mut costs = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words = line.split([' ', '\t', ',', ';']).filter(|w| !w.is_empty());
        let cell = |word: &str| match word {
            "-" => Ok(None),
            _ => word.parse::<i64>().map(Some).map_err(|e| format!("line {}: {word:?}: {e}", at + 1)),
        };
        costs.push(words.map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    let (found, seconds) = matched(&costs);
    solver::check::assignment::check(&costs, &found).map_err(|e| e.to_string())?;
    if let Some(out) = &args.out {
        let line = |col: &Option<usize>| col.map_or("-".to_owned(), |c| c.to_string()) + "\n";
        let lines: String = found.row_to_col.iter().map(line).collect();
        std::fs::write(out, lines).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    let report = serde_json::json!({ "cost": found.cost, "matched": found.cardinality(), "seconds": seconds });
    println!("{report}");
    Ok(())
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
