//! Rows as both databases give them: texts and numbers. The engine turns them into facts.

use baton_protocol::FileState;
use sqlx_macros::FromRow;

use crate::store::StoreError;
use crate::store::tables::number;

/// A number through which customers write.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ChannelRow {
    pub(crate) phone_number_id: String,
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) meta_app: String,
    pub(crate) default_team: String,
}

/// A user id of a conversation's contact.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct UserRow {
    pub(crate) conversation: String,
    pub(crate) value: String,
}

/// Where a message stands: this never changes.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct PlaceRow {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) conversation: String,
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) wamid: Option<String>,
    /// Of a line that edits or takes back the message with this id of Meta: what it does.
    #[sqlx(default)]
    pub(crate) change: Option<String>,
    #[sqlx(default)]
    pub(crate) changed_by: Option<String>,
    #[sqlx(default)]
    pub(crate) changed_at: Option<i64>,
}

/// An agent's facts.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct AgentRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) state: String,
    pub(crate) availability: String,
    pub(crate) load: i64,
    pub(crate) capacity: Option<i64>,
    pub(crate) name_chars: i64,
}

/// A team's settings.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct TeamRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) reply_policy: String,
    pub(crate) visibility: String,
    pub(crate) claim_from_colleagues: i64,
}

/// A place in a team.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct MembershipRow {
    pub(crate) workspace: String,
    pub(crate) team: String,
    pub(crate) agent: String,
    pub(crate) kind: String,
}

/// What a command wrote.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct WrittenRow {
    pub(crate) workspace: String,
    pub(crate) agent: String,
    pub(crate) op_id: String,
    pub(crate) id: String,
    pub(crate) seq: i64,
    pub(crate) is_note: i64,
}

/// Where a log ends, and whether a device is registered for pushes in its workspace.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct LogEndRow {
    pub(crate) workspace: String,
    pub(crate) position: i64,
    pub(crate) is_reached: i64,
    /// Numbers that tell the names of agents: ids, apart by blanks.
    pub(crate) signing: Option<String>,
}

/// An upload that a command names.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct UploadRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) conversation: String,
    pub(crate) kind: String,
    pub(crate) media_type: String,
    pub(crate) name: Option<String>,
    pub(crate) bytes: i64,
    pub(crate) sha256: Option<String>,
    pub(crate) media: Option<String>,
    pub(crate) width: Option<i64>,
    pub(crate) height: Option<i64>,
    pub(crate) sound: Option<String>,
}

/// A template as Meta last told it, as JSON.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct TemplateRow {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) body: String,
    pub(crate) fallback: Option<String>,
}

/// A file of the past, as it is.
#[derive(FromRow)]
pub(crate) struct PastFileStateRow {
    pub(crate) workspace: String,
    pub(crate) message: String,
    state: String,
    bytes: Option<i64>,
}

impl PastFileStateRow {
    pub(crate) fn read(&self) -> Result<FileState, StoreError> {
        let bytes = self.bytes.map(number).transpose()?;
        let state = FileState::from_name(&self.state, bytes, None, None);
        state.ok_or_else(|| StoreError::Corrupt(format!("file {:?}", self.state)))
    }
}
