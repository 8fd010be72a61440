//! The rules, as pure functions from a file to what is wrong with it.

use crate::source::Source;
use crate::uses::Layers;

/// Which modules of the server may use which: the layers. `clock`, `config`
/// and `telemetry` are inputs that everybody above them may be handed.
const LAYERS: [(&str, &[&str]); 22] = [
    ("main", &["program"]),
    (
        "app",
        &[
            "gateway",
            "http",
            "jobs",
            "connection",
            "accounts",
            "secrets",
            "engine",
            "coordinator",
            "node",
            "store",
            "media",
            "whatsapp",
            "push",
            "mail",
            "clock",
            "config",
            "speaker",
            "telemetry",
        ],
    ),
    ("cli", &["config"]),
    ("demo", &["accounts", "engine", "clock", "config", "speaker"]),
    ("config", &[]),
    ("speaker", &[]),
    ("clock", &[]),
    ("telemetry", &["config"]),
    ("store", &[]),
    ("coordinator", &["clock", "config", "telemetry"]),
    ("node", &["store", "clock", "config", "telemetry"]),
    ("secrets", &["store", "clock", "config"]),
    (
        "accounts",
        &["engine", "store", "secrets", "coordinator", "clock", "config", "speaker", "telemetry"],
    ),
    ("engine", &["store", "coordinator", "clock", "config", "telemetry"]),
    ("gateway", &["engine", "coordinator", "store", "clock", "config", "speaker", "telemetry"]),
    (
        "http",
        &[
            "accounts",
            "secrets",
            "engine",
            "coordinator",
            "store",
            "media",
            "whatsapp",
            "connection",
            "push",
            "mail",
            "clock",
            "config",
            "speaker",
            "telemetry",
        ],
    ),
    ("whatsapp", &["engine", "clock", "config", "telemetry"]),
    (
        "connection",
        &["accounts", "secrets", "engine", "store", "whatsapp", "clock", "config", "telemetry"],
    ),
    ("push", &["clock", "config", "telemetry"]),
    ("mail", &["config"]),
    ("media", &["clock"]),
    (
        "jobs",
        &[
            "accounts",
            "store",
            "media",
            "coordinator",
            "whatsapp",
            "connection",
            "push",
            "engine",
            "node",
            "clock",
            "config",
            "telemetry",
        ],
    ),
];

/// Crates that run at a user's.
const SHIPPED: [&str; 6] = ["server", "store", "domain", "protocol", "simulator", "mobile-core"];

const LINES_LISTED: usize = 400;
const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

/// The modules of the server use only what their row allows; `program` may use them all.
pub(crate) fn layers(file: &Source) -> Vec<String> {
    let server = Layers { folder: "server/src/", free: &["lib", "program"], table: &LAYERS };
    server.broken_by(file)
}

/// The head of a file of the console that is made from something else.
const MADE: [&str; 3] =
    ["// Made from ", "// The wire as the server tells it. Made by ", "// Made of "];

/// A file that waits for its rebuilding, and how long it may be until then.
const LONG: [(&str, usize); 1] = [("console/src/inbox/Composer.svelte", 880)];

// Long files are listed, not refused. The console's lines are its formatter's business.
pub(crate) fn sizes(file: &Source) -> Vec<String> {
    if file.is_of(&["console"]) && !MADE.iter().any(|made| file.text.starts_with(made)) {
        let waits = LONG.iter().find(|(path, _)| *path == file.path);
        let most = waits.map_or(LINES_MAX, |(_, most)| *most);
        let is_code = file.path.ends_with(".ts") || file.path.ends_with(".svelte");
        let count = file.text.lines().count();
        let is_long = is_code && count > most;
        return is_long
            .then(|| file.at(count, &format!("more than {most} lines")))
            .into_iter()
            .collect();
    }
    if !file.is_rust() {
        return Vec::new();
    }
    let count = file.text.lines().count();
    let mut wrong: Vec<_> = file
        .lines()
        .filter(|(_, line)| line.chars().count() > COLUMNS_MAX)
        .map(|(number, _)| file.at(number, "longer than 100 columns"))
        .collect();
    if count > LINES_MAX {
        wrong.push(file.at(count, "more than 600 lines"));
    } else if count > LINES_LISTED {
        println!("{}: {count} lines, look twice", file.path);
    }
    wrong
}

pub(crate) fn heads(file: &Source) -> Vec<String> {
    if file.is_rust() && !file.text.starts_with("//!") {
        return vec![file.at(1, "does not say what it is (//!)")];
    }
    Vec::new()
}

pub(crate) fn unfinished(file: &Source) -> Vec<String> {
    // Written apart, so that this file does not hold them.
    let marks = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
        concat!("#![al", "low("),
        concat!("#[al", "low("),
    ];
    match file.is_rust() || file.path.ends_with(".sh") || file.path.ends_with(".sql") {
        true => found(file, file.lines(), &marks),
        false => Vec::new(),
    }
}

pub(crate) fn unwraps(file: &Source) -> Vec<String> {
    match file.is_rust() && file.is_of(&SHIPPED) {
        true => found(file, file.code().into_iter(), &[".unwrap()"]),
        false => Vec::new(),
    }
}

/// The database gets constant texts; values are bound. `table.rs`,
/// `proof/image.rs` and `proof/touch.rs` alone render statements, from constant declarations.
pub(crate) fn sql(file: &Source) -> Vec<String> {
    let renders = ["table.rs", "proof/image.rs", "proof/touch.rs"]
        .iter()
        .any(|name| file.path.ends_with(&format!("store/src/{name}")));
    if !file.is_rust() || !file.is_of(&["store"]) || renders {
        return Vec::new();
    }
    let words = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP ", "ALTER "];
    let code = file.code();
    let builds = |index: usize| {
        // The text of a format! begins on its line or on the next.
        let here = code.iter().skip(index).take(2).map(|(_, line)| *line).collect::<String>();
        here.split_once("format!(").is_some_and(|(_, text)| words.iter().any(|w| text.contains(w)))
    };
    let lines = code.iter().enumerate().filter(|(index, (_, line))| {
        line.contains("format!(") && (builds(*index) || line.contains("AssertSqlSafe"))
    });
    lines.map(|(_, (number, _))| file.at(*number, "SQL built by format!")).collect()
}

/// SQL stands in the store, and in tests. No other module knows the name of a column.
pub(crate) fn sql_outside(file: &Source) -> Vec<String> {
    if !file.is_rust() || !file.is_of(&["server"]) {
        return Vec::new();
    }
    let marks =
        ["Sql::new(", "\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM ", "sqlx::query"];
    found(file, file.code().into_iter(), &marks)
}

/// Time, randomness and environment come in at one place each. Clippy forbids the usual calls;
/// here are those it is not told of, and the places that may make exceptions.
pub(crate) fn edges(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let mut wrong = Vec::new();
    if !matches!(name, "clock.rs" | "environment.rs") {
        wrong.extend(found(file, file.code().into_iter(), &["(clippy::disallowed_methods"]));
    }
    if file.is_of(&["server", "store", "domain", "protocol", "mobile-core"]) && name != "clock.rs" {
        let calls = [
            "Uuid::now_v7",
            "Uuid::new_v4",
            "rand::random",
            "rand::rng",
            "OsRng",
            "SysRng",
            "SystemTime::now",
            "Utc::now",
        ];
        wrong.extend(found(file, file.code().into_iter(), &calls));
    }
    if file.is_of(&SHIPPED) && !file.path.starts_with("server/src/config/") {
        wrong.extend(found(file, file.code().into_iter(), &["env::var"]));
    }
    wrong
}

/// Nothing of the machine it was written on.
pub(crate) fn places(file: &Source) -> Vec<String> {
    let paths = ["/home/", "/root/", "/Users/", "/tmp/", "/work/"];
    let hosts = ["index.crates.io", "static.crates.io", "registry.npmjs.org", "proxy.golang.org"];
    if file.path.starts_with("tidy/src/") {
        return Vec::new();
    }
    let starts = |line: &str, path: &str| {
        let inside =
            |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || "._-}/~".contains(c));
        let pieces: Vec<_> = line.split(path).collect();
        pieces.iter().rev().skip(1).any(|before| !inside(before))
    };
    let lines = file.lines().filter(|(_, line)| {
        paths.iter().any(|path| starts(line, path)) || hosts.iter().any(|host| line.contains(host))
    });
    lines.map(|(number, line)| file.at(number, line.trim())).collect()
}

fn found<'a>(
    file: &Source,
    lines: impl Iterator<Item = (usize, &'a str)>,
    marks: &[&str],
) -> Vec<String> {
    lines
        .filter_map(|(number, line)| {
            let mark = marks.iter().find(|mark| line.contains(**mark))?;
            Some(file.at(number, mark))
        })
        .collect()
}
