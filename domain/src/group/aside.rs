//! Elements of webhooks that were set aside, or that this version does not understand.

use baton_protocol::{MessageId, WorkspaceId};
use uuid::Uuid;

/// Why an element was set aside: the name that is counted, and the words for people.
#[derive(Clone, Debug)]
pub struct Aside(pub &'static str, pub String);

/// An element that was set aside.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// A fresh id for its row.
    pub id: Uuid,
    /// The app whose secret signed the webhook.
    pub meta_app: String,
    /// The workspace, where the app speaks for the number.
    pub workspace: Option<WorkspaceId>,
    /// The digest of its webhook.
    pub intake_digest: String,
    /// Why it was set aside.
    pub why: Aside,
    /// The element, as a webhook of its own.
    pub element: String,
}

/// An element that this version does not understand. Another version may.
#[derive(Clone, Debug)]
pub struct NotUnderstood {
    /// A fresh id for its row.
    pub id: Uuid,
    /// The app whose secret signed the webhook.
    pub meta_app: String,
    /// The workspace, where the app speaks for the number.
    pub workspace: Option<WorkspaceId>,
    /// What it is, for counting: one of few names.
    pub kind: &'static str,
    /// Meta's name of it, where it is a line.
    pub original_type: Option<String>,
    /// The line that it became, if it did.
    pub line: Option<MessageId>,
    /// The element, as a webhook of its own.
    pub element: String,
}
