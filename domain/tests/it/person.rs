//! Who is one person: said by the team, said by WhatsApp, and taken back.

use baton_domain::fact::inbound::{ElementBody, InboundMessage, Moved, Sender};
use baton_domain::group::{Book, State};
use baton_protocol::command::{Link, Nothing};
use baton_protocol::{CommandBody, ContactId, ConversationId, Owner, ReplyPolicy};

use crate::group::{LUCIA as FIRST, WORKSPACE, message, number_of, run, state, tells};
use crate::team::{
    ANA, BEN, CLEO, LUCIA, MATEO, ROOT, SALES, SUPPORT, Team, accepted, claim, refused, transfer,
};

const UNLINK: CommandBody = CommandBody::Unlink(Nothing {});

fn link(with: ConversationId) -> CommandBody {
    CommandBody::Link(Link { with })
}

fn person(team: &Team, of: ConversationId) -> Option<ContactId> {
    team.of(of).thread.person
}

fn of_both() -> Team {
    let mut team = Team::with_a_customer();
    team.customer_writes(MATEO);
    team
}

#[test]
fn two_customers_are_linked_once_and_the_link_is_taken_back() {
    let mut team = of_both();
    let (lucia, mateo) = (team.of(LUCIA).clone(), team.of(MATEO).clone());
    accepted(team.does(ANA, link(MATEO)));
    assert_eq!(person(&team, LUCIA), Some(mateo.thread.contact_id));
    let revisions = (team.of(LUCIA).head.revision, team.of(MATEO).head.revision);
    // Said again, and from the other side, it is known.
    accepted(team.does(ANA, link(MATEO)));
    accepted(team.does_to(MATEO, ANA, None, link(LUCIA)));
    assert_eq!((team.of(LUCIA).head.revision, team.of(MATEO).head.revision), revisions);
    accepted(team.does(ANA, UNLINK));
    let mut undone = team.of(LUCIA).clone();
    assert_eq!(undone.thread.person, Some(lucia.thread.contact_id), "nobody else");
    // All else is as it was: a link moves nothing.
    undone.thread.person = None;
    undone.head.revision = lucia.head.revision;
    assert_eq!((undone, team.of(MATEO)), (lucia, &mateo));
}

#[test]
fn who_may_not_read_both_links_neither() {
    let mut team = of_both();
    refused(team.does(ANA, link(LUCIA)), "invalid");
    refused(team.does(ANA, link(ConversationId(uuid::Uuid::nil()))), "invalid");
    refused(team.does(CLEO, link(MATEO)), "not_in_scope");
    team.team(SUPPORT).reply_policy = ReplyPolicy::Owner;
    accepted(team.does(ANA, claim(1)));
    refused(team.does(BEN, link(MATEO)), "not_owner");
    assert_eq!(person(&team, LUCIA), None);
    let epoch = team.of(MATEO).head.owner_epoch;
    let sales = transfer(Owner::Queue(SALES), epoch, team.shown(MATEO));
    accepted(team.does_to(MATEO, ROOT, None, sales));
    refused(team.does(ANA, link(MATEO)), "invalid");
    accepted(team.does(ROOT, link(MATEO)));
}

fn from(number: u128, sender: Sender) -> ElementBody {
    ElementBody::Message(InboundMessage { sender, ..message(number) })
}

fn told(state: &State, of: ConversationId) -> Option<ContactId> {
    state.conversation(WORKSPACE, of)?.thread.person
}

#[test]
fn whom_whatsapp_names_by_names_of_two_is_told_once_and_what_people_say_stands() {
    let (mut state, mut book) = (state(), Book::default());
    let user = Sender { user_id: Some("US.1".to_owned()), ..Sender::default() };
    let both = Sender { user_id: Some("US.1".to_owned()), ..number_of("1650") };
    run(&mut state, &mut book, &[tells(1, from(1, number_of("1650")))]);
    run(&mut state, &mut book, &[tells(2, from(2, user))]);
    let second = *state.conversations.keys().map(|(_, id)| id).max().unwrap();
    assert_eq!((told(&state, FIRST), told(&state, second)), (None, None));
    run(&mut state, &mut book, &[tells(3, from(3, both.clone()))]);
    let first = state.conversation(WORKSPACE, FIRST).unwrap().thread.contact_id;
    assert_eq!((told(&state, FIRST), told(&state, second)), (None, Some(first)));
    let own = state.conversation(WORKSPACE, second).unwrap().thread.contact_id;
    let held = state.conversations.get_mut(&(WORKSPACE, second)).unwrap();
    held.now.thread.person = Some(own);
    run(&mut state, &mut book, &[tells(4, from(4, both))]);
    assert_eq!(told(&state, second), Some(own), "the team said that they are nobody else");
}

#[test]
fn who_moves_does_not_get_the_user_id_of_somebody_else() {
    let (mut state, mut book) = (state(), Book::default());
    let known =
        |number: &str, user: &str| Sender { user_id: Some(user.to_owned()), ..number_of(number) };
    let (first, second) = (known("1650", "US.9"), known("1651", "US.1"));
    run(&mut state, &mut book, &[tells(1, from(1, first.clone()))]);
    run(&mut state, &mut book, &[tells(2, from(2, second))]);
    let of_second = *state.conversations.keys().map(|(_, id)| id).max().unwrap();
    let both = known("1652", "US.1");
    let moved = Moved { from: first, to: both.clone(), at: message(3).at };
    let group = [tells(3, ElementBody::Moved(moved)), tells(4, from(4, both))];
    run(&mut state, &mut book, &group);
    assert_eq!(told(&state, of_second), None, "the two have different user ids");
}
