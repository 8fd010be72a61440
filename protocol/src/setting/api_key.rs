//! Keys of programs: as whom they work, and until when.

use serde::{Deserialize, Serialize};

use crate::AgentId;

/// A key with which a program works as an agent: it sees and does what the agent may. Its secrets
/// are shown as `Authorization: Bearer`. It sets nothing up, and signs nobody in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// As people read it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub name: String,
    /// The agent as whom the program works. It cannot be changed later.
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "agent", "x-once" = true)))]
    pub agent: AgentId,
    /// Whether it only reads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub read_only: bool,
    /// The last day on which it is good, as `2027-12-31`, in the workspace's time zone. Left out,
    /// it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub until: Option<String>,
}
