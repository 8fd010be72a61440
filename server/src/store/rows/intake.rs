//! Webhooks as they came, what was set aside of them, and statuses that wait for their message.

use baton_domain::group::state::ParkedStatus;
use baton_protocol::{ChannelId, WorkspaceId};

use super::json;
use crate::store::table::table;

table! {
    /// A webhook's body, as it came.
    intake: IntakeRow {
        key { id: String }
        fixed { meta_app: String, digest: String, received_at: i64, body: String }
        state {}
    }
}

table! {
    /// An element of a webhook that was set aside.
    quarantine: QuarantineRow {
        key { id: String }
        fixed {
            digest: String,
            meta_app: String,
            workspace: Option<String>,
            /// The intake's id; the committer, which knows its digest alone, says that.
            intake: String,
            reason: String,
            element: String,
            at: i64,
        }
        state {}
    }
}

table! {
    /// A status that came before its message's id was known.
    parked_status: ParkedRow {
        key { workspace: String, channel: String, wamid: String }
        fixed {
            status: String,
            error: Option<String>,
            at: i64,
            /// In a group: of whom it is told; else empty.
            participant: String,
        }
        state {}
    }
}

impl ParkedRow {
    /// A status that waits.
    pub(crate) fn new(key: ParkedKey, parked: &ParkedStatus) -> Self {
        Self {
            workspace: key.workspace,
            channel: key.channel,
            wamid: key.wamid,
            status: parked.status.name().to_owned(),
            error: parked.error.as_ref().map(json),
            at: parked.at.ms(),
            participant: parked.participant.clone().unwrap_or_default(),
        }
    }
}

table! {
    /// The statuses that wait for an id of Meta.
    parked_status: ParkedKey {
        key { workspace: String, channel: String, wamid: String }
        fixed {}
        state {}
    }
}

impl ParkedKey {
    /// What they wait for.
    pub(crate) fn new(workspace: WorkspaceId, channel: ChannelId, wamid: &str) -> Self {
        let (workspace, channel) = (workspace.to_string(), channel.to_string());
        Self { workspace, channel, wamid: wamid.to_owned() }
    }
}
