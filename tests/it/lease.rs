//! Typing: seen by others, a courtesy that holds replies, and nothing that outlives its typist.

use baton_domain::fact::predicates::is_retryable;
use baton_protocol::command::{Reply, Resend};
use baton_protocol::frame::{ClientFrame, ComposeAction, Draft, ServerFrame, View};
use baton_protocol::{AgentId, CommandBody, ConversationId, MessageStatus, Refusal};
use baton_simulator::{Knobs, Loss, LostAnswers, StatusKind};
use baton_world::world::{Answered, Setup, eventually, for_each_layout, reply};

use super::sending::a_minute_passes;

#[tokio::test(flavor = "multi_thread")]
async fn while_a_colleague_types_a_reply_is_held_unless_its_author_insists() {
    for_each_layout(Setup::usual(), async |world| {
        let (ana, ben, lucia) =
            (world.agent("Ana").await, world.agent("Ben").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        ben.phone().composes(conversation, ComposeAction::Start).await;
        ana.phone().hears("Ben types", held_by(conversation, Some(ben.id))).await;
        let command = ana.command(conversation, reply("Hola Lucía", seen));
        let refusal = ana.gives(command.clone()).await.refusal();
        assert!(matches!(refusal, Refusal::BeingAnswered { holder, .. } if holder == ben.id));
        assert!(is_retryable(&refusal));
        // Nothing is held but what would reach the customer.
        ana.notes(conversation, "Ben is at it").await;
        ben.phone().composes(conversation, ComposeAction::Stop).await;
        ana.phone().hears("Ben stopped", held_by(conversation, None)).await;
        // It was not stored: the same command is accepted later.
        ana.gives(command).await.accepted();
        let mark = ana.phone().mark().await;
        ben.phone().composes(conversation, ComposeAction::Start).await;
        ana.phone().hears_from(mark, "Ben types", held_by(conversation, Some(ben.id))).await;
        let seen = ana.last_line(conversation).await;
        let held = ana.does(conversation, reply("Held", seen)).await.refusal();
        assert!(matches!(held, Refusal::BeingAnswered { .. }), "{held:?}");
        let insists = CommandBody::Reply(Reply {
            text: "One more thing".to_owned(),
            seen,
            quoted: None,
            replaces: None,
            ignore_lease: true,
            canned: None,
        });
        ana.does(conversation, insists).await.accepted();
        lucia.receives("One more thing").await;
        assert_eq!(lucia.received(), ["Hola Lucía", "One more thing"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_colleague_types_a_resend_is_held_as_a_reply_is() {
    let knobs = Knobs {
        lost_answers: Some(LostAnswers { probability: 1.0, how: Loss::Drop }),
        drop_statuses: vec![StatusKind::Sent, StatusKind::Delivered, StatusKind::Read],
        ..Knobs::permissive()
    };
    for_each_layout(Setup { knobs: knobs.clone(), ..Setup::usual() }, async |world| {
        let (ana, ben, lucia) =
            (world.agent("Ana").await, world.agent("Ben").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let line = ana.replies(conversation, "Hola Lucía").await.line.expect("a line");
        ana.finds(conversation, line, MessageStatus::Unconfirmed).await;
        a_minute_passes(world).await;
        world.simulator.set_knobs(Knobs::permissive());
        ben.phone().composes(conversation, ComposeAction::Start).await;
        ana.phone().hears("Ben types", held_by(conversation, Some(ben.id))).await;
        let resend = |ignore_lease| {
            let (message_id, seen) = (line.id, Some(line));
            CommandBody::Resend(Resend { message_id, seen, ignore_lease })
        };
        let command = ana.command(conversation, resend(false));
        let refusal = ana.gives(command.clone()).await.refusal();
        assert!(matches!(refusal, Refusal::BeingAnswered { holder, .. } if holder == ben.id));
        assert_eq!(lucia.received(), ["Hola Lucía"], "the first time, of which nobody heard");
        // It was not stored: the same command is decided anew.
        let refusal = ana.gives(command).await.refusal();
        assert!(matches!(refusal, Refusal::BeingAnswered { .. }), "{refusal:?}");
        ana.does(conversation, resend(true)).await.accepted();
        ana.finds(conversation, line, MessageStatus::Delivered).await;
        assert_eq!(lucia.received(), ["Hola Lucía", "Hola Lucía"]);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_over_is_immediate_and_both_learn_of_it() {
    for_each_layout(Setup::usual(), async |world| {
        let (ana, ben, lucia) =
            (world.agent("Ana").await, world.agent("Ben").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        ben.phone().composes(conversation, ComposeAction::Start).await;
        ana.phone().hears("Ben types", held_by(conversation, Some(ben.id))).await;
        // Starting is not taking over: Ben keeps it.
        ana.phone().composes(conversation, ComposeAction::Start).await;
        let refusal = ana.phone().gives(ana.command(conversation, reply("Hola", seen))).await;
        assert!(matches!(refusal.refusal(), Refusal::BeingAnswered { .. }));
        ana.phone().composes(conversation, ComposeAction::TakeOver).await;
        ben.phone().hears("Ana took over", held_by(conversation, Some(ana.id))).await;
        let refusal = ben.does(conversation, reply("Hola", seen)).await.refusal();
        assert!(matches!(refusal, Refusal::BeingAnswered { holder, .. } if holder == ana.id));
        ana.does(conversation, reply("Hola Lucía", seen)).await.accepted();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_typist_who_vanished_lapses() {
    for_each_layout(Setup::usual(), async |world| {
        let (ana, ben, lucia) =
            (world.agent("Ana").await, world.agent("Ben").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        ben.phone().composes(conversation, ComposeAction::Start).await;
        ana.phone().hears("Ben types", held_by(conversation, Some(ben.id))).await;
        ben.phone().goes_offline().await;
        let command = ana.command(conversation, reply("Hola Lucía", seen));
        eventually("accepted", async || {
            let result = ana.gives(command.clone()).await;
            match &result.outcome {
                baton_protocol::outcome::Outcome::Accepted(_) => Some(()),
                baton_protocol::outcome::Outcome::Refused(refused) => {
                    let refusal = &refused.refusal;
                    assert!(matches!(refusal, Refusal::BeingAnswered { .. }), "{refusal:?}");
                    None
                }
            }
        })
        .await;
        ana.phone().hears("nobody types", held_by(conversation, None)).await;
        lucia.receives("Hola Lucía").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_and_what_is_drafted_is_shown_to_those_who_see_the_conversation() {
    for_each_layout(Setup::usual(), async |world| {
        let (ana, ben, lucia) =
            (world.agent("Ana").await, world.agent("Ben").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation_id = lucia.conversation().await;
        let view = ClientFrame::View(View { conversation_id: Some(conversation_id) });
        ben.phone().sends(&view).await;
        ana.phone()
            .hears("Ben looks", |frame| {
                matches!(frame, ServerFrame::Viewing { conversation_id: at, agents }
                    if *at == conversation_id && agents.contains(&ben.id))
            })
            .await;
        let text = "I am thinking".to_owned();
        ben.phone().sends(&ClientFrame::Draft(Draft { conversation_id, text })).await;
        ana.phone()
            .hears("Ben drafts", |frame| {
                matches!(frame, ServerFrame::Draft { agent_id, text, .. }
                    if *agent_id == ben.id && text == "I am thinking")
            })
            .await;
    })
    .await;
}

fn held_by(
    conversation: ConversationId,
    agent: Option<AgentId>,
) -> impl Fn(&ServerFrame) -> bool + Send + Sync {
    move |frame| {
        matches!(frame, ServerFrame::Lease(lease) if lease.conversation_id == conversation
            && lease.holder.map(|holder| holder.agent_id) == agent)
    }
}
