//! Functions that no production code calls. A test that holds such a one up proves nothing of what
//! runs.

use std::collections::BTreeMap;

use crate::source::{Source, sources};

/// Crates whose functions somebody else should call.
const CRATES: [&str; 5] = ["protocol", "domain", "store", "server", "mobile-core"];

/// Folders of what only tests and measurements run.
const PROVING: [&str; 4] = ["tests/", "model/", "load-tests/", "fuzz/"];

/// Functions that tests alone call, and why each is there. The list may only get shorter.
const KEPT: [(&str, &str); 10] = [
    ("set_wall", "tests drive the manual clock"),
    ("connect_as", "the client of the demo is that of the tests' world"),
    ("reading_by", "the same"),
    ("send_message", "the same"),
    ("apply_frame", "a mirror in memory, which clients are held against"),
    ("apply_page", "the same"),
    ("apply_conversation", "the same"),
    ("decide_told", "no app shows what its socket tells in the background"),
    ("saw_push", "the board remembers pushes; the store's table of them is not used"),
    ("start_over", "apps remove the directory of a store whose key is lost"),
];

/// Public functions whose name stands nowhere else in production, each with the message of it.
/// Those that are built for tests alone are passed over.
fn unused(files: &[Source]) -> BTreeMap<&str, String> {
    let is_proving = |file: &&Source| PROVING.iter().any(|folder| file.path.starts_with(folder));
    let running = || files.iter().filter(|file| file.is_rust() && !is_proving(file));
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, line) in running().flat_map(Source::code) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for word in line.split(|c| !is_part(c)).filter(|word| !word.is_empty()) {
            *named.entry(word).or_default() += 1;
        }
    }
    let mut found = BTreeMap::new();
    for file in running().filter(|file| file.is_of(&CRATES)) {
        let mut is_for_tests = false;
        for (number, line) in file.code() {
            if line.trim_start().starts_with("#[") {
                is_for_tests |= line.contains("test");
                continue;
            }
            let is_left_out = std::mem::take(&mut is_for_tests);
            let name = declared(line).filter(|name| named.get(name) == Some(&1));
            if let Some(name) = name.filter(|_| !is_left_out) {
                let message = file.at(number, &format!("tests alone call {name}, or nobody"));
                found.insert(name, message);
            }
        }
    }
    found
}

/// The name of the public function that a line declares.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let (before, rest) = rest.split_once("fn ")?;
    let is_plain = |c: char| c.is_ascii_lowercase() || "(): ".contains(c);
    before.chars().all(is_plain).then(|| rest.split(['(', '<']).next())?
}

#[test]
fn each_public_function_is_called_by_what_runs() {
    let found = unused(sources());
    let in_vain: Vec<_> = KEPT.iter().filter(|(name, _)| !found.contains_key(name)).collect();
    assert!(in_vain.is_empty(), "need not be kept any more: {in_vain:?}");
    let is_kept = |name: &str| KEPT.iter().any(|(kept, _)| *kept == name);
    let wrong: Vec<String> =
        found.into_iter().filter(|(name, _)| !is_kept(name)).map(|(_, message)| message).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_function_that_tests_alone_call_is_seen() {
    let beside = |path: &str, code: &str| {
        let code = format!("impl A {{\n    {code}\n    pub fn of_page(&self) {{}}\n}}");
        unused(&[Source::new("store/src/a.rs", &code), Source::new(path, "a.of_page();")]).len()
    };
    for tests in ["store/src/tests/a.rs", "tests/it/a.rs", "model/src/a.rs"] {
        assert_eq!(beside(tests, ""), 1, "{tests}");
    }
    assert_eq!(beside("bindings/src/a.rs", ""), 0);
    assert_eq!(beside("tests/it/a.rs", "#[cfg(test)]"), 0);
    assert_eq!(beside("tests/it/a.rs", "#[cfg(test)]\n    #[must_use]"), 0);
    assert_eq!(beside("tests/it/a.rs", "#[cfg(test)]\n    fn b() {}"), 1);
}
