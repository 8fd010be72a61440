//! What a viewer is told of a stretch of the log. Live delivery and resumption both ask here.

use std::collections::BTreeMap;

use baton_protocol::frame::ResetReason;
use baton_protocol::limits::RESUME_CONVERSATIONS_MAX;
use baton_protocol::{Actor, ConversationId, Event, Fact, Head, TeamId, Visibility};

use crate::log::Logged;
use crate::scope::{Level, Scope, Viewer};
use crate::stretch::{Gathered, Touched};

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

impl Told {
    fn place(&self) -> usize {
        match self {
            Self::Event(place) | Self::Head(place, _) => *place,
        }
    }
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
    /// The rule over the whole gap: the level at its end decides. None:
    /// `left`. The same throughout: its events. Otherwise one `entered` at the level of the end.
    pub fn tidings(&self, stretch: &[Logged]) -> Tidings {
        self.tidings_of(&Gathered::of(stretch), stretch)
    }

    /// The same of a stretch that was gathered for all its viewers.
    pub fn tidings_of(&self, gathered: &Gathered, stretch: &[Logged]) -> Tidings {
        if gathered.about_rights(stretch).any(|fact| self.is_changed_by(fact)) {
            return Tidings::Reset(ResetReason::ScopeChanged);
        }
        let mine = gathered.agents.get(&self.viewer.agent);
        let places = gathered.everyone.iter().chain(mine.into_iter().flatten());
        let mut told: Vec<_> = places.copied().map(Told::Event).collect();
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
        told.sort_unstable_by_key(Told::place);
        Tidings::Changes { left, entered, told }
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
fn tell(level: Level, touched: &Touched) -> impl Iterator<Item = Told> {
    let skipped = match level {
        Level::Full => 0,
        Level::Head => touched.places.len().saturating_sub(1),
        Level::None => touched.places.len(),
    };
    touched.places.iter().skip(skipped).map(move |place| match level {
        Level::Full => Told::Event(*place),
        Level::Head | Level::None => Told::Head(*place, touched.id),
    })
}

/// How a conversation's level ran through the stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Course {
    Constant(Level),
    Changed(Level),
}
