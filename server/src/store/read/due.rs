//! What is due: sends, stranded claims, snoozes. Read without locks; the claim decides.

use baton_protocol::event::EventContent;
use baton_protocol::{AgentId, ChannelId, ConversationId, MessageId, Timestamp, WorkspaceId};
use sqlx::FromRow;

use crate::store::rows::{from_json, id, number};
use crate::store::{Sql, StoreError, Tx};

/// A message and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageAt {
    /// Where.
    pub workspace: WorkspaceId,
    /// On which number.
    pub channel: ChannelId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// As which line.
    pub seq: u64,
    /// Which message.
    pub message: MessageId,
}

/// What a send needs to know; none of it changes while the message is queued.
#[derive(Clone, PartialEq, Eq)]
pub struct SendOrder {
    /// Meta's id of the number it leaves from.
    pub phone_number_id: String,
    /// The channel's token, sealed.
    pub token_sealed: String,
    /// How fast the number may send.
    pub pace_per_s: i64,
    /// Kind and value of the identity it goes to.
    pub to: (String, String),
    /// The text.
    pub text: String,
    /// Meta's id of the message it quotes.
    pub quoted_wamid: Option<String>,
    /// Since when it is queued.
    pub queued_at: Timestamp,
}

#[derive(FromRow)]
struct PlaceRow {
    workspace: String,
    channel: String,
    conversation: String,
    seq: i64,
    id: String,
}

impl PlaceRow {
    fn read(&self) -> Result<MessageAt, StoreError> {
        Ok(MessageAt {
            workspace: id(&self.workspace)?,
            channel: id(&self.channel)?,
            conversation: id(&self.conversation)?,
            seq: number(self.seq)?,
            message: id(&self.id)?,
        })
    }
}

/// Queued messages whose time has come, oldest first.
pub async fn due_sends(
    tx: &mut Tx,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id FROM message
         WHERE status = 'queued' AND (due_at IS NULL OR due_at <= CAST($1 AS BIGINT))
         ORDER BY accepted_at, seq LIMIT CAST($2 AS BIGINT)",
    );
    let args = [now.ms().to_string(), limit.to_string()];
    let rows: Vec<PlaceRow> = tx.rows(&SQL, &[&args[0], &args[1]]).await?;
    rows.iter().map(PlaceRow::read).collect()
}

/// The lane's next queued message whose time has come.
pub async fn next_in_lane(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<Option<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id FROM message
         WHERE workspace = $1 AND status = 'queued' AND conversation = $2
           AND (due_at IS NULL OR due_at <= CAST($3 AS BIGINT))
         ORDER BY seq LIMIT 1",
    );
    let args = [workspace.to_string(), conversation.to_string(), now.ms().to_string()];
    let row: Option<PlaceRow> = tx.row(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    row.map(|row| row.read()).transpose()
}

/// Claims from before `since` of which no result was told.
pub async fn stranded_sends(
    tx: &mut Tx,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id FROM message
         WHERE status = 'sending' AND sending_at <= CAST($1 AS BIGINT)
         ORDER BY sending_at LIMIT CAST($2 AS BIGINT)",
    );
    let args = [since.ms().to_string(), limit.to_string()];
    let rows: Vec<PlaceRow> = tx.rows(&SQL, &[&args[0], &args[1]]).await?;
    rows.iter().map(PlaceRow::read).collect()
}

#[derive(FromRow)]
struct OrderRow {
    phone_number_id: String,
    token_sealed: String,
    pace_per_s: i64,
    identity_kind: Option<String>,
    identity_value: Option<String>,
    body: Option<String>,
    quoted_wamid: Option<String>,
    queued_at: i64,
}

/// What a send needs to know; `None` when its content was erased or nobody can be addressed.
///
/// A reply goes to the identity of the last inbound line that its author saw.
pub async fn send_order(tx: &mut Tx, at: MessageAt) -> Result<Option<SendOrder>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.phone_number_id, c.token_sealed, c.pace_per_s,
           (SELECT i.identity_kind FROM message AS i WHERE i.workspace = m.workspace
              AND i.conversation = m.conversation AND i.author_kind = 'customer'
              AND i.seq <= m.seen_seq ORDER BY i.seq DESC LIMIT 1) AS identity_kind,
           (SELECT i.identity_value FROM message AS i WHERE i.workspace = m.workspace
              AND i.conversation = m.conversation AND i.author_kind = 'customer'
              AND i.seq <= m.seen_seq ORDER BY i.seq DESC LIMIT 1) AS identity_value,
           (SELECT t.body FROM content AS t WHERE t.workspace = m.workspace AND t.id = m.id)
             AS body,
           (SELECT q.wamid FROM message AS q WHERE q.workspace = m.workspace
              AND q.id = m.quoted) AS quoted_wamid,
           COALESCE(m.status_at, m.accepted_at) AS queued_at
         FROM message AS m JOIN channel AS c ON c.workspace = m.workspace AND c.id = m.channel
         WHERE m.workspace = $1 AND m.conversation = $2 AND m.seq = CAST($3 AS BIGINT)",
    );
    let args = [at.workspace.to_string(), at.conversation.to_string(), at.seq.to_string()];
    let row: Option<OrderRow> = tx.row(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    let Some(row) = row else { return Ok(None) };
    let (Some(kind), Some(value), Some(body)) = (row.identity_kind, row.identity_value, row.body)
    else {
        return Ok(None);
    };
    let EventContent::Line(content) = from_json(&body)? else { return Ok(None) };
    let Some(text) = content.text else { return Ok(None) };
    Ok(Some(SendOrder {
        phone_number_id: row.phone_number_id,
        token_sealed: row.token_sealed,
        pace_per_s: row.pace_per_s,
        to: (kind, value),
        text,
        quoted_wamid: row.quoted_wamid,
        queued_at: Timestamp::from_ms(row.queued_at),
    }))
}

/// Snoozes that are over: workspace, conversation, the time they were set to.
pub async fn due_snoozes(
    tx: &mut Tx,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<(WorkspaceId, ConversationId, Timestamp)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, snoozed_until FROM conversation
         WHERE snoozed_until <= CAST($1 AS BIGINT)
         ORDER BY snoozed_until LIMIT CAST($2 AS BIGINT)",
    );
    let args = [now.ms().to_string(), limit.to_string()];
    let rows: Vec<(String, String, i64)> = tx.rows(&SQL, &[&args[0], &args[1]]).await?;
    rows.iter()
        .map(|(workspace, of, until)| Ok((id(workspace)?, id(of)?, Timestamp::from_ms(*until))))
        .collect()
}

/// Agents who are leaving.
pub async fn leaving(tx: &mut Tx) -> Result<Vec<(WorkspaceId, AgentId)>, StoreError> {
    static SQL: Sql = Sql::new("SELECT workspace, id FROM agent WHERE state = 'leaving'");
    let rows: Vec<(String, String)> = tx.rows(&SQL, &[]).await?;
    rows.iter().map(|(workspace, agent)| Ok((id(workspace)?, id(agent)?))).collect()
}

/// Conversations that an agent owns.
pub async fn owned_by(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    limit: u64,
) -> Result<Vec<ConversationId>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id FROM conversation WHERE workspace = $1 AND owner_agent = $2
         ORDER BY id LIMIT CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), agent.to_string(), limit.to_string()];
    let rows: Vec<(String,)> = tx.rows(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    rows.iter().map(|(of,)| id(of)).collect()
}
