//! The memory of the program that has a conversation.

use baton_protocol::{
    Author, BotSaid, BotState, BotStep, Clocks, Event, Fact, LineKind, MessageStatus, Timestamp,
};

use super::predicates::{needs_review, provider_rank, says_something};

/// Messages of a bot of which it is remembered that they may still fail.
const SAID_KEPT: usize = 20;

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
