//! Unpacks gzip (RFC 1952) as servers write it, within the limits of unpacked data.
//!
//! A general library would add three times the code to every app.

use flate2::{Decompress, FlushDecompress, Status};

/// Why it cannot be unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotUnpacked {
    /// There is more in it than is allowed. Nothing is kept of what there was.
    TooLarge,
    /// It is cut off, damaged, or no gzip.
    Garbled,
}

/// The first bytes of gzip of deflated data, without the fields that only files have.
const BEGINNING: &[u8] = &[0x1f, 0x8b, 8, 0];
/// When, how and where it was packed: of no use to anybody.
const CIRCUMSTANCES: usize = 6;
/// Bytes that are unpacked at a time.
const PIECE: usize = 16 * 1024;

/// Gzip of at most so many bytes, whole: one piece, its checksum is right, nothing comes after it.
pub(super) fn unpacked(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, NotUnpacked> {
    let deflated = packed.strip_prefix(BEGINNING).and_then(|rest| rest.get(CIRCUMSTANCES..));
    let (whole, end) = inflated(deflated.ok_or(NotUnpacked::Garbled)?, bytes_max)?;
    // What fits into memory here is shorter than what the length wraps around at.
    let length = u32::try_from(whole.len()).map_err(|_more| NotUnpacked::TooLarge)?;
    let expected = [checksum(&whole).to_le_bytes(), length.to_le_bytes()].concat();
    if end == expected { Ok(whole) } else { Err(NotUnpacked::Garbled) }
}

/// The inflated data, and the rest that comes after it.
fn inflated(deflated: &[u8], bytes_max: usize) -> Result<(Vec<u8>, &[u8]), NotUnpacked> {
    let mut inflate = Decompress::new(false);
    let (mut whole, mut piece, mut rest) = (Vec::new(), vec![0; PIECE], deflated);
    loop {
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(rest, &mut piece, FlushDecompress::None);
        let status = status.map_err(|_odd| NotUnpacked::Garbled)?;
        let taken = usize::try_from(inflate.total_in() - before.0).unwrap_or(usize::MAX);
        let given = usize::try_from(inflate.total_out() - before.1).unwrap_or(usize::MAX);
        if given > bytes_max - whole.len() {
            return Err(NotUnpacked::TooLarge);
        }
        rest = rest.get(taken..).unwrap_or_default();
        whole.extend_from_slice(piece.get(..given).unwrap_or_default());
        match status {
            Status::StreamEnd => return Ok((whole, rest)),
            // It wants more, and there is no more.
            Status::Ok | Status::BufError if (taken, given) == (0, 0) => {
                return Err(NotUnpacked::Garbled);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// CRC-32, half a byte at a time: a larger table would be faster, and larger.
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = [
        0x0000_0000,
        0x1db7_1064,
        0x3b6e_20c8,
        0x26d9_30ac,
        0x76dc_4190,
        0x6b6b_51f4,
        0x4db2_6158,
        0x5005_713c,
        0xedb8_8320,
        0xf00f_9344,
        0xd6d6_a3e8,
        0xcb61_b38c,
        0x9b64_c2b0,
        0x86d3_d2d4,
        0xa00a_e278,
        0xbdbd_f21c,
    ];
    let half = |sum: u32| (sum >> 4) ^ TABLE.get((sum & 15) as usize).copied().unwrap_or_default();
    !bytes.iter().fold(!0, |sum, byte| half(half(sum ^ u32::from(*byte))))
}
