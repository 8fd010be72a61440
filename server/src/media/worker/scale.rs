//! From pixels to a small JPEG of the same shape.

use std::ops::Range;

use jpeg_encoder::{ColorType, Encoder};

use super::OUTPUT_BYTES_MAX;
use super::decode::Decoded;

/// The longest side of a small picture.
const SIDE: u32 = 320;
const QUALITY: u8 = 75;
/// Of a stretch that becomes one pixel, at most so many pixels each way are looked at.
const LOOKS: u32 = 4;

/// The small picture as a JPEG, turned as it is drawn. What is clear becomes white.
pub(super) fn small(of: &Decoded) -> Option<Vec<u8>> {
    let (width, height) = of.drawn();
    let (small_width, small_height) = fitted(width, height);
    let mut pixels = Vec::new();
    for y in 0..small_height {
        for x in 0..small_width {
            let across = stretch(x, small_width, width);
            let down = stretch(y, small_height, height);
            pixels.extend(average(of, &across, &down)?);
        }
    }
    let mut jpeg = Vec::new();
    let encoder = Encoder::new(&mut jpeg, QUALITY);
    let sides = (u16::try_from(small_width).ok()?, u16::try_from(small_height).ok()?);
    encoder.encode(&pixels, sides.0, sides.1, ColorType::Rgb).ok()?;
    Some(jpeg).filter(|jpeg| jpeg.len() <= OUTPUT_BYTES_MAX)
}

/// Within a square of `SIDE`; never larger than it is.
fn fitted(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= SIDE {
        return (width, height);
    }
    let scaled = |side: u32| {
        let scaled = u64::from(side) * u64::from(SIDE) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(SIDE).max(1)
    };
    (scaled(width), scaled(height))
}

/// What becomes the pixel at `at` of `small`.
fn stretch(at: u32, small: u32, whole: u32) -> Range<u32> {
    let edge = |at: u32| {
        let edge = u64::from(at) * u64::from(whole) / u64::from(small.max(1));
        u32::try_from(edge).unwrap_or(whole)
    };
    edge(at)..edge(at + 1).max(edge(at) + 1)
}

/// The mean colour of a rectangle of the picture as it is drawn.
fn average(of: &Decoded, across: &Range<u32>, down: &Range<u32>) -> Option<[u8; 3]> {
    let (mut sum, mut count) = ([0_u32; 3], 0_u32);
    for y in looks(down) {
        for x in looks(across) {
            let pixel = pixel(of, x, y)?;
            sum.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += u32::from(part));
            count += 1;
        }
    }
    let mean = |sum: u32| u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX);
    Some(sum.map(mean))
}

fn looks(along: &Range<u32>) -> impl Iterator<Item = u32> {
    let from = along.start;
    let length = along.end.saturating_sub(from).max(1);
    let count = length.min(LOOKS);
    (0..count).map(move |look| from + (length * (2 * look + 1)) / (2 * count))
}

/// A pixel of the picture as it is drawn, on white.
fn pixel(of: &Decoded, x: u32, y: u32) -> Option<[u8; 3]> {
    let (x, y) = if of.turn.is_on_its_side { (y, x) } else { (x, y) };
    let x = if of.turn.is_mirrored { of.width.checked_sub(x + 1)? } else { x };
    let y = if of.turn.is_upside_down { of.height.checked_sub(y + 1)? } else { y };
    let at = u64::from(y) * u64::from(of.width) + u64::from(x);
    let at = usize::try_from(at).ok()?.checked_mul(of.channels)?;
    Some(match of.pixels.get(at..at.checked_add(of.channels)?)? {
        [grey] => [*grey; 3],
        [grey, alpha] => [on_white(*grey, *alpha); 3],
        [red, green, blue] => [*red, *green, *blue],
        [red, green, blue, alpha] => [*red, *green, *blue].map(|part| on_white(part, *alpha)),
        _ => return None,
    })
}

fn on_white(part: u8, alpha: u8) -> u8 {
    let (part, alpha) = (u32::from(part), u32::from(alpha));
    u8::try_from((part * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}
