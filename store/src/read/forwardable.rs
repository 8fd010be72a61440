//! Lines that commands send on.

use baton_domain::fact::scope::Scope;
use baton_domain::forward::{Forwardable, SourceConversation, StoredFile};
use baton_protocol::{Amended, MessageId, WorkspaceId};

use super::{conversations, kept_file, messages};
use crate::{StoreError, Tx};

/// A line as a decision to send it on looks at it; `None` where there is none of that id.
pub async fn forwardable(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: MessageId,
) -> Result<Option<Forwardable>, StoreError> {
    let Some((id, line)) = messages(tx, workspace, &[of]).await?.remove(&of) else {
        return Ok(None);
    };
    let Some(conversation) = conversations(tx, workspace, &[id]).await?.remove(&id) else {
        return Ok(None);
    };
    let edited = |amended: &Amended| amended.edited.map(|edit| edit.line.id);
    let edit = match line.amended.as_deref().and_then(edited) {
        Some(edit) => messages(tx, workspace, &[edit]).await?.remove(&edit),
        None => None,
    };
    let kept = match line.file {
        Some(_) => kept_file(tx, workspace, of).await?,
        None => None,
    };
    let kept = kept.map(|kept| StoredFile { media_type: kept.media_type, sha256: kept.sha256 });
    let kept = kept.unwrap_or_default();
    let (scope, is_group) = (Scope::of(&conversation.head), conversation.thread.kind.is_group());
    let source = SourceConversation { conversation: id, scope, is_group };
    Ok(Some(Forwardable::new(source, line, edit.map(|(_, edit)| edit.content), kept)))
}
