//! Lines and notes: runs of them, and single ones.

use std::collections::BTreeMap;

use baton_protocol::limits::NOTES_MAX;
use baton_protocol::{ConversationId, Line, MessageId, Note, WorkspaceId};
use serde_json::json;

use crate::tables::{LineRow, NotedRow, column, ids, line_columns};
use crate::{Sql, StoreError, Tx};

/// A run of lines of a conversation, both ends included. Lines are numbered without holes, so a
/// run is found by arithmetic, however long the conversation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The conversation.
    pub conversation: ConversationId,
    /// Number of the first line.
    pub from: u64,
    /// Number of the last line.
    pub to: u64,
}

/// The run of at most `limit` lines below `before`.
pub(super) fn run_before(conversation: ConversationId, before: u64, limit: u64) -> Run {
    let to = before.saturating_sub(1);
    Run { conversation, from: before.saturating_sub(limit).max(1), to }
}

/// The page of lines below `before` (from the newest on, if `None`), ascending.
pub async fn lines(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<Line>, StoreError> {
    static LAST: Sql =
        Sql::new("SELECT last_seq FROM conversation WHERE workspace = $1 AND id = $2");
    let keys = [workspace.to_string(), conversation.to_string()];
    let Some((last,)) = tx.row::<(i64,)>(&LAST, &[&keys[0], &keys[1]]).await? else {
        return Ok(Vec::new());
    };
    let end = u64::try_from(last).unwrap_or(0).saturating_add(1);
    let run = run_before(conversation, before.unwrap_or(end).min(end), limit);
    let mut found = runs(tx, workspace, &[run]).await?;
    Ok(found.remove(&conversation).unwrap_or_default())
}

/// The lines of these runs, ascending.
pub(super) async fn runs(
    tx: &mut Tx,
    workspace: WorkspaceId,
    runs: &[Run],
) -> Result<BTreeMap<ConversationId, Vec<Line>>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        line_columns!(),
        " FROM {rows $2} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM message WHERE workspace = $1
             AND conversation = x.value->>0
             AND seq BETWEEN CAST(x.value->>1 AS BIGINT) AND CAST(x.value->>2 AS BIGINT)
             OFFSET 0) AS m}
         {sqlite message AS m WHERE m.workspace = $1 AND m.conversation = x.value->>0
             AND m.seq BETWEEN CAST(x.value->>1 AS BIGINT) AND CAST(x.value->>2 AS BIGINT)}
         ORDER BY m.conversation, m.seq"
    ));
    let mut found: BTreeMap<ConversationId, Vec<Line>> = BTreeMap::new();
    let keys: Vec<_> = runs
        .iter()
        .filter(|run| run.from <= run.to)
        .map(|run| json!([run.conversation, column(run.from), column(run.to)]))
        .collect();
    if keys.is_empty() {
        return Ok(found);
    }
    let rows: Vec<LineRow> =
        tx.rows(&SELECT, &[&workspace.to_string(), &json!(keys).to_string()]).await?;
    for row in rows {
        found.entry(row.conversation()?).or_default().push(row.read()?);
    }
    Ok(found)
}

/// A line with what it said, even if it was taken back since.
pub async fn whole_line(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: MessageId,
) -> Result<Option<(ConversationId, Line)>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        line_columns!(),
        " FROM message AS m WHERE m.workspace = $1 AND m.id = $2"
    ));
    let row: Option<LineRow> = tx.row(&SELECT, &[&workspace.to_string(), &of.to_string()]).await?;
    row.map(|row| Ok((row.conversation()?, row.whole()?))).transpose()
}

/// Single lines by id, each with its conversation.
pub async fn messages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &[MessageId],
) -> Result<BTreeMap<MessageId, (ConversationId, Line)>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        line_columns!(),
        " FROM message AS m WHERE m.workspace = $1 AND m.id {in $2}"
    ));
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<LineRow> = tx.rows(&SELECT, &[&workspace.to_string(), &ids(of)]).await?;
    let mut found = BTreeMap::new();
    for row in rows {
        let line = row.read()?;
        found.insert(line.id, (row.conversation()?, line));
    }
    Ok(found)
}

/// The notes that belong to these runs, by revision. A note stands after the line that was the last
/// when it was written: neighbouring runs share no note and miss none. A run up to the last line
/// has the notes after it too, if its `to` says so (`u64::MAX`).
///
/// Of each run these are the newest ones below the revision `before`, [`NOTES_MAX`] at most. A
/// later note stands behind the same line or a later one, so that the index has them in this order.
pub async fn notes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    runs: &[Run],
    before: Option<u64>,
) -> Result<BTreeMap<ConversationId, Vec<Note>>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns n note},
           (SELECT t.body FROM content AS t WHERE t.workspace = n.workspace AND t.id = n.id)
             AS body
         FROM {rows $2} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM note WHERE workspace = $1
             AND conversation = x.value->>0
             AND after_seq BETWEEN CAST(x.value->>1 AS BIGINT) AND CAST(x.value->>2 AS BIGINT)
             AND revision < CAST($3 AS BIGINT)
             ORDER BY after_seq DESC, revision DESC LIMIT CAST($4 AS BIGINT)) AS n}
         {sqlite note AS n WHERE n.workspace = $1 AND n.id IN (SELECT o.id FROM note AS o
             WHERE o.workspace = $1 AND o.conversation = x.value->>0
             AND o.after_seq BETWEEN CAST(x.value->>1 AS BIGINT) AND CAST(x.value->>2 AS BIGINT)
             AND o.revision < CAST($3 AS BIGINT)
             ORDER BY o.after_seq DESC, o.revision DESC LIMIT CAST($4 AS BIGINT))}
         ORDER BY n.conversation, n.revision",
    );
    let keys: Vec<_> = runs
        .iter()
        .map(|run| {
            let (from, to) = (run.from.saturating_sub(1), run.to.saturating_sub(1));
            json!([run.conversation, column(from), column(to)])
        })
        .collect();
    let (before, most) = (column(before.unwrap_or(u64::MAX)), NOTES_MAX.to_string());
    let args = [&workspace.to_string(), &json!(keys).to_string(), &before.to_string(), &most];
    let rows: Vec<NotedRow> = tx.rows(&SELECT, &args.map(String::as_str)).await?;
    let mut found: BTreeMap<ConversationId, Vec<Note>> = BTreeMap::new();
    for row in rows {
        let note = row.read()?;
        found.entry(note.conversation_id).or_default().push(note);
    }
    Ok(found)
}
