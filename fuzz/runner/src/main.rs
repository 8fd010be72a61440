//! One program for all targets: `BATON_FUZZ_TARGET` says which. With `BATON_FUZZ_SEEDS` it writes
//! the seeds of the target into that folder and ends.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use baton_fuzz::Target;

fn target() -> Target {
    let name = std::env::var("BATON_FUZZ_TARGET").expect("BATON_FUZZ_TARGET names a target");
    Target::of(&name).unwrap_or_else(|| panic!("there is no target {name}"))
}

fn write_seeds(target: Target, folder: PathBuf) -> ! {
    let recorded = std::env::var_os("BATON_FIXTURES").map(PathBuf::from);
    for (n, seed) in (target.seeds)(recorded.as_deref()).iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{n:04}")), seed).expect("seeds can be written");
    }
    std::process::exit(0);
}

static TARGET: LazyLock<Target> = LazyLock::new(target);

libfuzzer_sys::fuzz_target!(
    init: {
        if let Some(folder) = std::env::var_os("BATON_FUZZ_SEEDS") {
            write_seeds(*TARGET, folder.into());
        }
    },
    |data: &[u8]| (TARGET.run)(data)
);
