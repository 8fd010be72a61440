//! Files of lines, as the committer writes them.

use baton_domain::fact::upload::Uploaded;
use baton_domain::group::FileWork;
use baton_domain::group::state::{ForwardedFile, SentFile, WantedFile};
use baton_protocol::{FileState, Timestamp};

use super::{column, json};
use crate::table::table;

table! {
    /// A file that a line came with, and what became of it. The fetcher's columns are its own.
    file: FileRow {
        /// The state of the file.
        change: FileChange {
            key { workspace: String, message: String }
            state {
                state: String,
                bytes: Option<i64>,
                media_type: Option<String>,
                sha256: Option<String>,
                /// Of a picture that a small one was made of.
                width: Option<i64>,
                height: Option<i64>,
                /// Of a voice note: how it sounds, JSON.
                sound: Option<String>,
            }
        }
        fixed {
            conversation: String,
            seq: i64,
            channel: String,
            /// Meta's id of it.
            media: String,
            received_at: i64,
            /// The line whose file it is, where one is sent on.
            source: Option<String>,
        }
    }
}

impl FileChange {
    /// A file of which something became.
    pub fn ended(work: &FileWork) -> Self {
        let picture = work.file.picture();
        Self {
            workspace: work.at.workspace.to_string(),
            message: work.at.message.to_string(),
            state: work.file.name().to_owned(),
            bytes: work.file.bytes().map(column),
            media_type: work.media_type.clone(),
            sha256: work.sha256.clone(),
            width: picture.map(|picture| picture.width.into()),
            height: picture.map(|picture| picture.height.into()),
            sound: work.file.sound().as_ref().map(json),
        }
    }
}

table! {
    /// An upload that was sent: its row goes.
    upload: UploadKeyRow {
        key { workspace: String, id: String }
        fixed {}
        state {}
    }
}

impl UploadKeyRow {
    /// The key of the upload that was sent.
    pub fn sent(file: &SentFile) -> Self {
        Self { workspace: file.at.workspace.to_string(), id: file.at.message.to_string() }
    }
}

impl FileRow {
    /// A file that the team sends: it is here, and at WhatsApp.
    pub fn sent(file: &SentFile, now: Timestamp) -> Self {
        let Uploaded { bytes, picture, sound, .. } = file.upload;
        let stored = FileState::Stored { bytes, picture, sound };
        Self {
            change: FileChange {
                workspace: file.at.workspace.to_string(),
                message: file.at.message.to_string(),
                state: stored.name().to_owned(),
                bytes: Some(column(file.upload.bytes)),
                media_type: Some(file.upload.media_type.clone()),
                sha256: file.upload.sha256.clone(),
                width: None,
                height: None,
                sound: None,
            },
            conversation: file.at.conversation.to_string(),
            seq: column(file.at.seq),
            channel: file.at.channel.to_string(),
            media: file.upload.media.clone().unwrap_or_default(),
            received_at: now.ms(),
            source: None,
        }
    }

    /// A file that is sent on: it is copied, and WhatsApp gives it an id.
    pub fn forwarded(file: &ForwardedFile, now: Timestamp) -> Self {
        let wanted = WantedFile { at: file.at, media: String::new() };
        Self { source: Some(file.source.to_string()), ..Self::wanted(&wanted, now) }
    }

    /// A file to be fetched.
    pub fn wanted(file: &WantedFile, now: Timestamp) -> Self {
        Self {
            change: FileChange {
                workspace: file.at.workspace.to_string(),
                message: file.at.message.to_string(),
                state: FileState::Waiting.name().to_owned(),
                bytes: None,
                media_type: None,
                sha256: None,
                width: None,
                height: None,
                sound: None,
            },
            conversation: file.at.conversation.to_string(),
            seq: column(file.at.seq),
            channel: file.at.channel.to_string(),
            media: file.media.clone(),
            received_at: now.ms(),
            source: None,
        }
    }
}
