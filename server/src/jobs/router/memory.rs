//! Facts that the router remembers from look to look.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::fact::planted::{Bug, is_planted};
use baton_domain::group::Key;
use baton_domain::hand::routing::{Waiting, is_in_vain};
use baton_protocol::setting::Routing;
use baton_protocol::{AgentId, ConversationId, OfferEnd, TeamId, Timestamp, WorkspaceId};

use super::{AT_ONCE, DECLINED, Memory, SeenOffer, WINDOW_MAX_MS};
use crate::store::read::{InQueue, OfferKey, StandingOffer, offer_end};
use crate::store::{StoreError, Tx};

impl Memory {
    /// Notes the agents who were asked in vain: they are not asked again for a while. An offer may
    /// be over before it was seen. The log tells how each ended.
    pub(super) async fn note_over(
        &mut self,
        tx: &mut Tx,
        (now, wall): (Duration, Timestamp),
    ) -> Result<(), StoreError> {
        let wished = std::mem::take(&mut self.wished).into_iter();
        let unseen = wished.filter(|(key, _)| !self.seen.contains_key(key)).map(|(_, of)| of);
        self.over.extend(unseen);
        while let Some(over) = self.over.pop() {
            let end = offer_end(tx, &over).await;
            // Nobody is asked twice in a row for an end that could not be read.
            let known = end.as_ref().map_or(Some(OfferEnd::Unknown), |end| *end);
            let agent = over.offer.agent_id;
            if let Some((known, missed)) = known.zip(self.missed.as_mut()) {
                missed.note((over.workspace, agent), known, wall);
            }
            if let Some(known) = known.filter(|of| end.is_err() || is_in_vain(*of)) {
                self.was_asked((over.workspace, over.conversation), (agent, known), now);
            }
            end?;
        }
        Ok(())
    }

    /// Notes which offers stand, and which are over.
    pub(super) fn keep(
        &mut self,
        offers: &[StandingOffer],
        policies: &BTreeMap<Key<TeamId>, Routing>,
        (now, wall): (Duration, Timestamp),
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
            let told_ms = offer.offer.until.since(wall).clamp(0, WINDOW_MAX_MS);
            let told = Duration::from_millis(told_ms.unsigned_abs());
            let window = told.max(Duration::from_secs(policy.window_s.into()));
            let new = SeenOffer { offer: *offer, first: now, window, is_received: false };
            self.seen.entry(key).or_insert(new).offer.revision = offer.revision;
        }
        self.asked.retain(|_, asked| {
            asked.retain(|(.., at)| now.saturating_sub(*at) < DECLINED);
            !asked.is_empty()
        });
    }

    /// Whether a queue is longer than one look plans for, and another one waits first than before:
    /// the last look gave something out of it.
    pub(super) fn is_shorter(&mut self, queue: Key<TeamId>, found: &[InQueue]) -> bool {
        let first = found.first().filter(|_| found.len() >= AT_ONCE).map(|one| one.conversation);
        let before = match first {
            Some(first) => self.firsts.insert(queue, first),
            None => self.firsts.remove(&queue),
        };
        first.is_some() && first != before
    }

    /// A conversation that waits, as a plan looks at it.
    pub(super) fn waiting(&self, workspace: WorkspaceId, of: InQueue, now: Timestamp) -> Waiting {
        let InQueue { conversation, revision, since, language, last, is_for_people, .. } = of;
        let asked = self.asked_in_vain(workspace, conversation).collect();
        let waited_s = u64::try_from(now.since(since) / 1000).unwrap_or(0);
        Waiting {
            conversation,
            revision,
            since,
            waited_s,
            language,
            last,
            asked,
            former: BTreeSet::new(),
            is_for_people,
            is_circling: false,
        }
    }

    pub(super) fn was_asked(
        &mut self,
        of: Key<ConversationId>,
        (agent, end): (AgentId, OfferEnd),
        now: Duration,
    ) {
        self.asked.entry(of).or_default().push((agent, end, now));
    }

    /// Whether an offer of it was seen and is not noted as over.
    pub(super) fn has_seen(&self, workspace: WorkspaceId, conversation: ConversationId) -> bool {
        self.seen.keys().any(|(of, offered, _)| (*of, *offered) == (workspace, conversation))
    }

    pub(super) fn asked_in_vain(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> impl Iterator<Item = (AgentId, OfferEnd)> {
        let asked = self.asked.get(&(workspace, conversation));
        asked.into_iter().flatten().map(|(agent, end, _)| (*agent, *end))
    }
}
