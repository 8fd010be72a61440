//! Files as their fetcher sees them: claimed, put off, read.
//!
//! What becomes of a file is the committer's to write. When to try, how often it was tried and who
//! tries is the fetcher's, in short transactions of its own. A claim has a number and an end, and
//! is void when its node is no more.

use baton_domain::group::Key;
use baton_protocol::{ChannelId, Content, MessageId, NodeId, Timestamp};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::read::{MessageAt, line_content_of};
use crate::tables::{id, number};
use crate::{Period, Sql, Store, StoreError};

/// A file that its fetcher may fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedFile {
    /// The line it came with.
    pub at: MessageAt,
    /// Meta's id of it.
    pub media: String,
    /// The line whose file is copied, where one is sent on.
    pub source: Option<MessageId>,
    /// The time when its line was received.
    pub received_at: Timestamp,
    /// The number of claims, this one included.
    pub tries: u32,
    /// The number of answers that would be the last.
    pub doubts: u32,
    /// The number of the claim.
    pub claim_epoch: u64,
}

#[derive(FromRow)]
struct ClaimedRow {
    workspace: String,
    channel: String,
    conversation: String,
    seq: i64,
    message: String,
    media: String,
    source: Option<String>,
    received_at: i64,
    tries: i64,
    doubts: i64,
    claim_epoch: i64,
}

impl ClaimedRow {
    fn read(self) -> Result<ClaimedFile, StoreError> {
        Ok(ClaimedFile {
            at: MessageAt {
                workspace: id(&self.workspace)?,
                channel: id(&self.channel)?,
                conversation: id(&self.conversation)?,
                seq: number(self.seq)?,
                message: id(&self.message)?,
            },
            media: self.media,
            source: self.source.as_deref().map(id).transpose()?,
            received_at: Timestamp::from_ms(self.received_at),
            tries: number(self.tries)?,
            doubts: number(self.doubts)?,
            claim_epoch: number(self.claim_epoch)?,
        })
    }
}

/// The number of files that wait, and of those that are due.
pub async fn waiting_files(store: &Store, now: Timestamp) -> Result<(u64, u64), StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(CASE WHEN f.media <> '' OR f.source IS NOT NULL THEN 1 END) AS BIGINT),
           CAST(COUNT(CASE WHEN f.due_at <= CAST($1 AS BIGINT)
             OR (f.claimed_by IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM node AS n WHERE n.id = f.claimed_by))
           THEN 1 END) AS BIGINT)
         FROM file AS f WHERE f.state = 'waiting'",
    );
    let rows = store.rows_alone::<(i64, i64)>(&SQL, &[&now.ms().to_string()]).await?;
    let (all, due) = rows.into_iter().next().unwrap_or_default();
    Ok((number(all)?, number(due)?))
}

/// Claims files that are due, the longest due first, for this period.
pub async fn claim_files(
    store: &Store,
    node: NodeId,
    period: Period,
    most: usize,
) -> Result<Vec<ClaimedFile>, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH due AS MATERIALIZED (
           SELECT f.workspace, f.message FROM file AS f
           WHERE f.state = 'waiting' AND (f.due_at <= CAST($1 AS BIGINT)
             OR (f.claimed_by IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM node AS n WHERE n.id = f.claimed_by)))
           ORDER BY f.due_at LIMIT CAST($2 AS BIGINT) {skip})
         UPDATE file SET claimed_by = $3, claim_epoch = claim_epoch + 1, tries = tries + 1,
           due_at = CAST($4 AS BIGINT)
         WHERE (workspace, message) IN (SELECT workspace, message FROM due)
         RETURNING workspace, channel, conversation, seq, message, media, source, received_at,
           tries, doubts, claim_epoch",
    );
    let Period { from: now, until } = period;
    let args = [now.ms().to_string(), most.to_string(), node.to_string(), until.ms().to_string()];
    let mut tx = store.begin().await?;
    let rows: Vec<ClaimedRow> = tx.rows(&SQL, &args.each_ref().map(String::as_str)).await?;
    tx.commit().await?;
    rows.into_iter().map(ClaimedRow::read).collect()
}

/// Gives back what a node has claimed and does not work on. Returns how many there were.
pub async fn release_files(
    store: &Store,
    node: NodeId,
    running: &[Key<MessageId>],
    now: Timestamp,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE file SET claimed_by = NULL, due_at = CAST($3 AS BIGINT)
         WHERE state = 'waiting' AND claimed_by = $1
           AND (workspace, message) NOT IN (SELECT value->>0, value->>1 FROM {rows $2})",
    );
    let args = [node.to_string(), json!(running).to_string(), now.ms().to_string()];
    store.run_alone(&SQL, &args).await
}

/// Gives a claim back: the file is tried again at `due_at`. A claim that is void changes nothing.
pub async fn put_off_file(
    store: &Store,
    file: &ClaimedFile,
    due_at: Timestamp,
    doubts: u32,
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE file SET claimed_by = NULL, due_at = CAST($4 AS BIGINT),
           doubts = CAST($5 AS BIGINT)
         WHERE workspace = $1 AND message = $2 AND claim_epoch = CAST($3 AS BIGINT)
           AND state = 'waiting'",
    );
    let args = [
        file.at.workspace.to_string(),
        file.at.message.to_string(),
        file.claim_epoch.to_string(),
        due_at.ms().to_string(),
        doubts.to_string(),
    ];
    store.run_alone(&SQL, &args).await?;
    Ok(())
}

/// WhatsApp has a file that is sent on, under this id. A claim that is void changes nothing.
pub async fn file_given(
    store: &Store,
    file: &ClaimedFile,
    media: &str,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE file SET media = $4
         WHERE workspace = $1 AND message = $2 AND claim_epoch = CAST($3 AS BIGINT)
           AND state = 'waiting'",
    );
    let args = [
        file.at.workspace.to_string(),
        file.at.message.to_string(),
        file.claim_epoch.to_string(),
        media.to_owned(),
    ];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// Puts off what waits for a number whose token is refused: nothing of it is tried before `until`.
pub async fn hold_files(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
    until: Timestamp,
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE file SET due_at = CAST($3 AS BIGINT)
         WHERE {sqlite +}workspace = $1 AND channel = $2 AND state = 'waiting'
           AND claimed_by IS NULL AND due_at < CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), channel.to_string(), until.ms().to_string()];
    store.run_alone(&SQL, &args).await?;
    Ok(())
}

/// The facts that a fetch needs beside its claim.
#[derive(Clone, PartialEq, Eq)]
pub struct FileOrder {
    /// Meta's id of the number that the file came by.
    pub phone_number_id: String,
    /// The channel's token, sealed.
    pub token_sealed: String,
    /// The content of the line; `None` once it was erased.
    pub content: Option<Content>,
}

/// The facts that a fetch needs; `None` where the channel is gone.
pub async fn file_order(store: &Store, at: MessageAt) -> Result<Option<FileOrder>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.phone_number_id, c.token_sealed,
           (SELECT t.body FROM content AS t WHERE t.workspace = $1 AND t.id =
             COALESCE((SELECT COALESCE(m.understood, m.id) FROM message AS m
               WHERE m.workspace = $1 AND m.id = $3), $3)) AS body
         FROM channel AS c WHERE c.workspace = $1 AND c.id = $2",
    );
    let args = [at.workspace.to_string(), at.channel.to_string(), at.message.to_string()];
    let args = args.each_ref().map(String::as_str);
    let rows = store.rows_alone::<(String, String, Option<String>)>(&SQL, &args).await?;
    let Some((phone_number_id, token_sealed, body)) = rows.into_iter().next() else {
        return Ok(None);
    };
    let content = line_content_of(body.as_deref())?;
    Ok(Some(FileOrder { phone_number_id, token_sealed, content }))
}

/// Files that are stored although what their line says was erased.
pub async fn erased_files(store: &Store, most: u64) -> Result<Vec<Key<MessageId>>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT f.workspace, f.message FROM file AS f
         WHERE f.state = 'stored' AND NOT EXISTS
           (SELECT 1 FROM content AS t WHERE t.workspace = f.workspace AND t.id = f.message)
         LIMIT CAST($1 AS BIGINT)",
    );
    let rows = store.rows_alone::<(String, String)>(&SQL, &[&most.to_string()]).await?;
    rows.iter().map(|(workspace, message)| Ok((id(workspace)?, id(message)?))).collect()
}

/// Forgets files that are stored no longer.
pub async fn forget_files(store: &Store, gone: &[Key<MessageId>]) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "DELETE FROM file
         WHERE (workspace, message) IN (SELECT value->>0, value->>1 FROM {rows $1})",
    );
    let rows = json!(gone).to_string();
    store.run_alone(&SQL, &[&rows]).await
}
