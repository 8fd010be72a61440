//! Webhooks as they came, what was set aside of them, and statuses that wait for their message.

use baton_domain::inbound::ProviderStatus;
use baton_protocol::{ChannelId, MessageError, Timestamp, WorkspaceId};

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
        fixed { status: String, error: Option<String>, at: i64 }
        state {}
    }
}

impl ParkedRow {
    /// A status that waits.
    pub(crate) fn new(
        key: ParkedKey,
        status: ProviderStatus,
        (error, at): (Option<&MessageError>, Timestamp),
    ) -> Self {
        Self {
            workspace: key.workspace,
            channel: key.channel,
            wamid: key.wamid,
            status: status.name().to_owned(),
            error: error.map(json),
            at: at.ms(),
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
