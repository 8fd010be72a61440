//! Reports of a year on a database: they say what a count over the facts says, by both clocks.

use baton_domain::fact::hours::Hours;
use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage, Sender};
use baton_protocol::report::{AnswersReport, Spread};
use baton_protocol::setting::Schedule;
use baton_protocol::{
    Command, CommandBody, Content, ConversationId, LineKind, LineRef, MessageId, OpId,
};
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::*;
use crate::clock::ManualClock;
use crate::engine::testing::{accepted, reply};
use crate::engine::work::{Caller, FreshIds, Post};
use crate::store::read;

/// Monday, 5 January 2026, 00:00 UTC.
const START: Timestamp = Timestamp::from_ms(1_767_571_200_000);
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const DAYS: i64 = 365;
/// A report is of 92 days at most: the year is four of them.
const EDGES: [i64; 5] = [0, 92, 184, 276, DAYS];
const SCHEDULE: &str = "0198f2a0-0000-7000-8000-0000000000e1";
/// Commands of an agent that may be under way.
const AT_ONCE: usize = 100;

/// Since when, until when.
type Span = (Timestamp, Timestamp);

fn number(name: &str, otherwise: usize) -> usize {
    let told = std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(otherwise)
}

/// A lunch break, a short Friday and a holiday, in a zone whose clocks change.
fn schedule() -> Value {
    let day = json!([[540, 780], [840, 1080]]);
    let week = json!([day, day, day, day, [[540, 900]], [], []]);
    json!({"name": "Desk", "zone": "Europe/Madrid", "week": week, "days": {"2026-05-01": []}})
}

/// The open time between two instants, minute by minute.
fn counted(hours: &Hours, (from, until): Span) -> i64 {
    let minutes = (0..until.since(from) / MINUTE).map(|n| from.plus_ms(n * MINUTE));
    let open = minutes.filter(|at| hours.is_open(*at)).count();
    i64::try_from(open).unwrap() * MINUTE
}

/// A customer of the year, and where their conversation stands.
struct Customer {
    number: String,
    conversation: ConversationId,
    last: LineRef,
}

/// A desk whose customers write, are answered and are done with, each day.
struct Year {
    desk: Desk,
    clock: ManualClock,
    customers: Vec<Customer>,
    dice: u64,
}

impl Year {
    async fn new(database: TestDatabase, customers: usize) -> Self {
        let clock = ManualClock::new(START, 7);
        let desk = Box::pin(desk(database, clock.clock())).await;
        let new = |n: usize| Customer {
            number: format!("346{n:08}"),
            conversation: ConversationId(desk.parts.clock.uuid_v4()),
            last: LineRef { seq: 0, id: MessageId(desk.parts.clock.uuid_v4()) },
        };
        let customers = (0..customers).map(new).collect();
        Self { desk, clock, customers, dice: 7 }
    }

    fn up_to(&mut self, most: u64) -> u64 {
        let step = self.dice.wrapping_mul(6_364_136_223_846_793_005);
        self.dice = step.wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % most
    }

    fn passes(&mut self, minutes: u64) -> Timestamp {
        self.clock.advance_ms(minutes * MINUTE.unsigned_abs());
        self.desk.parts.clock.now()
    }

    /// A day: when all wrote, were answered, and were done with.
    async fn day(&mut self, day: i64) -> [Timestamp; 3] {
        let until = START.plus_ms((day + 1) * DAY);
        let before = self.up_to(600);
        let wrote = self.passes(1 + before);
        for some in self.customers.chunks_mut(AT_ONCE) {
            let (desk, first) = (&self.desk, day == 0);
            join_all(some.iter_mut().map(|one| one.writes(desk, first))).await;
        }
        let meanwhile = self.up_to(400);
        let answered = self.passes(1 + meanwhile);
        for some in self.customers.chunks_mut(AT_ONCE) {
            let desk = &self.desk;
            join_all(some.iter_mut().map(|one| one.is_answered(desk))).await;
        }
        let later = self.up_to(400);
        let resolved = self.passes(1 + later);
        for some in self.customers.chunks_mut(AT_ONCE) {
            let desk = &self.desk;
            join_all(some.iter_mut().map(|one| one.is_resolved(desk))).await;
        }
        let rest = until.since(resolved) / MINUTE;
        self.passes(rest.unsigned_abs());
        [wrote, answered, resolved]
    }

    /// The reports of the year, and how long they took.
    async fn reports(&self, admin: &Session, hours: &str) -> (Vec<AnswersReport>, u128) {
        let began = Instant::now();
        let mut all = Vec::new();
        for edges in EDGES.windows(2) {
            let [from, until] = [edges[0], edges[1]].map(|day| START.plus_ms(day * DAY).ms());
            let path = format!("/api/v1/reports/answers?edges={from},{until}{hours}");
            let told = self.desk.get(admin, &path).await.is(200, "");
            all.push(serde_json::from_value(told.body).unwrap());
        }
        (all, began.elapsed().as_millis())
    }
}

impl Customer {
    async fn writes(&mut self, desk: &Desk, is_new: bool) {
        let clock = &desk.parts.clock;
        let message = MessageId(clock.uuid_v4());
        let said = InboundMessage {
            sender: Sender { wa_id: Some(self.number.clone()), ..Sender::default() },
            participant: None,
            wamid: format!("wamid.{message}"),
            at: clock.now(),
            kind: LineKind::Text,
            content: Content { text: Some("Hola".to_owned()), ..Content::default() },
            quoted_wamid: None,
            media: None,
            language: None,
        };
        let conversation = match is_new {
            true => self.conversation,
            false => ConversationId(clock.uuid_v4()),
        };
        let (contact, card) = (clock.uuid_v4(), clock.uuid_v4());
        let fresh = FreshIds { message, conversation, contact, card };
        let raw = format!("{said:?}");
        let body = ElementBody::Message(said);
        let element = Element { phone_number_id: Some("pn1".to_owned()), raw: raw.clone(), body };
        let post = Post {
            meta_app: "123".to_owned(),
            digest: hex::encode(Sha256::digest(&raw)),
            raw,
            received_at: clock.now(),
            id: clock.uuid_v4().to_string(),
            again: false,
            is_piece: false,
            elements: vec![(element, fresh)],
        };
        desk.parts.engine.post(post).await.unwrap();
        self.last = LineRef { seq: self.last.seq + 1, id: message };
    }

    async fn is_answered(&mut self, desk: &Desk) {
        let answer = self.does(desk, reply("Sí", Some(self.last))).await;
        self.last = answer.line.unwrap();
    }

    async fn is_resolved(&mut self, desk: &Desk) {
        self.does(desk, CommandBody::Resolve(Some(self.last).into())).await;
    }

    async fn does(&self, desk: &Desk, body: CommandBody) -> baton_protocol::Accepted {
        let Session { workspace_id: workspace, agent_id: agent, device_id: device, .. } =
            desk.agent;
        let command = Command {
            op_id: OpId(desk.parts.clock.uuid_v7()),
            conversation_id: self.conversation,
            after: None,
            retry_of: None,
            body,
        };
        let caller = Caller { workspace, agent, device };
        accepted(desk.parts.engine.command(caller, command).await)
    }
}

/// What the figures have to say of these times of each of so many customers.
#[track_caller]
fn agrees(told: &Spread, spans: &[Span], customers: usize, hours: Option<&Hours>) {
    let length = |span: &Span| match hours {
        Some(hours) => counted(hours, *span),
        None => span.1.since(span.0),
    };
    let each: Vec<u64> = spans.iter().map(|span| length(span).unsigned_abs()).collect();
    let count = (each.len() * customers) as u64;
    let mean = each.iter().sum::<u64>() / each.len() as u64;
    let longest = each.iter().max().copied();
    assert_eq!((told.count, told.mean_ms, told.max_ms), (count, Some(mean), longest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reports_of_a_year_say_what_a_count_over_it_says_within_their_time() {
    let hours = Hours::of(&serde_json::from_value::<Schedule>(schedule()).unwrap()).unwrap();
    let customers = number("BATON_YEAR_CUSTOMERS", 2);
    for database in databases().await {
        let mut year = Year::new(database, customers).await;
        if customers < 100 {
            // Many pages, as a year of many customers has.
            let parts = &mut year.desk.parts;
            parts.queues.reports = crate::http::Reports::by_pages_of(50);
            year.desk.router = router(parts.clone());
        }
        let mut days = Vec::new();
        for day in 0..DAYS {
            days.push(year.day(day).await);
        }
        // Sessions end in a year.
        let admin = sign_in(&year.desk.router, "acme", "admin@host").await;
        let put = json!({"home": {"kind": "workspace"}, "body": schedule()});
        let change = json!([{"kind": "schedule", "id": SCHEDULE, "put": put}]);
        let path = "/api/v1/settings";
        year.desk.call(&admin, Method::POST, path, change).await.is(200, "");
        let (wall, by_wall_ms) = year.reports(&admin, "").await;
        let (open, by_open_ms) = year.reports(&admin, &format!("&hours={SCHEDULE}")).await;
        for (told, hours) in [(&wall, None), (&open, Some(&hours))] {
            for (told, edges) in told.iter().zip(EDGES.windows(2)) {
                let [from, until] = [edges[0], edges[1]].map(|day| usize::try_from(day).unwrap());
                let spans = |from: usize, until: usize, of: fn(&[Timestamp; 3]) -> Span| {
                    days[from..until].iter().map(of).collect::<Vec<_>>()
                };
                let first = spans(from, until, |day| (day[0], day[1]));
                let whole = spans(from, until, |day| (day[0], day[2]));
                agrees(&told.whole.first_reply, &first, customers, hours);
                agrees(&told.whole.resolution, &whole, customers, hours);
            }
        }
        let mut tx = year.desk.parts.store.read().await.unwrap();
        let head = read::log_head(&mut tx, admin.workspace_id).await.unwrap().position;
        tx.rollback().await.unwrap();
        println!(
            "{}: a year of {} episodes in {head} events, its four reports by the wall clock \
             within {by_wall_ms} ms, in open hours within {by_open_ms} ms",
            if year.desk.database.url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" },
            customers as i64 * DAYS,
        );
        let most = number("BATON_YEAR_WITHIN_MS", 60_000) as u128;
        assert!(by_wall_ms <= most && by_open_ms <= most, "{by_wall_ms} and {by_open_ms} ms");
        year.desk.database.close().await;
    }
}
