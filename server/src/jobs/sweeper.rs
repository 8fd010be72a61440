//! Deletes what is kept for a time only, at the start and every hour:
//!
//! - raw webhooks, outcomes of commands, and the feed of old positions;
//! - statuses of messages that nobody here knows;
//! - registrations for pushes that were abandoned, and what was told of old pushes;
//! - notices and drafts of agents, and what those who left had set up for themselves;
//! - what sources of the team's own said of customers.
//!
//! Statuses whose message is known after all are applied before. Filters of the inbox and what
//! stands in for templates become settings, where an earlier version kept them.
//!
//! Many short transactions of a few hundred rows, so that no command waits for a sweep. Sessions
//! are not swept here. Those that ended long ago by themselves go when their agent signs in.
//! Revoked devices stay, for they have to be told whenever they come back.

use std::time::Duration;

use baton_domain::group::SetWork;
use baton_domain::group::set::SetProblem;
use baton_domain::see::setting::template_key;
use baton_protocol::setting::{
    Home, SavedView, SettingBody, SettingChange, SettingPut, TemplateFallback,
};
use baton_protocol::{ChannelId, SettingId, Timestamp, WorkspaceId};
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::clock::Clock;
use crate::config::StoreConfig;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::context::sweep_answers;
use crate::store::push::sweep_sent;
use crate::store::sweep::{
    Awaited, Overlooked, overlooked_statuses, sweep_drafts, sweep_feed, sweep_intake,
    sweep_not_understood, sweep_notices, sweep_outcomes, sweep_own_settings, sweep_parked,
    sweep_pushes, sweep_receipts,
};
use crate::store::template::{drop_fallback, fallbacks_of_before};
use crate::store::view::{KeptView, drop_view, views_of_before};
use crate::store::{Store, StoreError, read, webhook};

/// How long each kind of row is kept, in days.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Raw webhooks.
    pub intake_days: u32,
    /// Parts of webhooks that were not understood.
    pub not_understood_days: u32,
    /// Outcomes of commands.
    pub outcome_days: u32,
    /// What phones resume from.
    pub feed_days: u32,
}

impl Keep {
    /// As configured.
    pub fn of(config: &StoreConfig) -> Self {
        Self {
            intake_days: config.intake_days,
            not_understood_days: config.not_understood_days,
            outcome_days: config.outcome_days,
            feed_days: config.feed_days,
        }
    }
}

/// Deletes rows that are past their time, every hour.
#[derive(Clone, Debug)]
pub struct Sweeper {
    /// Where statuses are applied.
    pub engine: Engine,
    /// The database.
    pub store: Store,
    /// Whether this node is the one that sweeps.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// How long what is kept.
    pub keep: Keep,
}

/// What a sweep took away.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Swept {
    /// Raw webhooks, with what was replayed of them.
    pub intake: u64,
    /// Parts of them that were not understood.
    pub not_understood: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Positions that left the feed.
    pub positions: u64,
    /// Statuses of unknown messages.
    pub parked: u64,
    /// Registrations for pushes.
    pub pushes: u64,
    /// Receipts of pushes.
    pub receipts: u64,
    /// Pushes that were sent or never will be.
    pub sent: u64,
    /// Notices of agents.
    pub notices: u64,
    /// Drafts of agents.
    pub drafts: u64,
    /// Bodies of what was set up by agents for themselves who left.
    pub own_settings: u64,
    /// Requests that webhooks did not take at once.
    pub deliveries: u64,
    /// Answers of sources of context about customers.
    pub answers: u64,
    /// Rows of an earlier version that became settings.
    pub moved: u64,
    /// Messages that statuses had waited for although they were known.
    pub heard: u64,
}

/// Rows of an earlier version that become settings at once.
const KEPT_AT_ONCE: u64 = 10_000;
const EVERY: Duration = Duration::from_secs(60 * 60);
/// Rows of one transaction.
const AT_ONCE: u64 = 500;
/// A status whose message is unknown for so long will never be of use: Meta repeats for a week.
const PARKED_DAYS: u32 = 7;
/// After so long without a sign of its app a target is dead at every push service.
const PUSH_DAYS: u32 = 270;
/// Receipts of pushes that are older are not taken either.
const RECEIPT_DAYS: u32 = 30;
/// What concerned an agent is told for so long.
const NOTICE_DAYS: u32 = 90;
/// A draft is kept for so long after it was typed.
const DRAFT_DAYS: u32 = 30;
/// Days for which a leaver's own settings are kept after they ended.
const OWN_SETTINGS_DAYS: u32 = 30;
/// Days for which requests are shown that webhooks did not take at once.
const DELIVERY_DAYS: u32 = 30;
/// Days for which it is shown what a source of context said that does not answer any more.
const ANSWER_DAYS: u32 = 30;
/// No push is worth sending or taking back for longer.
const SENT_DAYS: u32 = 3;
/// Op ids are taken for seven days: their outcomes must be found for longer.
const OUTCOME_DAYS_MIN: u32 = 8;

impl Sweeper {
    /// Sweeps at once and every hour, for ever.
    pub async fn run(self) {
        let mut membership = self.membership.clone();
        loop {
            if membership.term().is_none() {
                membership.changed().await;
                continue;
            }
            match self.sweep().await {
                Ok(swept) if swept != Swept::default() => {
                    let Swept { intake, outcomes, positions, parked, .. } = swept;
                    let Swept { pushes, receipts, heard, .. } = swept;
                    tracing::info!(
                        intake,
                        outcomes,
                        positions,
                        parked,
                        pushes,
                        receipts,
                        "old rows were deleted"
                    );
                    if heard > 0 {
                        tracing::warn!(heard, "statuses had been overlooked");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "old rows stay for another hour"),
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// Deletes all that is old enough, as long as this node leads.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let store = &self.membership.led(&self.store).ok_or(StoreError::Deposed)?;
        let mut swept = Swept { heard: self.hear_overlooked().await?, ..Swept::default() };
        swept.moved = self.move_views(store).await? + self.move_fallbacks(store).await?;
        let before = self.before(self.keep.intake_days);
        let unsifted = self.before(self.keep.not_understood_days);
        while add(&mut swept.intake, sweep_intake(store, before, unsifted, AT_ONCE).await?) {}
        let before = unsifted;
        while add(&mut swept.not_understood, sweep_not_understood(store, before, AT_ONCE).await?) {}
        let before = self.before(self.keep.outcome_days.max(OUTCOME_DAYS_MIN));
        while add(&mut swept.outcomes, sweep_outcomes(store, before, AT_ONCE).await?) {}
        let before = self.before(PARKED_DAYS);
        while add(&mut swept.parked, sweep_parked(store, before, AT_ONCE).await?) {}
        let (before, now) = (self.before(PUSH_DAYS), self.clock.now());
        while add(&mut swept.pushes, sweep_pushes(store, before, now, AT_ONCE).await?) {}
        let before = self.before(RECEIPT_DAYS);
        while add(&mut swept.receipts, sweep_receipts(store, before, AT_ONCE).await?) {}
        let before = self.before(NOTICE_DAYS);
        while add(&mut swept.notices, sweep_notices(store, before, AT_ONCE).await?) {}
        let before = self.before(DRAFT_DAYS);
        while add(&mut swept.drafts, sweep_drafts(store, before, AT_ONCE).await?) {}
        let before = self.before(OWN_SETTINGS_DAYS);
        while add(&mut swept.own_settings, sweep_own_settings(store, before, AT_ONCE).await?) {}
        let before = self.before(SENT_DAYS);
        while add(&mut swept.sent, sweep_sent(store, before, AT_ONCE).await?) {}
        let before = self.before(DELIVERY_DAYS);
        while add(&mut swept.deliveries, webhook::sweep(store, before, AT_ONCE).await?) {}
        let before = self.before(ANSWER_DAYS);
        while add(&mut swept.answers, sweep_answers(store, before, AT_ONCE).await?) {}
        let mut tx = store.read().await?;
        let workspaces = read::workspaces(&mut tx).await?;
        tx.rollback().await?;
        let before = self.before(self.keep.feed_days);
        for (workspace, _) in workspaces {
            while add(&mut swept.positions, sweep_feed(store, workspace, before, AT_ONCE).await?) {}
        }
        Ok(swept)
    }

    /// Applies statuses that wait although their message is known. It became known without them:
    /// whatever the reason, what WhatsApp said must not be lost.
    async fn hear_overlooked(&self) -> Result<u64, StoreError> {
        let mut heard = 0;
        let mut next = Some(Awaited::default());
        while let Some(after) = next {
            let (known, rest) = overlooked_statuses(&self.store, &after, AT_ONCE).await?;
            let told =
                known.into_iter().map(|Overlooked { workspace, channel, wamid, attempt }| {
                    self.engine.unpark(workspace, channel, wamid, attempt)
                });
            for told in join_all(told).await {
                match told {
                    Ok(()) => heard += 1,
                    Err(error) => tracing::warn!(%error, "a status must wait another hour"),
                }
            }
            next = rest;
        }
        Ok(heard)
    }

    /// Sets the filters that an earlier version kept, by the way that all settings go.
    async fn move_views(&self, store: &Store) -> Result<u64, StoreError> {
        let mut moved = 0;
        for (workspace, view) in views_of_before(store, KEPT_AT_ONCE).await? {
            let KeptView { id, agent, team, name, filter } = view;
            let home = team.map_or(Home::Agent { id: agent }, |id| Home::Team { id });
            if self.set(workspace, SettingId(id.0), home, SavedView { name, filter }.into()).await {
                drop_view(store, workspace, id).await?;
                moved += 1;
            }
        }
        Ok(moved)
    }

    /// The same for what stands in for templates.
    async fn move_fallbacks(&self, store: &Store) -> Result<u64, StoreError> {
        let mut moved = 0;
        for kept in fallbacks_of_before(store, KEPT_AT_ONCE).await? {
            let (workspace, channel) = kept.channel;
            let id = id_of_fallback(channel, &kept.body);
            let home = Home::Channel { id: channel };
            if self.set(workspace, id, home, kept.body.clone().into()).await {
                drop_fallback(store, &kept).await?;
                moved += 1;
            }
        }
        Ok(moved)
    }

    /// Sets what was kept elsewhere before; false if it has to stay there.
    async fn set(
        &self,
        workspace: WorkspaceId,
        id: SettingId,
        home: Home,
        body: SettingBody,
    ) -> bool {
        let kind = body.kind();
        let put = Some(SettingPut { home, rank: None, body: body.to_json() });
        let change = SettingChange { kind, id, expect: None, epoch: None, put, anyway: false };
        let changes = vec![(change, self.clock.uuid_v4())];
        let set = self.engine.set(SetWork { workspace, by: None, changes, secret: None }).await;
        match set.map(|set| set.map_err(|refused| refused.problem)) {
            Ok(Ok(_)) => true,
            // It was moved and changed since, another one is in its place, or its home is gone.
            Ok(Err(
                SetProblem::VersionChanged(_) | SetProblem::Taken(_) | SetProblem::NotFound,
            )) => true,
            Ok(Err(problem)) => {
                tracing::warn!(?problem, %workspace, kind = kind.name(), %id, "it cannot be moved");
                false
            }
            Err(error) => {
                tracing::warn!(%error, kind = kind.name(), "settings must wait another hour");
                false
            }
        }
    }

    fn before(&self, days: u32) -> Timestamp {
        self.clock.now().plus_ms(-i64::from(days) * 86_400_000)
    }
}

/// The same id each time: a node may end between the two statements.
fn id_of_fallback(channel: ChannelId, of: &TemplateFallback) -> SettingId {
    let digest = Sha256::digest(format!("{channel}/{}", template_key(&of.template)));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, byte)| *to = byte);
    SettingId(Builder::from_random_bytes(bytes).into_uuid())
}

/// Adds, and tells whether there may be more.
fn add(sum: &mut u64, more: u64) -> bool {
    *sum += more;
    more > 0
}

#[cfg(test)]
mod tests;
