//! What WhatsApp has yet to learn of a customer who is blocked, or no longer.

use baton_domain::group::Key;
use baton_domain::group::senders::{Name, first_reached_under};
use baton_protocol::{Block, ChannelId, ConversationId};
use sqlx_macros::FromRow;

use crate::read::names_held;
use crate::tables::{from_json, id};
use crate::{Sql, Store, StoreError};

/// A customer of whom WhatsApp is to be told.
#[derive(Clone, Debug)]
pub struct Untold {
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
}

#[derive(FromRow)]
struct UntoldRow {
    channel: String,
    phone_number_id: String,
    token_sealed: String,
    block: Option<String>,
}

/// The state of a conversation's customer now; `None` where the conversation is gone.
///
/// # Errors
/// The store is away, or a row cannot be read.
pub async fn untold(
    store: &Store,
    (workspace, conversation): Key<ConversationId>,
) -> Result<Option<Untold>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT c.channel, n.phone_number_id, n.token_sealed, c.block FROM conversation AS c
         JOIN channel AS n ON n.workspace = c.workspace AND n.id = c.channel
         WHERE c.workspace = $1 AND c.id = $2",
    );
    let (workspace, conversation) = (workspace.to_string(), conversation.to_string());
    let mut tx = store.read().await?;
    let row: Option<UntoldRow> = tx.row(&SELECT, &[&workspace, &conversation]).await?;
    let Some(row) = row else { return Ok(None) };
    let names = names_held(&mut tx, [&workspace, &conversation, &row.channel]).await?;
    tx.rollback().await?;
    Ok(Some(Untold {
        channel: id(&row.channel)?,
        phone_number_id: row.phone_number_id,
        token_sealed: row.token_sealed,
        who: first_reached_under(&names),
        block: row.block.as_deref().map(from_json).transpose()?,
    }))
}
