//! The layers of the rules, the store, the phone core, its bindings, the simulator and the world of
//! the tests, as tables.

use crate::source::Source;
use crate::uses::{Layers, module_of, used_modules};

/// The rules: texts, what the log says, who sees what, one decision, what happens by itself, whose
/// work it is; then whole groups of work.
const DOMAIN: Layers = Layers {
    folder: "domain/src/",
    free: &["lib"],
    table: &[
        ("text", &[]),
        ("fact", &["text"]),
        ("see", &["text", "fact"]),
        ("forward", &["fact"]),
        ("context", &["fact", "see", "forward"]),
        ("outward", &["fact"]),
        ("decide", &["text", "fact", "see", "forward", "context"]),
        ("auto", &["text", "fact", "see", "outward", "decide"]),
        ("hand", &["text", "fact"]),
        ("group", &["text", "fact", "see", "forward", "context", "decide", "auto", "hand"]),
        ("announce", &["fact", "see"]),
        ("report", &["fact", "see"]),
    ],
};

/// The modules of the rooms of `domain/src`, each room in order: a module may use only those before
/// it.
const ROOMS: [(&str, &[&str]); 5] = [
    (
        "text",
        &[
            "fold",
            "link",
            "lookalike",
            "media_type",
            "naming",
            "said",
            "shown",
            "signature",
            "find",
            "names",
            "number",
        ],
    ),
    (
        "fact",
        &[
            "chance",
            "draft",
            "episodes",
            "hours",
            "outcome",
            "planted",
            "predicates",
            "ran",
            "scope",
            "tag",
            "upload",
            "bots",
            "language",
            "line",
            "log",
            "reminders",
            "survey",
            "inbound",
            "lines",
            "answers",
            "past",
            "roster",
            "clocks",
            "apply",
        ],
    ),
    (
        "see",
        &[
            "attributes",
            "canned",
            "mirror",
            "outcomes",
            "quiet",
            "rights",
            "settings",
            "tags",
            "automatic",
            "outside",
            "stretch",
            "setting",
            "sight",
            "staff",
        ],
    ),
    ("auto", &["courtesy", "known", "rules", "bots", "suggesting", "survey", "clocks", "replay"]),
    ("hand", &["board", "reach", "shift", "routing", "look"]),
];

/// The store: tables as they are said, the database beneath them, what is read, who asks, proofs,
/// the committer's statements, and what workers claim.
const STORE: Layers = Layers {
    folder: "store/src/",
    free: &["lib", "tests"],
    table: &[
        ("error", &[]),
        ("table", &[]),
        ("tables", &["error", "table"]),
        ("database", &["error", "table", "tables"]),
        ("read", &["tables"]),
        ("people", &["tables"]),
        ("proof", &["error", "table", "tables", "database", "read"]),
        ("group", &["table", "tables", "read"]),
        ("work", &["table", "tables", "database", "read", "people", "group"]),
    ],
};

/// The phone core.
const CORE: Layers = Layers {
    folder: "mobile-core/src/",
    free: &["lib"],
    table: &[
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
            &[
                "few", "gathered", "link", "outbox", "compose", "push", "store", "lists", "phone",
                "net",
            ],
        ),
    ],
};

/// The simulator: `state` is what Meta and the push services remember, as machines that are handed
/// the time; `whatsapp` and `push` answer calls on it. `simulator` assembles them.
const SIMULATOR: Layers = Layers {
    folder: "simulator/src/",
    free: &["lib", "main", "simulator"],
    table: &[
        ("base", &[]),
        ("mail", &[]),
        ("state", &["base"]),
        ("push", &["base", "state"]),
        ("whatsapp", &["base", "state"]),
        ("control", &["base", "state", "whatsapp"]),
    ],
};

/// The world of the end-to-end tests.
const WORLD: Layers = Layers {
    folder: "tests/src/",
    free: &["lib"],
    table: &[
        ("history", &[]),
        ("compare", &[]),
        ("itself", &[]),
        ("process", &[]),
        ("tracer", &[]),
        ("bench", &[]),
        ("chaos", &["process"]),
        ("phone", &["compare", "history"]),
        ("stage", &["history", "phone", "process"]),
        ("cluster", &["bench", "chaos", "history", "phone", "process", "stage"]),
        ("world", &["bench", "phone", "process"]),
        ("handset", &["world"]),
    ],
};

/// The modules of `mobile-core/src/runtime`, in order: each may use only those before it.
const RUNTIME: [&str; 27] = [
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
    "at_server",
    "next",
];

/// Modules of the phone core that compute and do nothing else.
const MACHINES: [&str; 8] =
    ["few", "gathered", "link", "outbox", "compose", "push", "lists", "phone"];

/// The names that a machine must not have: clocks, threads, sockets, runtimes.
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

/// Modules of the world of the tests that judge what others wrote down, and do nothing else.
const JUDGES: [&str; 2] = ["history", "compare"];

/// What a judge must not name: clocks, threads, sockets, runtimes, and the server itself.
const OUTSIDE_OF_JUDGES: [&str; 12] = [
    "std::thread",
    "std::net",
    "std::process",
    "std::fs",
    "tokio",
    "reqwest",
    "sqlx",
    "Instant",
    "SystemTime",
    "mpsc",
    "baton",
    "baton_simulator",
];

/// Modules of the bindings, which translate and decide nothing.
const OUTSIDE_OF_BINDINGS: [&str; 6] =
    ["std::thread", "std::net", "tokio", "Instant", "SystemTime", "rusqlite"];

/// The rooms of the rules use only what their row allows, and within a room modules use only those
/// before them.
pub(crate) fn domain(file: &Source) -> Vec<String> {
    let mut wrong = DOMAIN.broken_by(file);
    for (room, order) in ROOMS {
        let folder = format!("domain/src/{room}/");
        let Some(module) =
            module_of(file, &folder).filter(|name| !matches!(*name, "mod" | "tests"))
        else {
            continue;
        };
        let place = |name: &str| order.iter().position(|one| *one == name);
        let Some(own) = place(module) else {
            wrong.push(file.at(1, &format!("{module} has no place in the order of {room}")));
            continue;
        };
        let is_nested = file.path.trim_start_matches(&folder).contains('/');
        let mut used = used_modules(file, &format!("crate::{room}::"));
        if !is_nested {
            used.extend(used_modules(file, "super::"));
        }
        let above = used.into_iter().filter(|(_, used)| place(used).is_some_and(|at| at > own));
        wrong.extend(above.map(|(line, used)| {
            file.at(line, &format!("{room}::{module} may not use {room}::{used}"))
        }));
    }
    wrong
}

/// The rooms of the store use only what their row allows.
pub(crate) fn store(file: &Source) -> Vec<String> {
    STORE.broken_by(file)
}

/// The modules of the phone core use only what their row allows.
pub(crate) fn core(file: &Source) -> Vec<String> {
    CORE.broken_by(file)
}

/// The modules of the simulator use only what their row allows.
pub(crate) fn simulator(file: &Source) -> Vec<String> {
    SIMULATOR.broken_by(file)
}

/// The modules of the world of the tests use only what their row allows.
pub(crate) fn world(file: &Source) -> Vec<String> {
    WORLD.broken_by(file)
}

/// Rows of tables that are in order, and yet name a module below them.
pub(crate) fn ways_back() -> Vec<String> {
    [DOMAIN, STORE, CORE, SIMULATOR, WORLD].iter().flat_map(Layers::ways_back).collect()
}

/// The files of the runtime use only those before them.
pub(crate) fn runtime(file: &Source) -> Vec<String> {
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
    let mut all = used_modules(file, "crate::runtime::");
    if !is_nested {
        all.extend(used_modules(file, "super::"));
    }
    all.into_iter()
        .filter(|(_, used)| place(used).is_none_or(|used| used > own))
        .map(|(line, used)| file.at(line, &format!("{module} may not use runtime::{used}")))
        .collect()
}

/// Machines know no clock, thread, socket or runtime.
pub(crate) fn machines(file: &Source) -> Vec<String> {
    let outside: &[&str] = match module_of(file, "mobile-core/src/") {
        Some("store") => &OUTSIDE_OF_STORE,
        Some(module) if MACHINES.contains(&module) => &OUTSIDE,
        _ if file.is_rust() && file.path.starts_with("bindings/src/") => &OUTSIDE_OF_BINDINGS,
        _ => return Vec::new(),
    };
    named(file, outside)
}

/// Judges know no clock, thread, socket, runtime or server.
pub(crate) fn judges(file: &Source) -> Vec<String> {
    match module_of(file, "tests/src/") {
        Some(module) if JUDGES.contains(&module) => named(file, &OUTSIDE_OF_JUDGES),
        _ => Vec::new(),
    }
}

/// The lines that name one of these words.
fn named(file: &Source, words: &[&str]) -> Vec<String> {
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
        let word = words.iter().find(|word| names(line, word))?;
        Some(file.at(number, &format!("names {word}")))
    });
    found.collect()
}

/// The methods of the engine that a file declares: `impl Engine` is spread over the runtime.
pub(crate) fn methods(files: &[Source]) -> Vec<String> {
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
        let name = line.strip_prefix("    ")?.trim_start_matches("pub(crate) ");
        let name = name.trim_start_matches("async ").strip_prefix("fn ")?;
        name.split(['(', '<']).next()
    });
    declared.collect()
}
