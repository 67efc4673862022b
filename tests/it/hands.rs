//! `cartage bench scans` does what it says: people who pick at once are never told
//! anything but their next instruction. Deliberately absent: how fast.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_few_people_pick_at_once_and_nobody_is_refused() {
    let file = std::env::temp_dir().join(format!("cartage-hands-{:016x}.json", rand::random::<u64>()));
    let done = Command::new(env!("CARGO_BIN_EXE_cartage"))
        .args(["bench", "scans", "--workers", "5", "--seconds", "3", "--pause-ms", "40", "--report"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).ok();
    assert_eq!((report["workers"].as_u64(), report["refused"].as_u64()), (Some(5), Some(0)), "{report}");
    // A task of 49 scans each, and the way to the station after it.
    assert!(report["scans"].as_u64().unwrap() > 25, "{report}");
}
