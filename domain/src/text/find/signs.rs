//! Emoji as words of their own, so that a word that a team looks for may be one.
//!
//! Of one that comes in several skins or of several people the kind alone counts.

use std::ops::Range;

/// The emoji of a folded text, each with its bytes. One that is repeated counts once.
pub(super) fn signs(folded: &str) -> Vec<Range<usize>> {
    let mut found: Vec<(char, Range<usize>)> = Vec::new();
    for (at, c) in folded.char_indices().filter(|(_, c)| is_sign(*c)) {
        let end = at + c.len_utf8();
        match found.last_mut() {
            Some((last, range)) if *last == c && is_between(folded, range.end, at) => {
                range.end = end;
            }
            _ => found.push((c, at..end)),
        }
    }
    found.into_iter().map(|(_, range)| range).collect()
}

/// The sign that a stretch of a text is.
pub(super) fn sign_of(folded: &str, at: &Range<usize>) -> String {
    let first = folded.get(at.clone()).and_then(|text| text.chars().next());
    first.map(String::from).unwrap_or_default()
}

/// Whether nothing stands between but blanks and the colours of skins.
fn is_between(folded: &str, from: usize, to: usize) -> bool {
    let between = folded.get(from..to).unwrap_or_default();
    between.chars().all(|c| c.is_whitespace() || is_part(c))
}

/// A sign that only says which of an emoji it is: skins, hair, and the signs of men and women.
fn is_part(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{1f9b0}'..='\u{1f9b3}' | '\u{2640}' | '\u{2642}')
}

fn is_sign(c: char) -> bool {
    !is_part(c)
        && matches!(c,
            '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
            | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{1f000}'..='\u{1faff}')
}
