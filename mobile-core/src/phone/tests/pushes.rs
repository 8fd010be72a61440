//! The pushes that the server sends: a customer wrote, something became an agent's, somebody is
//! asked; and that all of it is over.

use std::collections::BTreeMap;

use baton_domain::sight::Sight;
use baton_protocol::{
    Actor, AgentId, ConversationId, Cursor, Event, Fact, Head, Owner, Status, Timestamp,
    WorkspaceId,
};
use uuid::Uuid;

use super::server::AGENTS;
use crate::push::payload::{Content, Input, Kind, Push, PushId};

pub(super) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(9));

/// Pushes that are to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Pushes {
    made: u128,
    pub(super) waiting: Vec<(AgentId, Push)>,
}

impl Pushes {
    /// An event happened: between these two heads.
    #[expect(clippy::wildcard_enum_match_arm, reason = "of the others nobody is told")]
    pub(super) fn tell(
        &mut self,
        (event, cursor): (&Event, Cursor),
        (before, after): (Option<Head>, &Head),
        sights: &BTreeMap<AgentId, Sight>,
    ) {
        let (of, at) = (after.id, event.at);
        let serves = |agent: &AgentId| sights[agent].viewer.teams.contains_key(&after.team_id);
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
            Fact::ReadMarked { agent_id, .. } => {
                self.push((*agent_id, Kind::Retract), of, (cursor, at));
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
