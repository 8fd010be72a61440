//! Finds words in texts, as the search of the server does: without accents and case.
//!
//! An index keeps two short beginnings of each word. Every text found there is compared with
//! [`Wanted::finds`], so an entry too many costs time and shows nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::fold::fold;

/// Characters of the two beginnings that are kept of a word.
const SHORT: usize = 3;
const LONG: usize = 6;
/// Beginnings that are kept of one text.
const ENTRIES_MAX: usize = 600;
/// Words of a search that count.
const WANTED_MAX: usize = 8;
/// Characters of an excerpt, and those before its first match.
const EXCERPT_CHARS: usize = 200;
const BEFORE_CHARS: usize = 60;

/// The beginnings under which a text is found.
pub fn entries(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for range in words(text) {
        // A long text without a blank is one word: only its beginning is folded.
        let start: String = slice(text, range).chars().take(LONG * 2).collect();
        let word = fold(&start);
        found.insert(beginning(&word, SHORT).to_owned());
        if word.chars().nth(SHORT).is_some() {
            found.insert(beginning(&word, LONG).to_owned());
        }
        if found.len() >= ENTRIES_MAX {
            break;
        }
    }
    found
}

/// Words that a text must have, each as the beginning of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    words: Vec<String>,
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
        let folded = words(query).into_iter().map(|range| fold(slice(query, range)));
        let words: Vec<_> = folded.filter(|word| !word.is_empty()).take(WANTED_MAX).collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// The entry of the index that leads to the fewest texts, as far as that can be guessed.
    ///
    /// A word of one or two characters leads to itself alone, not to longer words.
    pub fn entry(&self) -> &str {
        let longest = self.words.iter().max_by_key(|word| word.chars().count());
        let longest = longest.map_or("", String::as_str);
        let is_long = longest.chars().nth(LONG - 1).is_some();
        beginning(longest, if is_long { LONG } else { SHORT })
    }

    /// Whether a text has all words.
    pub fn finds(&self, text: &str) -> bool {
        let all: Vec<_> = words(text).into_iter().map(|range| fold(slice(text, range))).collect();
        self.words.iter().all(|wanted| all.iter().any(|word| word.starts_with(wanted)))
    }

    /// The stretch of a text around its first match, in parts.
    pub fn excerpt<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let is_wanted = |range: &Range<usize>| {
            let word = fold(slice(text, range.clone()));
            self.words.iter().any(|wanted| word.starts_with(wanted))
        };
        let matches: Vec<_> = words(text).into_iter().filter(is_wanted).collect();
        let first = matches.first().map_or(0, |range| range.start);
        let before = slice(text, 0..first).char_indices().rev();
        let from = before.take(BEFORE_CHARS).last().map_or(0, |(at, _)| at);
        let mut after = slice(text, from..text.len()).char_indices();
        let to = after.nth(EXCERPT_CHARS).map_or(text.len(), |(at, _)| from + at);
        let mut parts = Vec::new();
        let mut at = from;
        for range in matches {
            let (start, end) = (range.start.min(to), range.end.min(to));
            parts.push(Part { text: slice(text, at..start), is_match: false });
            parts.push(Part { text: slice(text, start..end), is_match: true });
            at = end;
        }
        parts.push(Part { text: slice(text, at..to), is_match: false });
        parts.retain(|part| !part.text.is_empty());
        parts
    }
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

fn beginning(word: &str, chars: usize) -> &str {
    let end = word.char_indices().nth(chars).map_or(word.len(), |(end, _)| end);
    slice(word, 0..end)
}

/// The byte ranges of a text's words. Each character of a script without blanks is a word.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_alone(c) {
            found.push(at..end);
            is_open = false;
        } else if c.is_alphanumeric() || (is_open && is_mark(c)) {
            match found.last_mut().filter(|_| is_open) {
                Some(word) => word.end = end,
                None => found.push(at..end),
            }
            is_open = true;
        } else {
            is_open = false;
        }
    }
    found
}

/// Kana and Chinese characters.
fn is_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Combining accents, and marks of Arabic and of Indic scripts.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{93c}'..='\u{94d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, is_found: bool) {
        let wanted = Wanted::new(query).expect("words");
        assert_eq!(wanted.finds(text), is_found, "{query} in {text}");
        if is_found {
            assert!(
                entries(text).contains(wanted.entry()),
                "{query} in {text}: {}",
                wanted.entry()
            );
        }
    }

    #[test]
    fn words_are_found_by_their_beginning_without_accents_and_case() {
        check("cadena", "Se rompió la CADENA.", true);
        check("pinon", "¿Tenéis piñones?", true);
        check("rompio cad", "Se rompió la cadena", true);
        check("dena", "la cadena", false);
        check("cadena freno", "la cadena", false);
        check("ok", "OK, gracias", true);
        check("600 123", "Llámame: +34 600 123 456", true);
        check("факт", "Фактура", true);
        check("مرحبا", "قلت مَرحبا", false);
        check("车", "我的自行车坏了", true);
        check("自行车", "我的自行车坏了", true);
        check("strasse", "Hauptstraße, Straße 4", true);
        check("a-1044", "Pedido A-1044", true);
        assert_eq!(Wanted::new(" ¿? … "), None);
    }

    #[test]
    fn an_index_keeps_two_beginnings_of_each_word_and_little_of_a_long_one() {
        assert_eq!(Vec::from_iter(entries("La cadena")), ["cad", "cadena", "la"]);
        assert_eq!(Vec::from_iter(entries(&"x".repeat(4096))), ["xxx", "xxxxxx"]);
        let many: String = (0..2000).map(|n| format!("{n:04} ")).collect();
        assert!(entries(&many).len() <= ENTRIES_MAX + 1);
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
