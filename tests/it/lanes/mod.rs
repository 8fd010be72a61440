//! The contract of a push lane. The same behaviours go by Firebase, Apple, Web Push and the relay,
//! sent by the running server to the simulated services.

#![expect(clippy::future_not_send, reason = "a test is awaited where it stands")]

mod contract;
mod credentials;

use std::cell::Cell;
use std::time::Duration;

use baton::store::Sql;
use baton_protocol::push::{PushEnv, PushKey, PushLane, PushPut, PushTargetKind};
use baton_protocol::{ConversationId, Owner};
use baton_simulator::{PushCall, PushFault};
use baton_world::world::{Agent, RunningClock, Setup, World, eventually, on_sqlite};
use reqwest::Method;
use serde_json::json;

/// What a lane does differently where its service does.
const LANES: [PushLane; 4] = [PushLane::Fcm, PushLane::Apns, PushLane::Webpush, PushLane::Relay];

const HALF_HOUR_MS: i64 = 30 * 60_000;

/// One device of Ben for each lane, and a clock that can be set forward.
struct Roads<'w> {
    world: &'w World,
    clock: &'w RunningClock,
    roads: Vec<Road>,
    told: Cell<u32>,
}

/// The way to one device.
struct Road {
    lane: PushLane,
    put: PushPut,
    device: Agent,
}

/// A push, as its row says it.
#[derive(Debug)]
struct Sent {
    state: String,
    attempts: i64,
    due_at: i64,
    reason: String,
}

/// Plays a test on a server whose clock is so many milliseconds ahead.
async fn with_lanes(setup: Setup, ahead_ms: i64, test: impl AsyncFn(&Roads<'_>)) {
    let clock = RunningClock::begin(ahead_ms);
    // Sessions outlive what is set forward.
    let setup = setup.with("BATON_SESSIONS__ACCESS_MINUTES", "600");
    let setup = Setup { clock: Some(clock.clock()), ..setup };
    on_sqlite(&setup, &async |world: &World| {
        let roads = Roads::open(world, &clock).await;
        test(&roads).await;
    })
    .await;
}

/// How far the system's clock is into its half hour, ms.
fn into_half_hour() -> i64 {
    baton::clock::Clock::system().now().ms().rem_euclid(HALF_HOUR_MS)
}

/// The same by the right time, early in a half hour. The server signs another token for Apple with
/// each half hour, so a test must not begin at any moment.
async fn by_right_time(setup: Setup, test: impl AsyncFn(&Roads<'_>)) {
    let ahead_ms = HALF_HOUR_MS - into_half_hour() + 60_000;
    with_lanes(setup, ahead_ms, async |roads| {
        roads.world.simulator.advance(Duration::from_millis(ahead_ms.unsigned_abs()));
        test(roads).await;
    })
    .await;
}

/// The same with the usual settings.
async fn on_all_lanes(test: impl AsyncFn(&Roads<'_>)) {
    by_right_time(Setup::usual(), test).await;
}

impl<'w> Roads<'w> {
    async fn open(world: &'w World, clock: &'w RunningClock) -> Self {
        let ben = world.agent("Ben").await;
        // Only what is theirs: nothing else is pushed.
        let body = serde_json::to_vec(&json!({"level": "mine", "teams": []}));
        let body = Some(("application/json", body.expect("plain data")));
        let token = Some(ben.signed.session.access_token.as_str());
        let set = world.asks(Method::PUT, "/api/v1/me/push", token, body).await;
        assert_eq!(set.status, 200, "{set:?}");
        let mut roads = Vec::new();
        for lane in LANES {
            let device = ben.on_another_device(world).await;
            let road = Road { lane, put: put(world, lane), device };
            road.registers().await;
            roads.push(road);
        }
        Self { world, clock, roads, told: Cell::new(0) }
    }

    /// Ben gets another conversation: one push for each device.
    async fn tells(&self) -> ConversationId {
        self.tells_of("Hola").await
    }

    async fn tells_of(&self, text: &str) -> ConversationId {
        self.told.set(self.told.get() + 1);
        let customer = self.world.contact(&format!("Customer {}", self.told.get()));
        customer.sends(text).await;
        let conversation = customer.conversation().await;
        let ben = Owner::Agent(self.world.agent("Ben").await.id);
        self.world.admin().await.hands_over(conversation, ben).await;
        conversation
    }

    /// Scripts failures for each device.
    fn fail(&self, faults: impl Fn(PushLane) -> Vec<PushFault>) {
        for road in &self.roads {
            self.world.simulator.push_fails(&road.put.target, faults(road.lane));
        }
    }

    /// Waits until a push has come so far, and returns its row.
    async fn ends(&self, road: &Road, of: ConversationId, state: &str, tries: i64) -> Sent {
        let what = format!("{} {state} after {tries}", road.lane.name());
        eventually(&what, async || {
            let sent = self.sent(road, of).await?;
            (sent.state == state && sent.attempts == tries).then_some(sent)
        })
        .await
    }

    async fn sent(&self, road: &Road, of: ConversationId) -> Option<Sent> {
        static SQL: Sql = Sql::new(
            "SELECT state, attempts, due_at, COALESCE(reason, '') FROM push
             WHERE conversation = $1 AND lane = $2 AND device = $3",
        );
        let store = &self.world.database.store;
        let (of, device) = (of.to_string(), road.device.signed.session.device_id.to_string());
        let args = [of.as_str(), road.lane.name(), device.as_str()];
        let rows = store.rows_alone::<(String, i64, i64, String)>(&SQL, &args).await;
        let (state, attempts, due_at, reason) = rows.expect("rows").pop()?;
        Some(Sent { state, attempts, due_at, reason })
    }

    /// All devices have it, at the first try.
    async fn all_have(&self, of: ConversationId) {
        for road in &self.roads {
            self.ends(road, of, "accepted", 1).await;
        }
    }

    /// Each device was refused once: sets the clock to when all are tried again, and waits until
    /// they are. Returns what was known between.
    async fn all_have_it_later(&self, of: ConversationId) -> Vec<Sent> {
        let mut between = Vec::new();
        for road in &self.roads {
            between.push(self.ends(road, of, "queued", 1).await);
        }
        self.comes(between.iter().map(|sent| sent.due_at).max().unwrap_or_default());
        for road in &self.roads {
            self.ends(road, of, "accepted", 2).await;
        }
        between
    }

    /// Sets the clock to a time.
    fn comes(&self, at_ms: i64) {
        let left_ms = u64::try_from(at_ms - self.clock.now().ms()).unwrap_or_default();
        self.passes(Duration::from_millis(left_ms + 1));
    }

    /// Sets the clocks of server and services forward.
    fn passes(&self, time: Duration) {
        self.clock.passes(time);
        self.world.simulator.advance(time);
    }

    /// The calls for a device after the first so many of all.
    fn calls(&self, road: &Road, since: usize) -> Vec<PushCall> {
        let calls = self.world.simulator.push_calls_since(since).into_iter();
        calls.filter(|call| call.target == road.put.target).collect()
    }

    fn statuses(&self, road: &Road, since: usize) -> Vec<u16> {
        self.calls(road, since).iter().map(|call| call.status).collect()
    }

    fn road(&self, lane: PushLane) -> &Road {
        self.roads.iter().find(|road| road.lane == lane).expect("a road")
    }

    /// Whether the server still knows how to reach the device.
    async fn is_registered(&self, road: &Road) -> bool {
        static SQL: Sql = Sql::new("SELECT device FROM push_device WHERE device = $1");
        let device = road.device.signed.session.device_id.to_string();
        let rows = self.world.database.store.rows_alone::<(String,)>(&SQL, &[&device]).await;
        !rows.expect("rows").is_empty()
    }
}

impl Road {
    /// The device says how it is reached, for the first time or again.
    async fn registers(&self) {
        self.device.signed.register_push(&self.put).await.expect("a registration");
    }

    /// What its service says when it takes a push.
    fn ok(&self) -> u16 {
        match self.lane {
            PushLane::Webpush | PushLane::Unifiedpush => 201,
            PushLane::Relay => 202,
            PushLane::Fcm | PushLane::Apns | PushLane::Log => 200,
        }
    }
}

/// How a device is reached, with keys of a simulated browser.
fn put(world: &World, lane: PushLane) -> PushPut {
    let browser = world.simulator.subscribe(None);
    let (target_kind, target) = match lane {
        PushLane::Webpush | PushLane::Unifiedpush => {
            (PushTargetKind::Endpoint, browser.endpoint.clone())
        }
        PushLane::Apns => (PushTargetKind::Token, "0b".repeat(32)),
        // The relay opens it, and the phone behind it what was sent.
        PushLane::Relay => (PushTargetKind::Token, browser.endpoint.clone()),
        PushLane::Fcm | PushLane::Log => (PushTargetKind::Token, format!("{}-of-ben", lane.name())),
    };
    let is_apple = lane == PushLane::Apns;
    PushPut {
        lane,
        target_kind,
        target,
        key: Some(PushKey { id: None, p256dh: browser.p256dh, auth: browser.auth }),
        app_id: is_apple.then(|| world.simulator.apns_account().bundle_id),
        env: is_apple.then_some(PushEnv::Production),
        locale: None,
        caps: Vec::new(),
    }
}
