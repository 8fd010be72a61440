//! Owners who are not there while a customer waits: from when on their conversations go back to the
//! queue. Pure: the caller says what it read, and the time by a clock that never goes back.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::setting::Schedule;
use baton_protocol::{
    AgentId, AgentState, Availability, ConversationId, Fact, OwnerCause, Timestamp, WorkspaceId,
};

use crate::hand::reach::{Signs, Verdict};
use crate::hand::shift::{Shift, is_off, is_off_since};

/// Nobody loses anything sooner because nothing reaches them: pushes may be late for all.
const UNREACHABLE: Duration = Duration::from_secs(120);
/// The time after which something given and not opened was missed, ms.
pub const UNOPENED_MS: i64 = 5 * 60_000;
/// The time for which somebody who worked on something works on it, ms.
const WORKED_MS: i64 = 10 * 60_000;
/// Work after the end of a shift keeps it for so long at most, ms.
const STAYS_MS: i64 = 30 * 60_000;
/// In a break, what has waited for so long goes on, ms.
const BREAK_HOLD_MS: i64 = 15 * 60_000;
/// The minutes of a routed team whose policy says nothing of them.
const ABSENT_MIN: u32 = 5;

/// The time for which a team lets turns of owners wait who are not there, by the minutes of its
/// policy. `None`: it takes nothing from anybody.
#[must_use]
pub fn patience(minutes: Option<u32>, is_routed: bool) -> Option<Duration> {
    let minutes = minutes.or(is_routed.then_some(ABSENT_MIN)).filter(|minutes| *minutes > 0)?;
    Some(Duration::from_secs(u64::from(minutes) * 60))
}

/// Why an owner counts as not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Absence {
    /// They said that they are away.
    Away,
    /// Their own hours say that they do not work, and they did not work on it.
    OffShift,
    /// They missed two in a row, and did nothing since.
    NotResponding,
    /// They did not open what they have, and did nothing else.
    Unopened,
    /// Nothing reaches them.
    Unreachable,
}

/// An owner as they were seen.
#[derive(Clone, Copy, Debug)]
pub struct OwnerSeen<'a> {
    /// Whether they are active.
    pub state: AgentState,
    /// Whether they take conversations.
    pub availability: Availability,
    /// The signs of their devices.
    pub signs: Signs,
    /// The schedules of their own.
    pub schedules: &'a [Schedule],
    /// True where they missed two in a row.
    pub is_out: bool,
    /// True where the workspace is braked: then nothing is taken because nothing reaches them.
    pub is_braked: bool,
}

/// An open turn of theirs, as it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TurnSeen {
    /// The start of the turn.
    pub since: Timestamp,
    /// Whether they read its first line.
    pub is_opened: bool,
    /// The last time at which they answered, or typed, in this conversation.
    pub worked_at: Option<Timestamp>,
    /// The change by which it came to them.
    pub given: Option<Given>,
}

/// The last change of the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Given {
    /// The time of it.
    pub at: Timestamp,
    /// The cause of it.
    pub cause: OwnerCause,
}

impl Absence {
    /// Why an owner would not answer this turn; `None` where they may. What belongs to who is about
    /// to leave goes another way.
    pub fn find(owner: OwnerSeen<'_>, turn: TurnSeen, now: Timestamp) -> Option<Self> {
        if owner.state != AgentState::Active {
            return None;
        }
        if owner.availability == Availability::Away {
            return Some(Self::Away);
        }
        match Shift::at(owner.schedules, now) {
            Shift::On => {}
            _ if owner.works_on(turn, now) => return None,
            Shift::Off => return Some(Self::OffShift),
            Shift::Break if now.since(turn.since) >= BREAK_HOLD_MS => return Some(Self::OffShift),
            // They are not at work, and come back.
            Shift::Break => return None,
        }
        if owner.is_out {
            return Some(Self::NotResponding);
        }
        let verdict = owner.signs.verdict(now);
        if verdict == Verdict::Unreachable {
            return (!owner.is_braked).then_some(Self::Unreachable);
        }
        turn.is_unopened(owner.signs, now).then_some(Self::Unopened)
    }

    /// The cause that the log tells.
    pub fn cause(self) -> OwnerCause {
        match self {
            Self::Away | Self::OffShift | Self::NotResponding | Self::Unopened => {
                OwnerCause::Absent
            }
            Self::Unreachable => OwnerCause::Unreachable,
        }
    }

    /// The time for which it has to last, in a team that lets so much pass.
    fn least(self, patience: Duration) -> Duration {
        match self {
            Self::Away => patience,
            Self::Unreachable => UNREACHABLE.max(patience),
            // Time has passed already.
            Self::OffShift | Self::NotResponding | Self::Unopened => Duration::ZERO,
        }
    }
}

impl OwnerSeen<'_> {
    /// Whether they work on it outside their hours: half an hour longer at most, but for what they
    /// took by hand after their hours. An open console is no work.
    fn works_on(&self, turn: TurnSeen, now: Timestamp) -> bool {
        let is_fresh = |at: Option<Timestamp>| at.is_some_and(|at| now.since(at) < WORKED_MS);
        let works = is_fresh(turn.worked_at) || turn.is_opened && is_fresh(self.signs.acted_at);
        let stays = turn.given.is_some_and(|given| {
            given.is_by_hand() && is_off(self.schedules, given.at) && given.at <= now
        });
        works && (stays || !is_off_since(self.schedules, now.plus_ms(-STAYS_MS), now))
    }
}

impl TurnSeen {
    /// Whether they have neither opened it nor done anything else for five minutes, since it was
    /// given to them. What was not given by routing stays with who has more than an open console.
    fn is_unopened(self, signs: Signs, now: Timestamp) -> bool {
        let Some(given) = self.given.filter(|_| !self.is_opened) else { return false };
        let since = Some(self.since.max(given.at)).max(signs.acted_at);
        let is_given = given.cause == OwnerCause::Routed;
        since.is_some_and(|since| now.since(since) >= UNOPENED_MS)
            && (is_given || signs.verdict(now) == Verdict::Connected)
    }
}

impl Given {
    /// Whether its owner took it, or somebody gave it to them.
    fn is_by_hand(self) -> bool {
        matches!(
            self.cause,
            OwnerCause::Claimed
                | OwnerCause::Replied
                | OwnerCause::Accepted
                | OwnerCause::Assigned
                | OwnerCause::Transferred
                | OwnerCause::Reopened
        )
    }
}

/// Those from whom a conversation was taken because they were not there, each with the last time.
/// Who was its owner once more since then is not among them. The oldest fact comes first.
#[must_use]
pub fn lost_by<'a>(
    facts: impl IntoIterator<Item = (Timestamp, &'a Fact)>,
) -> BTreeMap<AgentId, Timestamp> {
    let (mut lost, mut had) = (BTreeMap::new(), None);
    for (at, fact) in facts {
        let Fact::OwnerChanged { owner, cause, .. } = fact else { continue };
        if let Some(agent) = owner.agent() {
            lost.remove(&agent);
        } else if matches!(cause, OwnerCause::Absent | OwnerCause::Unreachable) {
            lost.extend(had.map(|agent| (agent, at)));
        }
        had = owner.agent();
    }
    lost
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
            if now.saturating_sub(since) >= of.absence.least(*patience) {
                over.push(*of);
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::setting::Span;
    use baton_protocol::{Owner, TeamId};
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

    const START: i64 = 1_800_057_600_000;

    /// So many minutes after the beginning of a day.
    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(START + minute * 60_000)
    }

    fn schedule(from: u16, until: u16) -> Schedule {
        let week = std::array::from_fn(|_| vec![Span(from, until)]);
        Schedule { name: "Shift".to_owned(), zone: "UTC".to_owned(), week, ..Schedule::default() }
    }

    fn owner(signs: Signs, schedules: &[Schedule]) -> OwnerSeen<'_> {
        let (state, availability) = (AgentState::Active, Availability::Available);
        OwnerSeen { state, availability, signs, schedules, is_out: false, is_braked: false }
    }

    /// Somebody who did something last in this minute, and whose console is open still.
    fn left(acted: i64, now: i64) -> Signs {
        let (acted_at, heard_at) = (Some(at(acted)), Some(at(now)));
        Signs { has_socket: true, acted_at, heard_at, ..Signs::default() }
    }

    fn turn(since: i64, given: Option<(i64, OwnerCause)>) -> TurnSeen {
        let given = given.map(|(minute, cause)| Given { at: at(minute), cause });
        TurnSeen { since: at(since), is_opened: false, worked_at: None, given }
    }

    #[test]
    fn an_agent_who_is_busy_or_reached_by_a_push_is_there() {
        let now = at(0);
        let of = |availability, signs: Signs| {
            Absence::find(OwnerSeen { availability, ..owner(signs, &[]) }, turn(0, None), now)
        };
        let push = Signs { push_at: Some(now), ..Signs::default() };
        let dead = Signs { unheard: 2, ..push };
        assert_eq!(of(Availability::Available, left(0, 0)), None);
        assert_eq!(of(Availability::Busy, Signs { unheard: 1, ..push }), None);
        assert_eq!(of(Availability::Busy, dead), Some(Absence::Unreachable));
        assert_eq!(of(Availability::Away, left(0, 0)), Some(Absence::Away));
        let braked = OwnerSeen { is_braked: true, ..owner(dead, &[]) };
        assert_eq!(Absence::find(braked, turn(0, None), now), None, "the way to them is lost");
        let leaving = OwnerSeen { state: AgentState::Leaving, ..owner(dead, &[]) };
        assert_eq!(Absence::find(leaving, turn(0, None), now), None, "who leaves gives it back");
        let out = OwnerSeen { is_out: true, ..owner(push, &[]) };
        assert_eq!(Absence::find(out, turn(0, None), now), Some(Absence::NotResponding));
    }

    #[test]
    fn what_is_given_and_not_opened_for_five_minutes_is_missed_unless_they_do_something() {
        let found = |acted, given, now| {
            let of = turn(given, Some((given, OwnerCause::Routed)));
            Absence::find(owner(left(acted, now), &[]), of, at(now))
        };
        assert_eq!(found(10, 11, 15), None);
        assert_eq!(found(10, 11, 16), Some(Absence::Unopened));
        assert_eq!(found(14, 11, 16), None, "they work on something else");
        assert_eq!(found(14, 11, 19), Some(Absence::Unopened), "and went home then");
        let opened = TurnSeen { is_opened: true, ..turn(11, Some((11, OwnerCause::Routed))) };
        assert_eq!(Absence::find(owner(left(0, 60), &[]), opened, at(60)), None);
    }

    #[test]
    fn what_somebody_took_stays_with_a_phone_in_a_pocket_and_not_with_an_open_console() {
        let mine = turn(20, Some((0, OwnerCause::Claimed)));
        let found = |signs, now| Absence::find(owner(signs, &[]), mine, at(now));
        let pocket = Signs { push_at: Some(at(30)), ..left(5, 30) };
        assert_eq!(found(pocket, 30), None);
        assert_eq!(found(left(5, 24), 24), None, "the customer waits for four minutes");
        assert_eq!(found(left(5, 25), 25), Some(Absence::Unopened));
        assert_eq!(found(left(21, 25), 25), None);
    }

    #[test]
    fn a_shift_ends_with_the_console_left_open() {
        let shift = [schedule(8 * 60, 18 * 60)];
        let end = 18 * 60;
        let found = |signs, turn, now| Absence::find(owner(signs, &shift), turn, at(now));
        let waits = turn(end - 30, None);
        assert_eq!(found(left(end - 1, end - 1), waits, end - 1), None);
        assert_eq!(found(left(end, end), waits, end), Some(Absence::OffShift), "nobody opened it");
        // Read, and they are at the desk still.
        let opened = TurnSeen { is_opened: true, ..waits };
        assert_eq!(found(left(end, end + 9), opened, end + 9), None);
        assert_eq!(found(left(end, end + 10), opened, end + 10), Some(Absence::OffShift));
        // Answered a moment ago, and the customer wrote again.
        let worked = TurnSeen { worked_at: Some(at(end + 25)), ..turn(end + 26, None) };
        assert_eq!(found(left(end + 25, end + 29), worked, end + 29), None);
        assert_eq!(found(left(end + 25, end + 31), worked, end + 31), Some(Absence::OffShift));
    }

    #[test]
    fn a_customer_who_writes_to_an_owner_off_shift_waits_for_nobodys_grace() {
        let shift = [schedule(8 * 60, 18 * 60)];
        let night = 23 * 60;
        let found = |signs, turn| Absence::find(owner(signs, &shift), turn, at(night));
        let writes = turn(night, Some((12 * 60, OwnerCause::Claimed)));
        for signs in [left(18 * 60, night), Signs::default(), left(night, night)] {
            assert_eq!(found(signs, writes), Some(Absence::OffShift), "{signs:?}");
            let mut absences = Absences::default();
            let of = deserted(7, Absence::OffShift);
            assert_eq!(absences.look(MINUTE, &[(of, 5 * MINUTE)]), [of], "at once");
        }
        // They took it after their shift by themselves, and are in it.
        let own = turn(night, Some((22 * 60, OwnerCause::Claimed)));
        let own = TurnSeen { worked_at: Some(at(night - 5)), ..own };
        assert_eq!(found(left(night - 5, night), own), None);
    }

    #[test]
    fn who_lost_it_is_known_until_they_own_it_again() {
        let (ana, ben) = (AgentId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)));
        let team_id = TeamId(Uuid::from_u128(9));
        let changed = |owner: Option<AgentId>, cause| Fact::OwnerChanged {
            owner: owner.map_or(Owner::Queue(team_id), Owner::Agent),
            owner_epoch: 1,
            team_id,
            cause,
            exceeded_capacity: false,
            keeps_last: false,
        };
        let mut facts = vec![
            changed(Some(ana), OwnerCause::Routed),
            changed(None, OwnerCause::Absent),
            changed(Some(ben), OwnerCause::Routed),
            changed(None, OwnerCause::Unassigned),
            changed(Some(ben), OwnerCause::Routed),
            changed(None, OwnerCause::Unreachable),
        ];
        let lost = |facts: &[Fact]| lost_by((0..).map(at).zip(facts));
        assert_eq!(lost(&facts), [(ana, at(1)), (ben, at(5))].into());
        assert_eq!(lost(&facts[..4]), [(ana, at(1))].into(), "to give it back is no loss");
        facts.push(changed(Some(ana), OwnerCause::Claimed));
        assert_eq!(lost(&facts), [(ben, at(5))].into());
    }

    #[test]
    fn a_break_takes_nothing_before_a_quarter_of_an_hour() {
        let week = std::array::from_fn(|_| vec![Span(480, 720), Span(780, 1_080)]);
        let shift = [Schedule { week, ..schedule(0, 1) }];
        let found =
            |since, now| Absence::find(owner(left(700, now), &shift), turn(since, None), at(now));
        assert_eq!(found(715, 729), None);
        assert_eq!(found(715, 730), Some(Absence::OffShift));
        assert_eq!(found(775, 779), None);
    }
}
