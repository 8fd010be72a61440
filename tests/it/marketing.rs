//! Customers who want no marketing: nothing of that kind leaves until they allow it again.

use std::time::Duration;

use baton_protocol::{ConversationId, Details, Refusal};
use baton_simulator::{CustomerEvent, PlatformEvent};
use baton_world::world::{Agent, Answered, Contact, Setup, World, eventually, for_each_store};
use serde_json::json;

use crate::begin::{begins, order_update, templates_are_known};
use crate::sendable::send;

/// A template of Meta's category for marketing.
fn sale() -> Details {
    Details::Template {
        name: "spring_sale".into(),
        language: "es".into(),
        header: Vec::new(),
        body: Vec::new(),
        buttons: Vec::new(),
    }
}

async fn a_sale_is_known(world: &World) {
    let waba = world.simulator.config().numbers.first().expect("a number").waba_id.clone();
    let mut sale = world.simulator.templates(&waba).first().expect("a template").clone();
    "spring_sale".clone_into(&mut sale.name);
    "es".clone_into(&mut sale.language);
    "MARKETING".clone_into(&mut sale.category);
    sale.components = vec![json!({"type": "BODY", "text": "Everything is cheaper."})];
    world.simulator.put_template(&waba, sale);
    templates_are_known(world).await;
}

async fn wants(world: &World, customer: &Contact<'_>, is_stopped: bool) {
    let from = customer.customer.person();
    let event = PlatformEvent::Customer(CustomerEvent::Preference { from, is_stopped });
    world.simulator.happens(event).await.expect("it happens");
}

async fn is_shown(agent: &Agent, of: ConversationId, stopped: bool) {
    eventually("what the customer wants", async || {
        let told = agent.view(of).await.conversation.thread.marketing;
        (told.is_some_and(|told| told.stopped) == stopped).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stopped_marketing_gets_none_and_everything_else_until_they_allow_it_again() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        a_sale_is_known(world).await;
        let nora = world.contact("Nora");
        nora.sends("Hola").await;
        let conversation = nora.conversation().await;
        wants(world, &nora, true).await;
        is_shown(&ana, conversation, true).await;
        let seen = ana.last_line(conversation).await;
        let refused = ana.does(conversation, send(None, sale(), seen)).await.refused();
        assert_eq!(refused.refusal, Refusal::MarketingStopped);
        assert!(refused.detail.contains("another category"), "{}", refused.detail);
        // Begun by template is no way around it.
        let again = begins(world, &ana, &format!("+{}", nora.number())).await;
        assert_eq!(again, conversation);
        ana.does(conversation, send(None, order_update(), seen)).await.accepted();
        // WhatsApp tells whole seconds. Of two wishes in one second the one to stop counts.
        world.simulator.advance(Duration::from_secs(1));
        wants(world, &nora, false).await;
        is_shown(&ana, conversation, false).await;
        let seen = ana.last_line(conversation).await;
        ana.does(conversation, send(None, sale(), seen)).await.accepted();
        eventually("the sale is there", async || {
            let reached = world.simulator.reached();
            reached.iter().any(|one| one.body["name"] == "spring_sale").then_some(())
        })
        .await;
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}
