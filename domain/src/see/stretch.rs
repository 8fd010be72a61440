//! A stretch of the log, gathered by scope. The events of one viewer are found without reading the
//! whole stretch. It is gathered once for all viewers.

use std::collections::BTreeMap;

use baton_protocol::{AgentId, ConversationId, Fact, Home, SettingKind, TeamId};

use crate::fact::log::{Logged, Route};
use crate::fact::predicates;
use crate::fact::scope::Scope;
use crate::see::attributes;

/// The events of a stretch by scope. Places are indices into the stretch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gathered {
    /// Events that may change rights.
    pub(crate) rights: Vec<usize>,
    /// Events for everyone.
    pub(crate) everyone: Vec<usize>,
    /// Events for one agent only.
    pub(crate) agents: BTreeMap<AgentId, Vec<usize>>,
    /// Coaching notes.
    pub(crate) coached: Vec<Coached>,
    /// Changes of settings.
    pub(crate) settings: Vec<SettingMove>,
    /// Conversations that stayed in one scope, by that scope.
    pub(crate) still: BTreeMap<Scope, Vec<Touched>>,
    /// The others, in order of id.
    pub(crate) moved: Vec<Moved>,
}

/// A conversation and the places of its events, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Touched {
    pub(crate) id: ConversationId,
    pub(crate) places: Vec<usize>,
}

/// A coaching note: where it is, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Coached {
    pub(crate) place: usize,
    pub(crate) id: ConversationId,
    pub(crate) agent: AgentId,
    pub(crate) team: TeamId,
}

/// A change of a setting: where it is, and the setting's homes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SettingMove {
    pub(crate) place: usize,
    pub(crate) kind: SettingKind,
    pub(crate) before: Option<Home>,
    pub(crate) after: Option<Home>,
}

/// A conversation that changed its scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Moved {
    pub(crate) touched: Touched,
    /// The scope before and after each event; none before the conversation's first.
    pub(crate) steps: Vec<(Option<Scope>, Scope)>,
}

impl Gathered {
    /// Gathers a stretch; its places mean nothing for any other.
    pub fn of(stretch: &[Logged]) -> Self {
        let mut gathered = Self::default();
        let mut conversations: BTreeMap<ConversationId, Moved> = BTreeMap::new();
        for (place, logged) in stretch.iter().enumerate() {
            if is_about_rights(&logged.event.fact) {
                gathered.rights.push(place);
            }
            match (logged.route, logged.event.conversation_id) {
                (Route::Everyone, _) => gathered.everyone.push(place),
                (Route::Agent(agent), _) => gathered.agents.entry(agent).or_default().push(place),
                (Route::Conversation { before, after }, Some(id)) => {
                    let of = conversations.entry(id).or_insert_with(|| Moved {
                        touched: Touched { id, places: Vec::new() },
                        steps: Vec::new(),
                    });
                    of.touched.places.push(place);
                    if of.steps.last() != Some(&(Some(after), after)) || before != Some(after) {
                        of.steps.push((before, after));
                    }
                }
                (Route::Coaching { agent, team }, Some(id)) => {
                    gathered.coached.push(Coached { place, id, agent, team });
                }
                (Route::Setting { kind, before, after }, _) => {
                    gathered.settings.push(SettingMove { place, kind, before, after });
                }
                (Route::Conversation { .. } | Route::Coaching { .. }, None)
                | (Route::Nobody, _) => {}
            }
        }
        for moved in conversations.into_values() {
            match one_scope(&moved.steps) {
                Some(scope) => gathered.still.entry(scope).or_default().push(moved.touched),
                None => gathered.moved.push(moved),
            }
        }
        gathered
    }

    /// The facts of the stretch that may change rights.
    pub fn about_rights<'a>(&'a self, stretch: &'a [Logged]) -> impl Iterator<Item = &'a Fact> {
        self.rights.iter().filter_map(|place| Some(&stretch.get(*place)?.event.fact))
    }
}

/// The scope that a conversation stayed in.
fn one_scope(steps: &[(Option<Scope>, Scope)]) -> Option<Scope> {
    let (_, first) = *steps.first()?;
    let stays = |(before, after): &(Option<Scope>, Scope)| {
        *after == first && before.is_none_or(|before| before == first)
    };
    steps.iter().all(stays).then_some(first)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all else changes no rights")]
fn is_about_rights(fact: &Fact) -> bool {
    match fact {
        Fact::MembershipChanged { .. } | Fact::AgentChanged { .. } | Fact::TeamChanged { .. } => {
            true
        }
        Fact::SettingChanged { .. } => attributes::changes_sight(fact),
        Fact::Unknown(unknown) => predicates::is_about_rights(unknown),
        _ => false,
    }
}
