//! On the way to WhatsApp: the form, the ticks, what fails, what nobody knows, what is held.

use std::collections::BTreeMap;

use baton_domain::fact::predicates::provider_rank;
use baton_protocol::command::{OfMessage, Reply, Resend};
use baton_protocol::frame::ServerFrame;
use baton_protocol::{
    Command, CommandBody, ConversationId, Fact, HeldReason, LineRef, MessageStatus, Refusal,
};
use baton_simulator::{Fault, FaultRule, Knobs, Loss, LostAnswers, Span, StatusKind, When};
use baton_world::world::{
    Agent, Answered, Contact, Setup, World, eventually, for_each_store, reply,
};
use reqwest::Method;
use serde_json::json;
use tokio::time::{Duration, Instant};

const ALL: [StatusKind; 4] =
    [StatusKind::Sent, StatusKind::Delivered, StatusKind::Read, StatusKind::Failed];

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_leaves_in_the_cloud_apis_form_and_its_ticks_come_back() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let line = ana.replies(conversation, "Hola https://example.org").await.line.expect("line");
        let reached = lucia.receives("Hola https://example.org").await;
        assert_eq!((reached.kind.as_str(), &reached.to), ("text", &lucia.number()));
        let tag = reached.biz_opaque_callback_data.expect("a tag");
        let epoch = world.server.store.epoch();
        assert_eq!(tag, format!("b1:{epoch}:{}:1", line.id));
        ana.phone().shows_status(conversation, line, MessageStatus::Delivered).await;
        lucia.customer.reads(&reached.wamid).await.expect("read");
        ana.phone().shows_status(conversation, line, MessageStatus::Read).await;
        assert_eq!(lucia.received().len(), 1);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_climb_however_they_arrive_and_never_fall() {
    let knobs = Knobs {
        status_delay: Span::new(0, 60),
        reorder_ms: 400,
        duplicate_probability: 0.5,
        status_before_answer: true,
        answer_delay: Span::new(20, 80),
        auto_read: true,
        ..Knobs::permissive()
    };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        let mut lines = Vec::new();
        for n in 0..6 {
            let name = format!("Lucía {n}");
            let lucia = world.contact(&name);
            lucia.sends("Hola").await;
            let conversation = lucia.conversation().await;
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            lines.push((conversation, line));
        }
        for (conversation, line) in &lines {
            ana.phone().shows_status(*conversation, *line, MessageStatus::Read).await;
        }
        world.simulator.quiesce(baton_world::world::PATIENCE).await.expect("all told");
        for (conversation, line) in lines {
            ana.finds(conversation, line, MessageStatus::Read).await;
        }
        ana.phone().converges().await;
        assert!(has_only_climbed(&ana.phone().frames().await));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_whatsapp_refuses_has_failed_with_a_plain_reason_and_the_turn_is_open_again() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let once = |name: &str, fault| {
            let to = Some(world.contact(name).number());
            FaultRule { to, ..FaultRule::new(When::Next(1), fault) }
        };
        let at_once = once("Lucía", Fault::Error { code: 131_026, http: 400 });
        let later = once("Marta", Fault::AsyncFailure { code: 131_026 });
        let faults = vec![at_once, later];
        world.simulator.set_knobs(Knobs { faults, ..Knobs::permissive() });
        for name in ["Lucía", "Marta"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            let since = ana.head(conversation).await.unanswered_since;
            assert!(since.is_some());
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            let failed = ana.finds(conversation, line, MessageStatus::Failed).await;
            let error = failed.error.expect("a reason");
            assert_eq!(error.code, 131_026);
            assert!(error.reason.contains(' ') && error.remedy.contains(' '), "{error:?}");
            assert_eq!(ana.head(conversation).await.unanswered_since, since, "still unanswered");
            // A new reply replaces it.
            let seen = ana.last_line(conversation).await;
            let again = replaces("Hola again", seen, line);
            ana.does(conversation, again).await.accepted();
            contact.receives("Hola again").await;
            ana.finds(conversation, line, MessageStatus::Cancelled).await;
        }
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unconfirmed_until_a_status_with_our_tag_proves_it() {
    let lost_answers = |how| Some(LostAnswers { probability: 1.0, how });
    for how in [Loss::Drop, Loss::Garbage] {
        let knobs = Knobs {
            lost_answers: lost_answers(how),
            status_delay: Span::new(1_500, 1_500),
            ..Knobs::permissive()
        };
        for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
            let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
            lucia.sends("Hola").await;
            let conversation = lucia.conversation().await;
            let line = ana.replies(conversation, "Hola Lucía").await.line.expect("a line");
            ana.phone().shows_status(conversation, line, MessageStatus::Delivered).await;
            let heard = ana.phone().heard().await;
            assert!(heard.contains("unconfirmed"), "it said so meanwhile");
            assert_eq!(lucia.received(), ["Hola Lucía"], "once");
            ana.phone().converges().await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_refused_token_held_back_leaves_at_once_with_the_next_one() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        sets_token(world, "expired").await;
        let line = ana.replies(conversation, "Hola Lucía").await.line.expect("a line");
        let refused = || world.nodes().map(|node| node.metrics.sends.get("refused")).sum::<u64>();
        // By then the number waits for eight seconds.
        eventually("four refusals", async || (refused() >= 4).then_some(())).await;
        let marta = world.contact("Marta");
        marta.sends("Hola").await;
        ana.replies(marta.conversation().await, "Hola Marta").await;
        let replaced_at = Instant::now();
        sets_token(world, &world.simulator.config().access_token).await;
        lucia.receives("Hola Lucía").await;
        marta.receives("Hola Marta").await;
        assert!(replaced_at.elapsed() < Duration::from_secs(4), "{:?}", replaced_at.elapsed());
        ana.finds(conversation, line, MessageStatus::Delivered).await;
        assert_eq!(refused(), 4, "the refused one was not used again");
        ana.phone().converges().await;
    })
    .await;
}

/// As the admin of the seeded workspace does.
async fn sets_token(world: &World, access_token: &str) {
    let change = json!({"access_token": access_token}).to_string().into_bytes();
    let path = format!("/api/v1/channels/{}", world.cast.channel);
    let token = world.admin().await.signed.session.access_token.clone();
    let change = Some(("application/json", change));
    assert_eq!(world.asks(Method::PATCH, &path, Some(&token), change).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_throttled_is_sent_once_as_soon_as_it_may() {
    let faults = vec![
        FaultRule::new(When::Next(1), Fault::RateLimited { http: 400, retry_after_s: 0 }),
        FaultRule::new(When::Next(1), Fault::PairRate),
        FaultRule::new(When::Next(1), Fault::RateLimited { http: 429, retry_after_s: 1 }),
    ];
    let knobs = Knobs { faults, ..Knobs::permissive() };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let line = ana.replies(conversation, "Hola Lucía").await.line.expect("a line");
        ana.finds(conversation, line, MessageStatus::Delivered).await;
        assert_eq!(lucia.received(), ["Hola Lucía"]);
        let tag = world.simulator.reached()[0].biz_opaque_callback_data.clone().expect("a tag");
        assert!(tag.ends_with(":4"), "three tries were provably not sent: {tag}");
        ana.phone().converges().await;
    })
    .await;
}

/// One message to a recipient every three seconds.
fn slow() -> Setup {
    Setup::usual()
        .with("BATON_PACE__RECIPIENT_BURST", "1")
        .with("BATON_PACE__RECIPIENT_INTERVAL_MS", "3000")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_overtaken_while_it_waited_is_held_with_what_follows_it_until_it_is_replaced() {
    for_each_store(slow(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        let at_s = world.clock.now().ms() / 1_000 - 600;
        let says = async |text: &str, at_s: i64| {
            lucia
                .sends_type(json!({
                    "type": "text", "text": {"body": text}, "timestamp": at_s.to_string(),
                }))
                .await
        };
        says("Hola", at_s).await;
        let conversation = lucia.conversation().await;
        ana.replies(conversation, "Hola Lucía").await;
        lucia.receives("Hola Lucía").await;
        says("Please cancel order 7", at_s + 10).await;
        let since = ana.head(conversation).await.unanswered_since.expect("an open turn");
        let [second, third] = two_in_a_chain(&ana, conversation).await;
        assert_eq!(ana.head(conversation).await.unanswered_since, None, "answered, so far");
        says("No, wait, do not cancel it", at_s + 20).await;
        let held = ana.finds(conversation, second, MessageStatus::Held).await;
        assert_eq!(held.held, Some(HeldReason::Overtaken));
        let held = ana.finds(conversation, third, MessageStatus::Held).await;
        assert_eq!(held.held, Some(HeldReason::PredecessorHeld));
        assert_eq!(ana.head(conversation).await.unanswered_since, Some(since));
        // Released by its author, who has seen what came: a new reply in its place.
        let seen = ana.last_line(conversation).await;
        let released = replaces("Not cancelled", seen, second);
        ana.does(conversation, released).await.accepted();
        lucia.receives("Not cancelled").await;
        ana.finds(conversation, second, MessageStatus::Cancelled).await;
        ana.finds(conversation, third, MessageStatus::Held).await;
        assert_eq!(lucia.received(), ["Hola Lucía", "Not cancelled"], "nothing unknowing left");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_can_be_withdrawn_and_the_rest_goes_on() {
    for_each_store(slow(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.replies(conversation, "Hola Lucía").await;
        lucia.receives("Hola Lucía").await;
        lucia.sends("Is it open?").await;
        let [second, third] = two_in_a_chain(&ana, conversation).await;
        let cancel = CommandBody::Cancel(OfMessage { message_id: second.id });
        ana.does(conversation, cancel.clone()).await.accepted();
        ana.finds(conversation, second, MessageStatus::Cancelled).await;
        ana.finds(conversation, third, MessageStatus::Delivered).await;
        ana.does(conversation, cancel).await.accepted();
        assert_eq!(lucia.received(), ["Hola Lucía", "Third"]);
        let gone = CommandBody::Cancel(OfMessage { message_id: third.id });
        assert_eq!(ana.does(conversation, gone).await.refusal(), Refusal::NotAllowed, "it left");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_nobody_knows_people_decide_after_a_minute_and_not_before() {
    let knobs = Knobs {
        lost_answers: Some(LostAnswers { probability: 1.0, how: Loss::Drop }),
        drop_statuses: ALL.to_vec(),
        ..Knobs::permissive()
    };
    for_each_store(Setup { knobs: knobs.clone(), ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        let mut all = Vec::new();
        for name in ["Lucía", "Marta"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            ana.finds(conversation, line, MessageStatus::Unconfirmed).await;
            all.push((contact, conversation, line));
        }
        let act = |(_, conversation, line): &(Contact<'_>, ConversationId, LineRef), resend| {
            let (message_id, seen) = (line.id, Some(*line));
            let body = if resend {
                CommandBody::Resend(Resend { message_id, seen, ignore_lease: false })
            } else {
                CommandBody::MarkSent(OfMessage { message_id })
            };
            ana.command(*conversation, body)
        };
        for resend in [true, false] {
            let refusal = ana.gives(act(&all[0], resend)).await.refusal();
            let Refusal::TooSoon { retry_after_ms } = refusal else { panic!("{refusal:?}") };
            assert!((1..=60_000).contains(&retry_after_ms), "{retry_after_ms}");
        }
        a_minute_passes(world).await;
        world.simulator.set_knobs(Knobs::permissive());
        ana.gives(act(&all[0], true)).await.accepted();
        ana.finds(all[0].1, all[0].2, MessageStatus::Delivered).await;
        assert_eq!(all[0].0.received(), ["Hola", "Hola"], "a person chose to risk it");
        ana.gives(act(&all[1], false)).await.accepted();
        ana.finds(all[1].1, all[1].2, MessageStatus::Sent).await;
        assert_eq!(all[1].0.received(), ["Hola"]);
        ana.phone().converges().await;
    })
    .await;
}

/// Makes what is unconfirmed a minute older.
pub(super) async fn a_minute_passes(world: &World) {
    static OLDER: baton::store::Sql = baton::store::Sql::new(
        "UPDATE message SET status_at = status_at - 61000 WHERE status = 'unconfirmed'",
    );
    let mut tx = world.server.store.begin().await.expect("a transaction");
    tx.run(&OLDER, &[]).await.expect("older");
    tx.commit().await.expect("committed");
}

/// "Second" and "Third", given at once by an author who has seen everything.
async fn two_in_a_chain(agent: &Agent, conversation: ConversationId) -> [LineRef; 2] {
    let seen = agent.last_line(conversation).await;
    let second = agent.command(conversation, reply("Second", seen));
    let after = Some(second.op_id);
    let third = Command { after, ..agent.command(conversation, reply("Third", seen)) };
    let results = agent.signed.commands(&[second, third]).await.expect("answers");
    let lines = results.into_iter().map(|result| result.accepted().line.expect("a line"));
    let lines: Vec<LineRef> = lines.collect();
    lines.try_into().expect("two")
}

fn replaces(text: &str, seen: Option<LineRef>, old: LineRef) -> CommandBody {
    CommandBody::Reply(Reply {
        text: text.to_owned(),
        seen,
        quoted: None,
        replaces: Some(old.id),
        ignore_lease: false,
        canned: None,
    })
}

/// Whether no frame ever told of a provider's status lower than one before.
fn has_only_climbed(frames: &[ServerFrame]) -> bool {
    let mut ranks = BTreeMap::new();
    frames.iter().all(|frame| {
        let ServerFrame::Events { events, .. } = frame else { return true };
        events.iter().all(|event| {
            let Fact::MessageChanged { line, status, .. } = &event.fact else { return true };
            let rank = provider_rank(*status);
            ranks.insert(line.id, rank).is_none_or(|before| before <= rank)
        })
    })
}
