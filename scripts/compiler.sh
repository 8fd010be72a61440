# Our crates are compiled by clippy's driver, which is rustc with more lints: whatever is built is
# linted, and nothing is compiled twice. Sourced by what calls cargo for scripts/build.sh's products.
# shellcheck shell=bash
driver=$(rustc --print sysroot)/bin/clippy-driver
# Not the one on the PATH: rustup puts it there even when the component is not installed.
[ ! -x "$driver" ] || export RUSTC_WORKSPACE_WRAPPER=$driver
# Without the allocator of a release, which takes longer to build than any other part. What tests
# need besides is named, so that a program alone is the same as among the tests.
# shellcheck disable=SC2034 # for whoever sources this
features=(--workspace --no-default-features --features baton-bindings/bindgen,baton-store/testing,baton/demo)
