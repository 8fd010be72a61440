//! Whole words in a text, however they are written.

use super::signs::{sign_of, signs};
use super::split::{Word, words};
use crate::text::fold::fold;

/// Words that stand together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase(pub(super) Vec<String>);

/// A text in which words are looked for: its words, and whether each may be several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    pub(super) words: Vec<(String, bool)>,
    /// The words and the emoji between them; none where there is none.
    pub(super) signed: Option<Vec<(String, bool)>>,
}

impl Phrase {
    /// The words of a text, and its emoji.
    pub fn new(text: &str) -> Self {
        let Spoken { words, signed } = Spoken::new(text);
        Self(signed.unwrap_or(words).into_iter().map(|(word, _)| word).collect())
    }

    /// Whether it says nothing: it is in no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Spoken {
    /// A text as it was said.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let word = |Word { at, is_run }| (folded.get(at).unwrap_or_default().to_owned(), is_run);
        let found = words(&folded);
        let signs = signs(&folded);
        let signed = (!signs.is_empty()).then(|| {
            let all = found.iter().map(|Word { at, is_run }| {
                (at.start, folded.get(at.clone()).unwrap_or_default().to_owned(), *is_run)
            });
            let signs = signs.iter().map(|at| (at.start, sign_of(&folded, at), false));
            let mut all: Vec<_> = all.chain(signs).collect();
            all.sort_by_key(|(start, ..)| *start);
            all.into_iter().map(|(_, word, is_run)| (word, is_run)).collect()
        });
        Self { words: found.into_iter().map(word).collect(), signed }
    }
}
