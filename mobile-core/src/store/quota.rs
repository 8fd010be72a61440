//! Eviction: copies of the server's data make room.
//!
//! Lines and notes of conversations that were not opened for long are deleted, resolved ones first.
//! Their rows stay in the lists, and the lines can be read from the server. Outbox, drafts and the
//! lines of an open turn are never evicted.

use baton_domain::see::mirror::Full;
use rusqlite::{Connection, TransactionBehavior, params};

use super::StoreError;
use super::rows::count;

/// Conversations whose lines are dropped between two looks at how much room there is.
const AT_ONCE: usize = 16;

/// The result of a trim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trimmed {
    /// Conversations whose lines were dropped.
    pub conversations: u64,
    /// The size of the database afterwards, bytes.
    pub bytes: u64,
}

/// Whether a conversation's lines were dropped for want of room: none is held, and the server has
/// them. Fetched again, it is whole.
pub fn are_lines_dropped(full: &Full) -> bool {
    full.lines.is_empty() && full.from_seq > full.view.conversation.head.last_seq.max(1)
}

/// Evicts lines until the database takes nine tenths of `limit` bytes, if it takes more than
/// `limit`. At most `most` conversations lose their lines.
pub(super) fn trim(
    connection: &mut Connection,
    limit: u64,
    most: usize,
) -> Result<Trimmed, StoreError> {
    let bytes = used(connection)?;
    if bytes <= limit {
        return Ok(Trimmed { conversations: 0, bytes });
    }
    let aim = limit / 10 * 9;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let conversations = drop_lines(&tx, aim, most)?;
    tx.commit()?;
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    drop(steps);
    drop(vacuum);
    Ok(Trimmed { conversations, bytes: used(connection)? })
}

fn drop_lines(tx: &Connection, aim: u64, most: usize) -> Result<u64, StoreError> {
    let mut rows = droppable(tx)?;
    rows.truncate(most);
    let mut lines = tx.prepare("DELETE FROM line WHERE conversation = ?1")?;
    let mut notes = tx.prepare("DELETE FROM note WHERE conversation = ?1")?;
    // The run that is held is empty and ends at the last line: what comes next joins it.
    let mut end =
        tx.prepare("UPDATE conversation SET from_seq = last_seq + 1 WHERE number = ?1")?;
    let mut conversations = 0;
    for rows in rows.chunks(AT_ONCE) {
        if used(tx)? <= aim {
            break;
        }
        for row in rows {
            lines.execute(params![row])?;
            notes.execute(params![row])?;
            end.execute(params![row])?;
            conversations += 1;
        }
    }
    Ok(conversations)
}

/// The conversations whose lines may go, in the order in which they go.
fn droppable(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT number FROM conversation
         WHERE from_seq <= last_seq AND unanswered_since IS NULL
         ORDER BY status <> 'resolved', opened_at, activity_at",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The size of the database, without its free pages and without SQLite's log, bytes.
pub(super) fn used(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |sql: &str| connection.query_row(sql, [], |row| count(row, 0));
    let pages = pragma("PRAGMA page_count")?.saturating_sub(pragma("PRAGMA freelist_count")?);
    Ok(pages * pragma("PRAGMA page_size")?)
}
