//! Codes as people write them: with signs or blanks within, and without.

use std::ops::Range;

use super::split::Word;

/// Signs between two parts of one code, at most.
const BETWEEN_MAX: usize = 3;
/// Bytes of a code that are put together, and its parts.
const BYTES_MAX: usize = 32;
const PARTS_MAX: usize = 8;
/// Bytes of a typed code of several parts: shorter ones are words like others.
const TYPED_MIN: usize = 5;
/// Letters without a digit that a typed code has between blanks, at most: more are a word.
const LETTERS_MAX: usize = 3;

/// Words of a text that may be one code, put together.
pub(super) struct Joined {
    /// The words without what stands between them.
    pub(super) text: String,
    start: usize,
    /// For each word, the end of what is put together by then, and its end in the text.
    ends: Vec<(usize, usize)>,
}

impl Joined {
    /// The bytes of the words that have so much of it.
    pub(super) fn place(&self, length: usize) -> Range<usize> {
        let end = self.ends.iter().find(|(put, _)| *put >= length).or(self.ends.last());
        self.start..end.map_or(self.start, |(_, end)| *end)
    }
}

/// The codes that begin at each word of a folded text, if more than one word is in them.
pub(super) fn joined(folded: &str, words: &[Word]) -> Vec<Joined> {
    let mut found = Vec::new();
    if !has_digit(folded) {
        return found;
    }
    for at in 0..words.len() {
        let rest = words.get(at..).unwrap_or_default();
        found.extend(from(folded, rest).filter(|one| one.ends.len() > 1));
    }
    found
}

/// The codes of a folded query that have several words, each with the places of these: the whole
/// query, else what stands between its blanks.
pub(super) fn typed(folded: &str, words: &[Word]) -> Vec<(Range<usize>, String)> {
    if let Some(code) = whole(folded, words) {
        return vec![(0..words.len(), code)];
    }
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=words.len() {
        let (before, after) = (words.get(at - 1), words.get(at));
        let between = before.zip(after).and_then(|(b, a)| folded.get(b.at.end..a.at.start));
        if between.is_none_or(|between| between.contains(' ')) {
            let code = whole(folded, words.get(start..at).unwrap_or_default());
            found.extend(code.map(|code| (start..at, code)));
            start = at;
        }
    }
    found
}

/// The code that all these words are; `None` where they are none, or one word.
fn whole(folded: &str, words: &[Word]) -> Option<String> {
    let one = from(folded, words)?;
    let is_all = one.ends.len() == words.len() && words.len() > 1;
    let is_code = |part: &str| has_digit(part) || part.chars().count() <= LETTERS_MAX;
    let has_words = folded.get(one.place(one.text.len()))?.split(' ').any(|part| !is_code(part));
    (is_all && !has_words && one.text.len() >= TYPED_MIN).then_some(one.text)
}

/// A folded text without what may stand within a code.
pub(super) fn squeezed(folded: &str) -> String {
    folded.chars().filter(|c| !is_between(*c)).collect()
}

/// Whether there is a digit: codes have one.
pub(super) fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn from(folded: &str, words: &[Word]) -> Option<Joined> {
    let of = |word: &Word| folded.get(word.at.clone()).unwrap_or_default();
    let first = words.first().filter(|word| !word.is_run)?;
    let mut one = Joined { text: of(first).to_owned(), start: first.at.start, ends: Vec::new() };
    one.ends.push((one.text.len(), first.at.end));
    for pair in words.windows(2).take(PARTS_MAX - 1) {
        let [before, after] = pair else { break };
        let between = folded.get(before.at.end..after.at.start).unwrap_or_default();
        // Two words of the language are parted by a blank; a part of a code has a digit.
        let is_code = !between.contains(' ') || has_digit(of(before)) || has_digit(of(after));
        let is_one = between.chars().count() <= BETWEEN_MAX && between.chars().all(is_between);
        if after.is_run || !is_one || !is_code || one.text.len() + of(after).len() > BYTES_MAX {
            break;
        }
        one.text.push_str(of(after));
        one.ends.push((one.text.len(), after.at.end));
    }
    has_digit(&one.text).then_some(one)
}

fn is_between(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '_' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::find::split::words;
    use crate::text::fold::fold;

    fn all(text: &str) -> Vec<String> {
        let folded = fold(text);
        joined(&folded, &words(&folded)).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn parts_of_a_code_are_put_together_and_words_are_not() {
        assert_eq!(all("Mi pedido es QX-20417, hoy"), ["qx20417"]);
        assert_eq!(all("serie H228.0284."), ["serieh2280284", "h2280284"]);
        assert_eq!(all("IBAN ES91 2100 0418"), ["ibanes9121000418", "es9121000418", "21000418"]);
        assert_eq!(all("nothing to put-together here"), Vec::<String>::new());
        assert_eq!(all("车 7"), Vec::<String>::new());
    }

    #[test]
    fn a_query_is_a_code_or_has_codes_between_its_blanks() {
        let codes = |query: &str| -> Vec<String> {
            let folded = fold(query);
            typed(&folded, &words(&folded)).into_iter().map(|(_, code)| code).collect()
        };
        assert_eq!(codes("RT-30518"), ["rt30518"]);
        assert_eq!(codes("qx 20417"), ["qx20417"]);
        assert_eq!(codes("serie H228.0284 rota"), ["h2280284"]);
        assert_eq!(codes("H228.0284 serie"), ["h2280284"]);
        assert_eq!(codes("QX20417"), Vec::<String>::new(), "one word");
        assert_eq!(codes("12 34"), Vec::<String>::new(), "too short");
        assert_eq!(codes("where is QX 20417"), Vec::<String>::new());
    }
}
