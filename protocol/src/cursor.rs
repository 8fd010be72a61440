//! A cursor, `epoch:position`: the last position of the log that a client has applied.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::Epoch;

/// A place in the log of one life of the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The log's identity.
    pub epoch: Epoch,
    /// The last position applied; 0 is before the first event.
    pub position: u64,
}

/// The text is not `epoch:position`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a cursor is written epoch:position")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, position) = text.split_once(':').ok_or(NotACursor)?;
        let epoch = epoch.parse().map_err(|_parse: uuid::Error| NotACursor)?;
        let position = position.parse().map_err(|_parse: std::num::ParseIntError| NotACursor)?;
        Ok(Self { epoch, position })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.epoch, self.position)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
