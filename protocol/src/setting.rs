//! Settings: everything a team sets up, besides people and numbers. A kind is declared here, by
//! its row and the struct of its body; what is allowed is said in `domain/src/see/setting`.

mod agent_skills;
mod api_key;
mod bot;
mod canned_reply;
mod context_source;
mod declare;
mod routing;
mod rule;
mod saved_view;
mod schedule;
mod sla;
mod survey;
mod team_policy;
mod template_fallback;
mod webhook;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::agent_skills::{AgentSkills, Skill};
pub use self::api_key::ApiKey;
pub use self::bot::Bot;
pub use self::canned_reply::{CannedFile, CannedFileKind, CannedReply, CannedThen, CannedUses};
pub use self::context_source::{ContextSource, SourceLabel};
use self::declare::settings;
pub use self::routing::{Hand, Routing, RoutingStep, StepWho};
pub use self::rule::{
    AssignBy, Holds, Notified, OnCall, Once, OwnerKind, Rule, RuleAction, StatusKind, Test, Trigger,
};
pub use self::saved_view::SavedView;
pub use self::schedule::{Schedule, Span};
pub use self::sla::{Sla, SlaTarget};
pub use self::survey::{Scale, Survey};
pub use self::team_policy::{FollowUp, GuestPolicy, HandoverNote, QueuePolicy, TeamPolicy};
pub use self::template_fallback::TemplateFallback;
pub use self::webhook::{
    Webhook, WebhookEvent, WebhookFrom, WebhookKind, WebhookState, WebhookTry,
};
pub use self::wire::{
    Home, HomeKind, SecretNew, SecretStep, Setting, SettingChange, SettingKindInfo, SettingName,
    SettingPut, SettingSecret, SettingSetters, SettingUse, SettingVersion, SettingsPage,
};
use crate::SettingId;

settings! {
    /// A text that agents insert by typing a few letters.
    CannedReply("canned_reply") at "canned-replies" {
        homes: [Workspace, Team, Agent], most: 2_000, singleton: false,
        set: Setter::Own, reads: Everyone, phones: true, decides: false,
    }
    /// A word that is put on conversations.
    Tag("tag") at "tags" {
        homes: [Workspace], most: 500, singleton: false,
        set: Setter::May(Permission::Tags), reads: Everyone, phones: true, decides: true,
    }
    /// A field of a customer's card.
    Attribute("attribute") at "attributes" {
        homes: [Workspace], most: 60, singleton: false,
        set: Setter::May(Permission::People), reads: Everyone, phones: true, decides: true,
    }
    /// Why episodes end, and whether agents have to say so.
    Outcomes("outcomes") at "outcomes" {
        homes: [Workspace, Team], most: 1, singleton: true,
        set: Setter::Supervisors, reads: Everyone, phones: true, decides: true,
    }
    /// Rules of a team for its members.
    TeamPolicy("team_policy") at "team-policies" {
        homes: [Team], most: 1, singleton: true,
        set: Setter::May(Permission::People), reads: Everyone, phones: true, decides: true,
        not_kept: ["guests", "approval"],
    }
    /// The routing of a team: an agent is asked to take what waits in its queue.
    Routing("routing") at "routings" {
        homes: [Team], most: 1, singleton: true,
        set: Setter::Supervisors, reads: Everyone, phones: false, decides: true,
        beside: [
            Beside::Naming(SettingKind::Routing, HomeKind::Team),
            Beside::OfMembers(SettingKind::AgentSkills),
        ],
    }
    /// The skills of an agent, by which routing chooses.
    AgentSkills("agent_skills") at "agent-skills" {
        homes: [Agent], most: 1, singleton: true,
        set: Setter::Supervisors, reads: Everyone, phones: false, decides: false,
    }
    /// Rules for the whole workspace.
    WorkspacePolicy("workspace_policy") at "workspace-policies" {
        homes: [Workspace], most: 1, singleton: true,
        set: Setter::Admins, reads: Everyone, phones: true, decides: true,
        not_kept: ["languages"],
    }
    /// When somebody is there.
    Schedule("schedule") at "schedules" {
        homes: [Workspace, Team, Agent], most: 200, singleton: false,
        set: Setter::Supervisors, reads: Everyone, phones: true, decides: true,
    }
    /// A promise to customers: the time in which they are answered.
    Sla("sla") at "slas" {
        homes: [Workspace], most: 50, singleton: false,
        set: Setter::May(Permission::Rules), reads: Everyone, phones: false, decides: true,
    }
    /// A rule: when something happens to a conversation and tests hold, steps are done.
    Rule("rule") at "rules" {
        homes: [Workspace], most: 200, singleton: false,
        set: Setter::May(Permission::Rules), reads: Everyone, phones: false, decides: true,
    }
    /// A filter of the inbox that is kept by name.
    SavedView("saved_view") at "inbox-views" {
        homes: [Team, Agent], most: 20, singleton: false,
        set: Setter::Own, reads: Everyone, phones: false, decides: false,
    }
    /// The template that is offered in place of one that Meta stops.
    TemplateFallback("template_fallback") at "template-fallbacks" {
        homes: [Channel], most: 500, singleton: false,
        set: Setter::Admins, reads: Everyone, phones: false, decides: true,
    }
    /// An address of the team's own that is told of what happens.
    Webhook("webhook") at "outgoing-webhooks" {
        homes: [Workspace], most: 20, singleton: false,
        set: Setter::Admins, reads: Admins, phones: false, decides: false, secret: Sealed,
    }
    /// A program of the team's own that is asked about customers.
    ContextSource("context_source") at "context-sources" {
        homes: [Workspace], most: 8, singleton: false,
        set: Setter::Admins, reads: Admins, phones: false, decides: false, secret: Sealed,
    }
    /// A key with which a program works as an agent.
    ApiKey("api_key") at "api-keys" {
        homes: [Workspace], most: 100, singleton: false,
        set: Setter::Admins, reads: Admins, phones: false, decides: false, secret: Digest,
    }
    /// That an agent is a program, and the way from it to a person.
    Bot("bot") at "bots" {
        homes: [Workspace], most: 20, singleton: false,
        set: Setter::Admins, reads: Everyone, phones: false, decides: true,
    }
    /// The question to customers once a person has resolved their episode.
    Survey("survey") at "surveys" {
        homes: [Workspace, Team], most: 1, singleton: true,
        set: Setter::May(Permission::Rules), reads: Everyone, phones: false, decides: true,
    }
}

/// What is declared of a kind.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    /// The kind.
    pub kind: SettingKind,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// The part of the address that names it.
    pub path: &'static str,
    /// The address of its list.
    pub list: &'static str,
    /// The address of one.
    pub one: &'static str,
    /// The address of one's versions.
    pub history: &'static str,
    /// The address of one's secrets, where the kind has any.
    pub secrets: &'static str,
    /// The address of one of these.
    pub secret_one: &'static str,
    /// What its settings may be for.
    pub homes: &'static [HomeKind],
    /// How many there may be at one home.
    pub most: u32,
    /// Whether a home has one, whose id is the home's.
    pub is_singleton: bool,
    /// Who may set them.
    pub set: Setter,
    /// Who reads them, of those who see their home.
    pub reads: Readers,
    /// Whether phones keep them.
    pub phones: bool,
    /// Whether commands are decided by them.
    pub decides: bool,
    /// The form in which their secrets are kept; `None` for kinds without any.
    pub secret: Option<SecretKept>,
    /// Fields of its body that nothing keeps yet. They are read as ever, are in no schema, and are
    /// not set to anything new.
    pub not_kept: &'static [&'static str],
    /// The settings that one is decided on beside itself.
    pub beside: &'static [Beside],
    /// The JSON Schemas of its body, of a `PUT` and of what is answered.
    #[cfg(feature = "schema")]
    pub schemas: SettingSchemas,
}

/// Makers of the JSON Schemas of a kind.
#[cfg(feature = "schema")]
#[derive(Clone, Copy, Debug)]
pub struct SettingSchemas {
    /// Makes the schema of a setting's body, for forms.
    pub body: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// Makes the schema of the body of a `PUT`.
    pub put: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// Makes the schema of a setting.
    pub one: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// Makes the schema of a list of settings.
    pub list: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

/// Settings that one of a kind is decided on beside itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// All of a kind in the workspace that name something of this kind.
    Naming(SettingKind, HomeKind),
    /// Those of a kind that members of its team have.
    OfMembers(SettingKind),
}

/// Who may set settings of a kind. Admins may set all but what is an agent's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setter {
    /// Agents their own, supervisors those of their teams.
    Own,
    /// Supervisors those of their teams and of the agents in them.
    Supervisors,
    /// Those who have this permission.
    May(Permission),
    /// Admins alone.
    Admins,
}

/// What somebody may do beside the work on conversations. `domain::rights` says who may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Permission {
    /// Set up tags.
    Tags,
    /// Set up people, teams and what is asked of them.
    People,
    /// Set up what is promised to customers, and what is done by itself.
    Rules,
}

/// The form in which secrets of a kind are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretKept {
    /// Sealed: the server uses it.
    Sealed,
    /// As a digest: others show it, and it is only compared.
    Digest,
}

/// Who reads settings of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readers {
    /// Everyone who sees the home.
    Everyone,
    /// Admins alone.
    Admins,
}

/// A word for conversations.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// Its colour.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub colour: Colour,
    /// Whether it stays when the next episode opens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub lasting: bool,
    /// The group in which it is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub group: Option<String>,
    /// Whether it takes the others of its group off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_of_group: bool,
    /// The tag that it became: whoever puts this one on puts that one on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
    pub merged_into: Option<SettingId>,
    /// Who may put it on.
    #[serde(default)]
    pub set_by: TagSetter,
}

/// Colours of tags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Colour {
    #[default]
    Grey,
    Red,
    Orange,
    Yellow,
    Green,
    Teal,
    Blue,
    Purple,
}

/// Who may put a tag on conversations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TagSetter {
    /// Everyone who sees the conversation.
    #[default]
    Anyone,
    /// Supervisors.
    Supervisors,
    /// Rules alone.
    Rules,
}

/// A field of a customer's card.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name for programs and in texts: 1 to 32 of a–z, 0–9 and `_`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z0-9_]{1,32}$")))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true, "x-once" = true)))]
    pub key: String,
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// What it holds.
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true, "x-once" = true)))]
    pub holds: AttributeType,
    /// The choices, for `one_of`; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-when" = crate::schema::when("one_of"))))]
    pub options: Vec<String>,
    /// Who sets its values.
    #[serde(default)]
    pub set: AttributeSetter,
    /// Roles that do not see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_from: Vec<crate::Role>,
    /// Whether it stands on the card, and not only behind "more".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_card: bool,
    /// Characters of a text at most, 1 to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-when" = crate::schema::when("text"))))]
    pub most_chars: Option<u32>,
}

/// What an attribute holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// A text.
    #[default]
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Yes or no.
    YesNo,
    /// One of some choices.
    OneOf,
    /// An address of the web.
    Link,
}

/// Who sets the values of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttributeSetter {
    /// Everyone who sees the conversation.
    #[default]
    Anyone,
    /// Supervisors.
    Supervisors,
    /// Programs alone.
    Programs,
}

/// Why episodes end.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Whether agents are asked for one when they resolve.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub ask: AskOutcome,
    /// The outcomes; at most 40.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = 40)))]
    pub list: Vec<OutcomeChoice>,
}

/// Whether agents say why an episode ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AskOutcome {
    /// They are not asked.
    #[default]
    Never,
    /// They may say so.
    Offered,
    /// They have to.
    Required,
}

/// A reason for which an episode ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutcomeChoice {
    /// Its id, made by the client and never used again.
    pub id: SettingId,
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub name: String,
    /// A tag that it puts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
    pub tag: Option<SettingId>,
    /// Whether a text has to say more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_text: bool,
}

/// What holds for the whole workspace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkspacePolicy {
    /// Its time zone, as `Europe/Madrid`. Left out, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    pub time_zone: Option<String>,
    /// Minutes for which a key, a touch or a command says that somebody is there, 2 to 30. Left
    /// out, 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 30)))]
    pub here_min: Option<u32>,
    /// Tags of the languages in which the team answers, the first one first; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub languages: Vec<String>,
    /// The part of the day, in its time zone, in which no push rings. Offers do, and broken
    /// promises, and so does what comes to who is on call. The rest is one summary at its end.
    /// Quiet hours that an agent sets win.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Span>,
}

#[cfg(test)]
mod tests;
