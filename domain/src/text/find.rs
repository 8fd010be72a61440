//! Finds words in texts, and customers by their name or number, on server and phone alike.
//!
//! Texts are folded ([`crate::text::fold`]) and split into words. Of scripts with blanks a word is
//! found by its beginning. In the others (Chinese, Japanese, Thai, Lao, Khmer, Burmese) it is found
//! anywhere in what stands together. A number of a phone is found however it is written.
//!
//! An index keeps short beginnings of each word, short pieces of what has no blanks, and the
//! end of each number. Every text found there is compared with [`Wanted::finds`], so an entry too
//! many costs time and shows nothing.
//!
//! A code with a digit, such as the number of an order, is found with and without the signs and
//! blanks within it.

mod joined;
mod number;
mod phrase;
mod phrases;
mod signs;
mod split;

use std::collections::BTreeSet;
use std::ops::Range;

use baton_protocol::{Content, Details};

use self::joined::{has_digit, joined, squeezed, typed};
use self::number::Number;
pub use self::phrase::{Phrase, Spoken};
pub use self::phrases::{Phrases, Sought};
use self::split::{Word, forms, is_ideographic, words};
use crate::text::fold::{Traced, fold};

/// Characters of the beginnings that are kept of a word; the shortest only where it says much.
const SIZES: [usize; 3] = [2, SHORT, LONG];
const SHORT: usize = 3;
const LONG: usize = 6;
/// Longer ones of words with a digit. Numbers of orders begin alike, and differ at their end.
const OF_CODES: [usize; 2] = [9, 12];
/// Characters of the pieces that are kept of what has no blanks: from each ideograph on, and from
/// each letter or sign.
const OF_IDEOGRAPHS: [usize; 2] = [1, 2];
const OF_LETTERS: [usize; 2] = [2, 3];
/// Beginnings and pieces that are kept of one text: more than the longest message has.
const ENTRIES_MAX: usize = 6_000;
/// Words of a search that count.
const WANTED_MAX: usize = 8;
/// Digits of a customer's number that are worth going through all customers on a phone.
const DIGITS_MIN: usize = 3;
/// Characters of an excerpt, and those before its first match.
const EXCERPT_CHARS: usize = 200;
const BEFORE_CHARS: usize = 60;

/// The words of a line that a search looks at: its text or caption, and the name of its file.
pub fn searched(content: &Content) -> String {
    let file = match content.details.as_deref() {
        Some(Details::File { name, .. }) => name.as_deref(),
        _ => None,
    };
    let parts = [content.text.as_deref(), file].into_iter().flatten();
    parts.collect::<Vec<_>>().join("\n")
}

/// The beginnings and pieces under which a text is found.
pub fn entries(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let all = words(&folded);
    let mut found = BTreeSet::new();
    for code in joined(&folded, &all) {
        found.extend([SHORT, LONG].map(|size| beginning(&code.text, size).to_owned()));
        found.extend(beginnings_of_code(&code.text).map(str::to_owned));
        if found.len() >= ENTRIES_MAX {
            break;
        }
    }
    for Word { at, is_run } in all {
        let word = slice(&folded, at);
        if is_run {
            found.extend(pieces(word).map(str::to_owned));
        } else {
            for form in forms(word) {
                let sizes = SIZES.iter().filter(|size| **size >= SHORT || says_much_in_two(form));
                found.extend(sizes.map(|size| beginning(form, *size).to_owned()));
                found.extend(beginnings_of_code(form).map(str::to_owned));
            }
        }
        if found.len() >= ENTRIES_MAX {
            return found;
        }
    }
    found.extend(number::entries(&folded).into_iter().take(ENTRIES_MAX));
    found
}

/// Scripts in which words of two letters are usual: Hebrew, Arabic, those of India and others. Not
/// Hangul: two of its letters are a syllable at most.
fn says_much_in_two(word: &str) -> bool {
    word.starts_with(|c| c >= '\u{590}' && !matches!(c, '\u{1100}'..='\u{11ff}'))
}

/// The longer beginnings that are kept of a word with a digit, the longest last. One whose digits
/// all come later is none.
fn beginnings_of_code(word: &str) -> impl Iterator<Item = &str> {
    let long = OF_CODES.into_iter().filter_map(|size| {
        let is_so_long = word.chars().nth(size - 1).is_some();
        is_so_long.then(|| beginning(word, size))
    });
    long.filter(|code| code.contains(|c: char| c.is_ascii_digit()))
}

/// The pieces that are kept of a run: those from each of its characters on.
fn pieces(run: &str) -> impl Iterator<Item = &str> {
    run.char_indices().flat_map(move |(at, c)| {
        let rest = run.get(at..).unwrap_or_default();
        let sizes = if is_ideographic(c) { OF_IDEOGRAPHS } else { OF_LETTERS };
        sizes.into_iter().map(move |size| beginning(rest, size))
    })
}

/// Words that a text must have, in whatever order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    words: Vec<WantedWord>,
    /// The typed number, if it is one.
    number: Option<Number>,
    /// Codes of several words that were typed, each with the places of these.
    codes: Vec<(Range<usize>, WantedWord)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct WantedWord {
    text: String,
    is_run: bool,
}

/// A part of an excerpt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part<'a> {
    /// As it was written.
    pub text: &'a str,
    /// Whether it is a word that was looked for.
    pub is_match: bool,
}

impl Wanted {
    /// The words of a search; `None` if it has none.
    pub fn new(query: &str) -> Option<Self> {
        let folded = fold(query);
        let all = words(&folded);
        let codes = typed(&folded, &all).into_iter();
        let codes = codes.map(|(of, text)| (of, WantedWord { text, is_run: false })).collect();
        let wanted = |Word { at, is_run }| {
            let word = slice(&folded, at);
            // The one without its article is found with it as well.
            let word = if is_run { word } else { forms(word).last().unwrap_or(word) };
            WantedWord { text: word.to_owned(), is_run }
        };
        let words: Vec<_> = all.into_iter().take(WANTED_MAX).map(wanted).collect();
        (!words.is_empty()).then(|| Self { words, number: Number::new(&folded), codes })
    }

    /// The entry of the index that leads to the fewest texts, as far as that can be guessed.
    ///
    /// A word of one or two letters of Latin, Greek or Cyrillic leads to itself alone, not to
    /// longer words.
    pub fn entry(&self) -> &str {
        let of = |word| WantedWord::entry_of_code(word).unwrap_or_else(|| WantedWord::entry(word));
        self.words.iter().map(of).max_by_key(|entry| weight(entry)).unwrap_or_default()
    }

    /// The entry to look for in an index that was made before version 3 of the fold. It has no
    /// longer beginnings of codes.
    pub fn entry_before(&self) -> &str {
        let all = self.words.iter().map(WantedWord::entry);
        all.max_by_key(|entry| weight(entry)).unwrap_or_default()
    }

    /// The entry of the index for the number that was typed, if it is one.
    pub fn number_entry(&self) -> Option<String> {
        self.number.as_ref().and_then(Number::entry)
    }

    /// The entry of the index for the codes that were typed, if there are any of several words.
    pub fn code_entry(&self) -> Option<&str> {
        let of = |word| WantedWord::entry_of_code(word).unwrap_or_else(|| WantedWord::entry(word));
        self.codes.iter().map(|(_, code)| of(code)).max_by_key(|entry| weight(entry))
    }

    /// Whether a text has all words, or the number. The words of a code may stand together.
    pub fn finds(&self, text: &str) -> bool {
        let folded = fold(text);
        let all = words(&folded);
        let together = joined(&folded, &all);
        let has = |wanted: &WantedWord| {
            all.iter().any(|word| !wanted.places(&folded, word).is_empty())
                || together.iter().any(|code| wanted.is_code(&code.text))
        };
        let codes: Vec<_> = self.codes.iter().filter(|(_, code)| has(code)).collect();
        let is_there = |(at, wanted): (usize, &WantedWord)| {
            codes.iter().any(|(of, _)| of.contains(&at)) || has(wanted)
        };
        let number = self.number.as_ref();
        self.words.iter().enumerate().all(is_there)
            || number.is_some_and(|number| !number.places(&folded).is_empty())
    }

    /// The stretch of a text around its first match, in parts.
    pub fn excerpt<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let matches = self.matches(text);
        let first = matches.first().map_or(0, |range| range.start);
        let before = slice(text, 0..first).char_indices().rev();
        let from = before.take(BEFORE_CHARS).last().map_or(0, |(at, _)| at);
        let mut after = slice(text, from..text.len()).char_indices();
        let to = after.nth(EXCERPT_CHARS).map_or(text.len(), |(at, _)| from + at);
        let mut parts = Vec::new();
        let mut at = from;
        for range in matches {
            let (start, end) = (range.start.clamp(at, to.max(at)), range.end.min(to));
            parts.push(Part { text: slice(text, at..start), is_match: false });
            parts.push(Part { text: slice(text, start..end), is_match: true });
            at = end.max(start);
        }
        parts.push(Part { text: slice(text, at..to), is_match: false });
        parts.retain(|part| !part.text.is_empty());
        parts
    }

    /// Where a text has what is wanted, in its order. Of a word it is the whole word.
    fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let traced = Traced::new(text);
        let mut found = Vec::new();
        let all = words(&traced.text);
        let codes = joined(&traced.text, &all);
        for wanted in self.words.iter().chain(self.codes.iter().map(|(_, code)| code)) {
            for word in &all {
                let places = wanted.places(&traced.text, word);
                found.extend(places.iter().map(|place| traced.source(place)));
            }
            let codes = codes.iter().filter(|code| wanted.is_code(&code.text));
            found.extend(codes.map(|code| traced.source(&code.place(wanted.text.len()))));
        }
        let numbers = self.number.iter().flat_map(|number| number.places(&traced.text));
        found.extend(numbers.map(|place| traced.source(&place)));
        found.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        found.dedup_by(|next, kept| next.end <= kept.end);
        found
    }
}

impl WantedWord {
    fn entry(&self) -> &str {
        if self.is_run {
            return pieces(&self.text).max_by_key(|piece| weight(piece)).unwrap_or_default();
        }
        let is_long = self.text.chars().nth(LONG - 1).is_some();
        beginning(&self.text, if is_long { LONG } else { SHORT })
    }

    /// Whether a code that stands in parts begins so.
    fn is_code(&self, code: &str) -> bool {
        !self.is_run && has_digit(&self.text) && code.starts_with(&self.text)
    }

    fn entry_of_code(&self) -> Option<&str> {
        if self.is_run { None } else { beginnings_of_code(&self.text).last() }
    }

    /// Where it is in a word of a folded text.
    fn places(&self, folded: &str, word: &Word) -> Vec<Range<usize>> {
        let text = slice(folded, word.at.clone());
        if self.is_run != word.is_run {
            return Vec::new();
        }
        if self.is_run {
            let all = text.match_indices(&self.text);
            let place = |at| word.at.start + at..word.at.start + at + self.text.len();
            return all.map(|(at, _)| place(at)).collect();
        }
        let is_it = forms(text).any(|form| form.starts_with(&self.text));
        if is_it { vec![word.at.clone()] } else { Vec::new() }
    }
}

/// The weight of an entry: there are more Chinese characters than kana, and more kana than letters.
fn weight(entry: &str) -> usize {
    let of = |c| match c {
        '\u{3400}'.. if is_ideographic(c) => 3,
        _ if is_ideographic(c) => 2,
        _ => 1,
    };
    entry.chars().map(of).sum()
}

/// A typed query, as parts of names, numbers and texts, in any order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed {
    parts: Vec<String>,
    number: Option<Number>,
    /// Codes of several parts that were typed, each with the places of these.
    codes: Vec<(Range<usize>, String)>,
}

impl Typed {
    /// Reads a typed query; `None` if it is empty.
    pub fn new(query: &str) -> Option<Self> {
        let folded = fold(query);
        let all = words(&folded);
        let codes = typed(&folded, &all);
        let all = all.into_iter().take(WANTED_MAX);
        let mut parts: Vec<_> = all.map(|word| slice(&folded, word.at).to_owned()).collect();
        // Nothing but signs: names and texts can have these as well.
        if parts.is_empty() && !folded.is_empty() {
            parts.push(folded.clone());
        }
        let number = Number::new(&folded);
        (!parts.is_empty()).then_some(Self { parts, number, codes })
    }

    /// Parts of a folded name, all of which it must have.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(String::as_str)
    }

    /// Parts of a number, one of which it must have; none if no number was typed.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.number.iter().flat_map(Number::parts)
    }

    /// Whether it is this name.
    pub fn is_name(&self, name: &str) -> bool {
        let name = fold(name);
        self.names().all(|part| name.contains(part))
    }

    /// Whether it is this number. Few digits are in too many to say so.
    pub fn is_number(&self, phone: &str) -> bool {
        let number = self.number.as_ref().filter(|number| number.len() >= DIGITS_MIN);
        number.is_some_and(|number| number.parts().any(|part| phone.contains(part)))
    }

    /// Whether a text has all parts, or the number, or the code. What [`Wanted`] finds is in there.
    pub fn is_in(&self, text: &str) -> bool {
        let folded = fold(text);
        let together = squeezed(&folded);
        let codes: Vec<_> =
            self.codes.iter().filter(|(_, code)| together.contains(code.as_str())).collect();
        let has = |(at, part): (usize, &str)| {
            let bare = forms(part).last().unwrap_or(part);
            folded.contains(bare)
                || (has_digit(bare) && together.contains(bare))
                || codes.iter().any(|(of, _)| of.contains(&at))
        };
        self.names().enumerate().all(has)
            || self.number.as_ref().is_some_and(|number| !number.places(&folded).is_empty())
    }
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

fn beginning(word: &str, chars: usize) -> &str {
    let end = word.char_indices().nth(chars).map_or(word.len(), |(end, _)| end);
    slice(word, 0..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_keeps_beginnings_of_each_word_and_little_of_a_long_one() {
        assert_eq!(Vec::from_iter(entries("La cadena")), ["cad", "cadena", "la"]);
        assert_eq!(Vec::from_iter(entries("मेरा")), ["मे", "मेर", "मेरा"]);
        assert_eq!(Vec::from_iter(entries(&"x".repeat(4096))), ["xxx", "xxxxxx"]);
        let many: String = (0..8000).map(|n| format!("{n:04} ")).collect();
        assert!(entries(&many).len() <= 2 * ENTRIES_MAX);
    }

    #[test]
    fn of_what_has_no_blanks_it_keeps_pieces() {
        assert_eq!(Vec::from_iter(entries("自行车")), ["自", "自行", "行", "行车", "车"]);
        assert_eq!(Vec::from_iter(entries("ใบเ")), ["บเ", "เ", "ใบ", "ใบเ"]);
        let wanted = Wanted::new("お問い合わせ 車").unwrap();
        assert_eq!(wanted.entry(), "合わ", "the last of those that say as much");
    }

    #[test]
    fn an_excerpt_begins_shortly_before_its_first_match() {
        let wanted = Wanted::new("cadena").unwrap();
        let text = format!("{}la Cadena y otra cadena{}", "é ".repeat(100), " fin".repeat(100));
        let parts = wanted.excerpt(&text);
        let marked: Vec<_> = parts.iter().filter(|part| part.is_match).map(|p| p.text).collect();
        assert_eq!(marked, ["Cadena", "cadena"]);
        let whole: String = parts.iter().map(|part| part.text).collect();
        assert!(text.contains(&whole) && whole.chars().count() == EXCERPT_CHARS, "{whole}");
        assert_eq!(parts[0].text.chars().count(), BEFORE_CHARS);
    }
}
