//! The brake of routing: when many people of a workspace seem to be lost at once, it is the way to
//! them that is lost. Then nothing is taken from anybody because nothing reaches them, and only
//! those are asked who are seen at a device.
//!
//! Pure: the caller says what it read, and the time by a clock that never goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::{AgentId, Timestamp};

use crate::reach::{Signs, Verdict};

/// Those who fall within this time fall together.
const TOGETHER: Duration = Duration::from_secs(120);
/// So many may be dead phones.
const DEAD_MAX: usize = 2;
/// A larger part than this, of those who could be asked, is more than dead phones.
const PART: usize = 5;

/// The people of a workspace, as they were seen.
#[derive(Clone, Default, Debug)]
pub struct BrakeInput {
    /// Those who could be asked, and what their devices have shown.
    pub people: BTreeMap<AgentId, Signs>,
    /// Those whose devices did not have an offer, since the last look.
    pub bounced: BTreeSet<AgentId>,
}

/// A change of the brake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrakeChange {
    /// Whether it is on from here on.
    pub is_on: bool,
    /// The number of people who were lost together and have not shown themselves since.
    pub fallen: usize,
    /// The number of people who could be asked.
    pub of: usize,
}

/// Whether it is on, and why. It ends with its node: then it sees anew who is lost.
#[derive(Clone, Default, Debug)]
pub struct Brake {
    is_on: bool,
    /// Those who were reachable at the last look.
    reachable: BTreeSet<AgentId>,
    /// Those who fell: the time, and the last that their devices had shown by then.
    fallen: BTreeMap<AgentId, (Duration, Option<Timestamp>)>,
    /// The number of those who fell while it was on, with those who turned it on.
    lost: usize,
}

impl Brake {
    /// Whether it is on.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Looks at everybody. `now` is the time of the signs, `at` that of the steady clock.
    pub fn look(
        &mut self,
        (now, at): (Timestamp, Duration),
        seen: &BrakeInput,
    ) -> Option<BrakeChange> {
        let shown = |signs: &Signs| signs.heard_at.max(signs.push_at);
        let is_reached = |signs: &Signs| signs.verdict(now) != Verdict::Unreachable;
        // Who shows anything since has not fallen, and who went home is no sign of anything.
        self.fallen.retain(|agent, (since, before)| {
            let still = seen.people.get(agent).is_some_and(|signs| shown(signs) <= *before);
            still && (self.is_on || at.saturating_sub(*since) < TOGETHER)
        });
        for (agent, signs) in &seen.people {
            let is_here = signs.verdict(now) == Verdict::Here;
            // Who has nothing to push to and closes the page is away by their own act.
            let is_lost = signs.push_at.is_some() && !is_reached(signs);
            let falls = is_lost && self.reachable.contains(agent)
                || seen.bounced.contains(agent) && !is_here;
            if falls && !self.fallen.contains_key(agent) {
                self.fallen.insert(*agent, (at, shown(signs)));
                self.lost += usize::from(self.is_on);
            }
        }
        let reached = seen.people.iter().filter(|(_, signs)| is_reached(signs));
        self.reachable = reached.map(|(agent, _)| *agent).collect();
        let (fallen, of) = (self.fallen.len(), seen.people.len());
        let turns = match self.is_on {
            false => fallen > DEAD_MAX.max(of / PART),
            // Half of them have shown themselves.
            true => fallen * 2 <= self.lost,
        };
        if !turns {
            return None;
        }
        self.is_on = !self.is_on;
        self.lost = if self.is_on { fallen } else { 0 };
        if !self.is_on {
            self.fallen.clear();
        }
        Some(BrakeChange { is_on: self.is_on, fallen, of })
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::{AgentState, Availability, ConversationId, WorkspaceId};
    use uuid::Uuid;

    use super::*;
    use crate::chance::next;
    use crate::routing::absence::{Absence, Absences, Deserted};

    const START: i64 = 1_800_000_000_000;
    const STEP_S: u64 = 5;
    const PEOPLE: u128 = 40;

    fn agent(number: u128) -> AgentId {
        AgentId(Uuid::from_u128(number))
    }

    fn at(second: u64) -> (Timestamp, Duration) {
        let ms = i64::try_from(second * 1_000).unwrap();
        (Timestamp::from_ms(START + ms), Duration::from_secs(second))
    }

    /// Pushed some seconds before the start, and so many pushes went unheard since.
    fn signs(push_s: i64, unheard: u32) -> Signs {
        let push_at = Some(Timestamp::from_ms(START + push_s * 1_000));
        Signs { push_at, unheard, ..Signs::default() }
    }

    fn seen(of: impl IntoIterator<Item = (u128, Signs)>) -> BrakeInput {
        let people = of.into_iter().map(|(number, signs)| (agent(number), signs)).collect();
        BrakeInput { people, bounced: BTreeSet::new() }
    }

    #[test]
    fn two_dead_phones_are_dead_phones_and_a_third_at_once_is_more() {
        let mut brake = Brake::default();
        let all =
            |dead: u128| seen((1..=10).map(|n| (n, signs(-60, if n <= dead { 2 } else { 0 }))));
        assert_eq!(brake.look(at(0), &all(0)), None);
        assert_eq!(brake.look(at(5), &all(2)), None);
        let on = BrakeChange { is_on: true, fallen: 3, of: 10 };
        assert_eq!(brake.look(at(10), &all(3)), Some(on));
        assert!(brake.is_on());
        assert_eq!(brake.look(at(600), &all(3)), None, "it stays on by itself");
    }

    #[test]
    fn those_who_are_lost_one_after_the_other_turn_nothing_on() {
        let mut brake = Brake::default();
        for dead in 0..=10 {
            let all = seen((1..=10).map(|n| (n, signs(-60, if n <= dead { 2 } else { 0 }))));
            let minute = u64::try_from(dead).unwrap() * 60;
            assert_eq!(brake.look(at(minute), &all), None, "{dead}");
        }
    }

    #[test]
    fn a_team_that_closes_its_pages_in_the_evening_turns_nothing_on() {
        let mut brake = Brake::default();
        let at_desks = |second| {
            let signs =
                Signs { has_socket: true, heard_at: Some(at(second).0), ..Signs::default() };
            seen((1..=10).map(|n| (n, signs)))
        };
        assert_eq!(brake.look(at(100), &at_desks(100)), None);
        assert_eq!(brake.look(at(400), &at_desks(100)), None);
    }

    #[test]
    fn offers_that_nobody_got_turn_it_on_and_half_of_them_seen_again_turn_it_off() {
        let mut brake = Brake::default();
        let mut all = seen((1..=10).map(|n| (n, signs(-60, 0))));
        assert_eq!(brake.look(at(0), &all), None);
        all.bounced = (1..=4).map(agent).collect();
        assert!(brake.look(at(5), &all).is_some_and(|change| change.is_on));
        all.bounced.clear();
        all.people.insert(agent(1), signs(10, 0));
        assert_eq!(brake.look(at(15), &all), None);
        all.people.insert(agent(2), Signs { heard_at: Some(at(18).0), ..signs(-60, 0) });
        let off = BrakeChange { is_on: false, fallen: 2, of: 10 };
        assert_eq!(brake.look(at(20), &all), Some(off));
        assert_eq!(brake.look(at(25), &all), None, "and it is not on again for the same ones");
    }

    /// An hour of a team: everybody gets a push now and then, four phones die, and for ten minutes
    /// nothing comes through. Returns how many conversations were taken from the living, and how
    /// many of the dead ones' were.
    fn hour(seed: u64, has_brake: bool) -> (usize, usize) {
        let (mut dice, mut brake, mut absences) = (seed, Brake::default(), Absences::default());
        let mut people: BTreeMap<AgentId, Signs> =
            (1..=PEOPLE).map(|n| (agent(n), signs(-300, 0))).collect();
        let dies_at = |n: u128| if n <= 4 { 600 * u64::try_from(n).unwrap() } else { u64::MAX };
        let mut pushed: BTreeMap<AgentId, Vec<u64>> = BTreeMap::new();
        let mut taken: BTreeSet<AgentId> = BTreeSet::new();
        for second in (0..3_600).step_by(usize::try_from(STEP_S).unwrap()) {
            let is_away = (1_200..1_800).contains(&second);
            for n in 1..=PEOPLE {
                let Some(of) = people.get_mut(&agent(n)) else { continue };
                let sent = pushed.entry(agent(n)).or_default();
                if next(&mut dice).is_multiple_of(24) {
                    if is_away || second >= dies_at(n) {
                        sent.push(second);
                    } else {
                        *of = Signs { push_at: Some(at(second).0), ..*of };
                        sent.clear();
                    }
                }
                let unheard = sent.iter().filter(|pushed| second >= **pushed + 60).count();
                of.unheard = u32::try_from(unheard).unwrap();
            }
            brake
                .look(at(second), &BrakeInput { people: people.clone(), bounced: BTreeSet::new() });
            let is_lost = |signs: &Signs| signs.verdict(at(second).0) == Verdict::Unreachable;
            let is_braked = has_brake && brake.is_on();
            let lost = people.iter().filter(|(_, of)| is_lost(of) && !is_braked);
            let found: Vec<_> = lost.map(|(agent, _)| (deserted(*agent), Duration::ZERO)).collect();
            let over = absences.look(at(second).1, &found).into_iter();
            taken.extend(over.map(|of| of.agent));
        }
        let dead: BTreeSet<AgentId> = (1..=4).map(agent).collect();
        (taken.difference(&dead).count(), taken.intersection(&dead).count())
    }

    fn deserted(agent: AgentId) -> Deserted {
        let (state, availability) = (AgentState::Active, Availability::Available);
        Deserted {
            workspace: WorkspaceId(Uuid::nil()),
            conversation: ConversationId(agent.0),
            agent,
            owner_epoch: 1,
            from_seq: 1,
            absence: Absence::find(state, availability, Verdict::Unreachable, false).unwrap(),
        }
    }

    #[test]
    fn while_pushes_are_away_few_of_the_living_lose_theirs_and_all_dead_phones_do() {
        for seed in 1..=50 {
            let (living, dead) = hour(seed, true);
            assert!(living <= 9, "seed {seed}: {living} were taken from the living");
            assert_eq!(dead, 4, "seed {seed}");
            let (without, _) = hour(seed, false);
            assert!(without >= 20, "seed {seed}: {without} without the brake");
        }
    }
}
