//! Work outside that follows a commit.

use baton_protocol::{Timestamp, WorkspaceId};
use serde::Serialize;

use super::json;
use crate::table::table;

table! {
    /// Work outside that a commit wished. A later wish for the same takes its place.
    errand: ErrandRow {
        key { workspace: String, kind: String, key: String }
        fixed {}
        state {
            /// As JSON, in the form of its kind.
            body: String,
            due_at: i64,
            tries: i64,
        }
    }
}

/// A kind of errand: who does it is a worker of the same name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrandKind {
    /// WhatsApp is told that a number blocks a customer, or no longer does. Keyed by conversation.
    Block,
}

impl ErrandKind {
    /// The word in the table and in counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
        }
    }
}

impl ErrandRow {
    /// To be done now. The body says what the rows of the key do not.
    pub fn new(
        workspace: WorkspaceId,
        (kind, key): (ErrandKind, String),
        body: &impl Serialize,
        now: Timestamp,
    ) -> Self {
        let (workspace, kind) = (workspace.to_string(), kind.name().to_owned());
        Self { workspace, kind, key, body: json(body), due_at: now.ms(), tries: 0 }
    }
}
