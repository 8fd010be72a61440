//! `BATON_PLANTED=1` builds with the planted bugs (see `src/planted.rs`): only the crates of this
//! workspace are built anew for it.

use std::env;

fn main() {
    println!("cargo:rerun-if-env-changed=BATON_PLANTED");
    println!("cargo:rustc-check-cfg=cfg(planted)");
    if env::var_os("BATON_PLANTED").is_some_and(|value| value == "1") {
        println!("cargo:rustc-cfg=planted");
    }
}
