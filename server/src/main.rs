//! The `baton` program.

use std::process::ExitCode;

// Requests, rows and SQLite take and give back small pieces of memory all the time. The C library's
// allocator took a sixth of the server's time for it. This one allocates for SQLite as well.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    baton::program::main()
}
