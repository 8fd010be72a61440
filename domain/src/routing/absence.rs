//! Owners who are not there while a customer waits: from when on their conversations go back to the
//! queue. Pure: the caller says what it read, and the time by a clock that never goes back.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::{AgentId, AgentState, Availability, ConversationId, OwnerCause, WorkspaceId};

use crate::reach::Verdict;

/// Nobody loses anything sooner because nothing reaches them: pushes may be late for all.
const UNREACHABLE: Duration = Duration::from_secs(120);
/// Nor because a shift ends in the middle of it.
const OFF_SHIFT: Duration = Duration::from_secs(600);

/// Why an owner counts as not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Absence {
    /// They said that they are away.
    Away,
    /// Their own hours say that they do not work, and no device of theirs is in use.
    OffShift,
    /// Nothing reaches them.
    Unreachable,
}

impl Absence {
    /// Why an agent would not answer; `None` where they may, and of who is about to leave: their
    /// conversations go another way.
    pub fn find(
        state: AgentState,
        availability: Availability,
        verdict: Verdict,
        is_off_shift: bool,
    ) -> Option<Self> {
        if state != AgentState::Active {
            return None;
        }
        if availability == Availability::Away {
            return Some(Self::Away);
        }
        if is_off_shift && verdict != Verdict::Here {
            return Some(Self::OffShift);
        }
        (verdict == Verdict::Unreachable).then_some(Self::Unreachable)
    }

    /// The cause that the log tells.
    pub fn cause(self) -> OwnerCause {
        match self {
            Self::Away | Self::OffShift => OwnerCause::Absent,
            Self::Unreachable => OwnerCause::Unreachable,
        }
    }
}

/// An open turn whose owner is not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Deserted {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The owner.
    pub agent: AgentId,
    /// The number of the change that made them the owner.
    pub owner_epoch: u64,
    /// The first line of the turn.
    pub from_seq: u64,
    /// Why they are not there.
    pub absence: Absence,
}

/// Since when each has been seen so. It ends with its node: then all of them wait anew.
#[derive(Clone, Default, Debug)]
pub struct Absences {
    since: BTreeMap<Deserted, Duration>,
}

impl Absences {
    /// Notes what is so now, each with how long its team lets it wait. Returns what is over by now.
    /// All else is forgotten: an answer, a return or another owner begins anew.
    pub fn look(&mut self, now: Duration, found: &[(Deserted, Duration)]) -> Vec<Deserted> {
        let before = std::mem::take(&mut self.since);
        let mut over = Vec::new();
        for (of, patience) in found {
            let since = before.get(of).copied().unwrap_or(now);
            self.since.insert(*of, since);
            let least = match of.absence {
                Absence::Away => Duration::ZERO,
                Absence::OffShift => OFF_SHIFT,
                Absence::Unreachable => UNREACHABLE,
            };
            if now.saturating_sub(since) >= least.max(*patience) {
                over.push(*of);
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn deserted(from_seq: u64, absence: Absence) -> Deserted {
        Deserted {
            workspace: WorkspaceId(Uuid::from_u128(1)),
            conversation: ConversationId(Uuid::from_u128(2)),
            agent: AgentId(Uuid::from_u128(3)),
            owner_epoch: 4,
            from_seq,
            absence,
        }
    }

    #[test]
    fn an_owner_loses_it_only_after_having_been_away_for_the_teams_time() {
        let (mut absences, of) = (Absences::default(), deserted(7, Absence::Away));
        let mut look = |minute: u32, found: &[Deserted]| {
            let found: Vec<_> = found.iter().map(|one| (*one, 5 * MINUTE)).collect();
            absences.look(minute * MINUTE, &found)
        };
        assert_eq!(look(10, &[of]), []);
        assert_eq!(look(14, &[of]), []);
        assert_eq!(look(15, &[of]), [of]);
        assert_eq!(look(16, &[]), [], "they came back, or answered");
        assert_eq!(look(17, &[of]), [], "and it begins anew");
        assert_eq!(look(23, &[deserted(9, Absence::Away)]), [], "of another turn too");
        assert_eq!(look(28, &[deserted(9, Absence::Away)]), [deserted(9, Absence::Away)]);
    }

    #[test]
    fn nobody_loses_anything_within_two_minutes_because_nothing_reaches_them() {
        let (mut absences, of) = (Absences::default(), deserted(7, Absence::Unreachable));
        let found = [(of, MINUTE)];
        assert_eq!(absences.look(MINUTE, &found), []);
        assert_eq!(absences.look(2 * MINUTE, &found), []);
        assert_eq!(absences.look(3 * MINUTE, &found), [of]);
    }

    #[test]
    fn an_agent_who_is_busy_or_reached_by_a_push_is_there() {
        let of =
            |availability, verdict| Absence::find(AgentState::Active, availability, verdict, false);
        assert_eq!(of(Availability::Available, Verdict::Here), None);
        assert_eq!(of(Availability::Busy, Verdict::Unsure), None);
        assert_eq!(of(Availability::Busy, Verdict::Unreachable), Some(Absence::Unreachable));
        assert_eq!(of(Availability::Away, Verdict::Here), Some(Absence::Away));
        let leaving = Absence::find(AgentState::Leaving, Availability::Away, Verdict::Here, true);
        assert_eq!(leaving, None, "who leaves gives everything back at once");
    }

    #[test]
    fn who_stays_at_a_device_after_their_shift_keeps_it_and_others_have_ten_minutes() {
        let off =
            |availability, verdict| Absence::find(AgentState::Active, availability, verdict, true);
        assert_eq!(off(Availability::Available, Verdict::Here), None, "they stay longer");
        assert_eq!(off(Availability::Available, Verdict::Push), Some(Absence::OffShift));
        assert_eq!(off(Availability::Busy, Verdict::Unreachable), Some(Absence::OffShift));
        assert_eq!(off(Availability::Away, Verdict::Push), Some(Absence::Away));
        let (mut absences, of) = (Absences::default(), deserted(7, Absence::OffShift));
        let mut look = |minute: u32| absences.look(minute * MINUTE, &[(of, 5 * MINUTE)]);
        assert_eq!((look(0), look(9), look(10)), (vec![], vec![], vec![of]));
    }
}
