//! Decides a send: refused, failed later, or delivered to the customer.

use std::time::Duration;

use tokio::time::Instant;

use crate::state::config::Number;
use crate::state::endpoint::Endpoint;
use crate::state::knobs::{Fault, Knobs, Loss, LostAnswers, StatusKind, WindowMode};
use crate::state::pace::NumberPace;
use crate::state::people::Person;
use crate::state::shared::{Content, Element, Kind, Shared, Ticket};
use crate::state::world::{Marked, Reached, Track, UpdateId, World};
use crate::whatsapp::calls::asked::Reply;
use crate::whatsapp::calls::content;
use crate::whatsapp::calls::request::{Outgoing, Recipient};
use crate::whatsapp::error::GraphError;
use crate::whatsapp::ids;
use crate::whatsapp::media;
use crate::whatsapp::templates::check;
use crate::whatsapp::webhooks::payload::{self, StatusOf};

const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;
/// The age at which a message can be neither reacted to nor marked read.
const MESSAGE_MS: i64 = 30 * WINDOW_MS;

/// The end of a send for the caller.
#[derive(Debug)]
pub(crate) enum End {
    /// The message's id.
    Sent { wamid: String },
    /// Anything but the id.
    Failed(Reply),
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

/// The end of a well-formed send, and whether it reached the customer.
enum Verdict {
    Reaches(Option<Reply>),
    FailsLater(GraphError),
    Ends(Reply),
}

/// An attempt to send a message.
struct Attempt<'a> {
    number: &'a Number,
    message: &'a Outgoing,
    /// The person or group it is for.
    who: &'a str,
    /// Its number among the attempts to reach them, from 1.
    nth: u64,
    now_ms: i64,
}

/// Decides a send and records it. The statuses are told by the caller, outside the lock.
pub(crate) fn send(shared: &Shared, number: &Number, message: &Outgoing) -> (End, Dues) {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let who = message.recipient.meet(&mut world);
    let known = world.people.get(&who);
    known.tried += 1;
    let attempt = Attempt { number, message, who: &who, nth: known.tried, now_ms };
    let verdict = judge(shared, &mut world, &attempt);
    let (end, failure) = match verdict {
        Verdict::Ends(reply) => return (End::Failed(reply), Dues::none()),
        Verdict::Reaches(end) => (end, None),
        Verdict::FailsLater(error) => (None, Some(error)),
    };
    let known = world.people.get(&who);
    known.got += 1;
    let wamid = ids::outbound_wamid(shared.seeds, &number.phone_number_id, &who, known.got);
    let answered = end.is_none();
    let track = Track {
        phone_number_id: number.phone_number_id.clone(),
        person: who.clone(),
        by_user_id: matches!(message.recipient, Recipient::User { .. }),
        category: category(&mut world, number, message),
        group_id: match &message.recipient {
            Recipient::Group { group_id } => Some(group_id.clone()),
            Recipient::Phone { .. } | Recipient::User { .. } => None,
        },
        tag: message.tag.clone(),
        last_due: Instant::now(),
        index: world.reached.len(),
    };
    world.tracks.insert(wamid.clone(), track);
    let dues = match failure {
        Some(error) => statuses(shared, &mut world, &wamid, &[StatusKind::Failed], Some(&error)),
        None => {
            record(&mut world, &attempt, &wamid, answered);
            let kinds = [StatusKind::Sent, StatusKind::Delivered, StatusKind::Read];
            // Of a reaction nothing but `sent` is told.
            let told = match (message.kind.as_str(), world.knobs.auto_read) {
                ("reaction", _) => &kinds[..1],
                (_, false) => &kinds[..2],
                (_, true) => &kinds[..],
            };
            statuses(shared, &mut world, &wamid, told, None)
        }
    };
    drop(world);
    shared.changed();
    (end.map_or(End::Sent { wamid }, End::Failed), dues)
}

/// The category in which a message is charged.
fn category(world: &mut World, number: &Number, message: &Outgoing) -> String {
    if message.kind != "template" {
        return "service".to_owned();
    }
    if message.is_marketing {
        return "marketing_lite".to_owned();
    }
    let templates = world.templates.of(&number.waba_id);
    let named = check::named(templates, &message.content);
    named.map_or_else(|_| "utility".to_owned(), |one| one.category.to_ascii_lowercase())
}

/// Records that the business marked a customer's message read.
pub(crate) fn mark(shared: &Shared, number: &Number, wamid: &str, typing: bool) -> Reply {
    let mut world = shared.world();
    if let Some(fault) = world.faults.of(Endpoint::Marks, &number.phone_number_id, "") {
        return reply_of(&fault);
    }
    let at_ms = shared.clock.now_ms();
    let wrong = match world.said.get(wamid) {
        Some(said) if !said.is_inbound || said.phone_number_id != number.phone_number_id => {
            Some("message_id is not a message to this number.")
        }
        None => Some("message_id is not a message to this number."),
        Some(said) if said.group_id.is_some() => Some("message_id is a message of a group."),
        Some(said) if at_ms - said.at_ms > MESSAGE_MS => Some("message_id is older than 30 days."),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        return Reply::Refused(GraphError::parameter(wrong));
    }
    world.marked.push(Marked { wamid: wamid.to_owned(), typing, at_ms });
    drop(world);
    shared.changed();
    Reply::Json(super::success())
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
        let of = StatusOf {
            wamid,
            status,
            at_ms: shared.clock.now_ms() + later_ms,
            by_user_id: track.by_user_id,
            category: &track.category,
            tag: track.tag.as_deref(),
            error,
        };
        let mut elements = Vec::new();
        if let Some(group_id) = &track.group_id {
            let participants = group_members(world, group_id);
            elements.extend(payload::group_statuses(group_id, &participants, &of));
        } else {
            let contact = (status != StatusKind::Failed && !person.name.is_empty())
                .then(|| payload::contact(&person, status != StatusKind::Sent));
            elements.push((contact, payload::status(&person, &of)));
        }
        for (contact, value) in elements {
            let element = Element { number: number.clone(), kind: Kind::Statuses, contact, value };
            dues.push(Due {
                id: UpdateId { id: wamid.to_owned(), status: Some(status) },
                content: Content::Element(Box::new(element)),
                lane: track.person.clone(),
                at,
            });
        }
    }
    if let Some(track) = world.tracks.get_mut(wamid) {
        track.last_due = at;
    }
    Dues { list: dues, _pending: Some(shared.ticket()) }
}

fn group_members(world: &mut World, group_id: &str) -> Vec<Person> {
    let keys = world.groups.get(group_id).map(|group| group.participants.clone());
    keys.unwrap_or_default().iter().map(|key| world.people.get(key).person.clone()).collect()
}

fn judge(shared: &Shared, world: &mut World, attempt: &Attempt<'_>) -> Verdict {
    let Attempt { number, message, who, nth, now_ms } = *attempt;
    let knobs = std::sync::Arc::clone(&world.knobs);
    let phone_number_id = &number.phone_number_id;
    let pair = (phone_number_id.clone(), who.to_owned());
    let refused = |error| Verdict::Ends(Reply::Refused(error));
    // A failure is told by a status; where no webhook can bring it, by the answer.
    let is_told = shared.webhook_url.borrow().is_some();
    let later = |error| if is_told { Verdict::FailsLater(error) } else { refused(error) };
    let faulty = world.faults.of(Endpoint::Messages, phone_number_id, message.recipient.id());
    if let Some(fault) = faulty {
        return verdict_of(&fault);
    }
    if let Some(error) = forbidden(world, attempt) {
        return refused(error);
    }
    if knobs.enforce_mps {
        let pace = world.numbers.entry(phone_number_id.clone());
        let pace = pace.or_insert_with(|| NumberPace::full(knobs.mps, now_ms));
        if !pace.take(knobs.mps, now_ms) {
            return refused(rate_limited(knobs.mps_http, 1));
        }
    }
    if knobs.enforce_pair_rate && !world.pairs.entry(pair.clone()).or_default().take(now_ms) {
        return refused(GraphError::of(131_056));
    }
    let wrote_at_ms = world.windows.get(&pair);
    let open = wrote_at_ms.is_some_and(|at_ms| now_ms - at_ms < WINDOW_MS);
    if knobs.enforce_window && !open && message.kind != "template" {
        let error = GraphError::of(131_047);
        return match knobs.window_mode {
            WindowMode::Sync => refused(error),
            WindowMode::Async => later(error),
        };
    }
    if let Some(error) = undeliverable(world, &knobs, attempt) {
        return later(error);
    }
    Verdict::Reaches(lost(shared, &knobs, who, nth))
}

/// Refusals of the platform at once, beyond those that the body alone explains.
fn forbidden(world: &mut World, attempt: &Attempt<'_>) -> Option<GraphError> {
    let Attempt { number, message, who, now_ms, .. } = *attempt;
    let refused = world.accounts.refuses_with(&number.phone_number_id, &number.waba_id);
    if let Some(code) = refused {
        return Some(GraphError::of(code));
    }
    match &message.recipient {
        Recipient::Phone { wa_id, .. } if *wa_id == number.display_phone_number => {
            return Some(GraphError::of(131_021));
        }
        Recipient::Group { group_id } => match world.groups.get(group_id) {
            Some(group) if group.phone_number_id == number.phone_number_id => {
                if group.is_suspended {
                    return Some(GraphError::detailed(131_031, "The group is suspended."));
                }
            }
            _ => return Some(GraphError::parameter("to is not a group of this number.")),
        },
        Recipient::Phone { .. } | Recipient::User { .. } => {}
    }
    let quoted = message.context.as_ref();
    if quoted.is_some_and(|wamid| !world.is_of(&number.phone_number_id, who, wamid)) {
        let details = "context.message_id is not a message of this conversation.";
        return Some(GraphError::value(details));
    }
    if message.kind == "template" {
        let templates = world.templates.of(&number.waba_id);
        let checked = check::named(templates, &message.content).and_then(|template| {
            check::parameters(template, &message.content)?;
            if message.is_marketing { check::marketing(template) } else { Ok(()) }
        });
        if let Err(error) = checked {
            return Some(error);
        }
    }
    for (kind, id) in content::file_ids(&message.kind, &message.content) {
        let file = world.media.get(&id, now_ms);
        let Some(file) = file.filter(|file| file.phone_number_id == number.phone_number_id) else {
            let details = format!(
                "Param {kind}['id'] is not a valid whatsapp business account media attachment ID"
            );
            return Some(GraphError::parameter(details));
        };
        if !media::takes(&kind, &file.mime_type, file.bytes.len()) {
            let details = format!("A file of type {} cannot be sent as {kind}.", file.mime_type);
            return Some(GraphError::detailed(131_053, details));
        }
    }
    None
}

/// Failures that the platform reports by a status `failed` after it took the message.
fn undeliverable(world: &World, knobs: &Knobs, attempt: &Attempt<'_>) -> Option<GraphError> {
    let Attempt { number, message, who, now_ms, .. } = *attempt;
    let host = content::link(&message.kind, &message.content).and_then(content::host);
    if host.is_some_and(|host| knobs.dead_hosts.iter().any(|dead| dead == host)) {
        let details = "Downloading media from weblink failed with http code 404";
        return Some(GraphError::detailed(131_053, details));
    }
    if message.kind == "reaction" {
        let id = message.content.get("message_id").and_then(serde_json::Value::as_str);
        let id = id.unwrap_or_default();
        // Only what is part of this conversation can be reacted to, for 30 days, and reactions
        // cannot.
        let said = world.said.get(id);
        let is_gone = said.is_some_and(|said| said.is_revoked || now_ms - said.at_ms > MESSAGE_MS);
        let is_there = world.is_of(&number.phone_number_id, who, id);
        if !is_there || is_gone || world.is_reaction(id) {
            let details = "message_id is not a message of this conversation.";
            return Some(GraphError::value(details));
        }
    }
    let blocked = world.people.peek(who).is_some_and(|person| person.blocks_business);
    let stopped = world.accounts.has_stopped(&number.phone_number_id, who)
        && message.kind == "template"
        && check::category_of(world.templates.peek(&number.waba_id), &message.content)
            == Some("MARKETING");
    let is_shut_out = world.accounts.has_blocked(&number.phone_number_id, who);
    match (blocked || is_shut_out, stopped) {
        (true, _) => Some(GraphError::of(131_026)),
        (false, true) => Some(GraphError::of(131_050)),
        (false, false) => None,
    }
}

fn lost(shared: &Shared, knobs: &Knobs, who: &str, nth: u64) -> Option<Reply> {
    let LostAnswers { probability, how } = knobs.lost_answers?;
    shared.seeds.chance(probability, "lost", who, nth).then_some(match how {
        Loss::Drop => Reply::Silence { after: Duration::ZERO },
        Loss::Garbage => Reply::Garbage,
    })
}

fn verdict_of(fault: &Fault) -> Verdict {
    match fault {
        Fault::AsyncFailure { code } => Verdict::FailsLater(GraphError::of(*code)),
        Fault::Hang { accepted: true, .. } | Fault::Reset { accepted: true } | Fault::Garbage => {
            Verdict::Reaches(Some(reply_of(fault)))
        }
        Fault::RateLimited { .. }
        | Fault::PairRate
        | Fault::Unknown
        | Fault::Maintenance
        | Fault::Token
        | Fault::Error { .. }
        | Fault::Hang { .. }
        | Fault::Reset { .. } => Verdict::Ends(reply_of(fault)),
    }
}

/// The reply by which the caller sees a fault.
pub(crate) fn reply_of(fault: &Fault) -> Reply {
    Reply::Refused(match *fault {
        Fault::RateLimited { http, retry_after_s } => rate_limited(http, retry_after_s),
        Fault::PairRate => GraphError::of(131_056),
        Fault::Unknown => GraphError::of(131_000),
        Fault::Maintenance => GraphError::of(133_004),
        Fault::Token => GraphError::bad_token(),
        Fault::Error { code, http } => GraphError::of(code).http(http),
        Fault::AsyncFailure { code } => GraphError::of(code),
        Fault::Hang { ms, .. } => return Reply::Silence { after: Duration::from_millis(ms) },
        Fault::Reset { .. } => return Reply::Silence { after: Duration::ZERO },
        Fault::Garbage => return Reply::Garbage,
    })
}

fn rate_limited(http: u16, retry_after_s: u64) -> GraphError {
    let error = GraphError::of(130_429).http(http);
    if http == 429 { error.retry_after(retry_after_s) } else { error }
}

fn record(world: &mut World, attempt: &Attempt<'_>, wamid: &str, answered: bool) {
    let Attempt { number, message, now_ms, .. } = *attempt;
    let order = world.reached.len() as u64;
    world.reached.push(Reached {
        order,
        at_ms: now_ms,
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
