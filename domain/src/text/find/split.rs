//! Splits folded texts into words.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// A word of a folded text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    /// Its bytes.
    pub(super) at: Range<usize>,
    /// Whether its script has no blanks between words: then it may be several, and what is looked
    /// for can stand anywhere in it.
    pub(super) is_run: bool,
}

/// The words of a folded text, in their order.
pub(super) fn words(folded: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, c) in folded.char_indices() {
        let is_mark = is_combining_mark(c);
        if !(c.is_alphanumeric() || (is_mark && is_open)) {
            is_open = false;
            continue;
        }
        let end = at + c.len_utf8();
        let is_run = has_no_blanks(c);
        // A mark goes with its letter, of whatever script it is.
        match found.last_mut().filter(|last| is_open && (is_mark || last.is_run == is_run)) {
            Some(last) => last.at.end = end,
            None => found.push(Word { at: at..end, is_run }),
        }
        is_open = true;
    }
    found
}

/// Scripts that are written without blanks between words.
fn has_no_blanks(c: char) -> bool {
    is_ideographic(c)
        || matches!(c,
            // Thai and Lao; Burmese; Khmer.
            '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}'
            | '\u{aa60}'..='\u{aa7f}' | '\u{1780}'..='\u{17ff}'
            // Tai scripts, Balinese, Javanese.
            | '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{aa80}'..='\u{aadf}'
            | '\u{1b00}'..='\u{1b7f}' | '\u{a980}'..='\u{a9df}')
}

/// Chinese characters, kana, bopomofo and Yi: one alone can be a word.
pub(super) fn is_ideographic(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3040}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Beginnings of an Arabic word that belong to the next one: the article, alone and after a
/// preposition. What is left must be a word.
const ARTICLES: [&str; 6] = ["ال", "وال", "بال", "كال", "فال", "لل"];
const LEFT_MIN: usize = 3;

/// A word as it is, and without its article.
pub(super) fn forms(word: &str) -> impl Iterator<Item = &str> {
    let is_word = |rest: &&str| rest.chars().nth(LEFT_MIN - 1).is_some();
    let without = ARTICLES.iter().filter_map(|article| word.strip_prefix(article));
    std::iter::once(word).chain(without.filter(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::fold;

    #[track_caller]
    fn check(text: &str, split: &[&str]) {
        let folded = fold(text);
        let shown = |word: Word| {
            let text = folded.get(word.at).unwrap_or_default();
            if word.is_run { format!("{text}…") } else { text.to_owned() }
        };
        let found: Vec<_> = words(&folded).into_iter().map(shown).collect();
        assert_eq!(found, split);
    }

    #[test]
    fn words_end_where_their_script_does() {
        check("¿Qué? A-1044", &["que", "a", "1044"]);
        check("我的iPhone坏了，谢谢", &["我的…", "iphone", "坏了…", "谢谢…"]);
        check("ราคา ๑๒๐ บาท", &["ราคา…", "120", "บาท…"]);
        check("मेरा बिल", &["मेरा", "बिल"]);
        check(" \u{301}! …", &[]);
        check("㈱山田", &["株…", "山田…"]);
    }

    #[test]
    fn an_article_can_be_left_out() {
        assert_eq!(forms("الفاتوره").collect::<Vec<_>>(), ["الفاتوره", "فاتوره"]);
        assert_eq!(forms("والفاتوره").collect::<Vec<_>>(), ["والفاتوره", "فاتوره"]);
        assert_eq!(forms("الان").collect::<Vec<_>>(), ["الان"]);
    }
}
