//! Workspaces' people: agents, teams, roles, devices, sessions.
//!
//! A client reads a role, state or policy that it does not know as the one that allows least.

use serde::{Deserialize, Serialize};

use crate::connection::ChannelHealth;
use crate::{
    AgentId, ChannelId, ChannelPolicy, DeviceId, Epoch, TeamId, Timestamp, WorkspaceId, unknown,
};

/// What an agent may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers; sees own teams.
    #[default]
    Agent,
    /// Assigns and transfers in the teams they supervise.
    Supervisor,
    /// Sees and sets everything of the workspace.
    Admin,
}

names!(Role {
    Agent = "agent",
    Supervisor = "supervisor",
    Admin = "admin",
});

/// Whether an agent works here.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// They sign in and own conversations.
    Active,
    /// Sessions ended, nothing new is assigned, owned conversations are being re-homed.
    Leaving,
    /// They cannot sign in and own nothing.
    #[default]
    Inactive,
}

/// What the agent says about themselves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Takes conversations.
    Available,
    /// Here, but takes no more.
    Busy,
    /// Not here.
    #[default]
    Away,
}

/// A colleague, as everyone in the workspace sees them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Agent {
    /// The id.
    pub id: AgentId,
    /// Their name.
    pub name: String,
    /// Their role.
    #[serde(deserialize_with = "unknown::or_default")]
    pub role: Role,
    /// Whether they work here.
    #[serde(deserialize_with = "unknown::or_default")]
    pub state: AgentState,
    /// Their availability.
    #[serde(deserialize_with = "unknown::or_default")]
    pub availability: Availability,
    /// The number of open and waiting conversations they own.
    pub load: u32,
    /// How many they may own; `None` is unlimited.
    pub capacity: Option<u32>,
    /// Their teams.
    pub teams: Vec<Membership>,
}

/// A colleague, and what is known of their devices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Colleague {
    /// The settings that everyone in the workspace sees.
    #[serde(flatten)]
    pub agent: Agent,
    /// Whether they would hear of something while none of their clients is connected.
    pub reach: Reach,
}

/// What the devices of an agent have shown of themselves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reach {
    /// Whether a push may come: a device of theirs is registered, and did not leave two pushes
    /// unconfirmed since it last showed that they come.
    pub by_push: bool,
    /// When a device of theirs was last heard of; null for an agent who never signed in.
    pub heard_at: Option<Timestamp>,
}

/// The membership of an agent in a team.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// The id of the team.
    pub team_id: TeamId,
    /// The role in the team.
    #[serde(deserialize_with = "unknown::or_default")]
    pub kind: MembershipKind,
}

/// The role of an agent in a team.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipKind {
    /// Serves its queue.
    #[default]
    Member,
    /// Supervises it.
    Supervisor,
}

/// The agents who may reply to a conversation that a teammate owns.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplyPolicy {
    /// The owner only.
    #[default]
    Owner,
    /// Any member of the team.
    Team,
    /// Every agent with full scope.
    Scope,
}

/// The level at which members see conversations of their team that others own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Full: with lines and contact.
    Full,
    /// The head: existence, owner and status.
    Head,
    /// Nothing.
    #[default]
    Own,
}

/// A group of agents with a queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Team {
    /// The id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// The agents who may reply to a conversation that a teammate owns.
    #[serde(deserialize_with = "unknown::or_default")]
    pub reply_policy: ReplyPolicy,
    /// The level at which members see conversations that others own.
    #[serde(deserialize_with = "unknown::or_default")]
    pub visibility: Visibility,
    /// Whether teammates may claim from one another.
    pub claim_from_colleagues: bool,
}

/// A WhatsApp number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channel {
    /// The id.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number as people write it.
    pub display_number: String,
    /// The team that gets new conversations.
    pub default_team: TeamId,
    /// Messages that may leave it in a second; absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_per_s: Option<u32>,
    /// What customers notice.
    #[serde(default, deserialize_with = "unknown::or_default")]
    pub policy: ChannelPolicy,
    /// It is for practice: a simulator stands in for WhatsApp, and no customer is reached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub practice: bool,
    /// How it stands at Meta; absent until Meta was asked.
    #[serde(
        default,
        deserialize_with = "unknown::or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub health: Option<ChannelHealth>,
}

/// `POST /sessions`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The workspace's short name.
    pub workspace: String,
    /// The agent's e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The device, if it has been here before.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// What the agent's list of devices shows.
    #[serde(default)]
    pub device_name: Option<String>,
}

/// `POST /sessions/refresh`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The current refresh token.
    pub refresh_token: String,
    /// The device it was given to.
    pub device_id: DeviceId,
}

/// A session of a device.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Sent as `Authorization: Bearer`.
    pub access_token: String,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// Sent to `/sessions/refresh`; each gives the next.
    pub refresh_token: String,
    /// The device.
    pub device_id: DeviceId,
    /// The agent.
    pub agent_id: AgentId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
}

/// `GET /me`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The agent.
    pub agent: Agent,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The workspace's short name.
    pub workspace: String,
    /// The workspace's name for people; absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_name: Option<String>,
    /// The address of the workspace's logo on this server, if it has one. It opens the picture
    /// without signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_logo: Option<String>,
    /// The device of this session.
    pub device_id: DeviceId,
    /// The log's identity.
    pub epoch: Epoch,
    /// The server can send letters, with invitations for example.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sends_letters: bool,
}

/// A device in `GET /sessions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    /// The id.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// The time at which it signed in.
    pub created_at: Timestamp,
    /// The last request or socket of the device.
    pub last_seen_at: Timestamp,
    /// Whether the request comes from this device.
    pub current: bool,
}

crate::secret_debug!(Login, Refresh, Session);
