//! The layers of the phone core and its bindings, as tables.

use super::source::Source;

/// Modules of `mobile-core/src` and the modules they may use.
const CORE: [(&str, &[&str]); 11] = [
    ("few", &[]),
    ("gathered", &["few"]),
    ("link", &["few", "gathered"]),
    ("outbox", &["few", "gathered"]),
    ("compose", &["few", "gathered"]),
    ("push", &["few", "gathered"]),
    ("store", &["few", "gathered"]),
    ("lists", &["few", "gathered", "store", "outbox", "compose"]),
    ("phone", &["few", "gathered", "link", "outbox", "compose", "push", "store", "lists"]),
    ("net", &["few", "gathered", "link", "outbox", "phone"]),
    (
        "runtime",
        &["few", "gathered", "link", "outbox", "compose", "push", "store", "lists", "phone", "net"],
    ),
];

/// The modules of `mobile-core/src/runtime`, in order: each may use only those before it.
const RUNTIME: [&str; 25] = [
    "clock",
    "error",
    "events",
    "log",
    "network",
    "keys",
    "extension",
    "dispatcher",
    "subscriptions",
    "engine",
    "requests",
    "life",
    "lock",
    "effects",
    "registration",
    "worker",
    "handle",
    "session",
    "calls",
    "uploads",
    "downloads",
    "answering",
    "watch",
    "wishes",
    "search",
];

/// Modules of the phone core that compute and do nothing else.
const MACHINES: [&str; 8] =
    ["few", "gathered", "link", "outbox", "compose", "push", "lists", "phone"];

/// What a machine must not name: clocks, threads, sockets, runtimes.
const OUTSIDE: [&str; 12] = [
    "std::thread",
    "std::net",
    "std::process",
    "std::fs",
    "tokio",
    "hyper",
    "rustls",
    "Instant",
    "SystemTime",
    "Condvar",
    "mpsc",
    "wall_clock",
];

/// What the store must not name either: it may use files, and nothing else of the system.
const OUTSIDE_OF_STORE: [&str; 10] = [
    "std::thread",
    "std::net",
    "std::process",
    "tokio",
    "hyper",
    "rustls",
    "Instant",
    "SystemTime",
    "mpsc",
    "wall_clock",
];

/// Modules of the bindings, which translate and decide nothing.
const OUTSIDE_OF_BINDINGS: [&str; 6] =
    ["std::thread", "std::net", "tokio", "Instant", "SystemTime", "rusqlite"];

/// The modules of the phone core use only what their row allows.
pub(super) fn core(file: &Source) -> Vec<String> {
    let Some(module) = module_of(file, "mobile-core/src/") else { return Vec::new() };
    if module == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = CORE.iter().find(|(name, _)| *name == module) else {
        let what = format!("module {module} has no place in tidy's table of the phone core");
        return vec![file.at(1, &what)];
    };
    let is_wrong = |used: &str| used != module && !allowed.contains(&used);
    uses(file, "crate::")
        .filter(|(_, used)| is_wrong(used))
        .map(|(line, used)| file.at(line, &format!("{module} may not use crate::{used}")))
        .collect()
}

/// The files of the runtime use only those before them.
pub(super) fn runtime(file: &Source) -> Vec<String> {
    const FOLDER: &str = "mobile-core/src/runtime/";
    let Some(module) = module_of(file, FOLDER).filter(|module| !matches!(*module, "mod" | "tests"))
    else {
        return Vec::new();
    };
    let place = |name: &str| RUNTIME.iter().position(|module| *module == name);
    let Some(own) = place(module) else {
        return vec![file.at(1, &format!("module {module} has no place in the runtime's order"))];
    };
    let is_nested = file.path.trim_start_matches(FOLDER).contains('/');
    let beside = uses(file, "super::").filter(|_| !is_nested);
    let all = beside.chain(uses(file, "crate::runtime::"));
    all.filter(|(_, used)| place(used).is_none_or(|used| used > own))
        .map(|(line, used)| file.at(line, &format!("{module} may not use runtime::{used}")))
        .collect()
}

/// Machines know no clock, thread, socket or runtime.
pub(super) fn machines(file: &Source) -> Vec<String> {
    let outside: &[&str] = match module_of(file, "mobile-core/src/") {
        Some("store") => &OUTSIDE_OF_STORE,
        Some(module) if MACHINES.contains(&module) => &OUTSIDE,
        _ if file.is_rust() && file.path.starts_with("bindings/src/") => &OUTSIDE_OF_BINDINGS,
        _ => return Vec::new(),
    };
    let names = |line: &str, word: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        line.match_indices(word).any(|(at, _)| {
            let after = line.get(at + word.len()..).unwrap_or_default();
            let before = line.get(..at).unwrap_or_default();
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
    };
    let code = file.code().into_iter();
    let found = code.filter_map(|(number, line)| {
        let word = outside.iter().find(|word| names(line, word))?;
        Some(file.at(number, &format!("names {word}")))
    });
    found.collect()
}

/// The methods of the engine that a file declares: `impl Engine` is spread over the runtime.
pub(super) fn methods(files: &[Source]) -> Vec<String> {
    let runtime: Vec<(usize, &Source)> = files
        .iter()
        .filter_map(|file| {
            let module = module_of(file, "mobile-core/src/runtime/")?;
            let place = RUNTIME.iter().position(|name| *name == module)?;
            file.text.contains("impl Engine {").then_some((place, file))
        })
        .collect();
    let mut wrong = Vec::new();
    for (place, file) in &runtime {
        for name in engine_methods(file) {
            for (below, user) in runtime.iter().filter(|(below, _)| below < place) {
                let called = user.code().into_iter().find(|(_, line)| {
                    ["self", "engine"].iter().any(|on| line.contains(&format!("{on}.{name}(")))
                });
                if let Some((line, _)) = called {
                    let (own, above) = (RUNTIME.get(*below), RUNTIME.get(*place));
                    wrong.push(user.at(line, &format!("{own:?} calls {name} of {above:?}")));
                }
            }
        }
    }
    wrong
}

fn engine_methods(file: &Source) -> Vec<&str> {
    let after = file.text.split_once("impl Engine {").map_or("", |(_, after)| after);
    let block = after.split_once("\n}").map_or(after, |(block, _)| block);
    let declared = block.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?.trim_start_matches("pub(super) ");
        let name = name.trim_start_matches("async ").strip_prefix("fn ")?;
        name.split(['(', '<']).next()
    });
    declared.collect()
}

/// The first path component below a folder, without its ending.
fn module_of<'a>(file: &'a Source, folder: &str) -> Option<&'a str> {
    let rest = file.path.strip_prefix(folder).filter(|_| file.is_rust())?;
    rest.split('/').next().map(|first| first.trim_end_matches(".rs"))
}

/// The modules that are named after a prefix, with the line.
fn uses<'a>(file: &'a Source, prefix: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    file.code().into_iter().flat_map(move |(number, line)| {
        line.match_indices(prefix).filter_map(move |(at, _)| {
            let before = line.get(..at)?;
            let is_inside = before.ends_with(|c: char| c.is_alphanumeric() || "_$:".contains(c));
            let name = line.get(at + prefix.len()..)?;
            let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            let is_module = name.starts_with(|c: char| c.is_lowercase()) && name != "super";
            (is_module && !is_inside).then_some((number, name))
        })
    })
}
