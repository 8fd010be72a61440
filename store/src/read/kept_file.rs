//! Files that came with lines, as they are given out.

use baton_protocol::event::EventContent;
use baton_protocol::{
    Amended, Content, ConversationId, FileState, MessageId, Picture, WorkspaceId,
};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, number};
use crate::{Sql, StoreError, Tx};

/// A line's file, as it can be given out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFile {
    /// The conversation.
    pub conversation: ConversationId,
    /// The state of the file.
    pub state: FileState,
    /// The media type that WhatsApp told with the bytes.
    pub media_type: Option<String>,
    /// SHA-256 of its bytes, hex.
    pub sha256: Option<String>,
    /// The content of the line; `None` once it was erased or taken back.
    pub content: Option<Content>,
}

#[derive(FromRow)]
struct KeptRow {
    conversation: String,
    state: String,
    bytes: Option<i64>,
    media_type: Option<String>,
    sha256: Option<String>,
    body: Option<String>,
    amended: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
    sound: Option<String>,
}

/// The file of a line, if it has one.
pub async fn kept_file(
    tx: &mut Tx,
    workspace: WorkspaceId,
    message: MessageId,
) -> Result<Option<KeptFile>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT f.conversation, f.state, f.bytes, f.media_type, f.sha256,
           (SELECT t.body FROM content AS t WHERE t.workspace = $1
             AND t.id = COALESCE(m.understood, $2)) AS body,
           m.amended, COALESCE(m.file_width, f.width) AS width,
           COALESCE(m.file_height, f.height) AS height, COALESCE(m.file_sound, f.sound) AS sound
         FROM file AS f LEFT JOIN message AS m ON m.workspace = f.workspace
           AND m.conversation = f.conversation AND m.seq = f.seq
         WHERE f.workspace = $1 AND f.message = $2",
    );
    let row: Option<KeptRow> =
        tx.row(&SQL, &[&workspace.to_string(), &message.to_string()]).await?;
    let Some(row) = row else { return Ok(None) };
    let bytes = row.bytes.map(number).transpose()?;
    let (width, height) = (row.width.map(number).transpose()?, row.height.map(number).transpose()?);
    let sound = row.sound.as_deref().map(from_json).transpose()?;
    let state = FileState::from_name(&row.state, bytes, Picture::of(width, height), sound)
        .ok_or_else(|| StoreError::Corrupt(format!("file {:?}", row.state)))?;
    let amended: Option<Amended> = row.amended.as_deref().map(from_json).transpose()?;
    let is_revoked = amended.is_some_and(|amended| amended.revoked.is_some());
    Ok(Some(KeptFile {
        conversation: id(&row.conversation)?,
        state,
        media_type: row.media_type,
        sha256: row.sha256,
        content: line_content_of(row.body.as_deref())?.filter(|_| !is_revoked),
    }))
}

/// The content of a line, out of its body as it is stored.
pub(crate) fn line_content_of(body: Option<&str>) -> Result<Option<Content>, StoreError> {
    Ok(match body.map(from_json).transpose()? {
        Some(EventContent::Line(content)) => Some(content),
        Some(
            EventContent::Note { .. }
            | EventContent::Contact(_)
            | EventContent::Reaction { .. }
            | EventContent::Setting(_)
            | EventContent::Outcome(_)
            | EventContent::Unknown(_),
        )
        | None => None,
    })
}
