//! Which modules a file uses, and whether a table allows that.

use crate::source::Source;

/// The layers of a crate.
pub(crate) struct Layers {
    /// Where its modules are, with a slash at the end.
    pub(crate) folder: &'static str,
    /// The roots, and a module that assembles all others: these may use any.
    pub(crate) free: &'static [&'static str],
    /// Each module, with the modules that it may use.
    pub(crate) table: &'static [(&'static str, &'static [&'static str])],
}

impl Layers {
    /// What a file of the crate uses although its module may not.
    pub(crate) fn broken_by(&self, file: &Source) -> Vec<String> {
        let module = module_of(file, self.folder).filter(|module| !self.free.contains(module));
        let Some(module) = module else { return Vec::new() };
        let Some((_, allowed)) = self.table.iter().find(|(name, _)| *name == module) else {
            let what = format!("{module} has no place in tidy's table of {}", self.folder);
            return vec![file.at(1, &what)];
        };
        used_modules(file, "crate::")
            .into_iter()
            .filter(|(_, used)| used != module && !allowed.contains(&used.as_str()))
            .map(|(line, used)| file.at(line, &format!("{module} may not use crate::{used}")))
            .collect()
    }

    /// Rows that name a module which does not stand above them.
    pub(crate) fn ways_back(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (place, (module, allowed)) in self.table.iter().enumerate() {
            let is_above = |used: &&str| self.table.iter().take(place).any(|row| row.0 == *used);
            let below = allowed.iter().filter(|used| !is_above(used));
            wrong.extend(below.map(|used| format!("{}{module}: {used}", self.folder)));
        }
        wrong
    }
}

/// The first path component below a folder, without its ending.
pub(crate) fn module_of<'a>(file: &'a Source, folder: &str) -> Option<&'a str> {
    let rest = file.path.strip_prefix(folder).filter(|_| file.is_rust())?;
    rest.split('/').next().map(|first| first.trim_end_matches(".rs"))
}

/// The modules that are named after a prefix, with the line where their path begins. Groups are
/// read as well: after `crate::`, `crate::{a, b::{c, d}}` names a and b; after `crate::b::`, c and
/// d.
pub(crate) fn used_modules(file: &Source, prefix: &str) -> Vec<(usize, String)> {
    let code = file.code();
    let joined = code.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
    let (root, below) = prefix.split_once("::").unwrap_or((prefix, ""));
    let root = format!("{root}::");
    let mut used = Vec::new();
    for (at, _) in joined.match_indices(&root) {
        let (before, tree) = joined.split_at(at);
        let is_inside = before.ends_with(|c: char| c.is_alphanumeric() || "_$:".contains(c));
        if is_inside {
            continue;
        }
        let place = before.matches('\n').count();
        let line = code.get(place).map_or(1, |(number, _)| *number);
        let paths = paths(tree.strip_prefix(&root).unwrap_or(tree));
        let names = paths.iter().filter_map(|path| Some(name(path.strip_prefix(below)?)));
        used.extend(names.map(|name| (line, name.to_owned())));
    }
    // Types, and macros of the crate's root, are no modules.
    used.retain(|(_, name)| {
        name.starts_with(|c: char| c.is_lowercase()) && !matches!(name.as_str(), "self" | "super")
    });
    used.sort();
    used.dedup();
    used
}

/// The word that a text begins with.
fn name(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The paths at the start of a text, each in full: `a::{b, c::d} …` has `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<String> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        return members(group).into_iter().flat_map(paths).collect();
    }
    let first = name(text);
    match text.strip_prefix(first).and_then(|rest| rest.strip_prefix("::")) {
        Some(rest) if !first.is_empty() => {
            paths(rest).into_iter().map(|path| format!("{first}::{path}")).collect()
        }
        _ => vec![first.to_owned()],
    }
}

/// The members of a group up to its closing brace, with what hangs on them.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut all) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        if depth == 0 && matches!(c, ',' | '}') {
            all.extend(group.get(start..at));
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    all
}
