//! Addresses that look like others. Their words have letters of two alphabets, or letters that look
//! like Latin ones. Or they have forms of letters that mean plain ones.

use unicode_normalization::UnicodeNormalization as _;

/// Alphabets whose letters are taken for one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Alphabet {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
    Coptic,
    Lisu,
}

/// Letters of Greek, Cyrillic and Armenian that look like Latin ones.
const LIKE_LATIN: &str = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορτυχκϲϳ\
    АВЕЅІЈКМНОРСТУХЬаеѕіјорсухԁԛԝһӏѵк\
    օսոհց";

/// Whether an e-mail address could be taken for another one by who reads it.
pub(crate) fn is_lookalike(address: &str) -> bool {
    if !address.nfkc().eq(address.chars()) {
        // Full-width, mathematical and other forms of plain letters.
        return true;
    }
    // An address of another language ends in that language, or its words have letters of their own.
    let is_latin = address.rsplit(['@', '.']).next().is_some_and(|end| end.is_ascii());
    let mut words = address.split(['@', '.', '-', '_', '+']);
    words.any(|word| is_mixed(word) || (is_latin && is_all_like_latin(word)))
}

fn is_mixed(word: &str) -> bool {
    let mut alphabets = word.chars().filter_map(alphabet);
    let first = alphabets.next();
    alphabets.any(|other| Some(other) != first)
}

fn is_all_like_latin(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| LIKE_LATIN.contains(c))
}

/// The alphabet of a letter, where it is one whose letters are taken for others.
fn alphabet(c: char) -> Option<Alphabet> {
    if !c.is_alphabetic() {
        return None;
    }
    Some(match c {
        '\u{41}'..='\u{24f}' | '\u{250}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}' => Alphabet::Latin,
        '\u{370}'..='\u{3e1}' | '\u{3f0}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Alphabet::Greek,
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' => {
            Alphabet::Cyrillic
        }
        '\u{531}'..='\u{58f}' => Alphabet::Armenian,
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Alphabet::Cherokee,
        '\u{3e2}'..='\u{3ef}' | '\u{2c80}'..='\u{2cff}' => Alphabet::Coptic,
        '\u{a4d0}'..='\u{a4ff}' => Alphabet::Lisu,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::is_lookalike;

    #[test]
    fn an_address_that_looks_like_another_is_told_from_one_of_another_language() {
        for odd in [
            // A Cyrillic, Greek, Armenian and Cherokee letter among Latin ones.
            "\u{430}na@acme.example",
            "ana@\u{430}cme.example",
            "an\u{3b1}@acme.example",
            "a\u{578}a@acme.example",
            "\u{13aa}na@acme.example",
            // Nothing but letters that look like Latin ones.
            "\u{441}\u{43e}\u{440}\u{435}@acme.example",
            // Full-width, mathematical, a ligature, and an accent beside its letter.
            "\u{ff41}\u{ff4e}\u{ff41}@acme.example",
            "ana\u{ff20}acme.example",
            "\u{1d41a}na@acme.example",
            "\u{fb01}na@acme.example",
            "jose\u{301}@acme.example",
        ] {
            assert!(is_lookalike(odd), "{odd}");
        }
        for usual in [
            "ana@acme.example",
            "josé.ñandú+desk-2@acme.example",
            "иван@acme.example",
            "иван@пример.рф",
            "сара@пример.рус",
            "μαρία@παράδειγμα.ελ",
            "田中taro@例え.jp",
            "สมชาย@acme.example",
            "1234@acme.example",
        ] {
            assert!(!is_lookalike(usual), "{usual}");
        }
    }
}
