//! What is found by gathering a stretch once is what walking all of it for each viewer finds.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::scope::{Level, Scope, Viewer};
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent};
use baton_protocol::{Actor, Event, Fact};
use baton_protocol::{
    AgentId, ConversationId, Home, MembershipKind, Owner, Role, SettingKind, TeamId, Timestamp,
    Visibility,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use uuid::Uuid;

const fn team(n: u8) -> TeamId {
    TeamId(Uuid::from_u128(n as u128))
}

const fn agent(n: u8) -> AgentId {
    AgentId(Uuid::from_u128(100 + n as u128))
}

fn scopes() -> impl Strategy<Value = Scope> {
    (0_u8..3, prop::option::of(0_u8..3)).prop_map(|(of, owner)| Scope {
        team: team(of),
        owner: owner.map_or(Owner::Queue(team(of)), |owner| Owner::Agent(agent(owner))),
    })
}

fn settings() -> impl Strategy<Value = Option<Home>> {
    prop::option::of(prop_oneof![
        Just(Home::Workspace),
        (0_u8..3).prop_map(|n| Home::Team { id: team(n) }),
        (0_u8..3).prop_map(|n| Home::Agent { id: agent(n) }),
    ])
}

/// Whether somebody reads what is for a home.
fn is_theirs(viewer: &Viewer, home: Option<Home>) -> bool {
    home.is_some_and(|home| {
        viewer.role == Role::Admin
            || match home {
                Home::Team { id } => viewer.teams.contains_key(&id),
                Home::Agent { id } => viewer.agent == id,
                Home::Workspace | Home::Channel { .. } | Home::Unknown => true,
            }
    })
}

fn routes() -> impl Strategy<Value = Route> {
    prop_oneof![
        1 => Just(Route::Everyone),
        1 => (0_u8..3).prop_map(|n| Route::Agent(agent(n))),
        1 => (0_u8..3, 0_u8..3)
            .prop_map(|(n, of)| Route::Coaching { agent: agent(n), team: team(of) }),
        1 => (settings(), settings()).prop_map(|(before, after)| {
            Route::Setting { kind: SettingKind::Tag, before, after }
        }),
        4 => scopes().prop_map(|scope| Route::Conversation { before: Some(scope), after: scope }),
        1 => scopes().prop_map(|after| Route::Conversation { before: None, after }),
        2 => (scopes(), scopes())
            .prop_map(|(before, after)| Route::Conversation { before: Some(before), after }),
    ]
}

fn stretches() -> impl Strategy<Value = Vec<Logged>> {
    vec((routes(), 0_u8..5), 0..30).prop_map(|all| {
        let logged = |(position, (route, n)): (u64, (Route, u8))| {
            let id = ConversationId(Uuid::from_u128(n.into()));
            let event = Event {
                position,
                conversation_id: (route != Route::Everyone).then_some(id),
                revision: None,
                at: Timestamp::from_ms(0),
                actor: Actor::System,
                fact: Fact::PasswordSet { agent_id: agent(9) },
                content: None,
            };
            Logged::new(event, route)
        };
        (1..).zip(all).map(logged).collect()
    })
}

fn sights() -> impl Strategy<Value = Sight> {
    let kinds = prop_oneof![Just(MembershipKind::Member), Just(MembershipKind::Supervisor)];
    let shows = prop_oneof![Just(Visibility::Full), Just(Visibility::Head), Just(Visibility::Own)];
    let roles = prop_oneof![Just(Role::Agent), Just(Role::Supervisor), Just(Role::Admin)];
    let teams = btree_map((0_u8..3).prop_map(team), kinds, 0..3);
    let visibility = btree_map((0_u8..3).prop_map(team), shows, 0..4);
    (0_u8..3, roles, teams, visibility).prop_map(|(n, role, teams, visibility)| Sight {
        viewer: Viewer { agent: agent(n), role, teams },
        visibility,
        hidden: BTreeSet::new(),
    })
}

/// Event by event: how each conversation's level ran, and then what that lets be told.
fn walked(sight: &Sight, stretch: &[Logged]) -> Tidings {
    let mut courses: BTreeMap<ConversationId, Vec<Level>> = BTreeMap::new();
    for logged in stretch {
        if let (Route::Conversation { before, after }, Some(id)) =
            (logged.route, logged.event.conversation_id)
        {
            let course = courses.entry(id).or_default();
            course.extend([sight.level(before.unwrap_or(after)), sight.level(after)]);
        }
    }
    let (mut left, mut entered, mut still) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (id, course) in courses {
        let end = course[course.len() - 1];
        match (course.iter().all(|level| *level == end), end) {
            (true, _) => drop(still.insert(id, end)),
            (false, Level::None) => left.push(id),
            (false, level) => entered.push((id, level)),
        }
    }
    let (mut told, mut heads) = (Vec::new(), BTreeSet::new());
    for (place, logged) in stretch.iter().enumerate().rev() {
        match (logged.route, logged.event.conversation_id) {
            (Route::Everyone, _) => told.push(VisibleEvent::Event(place)),
            (Route::Agent(who), _) if who == sight.viewer.agent => {
                told.push(VisibleEvent::Event(place));
            }
            // Who gets the conversation anew gets its notes with it.
            (Route::Coaching { agent, team }, Some(id)) => {
                let viewer = &sight.viewer;
                let is_for_them = viewer.agent == agent
                    || viewer.role == Role::Admin
                    || viewer.role == Role::Supervisor
                        && viewer.teams.get(&team) == Some(&MembershipKind::Supervisor);
                let is_gone = left.contains(&id) || entered.iter().any(|(of, _)| *of == id);
                if is_for_them && !is_gone {
                    told.push(VisibleEvent::Event(place));
                }
            }
            (Route::Setting { before, after, .. }, _) => {
                if is_theirs(&sight.viewer, after) {
                    told.push(VisibleEvent::Event(place));
                } else if is_theirs(&sight.viewer, before) {
                    let has_ended = after.is_none();
                    let event = if has_ended { VisibleEvent::Event } else { VisibleEvent::Gone };
                    told.push(event(place));
                }
            }
            (Route::Conversation { .. }, Some(id)) => match still.get(&id) {
                Some(Level::Full) => told.push(VisibleEvent::Event(place)),
                Some(Level::Head) if heads.insert(id) => told.push(VisibleEvent::Head(place, id)),
                _ => {}
            },
            _ => {}
        }
    }
    told.reverse();
    Tidings::Changes { left, entered, told }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn gathering_finds_what_walking_finds(stretch in stretches(), sight in sights()) {
        prop_assert_eq!(sight.tidings(&stretch), walked(&sight, &stretch));
    }
}
