//! The present acts of colleagues: typing, viewing, being online. Nothing of it is stored, and it
//! is unknown without a connection.

use baton_protocol::frame::ServerFrame;
use baton_protocol::{AgentId, ConversationId};

use super::Touched;
use crate::compose::Hold;
use crate::few::Few;

/// A text that a colleague composes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColleagueDraft {
    /// The agent.
    pub agent_id: AgentId,
    /// The text so far.
    pub text: String,
}

/// The present acts of colleagues. Every method returns what it touched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Around {
    is_online: bool,
    holds: Few<ConversationId, Hold>,
    viewers: Few<ConversationId, Vec<AgentId>>,
    drafts: Few<ConversationId, ColleagueDraft>,
    online: Few<AgentId, bool>,
}

impl Around {
    /// Nobody knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// There is a connection: what is not told of is not.
    pub fn connect(&mut self) -> Touched {
        *self = Self { is_online: true, ..Self::default() };
        Touched::everyone()
    }

    /// The connection is gone: nothing is known of colleagues. Returns what changed.
    pub fn disconnect(&mut self) -> Touched {
        *self = Self::default();
        Touched::everyone()
    }

    /// Sets the holder of the lease ([`crate::compose::Composer::hold`], whenever it says that it
    /// changed).
    pub fn set_hold(&mut self, of: ConversationId, hold: Hold) -> Touched {
        match hold {
            Hold::Nobody => drop(self.holds.remove(&of)),
            Hold::Mine | Hold::Theirs(_) | Hold::Unknown => drop(self.holds.insert(of, hold)),
        }
        Touched::around(of)
    }

    /// Takes in a frame about colleagues.
    pub fn handle_frame(&mut self, frame: &ServerFrame) -> Touched {
        if !self.is_online {
            return Touched::nothing();
        }
        match frame {
            ServerFrame::Presence { agents } => {
                self.online.extend(agents.iter().map(|agent| (agent.agent_id, agent.online)));
                Touched::everyone()
            }
            ServerFrame::Viewing { conversation_id, agents } => {
                match agents.is_empty() {
                    true => drop(self.viewers.remove(conversation_id)),
                    false => drop(self.viewers.insert(*conversation_id, agents.clone())),
                }
                Touched::around(*conversation_id)
            }
            ServerFrame::Draft { conversation_id, agent_id, text } => {
                let draft = ColleagueDraft { agent_id: *agent_id, text: text.clone() };
                match text.is_empty() {
                    true => drop(self.drafts.remove(conversation_id)),
                    false => drop(self.drafts.insert(*conversation_id, draft)),
                }
                Touched::around(*conversation_id)
            }
            ServerFrame::Left { conversation_id, .. } => {
                self.holds.remove(conversation_id);
                self.viewers.remove(conversation_id);
                self.drafts.remove(conversation_id);
                Touched::around(*conversation_id)
            }
            // Who composes is the composer's to say: it knows what overtook what.
            ServerFrame::Lease(_)
            | ServerFrame::Welcome { .. }
            | ServerFrame::Events { .. }
            | ServerFrame::Entered { .. }
            | ServerFrame::Reset { .. }
            | ServerFrame::CommandResult(_)
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => Touched::nothing(),
        }
    }

    /// The holder of the lease.
    pub fn hold(&self, of: ConversationId) -> Hold {
        let silent = if self.is_online { Hold::Nobody } else { Hold::Unknown };
        self.holds.get(&of).copied().unwrap_or(silent)
    }

    /// The colleagues who have it on the screen.
    pub fn viewers(&self, of: ConversationId) -> &[AgentId] {
        self.viewers.get(&of).map_or(&[], Vec::as_slice)
    }

    /// The draft that a colleague composes there.
    pub fn draft(&self, of: ConversationId) -> Option<&ColleagueDraft> {
        self.drafts.get(&of)
    }

    /// Whether an agent is there; `None` where that is not known.
    pub fn is_online(&self, agent: AgentId) -> Option<bool> {
        self.online.get(&agent).copied()
    }
}
