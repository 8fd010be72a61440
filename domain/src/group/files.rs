//! Files of lines, as a group leaves them to be fetched and sent.

use baton_protocol::MessageId;

use super::work::MessageAt;
use crate::fact::upload::Uploaded;

/// A file that is to be fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedFile {
    /// The line.
    pub at: MessageAt,
    /// Meta's id of it.
    pub media: String,
}

/// A file that the team sends.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// The line.
    pub at: MessageAt,
    /// The upload.
    pub upload: Uploaded,
}

/// The file of a line that the team sends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForwardedFile {
    /// The new line.
    pub at: MessageAt,
    /// The line whose file it is.
    pub source: MessageId,
}
