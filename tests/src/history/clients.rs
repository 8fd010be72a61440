//! Rules about what clients were told, whichever node told them.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::frame::ServerFrame;
use baton_protocol::{AgentId, ConversationId, Cursor, Event, Fact};

use super::History;

/// How long a client may take to catch up after the last fault.
const CONVERGE_MS: u64 = 5_000;

/// A client whose agent sees every conversation in full.
#[derive(Clone, Debug)]
pub struct Client {
    /// The agent who uses it.
    pub agent: AgentId,
    /// What came over its sockets.
    pub heard: Heard,
    /// In what it differs from the server when all is quiet.
    pub differs: Vec<String>,
    /// How long after the last fault it had caught up; `None`: not while it was watched.
    pub caught_up_ms: Option<u64>,
}

/// What came over the sockets of a client, folded as it came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Every position it was told of.
    positions: Positions,
    /// It holds a snapshot of this position, or began here.
    from: Option<u64>,
    /// Snapshots of single conversations, with the position they are of.
    entered: BTreeMap<ConversationId, u64>,
    /// How often it was told to begin anew.
    pub resets: u64,
    /// Frames after a hole; the client then resumed.
    pub gaps: u64,
    /// Frames that are no stretch of the log.
    wrong: Vec<String>,
}

/// A set of positions: one bit each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Positions(Vec<u64>);

impl Positions {
    fn add(&mut self, position: u64) {
        let place = usize::try_from(position / 64).unwrap_or(usize::MAX);
        if place >= self.0.len() {
            self.0.resize(place + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(place) {
            *bits |= 1 << (position % 64);
        }
    }

    fn has(&self, position: u64) -> bool {
        let place = usize::try_from(position / 64).unwrap_or(usize::MAX);
        self.0.get(place).is_some_and(|bits| bits & (1 << (position % 64)) != 0)
    }
}

impl Heard {
    /// A frame, and the cursor before it was applied.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other frames tell no events")]
    pub fn hear(&mut self, cursor: Option<Cursor>, frame: &ServerFrame) {
        match frame {
            ServerFrame::Events { after, upto, events } => {
                if cursor.is_none_or(|cursor| *after > cursor.position) {
                    self.gaps += 1;
                    return;
                }
                let mut last = *after;
                for event in events {
                    if event.position <= last || event.position > *upto {
                        self.wrong.push(format!("{} in ({after}, {upto}]", event.position));
                    }
                    last = event.position;
                    self.positions.add(event.position);
                }
                if upto < after {
                    self.wrong.push(format!("({after}, {upto}] is no stretch"));
                }
            }
            ServerFrame::Reset { upto, .. } => {
                self.resets += 1;
                self.from = Some(*upto);
            }
            ServerFrame::Entered { position, snapshot } => {
                self.entered.insert(snapshot.head().id, *position);
            }
            _ => {}
        }
    }
}

/// S14: what a client was told since it began is what is in its scope, without a hole; S18: and
/// nothing that is not.
pub(super) fn told(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for client in &history.clients {
        let (agent, heard) = (client.agent, &client.heard);
        wrong.extend(heard.wrong.iter().map(|wrong| format!("S14: {agent} was told {wrong}")));
        let from = heard.from.unwrap_or(0);
        let missing = history.events.iter().find(|event| {
            event.position > from
                && event.conversation_id.is_some_and(|id| {
                    heard.entered.get(&id).is_none_or(|entered| event.position > *entered)
                })
                && concerns(event).is_none_or(|of| of == agent)
                && !heard.positions.has(event.position)
        });
        if let Some(event) = missing {
            wrong.push(format!("S14: {agent} was never told of position {}", event.position));
        }
        let foreign = history.events.iter().find(|event| {
            concerns(event).is_some_and(|of| of != agent) && heard.positions.has(event.position)
        });
        if let Some(event) = foreign {
            wrong.push(format!("S18: {agent} was told of position {}", event.position));
        }
    }
    wrong
}

/// The agent that a fact is for alone.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other facts are for everybody here")]
fn concerns(event: &Event) -> Option<AgentId> {
    match event.fact {
        Fact::ReadMarked { agent_id, .. }
        | Fact::UnreadMarked { agent_id, .. }
        | Fact::PasswordSet { agent_id }
        | Fact::DeviceRevoked { agent_id, .. } => Some(agent_id),
        _ => None,
    }
}

/// P4: who was away, or on another node, holds what the server holds; L4: soon.
pub(super) fn converged(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for client in &history.clients {
        let agent = client.agent;
        wrong.extend(client.differs.iter().take(3).map(|how| format!("P4: {agent}: {how}")));
        match client.caught_up_ms {
            Some(ms) if ms <= CONVERGE_MS => {}
            Some(ms) => wrong.push(format!("L4: {agent} took {ms} ms to catch up")),
            None => wrong.push(format!("L4: {agent} never caught up")),
        }
    }
    wrong
}

/// S16: whichever node answers, and however often, the final answer to a command is one.
pub(super) fn answered_alike(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for given in &history.commands {
        let finals = given.tries.iter().filter_map(|one| one.outcome.as_ref());
        let kinds: BTreeSet<String> = finals.filter_map(super::final_of).collect();
        if kinds.len() > 1 {
            wrong.push(format!("S16: {} was answered {kinds:?}", given.command.op_id));
        }
    }
    wrong
}
