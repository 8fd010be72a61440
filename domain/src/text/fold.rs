//! Folds texts for search, so that two ways to write the same are one. Case, accents and vowel
//! signs that may be left out do not matter. Nor do decomposed and compatibility forms, digits of
//! other scripts, and blanks.
//!
//! Server and phone fold alike, and the console by the fixture `find.cases.json`.
//!
//! Signs that belong to a word stay: vowels and viramas of Indic scripts, those of Thai, Lao, Khmer
//! and Burmese, and the voicing of kana. Hangul stays decomposed, so that the beginning of a
//! syllable is the beginning of its word.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose};

/// The version of the fold and of the entries of words. When it grows, names and entries are made
/// anew.
pub const VERSION: u32 = 4;

/// Returns the folded form of a text or of a part of one.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    each(text, |c, _| folded.push(c));
    let end = folded.trim_end().len();
    folded.truncate(end);
    folded
}

/// The form in which names are compared that people choose. Two that differ in case, blanks or the
/// form of a letter are one; two that differ in an accent are two. One name here is one for
/// [`fold`] as well.
pub fn named(text: &str) -> String {
    let plain = text.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase);
    let plain: String = plain.nfc().collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A folded text that knows where its characters come from.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    /// The folded text.
    pub(crate) text: String,
    /// For each byte of it, the bytes of the source.
    from: Vec<Range<usize>>,
}

impl Traced {
    /// Folds a text.
    pub(crate) fn new(text: &str) -> Self {
        let mut traced = Self::default();
        each(text, |c, from| {
            traced.text.push(c);
            traced.from.resize(traced.text.len(), from);
        });
        traced
    }

    /// The bytes of the source that a part comes from.
    pub(crate) fn source(&self, part: &Range<usize>) -> Range<usize> {
        let start = self.from.get(part.start).map_or(0, |from| from.start);
        let last = part.end.checked_sub(1).and_then(|last| self.from.get(last));
        start..last.map_or(start, |from| from.end.max(start))
    }
}

/// Gives the folded characters, each with the bytes of the source that it comes from. A blank may
/// stand at the end.
fn each(text: &str, mut put: impl FnMut(char, Range<usize>)) {
    // At the start as well, so that leading blanks are dropped.
    let mut is_after_space = true;
    let mut put = |c: char, from| {
        let is_space = c.is_whitespace();
        if !(is_space && is_after_space) {
            put(if is_space { ' ' } else { c }, from);
        }
        is_after_space = is_space;
    };
    let mut folded = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut end = at + c.len_utf8();
        // The common case; whole inboxes are folded at once.
        if c.is_ascii() && !chars.peek().is_some_and(|(_, c)| belongs_before(*c)) {
            put(c.to_ascii_lowercase(), at..end);
            continue;
        }
        while let Some((next, mark)) = chars.next_if(|(_, c)| belongs_before(*c)) {
            end = next + mark.len_utf8();
        }
        folded.clear();
        for c in text.get(at..end).unwrap_or_default().nfkd().filter(|c| !is_dropped(*c)) {
            c.to_lowercase().for_each(|c| push(&mut folded, c));
        }
        folded.chars().for_each(|c| put(c, at..end));
    }
}

/// Marks that are ordered and composed with what stands before them.
fn belongs_before(c: char) -> bool {
    // The voicing of half-width kana, and Tibetan vowels of two marks.
    let is_of_marks = matches!(c, '\u{ff9e}' | '\u{ff9f}' | '\u{f73}' | '\u{f75}' | '\u{f81}');
    !c.is_ascii() && (is_of_marks || canonical_combining_class(c) != 0)
}

/// Appends the plain form of a decomposed lower-case character.
fn push(folded: &mut String, c: char) {
    if matches!(c, '\u{3099}' | '\u{309a}') {
        let voiced = folded.chars().last().and_then(|kana| compose(katakana(kana), c));
        if let Some(voiced) = voiced {
            folded.pop();
            folded.push(hiragana(voiced));
            return;
        }
    }
    match plain(c) {
        Some(text) => folded.push_str(text),
        None => folded.push(digit(c).unwrap_or_else(|| hiragana(c))),
    }
}

/// Whether a character tells no words apart: accents, points and vowel signs that are often left
/// out, lengthening, and invisible ones.
fn is_dropped(c: char) -> bool {
    matches!(c,
        // Latin, Greek, Cyrillic.
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{b7}'
        // Hebrew.
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
        | '\u{5c7}'
        // Arabic and Syriac.
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' | '\u{711}' | '\u{730}'..='\u{74a}'
        | '\u{898}'..='\u{89f}' | '\u{8ca}'..='\u{8e1}' | '\u{8e3}'..='\u{8ff}'
    ) || is_invisible(c)
}

/// Whether a character is not seen.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The plain letters for a character that has no decomposition, and is still written for them.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ı' => "i",
        'đ' | 'ð' => "d",
        'ø' => "o",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ς' => "σ",
        // Forms of a letter at the end of a Hebrew word.
        'ך' => "כ",
        'ם' => "מ",
        'ן' => "נ",
        'ף' => "פ",
        'ץ' => "צ",
        // Arabic, and as keyboards for Persian and Urdu write it.
        'ٱ' => "ا",
        'ى' | 'ی' | 'ے' => "ي",
        'ک' => "ك",
        'ة' | 'ہ' | 'ھ' | 'ۃ' => "ه",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => "'",
        _ => return None,
    })
}

/// Hiragana for katakana; all else as it is.
fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => shifted(c, -0x60),
        _ => c,
    }
}

/// Katakana for hiragana: voiced forms exist of more of them.
fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => shifted(c, 0x60),
        _ => c,
    }
}

fn shifted(c: char, by: i32) -> char {
    u32::from(c).checked_add_signed(by).and_then(char::from_u32).unwrap_or(c)
}

/// The zeros of the scripts that have digits of their own; nine more follow each.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x10d30, 0x11066, 0x11136, 0x1e950,
];

/// The ASCII digit for a digit of any living script.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() || !c.is_numeric() {
        return c.is_ascii_digit().then_some(c);
    }
    let zero = ZEROS.iter().rev().find(|zero| **zero <= u32::from(c))?;
    char::from_digit(u32::from(c) - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folded_character_knows_what_it_comes_from() {
        let text = " Ｆｉ\u{301} ﬁ\u{e0001}  ｶﾞ\u{301}한";
        let traced = Traced::new(text);
        assert_eq!(traced.text, "fi fi が\u{1112}\u{1161}\u{11ab}");
        let source = |part: &str| {
            let at = traced.text.find(part).unwrap();
            text.get(traced.source(&(at..at + part.len()))).unwrap()
        };
        assert_eq!(source("i"), "ｉ\u{301}");
        assert_eq!(source("が"), "ｶﾞ\u{301}");
        assert_eq!(source("fi "), "Ｆｉ\u{301} ");
        assert_eq!(source("\u{1161}"), "한");
        let second = traced.text.rfind("fi").unwrap();
        assert_eq!(text.get(traced.source(&(second + 1..second + 2))), Some("ﬁ"));
        assert_eq!(traced.source(&(0..0)), 1..1);
    }

    #[test]
    fn only_digits_are_taken_as_such() {
        assert_eq!(digit('7'), Some('7'));
        assert_eq!(digit('٧'), Some('7'));
        assert_eq!(digit('๗'), Some('7'));
        assert_eq!(digit('𞥗'), Some('7'));
        for c in ['a', '½', '十', '௧', '௰', '፩', '٪'] {
            assert_eq!(digit(c), if c == '௧' { Some('1') } else { None }, "{c}");
        }
    }
}
