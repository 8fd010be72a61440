//! The kinds of calls, for rules of failure.

use serde::{Deserialize, Serialize};

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
