//! The two catalogues say the same things, and the pages ask only for what is there.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// Keys under these are put together at run time from codes of other rooms.
const BY_CODE: &[&str] = &[
    "refusal.", "say.", "state.", "kind.", "choice.", "status.", "fact.", "mode.", "tone.", "cat.", "why.", "event.",
    "by.", "tell.", "word.", "done.", "title.", "detail.",
];

fn texts(dir: &Path, ends: &[&str], into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "dist" && name != "i18n" {
            texts(&path, ends, into);
        } else if ends.iter().any(|end| name.ends_with(end)) {
            into.push(fs::read_to_string(&path).unwrap());
        }
    }
}

fn places(text: &str) -> BTreeSet<char> {
    text.split('{').skip(1).filter_map(|rest| rest.chars().next()).collect()
}

/// What handhelds say is put together from codes in the rooms of the floor: each has
/// words, or a worker would read English.
#[test]
fn every_step_and_every_answer_of_the_floor_has_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = BTreeSet::new();
    for room in ["inbound", "counting", "slotting", "picking", "packing"] {
        for file in ["scan", "step", "put_away", "carry", "putback", "short"] {
            let Ok(text) = fs::read_to_string(root.join(room).join(format!("{file}.rs"))) else { continue };
            let is_code = |one: &&str| {
                let parts: Vec<&str> = one.split('.').collect();
                let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                parts.len() == 2 && parts.iter().all(word)
            };
            for code in text.split('"').filter(is_code) {
                let known = |prefix: &str| ZH.contains_key(&format!("{prefix}.{code}"));
                if !known("say") && !known("state") {
                    missing.insert(format!("{room}/{file}.rs: {code}"));
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "without words");
}

#[test]
fn both_languages_have_the_same_keys_and_places() {
    let en: BTreeSet<&String> = EN.keys().collect();
    // English refusals are the sentences that the rooms themselves say.
    let own = |key: &&String| !key.ends_with(".one") && !key.starts_with("refusal.");
    let zh: BTreeSet<&String> = ZH.keys().filter(own).collect();
    let plain: BTreeSet<&String> = en.iter().copied().filter(own).collect();
    assert_eq!(plain.difference(&zh).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in Chinese");
    assert_eq!(zh.difference(&plain).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in English");
    for (key, text) in ZH.iter().filter(|(key, _)| own(key)) {
        assert_eq!(places(text), places(&EN[key]), "{key} puts different things in");
    }
}

#[test]
fn no_file_repeats_a_key_of_another() {
    let files = tables!("en": "common" "refusal" "handheld" "shop" "rider" "desk" "house");
    let count: usize = files.iter().map(|file| serde_json::from_str::<Table>(file).unwrap().len()).sum();
    assert_eq!(count, EN.len());
}

/// Sources without the blanks that formatting puts behind a bracket.
fn sources() -> Vec<String> {
    let mut sources = Vec::new();
    texts(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web").as_path(), &[".html", ".rs"], &mut sources);
    let tight = |text: &String| text.split('(').map(str::trim_start).collect::<Vec<_>>().join("(");
    sources.iter().map(tight).collect()
}

/// Keys that sources ask for by name: `get("a.b")`, `put("a.b", ...)` and so on.
fn asked(sources: &[String]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for source in sources {
        for call in [".get(\"", ".put(\"", ".put2(\"", ".put3(\"", ".count(\""] {
            for rest in source.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                if key.contains('.') && !key.contains([' ', '/']) {
                    keys.insert(key.to_owned());
                }
            }
        }
    }
    keys
}

#[test]
fn every_key_asked_for_exists_and_every_key_is_asked_for() {
    let sources = sources();
    let missing: Vec<String> = asked(&sources).into_iter().filter(|key| !EN.contains_key(key)).collect();
    assert!(missing.is_empty(), "no words for {missing:?}");
    let by_code = |key: &str| BY_CODE.iter().any(|prefix| key.starts_with(prefix));
    let named = |key: &str| {
        let quoted = format!("\"{}\"", key.trim_end_matches(".one"));
        sources.iter().any(|source| source.contains(&quoted))
    };
    let unused: Vec<_> = EN.keys().filter(|key| !by_code(key) && !named(key)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn things_are_put_in_and_counted() {
    let en = Words::of(Lang::En);
    assert_eq!(en.count("cart.count", 1), "1 article");
    assert_eq!(en.count("cart.count", 3), "3 articles");
    assert_eq!(Words::of(Lang::Zh).count("cart.count", 1), "1 件");
    assert_eq!(en.or("refusal", "no.such", "As it came."), "As it came.");
}
