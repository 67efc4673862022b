//! `solve assign`: a table of costs, one row a line; `-` forbids a pair.

use std::path::PathBuf;
use std::time::Instant;

use solver::matching;

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
    let begin = Instant::now();
    let found = matching::assign(&costs);
    let seconds = begin.elapsed().as_secs_f64();
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
