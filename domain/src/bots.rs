//! Bots: agents that are programs. Their messages answer no customer. No conversation stays with
//! one that is silent or gone: the way to a person is not the bot's to open.

use baton_protocol::setting::Bot;
use baton_protocol::{
    AgentId, Author, BotState, BotStep, Clocks, Conversation, Event, Fact, Owner, OwnerCause,
    Status, Timestamp,
};

use crate::decide::Draft;
use crate::decide::owner::changed;
use crate::find::{Phrase, Spoken};
use crate::rules::{Policies, said};

/// A bot that counts.
#[derive(Clone, Debug)]
pub struct KnownBot {
    /// Its body.
    pub bot: Bot,
    words: Vec<Phrase>,
}

impl KnownBot {
    /// A bot as it is set up.
    pub fn new(bot: Bot) -> Self {
        let words = bot.words.iter().map(|word| Phrase::new(word)).collect();
        Self { bot, words }
    }
}

/// The time at which a conversation leaves its bot by itself, and why.
pub fn due(conversation: &Conversation, policies: &Policies) -> Option<(Timestamp, BotStep)> {
    let state = conversation.thread.clocks.bot?;
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
            let state = conversation.thread.clocks.bot?;
            let spoken = said(event).map(|text| Spoken::new(&text));
            let has = |word: &Phrase| spoken.as_ref().is_some_and(|of| of.has(word, false));
            if known.words.iter().any(has) {
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
    let for_people = step != BotStep::Began;
    let told = Fact::BotChanged { agent_id, step, due_at, for_people }.into();
    if step == BotStep::Began {
        return vec![told];
    }
    let team = policies.bot(agent_id).map_or(head.team_id, |known| known.bot.back_to);
    let given = changed(head, Owner::Queue(team), team, OwnerCause::BotHanded, false);
    vec![told, given.into()]
}

/// Folds an event into what is remembered of a bot.
pub(crate) fn fold(clocks: &mut Clocks, event: &Event, is_waiting: bool) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else concerns a bot")]
    match &event.fact {
        Fact::BotChanged { agent_id, step: BotStep::Began, .. } => {
            clocks.bot = Some(BotState {
                agent_id: *agent_id,
                since: event.at,
                received: 0,
                waits_since: is_waiting.then_some(event.at),
            });
        }
        Fact::BotChanged { for_people, .. } => {
            clocks.bot = None;
            clocks.is_for_people |= for_people;
        }
        Fact::EpisodeOpened { .. } => clocks.is_for_people = false,
        Fact::OwnerChanged { owner, .. } => {
            clocks.bot.take_if(|bot| owner.agent() != Some(bot.agent_id));
        }
        Fact::LineReceived { turn: Some(_), .. } => {
            if let Some(bot) = &mut clocks.bot {
                bot.received = bot.received.saturating_add(1);
                bot.waits_since = bot.waits_since.or(Some(event.at));
            }
        }
        Fact::LineWritten { author: Author::Agent { id }, .. } => said_by(clocks, *id),
        _ => {}
    }
}

fn said_by(clocks: &mut Clocks, agent: AgentId) {
    if let Some(bot) = clocks.bot.as_mut().filter(|bot| bot.agent_id == agent) {
        bot.waits_since = None;
    }
}
