//! The server tells phones in pockets what happened: by the simulated push services, to the phone
//! core, and back by receipts.

use std::collections::BTreeMap;
use std::time::Duration;

use baton::demo::PASSWORD;
use baton::demo::client::android;
use baton_mobile::outbox::{ActStage, Echo};
use baton_mobile::push::handle::Outcome;
use baton_mobile::push::receipts::ReceiptStage;
use baton_mobile::push::{
    ActToken, Action, Group, Input, Kind, NotificationAnswer, Tag, Tapped, Verdict,
};
use baton_mobile::runtime::{AnswerOutcome, PushTarget};
use baton_protocol::command::{CommandBody, NoteText};
use baton_protocol::frame::{Ack, ClientFrame, ServerFrame};
use baton_protocol::push::{
    PushEnv, PushKey, PushLane, PushLevel, PushPreference, PushPut, PushTargetKind,
};
use baton_protocol::{AgentId, Author, ConversationId, Owner, Refusal, Status, Team};
use baton_simulator::{PushCall, PushDelivery, PushFault};
use baton_world::handset::Handset;
use baton_world::world::{
    Agent, Answered, PATIENCE, Setup, World, eventually, for_each_alone, for_each_store, with_nodes,
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const TARGET: &str = "token-of-ben";
/// What the platform gives an app to handle a push.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A phone in a pocket: signed in, registered, its app in the background.
pub(crate) struct Pocket<'w> {
    world: &'w World,
    pub(crate) phone: Handset,
    taken: usize,
    directory: TempDir,
}

impl<'w> Pocket<'w> {
    pub(crate) async fn of_ben(world: &'w World) -> Self {
        let pocket = Self::in_hand_of_ben(world).await;
        pocket.phone.core.background(DEADLINE).await.expect("the background");
        pocket
    }

    /// Not in the pocket yet: Ben looks at the app.
    async fn in_hand_of_ben(world: &'w World) -> Self {
        Self::by(world, PushLane::Fcm).await
    }

    async fn by(world: &'w World, lane: PushLane) -> Self {
        Self::able(world, lane, &[]).await
    }

    /// An app with these abilities.
    pub(crate) async fn able(world: &'w World, lane: PushLane, caps: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let phone = Handset::on(&world.server.url(), directory.path()).await.expect("a handset");
        let phone = phone.signed_in("acme", "ben@acme.example", PASSWORD).await.expect("Ben");
        phone.live(PATIENCE).await.expect("live");
        let target = PushTarget {
            lane,
            kind: PushTargetKind::Token,
            target: TARGET.to_owned(),
            app_id: None,
            env: None,
            locale: None,
            caps: caps.iter().map(|cap| (*cap).to_owned()).collect(),
        };
        phone.is_reached_at(target, PATIENCE).await.expect("a registration");
        Self { world, phone, taken: 0, directory }
    }

    /// The next push that the platform hands over.
    pub(crate) async fn is_handed(&mut self) -> Input {
        let inbox = self.world.simulator.push_inbox(TARGET, self.taken, PATIENCE).await;
        let PushDelivery { n, input, .. } = inbox.into_iter().next().expect("a push");
        self.taken = n + 1;
        let input = serde_json::to_value(input.expect("a push")).expect("plain data");
        serde_json::from_value(input).expect("what a platform hands over")
    }

    /// The system ends the app, and starts it for what comes next.
    async fn is_killed(&mut self) {
        self.phone.core.shutdown();
        let server = self.world.server.url();
        self.phone = Handset::woken(&server, self.directory.path()).expect("a handset");
        self.phone.core.network(true).await.expect("a network");
    }

    /// A button of a notification is tapped while the app does not run.
    async fn answers(&mut self, token: ActToken, answer: NotificationAnswer) -> AnswerOutcome {
        self.is_tapped(answer.tapped(&token)).await
    }

    pub(crate) async fn is_tapped(&mut self, tapped: Tapped) -> AnswerOutcome {
        self.is_killed().await;
        self.phone.core.answer(tapped, PATIENCE).await.expect("an outcome")
    }

    /// What an answer from the next notification is held to.
    async fn shows_a_notification(&mut self) -> ActToken {
        loop {
            let outcome = self.handles_the_next().await;
            // What was shown before may be taken back first.
            let Some(shown) = outcome.verdict.notification() else { continue };
            let Some(Action::Reply { token: Some(token), .. }) = shown.actions.first() else {
                panic!("nothing can be answered: {outcome:?}")
            };
            return *token;
        }
    }

    pub(crate) async fn handles_the_next(&mut self) -> Outcome {
        let input = self.is_handed().await;
        self.phone.core.handle_push(input, DEADLINE).await.expect("an outcome")
    }
}

/// A customer has written, and Ana has taken the conversation.
async fn ana_answers(world: &World) -> ConversationId {
    let lucia = world.contact("Lucía");
    lucia.sends("¿Tienen el modelo azul?").await;
    let conversation = lucia.conversation().await;
    world.agent("Ana").await.claims(conversation).await;
    conversation
}

async fn hands_over(world: &World, conversation: ConversationId, to: &str) {
    let to = Owner::Agent(world.agent(to).await.signed.session.agent_id);
    world.admin().await.hands_over(conversation, to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_reaches_the_phone_in_a_pocket_and_is_taken_back() {
    for_each_store(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        hands_over(world, conversation, "Ben").await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.tag, Tag::Conversation(conversation));
        assert_eq!(shown.text.english(), ("Lucía", "¿Tienen el modelo azul?"));
        let receipt = shown.push.expect("a push").to_string();
        let is_received = async || {
            let figures = world.asks(Method::GET, "/metrics", None, None).await.text;
            figures.contains("baton_push_receipts_total{outcome=\"received\"} 1").then_some(())
        };
        eventually("the server knows that it was received", is_received).await;
        // Somebody else takes care of it.
        hands_over(world, conversation, "Ana").await;
        let outcome = pocket.handles_the_next().await;
        assert_eq!(outcome.verdict, Verdict::Withdraw(Tag::Conversation(conversation)));
        let calls = world.simulator.push_calls();
        let sent: Vec<_> = calls.iter().filter(|call| call.lane == "fcm").collect();
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(sent.first().is_some_and(|call| call.body.contains(&receipt)));
        for call in &calls {
            let words = ["Luc\u{ed}a", "modelo", "azul", "34600"];
            let told: Vec<_> = words.iter().filter(|word| call.body.contains(**word)).collect();
            assert!(told.is_empty(), "{told:?} in {}", call.body);
        }
        // Each node that sent signed in for itself, once.
        let signed_in = calls.iter().filter(|call| call.lane == "oauth").count();
        assert!((1..=world.nodes().count()).contains(&signed_in), "{signed_in}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_app_open_is_not_told_by_a_push_and_in_the_background_is() {
    for_each_store(Setup::usual(), async |world| {
        let lucia = world.contact("Lucía");
        lucia.sends("¿Tienen el modelo azul?").await;
        world.agent("Ben").await.claims(lucia.conversation().await).await;
        let mut pocket = Pocket::in_hand_of_ben(world).await;
        lucia.sends("¿Y en verde?").await;
        let is_dropped = async || {
            let dropped = world.nodes().map(|node| node.metrics.pushes_suppressed.get());
            (dropped.sum::<u64>() == 1).then_some(())
        };
        eventually("what Ben has on the screen is not pushed", is_dropped).await;
        pocket.phone.core.background(DEADLINE).await.expect("the background");
        lucia.sends("¿Sigue ahí?").await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.text.english().1.lines().last(), Some("¿Sigue ahí?"));
        assert_eq!(shown.badge, Some(3), "of three lines none was read");
        let calls = world.simulator.push_calls();
        assert_eq!(calls.iter().filter(|call| call.lane == "fcm").count(), 1, "{calls:?}");
    })
    .await;
}

/// Ben's browser: it says of whatever comes that he saw it.
async fn looks_at_his_desk(world: &World) -> tokio::task::JoinHandle<()> {
    let ben = world.agent("Ben").await.signed.clone();
    let socket = ben.connect(None).await.expect("a socket");
    tokio::spawn(async move {
        let mut heard = 0;
        loop {
            let frames = socket.frames_since(heard);
            heard += frames.len();
            let upto = frames.iter().filter_map(|one| {
                if let ServerFrame::Events { upto, .. } = &*one.frame { Some(*upto) } else { None }
            });
            if let Some(upto) = upto.max() {
                let ack = ClientFrame::Ack(Ack { upto, foreground: true, idle_s: None });
                socket.send(&ack).await.expect("an ack");
            }
            if socket.wait_from(heard, |_| true, PATIENCE).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_the_desk_is_told_on_the_phone_only_if_they_wish() {
    for_each_alone(Setup::usual(), async |world| {
        let lucia = world.contact("Lucía");
        lucia.sends("¿Tienen el modelo azul?").await;
        let ben = world.agent("Ben").await;
        ben.claims(lucia.conversation().await).await;
        let phone = ben.signed.api.sign_in("acme", "ben@acme.example", PASSWORD).await;
        phone
            .expect("another device")
            .register_push(&android(TARGET))
            .await
            .expect("a registration");
        let desk = looks_at_his_desk(world).await;
        lucia.sends("¿Y en verde?").await;
        let is_dropped = async || {
            let dropped = world.nodes().map(|node| node.metrics.pushes_suppressed.get());
            (dropped.sum::<u64>() == 1).then_some(())
        };
        eventually("what Ben saw at the desk is not pushed", is_dropped).await;
        assert_eq!(world.simulator.push_calls(), []);

        let wish = serde_json::to_vec(&json!({"level": "all", "each_device": true}));
        let body = Some(("application/json", wish.expect("plain data")));
        let token = Some(ben.signed.session.access_token.as_str());
        assert_eq!(world.asks(Method::PUT, "/api/v1/me/push", token, body).await.status, 200);
        lucia.sends("¿Y en rojo?").await;
        assert_eq!(answered(world, "fcm", 1).await.len(), 1, "the phone in the pocket is told");
        desk.abort();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_from_notifications_reach_the_server_once_with_the_app_killed() {
    for_each_store(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        hands_over(world, conversation, "Ben").await;
        let token = pocket.shows_a_notification().await;
        // The platform hands one tap over twice.
        for _ in 0..2 {
            let reply = NotificationAnswer::Reply("Sí, queda uno".to_owned());
            assert_eq!(pocket.answers(token, reply).await, AnswerOutcome::Sent);
        }
        let lucia = world.contact("Lucía");
        lucia.receives("Sí, queda uno").await;
        lucia.sends("Gracias, lo compro en la tienda").await;
        let token = pocket.shows_a_notification().await;
        assert_eq!(pocket.answers(token, NotificationAnswer::Resolve).await, AnswerOutcome::Sent);
        let ben = world.agent("Ben").await;
        assert_eq!(ben.head(conversation).await.status, Status::Resolved);
        let lines = ben.lines(conversation).await;
        let replies = lines.iter().filter(|line| matches!(line.author, Author::Agent { .. }));
        assert_eq!(replies.count(), 1, "{lines:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_a_notification_that_was_overtaken_opens_the_app() {
    for_each_store(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        hands_over(world, conversation, "Ben").await;
        let token = pocket.shows_a_notification().await;
        world.contact("Lucía").sends("Olvídelo, ya lo encontré").await;
        let reply = NotificationAnswer::Reply("Sí, queda uno".to_owned());
        assert_eq!(pocket.answers(token, reply).await, AnswerOutcome::OpenApp);
        // Somebody else took care of it meanwhile.
        hands_over(world, conversation, "Ana").await;
        world.agent("Ana").await.replies(conversation, "De acuerdo").await;
        assert_eq!(
            pocket.answers(token, NotificationAnswer::Resolve).await,
            AnswerOutcome::OpenApp
        );
        let waiting = pocket.phone.core.outbox().await.expect("an outbox");
        let is_shown = |echo: &Echo| echo.stage != ActStage::Waiting;
        assert!(waiting.len() == 2 && waiting.iter().all(is_shown), "{waiting:?}");
        let ana = world.agent("Ana").await;
        assert_eq!(ana.head(conversation).await.status, Status::Open);
        let lines = ana.lines(conversation).await;
        assert!(lines.iter().all(|line| line.content.text.as_deref() != Some("Sí, queda uno")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_tells_nothing_shows_what_the_phone_then_knows() {
    let setup = Setup::usual().with("BATON_PUSH__CONTENT", "wake");
    for_each_alone(setup, async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        hands_over(world, conversation, "Ben").await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.text.english(), ("Lucía", "¿Tienen el modelo azul?"));
        assert_eq!((shown.opens, shown.actions.len()), (Some(conversation), 2));
        // Opened: the next one is new in its place.
        let push = shown.push.expect("a push");
        let ended = pocket.phone.core.notification_ended(push, ReceiptStage::Opened).await;
        ended.expect("noted");
        world.contact("Lucía").sends("¿Sigue ahí?").await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.text.english().1, "¿Tienen el modelo azul?\n¿Sigue ahí?");
        for call in world.simulator.push_calls() {
            assert!(!call.body.contains("\"e\""), "{}", call.body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_from_a_store_is_told_by_a_relay_that_cannot_read_what() {
    for_each_alone(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::by(world, PushLane::Relay).await;
        pocket.phone.core.background(DEADLINE).await.expect("the background");
        hands_over(world, conversation, "Ben").await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.text.english(), ("Lucía", "¿Tienen el modelo azul?"));
        hands_over(world, conversation, "Ana").await;
        let outcome = pocket.handles_the_next().await;
        assert_eq!(outcome.verdict, Verdict::Withdraw(Tag::Conversation(conversation)));
        let calls = world.simulator.push_calls();
        assert!(calls.len() == 2 && calls.iter().all(|call| call.lane == "relay"), "{calls:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_was_lost_is_sent_again_and_shown_once() {
    for_each_alone(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        // Taken, and the answer lost: nobody can know.
        world.simulator.push_fails(
            TARGET,
            [PushFault::Throttled { retry_after_s: Some(1) }, PushFault::Garbage],
        );
        hands_over(world, conversation, "Ben").await;
        let outcome = pocket.handles_the_next().await;
        assert!(matches!(outcome.verdict, Verdict::Show(_)), "{outcome:?}");
        let again = pocket.handles_the_next().await;
        assert!(matches!(again.verdict, Verdict::Suppress(_)), "{again:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_gone_is_asked_once_and_forgotten() {
    for_each_alone(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let pocket = Pocket::of_ben(world).await;
        world.simulator.unregister(TARGET);
        hands_over(world, conversation, "Ben").await;
        let is_refused = async || {
            let calls = world.simulator.push_calls();
            calls.iter().any(|call| call.status == 404).then_some(())
        };
        eventually("Firebase says that it is gone", is_refused).await;
        let ended = async || {
            let figures = world.asks(Method::GET, "/metrics", None, None).await.text;
            figures.contains("baton_pushes_total{service=\"fcm\",outcome=\"dead\"} 1").then_some(())
        };
        eventually("the push has ended", ended).await;
        hands_over(world, conversation, "Ana").await;
        hands_over(world, conversation, "Ben").await;
        let calls = world.simulator.push_calls();
        assert_eq!(calls.iter().filter(|call| call.lane == "fcm").count(), 1);
        drop(pocket);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_servers_show_apple_the_same_token_for_it_takes_no_two_in_twenty_minutes() {
    for_each_store(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        registers(world, &ben, &iphone(world)).await;
        let conversation = ana_answers(world).await;
        let to_ben = Owner::Agent(ben.signed.session.agent_id);
        // One is told by the server that Ana works at, and one by that of the admin.
        world.agent("Ana").await.hands_over(conversation, to_ben).await;
        let calls = answered_by_apple(world, 1).await;
        let told = calls.first().and_then(|call| serde_json::from_str::<Value>(&call.body).ok());
        let told = told.expect("JSON");
        assert_eq!(told.pointer("/aps/badge"), Some(&json!(1)), "a line that Ben has not read");
        assert_eq!(told.pointer("/b"), Some(&json!(1)));
        let identifier = calls.first().and_then(|call| call.headers.get("apns-collapse-id"));
        assert_eq!(identifier, Some(&format!("conversation-{conversation}")), "as phones name it");
        hands_over(world, conversation, "Ana").await;
        let calls = answered_by_apple(world, 2).await;
        let statuses: Vec<_> = calls.iter().map(|call| (call.status, &call.reason)).collect();
        assert_eq!(statuses, [(200, &None), (200, &None)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_servers_one_sends_each_push_with_redis_and_without() {
    with_nodes(Setup::usual(), &[3], async |world| {
        let ben = world.agent("Ben").await;
        registers(world, &ben, &android(TARGET)).await;
        let mut talks = Vec::new();
        for is_away in [false, true] {
            if is_away {
                world.kills_redis().await;
            }
            for n in 0..6 {
                let customer = world.contact(&format!("Customer {is_away} {n}"));
                customer.sends("Hola").await;
                let talk = customer.conversation().await;
                // Requests go to the servers in turn.
                hands_over(world, talk, "Ben").await;
                talks.push(json!(talk));
            }
            answered(world, "fcm", talks.len()).await;
        }
        // What would come twice has come by the time that all of it was taken back.
        for talk in &talks {
            let talk = serde_json::from_value(talk.clone()).expect("an id");
            hands_over(world, talk, "Ana").await;
        }
        let calls = answered(world, "fcm", 2 * talks.len()).await;
        let mut told = BTreeMap::new();
        for call in &calls {
            assert_eq!(call.status, 200, "{call:?}");
            let body: Value = serde_json::from_str(&call.body).expect("JSON");
            let push = body.pointer("/message/data").expect("fields");
            let field = |name| push.get(name).cloned().unwrap_or_default().to_string();
            *told.entry((field("k"), field("c"))).or_insert(0) += 1;
        }
        assert_eq!(told.len(), 2 * talks.len(), "each assigned once and taken back once");
        assert!(told.values().all(|count| *count == 1), "{told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_note_calls_reads_it_on_the_phone_until_they_have_seen_it() {
    for_each_alone(Setup::usual(), async |world| {
        let conversation = ana_answers(world).await;
        let mut pocket = Pocket::of_ben(world).await;
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let ids = [ben.signed.session.agent_id, ana.signed.session.agent_id];
        ana.mentions(conversation, "@Ben, is the blue one still there?", &ids).await;
        let outcome = pocket.handles_the_next().await;
        let Verdict::Show(shown) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(shown.group, Group::Mention);
        assert_eq!(shown.text.english(), ("Lucía", "@Ben, is the blue one still there?"));
        // He answers her at the desk.
        ben.notes(conversation, "Two of them").await;
        let outcome = pocket.handles_the_next().await;
        assert_eq!(outcome.verdict, Verdict::Withdraw(Tag::Conversation(conversation)));
        // Whom it cannot reach is named to its author.
        world.team("Billing", &["Dora"]).await;
        let dora = world.agent("Dora").await.signed.session.agent_id;
        let told = ana.mentions(conversation, "@Dora @Ben", &[dora, ids[0]]).await;
        assert_eq!(told.unreached, [dora]);
        let told = ana.mentions(conversation, "@Ben", &ids[..1]).await;
        assert_eq!(told.unreached, []);
        // Nobody is told of a note that could not be kept.
        let nobody = NoteText {
            text: "@Zoe".to_owned(),
            mentions: vec![AgentId(Uuid::nil())],
            quoted: None,
        };
        let refusal = ana.does(conversation, CommandBody::Note(nobody)).await.refusal();
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "mentions"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_team_an_agent_may_want_to_be_told_nothing() {
    for_each_alone(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        registers(world, &ben, &iphone(world)).await;
        let teams: Vec<Team> = ben.signed.get("/teams").await.expect("teams");
        let of = |level| teams.iter().map(move |team| json!({"team_id": team.id, "level": level}));
        let wants = async |teams: Value| {
            let body = serde_json::to_vec(&json!({"level": "all", "teams": teams}));
            let body = Some(("application/json", body.expect("plain data")));
            let token = Some(ben.signed.session.access_token.as_str());
            world.asks(Method::PUT, "/api/v1/me/push", token, body).await
        };
        let unknown = wants(json!([{"team_id": Uuid::nil(), "level": "all"}])).await;
        let twice: Value = of("mine").chain(of("all")).collect();
        for refused in [unknown, wants(twice).await] {
            assert_eq!(refused.status, 400, "{refused:?}");
            assert!(refused.text.contains("teams"), "{refused:?}");
        }
        assert_eq!(wants(of("nothing").collect()).await.status, 200);
        let kept: PushPreference = ben.signed.get("/me/push").await.expect("a preference");
        assert!(kept.teams.iter().all(|one| one.level == PushLevel::Nothing), "{kept:?}");
        assert_eq!(kept.teams.len(), teams.len());
        let conversation = ana_answers(world).await;
        hands_over(world, conversation, "Ben").await;
        hands_over(world, conversation, "Ana").await;
        assert_eq!(wants(json!([])).await.status, 200);
        hands_over(world, conversation, "Ben").await;
        assert_eq!(answered_by_apple(world, 1).await.len(), 1);
    })
    .await;
}

fn iphone(world: &World) -> PushPut {
    PushPut {
        lane: PushLane::Apns,
        target_kind: PushTargetKind::Token,
        target: "0a".repeat(32),
        key: None,
        app_id: Some(world.simulator.apns_account().bundle_id),
        env: Some(PushEnv::Production),
        locale: None,
        caps: Vec::new(),
    }
}

async fn answered_by_apple(world: &World, count: usize) -> Vec<PushCall> {
    answered(world, "apns", count).await
}

async fn answered(world: &World, lane: &str, count: usize) -> Vec<PushCall> {
    eventually("the push service was asked", async || {
        let calls = world.simulator.push_calls().into_iter();
        let calls: Vec<_> = calls.filter(|call| call.lane == lane).collect();
        (calls.len() >= count).then_some(calls)
    })
    .await
}

async fn registers(world: &World, agent: &Agent, put: &PushPut) {
    let session = &agent.signed.session;
    let path = format!("/api/v1/devices/{}/push", session.device_id);
    let body = Some(("application/json", serde_json::to_vec(put).expect("plain data")));
    let answer = world.asks(Method::PUT, &path, Some(&session.access_token), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_told_by_web_push_what_it_alone_can_read() {
    for_each_store(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        let subscription = world.simulator.subscribe(None);
        let put = PushPut {
            lane: PushLane::Webpush,
            target_kind: PushTargetKind::Endpoint,
            target: subscription.endpoint.clone(),
            key: Some(PushKey {
                id: None,
                p256dh: subscription.p256dh.clone(),
                auth: subscription.auth.clone(),
            }),
            app_id: None,
            env: None,
            locale: None,
            caps: Vec::new(),
        };
        registers(world, &ben, &put).await;
        let conversation = ana_answers(world).await;
        hands_over(world, conversation, "Ben").await;
        let call = eventually("the browser's service was asked", async || {
            world.simulator.push_calls().into_iter().find(|call| call.lane == "webpush")
        })
        .await;
        assert_eq!(call.status, 201, "{call:?}");
        assert_eq!(call.headers.get("urgency").map(String::as_str), Some("high"));
        let told: Value = serde_json::from_str(&call.plaintext.expect("it opens")).expect("JSON");
        assert_eq!(told.get("k"), Some(&json!(Kind::Assigned.name())));
        assert_eq!(told.get("c"), Some(&json!(conversation)));
        assert_eq!(told.get("title"), Some(&json!("Lucía")));
    })
    .await;
}
