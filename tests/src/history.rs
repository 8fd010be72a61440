//! Everything that happened in a run with faults, and whether the promises held. Pure: the run is
//! written down first, by its player, and judged afterwards. Each rule carries the name it
//! has among the invariants (S1 nothing acknowledged is lost, S2 nothing doubled, and so on).

mod attempts;
mod clients;
mod lines;
mod owners;
mod sends;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::predicates::is_retryable;
use baton_protocol::outcome::Outcome;
use baton_protocol::{AgentId, Command, ConversationId, Event, Line, MessageId, Note, Timestamp};

pub use clients::{Client, Heard};

/// A run, as those saw it who took part, and what the server says of it at its end.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Messages of customers, by the id WhatsApp gave them. Every text is written once.
    pub written: BTreeMap<String, Written>,
    /// Ids of which the webhook was answered 200.
    pub acknowledged: BTreeSet<String>,
    /// Commands of agents, in the order of each agent.
    pub commands: Vec<Given>,
    /// Messages that reached customers, in that order.
    pub reached: Vec<Delivered>,
    /// All conversations at the end.
    pub threads: BTreeMap<ConversationId, Conversed>,
    /// The log from before the first command on, in order.
    pub events: Vec<Event>,
    /// Whether every status was delivered: whatever reached a customer is known by now.
    pub all_told: bool,
    /// Clients that see every conversation in full.
    pub clients: Vec<Client>,
    /// The largest number of conversations an agent may own, of agents with a limit.
    pub capacities: BTreeMap<AgentId, u32>,
    /// Where the tables say something else than the log, or than they must.
    pub stored: Vec<String>,
}

/// A customer's message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The customer's number.
    pub by: String,
    /// The text.
    pub text: String,
}

/// A command and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Its author.
    pub agent: AgentId,
    /// The command.
    pub command: Command,
    /// The final outcome its author was told, if one was.
    pub outcome: Option<Outcome>,
    /// The answer to the same command, given once more at the end.
    pub again: Option<Outcome>,
    /// Every time it was given.
    pub tries: Vec<Try>,
    /// Colleagues were composing for so long that its author set it aside.
    pub is_parked: bool,
}

/// A command given once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// The node it was sent to.
    pub node: usize,
    /// The time, by the clock of the machine.
    pub at: Timestamp,
    /// The author's answer, retryable ones included; `None`: nobody knows.
    pub outcome: Option<Outcome>,
}

/// A message on a customer's phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// The customer's number.
    pub to: String,
    /// The text.
    pub text: String,
    /// The message, by its tag.
    pub message: MessageId,
    /// The attempt, by its tag.
    pub attempt: u32,
}

/// A conversation at the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conversed {
    /// The customer's number.
    pub with: String,
    /// All lines, by seq.
    pub lines: Vec<Line>,
    /// All notes.
    pub notes: Vec<Note>,
}

/// Everything in which a run broke a promise; none of it may be.
pub fn judge(history: &History) -> Vec<String> {
    let mut wrong = lines::inbound(history);
    wrong.extend(lines::numbering(history));
    wrong.extend(lines::accepted(history));
    wrong.extend(lines::repeated(history));
    wrong.extend(sends::delivered(history));
    wrong.extend(sends::honest(history));
    wrong.extend(sends::retried(history));
    wrong.extend(sends::ordered(history));
    wrong.extend(sends::fenced(history));
    wrong.extend(sends::climbing(history));
    wrong.extend(attempts::claimed_once(history));
    wrong.extend(attempts::used_once(history));
    wrong.extend(owners::single(history));
    wrong.extend(owners::within_capacity(history));
    wrong.extend(clients::told(history));
    wrong.extend(clients::converged(history));
    wrong.extend(clients::answered_alike(history));
    wrong.extend(history.stored.iter().map(|fault| format!("P3: {fault}")));
    wrong
}

/// A final outcome in a few words: the same of all answers to one command.
fn final_of(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Accepted(accepted) => {
            Some(format!("{:?} {:?} {:?}", accepted.position, accepted.line, accepted.note_id))
        }
        Outcome::Refused(refused) if is_retryable(&refused.refusal) => None,
        Outcome::Refused(refused) => Some(refused.refusal.code().to_owned()),
    }
}

impl History {
    fn lines(&self) -> impl Iterator<Item = (&ConversationId, &Conversed, &Line)> {
        self.threads
            .iter()
            .flat_map(|(id, thread)| thread.lines.iter().map(move |line| (id, thread, line)))
    }
}
