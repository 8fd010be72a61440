//! Rows of the log and of the feed.

use baton_domain::log::{Logged, Route};
use baton_domain::scope::Scope;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, Content, ConversationId, Event, Fact, Timestamp, WorkspaceId,
};
use serde_json::{Value, json};
use sqlx::FromRow;

use super::{from_json, id, number, owner, some_id};
use crate::store::StoreError;

/// The columns of [`LogRow`], of `log AS l`.
macro_rules! log_columns {
    () => {
        "l.position, l.at, l.actor_kind, l.actor, l.conversation, l.revision, l.team_before,
         l.owner_before, l.team_after, l.owner_after, l.fact, l.content,
         (SELECT t.body FROM content AS t WHERE t.workspace = l.workspace AND t.id = l.content)
           AS body"
    };
}
pub(crate) use log_columns;

/// A row of the log with its content, if that is not erased.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct LogRow {
    position: i64,
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
    content: Option<String>,
    body: Option<String>,
}

impl LogRow {
    /// What the row means.
    pub(crate) fn read(&self) -> Result<Logged, StoreError> {
        let fact: Fact = from_json(&self.fact)?;
        let before = scope(self.team_before.as_deref(), self.owner_before.as_deref())?;
        let after = scope(self.team_after.as_deref(), self.owner_after.as_deref())?;
        let route = Route::of(&fact, before, after);
        let event = Event {
            position: number(self.position)?,
            conversation_id: some_id::<ConversationId>(self.conversation.as_deref())?,
            revision: self.revision.map(number).transpose()?,
            at: Timestamp::from_ms(self.at),
            actor: actor(&self.actor_kind, self.actor.as_deref())?,
            content: self.content(&fact)?,
            fact,
        };
        Ok(Logged { event, route })
    }

    fn content(&self, fact: &Fact) -> Result<Option<EventContent>, StoreError> {
        match (&self.content, &self.body) {
            (None, _) => Ok(None),
            (Some(_), Some(body)) => from_json(body).map(Some),
            (Some(_), None) => Ok(erased(fact)),
        }
    }
}

/// What stands in the place of an erased content.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts have none")]
fn erased(fact: &Fact) -> Option<EventContent> {
    match fact {
        Fact::LineReceived { .. } | Fact::LineWritten { .. } => {
            Some(EventContent::Line(Content { erased: true, ..Content::default() }))
        }
        Fact::NoteAdded { .. } => Some(EventContent::Note { text: None }),
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
        (other, _) => return Err(StoreError::corrupt(format!("actor {other:?}"))),
    })
}

/// The actor of an event, as its two columns.
fn actor_columns(actor: Actor) -> (&'static str, Option<AgentId>) {
    match actor {
        Actor::Customer => ("customer", None),
        Actor::Agent { id } => ("agent", Some(id)),
        Actor::System => ("system", None),
    }
}

/// A row of the log, in the order of the table's columns; `content` is the id of the content row
/// and its digest.
pub(crate) fn log_values(
    workspace: WorkspaceId,
    logged: &Logged,
    content: Option<(&str, &str)>,
) -> Value {
    let event = &logged.event;
    let (before, after) = match logged.route {
        Route::Conversation { before, after } => (before, Some(after)),
        Route::Agent(_) | Route::Everyone => (None, None),
    };
    let (actor_kind, actor) = actor_columns(event.actor);
    json!([
        workspace,
        event.position,
        event.position.checked_sub(1).filter(|previous| *previous > 0),
        event.at.ms(),
        actor_kind,
        actor,
        event.conversation_id,
        event.revision,
        before.map(|scope| scope.team),
        before.and_then(|scope| scope.owner.agent()),
        after.map(|scope| scope.team),
        after.and_then(|scope| scope.owner.agent()),
        fact_text(&event.fact),
        content.map(|(id, _)| id),
        content.map(|(_, digest)| digest),
    ])
}

/// A fact as it is stored. Facts are ids, numbers and names: this cannot fail.
fn fact_text(fact: &Fact) -> String {
    serde_json::to_string(fact).unwrap_or_default()
}

/// Rows of the feed: one for each audience of the event.
pub(crate) fn feed_values(workspace: WorkspaceId, logged: &Logged) -> Vec<Value> {
    let event = &logged.event;
    let audiences = logged.route.audiences();
    audiences
        .iter()
        .map(|of| json!([workspace, of.to_string(), event.position, event.conversation_id]))
        .collect()
}
