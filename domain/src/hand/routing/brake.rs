//! The brake of routing: when many people of a workspace seem to be lost at once, it is the way to
//! them that is lost. Then nothing is taken from anybody because nothing reaches them. Only those
//! are asked who are seen at a device, or whose devices live: they had a push since.
//!
//! Pure: the caller says what it read, and the time by a clock that never goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::{AgentId, Timestamp};

use crate::hand::reach::{Signs, Verdict};

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
    /// The time since which it is on.
    on: Option<Timestamp>,
    /// Those who were reachable at the last look.
    reachable: BTreeSet<AgentId>,
    /// Those who fell: the time, and the last that their devices had shown by then.
    fallen: BTreeMap<AgentId, (Duration, Option<Timestamp>)>,
    /// The number of those who fell while it was on, with those who turned it on.
    lost: usize,
    /// Those who had not shown themselves when it ended, and the last that their devices had shown:
    /// their phones are dead, and turn nothing on.
    dead: BTreeMap<AgentId, Option<Timestamp>>,
}

impl Brake {
    /// Whether it is on.
    pub fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Whether it keeps somebody from being asked.
    pub fn holds(&self, signs: &Signs, now: Timestamp) -> bool {
        let lives = |since| signs.push_at.is_some_and(|at| at > since);
        let is_at_device = signs.is_connected(now) || signs.verdict(now) == Verdict::Here;
        self.on.is_some_and(|since| !lives(since) && !is_at_device)
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
        let is_still = |agent: &AgentId, before: Option<Timestamp>| {
            seen.people.get(agent).is_some_and(|signs| shown(signs) <= before)
        };
        let is_on = self.is_on();
        self.fallen.retain(|agent, (since, before)| {
            is_still(agent, *before) && (is_on || at.saturating_sub(*since) < TOGETHER)
        });
        self.dead.retain(|agent, before| is_still(agent, *before));
        for (agent, signs) in &seen.people {
            let is_here = signs.is_connected(now);
            // Who has nothing to push to and closes the page is away by their own act.
            let is_lost = signs.push_at.is_some() && !is_reached(signs);
            let falls = is_lost && self.reachable.contains(agent)
                || seen.bounced.contains(agent) && !is_here;
            let is_known = self.fallen.contains_key(agent) || self.dead.contains_key(agent);
            if falls && !is_known {
                self.fallen.insert(*agent, (at, shown(signs)));
                self.lost += usize::from(is_on);
            }
        }
        let reached = seen.people.iter().filter(|(_, signs)| is_reached(signs));
        self.reachable = reached.map(|(agent, _)| *agent).collect();
        let (fallen, of) = (self.fallen.len(), seen.people.len());
        let turns = match self.on {
            None => fallen > DEAD_MAX.max(of / PART),
            // The way is open where half of them have shown themselves, or as many others had a
            // push since. Who is lost then has a dead phone.
            Some(since) => {
                let lives = |signs: &&Signs| signs.push_at.is_some_and(|at| at > since);
                fallen * 2 <= self.lost || seen.people.values().filter(lives).count() >= fallen
            }
        };
        if !turns {
            return None;
        }
        self.on = if is_on { None } else { Some(now) };
        self.lost = if is_on { 0 } else { fallen };
        if is_on {
            let dead = std::mem::take(&mut self.fallen).into_iter();
            self.dead.extend(dead.map(|(agent, (_, before))| (agent, before)));
        }
        Some(BrakeChange { is_on: !is_on, fallen, of })
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::{ConversationId, WorkspaceId};
    use uuid::Uuid;

    use super::*;
    use crate::fact::chance::next;
    use crate::hand::routing::absence::{Absence, Absences, Deserted};

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

    #[test]
    fn three_dead_phones_of_seven_hold_back_nobody_whose_phone_lives() {
        let mut brake = Brake::default();
        let desk = |second| {
            let at = Some(at(second).0);
            Signs { has_socket: true, heard_at: at, acted_at: at, ..Signs::default() }
        };
        // One to three are dead, four to six have phones in their pockets, seven is at a desk.
        let people = |second: u64, rang: [i64; 3]| {
            let dead = (1..=3).map(|n| (n, signs(-60, 0)));
            let living = (4..=6).zip(rang).map(|(n, push_s)| (n, signs(push_s, 0)));
            seen(dead.chain(living).chain([(7, desk(second))]))
        };
        assert_eq!(brake.look(at(0), &people(0, [-60; 3])), None);
        let bounced = BrakeInput { bounced: (1..=3).map(agent).collect(), ..people(5, [-60; 3]) };
        let on = BrakeChange { is_on: true, fallen: 3, of: 7 };
        assert_eq!(brake.look(at(5), &bounced), Some(on));
        let held = |brake: &Brake, all: &BrakeInput, second| -> Vec<u128> {
            let all = all.people.iter().filter(|(_, signs)| brake.holds(signs, at(second).0));
            all.map(|(agent, _)| agent.0.as_u128()).collect()
        };
        assert_eq!(held(&brake, &people(6, [-60; 3]), 6), [1, 2, 3, 4, 5, 6]);
        // The team is called, and one phone says that it has the call.
        let one = people(10, [9, -60, -60]);
        assert_eq!(brake.look(at(10), &one), None);
        assert_eq!(held(&brake, &one, 10), [1, 2, 3, 5, 6]);
        let all = people(15, [9, 12, 13]);
        let off = BrakeChange { is_on: false, fallen: 3, of: 7 };
        assert_eq!(brake.look(at(15), &all), Some(off), "the way to them is open");
        assert_eq!(held(&brake, &all, 15), []);
        // The same phones are dead still, and say nothing new.
        let again = BrakeInput { bounced: (1..=3).map(agent).collect(), ..people(20, [9, 12, 13]) };
        assert_eq!(brake.look(at(20), &again), None);
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
        Deserted {
            workspace: WorkspaceId(Uuid::nil()),
            conversation: ConversationId(agent.0),
            agent,
            owner_epoch: 1,
            from_seq: 1,
            absence: Absence::Unreachable,
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
