//! Rows as both databases give them: texts and numbers. The engine turns them into facts.

use baton_protocol::FileState;
use sqlx_macros::FromRow;

use crate::StoreError;
use crate::tables::number;

/// A number through which customers write.
#[derive(FromRow, Clone, Debug)]
pub struct ChannelRow {
    pub phone_number_id: String,
    pub workspace: String,
    pub id: String,
    pub meta_app: String,
    pub default_team: String,
}

/// A user id of a conversation's contact.
#[derive(FromRow, Clone, Debug)]
pub struct UserRow {
    pub conversation: String,
    pub value: String,
}

/// The place of a message: it never changes.
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct PlaceRow {
    pub workspace: String,
    pub channel: String,
    pub conversation: String,
    pub seq: i64,
    pub id: String,
    pub wamid: Option<String>,
    /// Of a line that edits or takes back the message with this id of Meta: what it does.
    #[sqlx(default)]
    pub change: Option<String>,
    #[sqlx(default)]
    pub changed_by: Option<String>,
    #[sqlx(default)]
    pub changed_at: Option<i64>,
}

/// An agent's facts.
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct AgentRow {
    pub workspace: String,
    pub id: String,
    pub role: String,
    pub state: String,
    pub availability: String,
    pub load: i64,
    pub capacity: Option<i64>,
    pub name_chars: i64,
}

/// A team's settings.
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct TeamRow {
    pub workspace: String,
    pub id: String,
    pub reply_policy: String,
    pub visibility: String,
    pub claim_from_colleagues: i64,
}

/// A place in a team.
#[derive(FromRow, Clone, Debug)]
pub struct MembershipRow {
    pub workspace: String,
    pub team: String,
    pub agent: String,
    pub kind: String,
}

/// The line or fact that a command wrote.
#[derive(FromRow, Clone, Debug)]
pub struct WrittenRow {
    pub workspace: String,
    pub agent: String,
    pub op_id: String,
    pub id: String,
    pub seq: i64,
    pub is_note: i64,
}

/// The end of a log, and whether a device is registered for pushes in its workspace.
#[derive(FromRow, Clone, Debug)]
pub struct LogEndRow {
    pub workspace: String,
    pub position: i64,
    pub is_reached: i64,
    /// Where it last told of settings; 0 where it never did.
    pub settings_at: i64,
    /// Numbers that tell the names of agents: ids, apart by blanks.
    pub signing: Option<String>,
}

/// An upload that a command names.
#[derive(FromRow, Clone, Debug)]
pub struct UploadRow {
    pub workspace: String,
    pub id: String,
    pub agent: String,
    pub conversation: String,
    pub kind: String,
    pub media_type: String,
    pub name: Option<String>,
    pub bytes: i64,
    pub sha256: Option<String>,
    pub media: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub sound: Option<String>,
}

/// A template as Meta last told it, as JSON.
#[derive(FromRow, Clone, Debug)]
pub struct TemplateRow {
    pub workspace: String,
    pub channel: String,
    pub name: String,
    pub language: String,
    pub body: String,
    pub fallback: Option<String>,
}

/// A file of the past, as it is.
#[derive(FromRow)]
pub struct PastFileStateRow {
    pub workspace: String,
    pub message: String,
    state: String,
    bytes: Option<i64>,
}

impl PastFileStateRow {
    pub fn read(&self) -> Result<FileState, StoreError> {
        let bytes = self.bytes.map(number).transpose()?;
        let state = FileState::from_name(&self.state, bytes, None, None);
        state.ok_or_else(|| StoreError::Corrupt(format!("file {:?}", self.state)))
    }
}
