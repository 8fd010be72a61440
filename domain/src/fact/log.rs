//! An event as it stands in the log, with the scope that decides who sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_protocol::setting::Readers;
use baton_protocol::{
    AgentId, ConversationId, Epoch, Event, Fact, Head, Home, SettingKind, TeamId, WorkspaceId,
};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::fact::scope::{Audience, Scope, audiences};

/// The viewers of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Viewers of the conversation, before or after the event.
    Conversation {
        /// The scope before; `None` when the conversation began with it.
        before: Option<Scope>,
        /// The scope after.
        after: Scope,
    },
    /// The agent who is coached, and those who supervise the team.
    Coaching {
        /// The agent.
        agent: AgentId,
        /// The team that the conversation belongs to.
        team: TeamId,
    },
    /// One agent only.
    Agent(AgentId),
    /// Everyone in the workspace.
    Everyone,
    /// Those who read the setting, before or after the event.
    Setting {
        /// Its kind.
        kind: SettingKind,
        /// What it was for; `None` for a new one.
        before: Option<Home>,
        /// What it is for; `None` where it ended.
        after: Option<Home>,
    },
    /// Nobody: only a newer version knows who may hear of it.
    Nobody,
}

impl Route {
    /// The route of a fact. Read marks, passwords and devices concern one agent. Facts without a
    /// conversation concern everyone, and nobody where this version does not know them. In the log,
    /// `team_*` and `owner_*` keep the scopes (an owner that is NULL is the team's queue).
    pub fn of(fact: &Fact, before: Option<Scope>, after: Option<Scope>) -> Self {
        match (fact, after) {
            (Fact::Unknown(_), None) => Self::Nobody,
            (Fact::Coached { agent_id, .. }, Some(after)) => {
                Self::Coaching { agent: *agent_id, team: after.team }
            }
            (fact, _) if let Some(agent) = apart(fact) => Self::Agent(agent),
            (Fact::SettingChanged { kind, home_before, home, .. }, _) => {
                Self::of_setting(kind, *home_before, *home)
            }
            (_, Some(after)) => Self::Conversation { before, after },
            (_, None) => Self::Everyone,
        }
    }

    /// The route of a change of a setting. Who reads kinds and homes that this version does not
    /// know, only a newer one can say.
    fn of_setting(kind: &str, before: Option<Home>, after: Option<Home>) -> Self {
        match SettingKind::from_name(kind) {
            Some(kind) if ![before, after].contains(&Some(Home::Unknown)) => {
                Self::Setting { kind, before, after }
            }
            _ => Self::Nobody,
        }
    }

    /// The audiences whose feed lists the event.
    pub fn audiences(&self) -> Vec<Audience> {
        match self {
            Self::Conversation { before, after } => audiences(*before, *after),
            // Members of the team who do not supervise hear nothing: `Sight` decides.
            Self::Coaching { agent, team } => {
                vec![Audience::Team(*team), Audience::Agent(*agent)]
            }
            Self::Agent(agent) => vec![Audience::Agent(*agent)],
            Self::Everyone => vec![Audience::Everyone],
            Self::Setting { kind, before, after } => {
                let homes: BTreeSet<Home> = [*before, *after].into_iter().flatten().collect();
                let all: BTreeSet<Audience> =
                    homes.into_iter().map(|home| of_home(*kind, home)).collect();
                all.into_iter().collect()
            }
            Self::Nobody => Vec::new(),
        }
    }
}

/// The agent whom a fact concerns, where it concerns nobody else who sees its conversation. Such a
/// fact makes no revision of the conversation: its other viewers would miss that one.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts concern all viewers")]
pub fn apart(fact: &Fact) -> Option<AgentId> {
    match fact {
        Fact::ReadMarked { agent_id, .. }
        | Fact::UnreadMarked { agent_id, .. }
        | Fact::PasswordSet { agent_id }
        | Fact::DeviceRevoked { agent_id, .. }
        | Fact::Coached { agent_id, .. } => Some(*agent_id),
        _ => None,
    }
}

/// The audience of settings of a kind at a home. Admins read the log itself.
fn of_home(kind: SettingKind, home: Home) -> Audience {
    match (kind.spec().reads, home) {
        (Readers::Admins, _) | (_, Home::Unknown) => Audience::Admins,
        (Readers::Everyone, Home::Workspace | Home::Channel { .. }) => Audience::Everyone,
        (Readers::Everyone, Home::Team { id }) => Audience::Team(id),
        (Readers::Everyone, Home::Agent { id }) => Audience::Agent(id),
    }
}

/// An event and its viewers.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The event, content included as far as it is not erased.
    pub event: Event,
    /// Whom it concerns.
    pub route: Route,
    /// The event as JSON, where it was read and says more than `event` can hold. What a newer
    /// version wrote is passed on as it came.
    pub json: Option<Arc<str>>,
}

impl Logged {
    /// An event of this version.
    pub fn new(event: Event, route: Route) -> Self {
        Self { event, route, json: None }
    }

    /// An event that was read from this JSON.
    pub fn read(event: Event, route: Route, json: &str) -> Self {
        let is_all = serde_json::to_string(&event).is_ok_and(|known| known == json);
        Self { event, route, json: (!is_all).then(|| json.into()) }
    }
}

/// What it says in words of this version.
impl PartialEq for Logged {
    fn eq(&self, other: &Self) -> bool {
        (&self.event, self.route) == (&other.event, other.route)
    }
}

impl Eq for Logged {}

impl Serialize for Logged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Logged", 2)?;
        match &self.json {
            None => fields.serialize_field("event", &self.event)?,
            Some(json) => {
                let json = RawValue::from_string((**json).to_owned());
                fields.serialize_field("event", &json.map_err(serde::ser::Error::custom)?)?;
            }
        }
        fields.serialize_field("route", &self.route)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Logged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Found {
            event: Box<RawValue>,
            route: Route,
        }
        let Found { event: json, route } = Found::deserialize(deserializer)?;
        let event = serde_json::from_str(json.get()).map_err(serde::de::Error::custom)?;
        Ok(Self::read(event, route, json.get()))
    }
}

/// The events of one commit: every position of (after, after + entries].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The log's identity.
    pub epoch: Epoch,
    /// The position before the first entry.
    pub after: u64,
    /// The entries, dense.
    pub entries: Vec<Logged>,
    /// The heads, after the last entry, of the conversations they touch.
    pub heads: BTreeMap<ConversationId, Head>,
}

impl Batch {
    /// The position of the last entry.
    pub fn upto(&self) -> u64 {
        self.after.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }
}
