//! What a viewer is told of a stretch of the log. Live delivery and resumption both ask here.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::frame::ResetReason;
use baton_protocol::limits::RESUME_CONVERSATIONS_MAX;
use baton_protocol::{Actor, ConversationId, Event, Fact, Head, TeamId, Visibility};

use crate::log::{Logged, Route};
use crate::scope::{Level, Scope, Viewer};

/// A viewer and the settings of the teams.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Who looks.
    pub viewer: Viewer,
    /// Each team's visibility.
    pub visibility: BTreeMap<TeamId, Visibility>,
}

/// One thing told, in order of position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// The event at this place of the stretch, as it is.
    Event(usize),
    /// The head of this conversation, in place of its events, at this place's position.
    Head(usize, ConversationId),
}

/// What a viewer of level head is told in place of an event: the row after it. Who acted and what
/// happened is not theirs to know.
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

/// What a viewer is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tidings {
    /// Too much changed to tell it bit by bit.
    Reset(ResetReason),
    /// Bit by bit.
    Changes {
        /// Conversations that left the scope.
        left: Vec<ConversationId>,
        /// Conversations that came into scope, or changed their level.
        entered: Vec<(ConversationId, Level)>,
        /// The events of all others.
        told: Vec<Told>,
    },
}

impl Sight {
    /// How much may be seen of what lies in `scope`; a team that is not known shows nothing.
    pub fn level(&self, scope: Scope) -> Level {
        let visibility = self.visibility.get(&scope.team).copied().unwrap_or(Visibility::Own);
        self.viewer.level(scope, visibility)
    }

    /// Whether this event changes what the viewer may see, so that bit by bit will not do.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else changes no scope")]
    pub fn is_changed_by(&self, fact: &Fact) -> bool {
        match fact {
            Fact::MembershipChanged { agent_id, .. } => *agent_id == self.viewer.agent,
            Fact::AgentChanged { agent_id, set, .. } => {
                set.touches_rights() && *agent_id == self.viewer.agent
            }
            Fact::TeamChanged { team_id, set, .. } => {
                set.visibility.is_some() && self.viewer.teams.contains_key(team_id)
            }
            _ => false,
        }
    }

    /// What to tell of a whole stretch of the log, given this viewer's events in it.
    ///
    /// The rule over the whole gap (DESIGN.md section 7): the level at its end decides. None:
    /// `left`. The same throughout: its events. Otherwise one `entered` at the level of the end.
    pub fn tidings(&self, stretch: &[Logged]) -> Tidings {
        if stretch.iter().any(|logged| self.is_changed_by(&logged.event.fact)) {
            return Tidings::Reset(ResetReason::ScopeChanged);
        }
        let levels = self.levels(stretch);
        if levels.len() > RESUME_CONVERSATIONS_MAX {
            return Tidings::Reset(ResetReason::TooMuch);
        }
        let mut left = Vec::new();
        let mut entered = Vec::new();
        for (id, level) in &levels {
            match level {
                Course::Constant(_) => {}
                Course::Changed(Level::None) => left.push(*id),
                Course::Changed(level) => entered.push((*id, *level)),
            }
        }
        Tidings::Changes { left, entered, told: self.told(stretch, &levels) }
    }

    fn levels(&self, stretch: &[Logged]) -> BTreeMap<ConversationId, Course> {
        let mut levels = BTreeMap::new();
        for logged in stretch {
            let (Some(id), Route::Conversation { before, after }) =
                (logged.event.conversation_id, logged.route)
            else {
                continue;
            };
            let after = self.level(after);
            // What begins in the stretch was at no other level before: its events tell it whole.
            let before = before.map_or(after, |scope| self.level(scope));
            let course = levels.entry(id).or_insert(Course::Constant(before));
            *course = match *course {
                Course::Constant(level) if level == before && level == after => *course,
                Course::Constant(_) | Course::Changed(_) => Course::Changed(after),
            };
        }
        levels
    }

    fn told(&self, stretch: &[Logged], levels: &BTreeMap<ConversationId, Course>) -> Vec<Told> {
        let mut told = Vec::new();
        let mut heads = BTreeSet::new();
        // From the back: of a conversation's heads only the last one is worth telling.
        for (place, logged) in stretch.iter().enumerate().rev() {
            match (logged.route, logged.event.conversation_id) {
                (Route::Everyone, _) => told.push(Told::Event(place)),
                (Route::Agent(agent), _) if agent == self.viewer.agent => {
                    told.push(Told::Event(place));
                }
                (Route::Conversation { .. }, Some(id)) => match levels.get(&id) {
                    Some(Course::Constant(Level::Full)) => told.push(Told::Event(place)),
                    Some(Course::Constant(Level::Head)) if heads.insert(id) => {
                        told.push(Told::Head(place, id));
                    }
                    _ => {}
                },
                (Route::Agent(_) | Route::Conversation { .. }, _) => {}
            }
        }
        told.reverse();
        told
    }
}

/// How a conversation's level ran through the stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Course {
    Constant(Level),
    Changed(Level),
}
