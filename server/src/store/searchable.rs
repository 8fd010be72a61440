//! What makes texts of the log searchable: beginnings of their words, written after the commit.
//!
//! It follows the log by a cursor of its own, so that no commit waits for it. Messages from before
//! an upgrade are filled in the same way. A stop in the middle loses nothing.

use baton_domain::find::entries;
use baton_domain::log::{Logged, Route};
use baton_protocol::event::EventContent;
use baton_protocol::{Content, Details, WorkspaceId};

use super::rows::{column, id, number};
use super::table::{Set, Statement, table};
use super::{Sql, Store, StoreError, Tx, read};

table! {
    /// That a position's text has a word that begins so.
    search_word: WordRow {
        key { workspace: String, word: String, position: i64 }
        fixed {}
        state {}
    }
}

table! {
    /// How far a log is searchable.
    search_head: SearchHeadRow {
        key { workspace: String }
        fixed {}
        state { position: i64 }
    }
}

/// The workspaces with events that are not searchable yet.
pub async fn unsearchable(tx: &mut Tx) -> Result<Vec<WorkspaceId>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT h.workspace FROM log_head AS h
         LEFT JOIN search_head AS s ON s.workspace = h.workspace
         WHERE h.position > COALESCE(s.position, 0) ORDER BY h.workspace",
    );
    let rows: Vec<(String,)> = tx.rows(&SELECT, &[]).await?;
    rows.iter().map(|(workspace,)| id(workspace)).collect()
}

/// The last position that is searchable.
pub async fn searchable_upto(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64, StoreError> {
    static SELECT: Sql = Sql::new("SELECT position FROM search_head WHERE workspace = $1");
    let row: Option<(i64,)> = tx.row(&SELECT, &[&workspace.to_string()]).await?;
    row.map_or(Ok(0), |(position,)| number(position))
}

/// Makes at most `limit` further events searchable, and tells whether there are more.
pub async fn make_searchable(
    store: &Store,
    workspace: WorkspaceId,
    limit: u64,
) -> Result<bool, StoreError> {
    static WORDS: Statement<WordRow> =
        Statement::insert_or("ON CONFLICT (workspace, word, position) DO NOTHING");
    static HEAD: Statement<SearchHeadRow> = Statement::insert_or(
        "ON CONFLICT (workspace) DO UPDATE SET position =
           CASE WHEN excluded.position > search_head.position THEN excluded.position
             ELSE search_head.position END",
    );
    let mut tx = store.read().await?;
    let before = searchable_upto(&mut tx, workspace).await?;
    let events = read::log_after(&mut tx, workspace, before, limit).await?;
    tx.rollback().await?;
    let Some(last) = events.last().map(|logged| logged.event.position) else { return Ok(false) };
    let words: Vec<_> = events.iter().flat_map(|logged| rows(workspace, logged)).collect();
    let head = SearchHeadRow { workspace: workspace.to_string(), position: column(last) };
    let mut tx = store.begin().await?;
    tx.write(&[Set::new(&WORDS, &words), Set::new(&HEAD, &[head])]).await?;
    tx.commit().await?;
    Ok(last - before >= limit)
}

fn rows(workspace: WorkspaceId, logged: &Logged) -> Vec<WordRow> {
    // What only a few may see is not searched.
    if !matches!(logged.route, Route::Conversation { .. }) {
        return Vec::new();
    }
    let text = match &logged.event.content {
        Some(EventContent::Line(content)) => searched(content),
        Some(EventContent::Note { text, .. }) => text.clone().unwrap_or_default(),
        Some(
            EventContent::Contact(_) | EventContent::Reaction { .. } | EventContent::Unknown(_),
        )
        | None => return Vec::new(),
    };
    let row = |word| WordRow {
        workspace: workspace.to_string(),
        word,
        position: column(logged.event.position),
    };
    entries(&text).into_iter().map(row).collect()
}

/// What is searched of a line: its text or caption, and the name of its file.
pub(super) fn searched(content: &Content) -> String {
    let file = match content.details.as_deref() {
        Some(Details::File { name, .. }) => name.as_deref(),
        _ => None,
    };
    let parts = [content.text.as_deref(), file].into_iter().flatten();
    parts.collect::<Vec<_>>().join("\n")
}
