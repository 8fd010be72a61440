//! Bots: agents that are programs. Their messages answer no customer. No conversation stays with
//! one that is silent or gone: the way to a person is not the bot's to open.

use baton_protocol::{BotStep, Conversation, Event, Fact, Owner, OwnerCause, Status, Timestamp};

use crate::auto::known::KnownBot;
use crate::auto::rules::{Policies, said};
use crate::fact::draft::Draft;
use crate::fact::draft::changed;

use crate::text::find::Spoken;

/// The time at which a conversation leaves its bot by itself, and why; or the time at which its
/// owner became a bot.
pub fn due(conversation: &Conversation, policies: &Policies) -> Option<(Timestamp, BotStep)> {
    let Some(state) = conversation.thread.clocks.bot.as_ref() else {
        // Its agent owned it before they were a bot.
        let known = policies.bot(conversation.head.owner.agent()?)?;
        return Some((known.since, BotStep::Began));
    };
    let Some(KnownBot { bot, .. }) = policies.bot(state.agent_id) else {
        return Some((state.since, BotStep::Gone));
    };
    let is_open = conversation.head.status == Status::Open;
    let silent = state.waits_since.filter(|_| is_open);
    let silent = silent.map(|since| since.plus_ms(i64::from(bot.silent_s) * 1_000));
    let time = is_open.then(|| state.since.plus_ms(i64::from(bot.minutes_max) * 60_000));
    let all = [(silent, BotStep::Silent), (time, BotStep::Time)];
    all.into_iter().filter_map(|(at, step)| Some((at?, step))).min()
}

/// The step that follows an event, if one does: a bot became the owner, or the customer wrote
/// something by which it is over.
pub fn step(conversation: &Conversation, policies: &Policies, event: &Event) -> Option<BotStep> {
    let owner = conversation.head.owner.agent()?;
    let known = policies.bot(owner)?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else concerns a bot")]
    match &event.fact {
        Fact::OwnerChanged { .. } => {
            conversation.thread.clocks.bot.is_none().then_some(BotStep::Began)
        }
        Fact::LineReceived { turn: Some(_), .. } => {
            let state = conversation.thread.clocks.bot.as_ref()?;
            let spoken = said(event).map(|text| Spoken::new(&text));
            if spoken.is_some_and(|spoken| !known.words.found(&spoken).is_empty()) {
                return Some(BotStep::Asked);
            }
            (state.received >= known.bot.turns_max).then_some(BotStep::Turns)
        }
        _ => None,
    }
}

/// The facts of a step: the conversation goes to a team's queue, unless the bot has just begun.
pub fn drafts(
    conversation: &Conversation,
    policies: &Policies,
    step: BotStep,
    due_at: Option<Timestamp>,
) -> Vec<Draft> {
    let head = &conversation.head;
    let Some(agent_id) = head.owner.agent() else { return Vec::new() };
    if step == BotStep::Began {
        return vec![Fact::BotChanged { agent_id, step, due_at: None, for_people: false }.into()];
    }
    let told = Fact::BotChanged { agent_id, step, due_at, for_people: true }.into();
    let team = policies.bot(agent_id).map_or(head.team_id, |known| known.bot.back_to);
    let given = changed(head, Owner::Queue(team), team, OwnerCause::BotHanded, false);
    vec![told, given.into()]
}
