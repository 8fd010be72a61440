//! The calls of a queue. The team and its supervisors are called first, and the supervisors
//! once more after ten minutes. Then nobody is told again.

#[cfg(test)]
mod tests;

use baton_protocol::{Fact, TeamId, Timestamp};

/// The time from the first call to the second, ms.
const AGAIN_MS: i64 = 10 * 60 * 1000;

/// A call for what nobody can be asked to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// The team and its supervisors.
    First,
    /// Its supervisors once more.
    Again,
}

/// The calls for one open turn in one queue.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Calls {
    first: Option<Timestamp>,
    is_again: bool,
}

impl Calls {
    /// True once the team was called.
    #[must_use]
    pub fn is_begun(self) -> bool {
        self.first.is_some()
    }

    /// The call that is due while nobody can be asked. The first one comes when it is wanted.
    #[must_use]
    pub fn due(self, is_wanted: bool, now: Timestamp) -> Option<Call> {
        match self.first {
            None => is_wanted.then_some(Call::First),
            Some(first) => (!self.is_again && now.since(first) >= AGAIN_MS).then_some(Call::Again),
        }
    }

    /// Notes a call.
    pub fn note(&mut self, call: Call, at: Timestamp) {
        self.first.get_or_insert(at);
        self.is_again |= call == Call::Again;
    }

    /// The calls that the log tells of, for a turn that waits since then in a team's queue. The
    /// facts of the conversation come with the oldest first.
    #[must_use]
    pub fn from_log<'a>(
        facts: impl IntoIterator<Item = (Timestamp, &'a Fact)>,
        (team, since): (TeamId, Timestamp),
    ) -> Self {
        let mut calls = Self::default();
        for (at, fact) in facts {
            if let Fact::OwnerChanged { team_id, .. } = fact
                && *team_id != team
            {
                // Those were of another queue.
                calls = Self::default();
            } else if let Fact::Routed { agent_id: None, trail, .. } = fact
                && trail.to_team.is_none()
                && !trail.circle
                && at >= since
            {
                calls.note(if trail.again { Call::Again } else { Call::First }, at);
            }
        }
        calls
    }
}
