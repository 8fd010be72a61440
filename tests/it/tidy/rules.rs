//! The rules, as pure functions from a file to what is wrong with it.

use super::source::Source;

/// Which modules of the server may use which: the layers. `clock`, `config`
/// and `telemetry` are inputs that everybody above them may be handed.
const LAYERS: [(&str, &[&str]); 19] = [
    ("main", &["app"]),
    ("cli", &["config"]),
    ("demo", &["accounts", "engine", "clock", "config"]),
    ("config", &[]),
    ("clock", &[]),
    ("telemetry", &["config"]),
    ("store", &["config"]),
    ("coordinator", &["clock", "config", "telemetry"]),
    ("node", &["store", "clock", "config", "telemetry"]),
    ("secrets", &["store", "clock", "config"]),
    ("accounts", &["engine", "store", "secrets", "coordinator", "clock", "config", "telemetry"]),
    ("engine", &["store", "coordinator", "clock", "config", "telemetry"]),
    ("gateway", &["engine", "coordinator", "store", "clock", "config", "telemetry"]),
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
            "clock",
            "config",
            "telemetry",
        ],
    ),
    ("whatsapp", &["engine", "clock", "config", "telemetry"]),
    (
        "connection",
        &["accounts", "secrets", "engine", "store", "whatsapp", "clock", "config", "telemetry"],
    ),
    ("push", &["clock", "config", "telemetry"]),
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
const SHIPPED: [&str; 5] = ["server", "domain", "protocol", "simulator", "mobile-core"];

const LINES_LISTED: usize = 400;
const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

pub(super) fn layers(file: &Source) -> Vec<String> {
    let Some(module) = file.server_module() else { return Vec::new() };
    // The root names the modules; `app` assembles them all.
    if !file.is_rust() || matches!(module, "lib" | "app") {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
        return vec![
            file.at(1, &format!("module {module} has no place in tidy's table of layers")),
        ];
    };
    let wrong = |used: &String| used != module && !allowed.contains(&used.as_str());
    let text: Vec<_> = file.code();
    let joined = text.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
    let used = used_modules(&joined).into_iter().filter(wrong);
    used.map(|used| file.at(1, &format!("{module} may not use crate::{used}"))).collect()
}

/// The first names after `crate::`, also in groups: `crate::{a, b::{c, d}}` gives a and b.
fn used_modules(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut used = Vec::new();
    let mut pieces = code.split("crate::");
    let mut before = pieces.next().unwrap_or_default();
    for rest in pieces {
        let inside = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
        before = rest;
        match rest.strip_prefix('{') {
            _ if inside => {}
            Some(group) => used.extend(members(group).iter().map(|member| name(member))),
            None => used.push(name(rest)),
        }
    }
    // Macros of the crate's root are no modules.
    used.retain(|name| name.starts_with(|c: char| c.is_lowercase()));
    used.sort();
    used.dedup();
    used
}

/// The members of a group up to its closing brace, with what hangs on them.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut all) = (0_usize, vec![String::new()]);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => all.push(String::new()),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => all.iter_mut().last().into_iter().for_each(|one| one.push(c)),
            _ => {}
        }
    }
    all
}

#[expect(clippy::print_stdout, reason = "long files are listed, not refused")]
pub(super) fn sizes(file: &Source) -> Vec<String> {
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

pub(super) fn heads(file: &Source) -> Vec<String> {
    if file.is_rust() && !file.text.starts_with("//!") {
        return vec![file.at(1, "does not say what it is (//!)")];
    }
    Vec::new()
}

pub(super) fn unfinished(file: &Source) -> Vec<String> {
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

pub(super) fn unwraps(file: &Source) -> Vec<String> {
    match file.is_rust() && file.is_of(&SHIPPED) {
        true => found(file, file.code().into_iter(), &[".unwrap()"]),
        false => Vec::new(),
    }
}

/// The database gets constant texts; values are bound. `store/table.rs` and
/// `store/image.rs` alone render statements, from declarations that are constants themselves.
pub(super) fn sql(file: &Source) -> Vec<String> {
    let renders = ["table.rs", "image.rs"]
        .iter()
        .any(|name| file.path.ends_with(&format!("server/src/store/{name}")));
    if !file.is_rust() || file.server_module() != Some("store") || renders {
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

/// Time, randomness and environment come in at one place each. Clippy forbids the usual calls;
/// here are those it is not told of, and the places that may make exceptions.
pub(super) fn edges(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let mut wrong = Vec::new();
    if !matches!(name, "clock.rs" | "environment.rs") {
        wrong.extend(found(file, file.code().into_iter(), &["(clippy::disallowed_methods"]));
    }
    if file.is_of(&["server", "domain", "protocol", "mobile-core"]) && name != "clock.rs" {
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
pub(super) fn places(file: &Source) -> Vec<String> {
    let paths = ["/home/", "/root/", "/Users/", "/tmp/", "/work/"];
    let hosts = ["index.crates.io", "static.crates.io", "registry.npmjs.org", "proxy.golang.org"];
    if file.path.starts_with("tests/it/tidy/") {
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
