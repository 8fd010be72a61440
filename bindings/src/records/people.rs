//! Who there is, and how the core is.

use baton_mobile::runtime::{self, KnownPeople};
use baton_protocol::account;

use super::Standing;

/// Who is signed in.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SignedIn {
    /// Where.
    pub workspace: String,
    /// Who.
    pub agent: String,
    /// On what.
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

/// Whether an agent takes conversations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Availability {
    /// Takes conversations.
    Available,
    /// Here, but takes no more.
    Busy,
    /// Not here.
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

/// A colleague.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Colleague {
    /// Who.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they say about themselves.
    pub availability: Availability,
    /// How many conversations they own that count.
    pub load: u32,
    /// How many they may own; none is unlimited.
    pub capacity: Option<u32>,
    /// Whether they work here.
    pub is_active: bool,
    /// Whether they have a connection, where that is known.
    pub is_online: bool,
}

/// A team, or a WhatsApp number.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Named {
    /// Which.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Who there is.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct People {
    /// Colleagues.
    pub agents: Vec<Colleague>,
    /// Teams.
    pub teams: Vec<Named>,
    /// Numbers.
    pub channels: Vec<Named>,
}

impl From<KnownPeople> for People {
    fn from(known: KnownPeople) -> Self {
        let KnownPeople { agents, teams, channels, online } = known;
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

/// How the core is, without anything that somebody wrote.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Diagnostics {
    /// Where the connection stands.
    pub standing: Standing,
    /// How far the log is applied.
    pub position: Option<u64>,
    /// Acts in the outbox.
    pub acts: u32,
    /// Acts that need review.
    pub needs_review: u32,
    /// What the store could not do last.
    pub last_error: Option<String>,
    /// The store was damaged, and what was saved of it.
    pub damage: Option<String>,
    /// Listeners that threw.
    pub thrown: u64,
    /// Tellings that were given up because a listener was slow.
    pub given_up: u64,
    /// Mistakes of the core that were caught: it began anew from what is stored.
    pub panics: u64,
    /// Records of the log that made room before a sink was given them.
    pub logs_dropped: u64,
    /// What the next moment that matters is for.
    pub waits_for: Option<String>,
}

impl From<runtime::Diagnostics> for Diagnostics {
    fn from(found: runtime::Diagnostics) -> Self {
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            standing: found.standing.into(),
            position: found.position,
            acts: count(found.outbox.0),
            needs_review: count(found.outbox.1),
            last_error: found.last_error.map(|error| error.to_string()),
            damage: found.damage.map(|damage| format!("{damage:?}")),
            thrown: found.told.thrown,
            given_up: found.told.given_up,
            panics: found.panics,
            logs_dropped: found.logs_dropped,
            waits_for: found.waits_for,
        }
    }
}
