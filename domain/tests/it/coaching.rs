//! Coaching notes: from a supervisor to the owner, and to nobody else.

use baton_domain::fact::log::Route;
use baton_domain::see::mirror::Mirrored;
use baton_domain::see::sight::{Tidings, VisibleEvent};
use baton_protocol::limits::NOTE_CHARS_MAX;
use baton_protocol::{AgentSet, Coach, CommandBody, Fact, Owner, Refusal, Role, Visibility};

use crate::client::Client;
use crate::team::{
    ANA, BEN, CLEO, EVA, Hand, LUCIA, ROOT, SALES, SUPPORT, Team, accepted, assign, claim, refused,
    transfer, unassign,
};

pub(crate) fn coach(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Coach(Coach { text: "Offer the exchange".to_owned(), expect_owner_epoch })
}

/// Lucía's conversation is Ana's.
fn with_an_owner() -> Team {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    team
}

/// Whether this viewer is told of the last event of the log, as it is.
fn hears_the_last(team: &Team, who: Hand) -> bool {
    hears(team, who, team.log.len() - 1, team.log.len() - 1)
}

/// Whether who comes back after `from` events is told of the event at `place`, as it is.
fn hears(team: &Team, who: Hand, from: usize, place: usize) -> bool {
    let tidings = team.sights[&who.agent].tidings(&team.log[from..]);
    let Tidings::Changes { told, .. } = tidings else { panic!("{tidings:?}") };
    told.contains(&VisibleEvent::Event(place - from))
}

#[test]
fn it_reaches_the_owner_and_those_who_supervise_the_team() {
    let mut team = with_an_owner();
    for visibility in [Visibility::Full, Visibility::Head, Visibility::Own] {
        team.shows(SUPPORT, visibility);
        accepted(team.does(EVA, coach(2)));
        let heard = [ANA, EVA, ROOT, BEN, CLEO].map(|who| hears_the_last(&team, who));
        assert_eq!(heard, [true, true, true, false, false], "{visibility:?}");
    }
}

#[test]
fn it_changes_nothing_of_the_conversation() {
    let mut team = with_an_owner();
    let before = team.lucia().clone();
    let note = accepted(team.does(EVA, coach(2)));
    assert!(note.note_id.is_some() && note.line.is_none(), "{note:?}");
    assert_eq!(*team.lucia(), before);
    assert!(team.notes.is_empty());
    let logged = team.log.last().unwrap();
    assert_eq!(logged.event.revision, None);
    assert_eq!(logged.route, Route::Coaching { agent: ANA.agent, team: SUPPORT });
}

#[test]
fn only_who_supervises_the_team_writes_one_and_not_to_themselves() {
    let mut team = with_an_owner();
    refused(team.does(ANA, coach(2)), "not_allowed");
    refused(team.does(BEN, coach(2)), "not_allowed");
    refused(team.does(CLEO, coach(2)), "not_in_scope");
    accepted(team.does(ROOT, coach(2)));
    // Who supervises another team is a member like all others here.
    let eva = team.sights.get_mut(&EVA.agent).unwrap();
    eva.viewer.teams.insert(SUPPORT, baton_protocol::MembershipKind::Member);
    refused(team.does(EVA, coach(2)), "not_allowed");
    accepted(team.does(ROOT, assign(ROOT, 2)));
    refused(team.does(ROOT, coach(3)), "not_allowed");
}

#[test]
fn it_is_for_an_owner_whom_its_author_saw() {
    let mut team = with_an_owner();
    accepted(team.does(EVA, assign(BEN, 2)));
    let late = refused(team.does(EVA, coach(2)), "owner_changed");
    let now = Refusal::OwnerChanged { owner: Owner::Agent(BEN.agent), owner_epoch: 3 };
    assert_eq!(late, now);
    accepted(team.does(EVA, unassign(3)));
    refused(team.does(EVA, coach(4)), "not_allowed");
}

#[test]
fn it_says_something_within_a_limit() {
    let mut team = with_an_owner();
    for text in [String::new(), " \n".to_owned(), "a\0b".to_owned(), "a".repeat(NOTE_CHARS_MAX + 1)]
    {
        let body = CommandBody::Coach(Coach { text, expect_owner_epoch: 2 });
        let refusal = refused(team.does(EVA, body), "invalid");
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "text"));
    }
    let text = "é".repeat(NOTE_CHARS_MAX);
    accepted(team.does(EVA, CommandBody::Coach(Coach { text, expect_owner_epoch: 2 })));
}

#[test]
fn the_next_owner_and_the_next_team_do_not_get_what_was_for_another() {
    let mut team = with_an_owner();
    let place = team.log.len();
    accepted(team.does(EVA, coach(2)));
    let Fact::Coached { agent_id, .. } = team.log[place].event.fact else { panic!("no note") };
    assert_eq!(agent_id, ANA.agent);
    accepted(team.does(EVA, assign(BEN, 2)));
    assert!(!hears(&team, BEN, 0, place));
    assert!(hears(&team, ANA, 0, place), "what she was told she keeps");
    let seen = team.seen();
    accepted(team.does(EVA, transfer(Owner::Agent(CLEO.agent), 3, seen)));
    accepted(team.does(EVA, transfer(Owner::Queue(SALES), 4, seen)));
    for who in [BEN, CLEO, ANA] {
        assert!(!hears(&team, who, 0, place), "{who:?}");
    }
    // Who supervises both teams saw it throughout.
    assert!(hears(&team, EVA, 0, place));
    assert_eq!(team.log[place].event.conversation_id, Some(LUCIA));
}

#[test]
fn who_is_coached_while_a_page_is_on_its_way_has_the_note_in_the_end() {
    let mut team = with_an_owner();
    let mut client = Client::new(ANA);
    // The page is read before the note, and arrives after it.
    client.fetches(&team);
    accepted(team.does(EVA, coach(2)));
    client.listens(&team);
    client.settles(&team).unwrap();
    let held = client.mirror.conversations.get(&LUCIA);
    let Some(Mirrored::Full(full)) = held else { panic!("{held:?}") };
    assert_eq!(full.coaching.len(), 1);
}

#[test]
fn who_supervises_no_longer_keeps_no_note() {
    let mut team = with_an_owner();
    let mut client = Client::new(EVA);
    accepted(team.does(ROOT, coach(2)));
    client.settles(&team).unwrap();
    team.sights.get_mut(&EVA.agent).unwrap().viewer.role = Role::Agent;
    let set = AgentSet { role: Some(Role::Agent), ..AgentSet::default() };
    team.is_set(Fact::AgentChanged { agent_id: EVA.agent, renamed: false, set });
    client.settles(&team).unwrap();
    let held = client.mirror.conversations.get(&LUCIA);
    let Some(Mirrored::Full(full)) = held else { panic!("{held:?}") };
    assert!(full.coaching.is_empty());
}
