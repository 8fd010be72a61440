//! Refusals of routings, calls of a queue, and phones that know no offers.

use std::time::Duration;

use baton_protocol::push::{PUSH_CAP_OFFERS, PushLane};
use baton_protocol::{Agent as Colleague, PassedOver, TeamId};
use baton_world::world::{Agent, Raw, RunningClock, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::pushing::{DEADLINE, Pocket};
use crate::routing::{history, is_away, is_routed, offer_to};

/// A team's routing, as one of a list of changes.
fn routing(team: TeamId, body: &Value) -> Value {
    let put = json!({"home": {"kind": "team", "id": team}, "body": body});
    json!({"kind": "routing", "id": team, "put": put})
}

fn moves_to(team: TeamId) -> Value {
    json!({"hand": "offer", "steps": [{}, {"who": "move", "to_team": team}]})
}

async fn set(world: &World, admin: &Agent, changes: &[Value]) -> Raw {
    let token = admin.signed.session.access_token.clone();
    let body = ("application/json", json!(changes).to_string().into_bytes());
    world.asks(Method::POST, "/api/v1/settings", Some(&token), Some(body)).await
}

fn named(refused: &Raw) -> Value {
    let problem: Value = serde_json::from_str(&refused.text).expect("a problem");
    problem.get("setting").and_then(|of| of.get("teams")).cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_teams_is_refused_when_it_is_set_and_says_which_teams() {
    for_each_store(Setup::usual(), async |world| {
        let (day, admin) = (world.cast.team, world.admin().await);
        let night = world.team("Night", &["Dora"]).await.id;
        let weekend = world.team("Weekend", &["Eva"]).await.id;
        let on = |team, to| routing(team, &moves_to(to));
        assert_eq!(set(world, &admin, &[on(day, night), on(night, weekend)]).await.status, 200);
        let refused = set(world, &admin, &[on(weekend, day)]).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "moves_in_circle"));
        assert_eq!(named(&refused), json!([weekend, day, night, weekend]));
        // One that is off moves nothing, and turning it on is what closes the circle.
        let off = json!({"hand": "off", "steps": [{"who": "move", "to_team": day}]});
        assert_eq!(set(world, &admin, &[routing(weekend, &off)]).await.status, 200);
        let mut other = routing(weekend, &moves_to(day));
        other["expect"] = json!(1);
        assert_eq!(set(world, &admin, &[other]).await.code(), "moves_in_circle");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_settings_that_make_a_circle_together_one_is_refused() {
    for_each_store(Setup::usual(), async |world| {
        let (day, admin) = (world.cast.team, world.admin().await);
        let night = world.team("Night", &["Dora"]).await.id;
        let (one, other) = (routing(day, &moves_to(night)), routing(night, &moves_to(day)));
        let in_one = set(world, &admin, &[one.clone(), other.clone()]).await;
        assert_eq!(in_one.code(), "moves_in_circle", "a list is set whole or not at all");
        let (one, other) = ([one], [other]);
        let both = tokio::join!(set(world, &admin, &one), set(world, &admin, &other));
        let mut found = [both.0.status, both.1.status];
        found.sort_unstable();
        assert_eq!(found, [200, 409], "{both:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_asks_for_no_skill_that_no_member_has() {
    for_each_store(Setup::usual(), async |world| {
        let (team, admin) = (world.cast.team, world.admin().await);
        let asks = |level: u32| {
            let skills = json!([{"name": "BILLING", "level": level}]);
            routing(team, &json!({"hand": "offer", "steps": [{"skills": skills}]}))
        };
        let refused = set(world, &admin, &[asks(1)]).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{refused:?}");
        let ben = world.agent("Ben").await;
        let body = json!({"skills": [{"name": "Billing", "level": 2}]});
        let put = json!({"home": {"kind": "agent", "id": ben.id}, "body": body});
        let knows = json!({"kind": "agent_skills", "id": ben.id, "put": put});
        assert_eq!(set(world, &admin, &[knows]).await.status, 200);
        assert_eq!(set(world, &admin, &[asks(3)]).await.code(), "invalid", "not at that level");
        assert_eq!(set(world, &admin, &[asks(2)]).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn supervisors_are_told_again_after_ten_minutes_and_nobody_after_that() {
    let clock = RunningClock::begin(0);
    // The clock runs on by itself: nobody signs in anew meanwhile.
    let access = ("BATON_SESSIONS__ACCESS_MINUTES", (24 * 60).to_string());
    let setup = Setup { clock: Some(clock.clock()), settings: vec![access], ..Setup::usual() };
    for_each_store(setup, async |world| {
        let ana = world.agent("Ana").await;
        for name in ["Ana", "Ben", "Chloe"] {
            is_away(&*world.agent(name).await).await;
        }
        is_routed(world, json!({"hand": "offer"})).await;
        world.contact("Lucía").sends("Hola").await;
        let lucia = world.contact("Lucía").conversation().await;
        let calls = async |of| {
            let told = history(&ana, of).await.decisions;
            told.iter().rev().map(|one| one.trail.again).collect::<Vec<_>>()
        };
        let called = async |of, expected: &[bool]| {
            eventually("a call", async || {
                clock.passes(Duration::ZERO);
                (calls(of).await == expected).then_some(())
            })
            .await;
        };
        called(lucia, &[false]).await;
        clock.passes(Duration::from_mins(10));
        called(lucia, &[false, true]).await;
        clock.passes(Duration::from_mins(2));
        world.contact("Marta").sends("Hola").await;
        called(world.contact("Marta").conversation().await, &[false]).await;
        assert_eq!(calls(lucia).await, [false, true], "it was looked at, and nobody told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_knows_no_offers_is_never_waited_for_and_is_given_what_is_assigned() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        is_away(&*world.agent("Chloe").await).await;
        let pocket = Pocket::able(world, PushLane::Fcm, &[]).await;
        pocket.phone.core.background(DEADLINE).await.expect("the background");
        is_routed(world, json!({"hand": "offer"})).await;
        world.contact("Lucía").sends("Hola").await;
        let lucia = world.contact("Lucía").conversation().await;
        offer_to(&ana, lucia, ana.id).await;
        let decision = history(&ana, lucia).await.decisions.remove(0);
        let left: Vec<_> = decision.trail.left_out.iter().map(|left| left.why).collect();
        assert!(left.contains(&PassedOver::NoDevice), "{left:?}");
        // With the app of today he is asked like everybody else.
        is_away(&ana).await;
        let able = Pocket::able(world, PushLane::Fcm, &[PUSH_CAP_OFFERS]).await;
        world.contact("Marta").sends("Hola").await;
        let marta = world.contact("Marta").conversation().await;
        let all: Vec<Colleague> = ana.signed.get("/agents").await.expect("agents");
        let ben = all.iter().find(|one| one.name == "Ben").expect("Ben").id;
        offer_to(&ana, marta, ben).await;
        drop(able);
    })
    .await;
}
