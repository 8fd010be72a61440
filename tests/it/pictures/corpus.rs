//! Pictures, and files that are none: made here, so that nobody carries them about.

use std::io::Write as _;

use flate2::{Compress, Compression, Crc, FlushCompress, write::ZlibEncoder};
use jpeg_encoder::{ColorType, Encoder};

/// Rows of red, green and blue: the left half red, the right half blue.
pub(super) fn halves(width: u32, height: u32) -> Vec<u8> {
    let row = (0..width).flat_map(|x| if x < width / 2 { [255, 0, 0] } else { [0, 0, 255] });
    let row: Vec<u8> = row.collect();
    row.repeat(height as usize)
}

pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    turned_jpeg(width, height, 1)
}

/// A photo of a camera that was held so, as EXIF counts.
pub(super) fn turned_jpeg(width: u16, height: u16, orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    let exif = [b"II*\0", &[8, 0, 0, 0, 1, 0][..], &[0x12, 1, 3, 0, 1, 0, 0, 0]].concat();
    let exif = [&exif[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat();
    encoder.add_exif_metadata(&exif).expect("EXIF");
    let pixels = halves(width.into(), height.into());
    encoder.encode(&pixels, width, height, ColorType::Rgb).expect("a JPEG");
    file
}

pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a PNG");
    writer.write_image_data(&halves(width, height)).expect("a PNG");
    writer.finish().expect("a PNG");
    file
}

pub(super) fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    let pixels = halves(width, height);
    encoder.encode(&pixels, width, height, image_webp::ColorType::Rgb8).expect("a WebP");
    file
}

/// What nobody can draw: its name, the type it is sent with, its bytes.
pub(super) fn unfit() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("a PNG of 65535 × 65535", "image/png", png_of((65_535, 65_535), &zlib(&[0; 1 << 20]))),
        ("a PNG of 20000 × 20000", "image/png", png_of((20_000, 20_000), &zlib(&[0; 1 << 20]))),
        ("a PNG whose chunk is longer than all", "image/png", lying_png()),
        ("a JPEG of 65500 × 65500", "image/jpeg", huge_jpeg()),
        ("a GIF of 100,000 frames", "image/gif", gif(100_000)),
        ("a GIF that is called a JPEG", "image/jpeg", gif(100_000)),
        ("a WebP of 50,000 frames", "image/webp", animated_webp(50_000)),
        ("a drawing with a script", "image/png", b"<svg onload='alert(1)'/>".to_vec()),
        ("a page", "image/jpeg", b"<html><script>alert(1)</script>".to_vec()),
        ("an archive of zeros", "image/jpeg", archive()),
        ("a JPEG that ends in its head", "image/jpeg", begin(&jpeg(640, 480), 20)),
        ("a PNG that ends in its head", "image/png", begin(&png(640, 480), 30)),
        ("a WebP that ends in its head", "image/webp", begin(&webp(640, 480), 24)),
        ("a PNG's first bytes", "image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("one byte", "image/jpeg", b"\xff".to_vec()),
    ]
}

/// What some may draw: its end is all that counts.
pub(super) fn doubtful() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let whole = jpeg(640, 480);
    let page = [&whole[..], b"<html><script>alert(1)</script>"].concat();
    vec![
        ("a PNG with 4 GiB behind its pixels", "image/png", png_of((64, 64), &zeros(4096))),
        ("half a JPEG", "image/jpeg", begin(&whole, whole.len() / 2)),
        ("a JPEG that is a page as well", "image/jpeg", page),
    ]
}

fn begin(file: &[u8], bytes: usize) -> Vec<u8> {
    file.iter().take(bytes).copied().collect()
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file.get_mut(at..at + bytes.len()).expect("a place").copy_from_slice(bytes);
}

fn png_of((width, height): (u32, u32), data: &[u8]) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let head = [&sides[..], &[8, 2, 0, 0, 0]].concat();
    let chunks = [chunk(b"IHDR", &head), chunk(b"IDAT", data), chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n", &chunks.concat()[..]].concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(data);
    let length = u32::try_from(data.len()).expect("a chunk").to_be_bytes();
    [&length[..], kind, data, &sum.sum().to_be_bytes()].concat()
}

fn lying_png() -> Vec<u8> {
    let mut file = png(64, 64);
    let data = file.windows(4).position(|name| name == b"IDAT").expect("pixels");
    put(&mut file, data - 4, &0x7fff_ffff_u32.to_be_bytes());
    file.truncate(data + 12);
    file
}

fn huge_jpeg() -> Vec<u8> {
    let mut file = jpeg(64, 64);
    let frame = file.windows(2).position(|mark| mark == [0xff, 0xc0]).expect("a frame");
    put(&mut file, frame + 5, &[0xff, 0xdc, 0xff, 0xdc]);
    file
}

fn gif(frames: usize) -> Vec<u8> {
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [&head[..], &frame.repeat(frames), b"\x3b"].concat()
}

fn animated_webp(frames: usize) -> Vec<u8> {
    let sides = [255, 255, 0, 255, 255, 0];
    let extended = riff(b"VP8X", &[&[2, 0, 0, 0][..], &sides].concat());
    let animation = riff(b"ANIM", &[0; 6]);
    let frame = riff(b"ANMF", &[&[0; 6][..], &sides, &[1, 0, 0, 0]].concat());
    let body = [extended, animation, frame.repeat(frames)].concat();
    riff(b"RIFF", &[b"WEBP", &body[..]].concat())
}

fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a chunk").to_le_bytes();
    [name, &length[..], data].concat()
}

/// The head of an entry that says it is 4 GiB, and its packed zeros.
fn archive() -> Vec<u8> {
    let head =
        b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\x10\0\0\xff\xff\xff\xff\x09\0\0\0photo.jpg";
    [&head[..], &zeros(4096)].concat()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(data).expect("zeros");
    packed.finish().expect("zeros")
}

/// So many MiB of zeros, packed: each the same few bytes again.
fn zeros(mib: usize) -> Vec<u8> {
    let mut packer = Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(1 << 16);
    packer.compress_vec(&[0; 1 << 20], &mut block, FlushCompress::Full).expect("zeros");
    [&b"\x78\x9c"[..], &block.repeat(mib)].concat()
}
