//! From the bytes of a JPEG, PNG or WebP to its pixels, within limits.

use std::io::Cursor;

use image_webp::WebPDecoder;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The longest side.
const SIDE_MAX: u32 = 20_000;
/// The most pixels: more than cameras of phones take, and still within the memory of the worker.
const PIXELS_MAX: u64 = 64_000_000;
/// What a decoder may take for itself.
const MEMORY_MAX: usize = 320 * 1024 * 1024;
const JPEG_SCANS_MAX: usize = 64;

/// A picture as it is stored: rows of pixels, and how it is to be turned.
pub(super) struct Decoded {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes of a pixel: grey, grey and alpha, red green blue, or those and alpha.
    pub(super) channels: usize,
    pub(super) pixels: Vec<u8>,
    pub(super) turn: Turn,
}

impl Decoded {
    /// Width and height as it is drawn.
    pub(super) fn drawn(&self) -> (u32, u32) {
        if self.turn.is_on_its_side { (self.height, self.width) } else { (self.width, self.height) }
    }
}

/// How the camera was held: the picture is mirrored, upside down and turned, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Turn {
    pub(super) is_mirrored: bool,
    pub(super) is_upside_down: bool,
    pub(super) is_on_its_side: bool,
}

impl Turn {
    /// Of a value of EXIF's tag Orientation.
    fn named(value: u16) -> Self {
        let (is_mirrored, is_upside_down, is_on_its_side) = match value {
            2 => (true, false, false),
            3 => (true, true, false),
            4 => (false, true, false),
            5 => (false, false, true),
            6 => (false, true, true),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { is_mirrored, is_upside_down, is_on_its_side }
    }
}

/// The picture in these bytes. What they begin with says which kind it is, never a name or a type.
pub(super) fn decode(bytes: &[u8]) -> Option<Decoded> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => None,
    }
}

fn is_fit(width: u32, height: u32) -> bool {
    let sides = 1..=SIDE_MAX;
    let pixels = u64::from(width) * u64::from(height);
    sides.contains(&width) && sides.contains(&height) && pixels <= PIXELS_MAX
}

fn jpeg(bytes: &[u8]) -> Option<Decoded> {
    let side = usize::try_from(SIDE_MAX).ok()?;
    let options = DecoderOptions::new_safe()
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(JPEG_SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let info = decoder.info()?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    if !is_fit(width, height) {
        return None;
    }
    let turn = decoder.exif().and_then(|exif| orientation(exif)).map(Turn::named);
    let pixels = decoder.decode().ok()?;
    let channels = decoder.output_colorspace()?.num_components();
    Some(Decoded { width, height, channels, pixels, turn: turn.unwrap_or_default() })
}

fn png(bytes: &[u8]) -> Option<Decoded> {
    let limits = png::Limits { bytes: MEMORY_MAX };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let (width, height) = decoder.read_header_info().ok()?.size();
    if !is_fit(width, height) {
        return None;
    }
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size().filter(|size| *size <= MEMORY_MAX)?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    // An animation begins with a picture of this size. The head of a frame may say another.
    if (frame.width, frame.height) != (width, height) {
        return None;
    }
    let channels = frame.color_type.samples();
    Some(Decoded { width, height, channels, pixels, turn: Turn::default() })
}

fn webp(bytes: &[u8]) -> Option<Decoded> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).ok()?;
    let (width, height) = decoder.dimensions();
    if !is_fit(width, height) {
        return None;
    }
    decoder.set_memory_limit(MEMORY_MAX);
    let mut pixels = vec![0; decoder.output_buffer_size().filter(|size| *size <= MEMORY_MAX)?];
    // Of an animation the first frame.
    decoder.read_image(&mut pixels).ok()?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    Some(Decoded { width, height, channels, pixels, turn: Turn::default() })
}

/// EXIF's tag Orientation, in the first directory of a TIFF header.
fn orientation(tiff: &[u8]) -> Option<u16> {
    const ORIENTATION: u16 = 0x0112;
    const ENTRY_BYTES: usize = 12;
    const ENTRIES_MAX: u16 = 200;
    let is_big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let first = tiff.get(4..8)?.try_into().ok()?;
    let first = if is_big { u32::from_be_bytes(first) } else { u32::from_le_bytes(first) };
    let first = usize::try_from(first).ok()?;
    let entries = short(first)?.min(ENTRIES_MAX);
    (0..usize::from(entries)).find_map(|entry| {
        let at = first.checked_add(2 + entry * ENTRY_BYTES)?;
        if short(at)? == ORIENTATION { short(at.checked_add(8)?) } else { None }
    })
}
