//! Decides what to deliver to a viewer for a stretch of the log. Live delivery, resume and
//! `GET /sync` all ask here.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::frame::ResetReason;
use baton_protocol::limits::RESUME_CONVERSATIONS_MAX;
use baton_protocol::{
    Actor, AgentId, ConversationId, Event, Fact, Head, Home, SettingId, TeamId, Visibility,
};

use crate::fact::log::Logged;
use crate::fact::predicates::{is_about_rights, touches_rights};
use crate::fact::scope::{Level, Scope, Viewer};
use crate::see::attributes;
use crate::see::setting;
use crate::see::stretch::{Gathered, SettingMove, Touched};

/// A viewer, the settings of the teams, and what is hidden from the viewer's role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// The viewer.
    pub viewer: Viewer,
    /// Each team's visibility.
    pub visibility: BTreeMap<TeamId, Visibility>,
    /// Attributes of customers that the viewer does not see.
    pub hidden: BTreeSet<SettingId>,
}

/// The view that a viewer gets of one event, in order of position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VisibleEvent {
    /// The event at this place of the stretch, as it is.
    Event(usize),
    /// The event at this place, which tells of a card, without the fields that are hidden from the
    /// viewer: see [`attributes::event_shown`].
    Cut(usize),
    /// The change of a setting at this place of the stretch, which the viewer read before it and
    /// does not read any more: see [`as_gone`].
    Gone(usize),
    /// The head of this conversation, in place of its events, at this place's position.
    Head(usize, ConversationId),
}

impl VisibleEvent {
    fn place(&self) -> usize {
        match self {
            Self::Event(place) | Self::Cut(place) | Self::Gone(place) | Self::Head(place, _) => {
                *place
            }
        }
    }
}

/// The event for a viewer of level head: the head after it, without the author and the fact.
pub fn as_head(event: &Event, head: &Head) -> Event {
    Event {
        position: event.position,
        conversation_id: event.conversation_id,
        revision: Some(head.revision),
        at: event.at,
        actor: Actor::System,
        fact: Fact::HeadChanged { head: head.clone() },
        content: None,
    }
}

/// The change of a setting for those who no longer read it: to them it ended.
pub fn as_gone(event: &Event) -> Event {
    let mut gone = Event { content: None, ..event.clone() };
    if let Fact::SettingChanged { home, changed, .. } = &mut gone.fact {
        *home = None;
        changed.clear();
    }
    gone
}

/// The deliveries of a stretch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tidings {
    /// The viewer has to take a new snapshot.
    Reset(ResetReason),
    /// Single changes.
    Changes {
        /// Conversations that left the scope.
        left: Vec<ConversationId>,
        /// Conversations that came into scope, or changed their level.
        entered: Vec<(ConversationId, Level)>,
        /// The events of all others.
        told: Vec<VisibleEvent>,
    },
}

impl Sight {
    /// The level of a conversation in `scope`. An unknown team shows nothing.
    pub fn level(&self, scope: Scope) -> Level {
        let visibility = self.visibility.get(&scope.team).copied().unwrap_or(Visibility::Own);
        self.viewer.level(scope, visibility)
    }

    /// Whether the viewer sees coaching notes for an agent in a conversation of a team.
    pub fn sees_coaching(&self, agent: AgentId, team: TeamId) -> bool {
        self.viewer.agent == agent || self.viewer.supervises(team)
    }

    /// Whether this event changes the rights of the viewer, so that a reset is needed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else changes no scope")]
    pub fn is_changed_by(&self, fact: &Fact) -> bool {
        match fact {
            Fact::MembershipChanged { agent_id, .. } => *agent_id == self.viewer.agent,
            Fact::AgentChanged { agent_id, set, .. } => {
                touches_rights(set) && *agent_id == self.viewer.agent
            }
            Fact::TeamChanged { team_id, set, .. } => {
                set.visibility.is_some() && self.viewer.teams.contains_key(team_id)
            }
            Fact::SettingChanged { .. } => attributes::changes_sight(fact),
            // Whom it is about, only a newer version can say.
            Fact::Unknown(unknown) => is_about_rights(unknown),
            _ => false,
        }
    }

    /// The deliveries of a whole stretch of the log.
    ///
    /// The rule over the whole gap: the level at its end decides. None:
    /// `left`. The same throughout: its events. Otherwise one `entered` at the level of the end.
    pub fn tidings(&self, stretch: &[Logged]) -> Tidings {
        self.tidings_of(&Gathered::of(stretch), stretch)
    }

    /// Like [`Self::tidings`], for a stretch that was gathered once for all viewers.
    pub fn tidings_of(&self, gathered: &Gathered, stretch: &[Logged]) -> Tidings {
        if gathered.about_rights(stretch).any(|fact| self.is_changed_by(fact)) {
            return Tidings::Reset(ResetReason::ScopeChanged);
        }
        let mine = gathered.agents.get(&self.viewer.agent);
        let places = gathered.everyone.iter().chain(mine.into_iter().flatten());
        let mut told: Vec<_> = places.copied().map(VisibleEvent::Event).collect();
        let (mut left, mut entered, mut count) = (Vec::new(), Vec::new(), 0);
        for (scope, touched) in &gathered.still {
            let level = self.level(*scope);
            if level > Level::None {
                count += touched.len();
                told.extend(touched.iter().flat_map(|touched| tell(level, touched)));
            }
        }
        for moved in &gathered.moved {
            let id = moved.touched.id;
            match self.course(&moved.steps) {
                Course::Constant(Level::None) => continue,
                Course::Constant(level) => told.extend(tell(level, &moved.touched)),
                Course::Changed(Level::None) => left.push(id),
                Course::Changed(level) => entered.push((id, level)),
            }
            count += 1;
        }
        if count > RESUME_CONVERSATIONS_MAX {
            return Tidings::Reset(ResetReason::TooMuch);
        }
        // Who gets the conversation anew gets its notes with it.
        let is_told = |id| !left.contains(id) && entered.iter().all(|(of, _)| of != id);
        let coached = gathered.coached.iter();
        let coached = coached.filter(|note| self.sees_coaching(note.agent, note.team));
        let coached = coached.filter(|note| is_told(&note.id));
        told.extend(coached.map(|note| VisibleEvent::Event(note.place)));
        told.extend(gathered.settings.iter().filter_map(|of| self.told_of_setting(*of)));
        if !self.hidden.is_empty() {
            told.iter_mut().for_each(|told| self.cut(told, stretch));
        }
        told.sort_unstable_by_key(VisibleEvent::place);
        Tidings::Changes { left, entered, told }
    }

    /// Fields that are hidden are not told.
    fn cut(&self, told: &mut VisibleEvent, stretch: &[Logged]) {
        if let VisibleEvent::Event(place) = *told
            && let Some(logged) = stretch.get(place)
            && attributes::tells_one_of(&logged.event, &self.hidden)
        {
            *told = VisibleEvent::Cut(place);
        }
    }

    fn told_of_setting(&self, of: SettingMove) -> Option<VisibleEvent> {
        let reads = |home: Option<Home>| {
            home.is_some_and(|home| setting::reads(&self.viewer, of.kind.spec(), home))
        };
        if reads(of.after) {
            return Some(VisibleEvent::Event(of.place));
        }
        let told = if of.after.is_none() { VisibleEvent::Event } else { VisibleEvent::Gone };
        reads(of.before).then_some(told(of.place))
    }

    fn course(&self, steps: &[(Option<Scope>, Scope)]) -> Course {
        let mut course = None;
        for (before, after) in steps {
            let after = self.level(*after);
            // What begins in the stretch was at no other level before: its events tell it whole.
            let before = before.map_or(after, |scope| self.level(scope));
            course = Some(match course.unwrap_or(Course::Constant(before)) {
                Course::Constant(level) if level == before && level == after => {
                    Course::Constant(level)
                }
                Course::Constant(_) | Course::Changed(_) => Course::Changed(after),
            });
        }
        course.unwrap_or(Course::Constant(Level::None))
    }
}

/// Of a conversation's heads only the last one is worth telling.
fn tell(level: Level, touched: &Touched) -> impl Iterator<Item = VisibleEvent> {
    let skipped = match level {
        Level::Full => 0,
        Level::Head => touched.places.len().saturating_sub(1),
        Level::None => touched.places.len(),
    };
    touched.places.iter().skip(skipped).map(move |place| match level {
        Level::Full => VisibleEvent::Event(*place),
        Level::Head | Level::None => VisibleEvent::Head(*place, touched.id),
    })
}

/// The course of a conversation's level through the stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Course {
    Constant(Level),
    Changed(Level),
}
