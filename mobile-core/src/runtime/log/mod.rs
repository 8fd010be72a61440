//! The core's log, for support: the last records, and the app's [`LogSink`].
//!
//! No text of customers or agents can be logged: a [`LogEntry`] takes ids, counts and words of this
//! source, and no other text.
//!
//! ```compile_fail
//! use baton_mobile::runtime::{LogLevel, LogTarget, LogEntry};
//! let text = String::from("what a customer wrote");
//! let said = LogEntry::new(LogLevel::Info, LogTarget::Sync, "a line came").with("text", text);
//! ```
//!
//! ```
//! use baton_mobile::runtime::{LogLevel, LogTarget, LogEntry};
//! let said = LogEntry::new(LogLevel::Info, LogTarget::Sync, "events are applied");
//! let said = said.with("count", 3_u64);
//! assert_eq!(said.message(), "events are applied count=3");
//! ```
//!
//! - `ring` keeps the last records and passes them to the sink from a thread of its own.
//! - `words` makes the entries for effects, inputs and errors.
//! - `panics` logs where the core panicked.

mod panics;
mod ring;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::panic::Location;

use baton_protocol::{AgentId, ConversationId, DeviceId, MessageId, OpId, Timestamp};
use uuid::Uuid;

use crate::push::PushId;

pub(super) use panics::forward as forward_panics;
pub(super) use ring::Log;

/// The weight of a record, the heaviest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogLevel {
    /// Something is wrong with the core or the device.
    Error,
    /// Something did not go as it should, and was dealt with.
    Warn,
    /// Something that is worth a line happened.
    Info,
    /// The steps that led there.
    Debug,
}

/// The part of the core that writes the record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogTarget {
    /// The life of the core: opened, looked at, put away.
    Life,
    /// The session: who is signed in.
    Session,
    /// The connection.
    Link,
    /// The log's events, as they are applied.
    Sync,
    /// Acts of the agent.
    Outbox,
    /// Pushes, and what is shown outside of the app.
    Push,
    /// The store.
    Store,
    /// The app's part: its listeners and key store.
    App,
}

impl LogTarget {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Life => "life",
            Self::Session => "session",
            Self::Link => "link",
            Self::Sync => "sync",
            Self::Outbox => "outbox",
            Self::Push => "push",
            Self::Store => "store",
            Self::App => "app",
        }
    }
}

/// An entry of the log. See the [module](self).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntry {
    level: LogLevel,
    part: LogTarget,
    what: &'static str,
    details: Vec<(&'static str, Detail)>,
}

/// A value that a record has besides its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Detail {
    /// A word of this source.
    Word(&'static str),
    /// An amount, or the number of something.
    Count(i64),
    /// The id of something, which says nothing of what it is about.
    Id(Uuid),
    /// A place in the source.
    Source(SourceLocation),
}

/// A file of the source and a line in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLocation {
    file: String,
    line: u32,
}

impl From<&Location<'_>> for SourceLocation {
    /// Leaves out the directory in which it was built.
    fn from(place: &Location<'_>) -> Self {
        let file = place.file();
        let from = file.rfind("/src/").map_or(0, |at| at + 1);
        Self { file: file.get(from..).unwrap_or_default().to_owned(), line: place.line() }
    }
}

/// A record, as apps are given it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRecord {
    /// The weight.
    pub level: LogLevel,
    /// The part of the core that writes it.
    pub part: LogTarget,
    /// The message.
    pub message: String,
    /// The time of the record, by the device's clock.
    pub at: Timestamp,
    /// The number of records missing before it: the oldest make room.
    pub dropped: u64,
}

/// Takes records. Called in order, from a thread that does nothing else.
pub trait LogSink: Send + Sync {
    /// Says whether it was taken: `false` counts as thrown.
    fn take(&self, record: LogRecord) -> bool;
}

impl LogEntry {
    /// Something to say.
    pub fn new(level: LogLevel, part: LogTarget, what: &'static str) -> Self {
        Self { level, part, what, details: Vec::new() }
    }

    /// With this as well.
    #[must_use]
    pub fn with(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.details.push((name, detail.into()));
        self
    }

    /// With this, if it is there.
    #[must_use]
    pub fn with_some(self, name: &'static str, detail: Option<impl Into<Detail>>) -> Self {
        match detail {
            Some(detail) => self.with(name, detail),
            None => self,
        }
    }

    /// As people read it.
    pub fn message(&self) -> String {
        let mut text = self.what.to_owned();
        for (name, detail) in &self.details {
            text.push_str(&format!(" {name}={detail}"));
        }
        text
    }
}

impl std::fmt::Display for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Count(count) => write!(f, "{count}"),
            Self::Id(id) => write!(f, "{id}"),
            Self::Source(SourceLocation { file, line }) => write!(f, "{file}:{line}"),
        }
    }
}

impl From<&'static str> for Detail {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<SourceLocation> for Detail {
    fn from(place: SourceLocation) -> Self {
        Self::Source(place)
    }
}

macro_rules! details {
    (count: $($count:ty),+; id: $($id:ty),+) => {
        $(impl From<$count> for Detail {
            fn from(count: $count) -> Self {
                Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
            }
        })+
        $(impl From<$id> for Detail {
            fn from(id: $id) -> Self {
                Self::Id(id.0)
            }
        })+
    };
}

details!(
    count: u16, u32, u64, usize, i32, i64;
    id: AgentId, ConversationId, DeviceId, MessageId, OpId, PushId
);
