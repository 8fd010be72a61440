//! What each lane makes of each answer, and of none.

use std::time::Duration;

use baton_protocol::push::{PushLane, PushPut};
use baton_simulator::{PushFault, Span};
use baton_world::world::{Setup, World, on_sqlite};
use tokio::net::TcpListener;

use super::{Road, Roads, by_right_time, on_all_lanes, put, with_lanes};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_took_is_sent_once() {
    on_all_lanes(async |roads| {
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(roads.tells().await);
        }
        for of in all {
            roads.all_have(of).await;
        }
        for road in &roads.roads {
            assert_eq!(roads.statuses(road, 0), [road.ok(); 3], "{:?}", road.lane);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_gone_is_asked_once_and_forgotten() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::Unregistered]);
        let of = roads.tells().await;
        for road in &roads.roads {
            assert_eq!(roads.ends(road, of, "dead", 1).await.reason, "gone");
            assert!(!roads.is_registered(road).await, "{:?}", road.lane);
        }
        // Nothing is queued for nobody.
        let of = roads.tells().await;
        for road in &roads.roads {
            assert!(roads.sent(road, of).await.is_none(), "{:?}", road.lane);
            road.registers().await;
        }
        let of = roads.tells().await;
        roads.all_have(of).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_registers_while_its_service_says_that_it_is_gone_stays() {
    on_all_lanes(async |roads| {
        let mut knobs = roads.world.simulator.knobs();
        knobs.push.answers_after = Span::new(1_500, 1_500);
        roads.world.simulator.set_knobs(knobs);
        roads.fail(|_| vec![PushFault::Unregistered]);
        let of = roads.tells().await;
        for road in &roads.roads {
            let is_asked = async || (!roads.calls(road, 0).is_empty()).then_some(());
            baton_world::world::eventually("its service was asked", is_asked).await;
            road.registers().await;
        }
        for road in &roads.roads {
            roads.ends(road, of, "dead", 1).await;
            assert!(roads.is_registered(road).await, "{:?}", road.lane);
        }
        let of = roads.tells().await;
        roads.all_have(of).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_names_seconds_or_a_date_is_left_alone_until_then() {
    on_all_lanes(async |roads| {
        let cases = [
            (PushFault::Throttled { retry_after_s: Some(200) }, 200),
            (PushFault::ThrottledUntil { in_s: 300 }, 300),
            (PushFault::Unavailable { retry_after_s: Some(400) }, 400),
            // Where nothing is named.
            (PushFault::Throttled { retry_after_s: None }, 60),
        ];
        for (fault, asked_s) in cases {
            let since = roads.world.simulator.push_call_count();
            roads.fail(|_| vec![fault.clone()]);
            let began = roads.clock.now().ms();
            let of = roads.tells().await;
            let between = roads.all_have_it_later(of).await;
            for (road, sent) in roads.roads.iter().zip(between) {
                let wait_s = (sent.due_at - began) / 1_000;
                // A third more for jitter, and what it took until it was sent.
                let expected = asked_s - 1..asked_s + asked_s * 3 / 10 + 30;
                assert!(expected.contains(&wait_s), "{:?} {fault:?}: {wait_s}", road.lane);
                // Apple has reasons of its own when the half hour ends meanwhile.
                let calls = roads.calls(road, since).into_iter();
                let calls = calls.filter(|call| call.reason.is_none()).count();
                assert_eq!(calls, 2, "{:?}", road.lane);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_failed_to_take_is_sent_again_later() {
    on_all_lanes(async |roads| {
        let cases = [
            (PushFault::Internal, 500),
            (PushFault::Unavailable { retry_after_s: None }, 503),
            (PushFault::Reset { accepted: false }, 0),
        ];
        for (fault, status) in cases {
            let since = roads.world.simulator.push_call_count();
            roads.fail(|_| vec![fault.clone()]);
            let of = roads.tells().await;
            roads.all_have_it_later(of).await;
            for road in &roads.roads {
                let expected = [status, road.ok()];
                assert_eq!(roads.statuses(road, since), expected, "{:?} {fault:?}", road.lane);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_was_lost_comes_twice_and_under_one_id() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::Reset { accepted: true }]);
        let of = roads.tells().await;
        roads.all_have_it_later(of).await;
        for road in &roads.roads {
            let inbox = &roads.world.simulator;
            let inbox = inbox.push_inbox(&road.put.target, 0, Duration::ZERO).await;
            assert_eq!(inbox.len(), 2, "{:?}", road.lane);
            let ids: Vec<_> = roads.calls(road, 0).iter().map(id_of).collect();
            assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{ids:?}");
        }
    })
    .await;
}

/// The id of the push in a call, wherever the lane has it.
fn id_of(call: &baton_simulator::PushCall) -> String {
    let text = call.plaintext.as_ref().unwrap_or(&call.body);
    let body: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let places = ["/id", "/message/data/id"];
    let id = places.iter().find_map(|place| body.pointer(place)?.as_str());
    id.unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_is_waited_for_ten_seconds() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::Hang { ms: 60_000, accepted: false }]);
        let of = roads.tells().await;
        let between = roads.all_have_it_later(of).await;
        for sent in between {
            assert_eq!(sent.reason, "time_out");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_takes_no_further_push_is_left_for_another_one() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::GoAway, PushFault::GoAway]);
        for _ in 0..4 {
            let of = roads.tells().await;
            roads.all_have(of).await;
        }
        for road in &roads.roads {
            assert_eq!(roads.statuses(road, 0), [road.ok(); 4], "{:?}", road.lane);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_its_service_would_not_write_is_none() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::Garbage]);
        let of = roads.tells().await;
        // Distributors of Web Push say with success what they like.
        let (web, others): (Vec<_>, Vec<_>) =
            roads.roads.iter().partition(|road| road.lane == PushLane::Webpush);
        for road in web {
            roads.ends(road, of, "accepted", 1).await;
        }
        let mut due_at = 0;
        for road in &others {
            let sent = roads.ends(road, of, "queued", 1).await;
            assert_eq!(sent.reason, "garbage", "{:?}", road.lane);
            due_at = due_at.max(sent.due_at);
        }
        roads.comes(due_at);
        for road in others {
            roads.ends(road, of, "accepted", 2).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_elsewhere() {
    on_all_lanes(async |roads| {
        let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let to = format!("http://{}/", trap.local_addr().expect("an address"));
        roads.fail(|_| vec![PushFault::Redirect { to: to.clone() }]);
        let of = roads.tells().await;
        let (web, others): (Vec<_>, Vec<_>) =
            roads.roads.iter().partition(|road| road.lane == PushLane::Webpush);
        for road in web {
            assert_eq!(roads.ends(road, of, "dead", 1).await.reason, "redirect");
        }
        // The operator named the others: they may be repaired.
        let mut due_at = 0;
        for road in &others {
            due_at = due_at.max(roads.ends(road, of, "queued", 1).await.due_at);
        }
        roads.comes(due_at);
        for road in others {
            roads.ends(road, of, "accepted", 2).await;
        }
        let caught = tokio::time::timeout(Duration::from_millis(20), trap.accept()).await;
        assert!(caught.is_err(), "somebody followed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_not_read_to_its_end() {
    const BYTES: u64 = 256 * 1024 * 1024;
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::Flood { bytes: BYTES }]);
        let of = roads.tells().await;
        roads.all_have_it_later(of).await;
        // What was under way in buffers counts as taken.
        let taken = roads.world.simulator.push_flood();
        assert!(taken < BYTES / 4, "{taken} bytes of three floods");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_its_service_is_not_sent_again() {
    on_all_lanes(async |roads| {
        roads.fail(|_| vec![PushFault::TooLarge]);
        let of = roads.tells().await;
        for road in &roads.roads {
            roads.ends(road, of, "dead", 1).await;
            assert!(roads.is_registered(road).await, "{:?}", road.lane);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_text_makes_no_push_of_more_than_4096_bytes() {
    on_all_lanes(async |roads| {
        // Each of these is longer in JSON, and in UTF-8.
        for text in ["x".repeat(4_096), "\u{1}\"\\".repeat(1_000), "🧵".repeat(1_000)] {
            let of = roads.tells_of(&text).await;
            roads.all_have(of).await;
        }
        for road in &roads.roads {
            for call in roads.calls(road, 0) {
                assert_eq!(call.reason, None, "{:?}", road.lane);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_names_a_private_address_is_told_so_and_not_asked() {
    let setup = Setup::usual().with("BATON_PUSH__ALLOW_PRIVATE_ENDPOINTS", "false");
    on_sqlite(&setup, &async |world: &World| {
        let ben = world.agent("Ben").await;
        let device = ben.on_another_device(world).await;
        let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = trap.local_addr().expect("an address").port();
        let web = put(world, PushLane::Webpush);
        // The second one is known for what it is by its name.
        for target in [web.target.clone(), format!("https://localhost:{port}/push")] {
            let put = PushPut { target, ..web.clone() };
            let refused = device.signed.register_push(&put).await.expect_err("a registration");
            let refused = refused.to_string();
            assert!(refused.contains("400 Bad Request invalid: target"), "{refused}");
        }
        // What other services carry is taken.
        for lane in [PushLane::Fcm, PushLane::Apns] {
            device.signed.register_push(&put(world, lane)).await.expect("a registration");
        }
        let caught = tokio::time::timeout(Duration::from_millis(20), trap.accept()).await;
        assert!(caught.is_err(), "somebody connected");
    })
    .await;
}

/// By ten minutes each way: Google takes no assertion from the future.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_ten_minutes_delays_no_push() {
    const WRONG_MS: i64 = 10 * 60_000;
    for (ahead_ms, expected) in [(WRONG_MS, vec![400, 200]), (-WRONG_MS, vec![200])] {
        with_lanes(Setup::usual(), ahead_ms, async |roads: &Roads<'_>| {
            for _ in 0..2 {
                let of = roads.tells().await;
                roads.all_have(of).await;
            }
            let calls = roads.world.simulator.push_calls().into_iter();
            let granted: Vec<_> =
                calls.filter(|call| call.lane == "oauth").map(|call| call.status).collect();
            // The second one by the clock of the answer.
            assert_eq!(granted, expected, "{ahead_ms}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_learns_neither_what_is_told_nor_to_whom() {
    on_all_lanes(async |roads| {
        let of = roads.tells_of("Calle Mayor 7").await;
        roads.all_have(of).await;
        let relay = roads.road(PushLane::Relay);
        let call = roads.calls(relay, 0).pop().expect("a call");
        let order: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        let fields: Vec<_> = order.as_object().expect("an object").keys().cloned().collect();
        let known = ["ciphertext", "collapse", "lane", "prio", "target", "ttl", "v"];
        assert_eq!(fields, known);
        let ben = roads.world.agent("Ben").await;
        let device = relay.device.signed.session.device_id.to_string();
        for secret in [ben.id.to_string(), of.to_string(), device, "Calle".to_owned()] {
            assert!(!call.body.contains(&secret), "{secret} in {}", call.body);
        }
        // The phone alone reads it.
        let told = call.plaintext.expect("it opens");
        assert!(told.contains(&of.to_string()) && told.contains("Calle Mayor 7"), "{told}");
        // Another conversation is another one to replace, and the same is the same.
        roads.world.admin().await.hands_over(of, ana(roads).await).await;
        let other = roads.tells().await;
        roads.all_have(other).await;
        let collapse = |call: &baton_simulator::PushCall| {
            let order: serde_json::Value = serde_json::from_str(&call.body).unwrap_or_default();
            (order["collapse"].clone(), order["prio"].clone())
        };
        baton_world::world::eventually("it was taken back", async || {
            let calls = roads.calls(relay, 0);
            let [first, rest @ ..] = calls.as_slice() else { return None };
            let (first, high) = collapse(first);
            let taken_back = rest.iter().map(collapse).find(|(_, prio)| prio == "silent");
            let others = rest.iter().map(collapse).find(|(_, prio)| prio == "high");
            let (taken_back, others) = (taken_back?, others?);
            assert!(high == "high" && taken_back.0 == first && others.0 != first);
            Some(())
        })
        .await;
    })
    .await;
}

async fn ana(roads: &Roads<'_>) -> baton_protocol::Owner {
    baton_protocol::Owner::Agent(roads.world.agent("Ana").await.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_names_a_service_that_is_not_there_delays_no_other() {
    on_all_lanes(async |roads| {
        let web = roads.road(PushLane::Webpush);
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut put = web.put.clone();
        put.target = format!("http://{}/push", closed.local_addr().expect("an address"));
        drop(closed);
        let ben = roads.world.agent("Ben").await;
        let device = ben.on_another_device(roads.world).await;
        let nowhere = Road { lane: PushLane::Webpush, put, device };
        nowhere.registers().await;
        let mut reasons = Vec::new();
        for _ in 0..8 {
            let of = roads.tells().await;
            roads.all_have(of).await;
            reasons.push(roads.ends(&nowhere, of, "queued", 1).await.reason);
        }
        assert!(reasons.starts_with(&["connect".to_owned()]), "{reasons:?}");
        assert!(reasons.ends_with(&["service_rests".to_owned()]), "{reasons:?}");
    })
    .await;
}

/// With words sealed to devices, and with none at all.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_service_is_given_says_who_wrote_or_what() {
    for content in ["e2e", "wake"] {
        let setup = Setup::usual().with("BATON_PUSH__CONTENT", content);
        by_right_time(setup, async |roads: &Roads<'_>| {
            let customer = roads.world.contact("Quetzalcoatl");
            customer.sends("the parcel is purple").await;
            let of = customer.conversation().await;
            let (ben, admin) = (roads.world.agent("Ben").await, roads.world.admin().await);
            admin.hands_over(of, baton_protocol::Owner::Agent(ben.id)).await;
            roads.all_have(of).await;
            customer.sends("the second is purple too").await;
            admin.hands_over(of, ana(roads).await).await;
            for road in &roads.roads {
                let is_taken_back = async || (roads.calls(road, 0).len() > 1).then_some(());
                baton_world::world::eventually("it was taken back", is_taken_back).await;
            }
            let number = customer.number();
            let secrets = ["Quetzalcoatl", "purple", number.as_str(), "ben@acme.example"];
            let calls = roads.world.simulator.push_calls();
            assert!(calls.len() > 2 * roads.roads.len(), "access included: {}", calls.len());
            for call in calls {
                let told = format!("{} {:?}", call.body, call.headers);
                for secret in secrets {
                    assert!(!told.contains(secret), "{secret} in {told}");
                }
                let words = call.plaintext.as_deref().unwrap_or_default();
                let is_told = words.contains("purple");
                assert!(!is_told || content == "e2e", "{words}");
            }
        })
        .await;
    }
}
