//! Ends the sockets of those who speak no more, or with other rights. The log tells at once what
//! changes rights, the bus tells of sessions that end, and time ends keys. The store says what
//! holds.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_domain::fact::predicates::{is_about_rights, touches_rights};
use baton_protocol::{AgentId, Fact, SettingKind, Timestamp};
use tokio::time::Instant;

use super::super::Gateway;
use super::super::backend::{CallerState, Speaker};
use super::super::wire::{Cut, Line};
use super::Hub;

/// Longer than anybody is on the way from the proof of who they are to a place in the hub.
const ON_THE_WAY: Duration = Duration::from_secs(15);

/// Agents whose sessions were looked at lately, `None` for everybody's. Somebody who was on the way
/// then is looked at on arrival.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<Option<AgentId>, Instant>);

impl Changes {
    fn note(&mut self, whose: Option<AgentId>, now: Instant) {
        self.0.retain(|_, at| now.duration_since(*at) < ON_THE_WAY);
        self.0.insert(whose, now);
    }

    fn concern(&self, agent: AgentId, now: Instant) -> bool {
        let is_recent = |at: &Instant| now.duration_since(*at) < ON_THE_WAY;
        [None, Some(agent)].iter().any(|whose| self.0.get(whose).is_some_and(is_recent))
    }
}

impl Hub {
    /// Looks at those whose rights a stretch of the log may change.
    pub(super) fn hear_of_rights(self: &Arc<Self>, gateway: &Arc<Gateway>, batch: &Batch) {
        for logged in &batch.entries {
            if let Some(whose) = whose_rights(&logged.event.fact) {
                self.look_at(gateway, whose);
            }
        }
    }

    /// Looks at the sessions of one agent or of everybody.
    pub(super) fn look_at(self: &Arc<Self>, gateway: &Arc<Gateway>, whose: Option<AgentId>) {
        self.changes().note(whose, Instant::now());
        let (hub, gateway) = (Arc::clone(self), Arc::clone(gateway));
        tokio::spawn(async move { hub.check(&gateway, whose).await });
    }

    /// Looks at somebody who just came, if their rights may have changed on the way.
    pub(in super::super) fn look_again_at(self: &Arc<Self>, gateway: &Arc<Gateway>, who: AgentId) {
        let is_due = self.changes().concern(who, Instant::now());
        if is_due {
            let (hub, gateway) = (Arc::clone(self), Arc::clone(gateway));
            tokio::spawn(async move { hub.check(&gateway, Some(who)).await });
        }
    }

    /// Ends the sessions whose time was set beforehand and is over.
    pub(super) fn end_overdue(&self, now: Timestamp) {
        for member in self.members().by_line.values().filter(|one| one.speaker.is_over(now)) {
            member.line.cut(Cut::SignInAgain);
        }
    }

    /// Ends the sessions, of one agent or all, of whom the store says that they speak no more, or
    /// with other rights.
    pub(super) async fn check(&self, gateway: &Gateway, whose: Option<AgentId>) {
        let lines: Vec<(Speaker, Arc<Line>)> = self
            .members()
            .by_line
            .values()
            .filter(|member| whose.is_none_or(|agent| agent == member.speaker.agent))
            .map(|member| (member.speaker, Arc::clone(&member.line)))
            .collect();
        if lines.is_empty() {
            return;
        }
        let speakers = lines.iter().map(|(speaker, _)| *speaker).collect();
        let asked = gateway.read(gateway.backend.standings(speakers));
        let Ok(standings) = asked.await else { return };
        for ((_, line), standing) in lines.iter().zip(standings) {
            match standing {
                CallerState::Live => {}
                CallerState::Changed => line.cut(Cut::Changed),
                CallerState::SignInAgain => line.cut(Cut::SignInAgain),
                CallerState::DeviceRevoked => line.cut(Cut::DeviceRevoked),
            }
        }
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The agent whose rights a fact changes; `Some(None)` for anybody's.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else changes nobody's rights to speak")]
fn whose_rights(fact: &Fact) -> Option<Option<AgentId>> {
    match fact {
        Fact::AgentChanged { agent_id, set, .. } if touches_rights(set) => Some(Some(*agent_id)),
        Fact::DeviceRevoked { agent_id, .. } | Fact::PasswordSet { agent_id } => {
            Some(Some(*agent_id))
        }
        Fact::SettingChanged { kind, .. } if kind == SettingKind::ApiKey.name() => Some(None),
        Fact::Unknown(unknown) if is_about_rights(unknown) => Some(None),
        _ => None,
    }
}
