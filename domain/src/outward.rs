//! The events that webhooks of the team's own get, as far as they may. Also the tries of a request:
//! the time of the next one, and the reasons to pause a webhook.

use baton_protocol::conversation::ConversationView;
use baton_protocol::event::EventContent;
use baton_protocol::setting::{Webhook, WebhookEvent, WebhookKind};
use baton_protocol::{
    Event, Fact, Head, Line, LineRef, MessageStatus, RuleStep, SettingId, Status, Timestamp,
};
use serde_json::{Value, json};

use crate::fact::predicates::provider_rank;

/// The longest body of a request. A longer one is sent without its texts.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// The waits between tries, in milliseconds; after the last one a request is given up.
const WAITS_MS: [i64; 7] =
    [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000];
/// A webhook that takes nothing for so long is paused, in milliseconds.
const FAILING_MAX_MS: i64 = 5 * 24 * 60 * 60 * 1_000;
/// The status by which a webhook says that it wants nothing any more.
const GONE: u16 = 410;

/// The reason why a webhook is paused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PauseReason {
    /// It wants nothing any more.
    Gone,
    /// It has taken nothing for five days.
    Failing,
}

impl PauseReason {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// A request that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MadeRequest {
    /// Whether it is a test: it is made once, and pauses nothing.
    pub is_test: bool,
    /// Its tries, with this one.
    pub tries: u32,
    /// The status of the answer; `None` without an answer.
    pub status: Option<u16>,
    /// The time.
    pub at: Timestamp,
}

impl MadeRequest {
    /// Whether it was taken.
    pub fn is_taken(self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the webhook wants nothing any more. Then the request is not kept: it is made again
    /// when somebody lets the webhook go on.
    pub fn is_gone(self) -> bool {
        !self.is_test && self.status == Some(GONE)
    }

    /// The time of the next try, if there is one.
    pub fn next_try(self) -> Option<Timestamp> {
        if self.is_test || self.is_taken() || self.is_gone() {
            return None;
        }
        let place = usize::try_from(self.tries).ok()?.checked_sub(1)?;
        WAITS_MS.get(place).map(|wait| self.at.plus_ms(*wait))
    }

    /// The reason to pause the webhook, which has taken nothing since a time.
    pub fn pauses(self, failing_since: Timestamp) -> Option<PauseReason> {
        if self.is_gone() {
            return Some(PauseReason::Gone);
        }
        let is_failing = self.at.since(failing_since) >= FAILING_MAX_MS;
        (is_failing && !self.is_test && !self.is_taken()).then_some(PauseReason::Failing)
    }
}

/// Data that is joined to an event when it is sent, as far as it is not erased by then.
#[derive(Clone, Copy, Debug)]
pub struct Joined<'a> {
    /// Its conversation, as it stands.
    pub view: &'a ConversationView,
    /// The line that it is of.
    pub line: Option<&'a Line>,
}

/// The status that a fact gives to a message of the team. Other facts give none.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no message of the team")]
pub fn status_of(fact: &Fact) -> Option<(LineRef, MessageStatus)> {
    match fact {
        Fact::LineWritten { line, status, .. } | Fact::MessageChanged { line, status, .. } => {
            Some((*line, *status))
        }
        _ => None,
    }
}

/// The kind of event that a message with this status is to a webhook.
fn kind_of_status(status: MessageStatus) -> Option<WebhookKind> {
    if status == MessageStatus::Failed {
        return Some(WebhookKind::MessageFailed);
    }
    (provider_rank(status) > 0).then_some(WebhookKind::MessageSent)
}

/// True where the kind of event depends on the status that the message had before.
pub fn asks_before(fact: &Fact) -> bool {
    matches!(fact, Fact::MessageChanged { status, .. } if kind_of_status(*status).is_some())
}

/// The kind of event that a fact is to a webhook; `None` for facts that it does not get.
///
/// `before` is the status that the message of the fact had, if it had one. Statuses come in any
/// order, and some never: whichever is the first to say that WhatsApp took it is told.
#[expect(clippy::wildcard_enum_match_arm, reason = "they get few facts")]
pub fn kind_of(
    fact: &Fact,
    webhook: SettingId,
    before: Option<MessageStatus>,
) -> Option<WebhookKind> {
    if let Some((_, status)) = status_of(fact) {
        let kind = kind_of_status(status);
        return kind.filter(|_| before.and_then(kind_of_status) != kind);
    }
    Some(match fact {
        // A rule says which webhook it means.
        Fact::RuleRan { did, .. } if did.contains(&RuleStep::Webhook { webhook }) => {
            WebhookKind::RuleCalled
        }
        Fact::LineReceived { .. } => WebhookKind::MessageReceived,
        Fact::EpisodeOpened { .. } => WebhookKind::ConversationOpened,
        Fact::StatusChanged { status: Status::Resolved, .. } => WebhookKind::ConversationResolved,
        Fact::OwnerChanged { .. } => WebhookKind::ConversationAssigned,
        Fact::Tagged { .. } => WebhookKind::ConversationTagged,
        Fact::NoteAdded { .. } => WebhookKind::NoteAdded,
        _ => return None,
    })
}

/// The line that an event is of.
pub fn line_of(fact: &Fact) -> Option<LineRef> {
    if let Fact::LineReceived { line, .. } = fact {
        return Some(*line);
    }
    status_of(fact).map(|(line, _)| line)
}

/// Whether a webhook gets this kind of event of this conversation.
pub fn is_wanted(to: &Webhook, kind: WebhookKind, of: &ConversationView) -> bool {
    is_told(to, kind, &of.conversation.head)
}

/// True where a webhook gets this kind of event of a conversation that stands so.
pub(crate) fn is_told(to: &Webhook, kind: WebhookKind, head: &Head) -> bool {
    to.events.contains(&kind)
        && (to.teams.is_empty() || to.teams.contains(&head.team_id))
        && (to.channels.is_empty() || to.channels.contains(&head.channel_id))
}

/// The body of the request with an event, as it is signed and sent.
pub fn body(to: &Webhook, kind: WebhookKind, event: &Event, joined: Joined<'_>) -> String {
    let whole = text(kind.name(), event, data(to, event, joined, to.contents));
    if whole.len() <= BODY_BYTES_MAX {
        return whole;
    }
    text(kind.name(), event, data(to, event, joined, false))
}

/// The body of a test.
pub fn test_body(name: &str, timestamp: &str) -> String {
    written(&WebhookEvent {
        kind: "test".to_owned(),
        timestamp: timestamp.to_owned(),
        data: json!({"webhook": name}),
    })
}

fn text(kind: &str, event: &Event, data: Value) -> String {
    let timestamp = event.at.to_string();
    written(&WebhookEvent { kind: kind.to_owned(), timestamp, data })
}

fn written(event: &WebhookEvent) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

fn data(to: &Webhook, event: &Event, joined: Joined<'_>, has_texts: bool) -> Value {
    let ConversationView { conversation, contact, .. } = joined.view;
    let (head, thread) = (&conversation.head, &conversation.thread);
    let mut customer = json!({"id": thread.contact_id});
    put(&mut customer, "name", contact.name.as_ref().filter(|_| has_texts));
    put(&mut customer, "phone", contact.phone.as_ref().filter(|_| to.numbers));
    let mut data = json!({
        "position": event.position,
        "actor": event.actor,
        "conversation_id": head.id,
        "channel_id": head.channel_id,
        "team_id": head.team_id,
        "owner": head.owner,
        "status": head.status,
        "episode": head.episode,
        "customer": customer,
    });
    put(&mut data, "message", joined.line.map(|line| message(line, has_texts)));
    put_details(&mut data, event, has_texts);
    data
}

fn message(line: &Line, has_texts: bool) -> Value {
    let mut message = json!({
        "id": line.id,
        "seq": line.seq,
        "kind": line.kind,
        "author": line.author,
        "at": line.at,
    });
    put(&mut message, "status", line.status);
    put(&mut message, "quoted", line.quoted);
    put(&mut message, "text", line.content.text.as_ref().filter(|_| has_texts));
    message
}

/// Adds the details of the fact itself.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing more")]
fn put_details(data: &mut Value, event: &Event, has_texts: bool) {
    match &event.fact {
        Fact::MessageChanged { error: Some(error), .. } => {
            put(data, "error", Some(json!({"code": error.code, "reason": error.reason})));
        }
        Fact::OwnerChanged { owner, cause, .. } => {
            put(data, "owner", Some(owner));
            put(data, "cause", Some(cause));
        }
        Fact::Tagged { added, removed } => {
            put(data, "added", Some(added.iter().map(|on| on.tag).collect::<Vec<_>>()));
            put(data, "removed", Some(removed));
        }
        Fact::NoteAdded { note_id, author, mentions, .. } => {
            let mut note = json!({"id": note_id, "author": author, "mentions": mentions});
            put(&mut note, "text", note_text(event).filter(|_| has_texts));
            put(data, "note", Some(note));
        }
        Fact::RuleRan { rule_id, version, name, .. } => {
            let mut rule = json!({"id": rule_id, "version": version, "name": name});
            put(&mut rule, "note", note_text(event).filter(|_| has_texts));
            put(data, "rule", Some(rule));
        }
        _ => {}
    }
}

fn note_text(event: &Event) -> Option<&String> {
    match &event.content {
        Some(EventContent::Note { text, .. }) => text.as_ref(),
        _ => None,
    }
}

fn put(of: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    let value = value.and_then(|value| serde_json::to_value(value).ok());
    if let (Some(fields), Some(value)) = (of.as_object_mut(), value) {
        fields.insert(name.to_owned(), value);
    }
}
