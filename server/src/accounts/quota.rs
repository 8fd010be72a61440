//! Quotas of commands for an agent, a program with a key, and a workspace. Each is a rate in the
//! long run, and more after a pause. What is asked of outcomes counts as well, for it is written
//! down.
//!
//! Each node counts for itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_protocol::WorkspaceId;

use crate::clock::Clock;
use crate::config::LimitsConfig;
use crate::speaker::Party;

/// Agents, programs and workspaces remembered; beyond it those whose quota is whole are forgotten.
const REMEMBERED: usize = 10_000;

/// So many in a second in the long run, and so many at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// In a second.
    pub per_s: u32,
    /// At once, after a pause.
    pub burst: u32,
}

/// The commands left to an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Left {
    /// The number to begin with.
    pub of: Rate,
    /// The number of commands that may be given at once.
    pub remaining: u32,
    /// The time at which it is whole again.
    pub whole_in: Duration,
}

/// The quotas of all. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Quota(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    agent: Rate,
    workspace: Rate,
    clock: Clock,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    parties: BTreeMap<Party, Duration>,
    workspaces: BTreeMap<WorkspaceId, Duration>,
}

impl Quota {
    /// As configured, all whole.
    pub fn new(limits: &LimitsConfig, clock: Clock) -> Self {
        let rate = |per_s, burst| Rate { per_s, burst };
        Self(Arc::new(Inner {
            agent: rate(limits.agent_commands_per_s, limits.agent_commands_burst),
            workspace: rate(limits.workspace_commands_per_s, limits.workspace_commands_burst),
            clock,
            buckets: Mutex::default(),
        }))
    }

    /// The quota of an agent.
    pub fn agent(&self) -> Rate {
        self.0.agent
    }

    /// Takes so many of the commands of an agent, or of a program with a key.
    ///
    /// # Errors
    /// The time to wait, when there are not so many left to them or to their workspace.
    pub fn take(&self, party: Party, count: usize) -> Result<Left, Duration> {
        let (now, count) = (self.0.clock.monotonic(), u32::try_from(count).unwrap_or(u32::MAX));
        let mut buckets = self.0.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Buckets { parties, workspaces } = &mut *buckets;
        let ((workspace, _), _) = party;
        let mine = after(parties, party, self.0.agent, count, now)?;
        let all = after(workspaces, workspace, self.0.workspace, count, now)?;
        parties.insert(party, mine);
        workspaces.insert(workspace, all);
        drop(buckets);
        let whole_in = mine.saturating_sub(now);
        let lacking = whole_in.as_nanos().div_ceil(each(self.0.agent).as_nanos().max(1));
        let lacking = u32::try_from(lacking).unwrap_or(u32::MAX);
        let remaining = self.0.agent.burst.saturating_sub(lacking);
        Ok(Left { of: self.0.agent, remaining, whole_in })
    }
}

fn each(rate: Rate) -> Duration {
    Duration::from_secs(1) / rate.per_s.max(1)
}

/// The time at which a bucket is full again once so many were taken, or for which it lacks them.
fn after<K: Ord + Copy>(
    buckets: &mut BTreeMap<K, Duration>,
    key: K,
    rate: Rate,
    count: u32,
    now: Duration,
) -> Result<Duration, Duration> {
    if buckets.len() >= REMEMBERED && !buckets.contains_key(&key) {
        buckets.retain(|_, full_at| *full_at > now);
    }
    let full_at = buckets.get(&key).copied().unwrap_or(now).max(now);
    // Who asks for more than there can be is let through when the bucket is full.
    let count = count.min(rate.burst);
    let then = full_at + each(rate) * count;
    let most = now + each(rate) * rate.burst;
    if then > most { Err(then - most) } else { Ok(then) }
}

#[cfg(test)]
mod tests {
    use baton_protocol::{AgentId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::clock::ManualClock;

    const HERE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const ANA: AgentId = AgentId(Uuid::from_u128(2));
    const BEN: AgentId = AgentId(Uuid::from_u128(3));

    #[test]
    fn an_agent_has_a_quota_and_so_has_the_workspace() {
        let clock = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 1);
        let quota = Quota(Arc::new(Inner {
            agent: Rate { per_s: 10, burst: 100 },
            workspace: Rate { per_s: 10, burst: 150 },
            clock: clock.clock(),
            buckets: Mutex::default(),
        }));
        let left = quota.take(((HERE, ANA), None), 60).unwrap();
        assert_eq!((left.remaining, left.whole_in), (40, Duration::from_secs(6)));
        assert_eq!(quota.take(((HERE, ANA), None), 60), Err(Duration::from_secs(2)), "the agent's");
        quota.take(((HERE, ANA), None), 40).unwrap();
        assert_eq!(
            quota.take(((HERE, BEN), None), 60),
            Err(Duration::from_secs(1)),
            "the workspace's"
        );
        assert_eq!(
            quota.take(((HERE, BEN), None), 50).unwrap().remaining,
            50,
            "a refusal costs nothing"
        );
        let elsewhere = WorkspaceId(Uuid::from_u128(4));
        assert_eq!(quota.take(((elsewhere, ANA), None), 100).unwrap().remaining, 0);
    }
}
