//! Decides a send: refused, failed later, or delivered to the customer.

use std::time::Duration;

use tokio::time::Instant;

use crate::state::config::Number;
use crate::state::knobs::{Fault, Knobs, Loss, LostAnswers, StatusKind, WindowMode};
use crate::state::shared::{Content, Shared, Ticket};
use crate::state::world::{Marked, Reached, Track, UpdateId, World};
use crate::whatsapp::calls::pace::NumberPace;
use crate::whatsapp::calls::request::{Outgoing, Recipient};
use crate::whatsapp::error::GraphError;
use crate::whatsapp::ids;
use crate::whatsapp::webhooks::payload::{self, Element, Kind, StatusOf};

const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;

/// How a call ends for the caller.
#[derive(Debug)]
pub(crate) enum End {
    /// The message's id.
    Sent { wamid: String },
    /// The platform's error.
    Refused(GraphError),
    /// No answer after so long: the connection is reset.
    Silence { after: Duration },
    /// A 200 that is not JSON.
    Garbage,
}

/// Statuses that will be told. They count as pending before anybody can see the message.
pub(crate) struct Dues {
    pub(crate) list: Vec<Due>,
    _pending: Option<Ticket>,
}

/// A status that will be told.
pub(crate) struct Due {
    pub(crate) id: UpdateId,
    pub(crate) content: Content,
    pub(crate) lane: String,
    pub(crate) at: Instant,
}

impl Dues {
    pub(crate) const fn none() -> Self {
        Self { list: Vec::new(), _pending: None }
    }
}

/// How a send fails although it is well formed, and whether it reached the customer.
enum Verdict {
    Reaches(Option<End>),
    FailsLater(GraphError),
    Ends(End),
}

/// Decides a send and records it. The statuses are told by the caller, outside the lock.
pub(crate) fn send(shared: &Shared, number: &Number, message: &Outgoing) -> (End, Dues) {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let who = world.recipient(&message.recipient);
    let known = world.people.get(&who);
    known.tried += 1;
    let tried = known.tried;
    let verdict = judge(shared, &mut world, number, (message, &who, tried, now_ms));
    let (end, failure) = match verdict {
        Verdict::Ends(end) => return (end, Dues::none()),
        Verdict::Reaches(end) => (end, None),
        Verdict::FailsLater(error) => (None, Some(error)),
    };
    let known = world.people.get(&who);
    known.got += 1;
    let wamid = ids::outbound_wamid(shared.seeds, &number.phone_number_id, &who, known.got);
    let answered = end.is_none();
    let track = Track {
        phone_number_id: number.phone_number_id.clone(),
        person: who,
        by_user_id: matches!(message.recipient, Recipient::User { .. }),
        category: if message.kind == "template" { "utility" } else { "service" },
        tag: message.tag.clone(),
        last_due: Instant::now(),
        index: world.reached.len(),
    };
    world.tracks.insert(wamid.clone(), track);
    let dues = match failure {
        Some(error) => statuses(shared, &mut world, &wamid, &[StatusKind::Failed], Some(&error)),
        None => {
            record(&mut world, number, message, (&wamid, now_ms, answered));
            let auto_read = world.knobs.auto_read;
            let kinds = [StatusKind::Sent, StatusKind::Delivered, StatusKind::Read];
            let told = if auto_read { &kinds[..] } else { &kinds[..2] };
            statuses(shared, &mut world, &wamid, told, None)
        }
    };
    drop(world);
    shared.changed();
    (end.unwrap_or(End::Sent { wamid }), dues)
}

/// Records that the business marked a customer's message read.
pub(crate) fn mark(shared: &Shared, wamid: &str, typing: bool) -> Result<(), GraphError> {
    let mut world = shared.world();
    if !world.inbound.contains_key(wamid) {
        return Err(GraphError::parameter("message_id is not a message to this number."));
    }
    let at_ms = shared.clock.now_ms();
    world.marked.push(Marked { wamid: wamid.to_owned(), typing, at_ms });
    drop(world);
    shared.changed();
    Ok(())
}

/// The next statuses of a message, each a delay after the one before.
pub(crate) fn statuses(
    shared: &Shared,
    world: &mut World,
    wamid: &str,
    kinds: &[StatusKind],
    error: Option<&GraphError>,
) -> Dues {
    let knobs = std::sync::Arc::clone(&world.knobs);
    let Some(track) = world.tracks.get(wamid).cloned() else { return Dues::none() };
    let person = world.people.get(&track.person).person.clone();
    let Some(number) = shared.number(&track.phone_number_id) else { return Dues::none() };
    let now = Instant::now();
    let mut at = track.last_due.max(now);
    let mut dues = Vec::new();
    for &status in kinds {
        let nth = status as u64;
        at += shared.seeds.delay(knobs.status_delay, "status", wamid, nth);
        if status == StatusKind::Read
            && let Some(reached) = world.reached.get_mut(track.index)
        {
            reached.read = true;
        }
        if knobs.drop_statuses.contains(&status) {
            continue;
        }
        let later_ms = i64::try_from((at - now).as_millis()).unwrap_or(0);
        let value = payload::status(
            &person,
            &StatusOf {
                wamid,
                status,
                at_ms: shared.clock.now_ms() + later_ms,
                by_user_id: track.by_user_id,
                category: track.category,
                tag: track.tag.as_deref(),
                error,
            },
        );
        let contact = (status != StatusKind::Failed && !person.name.is_empty())
            .then(|| payload::contact(&person, status != StatusKind::Sent));
        let element = Element { number: number.clone(), kind: Kind::Statuses, contact, value };
        dues.push(Due {
            id: UpdateId { id: wamid.to_owned(), status: Some(status) },
            content: Content::Element(Box::new(element)),
            lane: track.person.clone(),
            at,
        });
    }
    if let Some(track) = world.tracks.get_mut(wamid) {
        track.last_due = at;
    }
    Dues { list: dues, _pending: Some(shared.ticket()) }
}

fn judge(
    shared: &Shared,
    world: &mut World,
    number: &Number,
    (message, who, tried, now_ms): (&Outgoing, &str, u64, i64),
) -> Verdict {
    let knobs = std::sync::Arc::clone(&world.knobs);
    let phone_number_id = &number.phone_number_id;
    let pair = (phone_number_id.clone(), who.to_owned());
    if let Some(fault) = world.faults.of(phone_number_id, message.recipient.id()) {
        return verdict_of(&fault);
    }
    if knobs.enforce_mps {
        let pace = world.numbers.entry(phone_number_id.clone());
        let pace = pace.or_insert_with(|| NumberPace::full(knobs.mps, now_ms));
        if !pace.take(knobs.mps, now_ms) {
            return Verdict::Ends(End::Refused(rate_limited(knobs.mps_http, 1)));
        }
    }
    if knobs.enforce_pair_rate && !world.pairs.entry(pair.clone()).or_default().take(now_ms) {
        return Verdict::Ends(End::Refused(GraphError::of(131_056)));
    }
    let wrote_at_ms = world.windows.get(&pair);
    let open = wrote_at_ms.is_some_and(|at_ms| now_ms - at_ms < WINDOW_MS);
    if knobs.enforce_window && !open && message.kind != "template" {
        let error = GraphError::of(131_047);
        return match knobs.window_mode {
            WindowMode::Sync => Verdict::Ends(End::Refused(error)),
            WindowMode::Async => Verdict::FailsLater(error),
        };
    }
    Verdict::Reaches(lost(shared, &knobs, who, tried))
}

fn lost(shared: &Shared, knobs: &Knobs, who: &str, tried: u64) -> Option<End> {
    let LostAnswers { probability, how } = knobs.lost_answers?;
    shared.seeds.chance(probability, "lost", who, tried).then_some(match how {
        Loss::Drop => End::Silence { after: Duration::ZERO },
        Loss::Garbage => End::Garbage,
    })
}

fn verdict_of(fault: &Fault) -> Verdict {
    let silence = |ms: u64, accepted: bool| {
        let end = End::Silence { after: Duration::from_millis(ms) };
        if accepted { Verdict::Reaches(Some(end)) } else { Verdict::Ends(end) }
    };
    let error = match *fault {
        Fault::RateLimited { http, retry_after_s } => rate_limited(http, retry_after_s),
        Fault::PairRate => GraphError::of(131_056),
        Fault::Unknown => GraphError::of(131_000),
        Fault::Maintenance => GraphError::of(133_004),
        Fault::Token => GraphError::bad_token(),
        Fault::Error { code, http } => GraphError::of(code).http(http),
        Fault::AsyncFailure { code } => return Verdict::FailsLater(GraphError::of(code)),
        Fault::Hang { ms, accepted } => return silence(ms, accepted),
        Fault::Reset { accepted } => return silence(0, accepted),
        Fault::Garbage => return Verdict::Reaches(Some(End::Garbage)),
    };
    Verdict::Ends(End::Refused(error))
}

fn rate_limited(http: u16, retry_after_s: u64) -> GraphError {
    let error = GraphError::of(130_429).http(http);
    if http == 429 { error.retry_after(retry_after_s) } else { error }
}

fn record(
    world: &mut World,
    number: &Number,
    message: &Outgoing,
    (wamid, at_ms, answered): (&str, i64, bool),
) {
    let order = world.reached.len() as u64;
    world.reached.push(Reached {
        order,
        at_ms,
        phone_number_id: number.phone_number_id.clone(),
        to: message.recipient.id().to_owned(),
        wamid: wamid.to_owned(),
        kind: message.kind.clone(),
        body: message.content.clone(),
        context: message.context.clone(),
        biz_opaque_callback_data: message.tag.clone(),
        answered,
        read: false,
    });
}
