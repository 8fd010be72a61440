//! Erases what was taken back: texts with their salts, beginnings of their words, and their raw
//! forms. Facts stay, and say that it was taken back.
//!
//! A line goes with all its edits. What of them comes later is written without its words.

use std::collections::BTreeSet;

use baton_domain::group::Key;
use baton_domain::text::find::{entries, searched};
use baton_protocol::MessageId;
use baton_protocol::event::EventContent;
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, ids};
use crate::{Sql, Store, StoreError, Tx};

/// A revocation of which not everything is erased.
#[derive(FromRow, Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    workspace: String,
    channel: String,
    wamid: String,
    message: String,
    conversation: String,
    author_kind: String,
}

/// A line, as far as its erasure looks at it.
#[derive(FromRow)]
struct Found {
    id: String,
    understood: Option<String>,
    author_kind: String,
    is_revoked: i64,
    is_edit: i64,
}

impl Revocation {
    fn key(&self) -> [&str; 3] {
        [&self.wamid, &self.workspace, &self.channel]
    }

    fn is_of_side(&self, author_kind: &str) -> bool {
        (author_kind == "customer") == (self.author_kind == "customer")
    }
}

/// Revocations of which not everything is erased, at most `most`.
pub async fn revocations(store: &Store, most: u64) -> Result<Vec<Revocation>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, wamid, message, conversation, author_kind FROM line_change
         WHERE kind = 'revocation' AND settled = 0
         ORDER BY workspace, message LIMIT CAST($1 AS BIGINT)",
    );
    store.rows_alone(&SQL, &[&most.to_string()]).await
}

/// The files that are stored of what a revocation takes back.
pub async fn taken_files(
    store: &Store,
    of: &Revocation,
) -> Result<Vec<Key<MessageId>>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT message FROM file
         WHERE workspace = $1 AND message {in $2} AND state = 'stored'",
    );
    let mut tx = store.read().await?;
    let found = lines(&mut tx, of).await?;
    let past = past(&mut tx, of).await?;
    let messages = ids(found.iter().map(|line| &line.id).chain(&past));
    let files: Vec<(String,)> = tx.rows(&SQL, &[&of.workspace, &messages]).await?;
    tx.rollback().await?;
    files.iter().map(|(message,)| Ok((id(&of.workspace)?, id(message)?))).collect()
}

/// Erases what a revocation takes back. Files are removed before: see [`taken_files`].
pub async fn erase(store: &Store, of: &Revocation) -> Result<(), StoreError> {
    static CONTENT: Sql = Sql::new("DELETE FROM content WHERE workspace = $1 AND id {in $2}");
    static RAW: Sql =
        Sql::new("DELETE FROM not_understood WHERE workspace = $1 AND message {in $2}");
    static SETTLED: Sql = Sql::new(
        "UPDATE line_change SET settled = 1
         WHERE wamid = $1 AND workspace = $2 AND channel = $3 AND message = $4",
    );
    let mut tx = store.begin().await?;
    let found = lines(&mut tx, of).await?;
    let past = past(&mut tx, of).await?;
    let messages: Vec<&String> = found.iter().map(|line| &line.id).chain(&past).collect();
    let understood = found.iter().filter_map(|line| line.understood.as_ref());
    let contents = ids(messages.iter().copied().chain(understood));
    if !messages.is_empty() {
        forget_words(&mut tx, of, &contents).await?;
        tx.run(&CONTENT, &[&of.workspace, &contents]).await?;
        tx.run(&RAW, &[&of.workspace, &ids(&messages)]).await?;
    }
    let [wamid, workspace, channel] = of.key();
    tx.run(&SETTLED, &[wamid, workspace, channel, &of.message]).await?;
    tx.commit().await
}

/// The line that was taken back and its edits. Only its own side can take a line back.
async fn lines(tx: &mut Tx, of: &Revocation) -> Result<Vec<Found>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT m.id, m.understood, m.author_kind, CAST(0 AS BIGINT) AS is_edit,
           CASE WHEN m.amended LIKE '%\"revoked\":{%' THEN CAST(1 AS BIGINT)
             ELSE CAST(0 AS BIGINT) END AS is_revoked
         FROM message AS m WHERE m.wamid = $1 AND m.workspace = $2 AND m.channel = $3
         UNION ALL
         SELECT m.id, m.understood, m.author_kind, CAST(1 AS BIGINT),
           CASE WHEN m.amended LIKE '%\"revoked\":{%' THEN CAST(1 AS BIGINT)
             ELSE CAST(0 AS BIGINT) END
         FROM line_change AS c JOIN message AS m ON m.workspace = c.workspace AND m.id = c.message
         WHERE c.wamid = $1 AND c.workspace = $2 AND c.channel = $3 AND c.conversation = $4
           AND c.kind = 'edit'",
    );
    let [wamid, workspace, channel] = of.key();
    let mut found: Vec<Found> =
        tx.rows(&SQL, &[wamid, workspace, channel, &of.conversation]).await?;
    let is_taken = found.iter().any(|line| line.is_edit == 0 && line.is_revoked != 0);
    // Edits from before they were told to be taken back go by their line.
    found.retain(|line| {
        of.is_of_side(&line.author_kind)
            && (line.is_revoked != 0 || (line.is_edit != 0 && is_taken))
    });
    Ok(found)
}

/// The message of the past with this id of Meta.
async fn past(tx: &mut Tx, of: &Revocation) -> Result<Vec<String>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id, author_kind FROM past
         WHERE wamid = $1 AND workspace = $2 AND channel = $3",
    );
    let found: Vec<(String, String)> = tx.rows(&SQL, &of.key()).await?;
    let ours = found.into_iter().filter(|(_, author)| of.is_of_side(author));
    Ok(ours.map(|(message, _)| message).collect())
}

/// Takes the beginnings of their words out of the search. What is not searchable yet never will
/// be: there will be no text.
async fn forget_words(tx: &mut Tx, of: &Revocation, contents: &str) -> Result<(), StoreError> {
    static BODIES: Sql = Sql::new("SELECT body FROM content WHERE workspace = $1 AND id {in $2}");
    static POSITIONS: Sql = Sql::new(
        "SELECT position FROM log
         WHERE workspace = $1 AND conversation = $2 AND revision IS NOT NULL
           AND content {in $3}",
    );
    static WORDS: Sql = Sql::new(
        "DELETE FROM search_word WHERE workspace = $1 AND (word, position) IN
           (SELECT value->>0, CAST(value->>1 AS BIGINT) FROM {rows $2})",
    );
    let bodies: Vec<(String,)> = tx.rows(&BODIES, &[&of.workspace, contents]).await?;
    let mut words = BTreeSet::new();
    for (body,) in &bodies {
        if let EventContent::Line(content) = from_json(body)? {
            words.extend(entries(&searched(&content)));
        }
    }
    if words.is_empty() {
        return Ok(());
    }
    let args = [of.workspace.as_str(), &of.conversation, contents];
    let positions: Vec<(i64,)> = tx.rows(&POSITIONS, &args).await?;
    let rows: Vec<_> = positions
        .iter()
        .flat_map(|(position,)| words.iter().map(move |word| json!([word, position])))
        .collect();
    tx.run(&WORDS, &[&of.workspace, &json!(rows).to_string()]).await.map(drop)
}
