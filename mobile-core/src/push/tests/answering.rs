//! What of a notification counts as seen: everything since what its reader knew, or nothing.

use std::collections::BTreeMap;

use baton_protocol::command::OfOffer;
use baton_protocol::{Author, CommandBody, Line, LineKind, LineRef, MessageId};

use super::*;
use crate::push::answer::{
    ActToken, CHARS_MAX, LINES_MAX, NotificationAnswer, OfferAnswer, OfferToken, Unseen,
};
use crate::push::text::Words;
use crate::push::{Action, Text, decide};

const CUSTOMER: Author = Author::Customer;
const MINE: Author = Author::Agent { id: ME };
const ANAS: Author = Author::Agent { id: ANA };

fn line_ref(seq: u64) -> LineRef {
    LineRef { seq, id: MessageId(Uuid::from_u128(u128::from(seq))) }
}

fn line(seq: u64, author: Author) -> Line {
    let text = Some(format!("line {seq}"));
    let content = baton_protocol::Content { text, ..baton_protocol::Content::default() };
    Line {
        seq,
        id: line_ref(seq).id,
        author,
        kind: LineKind::Text,
        at: NOW,
        content,
        file: None,
        quoted: None,
        status: None,
        held: None,
        error: None,
        op_id: None,
        device_id: None,
        leaves_at: None,
        amended: None,
    }
}

fn lines(first: u64, authors: &[Author]) -> BTreeMap<u64, Line> {
    let numbered = (first..).zip(authors);
    numbered.map(|(seq, author)| (seq, line(seq, *author))).collect()
}

/// What a notification may show, and up to which line it counts.
#[track_caller]
fn check(lines: &BTreeMap<u64, Line>, read_seq: u64, counts: Option<(Option<&str>, u64)>) {
    let unseen = Unseen::of("Lucía", lines, ME, read_seq);
    let shown =
        unseen.as_ref().map(|unseen| (unseen.words.as_ref().map(Words::body), unseen.to.seq));
    assert_eq!(shown, counts);
}

#[test]
fn the_customers_turn_counts_when_all_of_it_that_was_not_read_fits() {
    check(&lines(1, &[CUSTOMER]), 0, Some((Some("line 1"), 1)));
    check(&lines(1, &[CUSTOMER, CUSTOMER]), 0, Some((Some("line 1\nline 2"), 2)));
    check(&lines(1, &[CUSTOMER, CUSTOMER]), 1, Some((Some("line 2"), 2)));
    // What came before the last answer waits for none.
    check(&lines(1, &[CUSTOMER, ANAS, CUSTOMER]), 0, Some((Some("line 3"), 3)));
    // An acknowledgement is no answer, and nothing that has to be seen.
    let acknowledged = lines(1, &[CUSTOMER, Author::Acknowledgement]);
    check(&acknowledged, 0, Some((Some("line 1"), 2)));
    // Nothing new: everything was seen.
    check(&lines(1, &[CUSTOMER]), 1, Some((None, 1)));
    check(&lines(1, &[CUSTOMER, MINE]), 0, Some((None, 2)));
}

#[test]
fn nothing_counts_where_a_line_is_missing_or_cannot_be_shown_whole() {
    check(&lines(1, &[]), 0, None);
    // A colleague's answer that was not read.
    check(&lines(1, &[CUSTOMER, ANAS]), 1, None);
    // What is held does not go back far enough.
    check(&lines(7, &[CUSTOMER, CUSTOMER]), 3, None);
    check(&lines(7, &[CUSTOMER, CUSTOMER]), 7, Some((Some("line 8"), 8)));
    // Too much.
    check(&lines(1, &[CUSTOMER; LINES_MAX + 1]), 0, None);
    let mut long = lines(1, &[CUSTOMER]);
    long.get_mut(&1).unwrap().content.text = Some("é".repeat(CHARS_MAX + 1));
    check(&long, 0, None);
    // No text, or not only that.
    for change in [
        |line: &mut Line| line.kind = LineKind::Image,
        |line: &mut Line| line.quoted = Some(line_ref(9).id),
        |line: &mut Line| line.content.erased = true,
        |line: &mut Line| line.content.text = None,
    ] {
        let mut one = lines(1, &[CUSTOMER]);
        change(one.get_mut(&1).unwrap());
        check(&one, 0, None);
    }
}

fn unseen(body: &str, to: u64) -> Held {
    let words = Words::new("Lucía", body);
    Held { unseen: Some(Unseen { words, to: line_ref(to) }), ..held(Owner::Agent(ME)) }
}

#[track_caller]
fn token(push: &Push, known: &PushContext) -> (Text, Option<ActToken>) {
    let verdict = decide(push, known, NOW);
    let shown = verdict.notification().expect("a notification");
    let [Action::Reply { token, .. }, Action::Resolve { token: same, .. }] = shown.actions[..]
    else {
        panic!("{:?}", shown.actions)
    };
    assert_eq!(token, same);
    (shown.text.clone(), token)
}

#[test]
fn the_token_names_the_last_line_that_was_shown() {
    let wake = push(Kind::Message, 7);
    let counts = Some(ActToken { conversation: conversation(1), to: line_ref(2) });
    let (text, shown) = token(&wake, &knowing(7, unseen("Hola\n¿Sigue ahí?", 2)));
    assert_eq!(text.english(), ("Lucía", "Hola\n¿Sigue ahí?"));
    assert_eq!(shown, counts);
    // What the push says is a part of it: all of it is shown.
    let words = Words::new("Lucía", "¿Sigue ahí?").unwrap();
    let sealed = Push { content: Content::Opened(Some(words)), ..wake };
    let (text, shown) = token(&sealed, &knowing(7, unseen("Hola\n¿Sigue ahí?", 2)));
    assert_eq!((text.english().1, shown), ("Hola\n¿Sigue ahí?", counts));
    // Something else is shown than what was not seen.
    let (text, shown) = token(&sealed, &knowing(7, unseen("Hola", 2)));
    assert_eq!((text.english().1, shown), ("¿Sigue ahí?", None));
    let (_, shown) = token(&wake, &knowing(7, held(Owner::Agent(ME))));
    assert_eq!(shown, None);
}

#[test]
fn an_answer_carries_what_was_shown_and_has_one_name() {
    let at = ActToken { conversation: conversation(1), to: line_ref(2) };
    assert_eq!(at.to_string().parse(), Ok(at));
    for odd in ["", "1.2.3", &format!("{at}.4"), &at.to_string().replace('.', "/")] {
        assert!(odd.parse::<ActToken>().is_err(), "{odd}");
    }
    for answer in [NotificationAnswer::Reply("Sí".to_owned()), NotificationAnswer::Resolve] {
        let mut tapped = answer.clone().tapped(&at);
        assert_eq!(tapped.body.seen_mut().copied(), Some(Some(line_ref(2))));
        assert_eq!((tapped.op_id, tapped.conversation), (answer.tap(&at), at.conversation));
    }
    let names = [
        NotificationAnswer::Reply("Sí".to_owned()),
        NotificationAnswer::Reply(String::new()),
        NotificationAnswer::Resolve,
    ];
    for (n, one) in names.iter().enumerate() {
        let same = names.iter().position(|other| other.tap(&at) == one.tap(&at));
        assert_eq!(same, Some(n));
    }
    let later = ActToken { to: line_ref(3), ..at };
    assert_ne!(NotificationAnswer::Resolve.tap(&at), NotificationAnswer::Resolve.tap(&later));
}

#[test]
fn an_answer_to_an_offer_names_it_and_each_answer_has_one_name() {
    let of = OfferToken { conversation: conversation(1), offer: offer_id(7) };
    assert_eq!(of.to_string().parse(), Ok(of));
    let lines = ActToken { conversation: conversation(1), to: line_ref(2) }.to_string();
    for odd in ["", "1.2", lines.as_str(), &format!("{of}.4")] {
        assert!(odd.parse::<OfferToken>().is_err(), "{odd}");
    }
    assert!(of.to_string().parse::<ActToken>().is_err());
    let (yes, no) = (OfferAnswer::Accept.tapped(&of), OfferAnswer::Decline.tapped(&of));
    let named = OfOffer { offer_id: of.offer };
    assert_eq!(yes.body, CommandBody::AcceptOffer(named.clone()));
    assert_eq!(no.body, CommandBody::DeclineOffer(named));
    assert_ne!(yes.op_id, no.op_id);
    let other = OfferToken { offer: offer_id(8), ..of };
    assert_ne!(yes.op_id, OfferAnswer::Accept.tapped(&other).op_id);
    assert_eq!(yes, OfferAnswer::Accept.tapped(&of), "a tap that comes twice is one act");
}
