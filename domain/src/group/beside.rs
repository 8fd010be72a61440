//! The settings that a command is decided on: those that it names, and those that hang on these.

use std::collections::BTreeSet;

use baton_protocol::{CommandBody, SettingId, SettingKind};

use super::set::SettingKey;
use super::{CommandWork, State};
use crate::see::attributes::taken;

/// The settings that a command looks at. Tags on its conversation may be of one group with those
/// that it names, or that its outcome puts on.
pub fn named(work: &CommandWork, state: &State) -> BTreeSet<SettingKey> {
    let (workspace, body) = (work.caller.workspace, &work.command.body);
    let of = state.conversation(workspace, work.command.conversation_id);
    let mut tags: Vec<SettingId> = body.named_tags().collect();
    let team = of.map(|of| of.head.team_id);
    tags.extend(team.and_then(|team| state.settings.tag_of_outcome(work, team)));
    let on = of.filter(|_| !tags.is_empty()).map_or(&[][..], |of| &of.thread.tags);
    tags.extend(on.iter().map(|on| on.tag));
    let tags = tags.into_iter().map(|tag| (SettingKind::Tag, tag));
    let attributes = body.named_attributes().map(|id| (SettingKind::Attribute, id));
    let canned = body.canned().map(|canned| (SettingKind::CannedReply, canned.id));
    tags.chain(attributes).chain(canned).map(|(kind, id)| (workspace, kind, id)).collect()
}

/// Those of them of which an earlier version may have held at the tap: what the command sets is
/// nothing that they take now.
pub fn earlier(work: &CommandWork, state: &State) -> Vec<SettingKey> {
    let CommandBody::SetAttributes(fields) = &work.command.body else { return Vec::new() };
    let workspace = work.caller.workspace;
    let attributes = state.settings.attributes(workspace);
    let is_refused = |(id, value): &(&SettingId, &_)| {
        let facts = attributes.get(**id);
        facts.is_some_and(|facts| taken(&facts.attribute, value).is_err())
    };
    let refused = fields.set.iter().filter(is_refused);
    refused.map(|(id, _)| (workspace, SettingKind::Attribute, *id)).collect()
}
