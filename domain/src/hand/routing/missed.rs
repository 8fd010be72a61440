//! Questions that people did not answer. Two misses in a row take somebody out until they do
//! something. Two offers that no device had are as two pushes that nobody confirmed.
//!
//! The leader tells the other nodes of it, and the next leader goes on with it.

use std::collections::BTreeMap;

use baton_protocol::{AgentId, OfferEnd, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::fact::Key;
use crate::hand::reach::Signs;

/// Misses in a row from which on somebody is asked for nothing.
const MISSES_MAX: u32 = 2;

/// The misses of one agent since they showed themselves last.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Missed {
    /// Offers and conversations of which nothing came, though a device showed them.
    #[serde(default)]
    pub misses: u32,
    /// The time of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_at: Option<Timestamp>,
    /// Offers that no device had.
    #[serde(default)]
    pub bounces: u32,
    /// The time of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced_at: Option<Timestamp>,
}

impl Missed {
    /// Whether they are asked for nothing.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.misses >= MISSES_MAX
    }

    /// Forgets what is over: a miss with an act, and a bounce with any sign of a device.
    fn forget(&mut self, signs: &Signs) {
        let shown =
            |before: Option<Timestamp>, at: Option<Timestamp>| before.is_some() && at > before;
        if shown(self.missed_at, signs.acted_at) {
            (self.misses, self.missed_at) = (0, None);
        }
        if shown(self.bounced_at, signs.heard_at.max(signs.push_at)) {
            (self.bounces, self.bounced_at) = (0, None);
        }
    }
}

/// The misses of the people of all workspaces.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Misses(BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>);

impl Misses {
    /// Those that an earlier leader told of.
    #[must_use]
    pub fn known(all: BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>) -> Self {
        Self(all)
    }

    /// All of them, to be told.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>> {
        &self.0
    }

    /// Notes the end of an offer, or a conversation that was given and not opened in time. A yes
    /// and a no are acts; what others did says nothing here.
    pub fn note(&mut self, (workspace, agent): Key<AgentId>, end: OfferEnd, at: Timestamp) {
        if matches!(end, OfferEnd::Accepted | OfferEnd::Declined) {
            if let Some(all) = self.0.get_mut(&workspace) {
                all.remove(&agent);
            }
            return;
        }
        if !matches!(end, OfferEnd::Missed | OfferEnd::NotReceived) {
            return;
        }
        let of = self.0.entry(workspace).or_default().entry(agent).or_default();
        if end == OfferEnd::Missed {
            (of.misses, of.missed_at) = (of.misses.saturating_add(1), Some(at));
        } else {
            (of.bounces, of.bounced_at) = (of.bounces.saturating_add(1), Some(at));
        }
    }

    /// Looks at the people of a workspace: what is over is forgotten, and offers that no device had
    /// count as pushes that nobody confirmed.
    pub fn look(&mut self, workspace: WorkspaceId, signs: &mut BTreeMap<AgentId, Signs>) {
        let Some(all) = self.0.get_mut(&workspace) else { return };
        all.retain(|agent, missed| {
            // Nobody has a device of who is not there any more.
            let Some(signs) = signs.get_mut(agent) else { return false };
            missed.forget(signs);
            signs.unheard = signs.unheard.max(missed.bounces);
            *missed != Missed::default()
        });
        if all.is_empty() {
            self.0.remove(&workspace);
        }
    }

    /// Whether somebody is asked for nothing.
    #[must_use]
    pub fn is_out(&self, (workspace, agent): Key<AgentId>) -> bool {
        self.0.get(&workspace).and_then(|all| all.get(&agent)).is_some_and(Missed::is_out)
    }

    /// The same once so many more were missed: offers that end in this very look are not noted yet.
    #[must_use]
    pub fn is_out_after(&self, (workspace, agent): Key<AgentId>, more: u32) -> bool {
        let known = self.0.get(&workspace).and_then(|all| all.get(&agent));
        known.map_or(0, |missed| missed.misses).saturating_add(more) >= MISSES_MAX
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::hand::reach::Verdict;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const ANA: AgentId = AgentId(Uuid::from_u128(2));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + second * 1_000)
    }

    fn looks(misses: &mut Misses, signs: Signs) -> Signs {
        let mut all = BTreeMap::from([(ANA, signs)]);
        misses.look(WORKSPACE, &mut all);
        all[&ANA]
    }

    #[test]
    fn what_is_missed_just_now_counts_before_it_is_noted() {
        let mut misses = Misses::default();
        let ana = (WORKSPACE, ANA);
        assert!(!misses.is_out_after(ana, 1) && misses.is_out_after(ana, 2));
        misses.note(ana, OfferEnd::Missed, at(1));
        assert!(!misses.is_out_after(ana, 0) && misses.is_out_after(ana, 1));
    }

    #[test]
    fn two_misses_in_a_row_take_somebody_out_until_they_do_something() {
        let (mut misses, ana) = (Misses::default(), (WORKSPACE, ANA));
        misses.note(ana, OfferEnd::Missed, at(10));
        assert!(!misses.is_out(ana));
        let signs = Signs { acted_at: Some(at(20)), ..Signs::default() };
        looks(&mut misses, signs);
        misses.note(ana, OfferEnd::Missed, at(30));
        looks(&mut misses, signs);
        assert!(!misses.is_out(ana), "they did something between the two");
        misses.note(ana, OfferEnd::Missed, at(40));
        // Their device goes on to say that it is there, and their phone that a push came.
        let left = Signs { heard_at: Some(at(90)), push_at: Some(at(90)), ..signs };
        looks(&mut misses, left);
        assert!(misses.is_out(ana));
        looks(&mut misses, Signs { acted_at: Some(at(41)), ..left });
        assert!(!misses.is_out(ana));
        assert_eq!(misses, Misses::default(), "nothing is remembered of who is there");
    }

    #[test]
    fn offers_that_no_device_had_are_as_pushes_that_nobody_confirmed() {
        let (mut misses, ana) = (Misses::default(), (WORKSPACE, ANA));
        let phone = Signs { push_at: Some(at(0)), ..Signs::default() };
        for (second, verdict) in [(10, Verdict::Unsure), (20, Verdict::Unreachable)] {
            misses.note(ana, OfferEnd::NotReceived, at(second));
            assert_eq!(looks(&mut misses, phone).verdict(at(30)), verdict);
        }
        assert!(!misses.is_out(ana), "nobody missed what never came");
        let back = Signs { push_at: Some(at(25)), ..phone };
        assert_eq!(looks(&mut misses, back).verdict(at(30)), Verdict::Push);
        assert_eq!(looks(&mut misses, phone).verdict(at(30)), Verdict::Push, "and it is over");
    }

    #[test]
    fn what_others_did_is_no_miss_and_nothing_is_kept_of_who_left() {
        let (mut misses, ana) = (Misses::default(), (WORKSPACE, ANA));
        misses.note(ana, OfferEnd::Withdrawn, at(10));
        assert_eq!(misses, Misses::default());
        for end in [OfferEnd::Accepted, OfferEnd::Declined] {
            misses.note(ana, OfferEnd::Missed, at(10));
            misses.note(ana, OfferEnd::Missed, at(20));
            assert!(misses.is_out(ana));
            misses.note(ana, end, at(30));
            assert!(!misses.is_out(ana), "{end:?} is an act");
        }
        misses.note(ana, OfferEnd::Missed, at(10));
        misses.look(WORKSPACE, &mut BTreeMap::new());
        assert_eq!(misses, Misses::default());
    }
}
