//! `baton media-worker`: makes one small picture, in a process of its own that can do nothing else.
//!
//! Strangers choose the bytes, and decoders have faults. The process gives up everything before it
//! reads the first byte, reads its input, writes its output and ends. Whatever a file does to it,
//! it dies alone.

mod decode;
mod sandbox;
mod scale;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

/// The largest file that a small picture is made of.
pub(super) const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The largest small picture.
pub(super) const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// The size of the picture comes first: width and height, four bytes each, the higher ones first.
pub(super) const HEAD_BYTES: usize = 8;
/// Exit code: the file is no picture that can be drawn.
pub(super) const NO_PICTURE: u8 = 2;
/// Exit code: the process could not give up what it may do, and read nothing.
pub(super) const NO_SANDBOX: u8 = 3;

/// The whole of `baton media-worker`.
pub fn main() -> ExitCode {
    if sandbox::enter().is_err() {
        return ExitCode::from(NO_SANDBOX);
    }
    match work() {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::from(NO_PICTURE),
    }
}

fn work() -> Option<()> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_end(&mut input).ok()?;
    if input.len() as u64 > INPUT_BYTES_MAX {
        return None;
    }
    let decoded = decode::decode(&input)?;
    drop(input);
    let small = scale::small(&decoded)?;
    let (width, height) = decoded.drawn();
    let mut out = std::io::stdout().lock();
    out.write_all(&width.to_be_bytes()).ok()?;
    out.write_all(&height.to_be_bytes()).ok()?;
    out.write_all(&small).ok()?;
    out.flush().ok()
}
