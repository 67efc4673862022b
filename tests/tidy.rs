//! The plan of the house, held by a test: rooms lean only on earlier rooms, each
//! tool stays in its room, files stay readable. The order is read from `lib.rs`.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its text.
fn files(below: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The code of a file: no comments, no test modules at its end.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room_of(file: &str) -> &str {
    let rest = file.strip_prefix("src/").unwrap_or(file);
    rest.split(['/', '.']).next().unwrap_or(rest)
}

fn is_test(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    file.contains("/tests/") || name.contains("test") || name == "fixtures.rs" || name == "both.rs"
}

#[test]
fn a_room_leans_only_on_earlier_rooms() {
    let table = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let order: HashMap<String, usize> = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .enumerate()
        .map(|(place, room)| (room.to_owned(), place))
        .collect();
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let Some(own) = order.get(room_of(&file)).filter(|_| !is_test(&file)) else { continue };
        for (room, place) in &order {
            // `http` in a nested `use` is axum's own module.
            let nested = if room == "http" { "crate::http".to_owned() } else { format!("\n    {room}::") };
            let uses = [format!("crate::{room}::"), nested, format!("crate::{{{room}::")];
            if place > own && uses.iter().any(|used| code(&text).contains(used.as_str())) {
                wrong.push(format!("{file} leans on {room}, which comes later"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "what lies downstream is reached by a fact and flow, never by a call:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_tool_stays_in_its_room() {
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let (code, name) = (code(&text), file.rsplit('/').next().unwrap_or_default());
        let may_sql =
            file.starts_with("src/store/") || name.ends_with("rows.rs") || file.contains("/rows/") || is_test(&file);
        if !may_sql && (code.contains("sqlx::") || code.contains("use sqlx")) {
            wrong.push(format!("{file} speaks SQL; that belongs into the room's rows.rs"));
        }
        let may_http = ["src/http", "src/web", "src/problem.rs", "src/exchange", "src/app", "src/fixtures.rs"];
        let is_face =
            may_http.iter().any(|place| file.starts_with(place)) || name == "api.rs" || file.contains("/api/");
        if !is_face && !is_test(&file) && (code.contains("axum::") || code.contains("use axum")) {
            wrong.push(format!("{file} speaks HTTP; that belongs into api.rs or web"));
        }
        let imports = code.split("use axum").skip(1).filter_map(|rest| rest.split(';').next());
        let mut words = imports.flat_map(|list| list.split(|c: char| !c.is_alphanumeric()));
        if file != "src/exchange/asked.rs"
            && !is_test(&file)
            && words.any(|word| ["Path", "Query", "Form"].contains(&word))
        {
            wrong.push(format!(
                "{file} takes Path, Query or Form from axum, which refuses in plain text; use exchange's"
            ));
        }
        if name == "model.rs"
            && (code.contains("SystemTime") || code.contains("Instant::now") || code.contains("rand::rng"))
        {
            wrong.push(format!("{file} asks the system for time or dice; a model is pure"));
        }
    }
    for (file, text) in files("solver/src").into_iter().chain(files("sim/src")) {
        if code(&text).contains("cartage::") || (file.starts_with("solver") && code(&text).contains("tokio")) {
            wrong.push(format!("{file} knows the server, or its runtime"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_readable() {
    let mut wrong = Vec::new();
    for below in ["src", "solver/src", "firmware-bridge/src", "sim/src", "tests"] {
        for (file, text) in files(below) {
            if text.lines().count() > 600 {
                wrong.push(format!("{file} has more than 600 lines"));
            }
            if !text.starts_with("//!") {
                wrong.push(format!("{file} does not open with what it is for"));
            }
            let left_open = ["todo!(", "unimplemented!(", "FIXME", "#[ignore"];
            if file != "tests/tidy.rs" && left_open.iter().any(|mark| text.contains(mark)) {
                wrong.push(format!("{file} leaves something open"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn migrations_use_three_column_families() {
    let families = ["BIGINT", "DOUBLE", "TEXT"];
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root().join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        for (number, line) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let is_column = line.starts_with("    ")
                && words.len() > 1
                && words[0].chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '"');
            let family = words.get(1).map(|word| word.trim_end_matches(','));
            let typed = family.is_some_and(|word| word.chars().all(|c| c.is_ascii_uppercase()) && word.len() > 2);
            if is_column
                && typed
                && family.is_some_and(|word| {
                    !families.contains(&word) && !["AND", "OR", "NOT", "REFERENCES", "IN"].contains(&word)
                })
            {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "columns are BIGINT, DOUBLE PRECISION or TEXT:\n{}", wrong.join("\n"));
}
