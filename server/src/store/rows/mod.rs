//! Rows as both databases give them, and what they mean: the one place that knows how facts lie
//! in tables. One file for each table; here what all columns share.

mod conversation;
mod log;
mod message;
mod note;

use std::fmt::Display;
use std::str::FromStr;

use baton_protocol::{Owner, TeamId, Timestamp, Turn};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::conversation::{ConversationRow, conversation_columns, conversation_values};
pub(crate) use self::log::{LogRow, feed_values, log_columns, log_values};
pub(crate) use self::message::{
    LineRow, MessageOrigin, MessageState, author, line_columns, message_change_values,
    message_values,
};
pub(crate) use self::note::NoteRow;
use super::error::StoreError;

/// An id out of a text column.
pub(crate) fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(format!("id {text:?}: {error}")))
}

/// An id out of a text column that may be NULL.
pub(crate) fn some_id<T: FromStr<Err: Display>>(
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(id).transpose()
}

/// A number that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_range| StoreError::corrupt(format!("number {value}")))
}

/// A number as a parameter or column: beyond what fits it stops.
pub(crate) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A value that is stored by its name on the wire.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::from(name))
        .map_err(|error| StoreError::corrupt(format!("name {name:?}: {error}")))
}

/// A value that is stored as JSON.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The error names a place and a type, never the value.
    serde_json::from_str(text).map_err(|error| {
        StoreError::corrupt(format!("JSON, {:?} at column {}", error.classify(), error.column()))
    })
}

/// Ids as the JSON array of strings that `{in $n}` and `{texts $n}` read.
pub(crate) fn ids<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    Value::from_iter(ids.into_iter().map(|id| id.to_string())).to_string()
}

/// The owner: no agent means the team's queue.
pub(crate) fn owner(team: TeamId, agent: Option<&str>) -> Result<Owner, StoreError> {
    Ok(match agent {
        Some(agent) => Owner::Agent(id(agent)?),
        None => Owner::Queue(team),
    })
}

pub(crate) fn turn(seq: Option<i64>, since: Option<i64>) -> Result<Option<Turn>, StoreError> {
    let (Some(seq), Some(since)) = (seq, since) else { return Ok(None) };
    Ok(Some(Turn { from_seq: number(seq)?, since: Timestamp::from_ms(since) }))
}
