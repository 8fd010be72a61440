//! Finds how long a voice note lasts and how loud it is from its bytes. It reads Opus in Ogg alone,
//! as WhatsApp's apps record it.
//!
//! The file is walked twice and never copied: first for its length, then for its loudness.

use opus_decoder::OpusDecoder;

use super::{DURATION_MS_MAX, PEAKS};

/// What decoding may take, in about as many microseconds: well below the limit of the worker.
const COST_MAX: u64 = 800_000;
/// Ogg counts samples of 48 kHz, whatever the decoder gives.
const SAMPLES_PER_MS: u64 = 48;
const RATE: u32 = 8_000;
const SAMPLES_PER_DECODED: usize = 6;
/// A packet lasts 120 ms at most.
const PACKET_SAMPLES_MAX: u64 = 120 * SAMPLES_PER_MS;
/// The longest packet that is read: more than 120 ms at the highest bit rate take.
const PACKET_BYTES_MAX: usize = 8 * 1024;
/// Packets before the sound: the head and the tags, which may be long.
const HEADERS: u64 = 2;
/// A sound below this is drawn as the silence that it is.
const LOUDEST_MIN: u16 = 512;

/// A voice note that can be told of.
pub(super) struct Sound<'a> {
    bytes: &'a [u8],
    pub(super) duration_ms: u64,
    /// How long all packets are.
    samples: u64,
    /// Whether there is one stream, mono or stereo.
    is_plain: bool,
}

/// Whether these bytes begin as Ogg.
pub(super) fn is_ogg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"OggS")
}

impl<'a> Sound<'a> {
    /// Finds how long a voice note is, without decoding it; `None` where it is none.
    pub(super) fn find(bytes: &'a [u8]) -> Option<Self> {
        let mut head = None;
        let mut samples = 0;
        let end = walk(bytes, |index, packet| {
            if index == 0 {
                head = Some(Head::read(packet)?);
            } else if index >= HEADERS {
                samples += Timed::of(packet).samples();
            }
            Some(())
        })?;
        let Head { skipped, is_plain } = head?;
        // Both the last page and the packets say how long it is. The shorter one counts: nobody
        // claims hours with a few packets, and the last packet may be longer than the sound.
        let duration_ms = end.min(samples).checked_sub(skipped)? / SAMPLES_PER_MS;
        let is_fit = (1..=DURATION_MS_MAX).contains(&duration_ms);
        is_fit.then_some(Self { bytes, duration_ms, samples, is_plain })
    }

    /// The loudness of each stretch, 0 to 100, where the loudest is 100; `None` where it cannot be
    /// decoded. All channels are heard as one.
    pub(super) fn peaks(&self) -> Option<[u8; PEAKS]> {
        if !self.is_plain {
            return None;
        }
        let stretch_of = |at: u64| at * PEAKS as u64 / self.samples;
        let mut decoder = OpusDecoder::new(RATE, 1).ok()?;
        let mut pcm = vec![0_i16; decoder.max_frame_size_per_channel()];
        let mut loudest = [0_u16; PEAKS];
        let (mut next, mut spent) = (0, 0);
        walk(self.bytes, |index, packet| {
            let timed = if index < HEADERS { Timed::default() } else { Timed::of(packet) };
            let at = next;
            next += timed.samples();
            // A long sound is heard at the beginning of each stretch, as far as its share goes.
            let share = COST_MAX * (stretch_of(at) + 1) / PEAKS as u64;
            if timed.samples() == 0 || spent + timed.cost > share {
                return Some(());
            }
            spent += timed.cost;
            let count = decoder.decode(packet, &mut pcm, false).ok()?;
            for (sample, at) in pcm.get(..count)?.iter().zip((at..).step_by(SAMPLES_PER_DECODED)) {
                // What a packet holds beyond its own length has no place.
                let Some(peak) = loudest.get_mut(usize::try_from(stretch_of(at)).ok()?) else {
                    break;
                };
                *peak = sample.unsigned_abs().max(*peak);
            }
            Some(())
        })?;
        let most = loudest.iter().copied().max().unwrap_or(0).max(LOUDEST_MIN);
        Some(loudest.map(|peak| {
            let scaled = u32::from(peak) * 100 / u32::from(most);
            u8::try_from(scaled).unwrap_or(100)
        }))
    }
}

/// What the first packet says.
struct Head {
    /// Samples at the beginning that are not played.
    skipped: u64,
    /// Whether there is one stream, mono or stereo.
    is_plain: bool,
}

impl Head {
    fn read(packet: &[u8]) -> Option<Self> {
        if !packet.starts_with(b"OpusHead") {
            return None;
        }
        let skipped = u16::from_le_bytes(packet.get(10..12)?.try_into().ok()?);
        Some(Self { skipped: skipped.into(), is_plain: packet.get(18) == Some(&0) })
    }
}

/// Gives each packet of the first stream to `take`, with its index, until that returns `None`.
/// Returns the position of the last page, in samples; `None` when a packet is too long or not
/// taken.
///
/// Checksums are not looked at: the bytes came whole.
fn walk(mut bytes: &[u8], mut take: impl FnMut(u64, &[u8]) -> Option<()>) -> Option<u64> {
    const HEAD: usize = 27;
    let serial = bytes.get(14..18)?;
    let (mut packet, mut index, mut end) = (Vec::new(), 0, 0);
    while let Some((head, rest)) = bytes.split_at_checked(HEAD) {
        if !head.starts_with(b"OggS\0") {
            break;
        }
        let (sizes, rest) = rest.split_at_checked(usize::from(*head.get(26)?))?;
        let length = sizes.iter().map(|size| usize::from(*size)).sum();
        // A page that is cut off is not heard.
        let Some((mut body, rest)) = rest.split_at_checked(length) else { break };
        bytes = rest;
        if head.get(14..18)? != serial {
            continue;
        }
        let position = u64::from_le_bytes(head.get(6..14)?.try_into().ok()?);
        // This one says that no packet ends on the page.
        if position != u64::MAX {
            end = position;
        }
        for size in sizes {
            let (part, left) = body.split_at_checked(usize::from(*size))?;
            body = left;
            packet.extend_from_slice(part);
            if packet.len() > PACKET_BYTES_MAX && index >= HEADERS {
                return None;
            }
            if *size < u8::MAX {
                take(index, &packet)?;
                packet.clear();
                index += 1;
            }
        }
    }
    Some(end)
}

/// How long a packet lasts and what decoding it takes, as its first bytes say (RFC 6716, section
/// 3.1).
#[derive(Default)]
struct Timed {
    frames: u64,
    frame_samples: u64,
    /// Microseconds, about.
    cost: u64,
}

impl Timed {
    fn of(packet: &[u8]) -> Self {
        let Some(first) = packet.first() else { return Self::default() };
        let frames = match first & 3 {
            0 => 1,
            1 | 2 => 2,
            _ => packet.get(1).map_or(0, |count| u64::from(count & 63)),
        };
        let config = first >> 3;
        let samples: &[u64] = match config {
            0..12 => &[480, 960, 1_920, 2_880],
            12..16 => &[480, 960],
            _ => &[120, 240, 480, 960],
        };
        let frame_samples = samples.get(usize::from(config) % samples.len()).copied().unwrap_or(0);
        // The decoder takes the square of a frame's length for music, and little for speech.
        let (speech, music) = (20, 50 + frame_samples * frame_samples / 200);
        let frame = match config {
            0..12 => speech,
            12..16 => music * 3 / 2,
            _ => music,
        };
        Self { frames, frame_samples, cost: frames * frame + packet.len() as u64 }
    }

    /// How long it lasts.
    fn samples(&self) -> u64 {
        (self.frames * self.frame_samples).min(PACKET_SAMPLES_MAX)
    }
}
