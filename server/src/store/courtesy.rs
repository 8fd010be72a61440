//! What a number's customers are shown of a conversation, and under which message.

use baton_protocol::{ChannelId, ChannelPolicy, ConversationId, Timestamp, WorkspaceId};
use sqlx::FromRow;

use super::rows::{from_json, id};
use super::{Sql, Store, StoreError};

/// The newest message of a customer, and how its number treats customers.
#[derive(Clone)]
pub struct Newest {
    /// The number.
    pub channel: ChannelId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number's token, sealed.
    pub token_sealed: String,
    /// What its customers notice.
    pub policy: ChannelPolicy,
    /// Meta's id of the message.
    pub wamid: String,
    /// When it was said.
    pub at: Timestamp,
    /// Whether an agent has read it.
    pub is_read: bool,
}

#[derive(FromRow)]
struct NewestRow {
    channel: String,
    phone_number_id: String,
    token_sealed: String,
    policy: String,
    wamid: String,
    at: i64,
    is_read: i64,
}

/// The newest message of a customer who may be shown something; `None` where nothing is shown, as
/// in groups.
pub async fn newest(
    store: &Store,
    (workspace, conversation): (WorkspaceId, ConversationId),
) -> Result<Option<Newest>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.channel, n.phone_number_id, n.token_sealed, n.policy, m.wamid, m.at,
           CASE WHEN EXISTS (SELECT 1 FROM read_mark AS r WHERE r.workspace = c.workspace
             AND r.conversation = c.id AND r.seq >= m.seq)
             THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_read
         FROM conversation AS c
         JOIN channel AS n ON n.workspace = c.workspace AND n.id = c.channel
         JOIN message AS m ON m.workspace = c.workspace AND m.conversation = c.id
           AND m.seq = c.customer_seq
         WHERE c.workspace = $1 AND c.id = $2 AND n.policy IS NOT NULL AND c.block IS NULL
           AND c.kind IS NULL
           AND m.wamid IS NOT NULL AND m.author_kind = 'customer'",
    );
    let (workspace, conversation) = (workspace.to_string(), conversation.to_string());
    let mut tx = store.read().await?;
    let row: Option<NewestRow> = tx.row(&SQL, &[&workspace, &conversation]).await?;
    tx.rollback().await?;
    let read = |row: NewestRow| {
        Ok(Newest {
            channel: id(&row.channel)?,
            phone_number_id: row.phone_number_id,
            token_sealed: row.token_sealed,
            policy: from_json(&row.policy)?,
            wamid: row.wamid,
            at: Timestamp::from_ms(row.at),
            is_read: row.is_read != 0,
        })
    };
    row.map(read).transpose()
}
