//! The pushes that the server sends: a customer wrote, something became an agent's, somebody is
//! asked; and that all of it is over.

use baton_domain::fact::log::{Logged, Route};
use baton_model::Server;
use baton_model::server::WORKSPACE;
use baton_model::team::{ANA, BEN};
use baton_protocol::{Actor, AgentId, ConversationId, Cursor, Fact, Owner, Status, Timestamp};
use uuid::Uuid;

use super::world::World;
use crate::push::payload::{Content, Input, Kind, Push, PushId};

/// The agents with phones.
const AGENTS: [AgentId; 2] = [ANA, BEN];

/// Pushes that are to be sent.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    made: u128,
    /// How far the log was looked at.
    upto: usize,
    waiting: Vec<(AgentId, Push)>,
}

impl World {
    /// What the log's new events make the server push, and to whom.
    pub(super) fn take_pushes(&mut self) -> Vec<(AgentId, Push)> {
        let new = self.server.log.get(self.pushes.upto..).unwrap_or_default();
        new.iter().for_each(|logged| self.pushes.tell(logged, &self.server));
        self.pushes.upto = self.server.log.len();
        std::mem::take(&mut self.pushes.waiting)
    }
}

impl Pushes {
    /// Nothing of what happened so far is pushed any more.
    pub(super) fn after(server: &Server) -> Self {
        Self { upto: server.log.len(), ..Self::default() }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of the others nobody is told")]
    fn tell(&mut self, Logged { event, route, .. }: &Logged, server: &Server) {
        let (Some(of), at) = (event.conversation_id, event.at) else { return };
        let cursor = Cursor { epoch: server.epoch, position: event.position };
        if let Fact::ReadMarked { agent_id, .. } = event.fact {
            return self.push((agent_id, Kind::Retract), of, (cursor, at));
        }
        let Route::Conversation { before, after } = *route else { return };
        let serves = |agent: &AgentId| {
            let sight = server.sight(*agent);
            sight.is_some_and(|sight| sight.viewer.teams.contains_key(&after.team))
        };
        match &event.fact {
            Fact::LineReceived { .. } => match after.owner {
                Owner::Agent(agent) => self.push((agent, Kind::Message), of, (cursor, at)),
                Owner::Queue(_) => {
                    for agent in AGENTS.into_iter().filter(serves) {
                        self.push((agent, Kind::Queue), of, (cursor, at));
                    }
                }
            },
            Fact::NoteAdded { author, .. } => {
                for agent in AGENTS.into_iter().filter(|agent| agent != author) {
                    self.push((agent, Kind::Mention), of, (cursor, at));
                }
            }
            Fact::OwnerChanged { owner, .. } => {
                let is_other = before.is_some_and(|before| before.owner != *owner);
                for agent in AGENTS.into_iter().filter(|_| is_other) {
                    let is_theirs = *owner == Owner::Agent(agent);
                    let is_by_them = event.actor == Actor::Agent { id: agent };
                    if is_theirs && !is_by_them {
                        self.push((agent, Kind::Assigned), of, (cursor, at));
                    } else if !is_theirs {
                        self.push((agent, Kind::Retract), of, (cursor, at));
                    }
                }
            }
            Fact::StatusChanged { status: Status::Resolved, .. } => {
                for agent in AGENTS {
                    self.push((agent, Kind::Retract), of, (cursor, at));
                }
            }
            _ => {}
        }
    }

    fn push(
        &mut self,
        (agent, kind): (AgentId, Kind),
        conversation: ConversationId,
        (cursor, at): (Cursor, Timestamp),
    ) {
        self.made += 1;
        let epoch = cursor.epoch.0.as_u128() << 64;
        // Some are over soon.
        let life_ms = if self.made.is_multiple_of(5) { 60_000 } else { 3_600_000 };
        let push = Push {
            version: 1,
            kind,
            id: PushId(Uuid::from_u128((0xF << 120) + epoch - self.made)),
            workspace: WORKSPACE,
            agent: Some(agent),
            conversation: Some(conversation),
            offer: None,
            retracts: None,
            expires_at: at.plus_ms(life_ms),
            cursor,
            badge: None,
            is_quiet: false,
            content: Content::Wake,
        };
        self.waiting.push((agent, push));
    }
}

/// As the server writes it.
pub(super) fn fcm(push: &Push) -> Input {
    let seconds = push.expires_at.ms() / 1000;
    let all = [
        ("v", Some(push.version.to_string())),
        ("k", Some(push.kind.name().to_owned())),
        ("id", Some(push.id.to_string())),
        ("w", Some(push.workspace.to_string())),
        ("x", Some(seconds.to_string())),
        ("s", Some(push.cursor.to_string())),
        ("a", push.agent.map(|id| id.to_string())),
        ("c", push.conversation.map(|id| id.to_string())),
    ];
    Input::Fcm(all.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect())
}
