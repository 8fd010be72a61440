//! Who is responsible: claiming, capacity, handing over, statuses, and who leaves.

use baton_protocol::command::{Assign, Claim, Nothing, Seeing, Snooze, Transfer, Unassign};
use baton_protocol::outcome::Outcome;
use baton_protocol::settings::AgentChange;
use baton_protocol::{Agent, AgentState, CommandBody, CommandResult, Owner, Refusal, Status};
use baton_world::world::{Answered, Setup, claim, eventually, for_each_store, reply};

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_claim_at_once_one_wins_and_the_others_learn_who() {
    for_each_store(Setup::usual(), async |world| {
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let agents = [ana, ben, world.agent("Chloe").await];
        let all = (0..50).zip(agents.iter().cycle()).map(|(n, agent)| async move {
            let command = agent.command(conversation, claim(1));
            let result = match n % 2 {
                0 => agent.gives(command).await,
                _ => agent.phone().gives(command).await,
            };
            (agent.id, result)
        });
        let results = futures_util::future::join_all(all).await;
        let Owner::Agent(winner) = agents[0].head(conversation).await.owner else {
            panic!("nobody won")
        };
        let with_event = |result: &CommandResult| {
            matches!(&result.outcome, Outcome::Accepted(accepted) if accepted.position.is_some())
        };
        assert_eq!(results.iter().filter(|(_, result)| with_event(result)).count(), 1);
        for (agent, result) in results {
            if agent == winner {
                result.accepted();
            } else {
                let owner = Owner::Agent(winner);
                assert_eq!(result.refusal(), Refusal::OwnerChanged { owner, owner_epoch: 2 });
            }
        }
        for agent in agents {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_supervisors_word_passes_the_capacity() {
    for_each_store(Setup::usual(), async |world| {
        let dora = world.newcomer("Dora", world.cast.team, Some(1)).await.id;
        let (dora_on, sofia) = (world.agent("Dora").await, world.agent("Sofia").await);
        let mut all = Vec::new();
        for name in ["Lucía", "Marta", "Pablo", "Quim"] {
            world.contact(name).sends("Hola").await;
            all.push(world.contact(name).conversation().await);
        }
        dora_on.claims(all[0]).await;
        let full = Refusal::AtCapacity { agent_id: dora, load: 1, capacity: 1 };
        assert_eq!(dora_on.does(all[1], claim(1)).await.refusal(), full);
        let seen = dora_on.last_line(all[1]).await;
        assert_eq!(dora_on.does(all[1], reply("Voy", seen)).await.refusal(), full);
        let assign = |exceed_capacity| {
            CommandBody::Assign(Assign { agent_id: dora, expect_owner_epoch: 1, exceed_capacity })
        };
        assert_eq!(sofia.does(all[1], assign(false)).await.refusal(), full);
        let more = Claim { expect_owner_epoch: 1, exceed_capacity: true };
        let result = dora_on.does(all[1], CommandBody::Claim(more)).await;
        assert_eq!(result.refusal(), Refusal::NotAllowed);
        sofia.does(all[1], assign(true)).await.accepted();
        let load = async || {
            let agents: Vec<Agent> = sofia.signed.get("/agents").await.expect("agents");
            agents.into_iter().find(|agent| agent.id == dora).expect("Dora").load
        };
        assert_eq!(load().await, 2);
        // What waits for the customer still counts; what is resolved does not.
        let seen = dora_on.last_line(all[0]).await;
        let waiting = CommandBody::MarkWaiting(Seeing { seen });
        dora_on.does(all[0], waiting).await.accepted();
        assert_eq!(load().await, 2);
        dora_on.resolves(all[0]).await;
        dora_on.resolves(all[1]).await;
        assert_eq!(load().await, 0);
        let unlimited = AgentChange { capacity: Some(None), ..AgentChange::default() };
        change(world, dora, &unlimited).await;
        dora_on.claims(all[2]).await;
        dora_on.claims(all[3]).await;
        assert_eq!(load().await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handover_carries_its_note_and_the_queue_gets_back_what_is_given_back() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        ana.claims(conversation).await;
        let seen = ana.last_line(conversation).await;
        let hand_over = Transfer {
            to: Owner::Agent(ben.id),
            expect_owner_epoch: 2,
            seen,
            note: Some("She has waited since Monday".to_owned()),
            exceed_capacity: false,
        };
        ana.does(conversation, CommandBody::Transfer(hand_over.clone())).await.accepted();
        assert_eq!(ben.head(conversation).await.owner, Owner::Agent(ben.id));
        ben.phone()
            .until("the note", |mirror| {
                let held = mirror.conversations.get(&conversation);
                held.and_then(baton_world::phone::full).is_some_and(|full| {
                    let mut notes = full.notes.values();
                    notes.any(|note| note.text.as_deref() == Some("She has waited since Monday"))
                })
            })
            .await;
        let late = Transfer { to: Owner::Queue(world.cast.team), ..hand_over };
        let again = ana.does(conversation, CommandBody::Transfer(late)).await.refusal();
        assert!(matches!(again, Refusal::OwnerChanged { owner_epoch: 3, .. }), "{again:?}");
        let back = CommandBody::Unassign(Unassign { expect_owner_epoch: 3 });
        let theirs = ana.does(conversation, back.clone()).await.refusal();
        assert_eq!(theirs, Refusal::NotOwner { owner: Owner::Agent(ben.id) });
        ben.does(conversation, back).await.accepted();
        assert_eq!(ben.head(conversation).await.owner, Owner::Queue(world.cast.team));
        ana.phone().converges().await;
        ben.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_episode_is_resolved_reopened_and_snoozed_until_it_wakes() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.claims(conversation).await;
        ana.resolves(conversation).await;
        let head = ana.head(conversation).await;
        assert_eq!((head.status, head.owner), (Status::Resolved, Owner::Queue(world.cast.team)));
        assert_eq!(head.unanswered_since, None, "resolving closes the turn");
        ana.does(conversation, CommandBody::Reopen(Nothing {})).await.accepted();
        let head = ana.head(conversation).await;
        assert_eq!((head.status, head.episode), (Status::Open, 2));
        assert_eq!(head.owner, Owner::Agent(ana.id));
        let until = world.clock.now().plus_ms(1_500);
        let seen = ana.last_line(conversation).await;
        let snooze = CommandBody::Snooze(Snooze { until, seen });
        ana.does(conversation, snooze.clone()).await.accepted();
        assert_eq!(ana.head(conversation).await.status, Status::Snoozed { until });
        let is_open = async || {
            let head = ana.head(conversation).await;
            (head.status == Status::Open).then_some(())
        };
        eventually("it wakes", is_open).await;
        assert!(world.clock.now() >= until, "not before its time");
        // The customer's word ends the next one early, and a new episode follows what is resolved.
        let until = world.clock.now().plus_ms(3_600_000);
        ana.does(conversation, CommandBody::Snooze(Snooze { until, seen })).await.accepted();
        lucia.sends("Hola?").await;
        assert_eq!(ana.head(conversation).await.status, Status::Open);
        ana.resolves(conversation).await;
        lucia.sends("Gracias").await;
        let head = ana.head(conversation).await;
        assert_eq!((head.status, head.episode), (Status::Open, 3));
        assert_eq!(head.owner, Owner::Queue(world.cast.team));
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_owns_nothing_and_is_given_nothing() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let mut owned = Vec::new();
        for name in ["Lucía", "Marta", "Pablo"] {
            world.contact(name).sends("Hola").await;
            let conversation = world.contact(name).conversation().await;
            ana.claims(conversation).await;
            owned.push(conversation);
        }
        let leaving = AgentChange { state: Some(AgentState::Leaving), ..AgentChange::default() };
        change(world, ana.id, &leaving).await;
        let (code, _) = ana.phone().is_closed().await;
        assert!(matches!(code, 4401 | 4403), "{code}");
        let admin = world.admin().await;
        eventually("she is gone", async || {
            let agents: Vec<Agent> = admin.signed.get("/agents").await.expect("agents");
            let ana = agents.iter().find(|agent| agent.id == ana.id).expect("Ana");
            (ana.state == AgentState::Inactive).then_some(())
        })
        .await;
        for conversation in owned {
            assert_eq!(ben.head(conversation).await.owner, Owner::Queue(world.cast.team));
        }
        let again = ana.signed.get::<baton_protocol::account::Me>("/me").await;
        assert!(again.is_err(), "her session is over");
        let conversation = world.contact("Lucía").conversation().await;
        let epoch = ben.head(conversation).await.owner_epoch;
        let sofia = world.agent("Sofia").await;
        let to_ana = Assign { agent_id: ana.id, expect_owner_epoch: epoch, exceed_capacity: false };
        let refusal = sofia.does(conversation, CommandBody::Assign(to_ana)).await.refusal();
        assert!(
            matches!(&refusal, Refusal::Invalid { field, .. } if field == "agent_id"),
            "{refusal:?}"
        );
        ben.phone().converges().await;
    })
    .await;
}

pub(crate) async fn change(
    world: &baton_world::world::World,
    agent: baton_protocol::AgentId,
    to: &AgentChange,
) {
    let admin = world.admin().await;
    let (api, token) = (&admin.signed.api, Some(admin.signed.session.access_token.as_str()));
    let path = format!("/agents/{agent}");
    drop(api.call::<Agent>(reqwest::Method::PATCH, &path, token, Some(to)).await.expect("changed"));
}
