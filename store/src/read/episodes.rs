//! Episodes of a conversation, the newest first.

use baton_domain::fact::episodes::{Began, episodes as told, first_words};
use baton_protocol::episode::Episode;
use baton_protocol::{ConversationId, Event, Fact, MessageId, WorkspaceId};

use super::lines::messages;
use crate::tables::{LoggedRow, column, logged_columns};
use crate::{Sql, StoreError, Tx};

/// Events that are looked at, the newest: tags of an earlier time are not known.
const EVENTS_MAX: &str = "500";
/// Revisions after an episode's begin among which its first line is.
/// Who takes it on stands between.
const REVISIONS_MAX: u64 = 4;
/// Episodes that are told.
const EPISODES_MAX: usize = 20;

/// The last episodes of a conversation, the newest first.
pub async fn episodes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Vec<Episode>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL
           AND (l.fact LIKE '%\"type\":\"status!_changed\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"episode!_opened\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"tagged\"%')
         ORDER BY l.revision DESC LIMIT CAST($3 AS BIGINT)"
    ));
    let args = [workspace.to_string(), conversation.to_string(), EVENTS_MAX.to_owned()];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let events: Result<Vec<Event>, StoreError> =
        rows.into_iter().rev().map(|row| Ok(row.read()?.event)).collect();
    let mut all = told(&events?);
    all.drain(..all.len().saturating_sub(EPISODES_MAX));
    let mut found = Vec::new();
    for Began { mut episode, revision } in all.into_iter().rev() {
        if let Some(line) = first_line(tx, &args, revision).await? {
            let said = messages(tx, workspace, &[line]).await?.remove(&line);
            episode.first_words =
                said.and_then(|(_, line)| first_words(line.content.text.as_deref()?));
        }
        found.push(episode);
    }
    Ok(found)
}

/// The first line soon after a revision.
async fn first_line(
    tx: &mut Tx,
    [workspace, conversation, _]: &[String; 3],
    revision: u64,
) -> Result<Option<MessageId>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision > CAST($3 AS BIGINT) AND l.revision <= CAST($4 AS BIGINT)
         ORDER BY l.revision"
    ));
    let upto = column(revision.saturating_add(REVISIONS_MAX)).to_string();
    let after = column(revision).to_string();
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &[workspace, conversation, &after, &upto]).await?;
    for row in rows {
        if let Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. } =
            row.read()?.event.fact
        {
            return Ok(Some(line.id));
        }
    }
    Ok(None)
}
