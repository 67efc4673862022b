//! `solve`: routing and assignment problems from the command line.
//!
//! Prints how the search gets on, then one line of JSON. Deliberately absent:
//! anything that decides; it reads, calls the library, checks and writes.

mod assign;
mod draw;
mod vrp;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Plans routes and assignments from files.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Routes of a VRPLIB, Solomon, Li & Lim or VROOM file.
    Vrp(vrp::Args),
    /// One-to-one assignment of the rows of a table of costs to its columns.
    Assign(assign::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Vrp(args) => vrp::run(&args),
        Command::Assign(args) => assign::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("solve: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The text of a file, or what is wrong with it in words.
fn text_of(path: &std::path::Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}
