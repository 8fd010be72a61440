//! Coaching notes, for those who may see them.

use std::collections::BTreeMap;

use baton_domain::fact::log::{Logged, Route};
use baton_domain::see::sight::Sight;
use baton_protocol::event::EventContent;
use baton_protocol::limits::COACHING_MAX;
use baton_protocol::{CoachNote, ConversationId, Fact, WorkspaceId};

use crate::tables::{LoggedRow, ids, logged_columns};
use crate::{Sql, StoreError, Tx};

/// The newest coaching notes of these conversations, by position, as far as the viewer sees them.
pub(super) async fn coaching(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Vec<CoachNote>>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM (SELECT c.position, ROW_NUMBER() OVER (
             PARTITION BY c.conversation ORDER BY c.position DESC) AS n
           FROM log AS c WHERE c.workspace = $1 AND c.conversation {in $2}
             AND c.revision IS NULL AND c.team_after IS NOT NULL) AS s
         CROSS JOIN log AS l
         WHERE l.workspace = $1 AND l.position = s.position
           AND s.n <= CAST($3 AS BIGINT) ORDER BY l.position"
    ));
    let mut found: BTreeMap<ConversationId, Vec<CoachNote>> = BTreeMap::new();
    if of.is_empty() {
        return Ok(found);
    }
    let args = [workspace.to_string(), ids(of), COACHING_MAX.to_string()];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    for row in rows {
        let logged = row.read()?;
        if let (Some(id), Some(note)) = (logged.event.conversation_id, note(sight, logged)) {
            found.entry(id).or_default().push(note);
        }
    }
    Ok(found)
}

fn note(sight: &Sight, Logged { event, route, .. }: Logged) -> Option<CoachNote> {
    let Fact::Coached { note_id, author, agent_id, op_id } = event.fact else { return None };
    let Route::Coaching { agent, team } = route else { return None };
    let text = match event.content {
        Some(EventContent::Note { text, .. }) => text,
        _ => None,
    };
    let (id, at, position) = (note_id, event.at, event.position);
    sight.sees_coaching(agent, team).then_some(CoachNote {
        id,
        author,
        agent_id,
        at,
        position,
        text,
        op_id,
    })
}
