//! Labels that a source gave what was said: they become tags, for rules to wait for.

use baton_protocol::setting::{ContextSource, SourceLabel};
use baton_protocol::{Conversation, Fact, SettingId, Status};

use super::Policies;
use super::steps::put_on;
use crate::text::fold::{fold, named};

/// The tags that stand for labels, without those that the source does not declare.
pub(crate) fn meant<'a>(
    source: &'a ContextSource,
    labels: &'a [String],
) -> impl Iterator<Item = SettingId> + 'a {
    labels.iter().filter_map(|label| {
        let is_it = |one: &&SourceLabel| named(&one.label) == named(label);
        // A program may leave accents out.
        let is_alike = |one: &&SourceLabel| fold(&one.label) == fold(label);
        let declared = source.labels.iter().find(is_it);
        declared.or_else(|| source.labels.iter().find(is_alike)).map(|one| one.tag)
    })
}

fn is_over(conversation: &Conversation, episode: u32) -> bool {
    let head = &conversation.head;
    head.status == Status::Resolved || head.episode != episode
}

/// Whether the customer wrote more since a source was told what they had said: their line `seen`
/// was the last one. Without it nobody was asked.
pub fn is_void(conversation: &Conversation, episode: u32, seen: Option<u64>) -> bool {
    let is_newer = seen.is_some_and(|seen| conversation.thread.customer_seq > seen);
    is_newer && !is_over(conversation, episode)
}

/// The tags that an answer of a source stands for. None where what was asked about is over.
///
/// Where it says nothing of its labels, its tag for that is one, unless a tag of theirs is on.
pub fn tags(
    policies: &Policies,
    conversation: &Conversation,
    (source, episode): (SettingId, u32),
    labels: &[String],
) -> Vec<SettingId> {
    let thread = &conversation.thread;
    let is_asked = !is_over(conversation, episode) && thread.block.is_none();
    let Some(source) = policies.source(source).filter(|_| is_asked) else {
        return Vec::new();
    };
    let given: Vec<SettingId> = meant(source, labels).collect();
    if !given.is_empty() {
        return given;
    }
    let tags = policies.tags();
    let is_on = |tag: SettingId| thread.tags.iter().any(|on| tags.is_same(on.tag, tag));
    let has_any = source.labels.iter().any(|one| is_on(one.tag));
    source.otherwise.filter(|_| !has_any).into_iter().collect()
}

/// Puts a tag of an answer on, if it takes off none of those that the answer put on before.
pub fn put(
    policies: &Policies,
    conversation: &Conversation,
    tag: SettingId,
    before: &[SettingId],
) -> Option<Fact> {
    let fact = put_on(policies, conversation, tag).ok()?;
    let Fact::Tagged { removed, .. } = &fact else { return None };
    let is_same = |one: &SettingId| before.iter().any(|of| policies.tags().is_same(*one, *of));
    (!removed.iter().any(is_same)).then_some(fact)
}
