//! The language that a customer writes. It is heard in what they write, or set by hand; what is set
//! by hand stands until somebody takes it back.

use baton_protocol::{Conversation, Fact, Spoken};

use crate::fact::draft::Draft;

/// The language of one text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Its tag, as `pt`.
    pub language: &'static str,
    /// Whether the text is long enough, or so written, that it says it alone.
    pub is_sure: bool,
}

/// A customer wrote in a language. A short text says it only where none is known yet: somebody who
/// writes "ok, thanks" has not changed theirs.
pub fn heard(conversation: &Conversation, heard: Option<Heard>) -> Option<Draft> {
    let Heard { language, is_sure } = heard?;
    let thread = &conversation.thread;
    let is_news = match &thread.language {
        None => true,
        Some(before) => is_sure && !before.by_hand && before.language != language,
    };
    if !is_news || thread.kind.is_group() || thread.block.is_some() {
        return None;
    }
    let spoken = Spoken { language: language.to_owned(), by_hand: false };
    Some(Fact::LanguageChanged { language: Some(spoken) }.into())
}
