//! ARCHITECTURE.md as a map: it names each room and each worker, and none that is gone. The ways
//! through the code name files and functions that are there.

use std::collections::BTreeSet;

use crate::source::{Source, sources};

const MAP: &str = "ARCHITECTURE.md";

/// Crates whose modules the map names, each in the section with its name.
const MAPPED: [&str; 4] = ["domain", "store", "server", "mobile-core"];

const WORKERS: &str = "server/src/jobs";

/// The folders and files of a crate that the map does not name, and names of the map's tables that
/// no folder or file has.
pub(crate) fn misses(files: &[Source]) -> Vec<String> {
    let map = files.iter().find(|file| file.path == MAP).map_or("", |file| &file.text);
    let mut wrong = Vec::new();
    for name in MAPPED {
        let there = modules(files, &format!("{name}/src"));
        let section = section(map, name);
        let named = code(section);
        let lost = there.iter().filter(|module| !named.contains(**module));
        wrong.extend(lost.map(|module| format!("{MAP} does not name {name}/src/{module}")));
        let gone = first_cells(section).into_iter().filter(|module| !there.contains(module));
        wrong.extend(gone.map(|module| format!("{MAP} names {name}/src/{module}, which is gone")));
    }
    let row = map.lines().find(|line| line.starts_with("| `jobs` |")).unwrap_or_default();
    let lost = modules(files, WORKERS).into_iter().filter(|worker| !code(row).contains(worker));
    wrong.extend(lost.map(|worker| format!("{MAP} does not name {WORKERS}/{worker}")));
    wrong
}

/// The files and functions that the ways through the code name and nothing has: `http/files.rs`,
/// `Hub::hear`. A function counts where a file has it and the name before it.
pub(crate) fn lost_ways(files: &[Source]) -> Vec<String> {
    let map = files.iter().find(|file| file.path == MAP).map_or("", |file| &file.text);
    let below = map.split_once("\n## Walkthroughs\n").map_or("", |(_, below)| below);
    let ways = below.split("\n## ").next().unwrap_or_default();
    let is_file = |name: &str| files.iter().any(|file| file.path.ends_with(&format!("/{name}")));
    let is_function = |of: &str, name: &str| {
        let function = format!("fn {name}");
        let has = |file: &&Source| {
            let named = file.text.split(&function).skip(1);
            let is_whole = |rest: &str| rest.starts_with(['(', '<']);
            named.into_iter().any(is_whole) && (is_in(file, of) || file.text.contains(of))
        };
        files.iter().filter(|file| file.is_rust()).any(|file| has(&file))
    };
    let is_there = |span: &&str| match span.split_once("::") {
        _ if span.contains(' ') => true,
        None => !span.contains('/') || is_file(span),
        Some((of, name)) if name.starts_with(char::is_lowercase) => is_function(of, name),
        Some(_) => true,
    };
    let lost = code(ways).into_iter().filter(|span| !is_there(span));
    lost.map(|span| format!("{MAP} names {span}, which is nowhere")).collect()
}

/// Whether a file is that module, or lies in it.
fn is_in(file: &Source, module: &str) -> bool {
    file.path.split('/').any(|part| part.trim_end_matches(".rs") == module)
}

/// The names of the modules directly below a folder.
fn modules<'a>(files: &'a [Source], folder: &str) -> BTreeSet<&'a str> {
    let below = |file: &'a Source| file.path.strip_prefix(folder)?.strip_prefix('/');
    let paths = files.iter().filter(|file| file.is_rust()).filter_map(below);
    let names = paths.filter_map(|path| path.trim_end_matches(".rs").split('/').next());
    names.filter(|name| !["lib", "main", "mod", "tests", "testing"].contains(name)).collect()
}

/// The part of the map below the heading of a crate.
fn section<'a>(map: &'a str, name: &str) -> &'a str {
    let below = map.split_once(&format!("\n### `{name}/`")).map_or("", |(_, below)| below);
    below.split("\n##").next().unwrap_or_default()
}

/// The words in backticks.
fn code(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The words in backticks in the first cells of a table.
fn first_cells(section: &str) -> BTreeSet<&str> {
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').step_by(2)).collect()
}

#[test]
fn the_map_names_each_room_and_each_worker() {
    assert_eq!(misses(sources()), Vec::<String>::new());
    assert_eq!(lost_ways(sources()), Vec::<String>::new());
}

#[test]
fn a_room_or_a_worker_that_the_map_does_not_name_is_seen() {
    let seen = |path: &str| {
        let map =
            "### `server/`: a\n| `jobs` | `sender` |\n\n### `domain/`\n| `see`, `fact` |  |\n";
        let one = Source::new(path, "//! A.");
        let there = ["domain/src/see/a.rs", "domain/src/fact.rs", "server/src/jobs/sender/b.rs"];
        let mut all: Vec<Source> = there.iter().map(|path| Source::new(path, "//! A.")).collect();
        all.extend([one, Source::new(MAP, &format!("# A\n{map}"))]);
        misses(&all)
    };
    assert_eq!(seen("server/src/jobs/mod.rs"), Vec::<String>::new());
    assert_eq!(seen("server/src/jobs/waker.rs").len(), 1);
    assert_eq!(seen("domain/src/hand/board.rs").len(), 1);
    assert_eq!(seen("store/src/tables.rs").len(), 1);
    let map = Source::new(MAP, "\n### `domain/`: rules\n| `gone` | that |\n");
    assert_eq!(misses(&[map]), ["ARCHITECTURE.md names domain/src/gone, which is gone"]);
}

#[test]
fn a_way_that_names_what_is_gone_is_seen() {
    let lost = |way: &str| {
        let map = Source::new(MAP, &format!("# A\n\n## Walkthroughs\n1. {way}\n\n## B\n`c/d.rs`"));
        let hub = Source::new("server/src/gateway/hub.rs", "impl Hub {\n    fn hear(&self) {}\n}");
        lost_ways(&[map, hub]).len()
    };
    let good = "`gateway/hub.rs`: `Hub::hear`, `hub::hear`, `Work::Post`, `queued → sending`.";
    assert_eq!(lost(good), 0);
    for bad in ["`gateway/hubs.rs`", "`Hub::heard`", "`Hub::hea`", "`Ring::hear`"] {
        assert_eq!(lost(bad), 1, "passed over: {bad}");
    }
}
