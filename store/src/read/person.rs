//! Where else a person is answered. It finds conversations of contacts that are said to be one
//! person. It also finds those of contacts with one name on several numbers, however WhatsApp
//! writes it there.

use std::collections::BTreeSet;

use baton_domain::text::number::written_otherwise;
use baton_protocol::{ContactId, ConversationId, WorkspaceId};

use crate::tables::{id, ids};
use crate::{Sql, StoreError, Tx};

/// Links that are followed from one conversation, each from those that the one before found.
const STEPS_MAX: usize = 8;
/// Conversations of one person that are looked for.
const CONVERSATIONS_MAX: usize = 50;

/// The conversation with a contact.
pub async fn conversation_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT id FROM conversation WHERE workspace = $1 AND contact = $2");
    let args = [workspace.to_string(), contact.to_string()];
    let row: Option<(String,)> = tx.row(&SELECT, &[&args[0], &args[1]]).await?;
    row.map(|(of,)| id(&of)).transpose()
}

/// All conversations with the person of this one, itself left out, in any scope.
pub async fn elsewhere(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: ConversationId,
) -> Result<Vec<ConversationId>, StoreError> {
    static NEXT: Sql = Sql::new(
        "SELECT o.id FROM conversation AS c
         JOIN conversation AS o ON o.workspace = c.workspace AND o.contact = c.person
         WHERE c.workspace = $1 AND c.id {in $2}
         UNION SELECT o.id FROM conversation AS c
         JOIN conversation AS o ON o.person = c.contact AND o.workspace = c.workspace
         WHERE c.workspace = $1 AND c.id {in $2}
         UNION SELECT o.conversation FROM identity AS i
         JOIN identity AS o ON o.value = i.value AND o.kind = i.kind AND o.workspace = i.workspace
         WHERE i.workspace = $1 AND i.conversation {in $2} AND i.kind <> 'group_id'",
    );
    static NUMBERS: Sql = Sql::new(
        "SELECT DISTINCT value FROM identity
         WHERE workspace = $1 AND conversation {in $2} AND kind = 'wa_id'",
    );
    static HOLDERS: Sql = Sql::new(
        "SELECT conversation FROM identity
         WHERE workspace = $1 AND kind = 'wa_id' AND value {in $2}",
    );
    let workspace = workspace.to_string();
    let (mut known, mut last) = (BTreeSet::from([of]), BTreeSet::from([of]));
    for _ in 0..STEPS_MAX {
        let mut rows: Vec<(String,)> = tx.rows(&NEXT, &[&workspace, &ids(&last)]).await?;
        let numbers: Vec<(String,)> = tx.rows(&NUMBERS, &[&workspace, &ids(&last)]).await?;
        let others: BTreeSet<_> =
            numbers.iter().flat_map(|(number,)| written_otherwise(number)).collect();
        if !others.is_empty() {
            let found: Vec<(String,)> = tx.rows(&HOLDERS, &[&workspace, &ids(&others)]).await?;
            rows.extend(found);
        }
        let found: BTreeSet<ConversationId> =
            rows.iter().map(|(of,)| id(of)).collect::<Result<_, _>>()?;
        last = found.difference(&known).take(CONVERSATIONS_MAX - known.len()).copied().collect();
        known.extend(&last);
        if last.is_empty() || known.len() >= CONVERSATIONS_MAX {
            break;
        }
    }
    known.remove(&of);
    Ok(known.into_iter().collect())
}
