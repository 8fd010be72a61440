//! Sending on what another customer said: with its file, to whom one answers.

use baton_protocol::command::{Forward, NoteText};
use baton_protocol::conversation::Snapshot;
use baton_protocol::{
    CommandBody, ConversationId, FileState, Line, LineAt, LineKind, MessageStatus, Owner, Refusal,
    Seen,
};
use baton_simulator::{Around, Inbound, Reached};
use baton_world::world::{Answered, PATIENCE, Setup, eventually, for_each_store};

use crate::files::{address, reads, sends, stored};

fn forward(conversation_id: ConversationId, line: &Line, seen: Seen) -> CommandBody {
    let of = LineAt { conversation_id, message_id: line.id };
    CommandBody::Forward(Forward { of, seen, ignore_lease: false })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_of_one_customer_reaches_another_byte_for_byte() {
    for_each_store(Setup::usual(), async |world| {
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n * 7 + n / 251).to_le_bytes()[0]).collect();
        let ana = world.agent("Ana").await;
        let (lucia, mateo) = (world.contact("Lucía"), world.contact("Mateo"));
        sends(&mateo, "image", "image/jpeg", &bytes).await;
        let photo = stored(&ana, &mateo).await;
        lucia.sends("How does it look?").await;
        let (to, from) = (lucia.conversation().await, mateo.conversation().await);

        let mateo_owner = ana.head(from).await.owner;
        let seen = ana.last_line(to).await;
        let sent = ana.does(to, forward(from, &photo, seen)).await.accepted();
        let line = ana.finds(to, sent.line.expect("a line"), MessageStatus::Delivered).await;
        assert_eq!(line.kind, LineKind::Image);
        let of = LineAt { conversation_id: from, message_id: photo.id };
        assert_eq!(line.content.forwarded_from.as_deref(), Some(&of));
        let state = FileState::Stored { bytes: 300_000, picture: None, sound: None };
        assert_eq!(line.file, Some(state), "WhatsApp had it before the message left");
        let is_it = |reached: &Reached| reached.kind == "image";
        let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the photo");
        assert!(lucia.customer.file(&reached).expect("bytes") == bytes, "other bytes");
        // It is a file of its own: agents read it where it was sent on to.
        let given = address(&ana, &lucia, &line).await;
        let answer = reads(world, &given.url, None).await;
        assert_eq!(answer.bytes().await.expect("a body"), bytes);
        assert_eq!(ana.head(to).await.owner, Owner::Agent(ana.id));
        let source = ana.lines(from).await.pop().expect("the photo");
        assert_eq!(source.amended.expect("it says so").forwarded, 1);
        assert_eq!(ana.head(from).await.owner, mateo_owner, "nothing else changed there");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_sent_on_knowing_what_the_other_customer_said() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (lucia, mateo) = (world.contact("Lucía"), world.contact("Mateo"));
        mateo.sends("The key is under the mat").await;
        lucia.sends("Where is the key?").await;
        let (to, from) = (lucia.conversation().await, mateo.conversation().await);
        let line = ana.lines(from).await.pop().expect("a line");
        let stale = ana.does(to, forward(from, &line, None)).await.refusal();
        assert!(matches!(stale, Refusal::Stale { .. }), "{stale:?}");
        let seen = ana.last_line(to).await;
        ana.does(to, forward(from, &line, seen)).await.accepted();
        lucia.receives("The key is under the mat").await;

        // Mateo takes it back: what went out stays, and nobody sends it on again.
        let wamid = mateo.sends("Forget it").await;
        let revoke = Inbound::Revoke { wamid };
        let told = mateo.customer.says(revoke, Around::default()).await.expect("a message");
        mateo.acknowledged(&told).await;
        let taken_back = eventually("it is taken back", async || {
            let is_it = |line: &Line| {
                line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some())
            };
            ana.lines(from).await.into_iter().find(is_it)
        })
        .await;
        let seen = ana.last_line(to).await;
        let refused = ana.does(to, forward(from, &taken_back, seen)).await.refusal();
        assert!(matches!(&refused, Refusal::Invalid { field, .. } if field == "of"), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_on_what_they_do_not_see() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (lucia, mateo) = (world.contact("Lucía"), world.contact("Mateo"));
        mateo.sends("Only for us").await;
        lucia.sends("Hola").await;
        let (to, from) = (lucia.conversation().await, mateo.conversation().await);
        let line = ana.lines(from).await.pop().expect("a line");
        let sales = world.team("Sales", &["Diego"]).await;
        let diego = world.agent("Diego").await;
        ana.hands_over(to, Owner::Queue(sales.id)).await;
        assert!(diego.sees(from).await.is_none(), "it is another team's");
        let seen = diego.last_line(to).await;
        let refused = diego.does(to, forward(from, &line, seen)).await.refusal();
        assert!(matches!(&refused, Refusal::Invalid { field, .. } if field == "of"), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_shown_a_line_by_a_note_about_it() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Do you take cheques?").await;
        let conversation = lucia.conversation().await;
        let line = ana.lines(conversation).await.pop().expect("a line");
        let (text, mentions) = ("@Ben do we?".to_owned(), vec![ben.id]);
        let note = NoteText { text, mentions, quoted: Some(line.id) };
        ana.does(conversation, CommandBody::Note(note)).await.accepted();
        let seen = ben.sees(conversation).await.expect("in scope");
        let Snapshot::Full { notes, .. } = seen else { panic!("the head only") };
        assert_eq!(notes[0].quoted, Some(line.id));
        ana.phone().converges().await;
        ben.phone().converges().await;
    })
    .await;
}
