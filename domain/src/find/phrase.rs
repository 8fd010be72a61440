//! Whole words in a text, however they are written.

use super::split::{Word, words};
use crate::fold::fold;

/// Words that stand together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase(Vec<String>);

/// A text in which words are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    words: Vec<(String, bool)>,
}

impl Phrase {
    /// The words of a text.
    pub fn new(text: &str) -> Self {
        Self(Spoken::new(text).words.into_iter().map(|(word, _)| word).collect())
    }
}

impl Spoken {
    /// A text as it was said.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let word = |Word { at, is_run }| (folded.get(at).unwrap_or_default().to_owned(), is_run);
        Self { words: words(&folded).into_iter().map(word).collect() }
    }

    /// Whether the words of a phrase stand in it one after the other, as whole words. Scripts that
    /// have no blanks between words are looked through. `exactly`: and nothing else.
    pub fn has(&self, phrase: &Phrase, exactly: bool) -> bool {
        let Phrase(wanted) = phrase;
        if wanted.is_empty() {
            return false;
        }
        let is_it = |(spoken, is_run): &(String, bool), word: &String| {
            spoken == word || (*is_run && !exactly && spoken.contains(word.as_str()))
        };
        let stands =
            |at: &[(String, bool)]| at.iter().zip(wanted).all(|(of, word)| is_it(of, word));
        if exactly {
            return self.words.len() == wanted.len() && stands(&self.words);
        }
        self.words.windows(wanted.len()).any(stands)
    }
}
