//! A viewer who was away holds the settings that one who stayed holds, and no others.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::scope::Viewer;
use baton_domain::see::setting::reads;
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent, as_gone};
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, Event, Fact, Home, MembershipKind, Role, SettingId, SettingKind, TeamId,
    Timestamp,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

const KIND: SettingKind = SettingKind::CannedReply;
const ME: AgentId = AgentId(Uuid::from_u128(1));

const fn team(n: u8) -> TeamId {
    TeamId(Uuid::from_u128(0x50 + n as u128))
}

/// What happens in a workspace.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A setting is set for a home, or ended.
    Sets(u8, Option<Home>),
    /// The viewer joins a team, or leaves it.
    Joins(u8, bool),
    /// The viewer who was away comes back.
    Returns,
}

fn homes() -> impl Strategy<Value = Home> {
    prop_oneof![
        Just(Home::Workspace),
        (0_u8..3).prop_map(|n| Home::Team { id: team(n) }),
        (1_u8..3).prop_map(|n| Home::Agent { id: AgentId(Uuid::from_u128(n.into())) }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u8..4, prop::option::weighted(0.8, homes())).prop_map(|(n, to)| Step::Sets(n, to)),
        2 => (0_u8..3, any::<bool>()).prop_map(|(n, joins)| Step::Joins(n, joins)),
        3 => Just(Step::Returns),
    ];
    vec(step, 1..60)
}

/// A setting as a client holds it: its version, and the body that it was told.
type Holds = BTreeMap<SettingId, (u32, Option<EventContent>)>;

/// The workspace, and the settings in it.
#[derive(Debug, Default)]
struct Team {
    log: Vec<Logged>,
    settings: BTreeMap<SettingId, (u32, Option<Home>)>,
    sight: Option<Sight>,
}

fn body(id: SettingId, version: u32) -> EventContent {
    EventContent::Setting(json!({ "of": id, "version": version }))
}

impl Team {
    fn sight(&self) -> Sight {
        let viewer = Viewer { agent: ME, role: Role::Agent, teams: BTreeMap::new() };
        let (visibility, hidden) = (BTreeMap::new(), BTreeSet::new());
        self.sight.clone().unwrap_or(Sight { viewer, visibility, hidden })
    }

    fn tell(&mut self, fact: Fact, content: Option<EventContent>) {
        let event = Event {
            position: self.log.len() as u64 + 1,
            conversation_id: None,
            revision: None,
            at: Timestamp::from_ms(0),
            actor: Actor::System,
            fact,
            content,
        };
        let route = Route::of(&event.fact, None, None);
        self.log.push(Logged::new(event, route));
    }

    fn sets(&mut self, n: u8, home: Option<Home>) {
        let id = SettingId(Uuid::from_u128(n.into()));
        let (version, home_before) = self.settings.get(&id).copied().unwrap_or_default();
        if home.is_none() && home_before.is_none() {
            return;
        }
        let version = version + 1;
        self.settings.insert(id, (version, home));
        let fact = Fact::SettingChanged {
            setting_id: id,
            kind: KIND.name().to_owned(),
            version,
            home_before,
            home,
            rank: 0,
            changed: Vec::new(),
            secret: None,
        };
        self.tell(fact, home.map(|_| body(id, version)));
    }

    fn joins(&mut self, n: u8, joins: bool) {
        let mut sight = self.sight();
        if joins {
            sight.viewer.teams.insert(team(n), MembershipKind::Member);
        } else {
            sight.viewer.teams.remove(&team(n));
        }
        self.sight = Some(sight);
        let kind = joins.then_some(MembershipKind::Member);
        self.tell(Fact::MembershipChanged { team_id: team(n), agent_id: ME, kind }, None);
    }

    /// What `GET /settings` answers.
    fn read(&self) -> Holds {
        let sight = self.sight();
        let own = self.settings.iter().filter(|(_, (_, home))| {
            home.is_some_and(|home| reads(&sight.viewer, KIND.spec(), home))
        });
        own.map(|(id, (version, _))| (*id, (*version, Some(body(*id, *version))))).collect()
    }

    /// Brings a client up to date that has applied the log up to a position.
    fn catch_up(&self, holds: &mut Holds, after: usize) {
        let stretch = &self.log[after..];
        let told = match self.sight().tidings(stretch) {
            Tidings::Reset(_) => return *holds = self.read(),
            Tidings::Changes { told, .. } => told,
        };
        for told in told {
            let event = match told {
                VisibleEvent::Event(place) | VisibleEvent::Cut(place) => {
                    stretch[place].event.clone()
                }
                VisibleEvent::Gone(place) => as_gone(&stretch[place].event),
                VisibleEvent::Head(..) => panic!("there are no conversations"),
            };
            let Fact::SettingChanged { setting_id, version, home, .. } = event.fact else {
                continue;
            };
            match home {
                None => {
                    assert_eq!(event.content, None, "a body of what is not theirs");
                    holds.remove(&setting_id);
                }
                Some(_) => drop(holds.insert(setting_id, (version, event.content))),
            }
        }
    }
}

proptest! {
    #[test]
    fn who_was_away_holds_what_who_stayed_holds(steps in steps()) {
        let mut team = Team::default();
        let (mut stayed, mut away, mut since) = (Holds::new(), Holds::new(), 0);
        for step in steps {
            let before = team.log.len();
            match step {
                Step::Sets(n, home) => team.sets(n, home),
                Step::Joins(n, joins) => team.joins(n, joins),
                Step::Returns => {
                    team.catch_up(&mut away, since);
                    since = before;
                    prop_assert_eq!(&away, &stayed);
                }
            }
            team.catch_up(&mut stayed, before);
            prop_assert_eq!(&stayed, &team.read(), "after {:?}", step);
        }
    }
}
