//! The repository's files as the rules read them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Directories that hold nothing of ours.
const SKIPPED: [&str; 6] = ["target", ".git", ".baton", "baton-data", "node_modules", "dist"];

/// Kinds of files that are read; others (pictures, databases) are passed over.
const READ: [&str; 16] = [
    "rs", "toml", "md", "sh", "sql", "json", "yml", "yaml", "ts", "svelte", "css", "kt", "swift",
    "py", "html", "lua",
];

/// Files without an ending that are read.
const NAMED: [&str; 3] = ["Makefile", "run", "LICENSE"];

/// The tests that a rule of a team asks for: they run in production.
const TESTS_OF_RULES: &str = "domain/src/auto/rules/tests.rs";

/// One file.
pub(crate) struct Source {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it belongs to one of these crates' sources.
    pub(crate) fn is_of(&self, crates: &[&str]) -> bool {
        crates.iter().any(|name| self.path.starts_with(&format!("{name}/src/")))
    }

    /// Numbered lines that run in production, without comments.
    pub(crate) fn code(&self) -> Vec<(usize, &str)> {
        let is_code = |(_, line): &(usize, &str)| !line.trim_start().starts_with("//");
        self.production().into_iter().filter(is_code).collect()
    }

    /// Numbered lines of production with their comments, without what is only built for tests. A
    /// file's tests are its last part.
    pub(crate) fn production(&self) -> Vec<(usize, &str)> {
        let of_tests = ["/tests/", "/tests.rs", "/testing.rs", "/contract.rs"];
        let is_test = ["tests/it/", "tidy/"].iter().any(|p| self.path.starts_with(p));
        let is_named_so = of_tests.iter().any(|p| self.path.contains(p));
        if is_test || (is_named_so && self.path != TESTS_OF_RULES) {
            return Vec::new();
        }
        let mut lines: Vec<_> = self.lines().collect();
        let tests = lines.iter().zip(lines.iter().skip(1)).position(|((_, line), (_, next))| {
            line.trim() == "#[cfg(test)]" && next.trim().ends_with("mod tests {")
        });
        lines.truncate(tests.unwrap_or(lines.len()));
        lines
    }

    /// All lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns a message that begins with the path and the line.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The root of the repository: where the tests run, not where they were compiled.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
    Path::new(&here).parent().expect("a parent").to_owned()
}

/// All files that are read: once, for all rules.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let mut all = Vec::new();
        collect(&root(), &root(), &mut all);
        assert!(all.len() > 20, "only {} files found", all.len());
        all
    })
}

fn collect(root: &Path, directory: &Path, into: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).expect("is read") {
        let path = entry.expect("is read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(root, &path, into);
            }
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !READ.contains(&ending) && !NAMED.contains(&name.as_str()) {
            continue;
        }
        let short = path.strip_prefix(root).expect("is below").to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{short}: {e}"));
        into.push(Source { path: short, text });
    }
}
