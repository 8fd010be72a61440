//! Where the tables lie.

use std::env::var_os;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Writes the table where that is asked for, else compares it.
#[track_caller]
pub(super) fn check(name: &str, table: &str) {
    let file = folder().join(name);
    if var_os("BATON_ACCEPT").is_some() || var_os("BATON_RULES").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&file, table).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == table, "{name} is not as the rules are: BATON_ACCEPT=1 writes it anew");
}

/// The names of all tables that are there.
pub(super) fn all() -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    all.sort();
    all
}

/// The kinds of frames of a family, by the examples of the wire.
pub(super) fn kinds(family: &str) -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir(fixtures())
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let kind = name.strip_prefix(family)?.strip_suffix(".json")?;
            (kind != "from_the_future").then(|| kind.to_owned())
        })
        .collect();
    all.sort();
    all
}

/// What stands in a line of a table, under its name where it has one.
pub(super) type Item<'a> = (Option<&'a str>, Value);

/// An object whose lists have one item a line.
pub(super) fn table(fields: &[(&str, Vec<Item<'_>>)]) -> String {
    let list = |(name, items): &(&str, Vec<Item<'_>>)| {
        let of_names = items.first().is_some_and(|(key, _)| key.is_some());
        let (open, close) = if of_names { ('{', '}') } else { ('[', ']') };
        let line = |(key, value): &Item<'_>| {
            let key = key.map_or_else(String::new, |key| format!("{}: ", Value::from(key)));
            format!("{key}{value}")
        };
        let lines: Vec<String> = items.iter().map(line).collect();
        format!("{}: {open}\n{}\n{close}", Value::from(*name), lines.join(",\n"))
    };
    let lists: Vec<String> = fields.iter().map(list).collect();
    format!("{{\n{}\n}}\n", lists.join(",\n"))
}

fn folder() -> PathBuf {
    var_os("BATON_RULES").map_or_else(|| fixtures().join("rules"), PathBuf::from)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/fixtures")
}
