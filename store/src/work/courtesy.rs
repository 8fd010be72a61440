//! The courtesy that a number's customers see of a conversation, and under which message.

use baton_domain::auto::courtesy::{Newest, Shown};
use baton_domain::group::Key;
use baton_protocol::{ChannelId, ChannelPolicy, ConversationId, Timestamp};
use sqlx_macros::FromRow;

use crate::tables::{column, from_json, id, number};
use crate::{Sql, Store, StoreError};

/// A customer's newest message, and how its number treats customers.
#[derive(Clone)]
pub struct Markable {
    /// The number.
    pub channel: ChannelId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number's token, sealed.
    pub token_sealed: String,
    /// The policy towards customers.
    pub policy: ChannelPolicy,
    /// Meta's id of the message.
    pub wamid: String,
    /// The message.
    pub newest: Newest,
    /// The courtesy that its author was last shown.
    pub shown: Shown,
}

#[derive(FromRow)]
struct MarkableRow {
    channel: String,
    phone_number_id: String,
    token_sealed: String,
    policy: String,
    wamid: String,
    seq: i64,
    at: i64,
    is_read: i64,
    shown_seq: i64,
    shown_typing_at: i64,
}

/// The newest message of a customer who may be shown something; `None` where nothing is shown, as
/// in groups.
pub async fn markable(
    store: &Store,
    (workspace, conversation): Key<ConversationId>,
) -> Result<Option<Markable>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.channel, n.phone_number_id, n.token_sealed, n.policy, m.wamid, m.seq, m.at,
           COALESCE(s.seq, 0) AS shown_seq, COALESCE(s.typing_at, 0) AS shown_typing_at,
           CASE WHEN EXISTS (SELECT 1 FROM agent AS a CROSS JOIN read_mark AS r
             WHERE a.workspace = c.workspace AND r.workspace = a.workspace AND r.agent = a.id
               AND r.conversation = c.id AND r.seq >= m.seq)
             THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_read
         FROM conversation AS c
         JOIN channel AS n ON n.workspace = c.workspace AND n.id = c.channel
         JOIN message AS m ON m.workspace = c.workspace AND m.conversation = c.id
           AND m.seq = c.customer_seq
         LEFT JOIN courtesy AS s ON s.workspace = c.workspace AND s.conversation = c.id
         WHERE c.workspace = $1 AND c.id = $2 AND n.policy IS NOT NULL AND c.block IS NULL
           AND c.kind IS NULL
           AND m.wamid IS NOT NULL AND m.author_kind = 'customer'",
    );
    let (workspace, conversation) = (workspace.to_string(), conversation.to_string());
    let mut tx = store.read().await?;
    let row: Option<MarkableRow> = tx.row(&SQL, &[&workspace, &conversation]).await?;
    tx.rollback().await?;
    let read = |row: MarkableRow| {
        Ok(Markable {
            channel: id(&row.channel)?,
            phone_number_id: row.phone_number_id,
            token_sealed: row.token_sealed,
            policy: from_json(&row.policy)?,
            wamid: row.wamid,
            newest: Newest {
                seq: number(row.seq)?,
                at: Timestamp::from_ms(row.at),
                is_read: row.is_read != 0,
            },
            shown: Shown {
                seq: number(row.shown_seq)?,
                typing_at: Some(row.shown_typing_at).filter(|at| *at > 0).map(Timestamp::from_ms),
            },
        })
    };
    row.map(read).transpose()
}

/// Notes what the customer is shown; tells whether this caller is the one to show it. Another node
/// that decided on the same `before` is not.
pub async fn claim(
    store: &Store,
    (workspace, conversation): Key<ConversationId>,
    before: Shown,
    shown: Shown,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "INSERT INTO courtesy (workspace, conversation, seq, typing_at)
         VALUES ($1, $2, CAST($3 AS BIGINT), CAST($4 AS BIGINT))
         ON CONFLICT (workspace, conversation) DO UPDATE
           SET seq = excluded.seq, typing_at = excluded.typing_at
           WHERE courtesy.seq = CAST($5 AS BIGINT) AND courtesy.typing_at = CAST($6 AS BIGINT)",
    );
    let columns =
        |of: Shown| (column(of.seq).to_string(), of.typing_at.map_or(0, Timestamp::ms).to_string());
    let ((seq, typing_at), (before_seq, before_typing_at)) = (columns(shown), columns(before));
    let (workspace, conversation) = (workspace.to_string(), conversation.to_string());
    let args = [&*workspace, &conversation, &seq, &typing_at, &before_seq, &before_typing_at];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}
