//! What crosses the boundary: plain values. Ids are texts, times are milliseconds since 1970 (UTC).

mod acts;
mod events;
mod lists;
mod logs;
mod outbox;
mod people;
mod push;
mod steps;

pub use acts::*;
pub use events::*;
pub use lists::*;
pub use logs::*;
pub use outbox::*;
pub use people::*;
pub use push::*;
pub use steps::*;

use std::fmt::Display;

use baton_protocol::{LineRef, Seen};
use uuid::Uuid;

use crate::CoreError;

/// A line that somebody was shown: the last one they saw when they acted.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SeenLine {
    /// Its number in the conversation.
    pub seq: u64,
    /// The message's id.
    pub id: String,
}

impl From<LineRef> for SeenLine {
    fn from(line: LineRef) -> Self {
        Self { seq: line.seq, id: line.id.to_string() }
    }
}

impl SeenLine {
    pub(crate) fn read(seen: Option<Self>) -> Result<Seen, CoreError> {
        let Some(Self { seq, id }) = seen else { return Ok(None) };
        Ok(Some(LineRef { seq, id: id_of("seen", &id)? }))
    }
}

/// Reads an id.
pub(crate) fn id_of<T: From<Uuid>>(what: &str, text: &str) -> Result<T, CoreError> {
    let id: Uuid = text.parse().map_err(|_odd| CoreError::Invalid {
        what: what.to_owned(),
        detail: format!("{what} is no id"),
    })?;
    Ok(T::from(id))
}

/// Reads an id that may be missing.
pub(crate) fn maybe_id<T: From<Uuid>>(
    what: &str,
    text: Option<String>,
) -> Result<Option<T>, CoreError> {
    text.map(|text| id_of(what, &text)).transpose()
}

/// Writes an id that may be missing.
pub(crate) fn text_of<T: Display>(id: Option<T>) -> Option<String> {
    id.map(|id| id.to_string())
}
