//! The table of connections and of what they look at, pure: time is an input.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_protocol::frame::PresenceState;
use baton_protocol::{AgentId, ConversationId, WorkspaceId};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Connection, Ephemeral, PRESENCE_GRACE, PRESENCE_TTL, SUBSCRIBER_QUEUE};

/// What to tell a workspace.
pub(super) type News = (WorkspaceId, Ephemeral);

/// So many news are told at once. The news that a crowd has gone must not fill the queues of the
/// hubs, which hold batches of the log as well.
const TOLD_AT_ONCE: usize = SUBSCRIBER_QUEUE / 4;

/// Who is there and who looks at what.
#[derive(Default, Debug)]
pub(super) struct Presence {
    connections: BTreeMap<Uuid, Entry>,
    agents: BTreeMap<Key<AgentId>, Agent>,
    viewers: BTreeMap<Key<ConversationId>, BTreeMap<Uuid, AgentId>>,
}

#[derive(Debug)]
struct Entry {
    connection: Connection,
    until: Instant,
    viewing: Option<ConversationId>,
}

#[derive(Default, Debug)]
struct Agent {
    connections: usize,
    gone_at: Option<Instant>,
}

impl Presence {
    /// Adds a connection or confirms it.
    pub(super) fn connected(&mut self, connection: Connection, now: Instant) -> Option<News> {
        let until = now + PRESENCE_TTL;
        if let Some(entry) = self.connections.get_mut(&connection.id) {
            entry.until = until;
            return None;
        }
        self.connections.insert(connection.id, Entry { connection, until, viewing: None });
        let key = (connection.workspace, connection.agent);
        let is_new = !self.agents.contains_key(&key);
        let agent = self.agents.entry(key).or_default();
        agent.connections += 1;
        agent.gone_at = None;
        is_new.then(|| news(key, true))
    }

    /// Removes a connection; the agent stays for the grace.
    pub(super) fn disconnected(&mut self, id: Uuid, now: Instant) -> Option<News> {
        let viewing = self.look(id, None).pop();
        let entry = self.connections.remove(&id)?;
        let key = (entry.connection.workspace, entry.connection.agent);
        if let Some(agent) = self.agents.get_mut(&key) {
            agent.connections = agent.connections.saturating_sub(1);
            if agent.connections == 0 {
                agent.gone_at = Some(now + PRESENCE_GRACE);
            }
        }
        viewing
    }

    /// Says what a connection looks at; the news is of the place left and of the one entered.
    pub(super) fn look(&mut self, id: Uuid, what: Option<ConversationId>) -> Vec<News> {
        let Some(entry) = self.connections.get_mut(&id) else { return Vec::new() };
        if entry.viewing == what {
            return Vec::new();
        }
        let old = std::mem::replace(&mut entry.viewing, what);
        let Connection { workspace, agent, .. } = entry.connection;
        let mut news = Vec::new();
        for place in [old, what].into_iter().flatten() {
            let before = self.viewers(workspace, place);
            let all = self.viewers.entry((workspace, place)).or_default();
            if what == Some(place) {
                all.insert(id, agent);
            } else {
                all.remove(&id);
            }
            if all.is_empty() {
                self.viewers.remove(&(workspace, place));
            }
            let agents = self.viewers(workspace, place);
            if agents != before {
                news.push((workspace, Ephemeral::Viewing { conversation: place, agents }));
            }
        }
        news
    }

    /// Removes connections that nobody confirmed, and agents whose grace is over: of a crowd only
    /// some, and the rest at the next looks.
    pub(super) fn lapse(&mut self, now: Instant) -> Vec<News> {
        let silent: Vec<Uuid> = self
            .connections
            .iter()
            .filter(|(_, entry)| entry.until <= now)
            .map(|(id, _)| *id)
            .collect();
        let mut all: Vec<News> =
            silent.into_iter().filter_map(|id| self.disconnected(id, now)).collect();
        self.agents.retain(|key, agent| {
            let lives = agent.gone_at.is_none_or(|at| at > now) || all.len() >= TOLD_AT_ONCE;
            if !lives {
                all.push(news(*key, false));
            }
            lives
        });
        all
    }

    /// Who is online.
    pub(super) fn online(&self, workspace: WorkspaceId) -> Vec<AgentId> {
        let from = (workspace, AgentId(Uuid::nil()));
        self.agents
            .range(from..)
            .take_while(|((other, _), _)| *other == workspace)
            .map(|((_, agent), _)| *agent)
            .collect()
    }

    /// Who looks at a conversation, each once.
    pub(super) fn viewers(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Vec<AgentId> {
        let agents: BTreeSet<AgentId> = self
            .viewers
            .get(&(workspace, conversation))
            .map(|all| all.values().copied().collect())
            .unwrap_or_default();
        agents.into_iter().collect()
    }

    /// All connections.
    pub(super) fn live(&self) -> Vec<Connection> {
        self.connections.values().map(|entry| entry.connection).collect()
    }

    /// What a connection looks at.
    pub(super) fn viewing(&self, id: Uuid) -> Option<ConversationId> {
        self.connections.get(&id)?.viewing
    }

    /// How many connections, agents and views are kept in memory.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.connections.len() + self.agents.len() + self.viewers.len()
    }
}

fn news((workspace, agent_id): Key<AgentId>, online: bool) -> News {
    (workspace, Ephemeral::Presence(PresenceState { agent_id, online }))
}
