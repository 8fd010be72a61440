//! Services that do not take our credentials, and access tokens.

use std::time::Duration;

use baton_protocol::push::PushLane;
use baton_simulator::PushFault;
use baton_world::world::{Setup, eventually};
use reqwest::Method;

use super::{HALF_HOUR_MS, Roads, into_half_hour, on_all_lanes, with_lanes};

/// The lines of the figures that begin so.
async fn figures(roads: &Roads<'_>, name: &str) -> Vec<String> {
    let all = roads.world.asks(Method::GET, "/metrics", None, None).await.text;
    all.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

/// How often a token was asked for, by status.
fn granted(roads: &Roads<'_>) -> Vec<u16> {
    let calls = roads.world.simulator.push_calls().into_iter();
    calls.filter(|call| call.lane == "oauth").map(|call| call.status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_refuses_the_account_rests_alone_and_nothing_is_lost() {
    on_all_lanes(async |roads| {
        let fcm = roads.road(PushLane::Fcm);
        roads.world.simulator.push_fails("oauth", [PushFault::Unregistered]);
        let mut all = vec![roads.tells().await];
        assert_eq!(roads.ends(fcm, all[0], "queued", 1).await.reason, "credentials");
        for _ in 0..3 {
            all.push(roads.tells().await);
        }
        for lane in [PushLane::Apns, PushLane::Webpush, PushLane::Relay] {
            for of in &all {
                roads.ends(roads.road(lane), *of, "accepted", 1).await;
            }
        }
        // It was not asked for the others, and is asked again after a minute.
        assert_eq!(granted(roads), [400]);
        let sent = roads.ends(fcm, all[0], "queued", 1).await;
        roads.comes(sent.due_at);
        roads.ends(fcm, all[0], "accepted", 2).await;
        assert_eq!(granted(roads), [400, 200]);
        for of in &all {
            let what = "it was sent after all";
            eventually(what, async || {
                (roads.sent(fcm, *of).await?.state == "accepted").then_some(())
            })
            .await;
        }
        assert_eq!(roads.statuses(fcm, 0), [200; 4]);
        let outages = figures(roads, "baton_push_outages_total{").await;
        let told: Vec<_> = outages.iter().filter(|line| !line.ends_with(" 0")).collect();
        assert_eq!(told, ["baton_push_outages_total{service=\"fcm\"} 1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_apple_or_the_relay_refuses_stops_them_alone() {
    on_all_lanes(async |roads| {
        for (lane, expected) in [(PushLane::Apns, [403, 200]), (PushLane::Relay, [401, 202])] {
            let road = roads.road(lane);
            let since = roads.world.simulator.push_call_count();
            roads.world.simulator.push_fails(&road.put.target, [PushFault::ThirdPartyAuth]);
            let of = roads.tells().await;
            let sent = roads.ends(road, of, "queued", 1).await;
            assert_eq!(sent.reason, "credentials");
            for other in roads.roads.iter().filter(|other| other.lane != lane) {
                roads.ends(other, of, "accepted", 1).await;
            }
            roads.comes(sent.due_at);
            roads.ends(road, of, "accepted", 2).await;
            assert_eq!(roads.statuses(road, since), expected);
        }
    })
    .await;
}

/// Apple takes a new token every 20 minutes at most, and servers start whenever they do.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_shortly_before_its_token_ends_goes_on_after_that() {
    let ahead_ms = HALF_HOUR_MS - into_half_hour() - 2 * 60_000;
    with_lanes(Setup::usual(), ahead_ms, async |roads: &Roads<'_>| {
        let apple = roads.road(PushLane::Apns);
        let of = roads.tells().await;
        roads.ends(apple, of, "accepted", 1).await;
        // Just after the half hour, a while after it, and when the next token may come.
        for minutes in [3, 17, 5] {
            roads.passes(Duration::from_secs(minutes * 60));
            let of = roads.tells().await;
            roads.ends(apple, of, "accepted", 1).await;
        }
        assert_eq!(roads.statuses(apple, 0), [200, 429, 200, 200, 200]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_is_refused_is_renewed_once_and_tried_once() {
    on_all_lanes(async |roads| {
        let fcm = roads.road(PushLane::Fcm);
        let of = roads.tells().await;
        roads.all_have(of).await;
        roads.world.simulator.push_fails(&fcm.put.target, [PushFault::Unauthorized]);
        let of = roads.tells().await;
        roads.all_have(of).await;
        assert_eq!(granted(roads), [200, 200]);
        assert_eq!(roads.statuses(fcm, 0), [200, 401, 200]);
        // Refused with a fresh one as well: the account is.
        let twice = vec![PushFault::Unauthorized; 2];
        roads.world.simulator.push_fails(&fcm.put.target, twice);
        let of = roads.tells().await;
        let sent = roads.ends(fcm, of, "queued", 1).await;
        assert_eq!(sent.reason, "credentials");
        assert_eq!(granted(roads).len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_renewed_five_minutes_before_its_end() {
    on_all_lanes(async |roads| {
        let fcm = roads.road(PushLane::Fcm);
        let of = roads.tells().await;
        roads.ends(fcm, of, "accepted", 1).await;
        // It lasts for 3,599 s.
        roads.passes(Duration::from_secs(3_599 - 5 * 60 - 60));
        let of = roads.tells().await;
        roads.ends(fcm, of, "accepted", 1).await;
        assert_eq!(granted(roads).len(), 1);
        roads.passes(Duration::from_secs(60));
        // Who gives them out is away: the old one still serves.
        roads.world.simulator.push_fails("oauth", [PushFault::Internal]);
        for _ in 0..2 {
            let of = roads.tells().await;
            roads.ends(fcm, of, "accepted", 1).await;
        }
        assert_eq!(granted(roads), [200, 500, 200]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pushes_at_once_ask_for_one_access_token() {
    on_all_lanes(async |roads| {
        let fcm = roads.road(PushLane::Fcm);
        // Tokens take a while, so that all of them wait for it.
        let mut knobs = roads.world.simulator.knobs();
        knobs.push.answers_after = baton_simulator::Span::new(1_000, 1_000);
        roads.world.simulator.set_knobs(knobs);
        let mut all = Vec::new();
        for _ in 0..10 {
            all.push(roads.tells().await);
        }
        for of in all {
            roads.ends(fcm, of, "accepted", 1).await;
        }
        assert_eq!(granted(roads), [200]);
    })
    .await;
}
