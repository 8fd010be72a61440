//! The log as reports read it: without contents, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::Logged;
use baton_protocol::{ChannelId, ConversationId, SettingId, SettingKind, Timestamp, WorkspaceId};

use crate::tables::{LogRow, column, id, ids};
use crate::{Sql, StoreError, Tx};

/// Revisions of a conversation that are looked through for tags. A lasting tag that was put on
/// before so many is not known.
const TAGGED_REVISIONS: u64 = 1_000;
/// Events of a conversation that are looked back at. Longer episodes are rare, and only a first
/// reply or a pick-up after so many events goes uncounted.
const EARLIER_MAX: i64 = 300;

/// The last position before an instant, as the log's own times say. Nodes' clocks differ by less
/// than the caller's margin.
pub async fn position_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    head: u64,
    instant: Timestamp,
) -> Result<u64, StoreError> {
    static AT: Sql =
        Sql::new("SELECT at FROM log WHERE workspace = $1 AND position = CAST($2 AS BIGINT)");
    let workspace = workspace.to_string();
    let (mut low, mut high) = (0, head);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let position = column(middle).to_string();
        let found: Option<(i64,)> = tx.row(&AT, &[&workspace, &position]).await?;
        if found.is_some_and(|(at,)| at < instant.ms()) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

/// The events of conversations at (after, upto], in order, without contents.
pub async fn happened(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: u64,
    upto: u64,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1
         AND l.position > CAST($2 AS BIGINT) AND l.position <= CAST($3 AS BIGINT)
         AND l.revision IS NOT NULL
         ORDER BY l.position",
    );
    let args = [workspace.to_string(), column(after).to_string(), column(upto).to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &[&args[0], &args[1], &args[2]]).await?;
    rows.into_iter().map(LogRow::bare).collect()
}

/// The events of a conversation before this revision, oldest first, without contents. They are
/// those of the last episode that began before it, and no more than [`EARLIER_MAX`].
pub async fn happened_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    revision: u64,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l
         WHERE l.workspace = $1 AND l.conversation = $2 AND l.revision < CAST($3 AS BIGINT)
         AND l.revision IS NOT NULL
         ORDER BY l.revision DESC LIMIT CAST($4 AS BIGINT)",
    );
    let args = [
        workspace.to_string(),
        conversation.to_string(),
        column(revision).to_string(),
        EARLIER_MAX.to_string(),
    ];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args).await?;
    rows.into_iter().rev().map(LogRow::bare).collect()
}

/// The events that changed the tags of a conversation before this revision, oldest first.
pub async fn tagged_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    revision: u64,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l
         WHERE l.workspace = $1 AND l.conversation = $2 AND l.revision < CAST($3 AS BIGINT)
         AND l.revision >= CAST($4 AS BIGINT) AND l.revision IS NOT NULL
         AND l.fact LIKE '%\"type\":\"tagged\"%'
         ORDER BY l.revision",
    );
    let args = [
        workspace.to_string(),
        conversation.to_string(),
        column(revision).to_string(),
        column(revision.saturating_sub(TAGGED_REVISIONS)).to_string(),
    ];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args).await?;
    rows.into_iter().map(LogRow::bare).collect()
}

/// Episodes of these conversations that began after an instant: each conversation with the begin.
pub async fn episodes_after(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &BTreeSet<ConversationId>,
    instant: Timestamp,
) -> Result<Vec<(ConversationId, Timestamp)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT conversation, opened_at FROM episode
         WHERE workspace = $1 AND conversation {in $2} AND opened_at > CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), ids(of), instant.ms().to_string()];
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let read = |(of, at): &(String, i64)| Ok((id(of)?, Timestamp::from_ms(*at)));
    rows.iter().map(read).collect()
}

/// The settings of a kind that there are or ever were.
pub async fn settings_ever(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: SettingKind,
) -> Result<Vec<SettingId>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT id FROM setting AS s WHERE s.workspace = $1 AND s.kind = $2");
    let rows: Vec<(String,)> = tx.rows(&SELECT, &[&workspace.to_string(), kind.name()]).await?;
    rows.iter().map(|(of,)| id(of)).collect()
}

/// The numbers that these conversations run on, each with true if a lasting tag is on it.
pub async fn channels_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &BTreeSet<ConversationId>,
) -> Result<BTreeMap<ConversationId, (ChannelId, bool)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT id, channel, COALESCE(tags, '') FROM conversation
         WHERE workspace = $1 AND id {in $2}",
    );
    let rows: Vec<(String, String, String)> =
        tx.rows(&SELECT, &[&workspace.to_string(), &ids(of)]).await?;
    let read = |(conversation, channel, tags): &(String, String, String)| {
        Ok((id(conversation)?, (id(channel)?, tags.contains("\"lasting\":true"))))
    };
    rows.iter().map(read).collect()
}
