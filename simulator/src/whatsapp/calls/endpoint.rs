//! The kinds of calls, for rules of failure.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use crate::state::connection::{MANAGEMENT, MESSAGING};

/// A kind of call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Sending a message.
    #[default]
    Messages,
    /// Marking a message read, typing included.
    Marks,
    /// Uploading a file.
    MediaUpload,
    /// Asking for the URL of a file, and every other look-up of an object.
    Objects,
    /// Downloading a file.
    MediaDownload,
    /// Lists of templates and changes to them.
    Templates,
    /// Numbers of an account, registration and settings of a number.
    Numbers,
    /// The business profile.
    Profile,
    /// Subscriptions of the app.
    Subscriptions,
    /// Blocking customers.
    Blocks,
    /// Groups.
    Groups,
    /// `debug_token`.
    Tokens,
}

impl Endpoint {
    /// The kind of a call to the API; none for an edge the API does not have.
    pub(crate) fn of(asked: &Asked) -> Option<Self> {
        let Some(edge) = &asked.edge else {
            return Some(if asked.object == "debug_token" { Self::Tokens } else { Self::Objects });
        };
        Some(match edge.as_str() {
            "messages" if asked.method == Method::POST => Self::Messages,
            "media" if asked.method == Method::POST => Self::MediaUpload,
            "message_templates" => Self::Templates,
            "phone_numbers" | "register" | "deregister" | "request_code" | "verify_code" => {
                Self::Numbers
            }
            "whatsapp_business_profile" => Self::Profile,
            "subscribed_apps" | "subscriptions" => Self::Subscriptions,
            "block_users" => Self::Blocks,
            "groups" | "participants" | "invite_link" | "join_requests" => Self::Groups,
            _ => return None,
        })
    }

    /// The permission that a call of this kind needs.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Messages
            | Self::Marks
            | Self::MediaUpload
            | Self::MediaDownload
            | Self::Blocks
            | Self::Groups => MESSAGING,
            Self::Objects
            | Self::Templates
            | Self::Numbers
            | Self::Profile
            | Self::Subscriptions
            | Self::Tokens => MANAGEMENT,
        }
    }
}
