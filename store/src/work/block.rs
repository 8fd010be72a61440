//! Blocks of customers that WhatsApp has yet to learn.

use baton_domain::group::senders::{Name, first_reached_under};
use baton_protocol::{Block, ChannelId, ConversationId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::read::names_held;
use crate::tables::{from_json, id, number};
use crate::{Sql, Store, StoreError};

/// A customer of whom WhatsApp is to be told.
#[derive(Clone)]
pub struct Due {
    /// The workspace of the customer.
    pub workspace: WorkspaceId,
    /// Their conversation.
    pub conversation: ConversationId,
    /// The number.
    pub channel: ChannelId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number's token, sealed.
    pub token_sealed: String,
    /// Under which name WhatsApp knows the customer; `None` when that was erased.
    pub who: Option<Name>,
    /// The block; `None` when they are blocked no longer.
    pub block: Option<Block>,
    /// The number of earlier calls to WhatsApp.
    pub tries: u32,
    /// The time of the next call if the result of this one is not recorded.
    pub until: Timestamp,
}

#[derive(FromRow)]
struct DueRow {
    workspace: String,
    conversation: String,
    channel: String,
    phone_number_id: String,
    token_sealed: String,
    block: Option<String>,
    tries: i64,
}

/// Claims customers of whom WhatsApp is to be told by now: nobody else tells of them before
/// `until`.
pub async fn claim_due(
    store: &Store,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    static DUE: Sql = Sql::new(
        "SELECT b.workspace, b.conversation, c.channel, n.phone_number_id, n.token_sealed,
           c.block, b.tries
         FROM block_call AS b
         JOIN conversation AS c ON c.workspace = b.workspace AND c.id = b.conversation
         JOIN channel AS n ON n.workspace = c.workspace AND n.id = c.channel
         WHERE b.due_at <= CAST($1 AS BIGINT) ORDER BY b.due_at LIMIT 20",
    );
    static CLAIM: Sql = Sql::new(
        "UPDATE block_call SET due_at = CAST($3 AS BIGINT), tries = tries + 1
         WHERE workspace = $1 AND conversation = $2",
    );
    let (now, later) = (now.ms().to_string(), until.ms().to_string());
    let mut tx = store.begin().await?;
    let rows: Vec<DueRow> = tx.rows(&DUE, &[&now]).await?;
    let mut due = Vec::new();
    for row in rows {
        tx.run(&CLAIM, &[&row.workspace, &row.conversation, &later]).await?;
        let names = names_held(&mut tx, [&row.workspace, &row.conversation, &row.channel]).await?;
        due.push(Due {
            workspace: id(&row.workspace)?,
            conversation: id(&row.conversation)?,
            channel: id(&row.channel)?,
            phone_number_id: row.phone_number_id,
            token_sealed: row.token_sealed,
            who: first_reached_under(&names),
            block: row.block.as_deref().map(from_json).transpose()?,
            tries: number(row.tries)?,
            until,
        });
    }
    tx.commit().await?;
    Ok(due)
}

/// WhatsApp answered: it is told no more, unless the wish changed meanwhile.
pub async fn told(store: &Store, of: &Due) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "DELETE FROM block_call
         WHERE workspace = $1 AND conversation = $2 AND due_at = CAST($3 AS BIGINT)",
    );
    run(store, &SQL, of, &[]).await
}

/// WhatsApp did not answer: it is told again at this time, unless the wish changed meanwhile.
pub async fn again_at(store: &Store, of: &Due, at: Timestamp) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE block_call SET due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND conversation = $2 AND due_at = CAST($3 AS BIGINT)",
    );
    run(store, &SQL, of, &[at.ms().to_string()]).await
}

async fn run(
    store: &Store,
    sql: &'static Sql,
    of: &Due,
    more: &[String],
) -> Result<(), StoreError> {
    let (workspace, conversation) = (of.workspace.to_string(), of.conversation.to_string());
    let until = of.until.ms().to_string();
    let all = [&workspace, &conversation, &until].into_iter().chain(more);
    let args: Vec<&str> = all.map(String::as_str).collect();
    let mut tx = store.begin().await?;
    tx.run(sql, &args).await?;
    tx.commit().await
}
