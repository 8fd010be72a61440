//! Whole words in a text, however they are written.

use super::split::{Word, words};
use crate::fold::fold;

/// Words that stand together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase(pub(super) Vec<String>);

/// A text in which words are looked for: its words, and whether each may be several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    pub(super) words: Vec<(String, bool)>,
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
}
