//! The state of the program of the team's own.

use std::collections::BTreeSet;

/// Its knowledge of those who ask.
#[derive(Clone, Default, Debug)]
pub(crate) struct Assistant {
    /// The secret (`whsec_…`) that requests are signed with. Without one it answers nobody.
    pub(crate) secret: Option<String>,
    /// Whether it takes requests, and says nothing.
    pub(crate) is_silent: bool,
    /// The ids of the requests that asked for labels.
    pub(crate) classified: BTreeSet<String>,
}
