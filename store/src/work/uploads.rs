//! Files that agents send, until a command sends them: received in pieces, passed on to WhatsApp.
//!
//! All of it is written in short transactions. Only the end is the committer's: the row goes in
//! the transaction that makes it the file of a line.

use std::ops::Range;

use baton_domain::group::Key;
use baton_protocol::upload::{Upload, UploadNew, UploadState};
use baton_protocol::{
    AgentId, ChannelId, ConversationId, MessageId, NodeId, Picture, Sound, Timestamp,
};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::{id, named, number};
use crate::{Period, Sql, Store, StoreError, Tx};

/// An upload and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnUpload {
    /// The agent who uploads it.
    pub agent: AgentId,
    /// SHA-256 of its bytes, hex, as its author told it or as it is.
    pub sha256: Option<String>,
    /// As its author sees it.
    pub upload: Upload,
}

#[derive(FromRow)]
struct UploadRow {
    id: String,
    agent: String,
    conversation: String,
    kind: String,
    media_type: String,
    name: Option<String>,
    bytes: i64,
    received: i64,
    sha256: Option<String>,
    state: String,
    trouble: Option<String>,
}

impl UploadRow {
    fn read(self) -> Result<OwnUpload, StoreError> {
        let state = UploadState::from_name(&self.state);
        Ok(OwnUpload {
            agent: id(&self.agent)?,
            sha256: self.sha256,
            upload: Upload {
                id: id(&self.id)?,
                conversation_id: Some(id(&self.conversation)?),
                kind: named(&self.kind)?,
                media_type: self.media_type,
                name: self.name,
                bytes: number(self.bytes)?,
                received: number(self.received)?,
                state: state.ok_or_else(|| StoreError::Corrupt("an upload's state".to_owned()))?,
                trouble: self.trouble,
            },
        })
    }
}

/// An upload that begins.
#[derive(Clone, Copy, Debug)]
pub struct BegunUpload<'a> {
    /// The agent who uploads it.
    pub agent: AgentId,
    /// The conversation it is for.
    pub conversation: ConversationId,
    /// The file as its author described it.
    pub new: &'a UploadNew,
    /// The time when it begins.
    pub at: Timestamp,
}

/// The limits of an agent's unsent uploads.
#[derive(Clone, Copy, Debug)]
pub struct UploadRoom {
    /// Uploads at most.
    pub count: usize,
    /// The bytes of all of them together at most.
    pub bytes: u64,
}

/// Begins an upload, unless its conversation is gone. Where its author has more than there is
/// room for then, the oldest ones end: those that are returned. Their bytes are still to go.
pub async fn begin_upload(
    store: &Store,
    (workspace, of): Key<MessageId>,
    upload: BegunUpload<'_>,
    room: UploadRoom,
) -> Result<Option<Vec<Key<MessageId>>>, StoreError> {
    static TURN: Sql = Sql::new("SELECT id FROM agent WHERE workspace = $1 AND id = $2 {lock}");
    static BEGIN: Sql = Sql::new(
        "INSERT INTO upload (workspace, id, agent, conversation, channel, kind, media_type, name,
           bytes, sha256, state, made_at)
         SELECT c.workspace, $2, $3, c.id, c.channel, $5, $6, CAST(NULLIF($7, '') AS TEXT),
           CAST($8 AS BIGINT), CAST(NULLIF($9, '') AS TEXT), 'receiving', CAST($10 AS BIGINT)
         FROM conversation AS c WHERE c.workspace = $1 AND c.id = $4",
    );
    // What is of no use goes first.
    static OTHERS: Sql = Sql::new(
        "SELECT id, bytes FROM upload WHERE workspace = $1 AND agent = $2 AND id <> $3
         ORDER BY CASE state WHEN 'refused' THEN 1 ELSE 0 END, made_at DESC, id",
    );
    let BegunUpload { agent, conversation, new, at } = upload;
    let (workspace_id, agent_id) = (workspace.to_string(), agent.to_string());
    let args = [
        workspace_id.clone(),
        of.to_string(),
        agent_id.clone(),
        conversation.to_string(),
        new.kind.name().to_owned(),
        new.media_type.clone(),
        new.name.clone().unwrap_or_default(),
        new.bytes.to_string(),
        new.sha256.clone().unwrap_or_default(),
        at.ms().to_string(),
    ];
    let mut tx = store.begin().await?;
    // Of two that begin at once the second one counts the first.
    tx.rows::<(String,)>(&TURN, &[&workspace_id, &agent_id]).await?;
    let others: Vec<(String, i64)> =
        tx.rows(&OTHERS, &[&workspace_id, &agent_id, &args[1]]).await?;
    if tx.run(&BEGIN, &args.each_ref().map(String::as_str)).await? == 0 {
        tx.rollback().await?;
        return Ok(None);
    }
    let (mut count, mut bytes, mut ended) = (1, new.bytes, Vec::new());
    for (other, has) in others {
        count += 1;
        bytes = bytes.saturating_add(number(has)?);
        if (count > room.count || bytes > room.bytes)
            && tx.run(&END, &[&workspace_id, &other, "it gave place to newer ones"]).await? > 0
        {
            ended.push((workspace, id(&other)?));
        }
    }
    tx.commit().await?;
    Ok(Some(ended))
}

/// No command can send it from then on, and no worker passes it on. The row goes with its bytes.
static END: Sql = Sql::new(
    "UPDATE upload SET state = 'refused', trouble = $3, media = NULL
     WHERE workspace = $1 AND id = $2",
);

/// Ends an upload; false where there is none, or it was sent. Its bytes are still to go.
pub async fn end_upload(
    store: &Store,
    (workspace, of): Key<MessageId>,
) -> Result<bool, StoreError> {
    let args = [workspace.to_string(), of.to_string(), "its author ended it".to_owned()];
    Ok(store.run_alone(&END, &args).await? > 0)
}

/// The uploads of an agent that were not sent, the oldest first.
pub async fn uploads_of(
    tx: &mut Tx,
    (workspace, agent): Key<AgentId>,
) -> Result<Vec<Upload>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id, agent, conversation, kind, media_type, name, bytes, received, sha256, state,
           trouble FROM upload WHERE workspace = $1 AND agent = $2 ORDER BY made_at, id",
    );
    let rows: Vec<UploadRow> = tx.rows(&SQL, &[&workspace.to_string(), &agent.to_string()]).await?;
    rows.into_iter().map(|row| Ok(row.read()?.upload)).collect()
}

/// Its author asked about it: it stays for another while. Written at most once in `apart_ms`.
pub async fn upload_heard(
    store: &Store,
    (workspace, of): Key<MessageId>,
    now: Timestamp,
    apart_ms: i64,
) -> Result<(), StoreError> {
    static OLD: Sql = Sql::new(
        "SELECT id FROM upload WHERE workspace = $1 AND id = $2
           AND COALESCE(heard_at, made_at) < CAST($3 AS BIGINT)",
    );
    static SQL: Sql = Sql::new(
        "UPDATE upload SET heard_at = CAST($3 AS BIGINT) WHERE workspace = $1 AND id = $2",
    );
    let [workspace, of] = [workspace.to_string(), of.to_string()];
    let before = now.plus_ms(-apart_ms).ms().to_string();
    // Mostly it was heard of just now: a look alone takes no lock.
    if !store.rows_alone::<(String,)>(&OLD, &[&workspace, &of, &before]).await?.is_empty() {
        store.run_alone(&SQL, &[workspace, of, now.ms().to_string()]).await?;
    }
    Ok(())
}

/// Whether neither an upload nor a file has this id: bytes under it may be removed.
pub async fn is_nobodys(
    store: &Store,
    (workspace, of): Key<MessageId>,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id FROM upload WHERE workspace = $1 AND id = $2
         UNION ALL SELECT message FROM file WHERE workspace = $1 AND message = $2",
    );
    let args = [workspace.to_string(), of.to_string()];
    let rows = store.rows_alone::<(String,)>(&SQL, &[&args[0], &args[1]]).await?;
    Ok(rows.is_empty())
}

/// An upload, if it is there.
pub async fn upload(
    tx: &mut Tx,
    (workspace, of): Key<MessageId>,
) -> Result<Option<OwnUpload>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id, agent, conversation, kind, media_type, name, bytes, received, sha256, state,
           trouble FROM upload WHERE workspace = $1 AND id = $2",
    );
    let row: Option<UploadRow> = tx.row(&SQL, &[&workspace.to_string(), &of.to_string()]).await?;
    row.map(UploadRow::read).transpose()
}

/// A piece arrived; whether it was the next one. Of two that came at once, one was not.
pub async fn upload_received(
    store: &Store,
    (workspace, of): Key<MessageId>,
    piece: Range<u64>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET received = CAST($4 AS BIGINT), heard_at = CAST($5 AS BIGINT)
         WHERE workspace = $1 AND id = $2 AND received = CAST($3 AS BIGINT)
           AND state = 'receiving'",
    );
    let Range { start, end } = piece;
    let args = [
        workspace.to_string(),
        of.to_string(),
        start.to_string(),
        end.to_string(),
        now.ms().to_string(),
    ];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// All of it is here, with this digest: it goes to WhatsApp from now on.
pub async fn upload_complete(
    store: &Store,
    (workspace, of): Key<MessageId>,
    sha256: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET state = 'passing', received = bytes, sha256 = $3,
           due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND id = $2 AND state = 'receiving'",
    );
    let args = [workspace.to_string(), of.to_string(), sha256.to_owned(), now.ms().to_string()];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// Marks an upload as refused, if it is still as far as `received`: its bytes are of no use. `why`
/// is for people.
pub async fn upload_spoilt(
    store: &Store,
    (workspace, of): Key<MessageId>,
    received: u64,
    why: &str,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET state = 'refused', trouble = $4
         WHERE workspace = $1 AND id = $2 AND state = 'receiving'
           AND received = CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), of.to_string(), received.to_string(), why.to_owned()];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// An upload that its worker may pass on.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedUpload {
    /// The workspace and id of the upload.
    pub key: Key<MessageId>,
    /// The number that the file is sent from.
    pub channel: ChannelId,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees.
    pub name: Option<String>,
    /// The number of bytes.
    pub bytes: u64,
    /// The number of claims, this one included.
    pub tries: u32,
    /// The number of the claim.
    pub claim_epoch: u64,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The number's token, sealed.
    pub token_sealed: String,
}

#[derive(FromRow)]
struct ClaimedRow {
    workspace: String,
    id: String,
    channel: String,
    media_type: String,
    name: Option<String>,
    bytes: i64,
    tries: i64,
    claim_epoch: i64,
    phone_number_id: String,
    token_sealed: String,
}

impl ClaimedRow {
    fn read(self) -> Result<ClaimedUpload, StoreError> {
        Ok(ClaimedUpload {
            key: (id(&self.workspace)?, id(&self.id)?),
            channel: id(&self.channel)?,
            media_type: self.media_type,
            name: self.name,
            bytes: number(self.bytes)?,
            tries: number(self.tries)?,
            claim_epoch: number(self.claim_epoch)?,
            phone_number_id: self.phone_number_id,
            token_sealed: self.token_sealed,
        })
    }
}

/// Claims uploads that are due, and those of nodes that are no more, for this period.
pub async fn claim_uploads(
    store: &Store,
    node: NodeId,
    period: Period,
    most: usize,
) -> Result<Vec<ClaimedUpload>, StoreError> {
    static DUE: Sql = Sql::new(
        "SELECT u.workspace, u.id FROM upload AS u
         WHERE u.state = 'passing' AND (u.due_at <= CAST($1 AS BIGINT)
           OR (u.claimed_by IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM node AS n WHERE n.id = u.claimed_by)))
         ORDER BY u.due_at LIMIT CAST($2 AS BIGINT)",
    );
    static CLAIM: Sql = Sql::new(
        "UPDATE upload SET claimed_by = $3, claim_epoch = claim_epoch + 1, tries = tries + 1,
           due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND id = $2 AND state = 'passing'
           AND (due_at <= CAST($5 AS BIGINT) OR (claimed_by IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM node AS n WHERE n.id = claimed_by)))",
    );
    static CLAIMED: Sql = Sql::new(
        "SELECT u.workspace, u.id, u.channel, u.media_type, u.name, u.bytes, u.tries,
           u.claim_epoch, c.phone_number_id, c.token_sealed
         FROM upload AS u JOIN channel AS c ON c.workspace = u.workspace AND c.id = u.channel
         WHERE u.workspace = $1 AND u.id = $2",
    );
    let (now_ms, most) = (period.from.ms().to_string(), most.to_string());
    // Mostly there is none: a look alone takes no lock.
    let due: Vec<(String, String)> = store.rows_alone(&DUE, &[&now_ms, &most]).await?;
    let mut claimed = Vec::new();
    if due.is_empty() {
        return Ok(claimed);
    }
    let (node, until) = (node.to_string(), period.until.ms().to_string());
    let mut tx = store.begin().await?;
    for (workspace, of) in &due {
        if tx.run(&CLAIM, &[workspace, of, &node, &until, &now_ms]).await? > 0 {
            let row: Option<ClaimedRow> = tx.row(&CLAIMED, &[workspace, of]).await?;
            claimed.extend(row.map(ClaimedRow::read).transpose()?);
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Gives back what a node has claimed and does not work on. Returns how many there were.
pub async fn release_uploads(
    store: &Store,
    node: NodeId,
    running: &[Key<MessageId>],
    now: Timestamp,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET claimed_by = NULL, due_at = CAST($3 AS BIGINT)
         WHERE state = 'passing' AND claimed_by = $1
           AND (workspace, id) NOT IN (SELECT value->>0, value->>1 FROM {rows $2})",
    );
    let args = [node.to_string(), json!(running).to_string(), now.ms().to_string()];
    store.run_alone(&SQL, &args).await
}

/// WhatsApp has it, under this id; of a picture its size, of a voice note how it sounds. A claim
/// that is void changes nothing.
pub async fn upload_ready(
    store: &Store,
    of: &ClaimedUpload,
    media: &str,
    picture: Option<Picture>,
    sound: Option<Sound>,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET state = 'ready', media = $4, claimed_by = NULL,
           width = CAST(NULLIF($5, '') AS BIGINT), height = CAST(NULLIF($6, '') AS BIGINT),
           sound = NULLIF($7, '')
         WHERE workspace = $1 AND id = $2 AND claim_epoch = CAST($3 AS BIGINT)
           AND state = 'passing'",
    );
    let side = |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
    let args = [
        of.key.0.to_string(),
        of.key.1.to_string(),
        of.claim_epoch.to_string(),
        media.to_owned(),
        side(picture.map(|picture| picture.width)),
        side(picture.map(|picture| picture.height)),
        sound.map(|sound| json!(sound).to_string()).unwrap_or_default(),
    ];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// WhatsApp does not take it; `why` is for people. A claim that is void changes nothing.
pub async fn upload_refused(
    store: &Store,
    of: &ClaimedUpload,
    why: &str,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET state = 'refused', trouble = $4, claimed_by = NULL
         WHERE workspace = $1 AND id = $2 AND claim_epoch = CAST($3 AS BIGINT)
           AND state = 'passing'",
    );
    let args =
        [of.key.0.to_string(), of.key.1.to_string(), of.claim_epoch.to_string(), why.to_owned()];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// Gives a claim back: it is tried again at `due_at`. A claim that is void changes nothing.
pub async fn put_off_upload(
    store: &Store,
    of: &ClaimedUpload,
    due_at: Timestamp,
) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE upload SET claimed_by = NULL, due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND id = $2 AND claim_epoch = CAST($3 AS BIGINT)
           AND state = 'passing'",
    );
    let args = [
        of.key.0.to_string(),
        of.key.1.to_string(),
        of.claim_epoch.to_string(),
        due_at.ms().to_string(),
    ];
    Ok(store.run_alone(&SQL, &args).await? > 0)
}

/// Uploads that nothing sent and nobody asked about since before `before`: no command can send
/// them from now on.
pub async fn expire_uploads(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<Vec<Key<MessageId>>, StoreError> {
    static FOUND: Sql = Sql::new(
        "SELECT workspace, id FROM upload WHERE made_at < CAST($1 AS BIGINT)
           AND COALESCE(heard_at, made_at) < CAST($1 AS BIGINT)
         ORDER BY made_at LIMIT CAST($2 AS BIGINT)",
    );
    static EXPIRE: Sql = Sql::new(
        "UPDATE upload SET state = 'refused', trouble = 'nobody sent it in time', media = NULL
         WHERE workspace = $1 AND id = $2 AND COALESCE(heard_at, made_at) < CAST($3 AS BIGINT)",
    );
    let before = before.ms().to_string();
    let found: Vec<(String, String)> =
        store.rows_alone(&FOUND, &[&before, &most.to_string()]).await?;
    let mut expired = Vec::new();
    for (workspace, of) in &found {
        // One that was sent meanwhile is gone, and one that was asked about stays.
        if store.run_alone(&EXPIRE, &[workspace, of, &before]).await? > 0 {
            expired.push((id(workspace)?, id(of)?));
        }
    }
    Ok(expired)
}

/// Forgets an upload whose bytes are gone.
pub async fn forget_upload(
    store: &Store,
    (workspace, of): Key<MessageId>,
) -> Result<bool, StoreError> {
    static SQL: Sql =
        Sql::new("DELETE FROM upload WHERE workspace = $1 AND id = $2 AND state = 'refused'");
    Ok(store.run_alone(&SQL, &[workspace.to_string(), of.to_string()]).await? > 0)
}
