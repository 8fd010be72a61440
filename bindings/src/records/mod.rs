//! The values of the API. Ids are texts, times are milliseconds since 1970 (UTC).

mod acts;
mod asked;
mod contents;
mod context;
mod episodes;
mod events;
mod fields;
mod files;
mod glance;
mod lines;
mod lists;
mod logs;
mod messages;
mod outbox;
mod people;
mod push;
mod served;
mod settings;
mod steps;
mod templates;

pub use acts::*;
pub use asked::*;
pub use contents::*;
pub use context::*;
pub use episodes::*;
pub use events::*;
pub use fields::*;
pub use files::*;
pub use glance::*;
pub use lines::*;
pub use lists::*;
pub use logs::*;
pub use messages::*;
pub use outbox::*;
pub use people::*;
pub use push::*;
pub use served::*;
pub use settings::*;
pub use steps::*;
pub use templates::*;

use std::fmt::Display;

use baton_protocol::{LineRef, Seen};
use uuid::Uuid;

use crate::CoreError;

/// The newest line that the agent had seen when acting.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SeenLine {
    /// The line's number in its conversation.
    pub seq: u64,
    /// The id of the message.
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

/// Parses an id.
pub(crate) fn id_of<T: From<Uuid>>(what: &str, text: &str) -> Result<T, CoreError> {
    let id: Uuid = text.parse().map_err(|_odd| CoreError::Invalid {
        what: what.to_owned(),
        detail: format!("{what} must be an id"),
    })?;
    Ok(T::from(id))
}

/// Parses an optional id.
pub(crate) fn maybe_id<T: From<Uuid>>(
    what: &str,
    text: Option<String>,
) -> Result<Option<T>, CoreError> {
    text.map(|text| id_of(what, &text)).transpose()
}

/// Formats an optional id.
pub(crate) fn text_of<T: Display>(id: Option<T>) -> Option<String> {
    id.map(|id| id.to_string())
}
