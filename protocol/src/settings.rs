//! Changes of settings: bodies of requests that make or change teams, agents and channels.

use serde::{Deserialize, Deserializer, Serialize};

use crate::account::Membership;
use crate::{
    AgentState, Availability, ChannelPolicy, MembershipKind, ReplyPolicy, Role, TeamId, Timestamp,
    Visibility,
};

/// `POST /teams`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamNew {
    /// Its name, unique in the workspace.
    pub name: String,
    /// The agents who may reply to a conversation that a teammate owns.
    #[serde(default = "owner")]
    pub reply_policy: ReplyPolicy,
    /// The level at which members see conversations that others own.
    #[serde(default = "full")]
    pub visibility: Visibility,
    /// Whether teammates may claim from one another.
    #[serde(default)]
    pub claim_from_colleagues: bool,
}

fn owner() -> ReplyPolicy {
    ReplyPolicy::Owner
}

fn full() -> Visibility {
    Visibility::Full
}

/// `PATCH /teams/{id}`: what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamChange {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The agents who may reply to a conversation that a teammate owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_policy: Option<ReplyPolicy>,
    /// The level at which members see conversations that others own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Whether teammates may claim from one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_from_colleagues: Option<bool>,
}

/// `PUT /teams/{id}/members/{agent}`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberPut {
    /// The role in the team.
    pub kind: MembershipKind,
}

/// `GET /teams/{id}/members/{agent}`: a member of a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TeamMember {
    /// The role in the team.
    pub kind: MembershipKind,
    /// The conversations of the team that they own and that are not resolved: these go back to its
    /// queue when they are taken out.
    pub owned: u64,
}

/// `POST /agents`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentNew {
    /// The e-mail address to sign in with, unique in the workspace.
    pub email: String,
    /// The name that colleagues see.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The first password.
    pub password: String,
    /// The largest number of conversations to own; `None` is unlimited.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// Their teams.
    #[serde(default)]
    pub teams: Vec<Membership>,
}

/// `PATCH /agents/{id}`: what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentChange {
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The largest number of conversations to own; null is unlimited.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Option<u32>>,
    /// Their availability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// `leaving` ends their sessions and gives their conversations to the queue; `active` undoes
    /// that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AgentState>,
}

/// `PATCH /me`: what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MeChange {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The availability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
}

/// `PUT /me/password`; the other sessions end.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    pub current: String,
    /// The next one.
    pub next: String,
}

/// `PUT /agents/{id}/password`; all their sessions end.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordSet {
    /// The next one.
    pub next: String,
}

/// `PATCH /workspace`: what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChange {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// `POST /meta-apps`: an app, or another secret of one that is there.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MetaAppNew {
    /// The app's id at Meta.
    pub id: String,
    /// The secret that signs its webhooks; kept sealed and never shown.
    pub app_secret: String,
}

/// An app at Meta whose numbers the admins of this workspace may connect.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MetaApp {
    /// The app's id at Meta.
    pub id: String,
    /// The path of its webhook on this server.
    pub webhook: String,
    /// The token that Meta asks for beside the address of the webhook.
    pub verify_token: String,
    /// The time when its newest webhook came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_at: Option<Timestamp>,
}

/// `GET /meta-apps`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MetaApps {
    /// By id.
    pub apps: Vec<MetaApp>,
    /// Whether admins may add an app. Where a server has several workspaces, its operator does.
    pub may_add: bool,
    /// The page on which one plays the customers of a practice number, while a simulator runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice_page: Option<String>,
}

/// `POST /channels`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelNew {
    /// Its name.
    pub name: String,
    /// The app at Meta it belongs to.
    pub meta_app: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number as people write it.
    pub display_number: String,
    /// For sending; kept sealed and never shown.
    pub access_token: String,
    /// The team that gets new conversations.
    pub default_team: TeamId,
    /// Messages a second; the installation's default when absent.
    #[serde(default)]
    pub pace_per_s: Option<u32>,
    /// Whether Meta is asked first, and a number that could not send is refused.
    #[serde(default = "yes")]
    pub check: bool,
}

fn yes() -> bool {
    true
}

/// `PATCH /channels/{id}`: what is absent stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelChange {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For sending; kept sealed and never shown. Messages that waited for it leave at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// The team that gets new conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_team: Option<TeamId>,
    /// Messages a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace_per_s: Option<u32>,
    /// The policy towards customers; absent parts stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ChannelPolicy>,
}

/// The answer of `POST /socket-tickets`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SocketTicket {
    /// Valid for one `hello`.
    pub ticket: String,
    /// The time at which it expires.
    pub expires_at: Timestamp,
}

/// A row of `GET /quarantine`: an element of a webhook that belongs to no channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quarantined {
    /// The id.
    pub id: String,
    /// The meta app that brought it.
    pub meta_app: String,
    /// The time of its arrival.
    pub at: Timestamp,
    /// The reason.
    pub reason: String,
    /// The JSON text from Meta; of a long one the beginning.
    pub element: String,
    /// The time when it was replayed.
    pub replayed_at: Option<Timestamp>,
    /// The time when it was dismissed.
    pub dismissed_at: Option<Timestamp>,
}

crate::secret_debug!(
    AgentNew,
    PasswordChange,
    PasswordSet,
    ChannelNew,
    ChannelChange,
    MetaAppNew,
    MetaApp,
    MetaApps,
    SocketTicket
);

/// Distinguishes an absent field from a null one.
pub(crate) fn given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_of_null_is_told_from_none_at_all() {
        let read = |text| serde_json::from_str::<AgentChange>(text).unwrap().capacity;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"capacity":null}"#), Some(None));
        assert_eq!(read(r#"{"capacity":3}"#), Some(Some(3)));
    }
}
