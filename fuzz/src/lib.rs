//! The parsers of bytes from outside, each as a function that panics where a promise breaks.
//!
//! `tests/it` plays seeds and mutations of them in every test run. `runner` is a separate
//! workspace: `scripts/fuzz.sh` runs the same functions with libFuzzer.

use std::path::{Path, PathBuf};

mod answer;
mod cursor;
mod frame;
mod page;
mod push;
mod signature;
mod webhook;

/// A parser.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also of its folder in `found`.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
    /// Bytes to begin with, from the folder of the recorded payloads if there is one.
    pub seeds: fn(Option<&Path>) -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 7] = [
    Target { name: "webhook", run: webhook::run, seeds: webhook::seeds },
    Target { name: "frame", run: frame::run, seeds: frame::seeds },
    Target { name: "cursor", run: cursor::run, seeds: cursor::seeds },
    Target { name: "page", run: page::run, seeds: page::seeds },
    Target { name: "signature", run: signature::run, seeds: signature::seeds },
    Target { name: "answer", run: answer::run, seeds: answer::seeds },
    Target { name: "push", run: push::run, seeds: push::seeds },
];

impl Target {
    /// The target of this name.
    pub fn of(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// Where inputs are kept that once broke it.
    pub fn found(&self) -> PathBuf {
        root().join("found").join(self.name)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, in the order of their names; none where there is no folder.
pub fn files(folder: &Path, prefix: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    });
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

/// The examples of the wire whose names begin so.
fn fixtures(prefix: &str) -> Vec<Vec<u8>> {
    files(&root().join("../protocol/fixtures"), prefix)
}
