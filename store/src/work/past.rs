//! Messages that phone apps shared of the time before Baton: those that wait to be taken in, and
//! those that were.

use baton_domain::fact::line::hide;
use baton_protocol::{
    Content, ConversationId, Details, FileState, Line, LineKind, MessageStatus, Picture, Timestamp,
    WorkspaceId,
};
use sqlx_macros::FromRow;

use crate::tables::{author, from_json, id, line_content, named, number, some_id};
use crate::{Sql, Store, StoreError, Tx};

/// A shared part of the past, as a webhook of its own, which waits to be taken in.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct Shared {
    /// Whose secret signed it.
    pub meta_app: String,
    /// The webhook.
    pub element: String,
    /// The time when it came.
    pub at: i64,
}

/// The next behind `after` that waits. It may have megabytes: this is its id.
pub async fn waiting(store: &Store, after: &str) -> Result<Option<String>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id FROM not_understood
         WHERE replayed_at IS NULL AND kind IN ('history', 'smb_app_state_sync') AND id > $1
         ORDER BY id LIMIT 1",
    );
    let rows = store.rows_alone::<(String,)>(&SQL, &[after]).await?;
    Ok(rows.into_iter().next().map(|(id,)| id))
}

/// All of one that waits.
pub async fn shared(store: &Store, id: &str) -> Result<Option<Shared>, StoreError> {
    static SQL: Sql = Sql::new("SELECT meta_app, element, at FROM not_understood WHERE id = $1");
    Ok(store.rows_alone::<Shared>(&SQL, &[id]).await?.into_iter().next())
}

/// It was taken in.
pub async fn taken_in(store: &Store, id: &str, now: Timestamp) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE not_understood SET replayed_at = CAST($2 AS BIGINT)
         WHERE id = $1 AND replayed_at IS NULL",
    );
    store.run_alone(&SQL, &[id, &now.ms().to_string()]).await.map(drop)
}

/// Whether this meta app speaks for a number that is connected.
pub async fn has_number(store: &Store, meta_app: &str, number: &str) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM channel
         WHERE phone_number_id = $1 AND meta_app = $2",
    );
    let rows: Vec<(i64,)> = store.rows_alone(&SQL, &[number, meta_app]).await?;
    Ok(rows.first().is_some_and(|(count,)| *count > 0))
}

/// Where a page of the past begins: below a time and an id of Meta.
type PageStart = (i64, String);

fn token((at, wamid): &PageStart) -> String {
    hex::encode(format!("{at}:{wamid}"))
}

fn place(token: &str) -> Result<PageStart, StoreError> {
    let read = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (at, wamid) = text.split_once(':')?;
        Some((at.parse().ok()?, wamid.to_owned()))
    };
    let odd = || StoreError::Invalid("past: ask for what the page before named".to_owned());
    // A NUL is no text for PostgreSQL.
    read().filter(|(_, wamid)| !wamid.contains('\0')).ok_or_else(odd)
}

/// The token of the newest page, where a conversation has a past.
pub async fn past_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Option<String>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT p.id FROM past AS p WHERE p.workspace = $1 AND p.conversation = $2
           AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.wamid = p.wamid
             AND m.workspace = p.workspace AND m.channel = p.channel)
         LIMIT 1",
    );
    let args = [workspace.to_string(), conversation.to_string()];
    let row: Option<(String,)> = tx.row(&SQL, &args.each_ref().map(String::as_str)).await?;
    Ok(row.map(|_| token(&(i64::MAX, String::new()))))
}

#[derive(FromRow)]
struct PastLineRow {
    wamid: String,
    id: String,
    author_kind: String,
    kind: Option<String>,
    at: i64,
    status: Option<String>,
    quoted: Option<String>,
    body: Option<String>,
    file: Option<String>,
    bytes: Option<i64>,
    width: Option<i64>,
    height: Option<i64>,
    sound: Option<String>,
}

/// A page of the past, ascending by Meta's time, and the token of the one before it. A message that
/// came as a line, too, stands there.
pub async fn past_lines(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    page: &str,
    limit: u32,
) -> Result<(Vec<Line>, Option<String>), StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT p.wamid, p.id, p.author_kind, p.kind, p.at, p.status,
           COALESCE((SELECT q.id FROM past AS q WHERE q.workspace = p.workspace
               AND q.channel = p.channel AND q.wamid = p.quoted),
             (SELECT m.id FROM message AS m WHERE m.wamid = p.quoted
               AND m.workspace = p.workspace AND m.channel = p.channel)) AS quoted,
           (SELECT t.body FROM content AS t WHERE t.workspace = p.workspace AND t.id = p.id)
             AS body,
           f.state AS file, f.bytes, f.width, f.height, f.sound
         FROM past AS p LEFT JOIN file AS f ON f.workspace = p.workspace AND f.message = p.id
         WHERE p.workspace = $1 AND p.conversation = $2
           AND (p.at, p.wamid) < (CAST($3 AS BIGINT), $4)
           AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.wamid = p.wamid
             AND m.workspace = p.workspace AND m.channel = p.channel)
         ORDER BY p.at DESC, p.wamid DESC LIMIT CAST($5 AS BIGINT)",
    );
    let (at, wamid) = place(page)?;
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let args = [
        workspace.to_string(),
        conversation.to_string(),
        at.to_string(),
        wamid,
        limit.saturating_add(1).to_string(),
    ];
    let mut rows: Vec<PastLineRow> = tx.rows(&SQL, &args.each_ref().map(String::as_str)).await?;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    rows.reverse();
    let next = rows.first().filter(|_| is_more).map(|row| token(&(row.at, row.wamid.clone())));
    let lines: Result<Vec<Line>, StoreError> = rows.into_iter().map(PastLineRow::read).collect();
    Ok((lines?, next))
}

impl PastLineRow {
    fn read(self) -> Result<Line, StoreError> {
        let (kind, content) = match &self.kind {
            Some(kind) => (named(kind)?, line_content(self.body.as_deref())?),
            None => (LineKind::Document, awaited()),
        };
        let author = author(&self.author_kind, None)?;
        let is_sent = author != baton_protocol::Author::Customer;
        let status = self.status.as_deref().filter(|_| is_sent);
        let mut line = Line {
            seq: 0,
            id: id(&self.id)?,
            author,
            kind,
            at: Timestamp::from_ms(self.at),
            content,
            file: self.file()?,
            quoted: some_id(self.quoted.as_deref())?,
            status: status.and_then(MessageStatus::from_name),
            held: None,
            error: None,
            op_id: None,
            device_id: None,
            leaves_at: None,
            amended: None,
        };
        hide(&mut line);
        Ok(line)
    }

    fn file(&self) -> Result<Option<FileState>, StoreError> {
        let Some(name) = &self.file else { return Ok(None) };
        let bytes = self.bytes.map(number).transpose()?;
        let width = self.width.map(number).transpose()?;
        let height = self.height.map(number).transpose()?;
        let sound = self.sound.as_deref().map(from_json).transpose()?;
        let file = FileState::from_name(name, bytes, Picture::of(width, height), sound);
        file.map(Some).ok_or_else(|| StoreError::Corrupt(format!("file {name:?}")))
    }
}

/// The content in place of a file that WhatsApp has told nothing else of.
fn awaited() -> Content {
    let file = Details::File {
        media_type: None,
        name: None,
        sha256: None,
        animated: false,
        upload: None,
        link: None,
        kind: None,
    };
    Content {
        original_type: Some("media_placeholder".to_owned()),
        details: Some(Box::new(file)),
        ..Content::default()
    }
}
