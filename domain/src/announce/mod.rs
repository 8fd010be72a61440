//! Decides who is told of an event by push, what of it, and what it takes back.
//!
//! [`consequences`] says what one event means: whom it concerns and what is over with it. A
//! [`Board`] holds the agents concerned and their pushes that are not over; [`Board::carry`]
//! applies one consequence after the other. What remains is what is to be written.

mod kind;
mod reason;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_protocol::push::{PushLane, PushLevel};
use baton_protocol::{
    AgentId, ConversationId, DeviceId, MembershipKind, PushId, TeamId, Timestamp, WorkspaceId,
};

use crate::fact::scope::{Level, Scope};
use crate::see::sight::Sight;

pub use crate::see::quiet::{DAY_MINUTES, Quiet, Silence};
pub use kind::{Ends, Kind, KindSpec, Urgency};
pub use reason::reason;
pub use rule::{consequences, is_of_interest};

/// Devices of one agent that a push goes to at most.
pub const DEVICES_MAX: usize = 10;

/// Somebody looked at a device that said so within this time. Devices say it once a minute, and it
/// is noted once a minute.
const WATCHING_MS: i64 = 125_000;
/// Lines of a customer that nobody answered, from which on they are a flood.
const FLOOD_LINES: u64 = 10;
/// The time in which nobody is told again of a flood.
const FLOOD_MS: i64 = 10 * 60 * 1000;

/// The consequence of an event for agents who may have to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consequence {
    /// The conversation it happened to.
    pub conversation: ConversationId,
    /// Its place in the log.
    pub position: u64,
    /// The agent who caused it; never told of it.
    pub by: Option<AgentId>,
    /// The effect on pushes.
    pub effect: PushEffect,
}

/// The effect of an event on pushes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushEffect {
    /// Tell of it.
    Tell {
        /// The agent or team to tell.
        whom: Whom,
        /// The kind of push.
        kind: Kind,
        /// The viewers of the conversation after it.
        scope: Scope,
        /// The customer writes without pause: who was told of it once is told again much later.
        is_flood: bool,
        /// The quiet hours in which they are told all the same.
        rings: Rings,
    },
    /// A line was taken back. Devices that may show it are told again, without a sound.
    Correct,
    /// Take back what was told of the conversation.
    TakeBack {
        /// The devices to take it back from.
        from: From,
        /// The kinds of push that are taken back.
        kinds: &'static [Kind],
    },
}

/// The quiet hours in which something is told all the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rings {
    /// None.
    Never,
    /// Those of the workspace: somebody waits longer than promised, or nobody could be asked.
    Workspace,
    /// Their own as well: they are on call.
    Always,
}

/// Whom an event concerns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whom {
    /// One agent.
    Agent(AgentId),
    /// The members of a team.
    Team(TeamId),
    /// Those who supervise a team.
    Supervisors(TeamId),
}

/// From whom pushes are taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// From everybody.
    Everyone,
    /// From everybody but this agent.
    AllBut(AgentId),
    /// From this agent.
    Agent(AgentId),
}

/// The effect of an event on an agent's list of notices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeEffect {
    /// Somebody has one more.
    Add {
        /// The agent.
        agent: AgentId,
        /// The kind of notice.
        kind: Kind,
    },
    /// Those who supervise a team have one more.
    AddToSupervisors {
        /// The team.
        team: TeamId,
        /// The kind of notice.
        kind: Kind,
    },
    /// Notices of the conversation are read or over.
    Read {
        /// The agents whose notices these are.
        from: From,
        /// The kinds of notice that are read.
        kinds: Vec<Kind>,
    },
}

impl Consequence {
    /// The effect on lists of notices. They are kept whether or not a device is reached.
    pub fn of_notices(&self) -> Option<NoticeEffect> {
        match &self.effect {
            PushEffect::Tell { whom: Whom::Agent(agent), kind, .. } => {
                let is_told = kind.spec().is_notice && self.by != Some(*agent);
                is_told.then_some(NoticeEffect::Add { agent: *agent, kind: *kind })
            }
            PushEffect::Tell { whom: Whom::Supervisors(team), kind, .. } => kind
                .spec()
                .is_notice
                .then_some(NoticeEffect::AddToSupervisors { team: *team, kind: *kind }),
            PushEffect::Tell { whom: Whom::Team(_), .. } | PushEffect::Correct => None,
            PushEffect::TakeBack { from, kinds } => {
                let is_notice = |kind: &Kind| kind.spec().is_notice;
                let kinds: Vec<_> = kinds.iter().copied().filter(is_notice).collect();
                (!kinds.is_empty()).then_some(NoticeEffect::Read { from: *from, kinds })
            }
        }
    }
}

impl From {
    fn has_agent(self, agent: AgentId) -> bool {
        match self {
            Self::Everyone => true,
            Self::AllBut(other) => other != agent,
            Self::Agent(one) => one == agent,
        }
    }
}

/// A device that can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// As its session names it.
    pub id: DeviceId,
    /// The push service of the device.
    pub lane: PushLane,
    /// Whether it waits for its agent, who looks, as far as is known: at this device, or at any
    /// where that is enough to them.
    pub is_spared: bool,
}

/// The time at which an agent last looked at a screen, as devices say once a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastLooked {
    /// At this device.
    pub here: Option<Timestamp>,
    /// At any device.
    pub anywhere: Option<Timestamp>,
    /// Whether the agent wants a push on each device that they do not look at.
    pub is_here_alone: bool,
}

impl LastLooked {
    /// Whether the device is spared because its agent looks.
    pub fn is_spared(self, now: Timestamp) -> bool {
        let at = if self.is_here_alone { self.here } else { self.anywhere };
        at.is_some_and(|at| now.since(at) <= WATCHING_MS)
    }
}

/// An agent who may have to be told.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// The agent, and what the agent may see.
    pub sight: Sight,
    /// The level of pushes that they want.
    pub level: PushLevel,
    /// The teams for which they want it otherwise.
    pub team_levels: BTreeMap<TeamId, PushLevel>,
    /// What keeps pushes from them now.
    pub silence: Silence,
    /// Their devices that can be reached, the most recent first.
    pub devices: Vec<Device>,
}

impl Addressee {
    /// The level of pushes that they want of conversations of this team.
    fn level_of(&self, team: TeamId) -> PushLevel {
        self.team_levels.get(&team).copied().unwrap_or(self.level)
    }

    /// The end of quiet hours of the workspace that something waits for. An offer would be over.
    fn waits_until(&self, news: News) -> Option<Timestamp> {
        let Silence::Workspace { until } = self.silence else { return None };
        let is_loud = news.rings != Rings::Never || news.kind == Kind::Offer;
        (!is_loud).then_some(until)
    }
}

/// The stage that a push has reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushStage {
    /// No byte of it was sent.
    Queued,
    /// It may have reached its device.
    UnderWay,
    /// A newer fact took it back before a byte was sent.
    Superseded,
    /// It was taken back; a retract follows it.
    Retracted,
}

/// A push to one device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Push {
    /// Its id; every copy has the same.
    pub id: PushId,
    /// The agent it is for.
    pub agent: AgentId,
    /// The device it goes to.
    pub device: DeviceId,
    /// The push service that carries it.
    pub lane: PushLane,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// The kind.
    pub kind: Kind,
    /// The place in the log of what it tells.
    pub position: u64,
    /// The stage it has reached.
    pub stage: PushStage,
    /// Not sent before.
    pub due_at: Timestamp,
    /// Not sent after.
    pub expires_at: Timestamp,
    /// Whether it is new here.
    pub is_new: bool,
    /// Whether it was there and is changed here.
    pub is_changed: bool,
}

/// The agents of one workspace whom a group of events concerns, and their pushes that are not over.
#[derive(Clone, Default, Debug)]
pub struct Board {
    /// The workspace, for errors and logs.
    pub workspace: Option<WorkspaceId>,
    /// The agents.
    pub agents: BTreeMap<AgentId, Addressee>,
    /// Pushes: as they were read, and new ones behind them.
    pub pushes: Vec<Push>,
}

/// The news of a conversation.
#[derive(Clone, Copy)]
struct News {
    kind: Kind,
    is_flood: bool,
    rings: Rings,
}

/// The time of new pushes, and what makes their ids.
struct PushMaker<'a> {
    now: Timestamp,
    fresh: &'a mut dyn FnMut() -> PushId,
}

impl Board {
    /// Applies one consequence. `fresh` makes ids.
    pub fn carry(
        &mut self,
        consequence: &Consequence,
        now: Timestamp,
        fresh: &mut dyn FnMut() -> PushId,
    ) {
        let mut maker = PushMaker { now, fresh };
        match &consequence.effect {
            PushEffect::Tell { whom, kind, scope, is_flood, rings } => {
                let news = News { kind: *kind, is_flood: *is_flood, rings: *rings };
                for agent in self.told(*whom, news, *scope, consequence.by) {
                    match self.agents.get(&agent).and_then(|one| one.waits_until(news)) {
                        Some(until) => self.sum_up(agent, until, consequence, &mut maker),
                        None => self.tell(agent, news, consequence, &mut maker),
                    }
                }
            }
            PushEffect::TakeBack { from, kinds } => {
                self.take_back(*from, kinds, consequence, &mut maker);
            }
            PushEffect::Correct => self.correct(consequence, &mut maker),
        }
    }

    /// The agents who are told: they may see it, want it and did not cause it.
    fn told(&self, whom: Whom, news: News, scope: Scope, by: Option<AgentId>) -> Vec<AgentId> {
        let is_meant = |id: AgentId, one: &Addressee| match whom {
            Whom::Agent(agent) => agent == id,
            Whom::Team(team) => one.sight.viewer.teams.contains_key(&team),
            Whom::Supervisors(team) => {
                one.sight.viewer.teams.get(&team) == Some(&MembershipKind::Supervisor)
            }
        };
        let all = self.agents.iter().filter(|(id, one)| {
            is_meant(**id, one)
                && by != Some(**id)
                && news.kind.is_wanted(one.level_of(scope.team))
                && (one.silence != Silence::Own || news.rings == Rings::Always)
                && one.sight.level(scope) == Level::Full
        });
        all.map(|(id, _)| *id).collect()
    }

    fn tell(&mut self, agent: AgentId, news: News, of: &Consequence, maker: &mut PushMaker<'_>) {
        let Some(one) = self.agents.get(&agent) else { return };
        let (News { kind, is_flood, .. }, now) = (news, maker.now);
        let expires_at = now.plus_ms(kind.spec().lasts_ms);
        let devices: Vec<_> = one.devices.iter().take(DEVICES_MAX).copied().collect();
        for Device { id: device, lane, is_spared } in devices {
            let due_at = now.plus_ms(kind.grace_ms(is_spared));
            let shown = self.shown_at(device, of.conversation).filter(|_| is_flood);
            let due_at = shown.map_or(due_at, |at| due_at.max(at.plus_ms(FLOOD_MS)));
            let queued = self.pushes.iter_mut().find(|push| {
                push.stage == PushStage::Queued
                    && push.device == device
                    && push.conversation == of.conversation
                    && push.kind != Kind::Retract
            });
            // What is not sent yet says the newest, at the time it was due: a flood is one push.
            if let Some(push) = queued {
                push.kind = push.kind.max(kind);
                push.position = of.position;
                push.due_at = push.due_at.min(due_at);
                push.expires_at = push.expires_at.max(expires_at);
                push.is_changed = !push.is_new;
                continue;
            }
            self.pushes.push(Push {
                id: (maker.fresh)(),
                agent,
                device,
                lane,
                conversation: of.conversation,
                kind,
                position: of.position,
                stage: PushStage::Queued,
                due_at,
                expires_at,
                is_new: true,
                is_changed: false,
            });
        }
    }

    /// What is told at the end of quiet hours: one summary for each device, about no conversation.
    /// It stands in the place of a conversation with the agent's id, of which there is none.
    fn sum_up(
        &mut self,
        agent: AgentId,
        until: Timestamp,
        of: &Consequence,
        maker: &mut PushMaker<'_>,
    ) {
        let Some(one) = self.agents.get(&agent) else { return };
        let (place, kind) = (ConversationId(agent.0), Kind::Digest);
        for device in one.devices.iter().take(DEVICES_MAX) {
            let waits = |push: &Push| {
                push.stage == PushStage::Queued
                    && push.device == device.id
                    && push.conversation == place
            };
            if self.pushes.iter().any(waits) {
                continue;
            }
            self.pushes.push(Push {
                id: (maker.fresh)(),
                agent,
                device: device.id,
                lane: device.lane,
                conversation: place,
                kind,
                position: of.position,
                stage: PushStage::Queued,
                due_at: until,
                expires_at: until.plus_ms(kind.spec().lasts_ms),
                is_new: true,
                is_changed: false,
            });
        }
    }

    /// Tells devices again that may show what was taken back. What waits to be sent will say what
    /// is left by itself. A mention shows a note, and a review is of the agent's own message.
    fn correct(&mut self, of: &Consequence, maker: &mut PushMaker<'_>) {
        let mut told: BTreeMap<DeviceId, Push> = BTreeMap::new();
        for push in self.pushes.iter().filter(|push| push.conversation == of.conversation) {
            let is_shown = push.stage == PushStage::UnderWay && push.kind.spec().is_shown;
            if !is_shown || matches!(push.kind, Kind::Mention | Kind::Review) {
                continue;
            }
            let again = told.entry(push.device).or_insert_with(|| push.clone());
            again.kind = again.kind.max(push.kind);
            again.expires_at = again.expires_at.max(push.expires_at);
        }
        let waits = |push: &Push| {
            push.stage == PushStage::Queued
                && push.conversation == of.conversation
                && push.kind != Kind::Retract
        };
        for push in self.pushes.iter().filter(|push| waits(push)) {
            told.remove(&push.device);
        }
        let now = maker.now;
        for push in told.into_values().filter(|push| push.expires_at > now) {
            self.pushes.push(Push {
                id: (maker.fresh)(),
                position: of.position,
                stage: PushStage::Queued,
                due_at: now,
                is_new: true,
                is_changed: false,
                ..push
            });
        }
    }

    /// The last time at which a device was told of a conversation by what it may still show.
    fn shown_at(&self, device: DeviceId, of: ConversationId) -> Option<Timestamp> {
        let shown = self.pushes.iter().filter(|push| {
            push.device == device
                && push.conversation == of
                && push.stage == PushStage::UnderWay
                && push.kind.spec().is_shown
        });
        shown.map(|push| push.due_at).max()
    }

    /// Drops pushes that were not sent; a device that may show something gets one retract.
    fn take_back(
        &mut self,
        from: From,
        kinds: &[Kind],
        of: &Consequence,
        maker: &mut PushMaker<'_>,
    ) {
        let now = maker.now;
        let mut retracts: BTreeMap<DeviceId, Push> = BTreeMap::new();
        for push in &mut self.pushes {
            let is_meant = push.conversation == of.conversation
                && kinds.contains(&push.kind)
                && from.has_agent(push.agent);
            match push.stage {
                PushStage::Queued if is_meant => push.stage = PushStage::Superseded,
                PushStage::UnderWay if is_meant => push.stage = PushStage::Retracted,
                PushStage::Queued
                | PushStage::UnderWay
                | PushStage::Superseded
                | PushStage::Retracted => continue,
            }
            push.is_changed = !push.is_new;
            if push.stage == PushStage::Retracted && push.expires_at > now {
                let expires_at = push.expires_at;
                let retract = retracts.entry(push.device).or_insert_with(|| Push {
                    id: (maker.fresh)(),
                    kind: Kind::Retract,
                    position: of.position,
                    stage: PushStage::Queued,
                    due_at: now,
                    is_new: true,
                    is_changed: false,
                    ..push.clone()
                });
                retract.expires_at = retract.expires_at.max(expires_at);
            }
        }
        // What is new and dropped again was never anywhere.
        self.pushes.retain(|push| !(push.is_new && push.stage == PushStage::Superseded));
        self.pushes.extend(retracts.into_values());
    }
}
