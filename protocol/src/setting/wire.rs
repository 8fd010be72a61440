//! What all kinds of settings share on the wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::SettingKind;
use crate::{AgentId, ChannelId, Epoch, Role, SettingId, TeamId, Timestamp, WorkspaceId};

/// What a setting is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Home {
    /// The whole workspace.
    Workspace,
    /// A team.
    Team {
        /// The id.
        id: TeamId,
    },
    /// A number.
    Channel {
        /// The id.
        id: ChannelId,
    },
    /// One agent.
    Agent {
        /// The id.
        id: AgentId,
    },
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The kinds of homes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HomeKind {
    /// The whole workspace.
    Workspace,
    /// A team.
    Team,
    /// A number.
    Channel,
    /// One agent.
    Agent,
}

crate::names!(HomeKind {
    Workspace = "workspace",
    Team = "team",
    Channel = "channel",
    Agent = "agent",
});

impl Home {
    /// The home of this kind and id; the workspace has its own.
    pub fn of(kind: HomeKind, id: Uuid) -> Self {
        match kind {
            HomeKind::Workspace => Self::Workspace,
            HomeKind::Team => Self::Team { id: TeamId(id) },
            HomeKind::Channel => Self::Channel { id: ChannelId(id) },
            HomeKind::Agent => Self::Agent { id: AgentId(id) },
        }
    }

    /// Its kind; `None` for one that this version does not know.
    pub fn kind(self) -> Option<HomeKind> {
        match self {
            Self::Workspace => Some(HomeKind::Workspace),
            Self::Team { .. } => Some(HomeKind::Team),
            Self::Channel { .. } => Some(HomeKind::Channel),
            Self::Agent { .. } => Some(HomeKind::Agent),
            Self::Unknown => None,
        }
    }

    /// Its id: of the workspace that of `workspace`.
    pub fn id(self, workspace: WorkspaceId) -> Uuid {
        match self {
            Self::Workspace | Self::Unknown => workspace.0,
            Self::Team { id } => id.0,
            Self::Channel { id } => id.0,
            Self::Agent { id } => id.0,
        }
    }
}

/// As an address names it: `workspace`, `team:<id>`.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.kind().map_or("unknown", HomeKind::name);
        match self {
            Self::Workspace | Self::Unknown => f.write_str(name),
            Self::Team { id } => write!(f, "{name}:{id}"),
            Self::Channel { id } => write!(f, "{name}:{id}"),
            Self::Agent { id } => write!(f, "{name}:{id}"),
        }
    }
}

impl FromStr for Home {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be workspace, or team:, channel: or agent: and an id";
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        match (HomeKind::from_name(kind).ok_or(FORM)?, Uuid::parse_str(id)) {
            (HomeKind::Workspace, _) if text == "workspace" => Ok(Self::Workspace),
            (HomeKind::Workspace, _) | (_, Err(_)) => Err(FORM),
            (kind, Ok(id)) => Ok(Self::of(kind, id)),
        }
    }
}

/// A setting, as those who read its home see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "{B}Setting"))]
pub struct Setting<B = Value> {
    /// Its kind. Pass over one that you do not know.
    pub kind: String,
    /// Its id; of a kind with one setting per home, the home's.
    pub id: SettingId,
    /// 1, 2, 3 …; 0 where nobody has set it and the body is the default.
    pub version: u32,
    /// What it is for.
    pub home: Home,
    /// Its place among those of its kind, the lowest first.
    pub rank: u32,
    /// What is set; null where it was erased.
    pub body: Option<B>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Who changed it; nobody where the server's operator did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<AgentId>,
    /// Whether it counts no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// What it names that is no more. What uses it skips that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<SettingName>,
    /// Fields that say something which nothing keeps. It was set before that was known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<String>,
}

/// What `PUT` sets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "{B}Put"))]
#[serde(deny_unknown_fields)]
pub struct SettingPut<B = Value> {
    /// What it is for.
    pub home: Home,
    /// Its place among its kind. Left out, it stays; a new one comes last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// What is set.
    pub body: B,
}

/// One change of `POST /settings`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SettingChange {
    /// The kind.
    pub kind: SettingKind,
    /// The setting.
    pub id: SettingId,
    /// The version that the author saw; left out for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u32>,
    /// The log in which that version was seen. After a restore it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// What is set; left out to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<SettingPut>,
    /// Ends it although others name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anyway: bool,
}

/// A version of a setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingVersion {
    /// Its number.
    pub version: u32,
    /// Where the log tells of it.
    pub position: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it; nobody where the server's operator did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// What it was for from then on; left out where it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// Its fields that changed.
    pub changed: Vec<String>,
    /// The step of one of its secrets; left out where none of them changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretStep>,
    /// What was set; null where it ended or was erased.
    pub body: Option<Value>,
}

/// The step of a secret of a setting: all that events and histories tell of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretStep {
    /// It was made.
    Made,
    /// It ended.
    Ended,
    /// Something that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A secret of a setting, as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingSecret {
    /// Its number: 1, 2, 3 …
    pub n: u32,
    /// The time at which it was made.
    pub created_at: Timestamp,
    /// Since when it counts no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A new secret. It is told this once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretNew {
    /// Its number: 1, 2, 3 …
    pub n: u32,
    /// The secret.
    pub secret: String,
}

/// Something that a setting names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingName {
    /// The field that names it.
    pub field: String,
    /// `team`, `agent`, `channel`, or a kind of setting.
    pub of_kind: String,
    /// Its id.
    pub of_id: Uuid,
}

/// A setting that names something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingUse {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: SettingId,
    /// The field that names it.
    pub field: String,
}

/// A page of `GET /settings`: what a client lacks that holds what there was at a position.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingsPage {
    /// The log's position of this answer: events above it tell what changes later.
    pub position: u64,
    /// Settings that changed above the position that was asked for, in the order of their changes.
    pub changed: Vec<Setting>,
    /// Ask for what lies above this; left out on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// With the last page: the ids of all by kind. Drop what is not among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<std::collections::BTreeMap<String, Vec<SettingId>>>,
}

/// The people who may set settings of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingSetters {
    /// True if an agent's settings are that agent's alone: nobody else sets them.
    pub own: bool,
    /// True if supervisors set those of their teams.
    pub supervisors: bool,
    /// The roles that set all else.
    pub roles: Vec<Role>,
}

/// A kind of setting, as `GET /settings/kinds` describes it. Forms are drawn from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingKindInfo {
    /// Its name.
    pub kind: SettingKind,
    /// What it is, in a sentence.
    pub about: String,
    /// Where its settings are read: `/api/v1/<path>`.
    pub path: String,
    /// What settings may be for.
    pub homes: Vec<HomeKind>,
    /// How many there may be at one home.
    pub most: u32,
    /// Whether a home has one, whose id is the home's.
    pub singleton: bool,
    /// Whether phones keep them.
    pub phones: bool,
    /// Whether they have secrets.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// The homes at which you may set them.
    pub settable: Vec<Home>,
    /// The people who may set them, of those who read them.
    pub setters: SettingSetters,
    /// The roles that read them where they see the home. What is an agent's own that agent reads
    /// alone, if `setters.own` says so.
    pub readers: Vec<Role>,
    /// The JSON Schema of the body. `x-of` names the kind of what an id names, `x-lines` how many
    /// lines a text has, `x-column` a field for the list. `x-once` is set when the setting is made
    /// and not after, `x-when` names the values of another field for which the field is there.
    pub schema: Value,
}
