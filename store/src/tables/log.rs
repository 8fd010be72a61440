//! The log, its feed and its ends, and what may be erased of it.

use std::sync::Arc;

use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::scope::{Audience, Scope};
use baton_protocol::event::EventContent;
use baton_protocol::{Actor, Content, ConversationId, Event, Fact, Owner, Timestamp, WorkspaceId};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::{column, from_json, id, json, number, owner, some_id, text};
use crate::StoreError;
use crate::table::table;

table! {
    /// A row of the log, which is written once. The hash chain covers all of it.
    log: LogRow {
        key { workspace: String, position: i64 }
        fixed {
            previous: Option<i64>,
            at: i64,
            actor_kind: String,
            actor: Option<String>,
            conversation: Option<String>,
            revision: Option<i64>,
            team_before: Option<String>,
            owner_before: Option<String>,
            team_after: Option<String>,
            owner_after: Option<String>,
            fact: String,
            /// The id of its content row, and what it digests.
            content: Option<String>,
            digest: Option<String>,
        }
        state {}
    }
}

table! {
    /// The row by which the feed of an audience lists an event.
    feed: FeedRow {
        key { workspace: String, audience: String, position: i64 }
        fixed { conversation: Option<String> }
        state {}
    }
}

table! {
    /// Where a workspace's log ends.
    log_head: HeadRow {
        key { workspace: String }
        fixed {}
        state { position: i64 }
    }
}

table! {
    /// A stretch of the log that was sealed: see the migration.
    seal: SealRow {
        key { workspace: String, upto: i64 }
        fixed { from_position: i64, hash: String, marks: String }
        state {}
    }
}

table! {
    /// The erasable part of an event, with the salt of its digest.
    content: ContentRow {
        key { workspace: String, id: String }
        fixed { salt: String, body: String }
        state {}
    }
}

/// The columns that are read of an event: its row of `log AS l`, and its content if that is not
/// erased. The content is looked up row by row.
macro_rules! logged_columns {
    () => {
        "{columns l log},
         (SELECT t.body FROM content AS t WHERE t.workspace = l.workspace AND t.id = l.content)
           AS body"
    };
}
pub(crate) use logged_columns;

/// See [`logged_columns`].
#[derive(FromRow, Clone, Debug)]
pub struct LoggedRow {
    #[sqlx(flatten)]
    row: LogRow,
    body: Option<String>,
}

impl LogRow {
    /// The event of the row, without its content.
    pub fn told(&self) -> Result<Event, StoreError> {
        self.clone().bare().map(|logged| logged.event)
    }

    /// The meaning of the row, without its content.
    pub fn bare(self) -> Result<Logged, StoreError> {
        LoggedRow { row: Self { content: None, ..self }, body: None }.read()
    }
}

impl LoggedRow {
    /// The meaning of the row.
    pub fn read(&self) -> Result<Logged, StoreError> {
        let row = &self.row;
        let fact: Fact = from_json(&row.fact)?;
        let before = scope(row.team_before.as_deref(), row.owner_before.as_deref())?;
        let after = scope(row.team_after.as_deref(), row.owner_after.as_deref())?;
        let revision = row.revision.map(number).transpose()?;
        // What makes no revision may concern one agent alone, as coaching does.
        let is_secret = matches!(fact, Fact::Unknown(_)) && revision.is_none();
        let route = if is_secret { Route::Nobody } else { Route::of(&fact, before, after) };
        let event = Event {
            position: number(row.position)?,
            conversation_id: some_id::<ConversationId>(row.conversation.as_deref())?,
            revision,
            at: Timestamp::from_ms(row.at),
            actor: actor(&row.actor_kind, row.actor.as_deref())?,
            content: self.content(&fact)?,
            fact,
        };
        let json = self.newer(&event);
        Ok(Logged { event, route, json })
    }

    /// The event as JSON, where a newer version wrote more than this one can hold.
    fn newer(&self, event: &Event) -> Option<Arc<str>> {
        let row = &self.row;
        let is_all = json(&event.fact) == row.fact
            && self.body.as_ref().is_none_or(|body| json(&event.content) == *body)
            && event.actor != Actor::Unknown;
        if is_all {
            return None;
        }
        let raw = |text: &str| RawValue::from_string(text.to_owned()).ok();
        let actor = json!({ "kind": row.actor_kind, "id": row.actor });
        let newer = Newer {
            position: event.position,
            conversation_id: event.conversation_id,
            revision: event.revision,
            at: event.at,
            actor: if event.actor == Actor::Unknown { actor } else { json!(event.actor) },
            fact: serde_json::from_str(&row.fact).ok()?,
            content: self.body.as_deref().and_then(raw),
        };
        serde_json::to_string(&newer).ok().map(Into::into)
    }

    fn content(&self, fact: &Fact) -> Result<Option<EventContent>, StoreError> {
        match (&self.row.content, &self.body) {
            (None, _) => Ok(None),
            (Some(_), Some(body)) => from_json(body).map(Some),
            (Some(_), None) => Ok(erased(fact)),
        }
    }
}

/// An [`Event`] as it goes over the wire, with parts that this version does not know.
#[derive(Serialize)]
struct Newer {
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    at: Timestamp,
    actor: Value,
    #[serde(flatten)]
    fact: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Box<RawValue>>,
}

/// The value in the place of an erased content.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts have none")]
fn erased(fact: &Fact) -> Option<EventContent> {
    match fact {
        Fact::LineReceived { .. } | Fact::LineWritten { .. } => {
            Some(EventContent::Line(Content { erased: true, ..Content::default() }))
        }
        Fact::NoteAdded { .. } | Fact::Coached { .. } => {
            Some(EventContent::Note { text: None, quoted: None })
        }
        // A card that was erased is as if it had never been told; the others have no content.
        _ => None,
    }
}

fn scope(team: Option<&str>, agent: Option<&str>) -> Result<Option<Scope>, StoreError> {
    let Some(team) = some_id(team)? else { return Ok(None) };
    Ok(Some(Scope { team, owner: owner(team, agent)? }))
}

fn actor(kind: &str, agent: Option<&str>) -> Result<Actor, StoreError> {
    Ok(match (kind, agent) {
        ("customer", _) => Actor::Customer,
        ("agent", Some(agent)) => Actor::Agent { id: id(agent)? },
        ("system", _) => Actor::System,
        ("rule", Some(rule)) => Actor::Rule { id: id(rule)? },
        ("agent", None) => return Err(StoreError::corrupt("an agent without an id")),
        _ => Actor::Unknown,
    })
}

/// The actor of an event, as its two columns.
fn actor_columns(actor: Actor) -> (&'static str, Option<Uuid>) {
    match actor {
        Actor::Customer => ("customer", None),
        Actor::Agent { id } => ("agent", Some(id.0)),
        Actor::Rule { id } => ("rule", Some(id.0)),
        Actor::System => ("system", None),
        Actor::Unknown => ("unknown", None),
    }
}

impl LogRow {
    /// The row of an event; `content` is the id of its content row, and the digest.
    pub fn new(workspace: WorkspaceId, logged: &Logged, content: Option<(&str, &str)>) -> Self {
        let event = &logged.event;
        let (before, after) = match logged.route {
            Route::Conversation { before, after } => (before, Some(after)),
            // Of those that make no revision it alone has a team.
            Route::Coaching { agent, team } => {
                (None, Some(Scope { team, owner: Owner::Agent(agent) }))
            }
            // The fact says what settings are for.
            Route::Agent(_) | Route::Everyone | Route::Setting { .. } | Route::Nobody => {
                (None, None)
            }
        };
        let (actor_kind, actor) = actor_columns(event.actor);
        let previous = event.position.checked_sub(1).filter(|previous| *previous > 0);
        Self {
            workspace: workspace.to_string(),
            position: column(event.position),
            previous: previous.map(column),
            at: event.at.ms(),
            actor_kind: actor_kind.to_owned(),
            actor: text(actor),
            conversation: text(event.conversation_id),
            revision: event.revision.map(column),
            team_before: before.map(|scope| scope.team.to_string()),
            owner_before: before.and_then(|scope| text(scope.owner.agent())),
            team_after: after.map(|scope| scope.team.to_string()),
            owner_after: after.and_then(|scope| text(scope.owner.agent())),
            fact: json(&event.fact),
            content: content.map(|(id, _)| id.to_owned()),
            digest: content.map(|(_, digest)| digest.to_owned()),
        }
    }
}

impl FeedRow {
    /// One for each audience of the event.
    pub fn all(workspace: WorkspaceId, logged: &Logged) -> Vec<Self> {
        let event = &logged.event;
        let row = |audience: &Audience| Self {
            workspace: workspace.to_string(),
            audience: audience.to_string(),
            position: column(event.position),
            conversation: text(event.conversation_id),
        };
        logged.route.audiences().iter().map(row).collect()
    }
}

impl HeadRow {
    /// Where a workspace's log ends.
    pub fn new(workspace: WorkspaceId, position: u64) -> Self {
        Self { workspace: workspace.to_string(), position: column(position) }
    }
}

impl ContentRow {
    /// A body and its salt.
    pub fn new(workspace: WorkspaceId, id: &str, salt: String, body: String) -> Self {
        Self { workspace: workspace.to_string(), id: id.to_owned(), salt, body }
    }
}
