//! What the core says of itself, for support: the last records, and the app's [`LogSink`].
//!
//! Nothing that somebody wrote can be said: a [`Said`] takes ids, counts and words that stand in
//! this source, and no text from elsewhere.
//!
//! ```compile_fail
//! use baton_mobile::runtime::{Level, Part, Said};
//! let text = String::from("what a customer wrote");
//! let said = Said::new(Level::Info, Part::Sync, "a line came").with("text", text);
//! ```
//!
//! ```
//! use baton_mobile::runtime::{Level, Part, Said};
//! let said = Said::new(Level::Info, Part::Sync, "events are applied").with("count", 3_u64);
//! assert_eq!(said.message(), "events are applied count=3");
//! ```
//!
//! - `ring` keeps the last records and hands them to the sink from a thread of its own; `words` is
//!   what is said of which effect, input and error; `panics` says where the core made a mistake.

mod panics;
mod ring;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::panic::Location;

use baton_protocol::{AgentId, ConversationId, DeviceId, OpId, Timestamp};
use uuid::Uuid;

use crate::push::PushId;

pub(super) use panics::forward as forward_panics;
pub(super) use ring::Log;

/// How much a record matters, the most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Something is wrong with the core or the device.
    Error,
    /// Something did not go as it should, and was dealt with.
    Warn,
    /// What happened.
    Info,
    /// How it came about.
    Debug,
}

/// Which part of the core says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The life of the core: opened, looked at, put away.
    Life,
    /// Who is signed in.
    Session,
    /// The connection.
    Link,
    /// What comes of the log.
    Sync,
    /// What the agent does.
    Outbox,
    /// Pushes, and what is shown outside of the app.
    Push,
    /// What is kept.
    Store,
    /// What the app gave to the core.
    App,
}

impl Part {
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

/// One thing that is said; see the head of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    level: Level,
    part: Part,
    what: &'static str,
    details: Vec<(&'static str, Detail)>,
}

/// What a record may tell besides its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Detail {
    /// A word of this source.
    Word(&'static str),
    /// How much or how many, or the number of something.
    Count(i64),
    /// The id of something, which says nothing of what it is about.
    Id(Uuid),
    /// A place in the source.
    Place(Place),
}

/// A file of the source and a line in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    file: String,
    line: u32,
}

impl From<&Location<'_>> for Place {
    /// Without the directory of whoever built it.
    fn from(place: &Location<'_>) -> Self {
        let file = place.file();
        let from = file.rfind("/src/").map_or(0, |at| at + 1);
        Self { file: file.get(from..).unwrap_or_default().to_owned(), line: place.line() }
    }
}

/// A record, as apps are given it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// How much it matters.
    pub level: Level,
    /// Which part of the core says it.
    pub part: Part,
    /// What it says.
    pub message: String,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// How many records before it are missing here: the oldest make room.
    pub dropped: u64,
}

/// Takes records. Called in order, from a thread that does nothing else.
pub trait LogSink: Send + Sync {
    /// Says whether it was taken: `false` counts as thrown.
    fn take(&self, record: Record) -> bool;
}

impl Said {
    /// Something to say.
    pub fn new(level: Level, part: Part, what: &'static str) -> Self {
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
            Self::Place(Place { file, line }) => write!(f, "{file}:{line}"),
        }
    }
}

impl From<&'static str> for Detail {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<Place> for Detail {
    fn from(place: Place) -> Self {
        Self::Place(place)
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
    id: AgentId, ConversationId, DeviceId, OpId, PushId
);
