//! The letters of a table, however it was saved. Spreadsheets write UTF-8, "Unicode text" (UTF-16),
//! or what Windows wrote before both.

/// What Windows-1252 has where Latin-1 has controls. It leaves five of them free.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file.
///
/// # Errors
/// When its bytes are no text.
pub fn letters(bytes: &[u8]) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // The first letter is a Latin one: a mark, or one byte of nothing, tells two bytes a letter.
    let wide: Option<fn([u8; 2]) -> u16> = match pairs.first() {
        Some([0xff, 0xfe] | [1..=0xff, 0]) => Some(u16::from_le_bytes),
        Some([0xfe, 0xff] | [0, 1..=0xff]) => Some(u16::from_be_bytes),
        _ => None,
    };
    if let Some(unit) = wide {
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let text = String::from_utf16(&units).ok().filter(|_text| rest.is_empty());
        return text.ok_or_else(|| "the letters cannot be read: save it as CSV UTF-8".to_owned());
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_not_utf8) => bytes.iter().map(|byte| windows(*byte)).collect(),
    })
}

fn windows(byte: u8) -> char {
    let place = byte.checked_sub(0x80).map(usize::from);
    place.and_then(|place| WINDOWS.get(place)).copied().unwrap_or(char::from(byte))
}

/// Whether letters were lost before, or were never any: no name has such.
pub(super) fn is_garbled(text: &str) -> bool {
    text.contains(|letter: char| {
        letter == char::REPLACEMENT_CHARACTER || (letter.is_control() && !letter.is_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Email,Name\njose@acme.example,José Núñez\n";

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_table_is_read_in_what_spreadsheets_save() {
        let marked = format!("\u{feff}{TABLE}");
        let latin: Vec<u8> = TABLE.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
        for bytes in [
            TABLE.as_bytes().to_vec(),
            latin,
            wide(TABLE, u16::to_le_bytes),
            wide(TABLE, u16::to_be_bytes),
        ] {
            assert_eq!(letters(&bytes).unwrap(), TABLE);
        }
        for bytes in [
            marked.as_bytes().to_vec(),
            wide(&marked, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(letters(&bytes).unwrap(), marked);
        }
        assert_eq!(letters(b"\x80 \x93\xe9\x94").unwrap(), "€ “é”");
        assert_eq!(letters(b"").unwrap(), "");
    }

    #[test]
    fn half_a_letter_is_no_text_and_what_is_no_letter_is_found() {
        let mut cut = wide(TABLE, u16::to_le_bytes);
        cut.push(b'A');
        assert!(letters(&cut).unwrap_err().contains("CSV UTF-8"));
        for odd in ["Jos\u{fffd}", "Jos\u{81}", "Jos\0"] {
            assert!(is_garbled(odd), "{odd:?}");
        }
        assert!(!is_garbled("José “Pepe” Núñez\tأمل"));
    }
}
