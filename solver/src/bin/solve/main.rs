//! `solve`: routing, assignment and picking problems from the command line.
//!
//! Prints how the search gets on, then one line of JSON. Deliberately absent:
//! anything that decides; it reads, calls the library, checks and writes.

mod assign;
mod batch;
mod draw;
mod floor;
mod goods;
mod sector;
mod slot;
mod tour;
mod vrp;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Plans routes, assignments, walks, batches and places from files.
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
    /// One picker's walk through an SPRP file, articles in one place or several.
    Tour(tour::Args),
    /// Orders of a Henn and Wäscher file collected together.
    Batch(batch::Args),
    /// Places for articles, given the baskets they are bought in.
    Slot(slot::Args),
    /// Shelves brought to stations for the orders of a RAFS file.
    Goods(goods::Args),
    /// A storage sector simulated on a virtual clock, several ways with the same orders.
    Sector(sector::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Vrp(args) => vrp::run(&args),
        Command::Assign(args) => assign::run(&args),
        Command::Tour(args) => tour::run(&args),
        Command::Batch(args) => batch::run(&args),
        Command::Slot(args) => slot::run(&args),
        Command::Goods(args) => goods::run(&args),
        Command::Sector(args) => sector::run(&args),
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

/// Writes a file, or says in words why not.
fn write(path: &std::path::Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
