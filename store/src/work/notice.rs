//! Notices: a row for each agent and event.

use std::collections::BTreeSet;

use baton_domain::announce::{Kind, reason};
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::event::EventContent;
use baton_protocol::notice::{Notice, NoticeKind, NoticePage, NoticeReason, NoticesRead};
use baton_protocol::{AgentId, ConversationId, Fact, TeamId, Timestamp, WorkspaceId};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::read::views;
use crate::tables::{column, from_json, id, number, owner, some_id};
use crate::{Sql, Store, StoreError, Tx};

/// A notice that is new.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct NoticeRow {
    pub workspace: WorkspaceId,
    pub agent: AgentId,
    pub position: u64,
    pub conversation: ConversationId,
    pub kind: Kind,
    pub at: Timestamp,
    pub by: Option<AgentId>,
    pub note: Option<String>,
    pub message: Option<String>,
}

/// Notices of a conversation that are read or over.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct NoticeEnd {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub kind: Kind,
    /// Of this agent alone.
    pub only: Option<AgentId>,
    /// Of everybody but this agent.
    pub all_but: Option<AgentId>,
    /// Those of earlier positions.
    pub before: u64,
}

/// A notice that all have who supervise a team.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct NoticeCall {
    pub workspace: WorkspaceId,
    pub team: TeamId,
    pub position: u64,
    pub conversation: ConversationId,
    pub kind: Kind,
    pub at: Timestamp,
    pub by: Option<AgentId>,
}

/// The notices that a group changes.
#[derive(Clone, Default, Debug)]
pub struct NewNotices {
    /// Those of one agent.
    pub rows: Vec<NoticeRow>,
    /// Those of supervisors.
    pub calls: Vec<NoticeCall>,
    /// Those that are read or over.
    pub ends: Vec<NoticeEnd>,
}

/// Writes what is new, then what is over.
pub async fn write_notices(
    tx: &mut Tx,
    NewNotices { rows, calls, ends }: &NewNotices,
    now: Timestamp,
) -> Result<(), StoreError> {
    static ADD: Sql = Sql::new(
        "INSERT INTO notice (workspace, agent, position, conversation, kind, at, author, note,
           message)
         SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, value->>4,
           CAST(value->>5 AS BIGINT), NULLIF(value->>6, ''), NULLIF(value->>7, ''),
           NULLIF(value->>8, '')
         FROM {rows $1} WHERE TRUE ON CONFLICT DO NOTHING",
    );
    // SQLite would read all notices of the workspace: the key holds every column, and it has no
    // statistics to learn from.
    static END: Sql = Sql::new(
        "UPDATE notice SET read_at = CAST($2 AS BIGINT)
         WHERE (workspace, agent, position) IN (
           SELECT n.workspace, n.agent, n.position FROM {rows $1} AS x CROSS JOIN
           {postgres LATERAL (SELECT * FROM notice WHERE workspace = x.value->>0
               AND conversation = x.value->>1 AND read_at IS NULL OFFSET 0) AS n WHERE}
           {sqlite notice AS n INDEXED BY notice_unread
               WHERE n.workspace = x.value->>0 AND n.conversation = x.value->>1
               AND n.read_at IS NULL AND}
             n.kind = x.value->>2 AND (x.value->>3 = '' OR n.agent = x.value->>3)
             AND n.agent <> x.value->>4 AND n.position < CAST(x.value->>5 AS BIGINT))",
    );
    let text = |of: Option<AgentId>| of.map(|agent| agent.to_string()).unwrap_or_default();
    if !rows.is_empty() {
        let all = rows.iter().map(|row| {
            let (position, at) = (column(row.position).to_string(), row.at.ms().to_string());
            let (note, message) = (row.note.as_deref(), row.message.as_deref());
            json!([
                row.workspace,
                row.agent,
                position,
                row.conversation,
                row.kind.name(),
                at,
                text(row.by),
                note.unwrap_or_default(),
                message.unwrap_or_default()
            ])
        });
        tx.run(&ADD, &[&json!(all.collect::<Vec<_>>()).to_string()]).await?;
    }
    call_supervisors(tx, calls).await?;
    if !ends.is_empty() {
        let all = ends.iter().map(|end| {
            let before = column(end.before).to_string();
            let (only, all_but) = (text(end.only), text(end.all_but));
            json!([end.workspace, end.conversation, end.kind.name(), only, all_but, before])
        });
        let all = json!(all.collect::<Vec<_>>()).to_string();
        tx.run(&END, &[&all, &now.ms().to_string()]).await?;
    }
    Ok(())
}

async fn call_supervisors(tx: &mut Tx, calls: &[NoticeCall]) -> Result<(), StoreError> {
    static CALL: Sql = Sql::new(
        "INSERT INTO notice (workspace, agent, position, conversation, kind, at, author)
         SELECT x.value->>0, m.agent, CAST(x.value->>2 AS BIGINT), x.value->>3, x.value->>4,
           CAST(x.value->>5 AS BIGINT), NULLIF(x.value->>6, '')
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM team_member WHERE workspace = x.value->>0
             AND team = x.value->>1 OFFSET 0) AS m WHERE}
         {sqlite team_member AS m WHERE m.workspace = x.value->>0 AND m.team = x.value->>1 AND}
           m.kind = 'supervisor' AND m.agent <> x.value->>6 ON CONFLICT DO NOTHING",
    );
    if calls.is_empty() {
        return Ok(());
    }
    let all = calls.iter().map(|call| {
        let (position, at) = (column(call.position).to_string(), call.at.ms().to_string());
        let by = call.by.map(|agent| agent.to_string()).unwrap_or_default();
        let (kind, of) = (call.kind.name(), call.conversation);
        json!([call.workspace, call.team, position, of, kind, at, by])
    });
    tx.run(&CALL, &[&json!(all.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

#[derive(FromRow)]
struct FoundRow {
    position: i64,
    conversation: String,
    kind: String,
    at: i64,
    author: Option<String>,
    note: Option<String>,
    message: Option<String>,
    read_at: Option<i64>,
    team: String,
    owner_agent: Option<String>,
    body: Option<String>,
    fact: Option<String>,
}

#[derive(FromRow)]
struct UnreadRow {
    team: String,
    owner_agent: Option<String>,
    count: i64,
}

/// A page of what concerns an agent, as far as they see its conversations now.
pub async fn notices(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    before: Option<u64>,
    limit: u32,
) -> Result<NoticePage, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT n.position, n.conversation, n.kind, n.at, n.author, n.note, n.message, n.read_at,
           c.team, c.owner_agent,
           (SELECT t.body FROM content AS t WHERE t.workspace = n.workspace AND t.id = n.note)
             AS body,
           (SELECT l.fact FROM log AS l WHERE l.workspace = n.workspace
             AND l.position = n.position AND n.note IS NULL AND n.message IS NULL) AS fact
         FROM notice AS n
         JOIN conversation AS c ON c.workspace = n.workspace AND c.id = n.conversation
         WHERE n.workspace = $1 AND n.agent = $2 AND n.position < CAST($3 AS BIGINT)
         ORDER BY n.position DESC LIMIT CAST($4 AS BIGINT)",
    );
    let agent = sight.viewer.agent;
    let before = column(before.unwrap_or(u64::MAX)).to_string();
    let args = [workspace.to_string(), agent.to_string(), before, limit.to_string()];
    let rows: Vec<FoundRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let is_whole = u32::try_from(rows.len()).is_ok_and(|count| count >= limit);
    let last = rows.last().map(|row| row.position).filter(|_| is_whole);
    let mut shown = Vec::new();
    for row in rows {
        if is_full(sight, &row.team, row.owner_agent.as_deref())? {
            shown.push(row);
        }
    }
    let of: BTreeSet<&str> = shown.iter().map(|row| row.conversation.as_str()).collect();
    let of = of.into_iter().map(id).collect::<Result<Vec<ConversationId>, _>>()?;
    let views = views(tx, workspace, sight, &of).await?;
    let mut notices = Vec::new();
    for row in shown {
        let Some(view) = views.get(&id(&row.conversation)?) else { continue };
        let text = row.body.as_deref().map(from_json::<EventContent>).transpose()?;
        let text = text.and_then(|content| match content {
            EventContent::Note { text, .. } => text,
            EventContent::Line(_)
            | EventContent::Contact(_)
            | EventContent::Reaction { .. }
            | EventContent::Setting(_)
            | EventContent::Outcome(_)
            | EventContent::Unknown(_) => None,
        });
        let fact = row.fact.as_deref().map(from_json::<Fact>).transpose()?;
        notices.push(Notice {
            position: number(row.position)?,
            at: Timestamp::from_ms(row.at),
            kind: kind(&row.kind),
            reason: fact.as_ref().and_then(reason),
            conversation: view.clone(),
            by: some_id(row.author.as_deref())?,
            note_id: some_id(row.note.as_deref())?,
            text,
            message_id: some_id(row.message.as_deref())?,
            read: row.read_at.is_some(),
        });
    }
    let unread = unread(tx, workspace, sight).await?;
    let before = last.map(number).transpose()?;
    Ok(NoticePage { notices, unread, before, numbers: Vec::new() })
}

/// The number of notices that an agent has not read, of those that they see.
pub async fn unread(tx: &mut Tx, workspace: WorkspaceId, sight: &Sight) -> Result<u64, StoreError> {
    static COUNT: Sql = Sql::new(
        "SELECT c.team, c.owner_agent, CAST(COUNT(*) AS BIGINT) AS count FROM notice AS n
         JOIN conversation AS c ON c.workspace = n.workspace AND c.id = n.conversation
         WHERE n.workspace = $1 AND n.agent = $2 AND n.read_at IS NULL
         GROUP BY c.team, c.owner_agent",
    );
    let args = [workspace.to_string(), sight.viewer.agent.to_string()];
    let mut unread = 0;
    for row in tx.rows::<UnreadRow>(&COUNT, &[&args[0], &args[1]]).await? {
        if is_full(sight, &row.team, row.owner_agent.as_deref())? {
            unread += number::<u64>(row.count)?;
        }
    }
    Ok(unread)
}

/// Why Baton calls agents by the event at a position; `None` where a colleague calls.
///
/// # Errors
/// The store is away.
pub async fn called(
    store: &Store,
    workspace: WorkspaceId,
    position: u64,
) -> Result<Option<NoticeReason>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT fact FROM log WHERE workspace = $1 AND position = CAST($2 AS BIGINT)");
    let args = [workspace.to_string(), column(position).to_string()];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<(String,)> = store.rows_alone(&SELECT, &args).await?;
    let fact = rows.first().map(|(fact,)| from_json::<Fact>(fact)).transpose()?;
    Ok(fact.as_ref().and_then(reason))
}

/// Notes what an agent has read.
pub async fn read_notices(
    store: &Store,
    workspace: WorkspaceId,
    agent: AgentId,
    which: NoticesRead,
    now: Timestamp,
) -> Result<(), StoreError> {
    static READ: Sql = Sql::new(
        "UPDATE notice SET read_at = CAST($5 AS BIGINT)
         WHERE workspace = $1 AND agent = $2 AND position <= CAST($3 AS BIGINT)
           AND ($4 = '' OR conversation = $4) AND read_at IS NULL",
    );
    let conversation = which.conversation_id.map(|of| of.to_string()).unwrap_or_default();
    let args = [
        workspace.to_string(),
        agent.to_string(),
        column(which.up_to).to_string(),
        conversation,
        now.ms().to_string(),
    ];
    store.run_alone(&READ, &args).await.map(drop)
}

fn is_full(sight: &Sight, team: &str, agent: Option<&str>) -> Result<bool, StoreError> {
    let team = id(team)?;
    let scope = Scope { team, owner: owner(team, agent)? };
    Ok(sight.level(scope) == Level::Full)
}

fn kind(name: &str) -> NoticeKind {
    match name {
        "mention" => NoticeKind::Mention,
        "assigned" => NoticeKind::Assigned,
        "review" => NoticeKind::Review,
        "reminder" => NoticeKind::Reminder,
        _ => NoticeKind::Unknown,
    }
}
