//! The language of a customer is set by hand, or left to what they write again.

use baton_protocol::command::SetLanguage;
use baton_protocol::{Fact, Refusal, Spoken};

use super::{Case, Decided, facts, nothing};
use crate::see::setting::is_language;

pub(super) fn set(case: &Case<'_>, of: &SetLanguage) -> Decided {
    let language = of.language.clone().map(|language| Spoken { language, by_hand: true });
    if language.as_ref().is_some_and(|spoken| !is_language(&spoken.language)) {
        return Err(Refusal::invalid("language", "must be the tag of a language, as pt-BR"));
    }
    if language == case.conversation.thread.language {
        return nothing();
    }
    facts([Fact::LanguageChanged { language }])
}
