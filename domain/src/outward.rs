//! The events that webhooks of the team's own are told, of their conversations, as far as they may.

use baton_protocol::conversation::ConversationView;
use baton_protocol::event::EventContent;
use baton_protocol::setting::{Webhook, WebhookEvent, WebhookKind};
use baton_protocol::{Event, Fact, Line, LineRef, MessageStatus, Status};
use serde_json::{Value, json};

/// The longest body of a request. What is longer is told without its texts.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Data that is joined to an event when it is told, as far as it is not erased by then.
#[derive(Clone, Copy, Debug)]
pub struct Joined<'a> {
    /// Its conversation, as it stands.
    pub view: &'a ConversationView,
    /// The line that it is of.
    pub line: Option<&'a Line>,
}

/// The kind of event that a fact is to webhooks; `None` for what they are not told of.
#[expect(clippy::wildcard_enum_match_arm, reason = "they are told of few facts")]
pub fn kind_of(fact: &Fact) -> Option<WebhookKind> {
    Some(match fact {
        Fact::LineReceived { .. } => WebhookKind::MessageReceived,
        Fact::MessageChanged { status: MessageStatus::Accepted, .. } => WebhookKind::MessageSent,
        Fact::MessageChanged { status: MessageStatus::Failed, .. } => WebhookKind::MessageFailed,
        Fact::EpisodeOpened { .. } => WebhookKind::ConversationOpened,
        Fact::StatusChanged { status: Status::Resolved, .. } => WebhookKind::ConversationResolved,
        Fact::OwnerChanged { .. } => WebhookKind::ConversationAssigned,
        Fact::Tagged { .. } => WebhookKind::ConversationTagged,
        Fact::NoteAdded { .. } => WebhookKind::NoteAdded,
        _ => return None,
    })
}

/// The line that an event is of.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
pub fn line_of(fact: &Fact) -> Option<LineRef> {
    match fact {
        Fact::LineReceived { line, .. } | Fact::MessageChanged { line, .. } => Some(*line),
        _ => None,
    }
}

/// Whether a webhook is told of this kind of event in this conversation.
pub fn is_told(to: &Webhook, kind: WebhookKind, of: &ConversationView) -> bool {
    let head = &of.conversation.head;
    to.events.contains(&kind)
        && (to.teams.is_empty() || to.teams.contains(&head.team_id))
        && (to.channels.is_empty() || to.channels.contains(&head.channel_id))
}

/// The body of the request that tells of an event, as it is signed and sent.
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
    let mut told = json!({
        "id": line.id,
        "seq": line.seq,
        "kind": line.kind,
        "author": line.author,
        "at": line.at,
    });
    put(&mut told, "status", line.status);
    put(&mut told, "quoted", line.quoted);
    put(&mut told, "text", line.content.text.as_ref().filter(|_| has_texts));
    told
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
            let text = match &event.content {
                Some(EventContent::Note { text, .. }) => text.as_ref(),
                _ => None,
            };
            put(&mut note, "text", text.filter(|_| has_texts));
            put(data, "note", Some(note));
        }
        _ => {}
    }
}

fn put(of: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    let value = value.and_then(|value| serde_json::to_value(value).ok());
    if let (Some(fields), Some(value)) = (of.as_object_mut(), value) {
        fields.insert(name.to_owned(), value);
    }
}
