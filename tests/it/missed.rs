//! What was missed is the same by every road: over a socket as text, over one that packs, and from
//! `GET /sync`, packed or not. It costs a phone little.

use std::io::Read as _;

use baton::demo::client::{Received, SignedIn};
use baton_model::dice::Dice;
use baton_protocol::frame::{SUBPROTOCOL, SUBPROTOCOL_PACKED, ServerFrame};
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::{Cursor, Epoch, Owner};
use baton_world::world::{Agent, NUMBER, PATIENCE, Setup, World, for_each_store, webhook};
use serde_json::{Value, json};
use uuid::Uuid;

/// What one is told, without who told it. It holds which conversations left, which entered and as
/// what, all events in order, and where that leads. Or it holds why a snapshot is to be taken.
#[derive(Clone, PartialEq, Debug, Default)]
struct Tidings {
    left: Vec<String>,
    entered: Vec<(String, Value)>,
    events: Vec<Value>,
    upto: u64,
    reset: Option<Value>,
}

impl Tidings {
    fn of<'a>(frames: impl Iterator<Item = &'a ServerFrame>) -> Self {
        let mut told = Self::default();
        for frame in frames {
            match frame {
                ServerFrame::Left { conversation_id, .. } => {
                    told.left.push(conversation_id.to_string());
                }
                ServerFrame::Entered { snapshot, .. } => {
                    told.entered.push((snapshot.head().id.to_string(), json!(snapshot)));
                }
                ServerFrame::Events { events, upto, .. } => {
                    told.events.extend(events.iter().map(|event| json!(event)));
                    told.upto = *upto;
                }
                ServerFrame::Reset { reason, upto, .. } => {
                    (told.reset, told.upto) = (Some(json!(reason)), *upto);
                }
                ServerFrame::Welcome { .. }
                | ServerFrame::CommandResult(_)
                | ServerFrame::Lease(_)
                | ServerFrame::Presence { .. }
                | ServerFrame::Viewing { .. }
                | ServerFrame::Draft { .. }
                | ServerFrame::Error { .. }
                | ServerFrame::Unknown => {}
            }
        }
        told.left.sort();
        told.entered.sort_by(|one, other| one.0.cmp(&other.0));
        told
    }
}

/// All that a socket tells of what was missed since this cursor.
async fn over_a_socket(who: &SignedIn, named: &str, after: Cursor) -> Vec<Received> {
    let socket = who.connect_as(named, Some(after)).await.expect("a socket");
    let is_welcome = |frame: &ServerFrame| matches!(frame, ServerFrame::Welcome { .. });
    let welcome = socket.wait_for(is_welcome, PATIENCE).await.expect("a welcome");
    let ServerFrame::Welcome { cursor, .. } = &*welcome.frame else { panic!("{welcome:?}") };
    let is_last = |frame: &ServerFrame| {
        let (ServerFrame::Events { upto, .. } | ServerFrame::Reset { upto, .. }) = frame else {
            return false;
        };
        *upto >= cursor.position
    };
    socket.wait_for(is_last, PATIENCE).await.expect("what was missed");
    socket.frames_since(0)
}

/// The same from `GET /sync`: the answer, and its bytes on the way.
async fn by_request(
    world: &World,
    who: &SignedIn,
    accepts: &str,
    after: Cursor,
) -> (SyncAnswer, usize) {
    let url = format!("{}/api/v1/sync?after={after}", world.api().base());
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.get(url).bearer_auth(&who.session.access_token);
    let answer = request.header("accept-encoding", accepts).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let is_packed = answer.headers().contains_key("content-encoding");
    let body = answer.bytes().await.expect("a body");
    let mut plain = body.to_vec();
    if is_packed {
        plain.clear();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).expect("gzip");
    }
    (serde_json::from_slice(&plain).expect("what was missed"), body.len())
}

/// What somebody is told by each road.
async fn by_every_road(world: &World, who: &Agent, after: Cursor) -> Vec<Tidings> {
    let both = format!("{SUBPROTOCOL_PACKED}, {SUBPROTOCOL}");
    let mut told = Vec::new();
    for named in [SUBPROTOCOL, &both] {
        let heard = over_a_socket(&who.signed, named, after).await;
        told.push(Tidings::of(heard.iter().map(|heard| &*heard.frame)));
    }
    for accepts in ["identity", "gzip"] {
        let (answer, _) = by_request(world, &who.signed, accepts, after).await;
        told.push(Tidings::of(answer.frames.iter()));
    }
    told
}

async fn here(of: &Agent) -> Cursor {
    let answer: SnapshotAnswer = of.signed.get("/snapshot?limit=1").await.expect("a page");
    answer.cursor
}

#[tokio::test(flavor = "multi_thread")]
async fn every_road_tells_the_same_of_any_gap() {
    for_each_store(Setup::usual(), async |world| {
        let billing = world.team("Billing", &["Dora"]).await;
        let (admin, ana, dora) =
            (world.admin().await, world.agent("Ana").await, world.agent("Dora").await);
        let owners =
            [Owner::Queue(world.cast.team), Owner::Queue(billing.id), Owner::Agent(ana.id)];
        let names = ["Lucía", "Marta", "Pablo", "Noor", "Iván", "Sara"];
        let mut dice = Dice::of_part(7, 1);
        let mut cursors = vec![here(&admin).await];
        for act in 0..60 {
            let contact = world.contact(dice.one_of(&names).expect("a name"));
            contact.sends(&format!("{act}: {}", "words, words. ".repeat(10))).await;
            let conversation = contact.conversation().await;
            match dice.below_u64(4) {
                0 => {
                    let to = *dice.one_of(&owners).expect("an owner");
                    admin.hands_over(conversation, to).await;
                }
                1 => {
                    admin.notes(conversation, &format!("note {act}")).await;
                }
                _ => {}
            }
            cursors.push(here(&admin).await);
        }
        let last = here(&admin).await;
        let odd = [
            Cursor { position: last.position + 1_000, ..last },
            Cursor { epoch: Epoch(Uuid::new_v4()), ..last },
        ];
        let (mut entered, mut left, mut resets) = (0, 0, 0);
        for who in [&admin, &ana, &dora] {
            let some = (0..10).filter_map(|_| dice.one_of(&cursors).copied()).collect::<Vec<_>>();
            for after in some.into_iter().chain(odd) {
                let told = baton_world::world::eventually("an idle moment", async || {
                    let told = by_every_road(world, who, after).await;
                    // Something may have happened in between.
                    told.iter().all(|one| one.upto == told[0].upto).then_some(told)
                })
                .await;
                for other in &told[1..] {
                    assert_eq!(*other, told[0], "{} after {after}", who.name);
                }
                entered += told[0].entered.len();
                left += told[0].left.len();
                resets += usize::from(told[0].reset.is_some());
            }
        }
        println!("{entered} entered, {left} left, {resets} resets");
        assert!(entered > 0 && left > 0 && resets >= 6, "the gaps were of all kinds");
    })
    .await;
}

/// The bytes that a phone receives after missing five hundred messages: 60 kB at most.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_missed_messages_cost_a_phone_less_than_sixty_kilobytes() {
    const WORDS: [&str; 16] = [
        "order", "parcel", "refund", "where", "please", "today", "invoice", "thanks", "still",
        "waiting", "number", "address", "delivery", "broken", "return", "Monday",
    ];
    for_each_store(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        let mut dice = Dice::of_part(11, 2);
        let mut after = here(&ben).await;
        // The first hundred are new customers, which is no part of it.
        for round in 0..6 {
            if round == 1 {
                after = here(&ben).await;
            }
            let messages: Vec<_> = (0..100)
                .map(|n| {
                    let words = (0..8).filter_map(|_| dice.one_of(&WORDS).copied());
                    let words: Vec<_> = words.collect();
                    let body = format!("{} {}", words.join(" "), dice.below_u64(1 << 40));
                    json!({
                        "id": format!("wamid.{round}.{n}"), "type": "text",
                        "from": format!("346000000{n:02}"), "timestamp": "1790000000",
                        "text": {"body": body},
                    })
                })
                .collect();
            let post = webhook(NUMBER, json!({"messages": messages}));
            assert_eq!(world.posts(&post).await.status, 200);
        }
        let mut costs = Vec::new();
        for named in [SUBPROTOCOL, SUBPROTOCOL_PACKED] {
            let heard = over_a_socket(&ben.signed, named, after).await;
            let told = Tidings::of(heard.iter().map(|heard| &*heard.frame));
            let of_type = |kind| told.events.iter().filter(|event| event["type"] == kind).count();
            assert_eq!(of_type("line_received"), 500);
            // The language of somebody is heard once the texts are clear enough.
            assert_eq!(of_type("language_changed"), told.events.len() - 500);
            costs.push(heard.iter().map(|heard| heard.bytes).sum::<usize>());
        }
        costs.push(by_request(world, &ben.signed, "gzip", after).await.1);
        println!("{costs:?} bytes: plain, packed, by request");
        assert!(costs[0] > 150_000, "{costs:?}: too little to prove anything");
        assert!(costs[1] < 60_000 && costs[2] < 60_000, "{costs:?}");
    })
    .await;
}
