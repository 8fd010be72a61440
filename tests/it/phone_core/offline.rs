//! Offline, overtaken, back again.

use baton::demo::PASSWORD;
use baton_mobile::lists::Entry;
use baton_mobile::outbox::{ActStage, Choice, ReviewReason};
use baton_mobile::runtime::{CoreState, Event};
use baton_mobile::store::View;
use baton_protocol::command::{Claim, Forward, NoteText, Reply};
use baton_protocol::{CommandBody, LineAt, Owner, Refusal};
use baton_world::handset::{Handset, until};
use baton_world::stage::whole;
use baton_world::world::{PATIENCE, Setup, World, eventually, for_each_store};

async fn ana(world: &World, directory: &std::path::Path) -> Handset {
    let on = Handset::on(&world.server.url(), directory).await.expect("a handset");
    let email = "ana@acme.example";
    let ana = on.signed_in("acme", email, PASSWORD).await.expect("signing in");
    ana.live(PATIENCE).await.expect("live");
    ana
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_overtaken_while_offline_decides_knowing_what_was_missed() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let ana = ana(world, directory.path()).await;
        let ben = world.agent("Ben").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let mut inbox = ana.inbox(View::All).await.unwrap();
        let rows = until(&mut inbox, "the customer is in the inbox", |d| d.rows.len() == 1).await;
        let epoch = rows.unwrap().rows[0].owner_epoch;
        let mut lines = ana.timeline(conversation).await.unwrap();
        let drawn = until(&mut lines, "the line is drawn", |d| d.about.seen.is_some()).await;
        let seen = drawn.unwrap().about.seen;

        ana.core.network(false).await.unwrap();
        let claim = Claim { expect_owner_epoch: epoch, exceed_capacity: false };
        let claim = ana.does(conversation, CommandBody::Claim(claim), None).await.unwrap();
        let text = "It is on its way".to_owned();
        let reply =
            Reply { text, seen, quoted: None, replaces: None, ignore_lease: false, canned: None };
        let reply = ana.does(conversation, CommandBody::Reply(reply), None).await.unwrap();
        let note = NoteText::from("She called as well".to_owned());
        let note = ana.does(conversation, CommandBody::Note(note), None).await.unwrap();
        assert_eq!(ana.outbox().await.unwrap().len(), 3);

        ben.claims(conversation).await;
        ben.replies(conversation, "We are closed today").await;
        ana.core.network(true).await.unwrap();
        eventually("the claim needs review, the note waited for nobody", async || {
            let outbox = ana.outbox().await.unwrap();
            let of_claim = outbox.iter().find(|echo| echo.number == claim.number)?;
            let is_noted = outbox.iter().all(|echo| echo.number != note.number);
            (of_claim.stage == ActStage::NeedsReview && is_noted).then_some(())
        })
        .await;
        let outbox = ana.outbox().await.unwrap();
        let of = |number| outbox.iter().find(|echo| echo.number == number);
        let Some(ReviewReason::Refused { refused }) = &of(claim.number).unwrap().reason else {
            panic!("{outbox:?}")
        };
        let Refusal::OwnerChanged { owner, .. } = refused.refusal else { panic!("{refused:?}") };
        assert_eq!(owner, Owner::Agent(ben.id), "the claim tells who was first");
        assert_eq!(of(reply.number).unwrap().stage, ActStage::Behind { number: claim.number });

        ana.core.choose(claim.number, Choice::Discard).await.unwrap();
        eventually("the reply needs review", async || {
            let outbox = ana.outbox().await.unwrap();
            let echo = outbox.into_iter().find(|echo| echo.number == reply.number)?;
            (echo.stage == ActStage::NeedsReview).then_some(())
        })
        .await;
        let outbox = ana.outbox().await.unwrap();
        let Some(ReviewReason::Refused { refused }) = &outbox[0].reason else {
            panic!("{outbox:?}")
        };
        assert!(matches!(refused.refusal, Refusal::Stale { .. }), "{refused:?}");
        let missed: Vec<_> = refused.lines.iter().map(|l| l.content.text.clone()).collect();
        assert_eq!(missed, [Some("We are closed today".to_owned())]);

        let drawn =
            until(&mut lines, "both are drawn", |d| d.about.seen.is_some_and(|line| line.seq == 2));
        let seen = drawn.await.unwrap().about.seen;
        ana.core.choose(reply.number, Choice::SendAnyway { seen }).await.unwrap();
        lucia.receives("It is on its way").await;
        let drawn = until(&mut lines, "the reply is a line", |d| {
            d.about.seen.is_some_and(|line| line.seq == 3)
        });
        let entries = drawn.await.unwrap().entries;
        assert!(!entries.iter().any(|entry| matches!(entry, Entry::Echo(_))), "{entries:?}");
        assert_eq!(lucia.received(), ["We are closed today", "It is on its way"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_sent_on_offline_leaves_once_the_phone_is_back() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let ana = ana(world, directory.path()).await;
        let (lucia, mateo) = (world.contact("Lucía"), world.contact("Mateo"));
        mateo.sends("The key is under the mat").await;
        lucia.sends("Where is the key?").await;
        let (to, from) = (lucia.conversation().await, mateo.conversation().await);
        let desk = world.agent("Ben").await;
        let key = desk.lines(from).await.pop().expect("a line");
        let mut lines = ana.timeline(to).await.unwrap();
        let drawn = until(&mut lines, "the line is drawn", |d| d.about.seen.is_some()).await;
        let seen = drawn.unwrap().about.seen;

        ana.core.network(false).await.unwrap();
        let of = LineAt { conversation_id: from, message_id: key.id };
        let forward = CommandBody::Forward(Forward { of, seen, ignore_lease: false });
        ana.does(to, forward, None).await.unwrap();
        assert_eq!(ana.outbox().await.unwrap().len(), 1);
        ana.core.network(true).await.unwrap();
        lucia.receives("The key is under the mat").await;
        let drawn =
            until(&mut lines, "it is a line", |d| d.about.seen.is_some_and(|line| line.seq == 2));
        let entries = drawn.await.unwrap().entries;
        let is_it = |entry: &Entry| {
            matches!(entry, Entry::Line { line, .. }
                if line.content.forwarded_from.as_deref() == Some(&of))
        };
        assert!(entries.iter().any(is_it), "{entries:?}");
    })
    .await;
}

/// More than the server takes of one socket at once, in several conversations.
const BACKLOG: usize = 320;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_time_offline_is_made_up_for_at_once_and_over_one_connection() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let ana = ana(world, directory.path()).await;
        let mut talks = Vec::new();
        for name in ["Lucía", "Mateo", "Noor", "Ota"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            talks.push(contact.conversation().await);
        }
        let mut inbox = ana.inbox(View::All).await.unwrap();
        until(&mut inbox, "all are in the inbox", |d| d.rows.len() == talks.len()).await.unwrap();
        ana.core.network(false).await.unwrap();
        for n in 0..BACKLOG {
            let text = format!("note {n}");
            let note = CommandBody::Note(NoteText::from(text));
            ana.does(talks[n % talks.len()], note, None).await.unwrap();
        }
        ana.takes_heard();
        ana.core.network(true).await.unwrap();
        // What is told of a state may come later than the state itself.
        eventually("the app is told that it is live again", async || {
            let state = |event| if let Event::State(state) = event { Some(state) } else { None };
            let states: Vec<_> = ana.heard().into_iter().filter_map(state).collect();
            let is_back = states.contains(&CoreState::Connecting);
            (is_back && states.last() == Some(&CoreState::Live)).then_some(())
        })
        .await;
        ana.takes_heard();
        eventually("all is at the server", async || {
            ana.outbox().await.unwrap().is_empty().then_some(())
        })
        .await;
        let is_other =
            |event: &Event| matches!(event, Event::State(standing) if *standing != CoreState::Live);
        let others: Vec<_> = ana.heard().into_iter().filter(is_other).collect();
        assert!(others.is_empty(), "the connection was lost over it: {others:?}");
        let mut noted = 0;
        for talk in &talks {
            noted += whole(&world.admin().await.signed, *talk).await.unwrap().1.len();
        }
        assert_eq!(noted, BACKLOG);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_switched_off_and_on_has_its_inbox_before_any_network() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let phone = ana(world, directory.path()).await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let mut inbox = phone.inbox(View::All).await.unwrap();
        until(&mut inbox, "the customer is there", |d| d.rows.len() == 1).await.unwrap();
        drop(phone);
        lucia.sends("Are you there?").await;
        let phone = Handset::on("http://127.0.0.1:9", directory.path()).await.unwrap();
        assert!(phone.core.signed_in().await.unwrap().is_none(), "of another server");
        drop(phone);
        let phone = Handset::on(&world.server.url(), directory.path()).await.unwrap();
        let mut inbox = phone.inbox(View::All).await.unwrap();
        until(&mut inbox, "what was missed comes in", |d| {
            d.rows.first().is_some_and(|row| row.unread == 2)
        })
        .await
        .unwrap();
    })
    .await;
}
