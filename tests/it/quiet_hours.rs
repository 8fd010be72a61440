//! Quiet hours of a workspace: nothing rings, and one push at their end says what waits.

use std::time::Duration;

use baton::store::Sql;
use baton_mobile::push::Kind;
use baton_mobile::push::payload::read;
use baton_protocol::command::Assign;
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, Timestamp};
use baton_world::world::{Agent, Answered, RunningClock, Setup, World, eventually, for_each_store};
use serde_json::json;

use crate::pushing::{DEADLINE, Pocket};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// From an hour ago until in an hour, in UTC. Returns the end.
async fn are_quiet(world: &World, now: Timestamp) -> Timestamp {
    let admin = world.admin().await;
    let minute = |at: Timestamp| at.ms().div_euclid(60_000).rem_euclid(24 * 60);
    let until = Timestamp::from_ms((now.ms() + HOUR_MS).div_euclid(60_000) * 60_000);
    let body = json!({"quiet": [minute(now.plus_ms(-HOUR_MS)), minute(until)]});
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let id = admin.signed.session.workspace_id;
    let change = json!([{"kind": "workspace_policy", "id": id, "put": put}]);
    let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
    assert_eq!(made.len(), 1);
    until
}

async fn is_given(world: &World, admin: &Agent, name: &str) -> ConversationId {
    let contact = world.contact(name);
    contact.sends("Hola").await;
    let of = contact.conversation().await;
    let expect_owner_epoch = admin.head(of).await.owner_epoch;
    let agent_id = world.agent("Ben").await.id;
    let assign = Assign { agent_id, expect_owner_epoch, exceed_capacity: true };
    admin.does(of, CommandBody::Assign(assign)).await.accepted();
    of
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_quiet_hours_is_one_push_at_their_end() {
    let clock = RunningClock::begin(0);
    let ttl = ("BATON_SESSIONS__ACCESS_MINUTES", (24 * 60).to_string());
    let setup = Setup { clock: Some(clock.clock()), settings: vec![ttl], ..Setup::usual() };
    for_each_store(setup, async |world| {
        let until = are_quiet(world, clock.now()).await;
        let (admin, mut pocket) = (world.admin().await, Pocket::of_ben(world).await);
        for name in ["Lucía", "Mateo"] {
            is_given(world, &admin, name).await;
        }
        clock.passes(Duration::from_secs(2 * 60 * 60));
        // It is the first that the phone is handed.
        let input = pocket.is_handed().await;
        let push = read(&input, None).expect("a push");
        assert_eq!((push.kind, push.conversation), (Kind::Digest, None));
        assert!(until < clock.now());
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        let shown = outcome.verdict.notification().expect("a notification");
        let (title, body) = shown.text.english();
        assert_eq!((title, body), ("Quiet hours are over", "2 conversations wait."));
        // By day everything rings again.
        is_given(world, &admin, "Sofía").await;
        let next = read(&pocket.is_handed().await, None).expect("a push");
        assert_eq!(next.kind, Kind::Assigned);
        clock.comes_back();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_by_the_end_of_quiet_hours_is_told_by_no_push() {
    let clock = RunningClock::begin(0);
    let ttl = ("BATON_SESSIONS__ACCESS_MINUTES", (24 * 60).to_string());
    let setup = Setup { clock: Some(clock.clock()), settings: vec![ttl], ..Setup::usual() };
    for_each_store(setup, async |world| {
        are_quiet(world, clock.now()).await;
        let (admin, mut pocket) = (world.admin().await, Pocket::of_ben(world).await);
        let of = is_given(world, &admin, "Lucía").await;
        world.agent("Ben").await.resolves(of).await;
        clock.passes(Duration::from_secs(2 * 60 * 60));
        // A customer who writes before it is looked at is one who waits.
        eventually("the summary is decided", async || {
            static SQL: Sql = Sql::new("SELECT state FROM push WHERE kind = 'digest'");
            let rows = world.database.store.rows_alone::<(String,)>(&SQL, &[]).await.expect("rows");
            let is_open = |state: &str| matches!(state, "queued" | "claimed");
            (!rows.is_empty() && !rows.iter().any(|(state,)| is_open(state))).then_some(())
        })
        .await;
        is_given(world, &admin, "Mateo").await;
        // It would have come first.
        let push = read(&pocket.is_handed().await, None).expect("a push");
        assert_eq!(push.kind, Kind::Assigned);
        clock.comes_back();
    })
    .await;
}
