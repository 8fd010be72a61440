//! The steps of a rule: what each may say, and which never go together.

use std::collections::BTreeSet;

use baton_protocol::limits::{REMINDER_CHARS_MAX, TEXT_CHARS_MAX};
use baton_protocol::setting::{
    AssignBy, OnCall, RuleAction, SettingBody, SettingKind, Trigger, WebhookKind,
};
use baton_protocol::{Priority, SettingId};

use super::super::text::{automatic, count, lines, number};
use super::super::{Around, Target, Wrong};

const STEPS_MAX: usize = 10;
const ON_CALL_MAX: usize = 20;

/// Checks the steps, each for itself and then beside those before it.
pub(super) fn check(when: Trigger, then: &[RuleAction], around: &Around<'_>) -> Result<(), Wrong> {
    if then.is_empty() {
        return Err(wrong("must not be empty"));
    }
    count("then", then.len(), STEPS_MAX)?;
    then.iter().try_for_each(|action| check_one(action, around))?;
    // Tags wake rules: one that they woke, and that asked again, might go on for ever.
    let is_said = matches!(when, Trigger::Message | Trigger::FirstMessage | Trigger::EpisodeOpened);
    if !is_said && then.iter().any(|action| matches!(action, RuleAction::Classify { .. })) {
        return Err(wrong("asks what was said, and nothing said wakes the rule"));
    }
    let pairs = then.iter().enumerate();
    pairs
        .flat_map(|(place, other)| then.iter().take(place).map(move |one| (one, other)))
        .try_for_each(|(one, other)| {
            contradiction(one, other).map_or(Ok(()), |problem| Err(wrong(problem)))
        })
}

/// The things that a step names.
pub(super) fn targets(action: &RuleAction) -> Vec<Target> {
    let schedule = |id: SettingId| Target::Setting(SettingKind::Schedule, id);
    match action {
        RuleAction::Tag { tag } | RuleAction::Untag { tag } => {
            vec![Target::Setting(SettingKind::Tag, *tag)]
        }
        RuleAction::Route { team, .. } => vec![Target::Team(*team)],
        RuleAction::Remind { hours, .. } => hours.map(schedule).into_iter().collect(),
        RuleAction::Assign { on_call, .. } => {
            let of = |one: &OnCall| {
                std::iter::once(Target::Agent(one.agent)).chain(one.hours.map(schedule))
            };
            on_call.iter().flat_map(of).collect()
        }
        RuleAction::Webhook { webhook } => vec![Target::Setting(SettingKind::Webhook, *webhook)],
        RuleAction::Classify { source } => {
            vec![Target::Setting(SettingKind::ContextSource, *source)]
        }
        RuleAction::Note { .. }
        | RuleAction::Reply { .. }
        | RuleAction::Notify { .. }
        | RuleAction::MarkWaiting {}
        | RuleAction::Snooze { .. }
        | RuleAction::Resolve {}
        | RuleAction::Priority { .. }
        | RuleAction::StopMarketing {} => Vec::new(),
    }
}

fn wrong(problem: &str) -> Wrong {
    Wrong::new("then", problem)
}

fn check_one(action: &RuleAction, around: &Around<'_>) -> Result<(), Wrong> {
    match action {
        RuleAction::Note { text } => lines("then", text, TEXT_CHARS_MAX),
        RuleAction::Reply { text } => automatic("then", text, TEXT_CHARS_MAX),
        RuleAction::Snooze { minutes } => number("then", *minutes, 1, 43_200),
        RuleAction::Remind { minutes, text, .. } => {
            text.as_deref().map_or(Ok(()), |text| lines("then", text, REMINDER_CHARS_MAX))?;
            number("then", *minutes, 1, 525_600)
        }
        RuleAction::Assign { by, on_call } => check_on_call(*by, on_call),
        RuleAction::Webhook { webhook } => match (around.body_of)(SettingKind::Webhook, *webhook) {
            Some(SettingBody::Webhook(of)) if !of.events.contains(&WebhookKind::RuleCalled) => {
                Err(wrong("calls a webhook that does not list rule.called"))
            }
            _ => Ok(()),
        },
        RuleAction::Classify { source } => {
            match (around.body_of)(SettingKind::ContextSource, *source) {
                Some(SettingBody::ContextSource(of)) if of.labels.is_empty() => {
                    Err(wrong("asks a source that has no labels"))
                }
                _ => Ok(()),
            }
        }
        RuleAction::Priority { priority: Priority::Unknown } => {
            Err(wrong("must say normal, high or urgent"))
        }
        RuleAction::Tag { .. }
        | RuleAction::Untag { .. }
        | RuleAction::Route { .. }
        | RuleAction::Notify { .. }
        | RuleAction::MarkWaiting {}
        | RuleAction::Resolve {}
        | RuleAction::Priority { .. }
        | RuleAction::StopMarketing {} => Ok(()),
    }
}

fn check_on_call(by: AssignBy, on_call: &[OnCall]) -> Result<(), Wrong> {
    match (by == AssignBy::OnCall, on_call.is_empty()) {
        (true, true) => return Err(wrong("must say who is on call")),
        (false, false) => return Err(wrong("says who is on call, and somebody else is chosen")),
        (true, false) | (false, true) => {}
    }
    count("then", on_call.len(), ON_CALL_MAX)?;
    let each: BTreeSet<_> = on_call.iter().map(|one| (one.agent, one.hours)).collect();
    if each.len() < on_call.len() {
        return Err(wrong("has somebody on call twice in the same hours"));
    }
    Ok(())
}

/// The reason why a step is never done after an earlier one, or undoes it.
fn contradiction(one: &RuleAction, other: &RuleAction) -> Option<&'static str> {
    use RuleAction::{Assign, Classify, MarkWaiting, Remind, Resolve, Route, Snooze, Webhook};
    match (one, other) {
        (Remind { .. }, Remind { .. }) => Some("sets two reminders: the first one stays"),
        (Assign { .. }, Assign { .. }) => Some("asks for an agent twice"),
        (Webhook { webhook }, Webhook { webhook: again }) if webhook == again => {
            Some("calls a webhook twice: one event tells it all")
        }
        (Classify { source }, Classify { source: again }) if source == again => {
            Some("asks a source twice")
        }
        (Classify { .. }, Resolve {}) | (Resolve {}, Classify { .. }) => {
            Some("asks about what it resolves")
        }
        (Remind { follow_up: true, .. }, Resolve {}) => {
            Some("sets a follow-up, and resolves, which ends it")
        }
        (Resolve {} | Route { even_if_owned: true, .. }, Remind { .. }) => {
            Some("reminds an owner whom a step before takes it from")
        }
        (Assign { .. }, Route { .. }) => Some("asks for an agent before it chooses the team"),
        (Assign { .. }, Resolve {} | Snooze { .. } | MarkWaiting {})
        | (Resolve {} | Snooze { .. } | MarkWaiting {}, Assign { .. }) => {
            Some("asks for an agent for what it puts aside")
        }
        _ => None,
    }
}
