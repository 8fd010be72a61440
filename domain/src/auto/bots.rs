//! Bots: agents that are programs. Their messages answer no customer. No conversation stays with
//! one that is silent or gone: the way to a person is not the bot's to open.

use baton_protocol::setting::Bot;
use baton_protocol::{
    Author, BotSaid, BotState, BotStep, Clocks, Conversation, Event, Fact, LineKind, MessageStatus,
    Owner, OwnerCause, Status, Timestamp,
};

use crate::decide::Draft;
use crate::decide::owner::changed;
use crate::text::find::{Phrase, Phrases, Sought, Spoken};
use crate::fact::predicates::{needs_review, provider_rank, says_something};
use crate::auto::rules::{Policies, said};

/// Messages of a bot of which it is remembered that they may still fail.
const SAID_KEPT: usize = 20;

/// A bot that counts.
#[derive(Clone, Debug)]
pub struct KnownBot {
    /// Its body.
    pub bot: Bot,
    /// The time from which it counts so.
    pub since: Timestamp,
    words: Phrases,
}

impl KnownBot {
    /// A bot as it is set up.
    pub fn new(bot: Bot, since: Timestamp) -> Self {
        let sought = |word: &String| Sought { phrase: Phrase::new(word), exactly: false, test: 0 };
        let words = Phrases::new(bot.words.iter().map(sought));
        Self { bot, since, words }
    }
}

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

/// Folds an event into what is remembered of a bot.
pub(crate) fn fold(clocks: &mut Clocks, event: &Event, is_waiting: bool) {
    let knows_answers = clocks.answers.is_some();
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else concerns a bot")]
    match &event.fact {
        Fact::BotChanged { agent_id, step: BotStep::Began, .. } => {
            let waits_since = is_waiting.then_some(event.at);
            clocks.bot = Some(BotState {
                agent_id: *agent_id,
                since: event.at,
                received: 0,
                waits_since,
                asked: waits_since.filter(|_| knows_answers),
                said: Vec::new(),
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
        // Earlier versions took what was taken back for something that was said.
        Fact::LineReceived { kind: LineKind::Revocation, .. } if knows_answers => {}
        Fact::LineReceived { turn: Some(_), .. } => {
            if let Some(bot) = &mut clocks.bot {
                bot.received = bot.received.saturating_add(1);
                bot.waits_since = bot.waits_since.or(Some(event.at));
                if knows_answers {
                    ask(bot, event.at);
                }
            }
        }
        Fact::LineWritten { line, author: Author::Agent { id }, kind, .. } => {
            let bot = clocks.bot.as_mut().filter(|bot| bot.agent_id == *id);
            let Some(bot) = bot else { return };
            if !knows_answers {
                bot.waits_since = None;
            } else if says_something(*kind) {
                bot.said.push(BotSaid { seq: line.seq, lost: false, asked: None });
                if bot.said.len() > SAID_KEPT {
                    bot.asked = bot.said.remove(0).asked;
                }
                bot.waits_since = waits(bot);
            }
        }
        Fact::MessageChanged { line, status, .. } => {
            if let Some(bot) = &mut clocks.bot {
                change(bot, line.seq, *status);
            }
        }
        _ => {}
    }
}

fn ask(bot: &mut BotState, at: Timestamp) {
    let asked = match bot.said.last_mut() {
        Some(said) => &mut said.asked,
        None => &mut bot.asked,
    };
    *asked = asked.or(Some(at));
}

/// A bot's message counts while it is on its way and once it was taken. A lost one was not said.
fn change(bot: &mut BotState, seq: u64, status: MessageStatus) {
    let Some(place) = bot.said.iter().position(|said| said.seq == seq) else { return };
    let Some(said) = bot.said.get_mut(place) else { return };
    said.lost = needs_review(status);
    // What arrived is said, whatever becomes of what came before it.
    if provider_rank(status) >= provider_rank(MessageStatus::Delivered) {
        bot.said.drain(..place);
        bot.asked = None;
    }
    bot.waits_since = waits(bot);
}

/// The begin of the customer's waiting: the first line after the last message that stands.
fn waits(bot: &BotState) -> Option<Timestamp> {
    let asks = |from: usize| bot.said.iter().skip(from).find_map(|said| said.asked);
    let last = bot.said.iter().rposition(|said| !said.lost);
    last.map_or_else(|| bot.asked.or_else(|| asks(0)), asks)
}
