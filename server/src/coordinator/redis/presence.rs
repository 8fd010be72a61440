//! Presence in Redis: the script's questions and answers.

use std::collections::BTreeMap;
use std::time::Duration;

use ::redis::Value;
use baton_protocol::frame::PresenceState;
use baton_protocol::{AgentId, ConversationId, WorkspaceId};

use super::super::{Away, Connection, Ephemeral, PRESENCE_GRACE, PRESENCE_TTL};
use super::due::Kind;
use super::lives::is_yes;
use super::script::{Call, PRESENCE, list, parsed, text};
use super::{Shared, millis};

const KEEP: Duration = Duration::from_secs(3_600);
/// Connections in one call of the script, so that none keeps Redis from others for long.
const CONNECTIONS_AT_ONCE: usize = 200;

impl Shared {
    /// With what they look at, for a Redis that forgot it.
    pub(super) fn connected_calls(&self, connections: &[Connection]) -> Vec<(WorkspaceId, Call)> {
        let mut by_workspace: BTreeMap<WorkspaceId, Vec<&Connection>> = BTreeMap::new();
        for connection in connections {
            by_workspace.entry(connection.workspace).or_default().push(connection);
        }
        let mut calls = Vec::new();
        for (workspace, connections) in by_workspace {
            for some in connections.chunks(CONNECTIONS_AT_ONCE) {
                let mut what = vec!["connected".to_owned()];
                for connection in some {
                    let looks_at = self.local.viewing(connection.id);
                    what.extend([connection.id.to_string(), connection.agent.to_string()]);
                    what.push(looks_at.map(|at| at.to_string()).unwrap_or_default());
                }
                calls.push((workspace, self.presence_call(workspace, what)));
            }
        }
        calls
    }

    pub(super) async fn ask_presence(&self, calls: Vec<(WorkspaceId, Call)>) -> Result<(), Away> {
        let (workspaces, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        let answers = self.run(calls).await?;
        for (workspace, answer) in workspaces.into_iter().zip(&answers) {
            self.hear_presence(workspace, answer);
        }
        Ok(())
    }

    pub(super) fn disconnected_call(&self, connection: &Connection) -> (WorkspaceId, Call) {
        let what = ["disconnected".to_owned(), connection.id.to_string()];
        let what = what.into_iter().chain([connection.agent.to_string()]).collect();
        (connection.workspace, self.presence_call(connection.workspace, what))
    }

    pub(super) fn view_call(
        &self,
        connection: &Connection,
        what: Option<ConversationId>,
    ) -> (WorkspaceId, Call) {
        let what = vec![
            "view".to_owned(),
            connection.id.to_string(),
            connection.agent.to_string(),
            what.map(|conversation| conversation.to_string()).unwrap_or_default(),
        ];
        (connection.workspace, self.presence_call(connection.workspace, what))
    }

    /// Who is online, or who looks at a conversation.
    pub(super) async fn agents_there(
        &self,
        workspace: WorkspaceId,
        looking_at: Option<ConversationId>,
    ) -> Result<Vec<AgentId>, Away> {
        let what = match looking_at {
            None => vec!["online".to_owned()],
            Some(conversation) => vec!["viewers".to_owned(), conversation.to_string()],
        };
        let answers = self.run(vec![self.presence_call(workspace, what)]).await?;
        self.heard_agents(workspace, answers.first())
    }

    /// The agents with a connection; `None` while a node that lives did not say that all of its
    /// own are told.
    pub(super) async fn sockets_there(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<Vec<AgentId>>, Away> {
        let Some(live) = self.are_all_told() else { return Ok(None) };
        let online = self.presence_call(workspace, vec!["online".to_owned()]);
        let answers = self.run(vec![live, online]).await?;
        let agents = self.heard_agents(workspace, answers.get(1))?;
        Ok(answers.first().is_some_and(is_yes).then_some(agents))
    }

    fn heard_agents(
        &self,
        workspace: WorkspaceId,
        answer: Option<&Value>,
    ) -> Result<Vec<AgentId>, Away> {
        let answer = answer.ok_or(Away)?;
        self.hear_presence(workspace, answer);
        let all = list(answer).and_then(|parts| list(parts.get(2)?)).ok_or(Away)?;
        // Whatever is no agent was put there by somebody else.
        let mut agents: Vec<AgentId> = all.iter().filter_map(|one| parsed(Some(one))).collect();
        agents.sort_unstable();
        agents.dedup();
        Ok(agents)
    }

    pub(super) fn lapse_presence(&self, workspace: WorkspaceId) -> Call {
        self.presence_call(workspace, vec!["lapse".to_owned()])
    }

    fn presence_call(&self, workspace: WorkspaceId, what: Vec<String>) -> Call {
        let mut arguments = vec![
            self.skew_ms().to_string(),
            millis(PRESENCE_TTL),
            millis(PRESENCE_GRACE),
            millis(KEEP),
        ];
        arguments.extend(what);
        Call { code: &PRESENCE, keys: self.names.presence(workspace), arguments }
    }

    /// Announces what changed, and plans the next look.
    pub(super) fn hear_presence(&self, workspace: WorkspaceId, answer: &Value) {
        let Some([wait, news, ..]) = list(answer) else { return };
        for one in list(news).into_iter().flatten().filter_map(heard) {
            self.announce(workspace, one);
        }
        if let Some(wait) = parsed(Some(wait)) {
            let wait = Duration::from_millis(wait).min(PRESENCE_TTL);
            self.due.within((Kind::Presence, workspace), wait);
        }
    }
}

fn heard(news: &Value) -> Option<Ephemeral> {
    let parts = list(news)?;
    let what = text(parts.first()?)?;
    if what == "view" {
        let conversation = parsed(parts.get(1))?;
        let agents = list(parts.get(2)?)?.iter().filter_map(|one| parsed(Some(one))).collect();
        return Some(Ephemeral::Viewing { conversation, agents });
    }
    let agent_id = parsed(parts.get(1))?;
    match what {
        "online" => Some(Ephemeral::Presence(PresenceState { agent_id, online: true })),
        "offline" => Some(Ephemeral::Presence(PresenceState { agent_id, online: false })),
        _ => None,
    }
}
