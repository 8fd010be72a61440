//! `baton media-worker`: makes one small picture, or listens to one voice note, in a process of its
//! own that can do nothing else.
//!
//! Strangers choose the bytes, and decoders have faults. The process gives up everything before it
//! reads the first byte, reads its input, writes its output and ends. Whatever a file does to it,
//! it dies alone.

mod decode;
mod sandbox;
mod scale;
mod sound;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use sound::Sound;

/// The largest file that a small picture is made of.
pub(super) const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The largest small picture.
pub(super) const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// The size of the picture comes first: width and height, four bytes each, the higher ones first.
pub(super) const HEAD_BYTES: usize = 8;
/// What stands in place of the width where the file is a sound. Its length in ms follows, eight
/// bytes, and its peaks, a byte each. A worker that cannot decode it fails after the length.
pub(super) const SOUND: u32 = u32::MAX;
/// Stretches of a sound whose loudness is told.
pub(super) const PEAKS: usize = 64;
/// The longest sound whose length is told.
pub(super) const DURATION_MS_MAX: u64 = 24 * 3_600 * 1_000;
/// Exit code: the file is nothing that can be drawn or heard.
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
    let mut out = std::io::stdout().lock();
    if sound::is_ogg(&input) {
        let sound = Sound::find(&input)?;
        out.write_all(&SOUND.to_be_bytes()).ok()?;
        out.write_all(&sound.duration_ms.to_be_bytes()).ok()?;
        // Whatever the decoder does now, its length is told.
        out.flush().ok()?;
        out.write_all(&sound.peaks()?).ok()?;
        return out.flush().ok();
    }
    let decoded = decode::decode(&input)?;
    drop(input);
    let small = scale::small(&decoded)?;
    let (width, height) = decoded.drawn();
    out.write_all(&width.to_be_bytes()).ok()?;
    out.write_all(&height.to_be_bytes()).ok()?;
    out.write_all(&small).ok()?;
    out.flush().ok()
}
