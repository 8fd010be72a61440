//! Tags are put on and taken off.
//!
//! A tag that ended cannot be put on, but for what was tapped before it ended: a phone may have
//! been offline. It can always be taken off.

use baton_protocol::command::Tagging;
use baton_protocol::limits::{TAGGING_MAX, TAGS_MAX};
use baton_protocol::setting::TagSetter;
use baton_protocol::{Fact, Refusal, SettingId, TagOn, Timestamp};

use super::{Case, Decided, facts, nothing};
use crate::see::tags::TagFacts;

pub(super) fn tag(case: &Case<'_>, tagging: &Tagging) -> Decided {
    check_count(tagging)?;
    let tags = case.context.tags;
    let before = &case.conversation.thread.tags;
    let mut now = before.clone();
    for id in &tagging.remove {
        let facts = tags.get(tags.resolve(*id));
        if facts.is_some_and(|facts| facts.ended_at.is_none() && !may_set(case, facts)) {
            return Err(Refusal::NotAllowed);
        }
        now.retain(|on| on.tag != *id && !tags.is_same(on.tag, *id));
    }
    for id in &tagging.add {
        let (id, facts) = alive(case, *id)?;
        if !may_set(case, facts) {
            return Err(Refusal::NotAllowed);
        }
        let displaced: Vec<SettingId> = tags.displaced(&now, id).collect();
        now.retain(|on| !displaced.contains(&on.tag));
        if !now.iter().any(|on| tags.is_same(on.tag, id)) {
            now.push(TagOn { tag: id, lasting: facts.tag.lasting });
        }
    }
    if now.len() > TAGS_MAX {
        return Err(Refusal::invalid("add", format!("{TAGS_MAX} tags are the most")));
    }
    let is_in = |all: &[TagOn], tag: SettingId| all.iter().any(|on| on.tag == tag);
    let added: Vec<TagOn> = now.iter().filter(|on| !is_in(before, on.tag)).copied().collect();
    let gone = before.iter().map(|on| on.tag).filter(|tag| !is_in(&now, *tag));
    let removed: Vec<SettingId> = gone.collect();
    if added.is_empty() && removed.is_empty() {
        return nothing();
    }
    facts([Fact::Tagged { added, removed }])
}

/// The tag of an outcome, put on as it was set up: whoever chose the outcome need not be allowed to
/// tag. One that ended, or for which there is no room, is left out.
pub(super) fn by_outcome(case: &Case<'_>, tag: SettingId) -> Option<Fact> {
    let tags = case.context.tags;
    let before = &case.conversation.thread.tags;
    let id = tags.resolve(tag);
    let facts = tags.get(id).filter(|facts| facts.ended_at.is_none())?;
    if before.iter().any(|on| tags.is_same(on.tag, id)) {
        return None;
    }
    let removed: Vec<SettingId> = tags.displaced(before, id).collect();
    if before.len() - removed.len() >= TAGS_MAX {
        return None;
    }
    Some(Fact::Tagged { added: vec![TagOn { tag: id, lasting: facts.tag.lasting }], removed })
}

fn check_count(Tagging { add, remove }: &Tagging) -> Result<(), Refusal> {
    let count = add.len() + remove.len();
    if count == 0 || count > TAGGING_MAX {
        return Err(Refusal::invalid("add", format!("must name 1 to {TAGGING_MAX} tags in all")));
    }
    let mut all: Vec<SettingId> = add.iter().chain(remove).copied().collect();
    all.sort();
    all.dedup();
    if all.len() == count { Ok(()) } else { Err(Refusal::invalid("remove", "names a tag twice")) }
}

/// The tag that is put on for this one.
fn alive<'a>(case: &Case<'a>, id: SettingId) -> Result<(SettingId, &'a TagFacts), Refusal> {
    let tags = case.context.tags;
    let tapped_at = case.command.op_id.made_at().unwrap_or(case.now);
    let is_over = |facts: &TagFacts| facts.ended_at.is_some_and(|at: Timestamp| at <= tapped_at);
    let id = if tags.get(id).is_some_and(is_over) { id } else { tags.resolve(id) };
    match tags.get(id) {
        Some(facts) if is_over(facts) => Err(Refusal::invalid("add", "names a tag that ended")),
        Some(facts) => Ok((id, facts)),
        None => Err(Refusal::invalid("add", "names a tag that is not there")),
    }
}

fn may_set(case: &Case<'_>, facts: &TagFacts) -> bool {
    match facts.tag.set_by {
        TagSetter::Anyone => true,
        TagSetter::Supervisors => case.context.supervises(case.conversation),
        TagSetter::Rules => false,
    }
}
