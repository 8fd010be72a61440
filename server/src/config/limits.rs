//! Lengths of queues and sizes of groups: every wait is bounded, every queue has a limit.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

/// Section `limits`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Events in one transaction of the committer.
    pub group_events_max: usize,
    /// Members waiting for the committer.
    pub committer_queue_max: usize,
    /// The workspaces of a group that waits longer go beside.
    pub lock_wait_ms: u64,
    /// Frames waiting for one socket.
    pub socket_queue_max: usize,
    /// Bad frames in a minute before a socket is closed.
    pub socket_errors_max: usize,
    /// Connections of sockets admitted in a second, in the long run.
    pub connects_per_s: u32,
    /// Connections of sockets admitted at once, after a pause.
    pub connects_burst: u32,
    /// A connection that would wait longer to be admitted is told to come back.
    pub connects_wait_ms: u64,
    /// Connections of sockets admitted in a second from one address, of those that do not say who
    /// they are.
    pub address_connects_per_s: u32,
    /// Connections of sockets admitted at once from one address.
    pub address_connects_burst: u32,
    /// Resumes that read the database at once.
    pub resumes_running_max: usize,
    /// Jobs running at once.
    pub jobs_running_max: usize,
    /// Commands of an agent in a second, in the long run.
    pub agent_commands_per_s: u32,
    /// Commands of an agent at once, after a pause.
    pub agent_commands_burst: u32,
    /// Commands of a workspace in a second, in the long run.
    pub workspace_commands_per_s: u32,
    /// Commands of a workspace at once, after a pause.
    pub workspace_commands_burst: u32,
}

impl LimitsConfig {
    pub(super) fn validate(self) -> Result<(), ConfigError> {
        check_range("limits.group_events_max", self.group_events_max as u64, 1..=256)?;
        check_range("limits.committer_queue_max", self.committer_queue_max as u64, 1..=1_000_000)?;
        check_range("limits.lock_wait_ms", self.lock_wait_ms, 1..=10_000)?;
        check_range("limits.socket_queue_max", self.socket_queue_max as u64, 8..=65_536)?;
        check_range("limits.socket_errors_max", self.socket_errors_max as u64, 1..=10_000)?;
        check_range("limits.connects_per_s", self.connects_per_s.into(), 1..=1_000_000)?;
        check_range("limits.connects_burst", self.connects_burst.into(), 1..=1_000_000)?;
        check_range("limits.connects_wait_ms", self.connects_wait_ms, 0..=10_000)?;
        let address_per_s = self.address_connects_per_s.into();
        check_range("limits.address_connects_per_s", address_per_s, 1..=1_000_000)?;
        let address_burst = self.address_connects_burst.into();
        check_range("limits.address_connects_burst", address_burst, 1..=1_000_000)?;
        check_range("limits.resumes_running_max", self.resumes_running_max as u64, 1..=1_000)?;
        for (key, value) in [
            ("limits.agent_commands_per_s", self.agent_commands_per_s),
            ("limits.agent_commands_burst", self.agent_commands_burst),
            ("limits.workspace_commands_per_s", self.workspace_commands_per_s),
            ("limits.workspace_commands_burst", self.workspace_commands_burst),
        ] {
            check_range(key, value.into(), 1..=1_000_000)?;
        }
        check_range("limits.jobs_running_max", self.jobs_running_max as u64, 1..=10_000)
    }
}
