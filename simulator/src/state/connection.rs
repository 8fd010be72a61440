//! Mistakes that can be set on the way between a server and the platform.

use serde::{Deserialize, Serialize};

/// The state of the access token and of the app. The default is a connection that works.
///
/// The other half of a connection belongs to its number and account: see `NumberState` and
/// `AccountState`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionKnobs {
    /// Whether the configured token still works.
    pub token: TokenState,
    /// The permissions of the token; all that are needed when left out.
    pub scopes: Option<Vec<String>>,
    /// The token belongs to this other app.
    pub token_app_id: Option<String>,
    /// The token ends at this time, in seconds since the epoch; never when left out.
    pub token_ends_at_s: Option<i64>,
    /// The token does not reach the business account: its objects do not exist for it.
    pub hides_account: bool,
    /// Webhooks are signed with this secret in place of the configured one.
    pub signs_with: Option<String>,
    /// The webhook is verified with this token in place of the configured one.
    pub verifies_with: Option<String>,
}

/// Whether the configured token still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It works.
    #[default]
    Valid,
    /// It has expired: 190 with subcode 463.
    Expired,
    /// It was revoked: 190 with subcode 460.
    Revoked,
}

/// Lets messages be sent and read.
pub(crate) const MESSAGING: &str = "whatsapp_business_messaging";
/// Lets accounts, numbers, templates and profiles be managed.
pub(crate) const MANAGEMENT: &str = "whatsapp_business_management";

impl ConnectionKnobs {
    /// The permissions of the token.
    pub(crate) fn granted(&self) -> Vec<String> {
        let all = || vec![MANAGEMENT.to_owned(), MESSAGING.to_owned()];
        self.scopes.clone().unwrap_or_else(all)
    }
}
