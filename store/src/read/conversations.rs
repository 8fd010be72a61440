//! Conversations by id: their facts, and the rows of the inbox.

use std::collections::BTreeMap;

use baton_domain::see::attributes;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::{AgentId, Conversation, ConversationId, Head, WorkspaceId};
use sqlx_macros::FromRow;

use super::lines::messages;
use crate::tables::{ThreadRow, from_json, ids, number, thread_columns};
use crate::{Sql, StoreError, Tx};

/// The facts of these conversations, as far as they exist.
pub async fn conversations(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Conversation>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        thread_columns!(),
        " FROM conversation AS c WHERE c.workspace = $1 AND c.id {in $2}"
    ));
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<ThreadRow> = tx.rows(&SELECT, &[&workspace.to_string(), &ids(of)]).await?;
    let mut found = BTreeMap::new();
    for row in rows {
        let conversation = row.read()?;
        found.insert(conversation.head.id, conversation);
    }
    Ok(found)
}

/// The heads of these conversations, as far as they exist.
pub async fn heads(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Head>, StoreError> {
    let found = conversations(tx, workspace, of).await?;
    Ok(found.into_iter().map(|(id, conversation)| (id, conversation.head)).collect())
}

#[derive(FromRow)]
struct ViewRow {
    #[sqlx(flatten)]
    conversation: ThreadRow,
    name: Option<String>,
    phone: Option<String>,
    group_card: Option<String>,
    moves: Option<String>,
    username: Option<String>,
    profile_name: Option<String>,
    fields: Option<String>,
    read_seq: i64,
}

/// Rows of an agent's inbox: facts, contact without the fields that are hidden from them, last
/// line, how far the agent has read. Whether the agent may see them is the caller's to know.
pub async fn views(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, ConversationView>, StoreError> {
    let mut views = whole_views(tx, workspace, sight.viewer.agent, of).await?;
    for view in views.values_mut() {
        attributes::shown(&mut view.contact, &sight.hidden);
    }
    Ok(views)
}

/// The same with all fields of the contact: what is told of them is the caller's to know.
pub async fn whole_views(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, ConversationView>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        thread_columns!(),
        ", (SELECT k.name FROM contact AS k WHERE k.workspace = c.workspace AND k.id = c.contact)
             AS name,
           (SELECT k.phone FROM contact AS k WHERE k.workspace = c.workspace AND k.id = c.contact)
             AS phone,
           (SELECT k.group_card FROM contact AS k
            WHERE k.workspace = c.workspace AND k.id = c.contact) AS group_card,
           (SELECT k.moves FROM contact AS k WHERE k.workspace = c.workspace AND k.id = c.contact)
             AS moves,
           (SELECT k.username FROM contact AS k
            WHERE k.workspace = c.workspace AND k.id = c.contact) AS username,
           (SELECT k.profile_name FROM contact AS k
            WHERE k.workspace = c.workspace AND k.id = c.contact) AS profile_name,
           (SELECT k.fields FROM contact AS k WHERE k.workspace = c.workspace AND k.id = c.contact)
             AS fields,
           COALESCE((SELECT r.seq FROM read_mark AS r WHERE r.workspace = c.workspace
             AND r.agent = $3 AND r.conversation = c.id), 0) AS read_seq
         FROM conversation AS c WHERE c.workspace = $1 AND c.id {in $2}"
    ));
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let args = [workspace.to_string(), ids(of), agent.to_string()];
    let rows: Vec<ViewRow> = tx.rows(&SELECT, &[&args[0], &args[1], &args[2]]).await?;
    let mut found = BTreeMap::new();
    let mut last_lines = Vec::new();
    for row in rows {
        let conversation = row.conversation.read()?;
        last_lines.extend(conversation.thread.last_line.map(|line| line.id));
        let group = row.group_card.as_deref().map(from_json).transpose()?;
        let moves = row.moves.as_deref().map(from_json).transpose()?.unwrap_or_default();
        let fields = row.fields.as_deref().map(from_json).transpose()?.unwrap_or_default();
        let ViewRow { name, profile_name, phone, username, .. } = row;
        let contact = ContactCard { name, profile_name, phone, username, group, moves, fields };
        let read_seq = number(row.read_seq)?;
        let id = conversation.head.id;
        found.insert(id, ConversationView { conversation, contact, preview: None, read_seq });
    }
    for (_, (id, line)) in messages(tx, workspace, &last_lines).await? {
        if let Some(view) = found.get_mut(&id) {
            view.preview = Some(line);
        }
    }
    Ok(found)
}
