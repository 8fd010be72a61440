//! What libFuzzer plays for long, for a moment in every test run. It plays each seed, everything
//! that once broke a target, and mutations of both that are the same each time.

use std::path::PathBuf;
use std::process::Command;

use baton_fuzz::{TARGETS, Target, files};

/// Mutations of each seed.
const MUTATIONS: u64 = 600;
/// A seed that is longer is mutated less often.
const LONG: usize = 8_192;

fn recorded() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests may be told where the fixtures lie")]
    let told = std::env::var("BATON_FIXTURES");
    let root = told
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures").into());
    let root = PathBuf::from(root);
    if !root.is_dir() {
        println!("SKIPPED the recorded payloads: none in {}", root.display());
        return None;
    }
    Some(root)
}

/// The generator `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

const WORDS: [&[u8]; 16] = [
    b"null",
    b"[]",
    b"{}",
    b"[[[[[[[[",
    b"\"",
    b"\\ud800",
    b"\\u0000",
    b"-1",
    b"1e400",
    b":",
    b",",
    b"18446744073709551616",
    b"\xef\xbb\xbf",
    b"\xff",
    b"",
    b"\"type\":",
];

fn mutate(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
            2 => drop(bytes.splice(at..end, WORDS[random.below(WORDS.len())].iter().copied())),
            3 => drop(bytes.drain(at..end)),
            _ => {
                let copied = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copied));
            }
        }
    }
    bytes
}

#[test]
fn any_bytes_are_read_or_refused() {
    let recorded = recorded();
    for target in TARGETS {
        let mut seeds = (target.seeds)(recorded.as_deref());
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        seeds.extend(files(&target.found(), ""));
        let mut random = Random(20_261_124);
        let mut count = 0;
        for seed in &seeds {
            (target.run)(seed);
            let times = if seed.len() > LONG { MUTATIONS / 10 } else { MUTATIONS };
            for _ in 0..times {
                (target.run)(&mutate(seed, &mut random));
                count += 1;
            }
        }
        println!("{}: {} seeds, {count} mutations", target.name, seeds.len());
    }
}

#[test]
fn each_target_has_a_name_of_its_own() {
    for target in TARGETS {
        let found = Target::of(target.name).unwrap();
        assert!(std::ptr::fn_addr_eq(found.run, target.run), "{}", target.name);
    }
    assert!(Target::of("nothing").is_none());
}

#[test]
fn the_script_lists_the_targets() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/fuzz.sh");
    let listed = Command::new(script).arg("--list").output().unwrap();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), names.join("\n"));
}
