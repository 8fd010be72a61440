//! Conversations, notes and read marks as the log tells them, compared with their tables.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::apply::{apply, begin};
use baton_protocol::{AgentId, Conversation, ConversationId, Event, Fact, NoteId, WorkspaceId};

use crate::tables::{ThreadRow, id, number, thread_columns};
use crate::{Sql, StoreError, Tx};

/// What the events so far make true.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    conversations: BTreeMap<ConversationId, Conversation>,
    notes: BTreeSet<NoteId>,
    read: BTreeMap<(AgentId, ConversationId), u64>,
    /// Conversations of which a newer version tells: only that can compare them.
    newer: BTreeSet<ConversationId>,
}

/// Conversations read at once.
const PAGE: &str = "1000";

impl Folded {
    pub(crate) fn tell(&mut self, event: &Event) {
        let Some(of) = event.conversation_id else { return };
        if let Some(conversation) = self.conversations.get_mut(&of) {
            apply(conversation, event);
        } else if let Some(conversation) = begin(of, event) {
            self.conversations.insert(of, conversation);
        }
        if let Fact::Unknown(_) = event.fact {
            self.newer.insert(of);
        } else if let Fact::NoteAdded { note_id, .. } = event.fact {
            self.notes.insert(note_id);
        } else if let Fact::ReadMarked { agent_id, seq } | Fact::UnreadMarked { agent_id, seq } =
            event.fact
        {
            self.read.insert((agent_id, of), seq);
        }
    }

    /// The first row that is not what the log says.
    pub(crate) async fn difference(
        mut self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, StoreError> {
        if let Some(what) = self.conversations(tx, workspace).await? {
            return Ok(Some(what));
        }
        if !self.newer.is_empty() {
            return Ok(None);
        }
        if let Some(what) = self.notes(tx, workspace).await? {
            return Ok(Some(what));
        }
        self.read_marks(tx, workspace).await
    }

    async fn conversations(
        &mut self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, StoreError> {
        static SELECT: Sql = Sql::new(concat!(
            "SELECT ",
            thread_columns!(),
            " FROM conversation AS c WHERE c.workspace = $1 AND c.id > $2
             ORDER BY c.id LIMIT CAST($3 AS BIGINT)"
        ));
        let (of, mut after) = (workspace.to_string(), String::new());
        loop {
            let rows: Vec<ThreadRow> = tx.rows(&SELECT, &[&of, &after, PAGE]).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.row.id);
            for row in &rows {
                let of = id::<ConversationId>(&row.row.id)?;
                let (told, held) = (self.conversations.remove(&of), row.read());
                if self.newer.contains(&of) {
                    continue;
                }
                if let Some(what) = unlike(of, told, held) {
                    return Ok(Some(what));
                }
            }
        }
        let lost = self.conversations.keys().next();
        Ok(lost.map(|of| format!("conversation {of} is gone, and the log tells of it")))
    }

    async fn notes(
        &mut self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, StoreError> {
        static SELECT: Sql = Sql::new("SELECT id FROM note WHERE workspace = $1");
        for (note,) in tx.rows::<(String,)>(&SELECT, &[&workspace.to_string()]).await? {
            if !self.notes.remove(&id(&note)?) {
                return Ok(Some(format!("note {note} is there, and the log does not tell of it")));
            }
        }
        Ok(self.notes.first().map(|note| format!("note {note} is gone, and the log tells of it")))
    }

    async fn read_marks(
        &mut self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, StoreError> {
        static SELECT: Sql =
            Sql::new("SELECT agent, conversation, seq FROM read_mark WHERE workspace = $1");
        let rows: Vec<(String, String, i64)> = tx.rows(&SELECT, &[&workspace.to_string()]).await?;
        for (agent, conversation, seq) in rows {
            let of = (id(&agent)?, id(&conversation)?);
            let told = self.read.remove(&of).unwrap_or(0);
            if number::<u64>(seq)? < told {
                return Ok(Some(format!(
                    "read_mark {agent} {conversation} is {seq} in its table, {told} by the log"
                )));
            }
        }
        let lost = self.read.keys().next();
        Ok(lost.map(|(agent, of)| format!("read_mark {agent} {of} is gone")))
    }
}

/// How a row is not what the log tells, if it is not.
fn unlike(
    of: ConversationId,
    told: Option<Conversation>,
    held: Result<Conversation, StoreError>,
) -> Option<String> {
    let Some(told) = told else {
        return Some(format!("conversation {of} is in its table, and the log does not tell of it"));
    };
    let Ok(held) = held else { return Some(format!("conversation {of} cannot be read")) };
    let (was, is) = (&told.thread.followers, &held.thread.followers);
    let other = was.iter().chain(is).find(|agent| was.contains(*agent) != is.contains(*agent));
    if let Some(agent) = other {
        return Some(format!("follower {of} {agent} is not what the log says"));
    }
    (told != held).then(|| format!("conversation {of} in its table is not what the log says"))
}
