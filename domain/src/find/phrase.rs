//! Whole words in a text, however they are written.

use super::signs::{sign_of, signs};
use super::split::{Word, words};
use crate::fold::fold;

/// Words that stand together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase(Vec<String>);

/// A text in which words are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    words: Vec<(String, bool)>,
    /// The words and the emoji between them; none where there is none.
    signed: Option<Vec<(String, bool)>>,
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
        // With its emoji a text has no phrase that it would not have without, but those with emoji.
        std::iter::once(&self.words).chain(&self.signed).any(|words| match exactly {
            true => words.len() == wanted.len() && stands(words),
            false => words.windows(wanted.len()).any(stands),
        })
    }
}
