//! The offers of a look: which stand, what each becomes, and who was asked in vain.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::setting::Routing;
use baton_protocol::{
    AgentId, AgentState, Availability, ConversationId, OfferEnd, OfferId, OpenOffer, TeamId,
    Timestamp, WorkspaceId,
};

use super::{Look, LookTime, Staff};
use crate::fact::Key;
use crate::fact::planted::{Bug, is_planted};
use crate::hand::routing::{OfferEndWork, is_in_vain};

/// The longest time for an answer that a team may set, ms.
const WINDOW_MAX_MS: i64 = 300_000;
/// A device that has an offer says so within this time, else somebody else is asked.
const EARLY: Duration = Duration::from_secs(8);
/// An agent who said no to a conversation, or did not answer, is not asked again for so long.
const DECLINED: Duration = Duration::from_secs(600);
/// A push may be older than its offer by so much: clocks of nodes differ, ms.
const OLDER_MS: i64 = 60_000;

/// An offer that stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StandingOffer {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The team whose queue the conversation waits in.
    pub team: TeamId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The offer.
    pub offer: OpenOffer,
    /// A revision of the conversation at which it was not over.
    pub revision: u64,
}

/// The id under which an offer is looked up in memory: its own and its conversation's.
pub type OfferKey = (WorkspaceId, ConversationId, OfferId);

impl StandingOffer {
    /// See [`OfferKey`].
    #[must_use]
    pub fn key(&self) -> OfferKey {
        (self.workspace, self.conversation, self.offer.offer_id)
    }

    fn agent(&self) -> Key<AgentId> {
        (self.workspace, self.offer.agent_id)
    }
}

/// An offer as this leader saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenOffer {
    offer: StandingOffer,
    /// The first time.
    first: Duration,
    /// The time for an answer, as the team had it then. An offer that is out keeps it.
    window: Duration,
    is_received: bool,
}

/// The reads that offers are judged by.
#[derive(Clone, Copy, Debug)]
pub struct OffersRead<'a> {
    /// The offers that stand.
    pub offers: &'a [StandingOffer],
    /// The policies of the teams that are routed.
    pub policies: &'a BTreeMap<Key<TeamId>, Routing>,
    /// The people of each workspace.
    pub staff: &'a BTreeMap<WorkspaceId, Staff>,
}

impl OffersRead<'_> {
    /// True where its agent may be asked for it. Nobody is in a team that is routed no more.
    fn is_asked(&self, of: &StandingOffer) -> bool {
        let staff = self.staff.get(&of.workspace);
        let agents = staff.into_iter().flat_map(|staff| &staff.agents);
        let agent = agents.into_iter().find(|agent| agent.id == of.offer.agent_id);
        let is_there = agent.is_some_and(|agent| {
            agent.state == AgentState::Active
                && agent.availability == Availability::Available
                && agent.teams.iter().any(|place| place.team_id == of.team)
        });
        is_there && self.policies.contains_key(&(of.workspace, of.team))
    }

    /// True where its agent is at a device that shows offers. It is there for as long as they are.
    fn is_shown(&self, of: &StandingOffer, now: Timestamp) -> bool {
        let staff = self.staff.get(&of.workspace);
        let signs = staff.map(|staff| staff.signs_of(of.offer.agent_id)).unwrap_or_default();
        signs.of_offers().is_connected(now)
    }
}

impl SeenOffer {
    #[cfg(test)]
    pub(super) fn window(&self) -> Duration {
        self.window
    }

    /// The time for which it has stood, once that says something.
    fn lasted(&self, at: LookTime) -> Option<Duration> {
        let lasted = at.steady.saturating_sub(self.first);
        (lasted >= EARLY || lasted >= self.window).then_some(lasted)
    }

    /// The end of an offer that is over.
    fn end(&self, read: OffersRead<'_>, at: LookTime) -> Option<OfferEnd> {
        if !read.is_asked(&self.offer) {
            return Some(OfferEnd::Withdrawn);
        }
        let lasted = self.lasted(at)?;
        match self.is_received || read.is_shown(&self.offer, at.wall) {
            false => Some(OfferEnd::NotReceived),
            true => (lasted >= self.window).then_some(OfferEnd::Missed),
        }
    }

    /// True where it ends unless a device has it, and nothing says so yet.
    fn is_unconfirmed(&self, read: OffersRead<'_>, at: LookTime) -> bool {
        !self.is_received && self.end(read, at) == Some(OfferEnd::NotReceived)
    }

    /// The time from which on a push of it counts.
    fn pushed_after(&self) -> Timestamp {
        let window_ms = i64::try_from(self.window.as_millis()).unwrap_or(0);
        self.offer.offer.until.plus_ms(-window_ms).plus_ms(-OLDER_MS)
    }
}

impl Look {
    /// Hears which offers stand. All others that it knew are over, and so is what it wished for and
    /// did not see since.
    pub fn keep(
        &mut self,
        offers: &[StandingOffer],
        policies: &BTreeMap<Key<TeamId>, Routing>,
        at: LookTime,
    ) {
        let standing: BTreeMap<OfferKey, &StandingOffer> =
            offers.iter().map(|offer| (offer.key(), offer)).collect();
        let is_over = |key: &OfferKey| !standing.contains_key(key);
        let over: Vec<OfferKey> = self.seen.keys().copied().filter(is_over).collect();
        self.over.extend(over.iter().filter_map(|key| Some(self.seen.remove(key)?.offer)));
        for (key, offer) in standing {
            if is_planted(Bug::OffersOutliveTheLeader) && !self.wished.contains_key(&key) {
                continue;
            }
            let policy = policies.get(&(offer.workspace, offer.team)).cloned().unwrap_or_default();
            // Its agent was told until when. An earlier leader may have made it by another policy.
            let told_ms = offer.offer.until.since(at.wall).clamp(0, WINDOW_MAX_MS);
            let told = Duration::from_millis(told_ms.unsigned_abs());
            let window = told.max(Duration::from_secs(policy.window_s.into()));
            let new = SeenOffer { offer: *offer, first: at.steady, window, is_received: false };
            self.seen.entry(key).or_insert(new).offer.revision = offer.revision;
        }
        let wished = std::mem::take(&mut self.wished).into_iter();
        let unseen = wished.filter(|(key, _)| !self.seen.contains_key(key)).map(|(_, of)| of);
        self.over.extend(unseen);
        self.asked.retain(|_, asked| {
            asked.retain(|(.., asked_at)| at.steady.saturating_sub(*asked_at) < DECLINED);
            !asked.is_empty()
        });
    }

    /// An offer that is over. Its end stands in the log: it is told by [`Self::note_end`], or by
    /// [`Self::note_unread_end`] where it cannot be read.
    #[must_use]
    pub fn next_over(&mut self) -> Option<StandingOffer> {
        self.over.pop()
    }

    /// Notes the end of an offer, as the log tells it. An agent who was asked in vain is not asked
    /// again for a while. `None`: the log tells of no end.
    pub fn note_end(&mut self, of: &StandingOffer, end: Option<OfferEnd>, at: LookTime) {
        let Some(end) = end else { return };
        self.missed.note(of.agent(), end, at.wall);
        if is_in_vain(end) {
            self.note_asked(of, end, at);
        }
    }

    /// Notes that the end of an offer cannot be read: nobody is asked twice in a row for that.
    pub fn note_unread_end(&mut self, of: &StandingOffer, at: LookTime) {
        self.note_asked(of, OfferEnd::Unknown, at);
    }

    fn note_asked(&mut self, of: &StandingOffer, end: OfferEnd, at: LookTime) {
        let asked = self.asked.entry((of.workspace, of.conversation)).or_default();
        asked.push((of.offer.agent_id, end, at.steady));
    }

    /// The agents who were asked in vain for a conversation a short time ago, and what became of
    /// it.
    pub fn asked_in_vain(
        &self,
        of: Key<ConversationId>,
    ) -> impl Iterator<Item = (AgentId, OfferEnd)> {
        let asked = self.asked.get(&of);
        asked.into_iter().flatten().map(|(agent, end, _)| (*agent, *end))
    }

    /// Tells if an offer of it was seen and is not noted as over.
    #[must_use]
    pub fn has_seen(&self, (workspace, conversation): Key<ConversationId>) -> bool {
        self.seen.keys().any(|(of, offered, _)| (*of, *offered) == (workspace, conversation))
    }

    /// The offers that end unless a device has them, each with the time from which on a push of it
    /// counts. The caller reads the receipts, and tells by [`Self::note_received`] of those that
    /// came.
    #[must_use]
    pub fn unconfirmed(
        &self,
        read: OffersRead<'_>,
        at: LookTime,
    ) -> Vec<(StandingOffer, Timestamp)> {
        let seen = read.offers.iter().filter_map(|offer| self.seen.get(&offer.key()));
        let unconfirmed = seen.filter(|seen| seen.is_unconfirmed(read, at));
        unconfirmed.map(|seen| (seen.offer, seen.pushed_after())).collect()
    }

    /// Notes that a device has the offer.
    pub fn note_received(&mut self, of: &StandingOffer) {
        if let Some(seen) = self.seen.get_mut(&of.key()) {
            seen.is_received = true;
        }
    }

    /// The offers that are over. Those that are missed by it count at once for who is asked next.
    #[must_use]
    pub fn ends(&mut self, read: OffersRead<'_>, at: LookTime) -> Vec<OfferEndWork> {
        let mut ends = Vec::new();
        self.ending.clear();
        for offer in read.offers {
            let seen = self.seen.get(&offer.key());
            let Some(end) = seen.and_then(|seen| seen.end(read, at)) else { continue };
            if end == OfferEnd::Missed {
                *self.ending.entry(offer.agent()).or_default() += 1;
            }
            if end == OfferEnd::NotReceived {
                self.bounced.insert(offer.agent());
            }
            let StandingOffer { workspace, conversation, .. } = *offer;
            let offer_id = offer.offer.offer_id;
            ends.push(OfferEndWork { workspace, conversation, offer_id, end });
        }
        ends
    }

    /// Remembers an offer that was wished for.
    pub(super) fn note_wished(&mut self, wished: StandingOffer) {
        self.wished.insert(wished.key(), wished);
    }
}
