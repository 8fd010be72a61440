//! Fields of a customer's card. Per field the last one who sets it wins.
//!
//! A tap counts as of then: somebody without a network may choose an attribute that ended since, or
//! a choice that it no longer has. Who may set it is asked as of now.

use baton_protocol::command::SetAttributes;
use baton_protocol::limits::{FIELDS_JSON_BYTES_MAX, FIELDS_MAX, FIELDS_SET_MAX};
use baton_protocol::setting::AttributeSetter;
use baton_protocol::{Accepted, Refusal, SettingId};

use super::{Case, Decided, nothing, receive};
use crate::see::attributes::{AttributeFacts, is_hidden};

pub(super) fn set(case: &Case<'_>, fields: &SetAttributes) -> Decided {
    check_count(fields)?;
    let Some(card) = case.context.card else { return nothing() };
    let tapped_at = case.command.op_id.made_at().unwrap_or(case.now);
    let mut new = card.clone();
    for id in &fields.clear {
        let facts = settable(case, *id, "clear")?;
        if facts.ended_at.is_none() && !may_set(case, facts) {
            return Err(Refusal::NotAllowed);
        }
        new.fields.remove(id);
    }
    for (id, value) in &fields.set {
        let facts = settable(case, *id, "set")?;
        if facts.ended_at.is_some_and(|at| at <= tapped_at) {
            return Err(Refusal::invalid("set", "names an attribute that ended"));
        }
        if !may_set(case, facts) {
            return Err(Refusal::NotAllowed);
        }
        let wrong =
            |problem| Refusal::invalid("set", format!("{}: {problem}", facts.attribute.key));
        new.fields.insert(*id, facts.taken(value, tapped_at).map_err(wrong)?);
    }
    if new == *card {
        return nothing();
    }
    if new.fields.len() > FIELDS_MAX {
        return Err(Refusal::invalid("set", format!("{FIELDS_MAX} fields are the most")));
    }
    let bytes = serde_json::to_vec(&new.fields).map_or(usize::MAX, |json| json.len());
    if bytes > FIELDS_JSON_BYTES_MAX {
        return Err(Refusal::invalid("set", "has more text than a card takes"));
    }
    let changed = receive::contact_changed(case.conversation.thread.contact_id, new);
    Ok((vec![changed], Accepted::default()))
}

fn check_count(SetAttributes { set, clear }: &SetAttributes) -> Result<(), Refusal> {
    let count = set.len() + clear.len();
    if count == 0 || count > FIELDS_SET_MAX {
        let problem = format!("must name 1 to {FIELDS_SET_MAX} attributes in all");
        return Err(Refusal::invalid("set", problem));
    }
    let mut all: Vec<SettingId> = set.keys().chain(clear).copied().collect();
    all.sort();
    all.dedup();
    let twice = || Refusal::invalid("clear", "names an attribute twice");
    if all.len() == count { Ok(()) } else { Err(twice()) }
}

/// The attribute, as far as it is there for the author.
fn settable<'a>(
    case: &Case<'a>,
    id: SettingId,
    field: &'static str,
) -> Result<&'a AttributeFacts, Refusal> {
    let role = case.context.author.sight.viewer.role;
    let facts = case.context.attributes.get(id);
    let facts = facts.filter(|facts| !is_hidden(&facts.attribute, role));
    facts.ok_or_else(|| Refusal::invalid(field, "names an attribute that is not there"))
}

fn may_set(case: &Case<'_>, facts: &AttributeFacts) -> bool {
    match facts.attribute.set {
        AttributeSetter::Anyone => true,
        AttributeSetter::Supervisors => case.context.supervises(case.conversation),
        AttributeSetter::Programs => case.context.is_program,
    }
}
