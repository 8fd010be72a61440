//! The answer to a command, as decided and as stored: codes and ids, no contents.

use baton_protocol::{Accepted, Refusal};
use serde::{Deserialize, Serialize};

/// The outcome of a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Carried out.
    Accepted(Accepted),
    /// Not carried out.
    Refused(Refusal),
}
