//! The faults, their times and their targets: a pure function of a seed, so that a run can be
//! repeated.

use std::fmt;
use std::time::Duration;

use baton_model::dice::Dice;

/// Faults that strike a cluster. The letters are those of the matrix of faults.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// F1: a node is killed, and started again.
    Kill,
    /// F3: `PostgreSQL` ends all connections of a node.
    Terminated,
    /// F3: the road to `PostgreSQL` is black in both directions.
    DatabaseGone,
    /// F3: the road to `PostgreSQL` is slow.
    DatabaseSlow,
    /// F4: a COMMIT is said, and its answer is never heard.
    CommitUnknown,
    /// F5: Redis is killed, and comes back empty.
    RedisKilled,
    /// F5: Redis forgets everything.
    RedisFlushed,
    /// F5: Redis ends all subscriptions.
    RedisUnsubscribed,
    /// F7: a node hears Redis and cannot say anything to it.
    RedisDeaf,
    /// F7: a node can say everything to Redis and hears nothing.
    RedisMute,
    /// F8: a node is stopped for longer than its socket's patience, and goes on.
    Pause,
    /// F11: WhatsApp loses answers, hangs, refuses.
    Provider,
    /// F12: webhooks come repeatedly, merged and out of order.
    Webhooks,
    /// F16: a client that reads next to nothing.
    SlowClient,
    /// F17: the network between clients and a node is late, in pieces, and resets connections.
    Network,
    /// F17: a node's clients are neither heard nor told anything.
    ClientsGone,
    /// F21: a node is told to stop, and started again.
    Stop,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 17] = [
        Self::Kill,
        Self::Terminated,
        Self::DatabaseGone,
        Self::DatabaseSlow,
        Self::CommitUnknown,
        Self::RedisKilled,
        Self::RedisFlushed,
        Self::RedisUnsubscribed,
        Self::RedisDeaf,
        Self::RedisMute,
        Self::Pause,
        Self::Provider,
        Self::Webhooks,
        Self::SlowClient,
        Self::Network,
        Self::ClientsGone,
        Self::Stop,
    ];

    /// Whether there must be a Redis for it.
    pub fn is_of_redis(self) -> bool {
        matches!(
            self,
            Self::RedisKilled
                | Self::RedisFlushed
                | Self::RedisUnsubscribed
                | Self::RedisDeaf
                | Self::RedisMute
        )
    }

    /// The bounds of its duration: from and below, in milliseconds.
    fn span_ms(self) -> (u64, u64) {
        match self {
            Self::Kill => (0, 2_000),
            Self::Pause => (5_000, 5_001),
            Self::DatabaseGone | Self::RedisDeaf | Self::RedisMute | Self::ClientsGone => {
                (1_000, 4_000)
            }
            Self::DatabaseSlow | Self::Provider | Self::Webhooks | Self::Network => (2_000, 5_000),
            Self::RedisKilled | Self::Stop => (0, 1_500),
            Self::CommitUnknown | Self::SlowClient => (2_000, 3_000),
            Self::Terminated | Self::RedisFlushed | Self::RedisUnsubscribed => (0, 1),
        }
    }
}

/// One fault of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planned {
    /// The time from the beginning of the run.
    pub at: Duration,
    /// The fault.
    pub fault: Fault,
    /// On which node; those of Redis, WhatsApp and webhooks concern all.
    pub node: usize,
    /// The duration.
    pub lasts: Duration,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, lasts) = (self.at.as_secs_f64(), self.lasts.as_millis());
        write!(f, "{at:>6.1} s  {:?} on node {} for {lasts} ms", self.fault, self.node)
    }
}

/// The input of a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of nodes.
    pub nodes: usize,
    /// Whether there is a Redis.
    pub has_redis: bool,
    /// The duration of the run.
    pub lasts: Duration,
    /// From one fault to the next.
    pub every: Duration,
}

/// The faults of a run, in order. Each kind comes once before any comes again.
pub fn schedule(plan: &Plan) -> Vec<Planned> {
    let mut dice = Dice::of_part(plan.seed, u64::from(u32::MAX));
    let mut bag: Vec<Fault> = Vec::new();
    let mut planned = Vec::new();
    let mut at = plan.every / 2;
    while at < plan.lasts {
        if bag.is_empty() {
            bag.extend(Fault::ALL.iter().filter(|fault| plan.has_redis || !fault.is_of_redis()));
        }
        let place = usize::try_from(dice.below_u64(bag.len() as u64)).unwrap_or(0);
        let fault = bag.swap_remove(place);
        let node = usize::try_from(dice.below_u64(plan.nodes as u64)).unwrap_or(0);
        let (from, below) = fault.span_ms();
        let lasts = Duration::from_millis(from + dice.below_u64(below - from));
        planned.push(Planned { at, fault, node, lasts });
        at += plan.every;
    }
    planned
}

/// A schedule in words, so that it can be repeated.
pub fn told(schedule: &[Planned]) -> String {
    schedule.iter().map(|planned| format!("{planned}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(seed: u64, has_redis: bool) -> Plan {
        let (lasts, every) = (Duration::from_secs(600), Duration::from_secs(10));
        Plan { seed, nodes: 3, has_redis, lasts, every }
    }

    #[test]
    fn the_same_seed_gives_the_same_faults_and_another_seed_others() {
        assert_eq!(schedule(&plan(7, true)), schedule(&plan(7, true)));
        assert_ne!(schedule(&plan(7, true)), schedule(&plan(8, true)));
    }

    #[test]
    fn ten_minutes_hold_sixty_faults_of_every_kind_on_every_node() {
        for seed in 0..50 {
            let planned = schedule(&plan(seed, true));
            assert_eq!(planned.len(), 60);
            let kinds: BTreeSet<_> = planned.iter().map(|planned| planned.fault).collect();
            assert_eq!(kinds.len(), Fault::ALL.len());
            let nodes: BTreeSet<_> = planned.iter().map(|planned| planned.node).collect();
            assert_eq!(nodes, BTreeSet::from([0, 1, 2]));
        }
    }

    #[test]
    fn every_kind_comes_once_before_any_comes_again() {
        let planned = schedule(&plan(3, true));
        let first: BTreeSet<_> = planned.iter().take(Fault::ALL.len()).map(|p| p.fault).collect();
        assert_eq!(first.len(), Fault::ALL.len());
    }

    #[test]
    fn without_redis_nothing_happens_to_it() {
        let planned = schedule(&plan(1, false));
        assert!(planned.iter().all(|planned| !planned.fault.is_of_redis()));
    }
}
