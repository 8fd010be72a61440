//! Progress of files of lines that are being loaded.

use baton_protocol::MessageId;

use crate::few::Few;

/// A file that is being loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loading {
    /// The bytes of it that are here.
    pub got: u64,
    /// Its size.
    pub bytes: u64,
}

/// The files that are being loaded, each by its line. Small pictures are too short to count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loads(Few<MessageId, Loading>);

impl Loads {
    /// Notes how far a file is; `None` when its load has ended.
    pub fn set(&mut self, of: MessageId, loading: Option<Loading>) {
        match loading {
            Some(loading) => drop(self.0.insert(of, loading)),
            None => drop(self.0.remove(&of)),
        }
    }

    /// The progress of a line's file, if it is being loaded.
    pub fn get(&self, of: MessageId) -> Option<Loading> {
        self.0.get(&of).copied()
    }
}
