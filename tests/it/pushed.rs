//! What a push says by now: a line that was taken back, the number on the icon, and each kind.

use baton_mobile::push::payload::read;
use baton_mobile::push::{Input, Kind, Tag, Verdict};
use baton_protocol::command::{CommandBody, MarkRead};
use baton_simulator::{Around, Fault, FaultRule, Inbound, Knobs, When};
use baton_world::world::{Contact, Setup, World, for_each_store};

use crate::pushing::{DEADLINE, Pocket};

/// A customer whom Ben answers, each of whose lines was told to his phone.
async fn lines_told<'w>(
    world: &'w World,
    pocket: &mut Pocket<'w>,
    texts: &[&str],
) -> (Contact<'w>, Vec<String>) {
    let lucia = world.contact("Lucía");
    let mut wamids = Vec::new();
    for text in texts {
        wamids.push(lucia.sends(text).await);
        let outcome = pocket.handles_the_next().await;
        let shown = outcome.verdict.notification().expect("a notification");
        assert!(shown.alerts && shown.text.english().1.ends_with(text), "{shown:?}");
    }
    (lucia, wamids)
}

async fn takes_back(lucia: &Contact<'_>, wamid: &str) {
    let revoked = Inbound::Revoke { wamid: wamid.to_owned() };
    let said = lucia.customer.says(revoked, Around::default()).await.expect("a message");
    lucia.acknowledged(&said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_taken_back_goes_from_its_notification_without_a_sound() {
    for_each_store(Setup::usual(), async |world| {
        let lucia = world.contact("Lucía");
        lucia.sends("¿Hola?").await;
        let conversation = lucia.conversation().await;
        let ben = world.agent("Ben").await;
        ben.claims(conversation).await;
        ben.does(conversation, CommandBody::MarkRead(MarkRead { seq: 1 })).await;
        let mut pocket = Pocket::of_ben(world).await;
        let (lucia, wamids) =
            lines_told(world, &mut pocket, &["Quiero el azul", "Mi clave es 4471"]).await;

        takes_back(&lucia, &wamids[1]).await;
        let input = pocket.is_handed().await;
        let push = read(&input, None).expect("a push");
        assert_eq!((push.kind, push.is_quiet, push.badge), (Kind::Message, true, Some(1)));
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        let Verdict::Update(left) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(left.text.english(), ("Lucía", "Quiero el azul"), "what is left");
        assert_eq!((left.alerts, left.badge), (false, Some(1)), "a revocation is no line to read");

        takes_back(&lucia, &wamids[0]).await;
        let input = pocket.is_handed().await;
        assert_eq!(read(&input, None).expect("a push").kind, Kind::Retract, "nothing is left");
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        assert_eq!(outcome.verdict, Verdict::Withdraw(Tag::Conversation(conversation)));
        for call in world.simulator.push_calls() {
            assert!(!call.body.contains("4471"), "{}", call.body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_icon_has_one_number_by_push_and_by_app() {
    for_each_store(Setup::usual(), async |world| {
        // What waits in the queue, and what a colleague answers, is not Ben's to read.
        for name in ["Marta", "Mateo", "Nuria"] {
            world.contact(name).sends("¿Hay alguien?").await;
        }
        let marta = world.contact("Marta").conversation().await;
        world.agent("Ana").await.claims(marta).await;
        let lucia = world.contact("Lucía");
        lucia.sends("¿Hola?").await;
        let conversation = lucia.conversation().await;
        world.agent("Ben").await.claims(conversation).await;
        let mut pocket = Pocket::of_ben(world).await;
        lucia.sends("¿Sigue ahí?").await;
        let input = pocket.is_handed().await;
        assert_eq!(read(&input, None).expect("a push").badge, Some(2));
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        assert_eq!((outcome.badge, outcome.is_behind), (Some(2), false));
        let shown = outcome.verdict.notification().expect("a notification");
        assert_eq!(shown.badge, Some(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_says_that_a_message_needs_a_look_or_that_a_conversation_opened_again() {
    for_each_store(Setup::usual(), async |world| {
        let lucia = world.contact("Lucía");
        lucia.sends("¿Tienen el modelo azul?").await;
        let conversation = lucia.conversation().await;
        let ben = world.agent("Ben").await;
        ben.claims(conversation).await;
        let mut pocket = Pocket::of_ben(world).await;
        let fault = Fault::Error { code: 131_026, http: 400 };
        let faults = vec![FaultRule::new(When::Next(1), fault)];
        world.simulator.set_knobs(Knobs { faults, ..Knobs::permissive() });
        ben.replies(conversation, "Sí, queda uno").await;
        let input = pocket.is_handed().await;
        let Input::Fcm(data) = &input else { panic!("{input:?}") };
        // An app from before reads the nearest kind that it knows.
        assert_eq!(data.get("k").map(String::as_str), Some("assigned"));
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        let shown = outcome.verdict.notification().expect("a notification");
        assert_eq!(shown.text.english(), ("Lucía", "A message of yours needs a look"));
    })
    .await;
}
