//! What a stale command's author missed, shown with the refusal as far as they may see it today.

use baton_domain::fact::scope::{Level, Scope};
use baton_protocol::outcome::Outcome;
use baton_protocol::{CommandResult, ConversationId, Line, Refusal};

use super::work::Caller;
use crate::store::{Store, StoreError, read};

/// Joins the missed lines to a refusal. The stored outcome holds ids only: a replay after the
/// author lost the conversation shows nothing.
pub(super) async fn show(
    store: &Store,
    caller: Caller,
    conversation: ConversationId,
    result: &mut CommandResult,
) {
    let Outcome::Refused(refused) = &mut result.outcome else { return };
    let Refusal::Stale { missed, .. } = &refused.refusal else { return };
    let ids: Vec<_> = missed.iter().map(|line| line.id).collect();
    match lines(store, caller, conversation, &ids).await {
        Ok(lines) => refused.lines = lines,
        // The refusal stands; the lines can be read later.
        Err(error) => tracing::debug!(%error, "missed lines could not be read"),
    }
}

async fn lines(
    store: &Store,
    caller: Caller,
    conversation: ConversationId,
    ids: &[baton_protocol::MessageId],
) -> Result<Vec<Line>, StoreError> {
    let mut tx = store.read().await?;
    let Some(sight) = read::sight(&mut tx, caller.workspace, caller.agent).await? else {
        return Ok(Vec::new());
    };
    let heads = read::heads(&mut tx, caller.workspace, &[conversation]).await?;
    let level = heads.get(&conversation).map(|head| sight.level(Scope::of(head)));
    if level != Some(Level::Full) {
        return Ok(Vec::new());
    }
    let found = read::messages(&mut tx, caller.workspace, ids).await?;
    tx.rollback().await?;
    let mut lines: Vec<Line> =
        found.into_values().filter(|(of, _)| *of == conversation).map(|(_, line)| line).collect();
    lines.sort_by_key(|line| line.seq);
    Ok(lines)
}
