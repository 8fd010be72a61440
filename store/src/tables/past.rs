//! Messages from before Baton's time, and phone books, as the committer writes them.

use baton_domain::fact::past::{Booked, Past};
use baton_protocol::{Author, ChannelId, FileState, MessageStatus, Timestamp, WorkspaceId};

use super::message::author;
use super::{id, named, some_id, text};
use crate::StoreError;
use crate::table::table;

table! {
    /// A message of the past.
    past: PastRow {
        key { workspace: String, channel: String, wamid: String }
        fixed { id: String }
        state {
            conversation: Option<String>,
            author_kind: String,
            kind: Option<String>,
            at: i64,
            status: Option<String>,
            quoted: Option<String>,
            media: Option<String>,
        }
    }
}

impl PastRow {
    /// The row of a message.
    pub fn new(workspace: WorkspaceId, channel: ChannelId, wamid: &str, past: &Past) -> Self {
        let author = match past.author {
            Author::Customer => "customer",
            Author::PhoneApp | Author::Agent { .. } | Author::Acknowledgement | Author::Unknown => {
                "phone_app"
            }
        };
        Self {
            workspace: workspace.to_string(),
            channel: channel.to_string(),
            wamid: wamid.to_owned(),
            id: past.id.to_string(),
            conversation: text(past.conversation),
            author_kind: author.to_owned(),
            kind: past.kind.map(|kind| kind.name().to_owned()),
            at: past.at.ms(),
            status: past.status.map(|status| status.name().to_owned()),
            quoted: past.quoted_wamid.clone(),
            media: past.media.clone(),
        }
    }

    /// The message that the row means.
    pub fn read(&self) -> Result<Past, StoreError> {
        Ok(Past {
            id: id(&self.id)?,
            conversation: some_id(self.conversation.as_deref())?,
            author: author(&self.author_kind, None)?,
            at: Timestamp::from_ms(self.at),
            kind: self.kind.as_deref().map(named).transpose()?,
            status: self.status.as_deref().and_then(MessageStatus::from_name),
            quoted_wamid: self.quoted.clone(),
            media: self.media.clone(),
        })
    }
}

table! {
    /// A file of the past, as its fetch begins. One that WhatsApp has not told of yet has no id: it
    /// is over when it is due.
    file: PastFileRow {
        key { workspace: String, message: String }
        fixed {
            conversation: String,
            seq: i64,
            channel: String,
            media: String,
            received_at: i64,
            state: String,
            due_at: i64,
        }
        state {}
    }
}

/// WhatsApp keeps a file for a week: what it has not told of until then does not come.
const AWAITED_MS: i64 = 7 * 86_400_000;

impl PastFileRow {
    /// The file of a message of the past, if it has one.
    pub fn of(row: &PastRow, now: Timestamp) -> Option<Self> {
        let conversation = row.conversation.clone()?;
        let is_awaited = row.kind.is_none();
        let media = row.media.clone().filter(|_| !is_awaited);
        if media.is_none() && !is_awaited {
            return None;
        }
        let due_at = if is_awaited { now.plus_ms(AWAITED_MS) } else { now };
        Some(Self {
            workspace: row.workspace.clone(),
            message: row.id.clone(),
            conversation,
            seq: 0,
            channel: row.channel.clone(),
            media: media.unwrap_or_default(),
            received_at: now.ms(),
            state: FileState::Waiting.name().to_owned(),
            due_at: due_at.ms(),
        })
    }
}

table! {
    /// A name in a phone book.
    phone_book: BookRow {
        key { workspace: String, channel: String, wa_id: String }
        fixed {}
        state { name: Option<String>, at: i64 }
    }
}

impl BookRow {
    /// The row of a number in a phone book.
    pub fn new(workspace: WorkspaceId, channel: ChannelId, number: &str, booked: &Booked) -> Self {
        Self {
            workspace: workspace.to_string(),
            channel: channel.to_string(),
            wa_id: number.to_owned(),
            name: booked.name.clone(),
            at: booked.at.ms(),
        }
    }

    /// The entry that the row means.
    pub fn read(self) -> Booked {
        Booked { at: Timestamp::from_ms(self.at), name: self.name }
    }
}
