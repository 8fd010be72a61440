//! Offers on a phone in a pocket: answered from the notification, and taken back.

use std::time::Duration;

use baton_mobile::push::{
    Action, Group, Notification, OfferAnswer, OfferToken, Suppression, Tag, Verdict,
};
use baton_mobile::runtime::AnswerOutcome;
use baton_protocol::command::{CommandBody, OfOffer};
use baton_protocol::push::{PUSH_CAP_OFFERS, PushLane};
use baton_protocol::{OfferEnd, Owner};
use baton_world::world::{Answered, RunningClock, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::json;

use crate::pushing::{DEADLINE, Pocket};
use crate::routing::{history, is_away, is_routed, offer_to};

/// The offer of the next notification that has one, with its buttons.
async fn shows_an_offer(pocket: &mut Pocket<'_>) -> (OfferToken, Notification) {
    loop {
        let outcome = pocket.handles_the_next().await;
        let Some(shown) = outcome.verdict.notification() else { continue };
        if shown.group != Group::Offer {
            continue;
        }
        let [Action::Accept { conversation, offer, .. }, Action::Decline { offer: same, .. }] =
            shown.actions[..]
        else {
            panic!("no buttons: {outcome:?}")
        };
        assert_eq!(offer, same);
        return (OfferToken { conversation, offer }, shown.clone());
    }
}

/// The team of the number offers what waits; Ben alone is there.
async fn offers_to_ben(world: &World) {
    for name in ["Ana", "Chloe"] {
        is_away(&*world.agent(name).await).await;
    }
    is_routed(world, json!({"hand": "offer"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_accepted_and_declined_from_its_notification_with_the_app_killed() {
    for_each_store(Setup::usual(), async |world| {
        let mut pocket = Pocket::able(world, PushLane::Fcm, &[PUSH_CAP_OFFERS]).await;
        pocket.phone.core.background(DEADLINE).await.expect("the background");
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        offers_to_ben(world).await;
        world.contact("Lucía").sends("Hola").await;
        let lucia = world.contact("Lucía").conversation().await;
        let (of, shown) = shows_an_offer(&mut pocket).await;
        let offer = offer_to(&ana, lucia, ben.id).await;
        assert_eq!((of.conversation, of.offer), (lucia, offer.offer_id));
        let ends = shown.expires_at.expect("an end");
        assert_eq!(ends.ms(), offer.until.ms().div_euclid(1_000) * 1_000, "it goes by itself");
        // The platform hands one tap over twice.
        for _ in 0..2 {
            let yes = OfferAnswer::Accept.tapped(&of);
            assert_eq!(pocket.is_tapped(yes).await, AnswerOutcome::Sent);
        }
        assert_eq!(ana.head(lucia).await.owner, Owner::Agent(ben.id));

        world.contact("Marta").sends("Hola").await;
        let marta = world.contact("Marta").conversation().await;
        let (of, _) = shows_an_offer(&mut pocket).await;
        assert_eq!(of.conversation, marta);
        let no = OfferAnswer::Decline.tapped(&of);
        assert_eq!(pocket.is_tapped(no.clone()).await, AnswerOutcome::Sent);
        let ended = history(&ana, marta).await.decisions;
        assert!(ended.iter().any(|one| one.end == Some(OfferEnd::Declined)), "{ended:?}");
        // It is over by now, and the same again is none of his concern.
        let yes = OfferAnswer::Accept.tapped(&of);
        assert_eq!(pocket.is_tapped(yes).await, AnswerOutcome::OpenApp);
        assert_eq!(pocket.is_tapped(no).await, AnswerOutcome::Sent);
        assert_eq!(pocket.phone.core.outbox().await.expect("an outbox").len(), 1, "the yes alone");
    })
    .await;
}

/// The next notification of a phone with these abilities, of an offer to Ben.
async fn is_shown_an_offer<'w>(world: &'w World, caps: &[&str]) -> (Pocket<'w>, Notification) {
    let mut pocket = Pocket::able(world, PushLane::Fcm, caps).await;
    pocket.phone.core.background(DEADLINE).await.expect("the background");
    offers_to_ben(world).await;
    world.contact("Lucía").sends("Hola").await;
    loop {
        let outcome = pocket.handles_the_next().await;
        if let Some(shown) = outcome.verdict.notification() {
            let shown = shown.clone();
            return (pocket, shown);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_answered_elsewhere_goes_from_the_phone() {
    for_each_store(Setup::usual(), async |world| {
        let (mut pocket, shown) = is_shown_an_offer(world, &[PUSH_CAP_OFFERS]).await;
        assert_eq!((shown.group, shown.actions.len()), (Group::Offer, 2));
        let (ben, conversation) = (world.agent("Ben").await, world.contact("Lucía"));
        let conversation = conversation.conversation().await;
        let offer = offer_to(&ben, conversation, ben.id).await;
        let no = CommandBody::DeclineOffer(OfOffer { offer_id: offer.offer_id });
        ben.does(conversation, no).await.accepted();
        let over = Tag::Conversation(conversation);
        let outcome = pocket.handles_the_next().await;
        assert_eq!(outcome.verdict, Verdict::Withdraw(over), "{outcome:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_before_shows_an_offer_without_buttons() {
    for_each_store(Setup::usual(), async |world| {
        // His screen knows what an offer is, so he is asked at all.
        let _ben = world.agent("Ben").await;
        let (_pocket, shown) = is_shown_an_offer(world, &[]).await;
        assert_eq!((shown.group, shown.actions.len()), (Group::Offer, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_hear_of_an_offer_is_probed_in_silence_and_their_phone_says_that_it_came() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    for_each_store(setup, async |world| {
        let mut pocket = Pocket::of_ben(world).await;
        is_routed(world, json!({"hand": "offer"})).await;
        // No push has shown for half a day that pushes come through.
        clock.passes(Duration::from_hours(13));
        let probed = async || {
            clock.passes(Duration::ZERO);
            let calls = world.simulator.push_calls();
            calls.iter().any(|call| call.lane == "fcm").then_some(())
        };
        eventually("a probe is sent", probed).await;
        let outcome = pocket.handles_the_next().await;
        assert_eq!(outcome.verdict, Verdict::Suppress(Suppression::NotShown));
        assert_eq!((outcome.withdraw.len(), outcome.update.len()), (0, 0));
        let is_received = async || {
            let figures = world.asks(Method::GET, "/metrics", None, None).await.text;
            figures.contains("baton_push_receipts_total{outcome=\"received\"} 1").then_some(())
        };
        eventually("the server knows that it was received", is_received).await;
    })
    .await;
}
