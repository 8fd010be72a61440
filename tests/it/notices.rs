//! What concerns an agent: told whatever they look at, counted until it is read, and only of what
//! they may see. Beside it: whose a conversation was, and what was typed and not sent.

use baton_protocol::frame::{ClientFrame, ComposeAction, Draft};
use baton_protocol::notice::{KeptDraft, NoticeKind, NoticePage, NoticesLeft};
use baton_protocol::page::ChangePage;
use baton_protocol::{ConversationId, Fact, MessageStatus, Owner, OwnerCause, Status};
use baton_simulator::{Knobs, Loss, LostAnswers, StatusKind};
use baton_world::world::{Agent, Setup, World, eventually, for_each_alone, for_each_store};
use serde_json::json;

async fn notices(of: &Agent, query: &str) -> NoticePage {
    of.signed.get(&format!("/notices{query}")).await.expect("notices")
}

/// Kinds and whether they are read, the newest first.
fn told(page: &NoticePage) -> Vec<(NoticeKind, bool)> {
    page.notices.iter().map(|one| (one.kind, one.read)).collect()
}

async fn a_conversation(world: &World, name: &str) -> ConversationId {
    let contact = world.contact(name);
    contact.sends("Hola").await;
    contact.conversation().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_and_a_hand_over_are_told_until_they_are_read() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let first = a_conversation(world, "Lucía").await;
        ana.claims(first).await;
        assert!(notices(&ana, "").await.notices.is_empty(), "one's own act concerns nobody");
        ana.mentions(first, "@Ben please", &[ben.id, ana.id]).await;
        assert!(notices(&ana, "").await.notices.is_empty());
        let page = notices(&ben, "").await;
        assert_eq!((told(&page), page.unread), (vec![(NoticeKind::Mention, false)], 1));
        let mention = &page.notices[0];
        assert_eq!(mention.conversation.conversation.head.id, first);
        assert_eq!((mention.by, mention.text.as_deref()), (Some(ana.id), Some("@Ben please")));
        assert!(mention.note_id.is_some() && mention.message_id.is_none());

        let second = a_conversation(world, "Marta").await;
        ana.hands_over(second, Owner::Agent(ben.id)).await;
        let page = notices(&ben, "?limit=1").await;
        assert_eq!((told(&page), page.unread), (vec![(NoticeKind::Assigned, false)], 2));
        let older = page.before.expect("an older page");
        let older = notices(&ben, &format!("?limit=1&before={older}")).await;
        assert_eq!(told(&older), [(NoticeKind::Mention, false)]);

        // Those of one conversation, up to what was shown.
        let body = json!({"up_to": mention.position - 1});
        let left: NoticesLeft = ben.signed.post("/notices/read", &body).await.expect("left");
        assert_eq!(left.unread, 2, "nothing so old concerned him");
        let body = json!({"up_to": u32::MAX, "conversation_id": second});
        let left: NoticesLeft = ben.signed.post("/notices/read", &body).await.expect("left");
        assert_eq!(left.unread, 1);
        // An agent who answers the mention has read it.
        ben.notes(first, "Done").await;
        let page = notices(&ben, "").await;
        assert_eq!(page.unread, 0);
        assert_eq!(told(&page), [(NoticeKind::Assigned, true), (NoticeKind::Mention, true)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_that_is_over_is_read_and_what_left_the_scope_is_not_told() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let conversation = a_conversation(world, "Lucía").await;
        ana.hands_over(conversation, Owner::Agent(ben.id)).await;
        assert_eq!(notices(&ben, "").await.unread, 1);
        let sofia = world.agent("Sofia").await;
        sofia.claims(conversation).await;
        let page = notices(&ben, "").await;
        assert_eq!((told(&page), page.unread), (vec![(NoticeKind::Assigned, true)], 0));

        sofia.mentions(conversation, "@Ben", &[ben.id]).await;
        assert_eq!(notices(&ben, "").await.unread, 1);
        let billing = world.team("Billing", &["Dora"]).await;
        sofia.hands_over(conversation, Owner::Queue(billing.id)).await;
        let page = notices(&ben, "").await;
        assert_eq!((told(&page), page.unread), (vec![], 0), "he sees it no longer");
        let dora = world.agent("Dora").await;
        assert_eq!(notices(&dora, "").await.unread, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_may_not_have_arrived_is_told_to_its_author_until_it_is_decided() {
    let knobs = Knobs {
        lost_answers: Some(LostAnswers { probability: 1.0, how: Loss::Drop }),
        drop_statuses: vec![StatusKind::Sent, StatusKind::Delivered, StatusKind::Read],
        ..Knobs::permissive()
    };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        let conversation = a_conversation(world, "Lucía").await;
        let line = ana.replies(conversation, "Hola").await.line.expect("a line");
        ana.finds(conversation, line, MessageStatus::Unconfirmed).await;
        let page = notices(&ana, "").await;
        assert_eq!((told(&page), page.unread), (vec![(NoticeKind::Review, false)], 1));
        assert_eq!(page.notices[0].message_id, Some(line.id));
        let ben = world.agent("Ben").await;
        assert_eq!(notices(&ben, "").await.unread, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_a_conversation_is_told_whose_it_was() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let conversation = a_conversation(world, "Lucía").await;
        ana.claims(conversation).await;
        ana.notes(conversation, "no change of anything").await;
        ana.hands_over(conversation, Owner::Agent(ben.id)).await;
        ben.resolves(conversation).await;
        let path = format!("/conversations/{conversation}/changes");
        let page: ChangePage = ben.signed.get(&path).await.expect("changes");
        let kind = |fact: &Fact| {
            if let Fact::OwnerChanged { cause, .. } = fact {
                return format!("{cause:?}");
            }
            if let Fact::StatusChanged { status, .. } = fact {
                return format!("{status:?}");
            }
            format!("{fact:?}").split([' ', '{']).next().unwrap_or_default().to_owned()
        };
        let kinds: Vec<_> = page.changes.iter().map(|event| kind(&event.fact)).collect();
        let (resolved, owner) = (Status::Resolved, OwnerCause::Resolved);
        let last = [format!("{owner:?}"), format!("{resolved:?}")];
        assert!(kinds[..2].iter().all(|kind| last.contains(kind)), "{kinds:?}");
        assert_eq!(kinds[2..], ["Transferred", "Claimed", "EpisodeOpened", "ConversationOpened"]);
        assert!(page.changes.iter().all(|event| event.content.is_none()));
        let short: ChangePage = ben.signed.get(&format!("{path}?limit=2")).await.expect("changes");
        let before = short.before.expect("older ones");
        let rest = format!("{path}?limit=9&before={before}");
        let rest: ChangePage = ben.signed.get(&rest).await.expect("changes");
        assert_eq!(rest.changes.len(), 4);
        assert_eq!(rest.before, None);
        // Who does not see it is told nothing of it.
        world.team("Billing", &["Dora"]).await;
        let dora = world.agent("Dora").await;
        assert!(dora.signed.get::<ChangePage>(&path).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_outlives_the_phone_on_which_it_was_typed_until_it_is_sent() {
    for_each_alone(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let conversation_id = a_conversation(world, "Lucía").await;
        let path = format!("/conversations/{conversation_id}/drafts");
        let drafts = async || ana.signed.get::<Vec<KeptDraft>>(&path).await.expect("drafts");
        assert_eq!(drafts().await, []);
        ben.phone().composes(conversation_id, ComposeAction::Start).await;
        let types = async |text: &str| {
            let text = text.to_owned();
            ben.phone().sends(&ClientFrame::Draft(Draft { conversation_id, text })).await;
        };
        types("I look it").await;
        types("I look it up").await;
        // His phone is never heard of again: nothing more is asked of it.
        let kept = eventually("it is kept", async || {
            let kept = drafts().await;
            kept.first().is_some_and(|one| one.text == "I look it up").then_some(kept)
        })
        .await;
        assert_eq!((kept.len(), kept[0].agent_id), (1, ben.id));
        ben.phone().composes(conversation_id, ComposeAction::Stop).await;
        assert_eq!(drafts().await, kept, "who stops has not thrown it away");
        ben.replies(conversation_id, "I look it up").await;
        assert_eq!(drafts().await, [], "what was sent is no draft");

        ben.phone().composes(conversation_id, ComposeAction::Start).await;
        types("Never mind").await;
        eventually("it is kept", async || (!drafts().await.is_empty()).then_some(())).await;
        types("").await;
        eventually("it is gone", async || drafts().await.is_empty().then_some(())).await;
        world.team("Billing", &["Dora"]).await;
        let dora = world.agent("Dora").await;
        assert!(dora.signed.get::<Vec<KeptDraft>>(&path).await.is_err());
    })
    .await;
}
