//! Agents, teams and channels, and the core's diagnostics.

use baton_mobile::runtime;
use baton_protocol::account;

use super::Standing;

/// The signed-in agent.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SignedIn {
    /// The id of the workspace.
    pub workspace: String,
    /// The id of the agent.
    pub agent: String,
    /// The id of the device.
    pub device: String,
}

impl From<runtime::SignedIn> for SignedIn {
    fn from(who: runtime::SignedIn) -> Self {
        let runtime::SignedIn { workspace, agent, device } = who;
        Self {
            workspace: workspace.to_string(),
            agent: agent.to_string(),
            device: device.to_string(),
        }
    }
}

/// Whether an agent accepts conversations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Availability {
    /// The agent accepts conversations.
    Available,
    /// The agent is present and accepts no more conversations.
    Busy,
    /// The agent is absent.
    Away,
}

impl From<account::Availability> for Availability {
    fn from(availability: account::Availability) -> Self {
        match availability {
            account::Availability::Available => Self::Available,
            account::Availability::Busy => Self::Busy,
            account::Availability::Away => Self::Away,
        }
    }
}

impl From<Availability> for account::Availability {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::Available => Self::Available,
            Availability::Busy => Self::Busy,
            Availability::Away => Self::Away,
        }
    }
}

/// An agent of the workspace.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Colleague {
    /// The id of the agent.
    pub id: String,
    /// The agent's name.
    pub name: String,
    /// The availability that the agent has set.
    pub availability: Availability,
    /// How many open conversations the agent owns.
    pub load: u32,
    /// How many conversations the agent may own; nothing means unlimited.
    pub capacity: Option<u32>,
    /// Whether the agent is active in the workspace.
    pub is_active: bool,
    /// Whether the agent is connected; false where that is unknown.
    pub is_online: bool,
}

/// A team, or a WhatsApp number.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// The agents, teams and channels of the workspace.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct People {
    /// The agents.
    pub agents: Vec<Colleague>,
    /// The teams.
    pub teams: Vec<Named>,
    /// The WhatsApp numbers.
    pub channels: Vec<Named>,
}

impl From<runtime::People> for People {
    fn from(known: runtime::People) -> Self {
        let runtime::People { agents, teams, channels, online } = known;
        let colleague = |agent: account::Agent| Colleague {
            id: agent.id.to_string(),
            availability: agent.availability.into(),
            load: agent.load,
            capacity: agent.capacity,
            is_active: agent.state == account::AgentState::Active,
            is_online: online.contains(&agent.id),
            name: agent.name,
        };
        let team = |team: account::Team| Named { id: team.id.to_string(), name: team.name };
        let channel =
            |channel: account::Channel| Named { id: channel.id.to_string(), name: channel.name };
        Self {
            agents: agents.into_iter().map(colleague).collect(),
            teams: teams.into_iter().map(team).collect(),
            channels: channels.into_iter().map(channel).collect(),
        }
    }
}

/// The core's condition, for support. Holds no text of customers or agents.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Diagnostics {
    /// The state of the core.
    pub standing: Standing,
    /// The position in the log that the store has reached.
    pub position: Option<u64>,
    /// Acts in the outbox.
    pub acts: u32,
    /// Acts that wait for the agent's decision.
    pub needs_review: u32,
    /// The store's last error.
    pub last_error: Option<String>,
    /// What was saved and lost when the store was last damaged.
    pub damage: Option<String>,
    /// Calls in which a listener threw.
    pub thrown: u64,
    /// Events dropped because a listener was slow.
    pub given_up: u64,
    /// Panics that were caught; after each the core began again from the store.
    pub panics: u64,
    /// Log records dropped before a sink received them.
    pub logs_dropped: u64,
    /// The reason for the next timeout.
    pub waits_for: Option<String>,
    /// Whether the server tells things that this version of the library passes over: an update of
    /// the app would show them.
    pub server_is_newer: bool,
    /// The milliseconds that the device's clock is behind the server's: less than 0 where it is
    /// ahead, and 0 until the server was heard. Times of lists are the server's.
    #[uniffi(default = 0)]
    pub clock_behind_ms: i64,
}

impl From<runtime::Diagnostics> for Diagnostics {
    fn from(found: runtime::Diagnostics) -> Self {
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            standing: found.state.into(),
            position: found.position,
            acts: count(found.acts),
            needs_review: count(found.needs_review),
            last_error: found.last_error.map(|error| error.to_string()),
            damage: found.damage.map(|damage| format!("{damage:?}")),
            thrown: found.listeners.thrown,
            given_up: found.listeners.dropped,
            panics: found.panics,
            logs_dropped: found.logs_dropped,
            waits_for: found.waits_for.map(|reason| format!("{reason:?}")),
            server_is_newer: found.server_is_newer,
            clock_behind_ms: found.clock_behind_ms,
        }
    }
}
