//! Tables as they are declared, and what their rows mean: the one place that knows how facts lie
//! in tables. Here what all columns share.
//!
//! A new column is a migration, a line of a declaration, and the place that says what is in it.

mod conversation;
mod errand;
mod file;
mod intake;
mod log;
mod message;
mod note;
mod outcome;
mod past;
mod people;
mod push;
mod setting;
mod sheets;

use std::fmt::Display;
use std::str::FromStr;

use baton_domain::group::senders::NameKind;
use baton_protocol::{Owner, TeamId, Timestamp, Turn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::conversation::thread_columns;
pub use self::conversation::{
    BlockCallRow, ConversationRow, EpisodeEnd, EpisodeRow, FollowerRow, ThreadRow,
};
pub use self::errand::{ErrandKind, ErrandRow};
pub use self::file::{FileChange, FileRow, UploadKeyRow};
pub use self::intake::{
    IntakeRow, LineChangeRow, NotUnderstoodRow, ParkedKey, ParkedRow, QuarantineRow,
};
pub(crate) use self::log::logged_columns;
pub use self::log::{ContentRow, FeedRow, HeadRow, LogRow, LoggedRow, SealRow};
pub(crate) use self::message::line_columns;
pub use self::message::{
    AttemptEnd, AttemptRow, Ended, LineRow, MessageChange, MessageRow, author, line_content,
};
pub use self::note::{NoteRow, NotedRow};
pub use self::outcome::OutcomeRow;
pub use self::past::{BookRow, PastFileRow, PastRow};
pub use self::people::{ContactRow, IdentityRow, LoadRow, ReadMarkRow, TallyRow};
pub use self::push::{LivePushRow, PushChange, PushRow};
pub use self::setting::{
    SettingNameRow, SettingNamesRow, SettingRow, SettingVersionRow, SettledHeadRow, setting_body,
};
pub use self::sheets::{
    AgentSheetRow, ChannelRow, DeviceRow, InstallationRow, InvitationRow, MetaAppGrantRow,
    MetaAppRow, PushDeviceRow, SecretEnd, SecretRow, TeamMemberRow, TeamSheetRow, WorkspaceRow,
};
use crate::error::StoreError;
use crate::table::{Column, Table};

/// The columns of a table of which all columns are declared.
pub fn declared(table: &str) -> Option<&'static [Column]> {
    DECLARED.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns)
}

/// Tables of which all columns are declared.
pub const DECLARED: [(&str, &[Column]); 36] = [
    of::<AgentSheetRow>(),
    of::<AttemptRow>(),
    of::<BookRow>(),
    of::<ChannelRow>(),
    of::<ContactRow>(),
    of::<ContentRow>(),
    of::<ConversationRow>(),
    of::<DeviceRow>(),
    of::<EpisodeRow>(),
    of::<FeedRow>(),
    of::<FollowerRow>(),
    of::<IdentityRow>(),
    of::<InstallationRow>(),
    of::<IntakeRow>(),
    of::<InvitationRow>(),
    of::<LogRow>(),
    of::<MessageRow>(),
    of::<MetaAppGrantRow>(),
    of::<MetaAppRow>(),
    of::<NotUnderstoodRow>(),
    of::<NoteRow>(),
    of::<OutcomeRow>(),
    of::<ParkedRow>(),
    of::<PastRow>(),
    of::<PushDeviceRow>(),
    of::<QuarantineRow>(),
    of::<ReadMarkRow>(),
    of::<SealRow>(),
    of::<SecretRow>(),
    of::<SettingNameRow>(),
    of::<SettingRow>(),
    of::<SettingVersionRow>(),
    of::<TallyRow>(),
    of::<TeamMemberRow>(),
    of::<TeamSheetRow>(),
    of::<WorkspaceRow>(),
];

const fn of<T: Table>() -> (&'static str, &'static [Column]) {
    (T::NAME, T::COLUMNS)
}

/// An id out of a text column.
pub fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("id {text:?}: {error}")))
}

/// An id out of a text column that may be NULL.
pub fn some_id<T: FromStr<Err: Display>>(text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(id).transpose()
}

/// A number that is never negative.
pub fn number<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_range| StoreError::corrupt(format!("number {value}")))
}

/// A number as a parameter or column: beyond what fits it stops.
pub fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An id as a column.
pub fn text<T: Display>(of: Option<T>) -> Option<String> {
    of.map(|of| of.to_string())
}

/// The name of a value on the wire, as it is stored. Such values are enums without contents.
pub fn name<T: Serialize>(of: &T) -> String {
    match serde_json::to_value(of) {
        Ok(Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}

/// A value as JSON: ids, numbers and names, of which this cannot fail.
pub fn json<T: Serialize>(of: &T) -> String {
    serde_json::to_string(of).unwrap_or_default()
}

/// A value that is stored by its name on the wire. A name that this version does not know is an
/// error: what is read here decides, or is written again.
pub fn named<T: DeserializeOwned + Serialize>(stored: &str) -> Result<T, StoreError> {
    let value = shown(stored)?;
    if name(&value) != stored {
        return Err(StoreError::corrupt(format!("name {stored:?} is of a newer version")));
    }
    Ok(value)
}

/// A value that is stored by its name on the wire, to be told. A name of a newer version is read as
/// the value that stands for it.
pub fn shown<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::from(name))
        .map_err(|error| StoreError::corrupt(format!("name {name:?}: {error}")))
}

/// The kind of a customer's name, out of its column.
pub fn name_kind(name: &str) -> Result<NameKind, StoreError> {
    NameKind::from_name(name).ok_or_else(|| StoreError::Corrupt(format!("identity kind {name:?}")))
}

/// A value that is stored as JSON.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The error names a place and a type, never the value.
    serde_json::from_str(text).map_err(|error| {
        StoreError::corrupt(format!("JSON, {:?} at column {}", error.classify(), error.column()))
    })
}

/// A value that is stored as JSON and is written again with its row. A newer version may have
/// written more than this one knows: it must not be lost.
pub fn whole_json<T: DeserializeOwned + Serialize>(text: &str) -> Result<T, StoreError> {
    let value: T = from_json(text)?;
    if serde_json::to_value(&value).ok() != Some(from_json::<Value>(text)?) {
        return Err(StoreError::corrupt("a newer version wrote more than this one knows"));
    }
    Ok(value)
}

/// Ids as the JSON array of strings that `{in $n}` and `{texts $n}` read.
pub fn ids<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    Value::from_iter(ids.into_iter().map(|id| id.to_string())).to_string()
}

/// The owner: no agent means the team's queue.
pub fn owner(team: TeamId, agent: Option<&str>) -> Result<Owner, StoreError> {
    Ok(match agent {
        Some(agent) => Owner::Agent(id(agent)?),
        None => Owner::Queue(team),
    })
}

/// The turn that is open, if one is.
pub fn turn(seq: Option<i64>, since: Option<i64>) -> Result<Option<Turn>, StoreError> {
    let (Some(seq), Some(since)) = (seq, since) else { return Ok(None) };
    Ok(Some(Turn { from_seq: number(seq)?, since: Timestamp::from_ms(since) }))
}
