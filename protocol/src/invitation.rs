//! Invitations: an admin names people, and who has the secret of one joins as that agent.

use serde::{Deserialize, Serialize};

use crate::account::Membership;
use crate::{AgentId, DeviceId, InvitationId, Role, Timestamp};

/// The steps in the life of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationStep {
    /// Somebody was invited.
    Made,
    /// It has a new secret and a new end; the old secret is void.
    Renewed,
    /// Nobody can use it any more.
    Withdrawn,
    /// The invited agent joined.
    Used,
}

/// A person to invite.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationNew {
    /// The e-mail address to sign in with, unique in the workspace.
    pub email: String,
    /// The name that colleagues see; the invited may change it when joining.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The largest number of conversations to own; `None` is unlimited.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// Their teams.
    #[serde(default)]
    pub teams: Vec<Membership>,
}

/// `POST /invitations`: all of them or none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationsNew {
    /// The people, 1 to 200.
    pub invitations: Vec<InvitationNew>,
    /// For how many days the links are good, 1 to 30; 7 when absent.
    #[serde(default)]
    pub valid_days: Option<u32>,
    /// Sends each link to its address, in this language; absent sends no letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterLanguage>,
}

/// The languages of letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LetterLanguage {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// Portuguese.
    Pt,
    /// Arabic.
    Ar,
}

/// Whether an invitation that waits can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It can.
    Open,
    /// Its time is over; it can be renewed.
    Expired,
}

/// An invitation that nobody used yet, in `GET /invitations`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// The e-mail address of the invited.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The largest number of conversations to own; `None` is unlimited.
    pub capacity: Option<u32>,
    /// Their teams.
    pub teams: Vec<Membership>,
    /// Whether it can be used.
    pub state: InvitationState,
    /// The admin; null is the operator of the server.
    pub invited_by: Option<AgentId>,
    /// The time when it was made.
    pub created_at: Timestamp,
    /// The time when its secret was made.
    pub renewed_at: Timestamp,
    /// The time when it ends.
    pub expires_at: Timestamp,
}

/// An invitation with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationMade {
    /// The invitation.
    pub invitation: Invitation,
    /// The link is the console's address, `/join#` and this.
    pub secret: String,
    /// The mail server has taken a letter with the link. Absent where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_sent: Option<bool>,
}

/// `POST /invitations/read`: what an invitation says to who has its secret.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationRead {
    /// The secret of the link.
    pub secret: String,
}

/// The invitation as the invited person sees it before joining.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationCard {
    /// The workspace's short name, to sign in with.
    pub workspace: String,
    /// The workspace's name.
    pub workspace_name: String,
    /// The address of the workspace's logo on this server, if it has one. It opens the picture
    /// without signing in. Absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_logo: Option<String>,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The name that colleagues will see.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The time when the invitation ends.
    pub expires_at: Timestamp,
}

/// `POST /invitations/accept`: the invited joins and is signed in.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationAccept {
    /// The secret of the link.
    pub secret: String,
    /// The password to sign in with from now on.
    pub password: String,
    /// The name that colleagues see; that of the invitation when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// The device, if it has been here before.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// The device's name in the agent's list of devices.
    #[serde(default)]
    pub device_name: Option<String>,
}

crate::secret_debug!(
    InvitationMade,
    InvitationRead,
    InvitationAccept,
    PasswordForgotten,
    PasswordNew
);

/// `POST /passwords/forgotten`: asks for a letter with a link to a new password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordForgotten {
    /// The workspace's short name.
    pub workspace: String,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The language of the letter.
    #[serde(default)]
    pub language: LetterLanguage,
}

/// `POST /passwords/new`: sets a password by the link of a letter.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordNew {
    /// The secret of the link.
    pub secret: String,
    /// The new password.
    pub password: String,
}
