//! A client that was away ends where those ended that stayed, within its scope, and keeps nothing
//! outside it.

use baton_protocol::command::{
    Assign, Claim, MarkRead, NoteText, Nothing, OfMessage, Resend, Seeing, Snooze, Transfer,
    Unassign,
};
use baton_protocol::frame::{ResetReason, ServerFrame};
use baton_protocol::page::SyncAnswer;
use baton_protocol::settings::TeamChange;
use baton_protocol::{
    CommandBody, ConversationId, Cursor, Epoch, LineRef, MembershipKind, MessageStatus, Owner,
    Team, TeamId, Visibility,
};
use baton_simulator::{Knobs, Loss, LostAnswers, StatusKind};
use baton_world::world::{
    Agent, Answered, NUMBER, Setup, World, claim, for_each_store, reply, transfer, webhook,
};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::sending::a_minute_passes;

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_away_for_nine_hundred_events_ends_where_one_ended_that_stayed() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben, chloe) =
            (world.agent("Ana").await, world.agent("Ben").await, world.agent("Chloe").await);
        world.contact("Before").sends("I was first").await;
        ben.phone().shows("I was first").await;
        ben.phone().goes_offline().await;
        let left_at = ben.phone().cursor().await.position;
        for round in 0..9 {
            let messages: Vec<_> = (0..100)
                .map(|n| {
                    json!({
                        "id": format!("wamid.{round}.{n}"), "type": "text",
                        "from": format!("346000000{:02}", n % 30), "timestamp": "1790000000",
                        "text": {"body": format!("line {round}.{n}")},
                    })
                })
                .collect();
            let post = webhook(NUMBER, json!({"messages": messages}));
            assert_eq!(world.posts(&post).await.status, 200);
        }
        let first = world.contact("Before").conversation().await;
        ana.replies(first, "Hello").await;
        ana.resolves(first).await;
        chloe.phone().until("all lines", |mirror| mirror.conversations.len() == 31).await;
        ben.phone().comes_back().await.expect("the network");
        ben.phone().converges().await;
        chloe.phone().converges().await;
        assert!(ben.phone().cursor().await.position > left_at + 900);
        assert_eq!(ben.phone().fingerprint().await, chloe.phone().fingerprint().await);
        assert_eq!(ben.phone().resets().await, [ResetReason::NoCursor], "told bit by bit");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_hands_meanwhile_has_left_or_entered() {
    for_each_store(Setup::usual(), async |world| {
        let billing = world.team("Billing", &["Dora"]).await;
        let (ana, ben, dora) =
            (world.agent("Ana").await, world.agent("Ben").await, world.agent("Dora").await);
        let mut all = Vec::new();
        for name in ["Lucía", "Marta", "Pablo"] {
            world.contact(name).sends(&format!("I am {name}")).await;
            all.push(world.contact(name).conversation().await);
        }
        ben.phone().shows("I am Pablo").await;
        // Live, without anybody being away.
        ana.hands_over(all[0], Owner::Queue(billing.id)).await;
        dora.phone().shows("I am Lucía").await;
        ben.phone().until("gone", |mirror| !mirror.conversations.contains_key(&all[0])).await;
        // Away: one goes over, one comes back, one goes there and back again.
        ben.phone().goes_offline().await;
        dora.phone().goes_offline().await;
        ana.hands_over(all[1], Owner::Queue(billing.id)).await;
        let admin = world.admin().await;
        admin.hands_over(all[0], Owner::Queue(world.cast.team)).await;
        ana.hands_over(all[2], Owner::Queue(billing.id)).await;
        admin.notes(all[2], "not for the desk").await;
        admin.hands_over(all[2], Owner::Queue(world.cast.team)).await;
        world.contact("Pablo").sends("Still here").await;
        for phone in [ben.phone(), dora.phone()] {
            phone.comes_back().await.expect("the network");
            phone.converges().await;
            assert_eq!(phone.resets().await, [ResetReason::NoCursor]);
        }
        assert!(ben.phone().holds(all[1]).await.is_none(), "left");
        assert!(ben.phone().holds(all[0]).await.is_some(), "entered");
        assert!(dora.phone().holds(all[0]).await.is_none());
        assert!(dora.phone().holds(all[2]).await.is_none());
        // What was said while it was another team's is part of its past for those who see it.
        assert!(!dora.phone().heard().await.contains("I am Pablo"), "never hers to see at its end");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rights_resets_those_who_were_away_and_those_who_were_not() {
    for_each_store(Setup::usual(), async |world| {
        let (ben, chloe) = (world.agent("Ben").await, world.agent("Chloe").await);
        let billing = world.team("Billing", &["Dora"]).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        for agent in [&ben, &chloe] {
            agent.phone().shows("Hola").await;
        }
        ben.phone().goes_offline().await;
        let desk = world.cast.team;
        for agent in [&ben, &chloe] {
            member(world, Method::DELETE, desk, agent).await;
            member(world, Method::PUT, billing.id, agent).await;
        }
        world.contact("Lucía").sends("Not for them").await;
        ben.phone().comes_back().await.expect("the network");
        for agent in [&ben, &chloe] {
            agent.phone().until("nothing", |mirror| mirror.conversations.is_empty()).await;
            agent.phone().converges().await;
            assert!(agent.phone().resets().await.contains(&ResetReason::ScopeChanged));
            assert!(!agent.phone().heard().await.contains("Not for them"));
        }
        // And back into the team: everything is there again.
        ben.phone().goes_offline().await;
        for agent in [&ben, &chloe] {
            member(world, Method::PUT, desk, agent).await;
        }
        ben.phone().comes_back().await.expect("the network");
        for agent in [&ben, &chloe] {
            agent.phone().shows("Not for them").await;
            agent.phone().converges().await;
        }
        // The team shows its members heads only of what others own.
        world.agent("Ana").await.claims(conversation).await;
        ben.phone()
            .until("Ana's", |mirror| {
                mirror
                    .conversations
                    .values()
                    .any(|held| matches!(held.head().owner, Owner::Agent(_)))
            })
            .await;
        ben.phone().goes_offline().await;
        for visibility in [Visibility::Head, Visibility::Own, Visibility::Full] {
            shows(world, desk, visibility).await;
            let text = format!("Said while {visibility:?}");
            world.contact("Lucía").sends(&text).await;
            ben.phone().comes_back().await.expect("the network");
            for agent in [&ben, &chloe] {
                agent.phone().converges().await;
                let sees = agent.phone().heard().await.contains(&text);
                assert_eq!(sees, visibility == Visibility::Full, "{text}");
            }
            ben.phone().goes_offline().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_life_above_the_head_or_too_old_is_reset() {
    for_each_store(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        world.contact("Lucía").sends("Hola").await;
        ben.phone().shows("Hola").await;
        let cursor = ben.phone().cursor().await;
        let above = Cursor { position: cursor.position + 1_000, ..cursor };
        let other = Cursor { epoch: Epoch(Uuid::new_v4()), ..cursor };
        for (odd, why) in [(above, ResetReason::AboveHead), (other, ResetReason::OtherEpoch)] {
            ben.phone().goes_offline().await;
            ben.phone().comes_back_with(odd).await.expect("the network");
            ben.phone().converges().await;
            assert_eq!(ben.phone().resets().await.last(), Some(&why));
            let answer: SyncAnswer =
                ben.signed.get(&format!("/sync?after={odd}")).await.expect("an answer");
            let [ServerFrame::Reset { reason, .. }] = &answer.frames[..] else {
                panic!("{answer:?}")
            };
            assert_eq!(*reason, why);
        }
        // The feed keeps so much only.
        ben.phone().goes_offline().await;
        world.contact("Lucía").sends("Much later").await;
        the_feed_is_swept(world).await;
        let answer: SyncAnswer =
            ben.signed.get(&format!("/sync?after={cursor}")).await.expect("an answer");
        let [ServerFrame::Reset { reason, .. }] = &answer.frames[..] else { panic!("{answer:?}") };
        assert_eq!(*reason, ResetReason::TooOld);
        // What a node has in memory is not too old for it; of several nodes it may be another one.
        ben.phone().comes_back().await.expect("the network");
        ben.phone().shows("Much later").await;
        ben.phone().converges().await;
        let last = ben.phone().resets().await.last().copied();
        let is_elsewhere = world.nodes().count() > 1 && last == Some(ResetReason::TooOld);
        assert!(is_elsewhere || last == Some(ResetReason::OtherEpoch), "{last:?}");
    })
    .await;
}

/// Forgets all that could be told bit by bit.
async fn the_feed_is_swept(world: &World) {
    static SWEEP: baton::store::Sql =
        baton::store::Sql::new("UPDATE log_head SET feed_floor = position");
    let mut tx = world.server.store.begin().await.expect("a transaction");
    tx.run(&SWEEP, &[]).await.expect("swept");
    tx.commit().await.expect("committed");
}

/// A command, and what has to be so that it is accepted.
struct Row {
    name: &'static str,
    given: Given,
    body: fn(&Facts) -> CommandBody,
}

#[derive(Clone, Copy, PartialEq)]
enum Given {
    Fresh,
    Mine,
    Resolved,
    Unconfirmed,
    Failed,
}

struct Facts {
    me: baton_protocol::AgentId,
    team: TeamId,
    epoch: u64,
    seen: Option<LineRef>,
    soon: baton_protocol::Timestamp,
}

impl Facts {
    fn message_id(&self) -> baton_protocol::MessageId {
        self.seen.expect("a line").id
    }
}

const TABLE: [Row; 18] = [
    Row { name: "reply", given: Given::Fresh, body: |facts| reply("Hola", facts.seen) },
    Row { name: "reply to mine", given: Given::Mine, body: |facts| reply("Hola", facts.seen) },
    Row { name: "reply again", given: Given::Resolved, body: |facts| reply("Hola", facts.seen) },
    Row {
        name: "note",
        given: Given::Fresh,
        body: |_| CommandBody::Note(NoteText::from("a note".to_owned())),
    },
    Row { name: "claim", given: Given::Fresh, body: |facts| claim(facts.epoch) },
    Row {
        name: "claim what is resolved",
        given: Given::Resolved,
        body: |facts| {
            let expect_owner_epoch = facts.epoch;
            CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false })
        },
    },
    Row {
        name: "assign",
        given: Given::Mine,
        body: |facts| {
            let (agent_id, expect_owner_epoch) = (facts.me, facts.epoch);
            CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity: false })
        },
    },
    Row {
        name: "unassign",
        given: Given::Mine,
        body: |facts| CommandBody::Unassign(Unassign { expect_owner_epoch: facts.epoch }),
    },
    Row {
        name: "transfer with a note",
        given: Given::Mine,
        body: |facts| {
            CommandBody::Transfer(Transfer {
                to: Owner::Agent(facts.me),
                expect_owner_epoch: facts.epoch,
                seen: facts.seen,
                note: Some("over to you".to_owned()),
                exceed_capacity: false,
            })
        },
    },
    Row {
        name: "transfer to another team",
        given: Given::Mine,
        body: |facts| transfer(Owner::Queue(facts.team), facts.epoch, facts.seen),
    },
    Row {
        name: "resolve",
        given: Given::Mine,
        body: |facts| CommandBody::Resolve(facts.seen.into()),
    },
    Row { name: "reopen", given: Given::Resolved, body: |_| CommandBody::Reopen(Nothing {}) },
    Row {
        name: "mark_waiting",
        given: Given::Mine,
        body: |facts| CommandBody::MarkWaiting(Seeing { seen: facts.seen }),
    },
    Row {
        name: "snooze",
        given: Given::Mine,
        body: |facts| CommandBody::Snooze(Snooze { until: facts.soon, seen: facts.seen }),
    },
    Row {
        name: "mark_read",
        given: Given::Fresh,
        body: |_| CommandBody::MarkRead(MarkRead { seq: 1 }),
    },
    Row {
        name: "resend",
        given: Given::Unconfirmed,
        body: |facts| {
            let (message_id, seen) = (facts.message_id(), facts.seen);
            CommandBody::Resend(Resend { message_id, seen, ignore_lease: false })
        },
    },
    Row {
        name: "mark_sent",
        given: Given::Unconfirmed,
        body: |facts| CommandBody::MarkSent(OfMessage { message_id: facts.message_id() }),
    },
    Row {
        name: "cancel",
        given: Given::Failed,
        body: |facts| CommandBody::Cancel(OfMessage { message_id: facts.message_id() }),
    },
];

/// The test worth most. What was held before, and the frames, are what a fresh snapshot gives
/// after. That holds for every agent, and for every author of the command, on line and away.
#[tokio::test(flavor = "multi_thread")]
async fn after_every_command_what_is_held_is_what_a_fresh_snapshot_gives() {
    for_each_store(Setup::usual(), async |world| {
        let billing = world.team("Billing", &["Dora"]).await;
        let (ana, ben, chloe) =
            (world.agent("Ana").await, world.agent("Ben").await, world.agent("Chloe").await);
        let tablet = ana.on_another_device(world).await;
        let (sofia, dora) = (world.agent("Sofia").await, world.agent("Dora").await);
        for row in &TABLE {
            let conversation = prepared(world, &ana, row).await;
            let everyone = [&*ana, &*ben, &*sofia, &*dora, &tablet];
            for agent in everyone {
                agent.phone().converges().await;
            }
            chloe.phone().converges().await;
            chloe.phone().goes_offline().await;
            let facts = Facts {
                me: ben.id,
                team: billing.id,
                epoch: ana.head(conversation).await.owner_epoch,
                seen: ana.last_line(conversation).await,
                soon: world.clock.now().plus_ms(3_600_000),
            };
            let result = ana.does(conversation, (row.body)(&facts)).await;
            println!("{}: {:?}", row.name, result.accepted());
            world.simulator.quiesce(baton_world::world::PATIENCE).await.expect("all told");
            for agent in everyone {
                agent.phone().converges().await;
            }
            chloe.phone().comes_back().await.expect("the network");
            chloe.phone().converges().await;
        }
        let all = [&*ana, &*ben, &*chloe, &*sofia, &*dora, &tablet];
        for agent in all {
            assert_eq!(agent.phone().resets().await, [ResetReason::NoCursor], "{}", agent.name);
        }
    })
    .await;
}

/// A conversation of somebody new, as the row wants it.
async fn prepared(world: &World, ana: &Agent, row: &Row) -> ConversationId {
    let contact = world.contact(row.name);
    contact.sends("Hola").await;
    let conversation = contact.conversation().await;
    match row.given {
        Given::Fresh => {}
        Given::Mine => {
            ana.claims(conversation).await;
        }
        Given::Resolved => {
            ana.resolves(conversation).await;
        }
        Given::Unconfirmed => {
            let all = [StatusKind::Sent, StatusKind::Delivered];
            world.simulator.set_knobs(Knobs {
                lost_answers: Some(LostAnswers { probability: 1.0, how: Loss::Drop }),
                drop_statuses: all.to_vec(),
                ..Knobs::permissive()
            });
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            ana.finds(conversation, line, MessageStatus::Unconfirmed).await;
            world.simulator.set_knobs(Knobs::permissive());
            a_minute_passes(world).await;
        }
        Given::Failed => {
            let fault = baton_simulator::Fault::Error { code: 131_026, http: 400 };
            let rule = baton_simulator::FaultRule::new(baton_simulator::When::Next(1), fault);
            world.simulator.set_knobs(Knobs { faults: vec![rule], ..Knobs::permissive() });
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            ana.finds(conversation, line, MessageStatus::Failed).await;
        }
    }
    conversation
}

async fn member(world: &World, method: Method, team: TeamId, agent: &Agent) {
    let admin = world.admin().await;
    let body = json!({"kind": MembershipKind::Member}).to_string().into_bytes();
    let body = (method == Method::PUT).then_some(("application/json", body));
    let path = format!("/api/v1/teams/{team}/members/{}", agent.id);
    let token = Some(admin.signed.session.access_token.as_str());
    assert_eq!(world.asks(method, &path, token, body).await.status, 204);
}

async fn shows(world: &World, team: TeamId, visibility: Visibility) {
    let admin = world.admin().await;
    let (api, token) = (&admin.signed.api, Some(admin.signed.session.access_token.as_str()));
    let change = TeamChange { visibility: Some(visibility), ..TeamChange::default() };
    let path = format!("/teams/{team}");
    drop(api.call::<Team>(Method::PATCH, &path, token, Some(&change)).await.expect("changed"));
}
