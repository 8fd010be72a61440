//! What makes texts of the log and names searchable: beginnings of words, written after the commit.
//!
//! It follows the log by a cursor of its own, so that no commit waits for it. A new version of the
//! fold makes it go through the past once more, beside what is new. A stop in the middle loses
//! nothing.

use baton_domain::fact::log::{Logged, Route};
use baton_domain::text::find::{entries, searched};
use baton_domain::text::fold;
use baton_protocol::event::EventContent;
use baton_protocol::{Event, WorkspaceId};

use crate::table::stamp::{STAMP_STATE, stamp_of_row};
use crate::table::{Set, Statement, table};
use crate::tables::{ContactRow, column, id, number};
use crate::{Sql, Store, StoreError, Tx, read};

table! {
    /// That a position's text has a word that begins so.
    search_word: WordRow {
        key { workspace: String, word: String, position: i64 }
        fixed {}
        state {}
    }
}

table! {
    /// How far a log is searchable, by which version of the fold.
    search_fill: FillRow {
        key { workspace: String }
        fixed {}
        state {
            fold: i64,
            position: i64,
            past: i64,
            past_upto: i64,
            contact: Option<String>,
        }
    }
}

/// The version of the fold by which entries and names are kept.
const FOLD: i64 = fold::VERSION as i64;
/// Entries of one transaction, but for those of its last text.
const ROWS_MAX: usize = if cfg!(test) { 40 } else { 20_000 };
/// Names of one transaction.
const NAMES_MAX: usize = if cfg!(test) { 3 } else { 500 };
/// Events that a follower may lag behind without a word.
const BEHIND: u64 = 1_000;

/// The workspaces with something that is not searchable yet, each with the head of its log.
pub async fn unsearchable(tx: &mut Tx) -> Result<Vec<(WorkspaceId, u64)>, StoreError> {
    // What a newer program fills is left to it.
    static SELECT: Sql = Sql::new(
        "SELECT h.workspace, h.position FROM log_head AS h
         LEFT JOIN search_fill AS s ON s.workspace = h.workspace
         WHERE h.position > 0 AND (s.workspace IS NULL OR s.fold < CAST($1 AS BIGINT)
           OR (s.fold = CAST($1 AS BIGINT) AND (h.position > s.position
             OR s.past < s.past_upto OR s.contact IS NOT NULL)))
         ORDER BY h.workspace",
    );
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &[&FOLD.to_string()]).await?;
    rows.iter().map(|(workspace, head)| Ok((id(workspace)?, number(*head)?))).collect()
}

/// The last position up to which what is new is searchable.
#[cfg(test)]
pub(crate) async fn searchable_upto(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<u64, StoreError> {
    number(progress(tx, workspace).await?.position)
}

/// Whether what was said before an upgrade has the entries of this version by now.
pub async fn is_whole(tx: &mut Tx, workspace: WorkspaceId) -> Result<bool, StoreError> {
    let row = progress(tx, workspace).await?;
    Ok(row.past >= row.past_upto)
}

/// Whether a log of this length has much that is not searchable yet.
pub async fn is_filling(
    tx: &mut Tx,
    workspace: WorkspaceId,
    head: u64,
) -> Result<bool, StoreError> {
    let row = progress(tx, workspace).await?;
    let position: u64 = number(row.position)?;
    let past: u64 = number(row.past_upto.saturating_sub(row.past).max(0))?;
    let is_behind = head.saturating_sub(position) + past > BEHIND;
    Ok(is_behind || (row.contact.is_some() && head > BEHIND))
}

/// How far it got; where another version got to, all of it is the past.
async fn progress(tx: &mut Tx, workspace: WorkspaceId) -> Result<FillRow, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT workspace, fold, position, past, past_upto, contact FROM search_fill
         WHERE workspace = $1",
    );
    // Up to where a program without versions got.
    static BEFORE: Sql = Sql::new("SELECT position FROM search_head WHERE workspace = $1");
    let workspace = workspace.to_string();
    let row: Option<FillRow> = tx.row(&SELECT, &[&workspace]).await?;
    let position = match row {
        Some(row) if row.fold >= FOLD => return Ok(row),
        Some(row) => row.position,
        None => {
            let row: Option<(i64,)> = tx.row(&BEFORE, &[&workspace]).await?;
            row.map_or(0, |(position,)| position)
        }
    };
    let contact = Some(String::new());
    Ok(FillRow { workspace, fold: FOLD, position, past: 0, past_upto: position, contact })
}

/// Makes some names and at most `limit` further events searchable, and tells whether there is more.
pub async fn make_searchable(
    store: &Store,
    workspace: WorkspaceId,
    limit: u64,
) -> Result<bool, StoreError> {
    static WORDS: Statement<WordRow> =
        Statement::insert_or("ON CONFLICT (workspace, word, position) DO NOTHING");
    static FILL: Statement<FillRow> = Statement::insert_or(
        "ON CONFLICT (workspace) DO UPDATE SET fold = excluded.fold,
           position = excluded.position, past = excluded.past, past_upto = excluded.past_upto,
           contact = excluded.contact",
    );
    let mut tx = store.read().await?;
    let mut fill = progress(&mut tx, workspace).await?;
    let position = number(fill.position)?;
    let mut events = read::log_after(&mut tx, workspace, position, limit).await?;
    let is_past = events.is_empty() && fill.past < fill.past_upto;
    if is_past {
        events = read::log_after(&mut tx, workspace, number(fill.past)?, limit).await?;
    }
    tx.rollback().await?;
    let is_whole = (events.len() as u64) < limit;
    let end = events.last().map(|logged| logged.event.position);
    let (words, last) = words(workspace, events);
    match last.map(column) {
        Some(last) if is_past => fill.past = last,
        Some(last) => fill.position = last,
        // A log that was cut off there.
        None => fill.past = fill.past_upto,
    }
    let mut tx = store.begin().await?;
    if let Some(after) = fill.contact.take() {
        fill.contact = fold_names(store, &mut tx, workspace, &after).await?;
    }
    let is_more = !is_whole || last != end || fill.past < fill.past_upto || fill.contact.is_some();
    tx.write(&[Set::new(&WORDS, &words), Set::new(&FILL, &[fill])]).await?;
    tx.commit().await?;
    Ok(is_more)
}

/// The entries of events, as many as one transaction takes, and the last position that they cover.
fn words(workspace: WorkspaceId, events: Vec<Logged>) -> (Vec<WordRow>, Option<u64>) {
    let (mut all, mut last) = (Vec::new(), None);
    for logged in events {
        let Event { position, .. } = logged.event;
        let row =
            |word| WordRow { workspace: workspace.to_string(), word, position: column(position) };
        all.extend(text_of(&logged).iter().flat_map(|text| entries(text)).map(row));
        last = Some(position);
        if all.len() >= ROWS_MAX {
            break;
        }
    }
    (all, last)
}

/// What is searched of an event.
fn text_of(logged: &Logged) -> Option<String> {
    // What only a few may see is not searched.
    if !matches!(logged.route, Route::Conversation { .. }) {
        return None;
    }
    match &logged.event.content {
        Some(EventContent::Line(content)) => Some(searched(content)),
        Some(EventContent::Note { text, .. }) => text.clone(),
        Some(
            EventContent::Contact(_)
            | EventContent::Reaction { .. }
            | EventContent::Setting(_)
            | EventContent::Outcome(_)
            | EventContent::Unknown(_),
        )
        | None => None,
    }
}

#[derive(sqlx_macros::FromRow)]
struct NamedRow {
    #[sqlx(flatten)]
    contact: ContactRow,
    stamp_state: Option<i64>,
}

/// Folds the names of some contacts after this one as this version does, and tells the last; `None`
/// if there are no more.
async fn fold_names(
    store: &Store,
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: &str,
) -> Result<Option<String>, StoreError> {
    // A row that the committer is writing gets its name folded by that.
    static SELECT: Sql = Sql::new(
        "SELECT {columns c contact}, c.stamp_state FROM contact AS c
         WHERE c.workspace = $1 AND c.id > $2 ORDER BY c.id LIMIT CAST($3 AS BIGINT) {skip}",
    );
    static REPLACE: Statement<ContactRow> = Statement::replace();
    let args = [&workspace.to_string(), after, &NAMES_MAX.to_string()];
    let rows: Vec<NamedRow> = tx.rows(&SELECT, &args).await?;
    let last = rows.last().filter(|_| rows.len() >= NAMES_MAX).map(|row| row.contact.id.clone());
    let mut changed = Vec::new();
    for NamedRow { mut contact, stamp_state } in rows {
        let search_name = contact.searched();
        if search_name == contact.search_name {
            continue;
        }
        let key = store.stamps();
        if key.is_some_and(|key| Some(stamp_of_row(key, &contact, &STAMP_STATE)) != stamp_state) {
            tracing::error!(
                table = "contact", row = %contact.id,
                "a row was changed outside of Baton: its name is left as it is; \
                 run `baton verify-log`"
            );
            continue;
        }
        contact.search_name = search_name;
        changed.push(contact);
    }
    tx.write(&[Set::new(&REPLACE, &changed)]).await?;
    Ok(last)
}
