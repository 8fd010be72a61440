//! Webhooks as they came, what was set aside of them, and statuses and changes that may come before
//! their message.

use baton_domain::group::Post;
use baton_domain::group::state::{LineChange, NotUnderstood, ParkedStatus, Quarantined};
use baton_protocol::{ChannelId, Timestamp, WorkspaceId};

use sha2::{Digest as _, Sha256};

use super::message::author_columns;
use super::{column, json, text};
use crate::table::table;

table! {
    /// A webhook's body, as it came.
    intake: IntakeRow {
        key { id: String }
        fixed {
            meta_app: String,
            digest: String,
            received_at: i64,
            body: String,
            /// Whether what its version did not understand was kept.
            sifted: i64,
        }
        state {}
    }
}

impl IntakeRow {
    /// A webhook of which the committer takes in every element.
    pub fn new(post: &Post) -> Self {
        Self {
            id: post.id.clone(),
            meta_app: post.meta_app.clone(),
            digest: post.digest.clone(),
            received_at: post.received_at.ms(),
            body: post.raw.clone(),
            sifted: 1,
        }
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

impl QuarantineRow {
    /// An element that waits for a person.
    pub fn new(of: &Quarantined, now: Timestamp) -> Self {
        Self {
            id: of.id.to_string(),
            digest: digest_of(&of.meta_app, &of.element),
            meta_app: of.meta_app.clone(),
            workspace: text(of.workspace),
            intake: of.intake_digest.clone(),
            reason: of.why.1.clone(),
            element: of.element.clone(),
            at: now.ms(),
        }
    }
}

/// Meta posts the same bytes to each app that listens: each has its own copy.
fn digest_of(meta_app: &str, element: &str) -> String {
    hex::encode(Sha256::digest(format!("{meta_app}\n{element}")))
}

table! {
    /// An element of a webhook that was not understood.
    not_understood: NotUnderstoodRow {
        key { id: String }
        fixed {
            digest: String,
            meta_app: String,
            workspace: Option<String>,
            message: Option<String>,
            kind: String,
            original_type: Option<String>,
            element: String,
            at: i64,
        }
        state {}
    }
}

impl NotUnderstoodRow {
    /// An element that was not understood.
    pub fn new(of: &NotUnderstood, now: Timestamp) -> Self {
        Self {
            id: of.id.to_string(),
            digest: digest_of(&of.meta_app, &of.element),
            meta_app: of.meta_app.clone(),
            workspace: text(of.workspace),
            message: text(of.line),
            kind: of.kind.to_owned(),
            original_type: of.original_type.clone(),
            element: of.element.clone(),
            at: now.ms(),
        }
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
    pub fn new(key: ParkedKey, parked: &ParkedStatus) -> Self {
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
    /// The key of the message that statuses wait for.
    pub fn new(workspace: WorkspaceId, channel: ChannelId, wamid: &str) -> Self {
        let (workspace, channel) = (workspace.to_string(), channel.to_string());
        Self { workspace, channel, wamid: wamid.to_owned() }
    }
}

table! {
    /// A line that edits or takes back another one, by Meta's id of that one.
    line_change: LineChangeRow {
        key { wamid: String, workspace: String, channel: String, message: String }
        fixed {
            conversation: String,
            seq: i64,
            author_kind: String,
            kind: String,
            at: i64,
        }
        state {}
    }
}

impl LineChangeRow {
    /// A line that changes the message with this id of Meta.
    pub fn new(
        (workspace, channel): (WorkspaceId, ChannelId),
        wamid: &str,
        one: &LineChange,
    ) -> Self {
        let (author_kind, _) = author_columns(one.author);
        Self {
            wamid: wamid.to_owned(),
            workspace: workspace.to_string(),
            channel: channel.to_string(),
            message: one.change.line.id.to_string(),
            conversation: one.conversation.to_string(),
            seq: column(one.change.line.seq),
            author_kind: author_kind.to_owned(),
            kind: one.kind.name().to_owned(),
            at: one.change.at.ms(),
        }
    }
}
