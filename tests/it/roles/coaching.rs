//! Coaching notes: what a supervisor tells an owner reaches that agent and those who supervise the
//! team, and nobody else.

use std::sync::Arc;

use baton_protocol::frame::ServerFrame;
use baton_protocol::{Coach, CommandBody, ConversationId, Owner, Refusal, Visibility};
use baton_world::world::{Agent, Answered, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::Value;

use super::requests::{filled, queries};
use super::{CANARY, Stage, ask, lacks, routes, stage};

/// Only a coaching note says so.
const SECRET: &str = "coach-4406";

fn coach(text: &str, expect_owner_epoch: u64) -> CommandBody {
    let text = format!("{SECRET} {CANARY} {text}");
    CommandBody::Coach(Coach { text, expect_owner_epoch })
}

/// How often a conversation's snapshot has the secret for this agent.
async fn count(world: &World, agent: &Agent, conversation: ConversationId) -> usize {
    let asked = (Method::GET, format!("/api/v1/conversations/{conversation}"));
    ask(world, agent, &asked, &Value::Null).await.text.matches(SECRET).count()
}

/// Nothing that these may ask for has it, and nothing that they were told.
async fn is_unknown_to(world: &World, stage: &Stage, agents: &[Arc<Agent>]) {
    for agent in agents {
        for route in routes().iter().filter(|route| route.method == Method::GET) {
            for query in queries(&route.path, world.clock.now()) {
                let asked = (Method::GET, format!("{}{query}", filled(&route.path, &stage.ids)));
                let answer = ask(world, agent, &asked, &Value::Null).await;
                lacks(&answer, &[SECRET.to_owned()], &asked, &agent.name);
            }
        }
        let heard = agent.phone().heard().await;
        assert!(!heard.contains(SECRET), "{} heard {heard}", agent.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coaching_is_for_the_owner_and_those_who_supervise() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Full).await;
        let conversation = stage.about.conversation;
        let [ana, ben, sofia, admin] = &stage.insiders[..] else { panic!("four insiders") };
        let epoch = stage.about.owner_epoch;
        for agent in &stage.insiders {
            agent.phone().converges().await;
        }
        let before = ana.head(conversation).await.revision;
        let given = sofia.does(conversation, coach("live", epoch)).await.accepted();
        assert!(given.note_id.is_some() && given.line.is_none(), "{given:?}");
        assert_eq!(ana.head(conversation).await.revision, before, "nothing of it changed");
        for agent in [ben, ana] {
            let refused = agent.does(conversation, coach("no", epoch)).await.refusal();
            assert_eq!(refused, Refusal::NotAllowed, "{}", agent.name);
        }
        let late = sofia.does(conversation, coach("late", epoch - 1)).await.refusal();
        assert!(matches!(late, Refusal::OwnerChanged { .. }), "{late:?}");
        // Live, and in a snapshot.
        for agent in [ana, sofia, admin] {
            let tells = |frame: &ServerFrame| format!("{frame:?}").contains("live");
            agent.phone().hears("the note", tells).await;
            agent.phone().converges().await;
            assert_eq!(count(world, agent, conversation).await, 1, "{}", agent.name);
        }
        // After a while away.
        ana.phone().goes_offline().await;
        ben.phone().goes_offline().await;
        sofia.does(conversation, coach("meanwhile", epoch)).await.accepted();
        ana.notes(conversation, "after it").await;
        for agent in [ana, ben] {
            agent.phone().comes_back().await.expect("the network");
            agent.phone().shows_note(conversation, "after it").await;
        }
        let tells = |frame: &ServerFrame| format!("{frame:?}").contains("meanwhile");
        ana.phone().hears("the second note", tells).await;
        ana.phone().converges().await;
        let tablet = ben.on_another_device(world).await;
        tablet.phone().shows_note(conversation, "after it").await;
        let tablet = Arc::new(tablet);
        let others = [&stage.outsiders[..], &stage.strangers, &[Arc::clone(ben), tablet]].concat();
        is_unknown_to(world, &stage, &others).await;
        // Who owns it next does not see what was for the one before, who still may.
        sofia.hands_over(conversation, Owner::Agent(ben.id)).await;
        ben.notes(conversation, "mine now").await;
        ben.phone().shows_note(conversation, "mine now").await;
        is_unknown_to(world, &stage, &others).await;
        assert_eq!(count(world, ana, conversation).await, 2);
        assert_eq!(count(world, ben, conversation).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coaching_stays_with_its_team_and_out_of_searches_and_exports() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Own).await;
        let conversation = stage.about.conversation;
        let [ana, sofia, admin] = &stage.insiders[..] else { panic!("three insiders") };
        let text = coach("exchange", stage.about.owner_epoch);
        sofia.does(conversation, text).await.accepted();
        ana.notes(conversation, "sesame").await;
        let finds = async |agent: &Agent, word: &str| {
            let asked = (Method::GET, format!("/api/v1/search?q={word}"));
            let answer = ask(world, agent, &asked, &Value::Null).await;
            answer.text.contains(&conversation.to_string()).then_some(())
        };
        eventually("the note is searched", async || finds(sofia, "sesame").await).await;
        for agent in [ana, sofia, admin] {
            assert!(finds(agent, "exchange").await.is_none(), "{}", agent.name);
        }
        for path in ["/api/v1/log", "/api/v1/log.csv", "/api/v1/log.jsonl"] {
            let asked = (Method::GET, path.to_owned());
            let answer = ask(world, admin, &asked, &Value::Null).await;
            assert!(answer.text.contains("coached"), "{asked:?}: {answer:?}");
            lacks(&answer, &[SECRET.to_owned()], &asked, "an admin");
        }
        // To the team of Edda, who supervises there and nowhere else.
        let edda = stage.outsiders.iter().find(|one| one.name == "Edda").expect("Edda");
        let dora = stage.outsiders.iter().find(|one| one.name == "Dora").expect("Dora");
        let billing = edda.signed.get::<baton_protocol::account::Me>("/me").await.expect("me");
        let team = billing.agent.teams.first().expect("a team").team_id;
        sofia.hands_over(conversation, Owner::Queue(team)).await;
        dora.claims(conversation).await;
        dora.notes(conversation, "ours now").await;
        edda.phone().shows_note(conversation, "ours now").await;
        is_unknown_to(world, &stage, &stage.outsiders).await;
        assert_eq!(count(world, admin, conversation).await, 1);
        let received = world.simulator.reached();
        assert!(!format!("{received:?}").contains(SECRET), "the customer got it");
    })
    .await;
}
