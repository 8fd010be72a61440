//! Messages, in and out, and the tries of their sends.

use baton_domain::context::LineFacts;
use baton_domain::fact::line::hide;
use baton_domain::group::Key;
use baton_domain::group::state::Extras;
use baton_protocol::event::EventContent;
use baton_protocol::{
    AgentId, Author, ChannelId, Content, ConversationId, Fact, FileState, Line, LineRef, MessageId,
    Picture, Timestamp,
};
use sqlx_macros::FromRow;

use super::{
    column, from_json, id, json, name, named, number, shown, some_id, text, turn, whole_json,
};
use crate::StoreError;
use crate::table::table;

table! {
    /// A message: a line of a conversation.
    message: MessageRow {
        /// The columns that a change of a message writes: its place, and its state.
        change: MessageChange {
            key { workspace: String, conversation: String, seq: i64 }
            state {
                wamid: Option<String>,
                /// The attempt that brought the wamid, where it is known.
                wamid_attempt: Option<i64>,
                seen_seq: Option<i64>,
                seen_id: Option<String>,
                status: Option<String>,
                provider_rank: i64,
                held: Option<String>,
                error: Option<String>,
                attempt: i64,
                claim_epoch: i64,
                sending_at: Option<i64>,
                due_at: Option<i64>,
                status_at: Option<i64>,
                in_doubt: i64,
                /// The later changes of the line, as JSON.
                amended: Option<String>,
                /// The state of its file, and its size where it is stored.
                file: Option<String>,
                file_bytes: Option<i64>,
                /// Of a picture that a small one was made of.
                file_width: Option<i64>,
                file_height: Option<i64>,
                /// Of a voice note: how it sounds, JSON.
                file_sound: Option<String>,
                /// The content that stands in place of its own, and the kind, where a later
                /// version read it anew.
                understood: Option<String>,
                understood_kind: Option<String>,
            }
        }
        fixed {
            id: String,
            channel: String,
            author_kind: String,
            author: Option<String>,
            kind: String,
            at: i64,
            accepted_at: i64,
            quoted: Option<String>,
            identity_kind: Option<String>,
            identity_value: Option<String>,
            op_id: Option<String>,
            device: Option<String>,
            closed_turn_seq: Option<i64>,
            closed_turn_since: Option<i64>,
            /// The canned reply that it was made of.
            canned: Option<String>,
        }
    }
}

/// The columns that are read of a line: its row of `message AS m`, and its content if that is not
/// erased. The content is looked up row by row: a join might be planned over the whole table.
macro_rules! line_columns {
    () => {
        "{columns m message},
         (SELECT t.body FROM content AS t WHERE t.workspace = m.workspace
           AND t.id = COALESCE(m.understood, m.id)) AS body"
    };
}
pub(crate) use line_columns;

/// See [`line_columns`].
#[derive(FromRow, Clone, Debug)]
pub struct LineRow {
    #[sqlx(flatten)]
    row: MessageRow,
    body: Option<String>,
}

impl LineRow {
    /// The conversation it belongs to.
    pub fn conversation(&self) -> Result<ConversationId, StoreError> {
        id(&self.row.change.conversation)
    }

    /// The line that the row means.
    pub fn read(&self) -> Result<Line, StoreError> {
        let mut line = self.whole()?;
        hide(&mut line);
        Ok(line)
    }

    /// The line with what it said, even if it was taken back.
    pub fn whole(&self) -> Result<Line, StoreError> {
        let (row, state) = (&self.row, &self.row.change);
        Ok(Line {
            seq: number(state.seq)?,
            id: id(&row.id)?,
            author: author(&row.author_kind, row.author.as_deref())?,
            kind: shown(row.kind_name())?,
            at: Timestamp::from_ms(row.at),
            content: line_content(self.body.as_deref())?,
            file: state.file()?,
            quoted: some_id(row.quoted.as_deref())?,
            status: state.status.as_deref().map(shown).transpose()?,
            held: state.held.as_deref().map(shown).transpose()?,
            error: state.error.as_deref().map(from_json).transpose()?,
            op_id: some_id(row.op_id.as_deref())?,
            device_id: some_id(row.device.as_deref())?,
            leaves_at: state.leaves_at(),
            amended: state.amended.as_deref().map(from_json).transpose()?,
        })
    }
}

impl MessageRow {
    fn kind_name(&self) -> &str {
        self.change.understood_kind.as_ref().unwrap_or(&self.kind)
    }

    /// The facts that decisions look at.
    pub fn facts(&self) -> Result<LineFacts, StoreError> {
        let state = &self.change;
        let seen = match (state.seen_seq, &state.seen_id) {
            (Some(seq), Some(of)) => Some(LineRef { seq: number(seq)?, id: id(of)? }),
            _ => None,
        };
        Ok(LineFacts {
            line: LineRef { seq: number(state.seq)?, id: id(&self.id)? },
            author: author(&self.author_kind, self.author.as_deref())?,
            kind: named(self.kind_name())?,
            device: some_id(self.device.as_deref())?,
            op_id: some_id(self.op_id.as_deref())?,
            accepted_at: Timestamp::from_ms(self.accepted_at),
            seen,
            status: state.status.as_deref().map(named).transpose()?,
            status_at: Timestamp::from_ms(state.status_at.unwrap_or(self.accepted_at)),
            held: state.held.as_deref().map(named).transpose()?,
            attempt: number(state.attempt)?,
            claim_epoch: number(state.claim_epoch)?,
            file: state.file()?,
            closed_turn: turn(self.closed_turn_seq, self.closed_turn_since)?,
            in_doubt: state.in_doubt != 0,
            leaves_at: state.leaves_at(),
            amended: state.amended.as_deref().map(whole_json).transpose()?,
        })
    }
}

/// The author of a line; a column that never changes, so that nothing is lost of what a newer
/// version says.
pub fn author(kind: &str, agent: Option<&str>) -> Result<Author, StoreError> {
    Ok(match (kind, agent) {
        ("customer", _) => Author::Customer,
        ("agent", Some(agent)) => Author::Agent { id: id(agent)? },
        ("phone_app", _) => Author::PhoneApp,
        ("acknowledgement", _) => Author::Acknowledgement,
        ("agent", None) => return Err(StoreError::corrupt("an agent without an id")),
        _ => Author::Unknown,
    })
}

/// The author of a line, as its two columns.
pub(super) fn author_columns(author: Author) -> (&'static str, Option<AgentId>) {
    match author {
        Author::Customer => ("customer", None),
        Author::Agent { id } => ("agent", Some(id)),
        Author::PhoneApp => ("phone_app", None),
        Author::Acknowledgement => ("acknowledgement", None),
        Author::Unknown => ("unknown", None),
    }
}

/// The content of a line, out of its content's row.
pub fn line_content(body: Option<&str>) -> Result<Content, StoreError> {
    let Some(body) = body else {
        return Ok(Content { erased: true, ..Content::default() });
    };
    let EventContent::Line(content) = from_json(body)? else {
        return Err(StoreError::corrupt("a line's content is of something else"));
    };
    Ok(content)
}

impl MessageChange {
    /// A message as it stands.
    pub fn new(
        (workspace, conversation): Key<ConversationId>,
        facts: &LineFacts,
        extras: &Extras,
    ) -> Self {
        let picture = facts.file.and_then(FileState::picture);
        Self {
            workspace: workspace.to_string(),
            conversation: conversation.to_string(),
            seq: column(facts.line.seq),
            wamid: extras.wamid.clone(),
            wamid_attempt: extras.wamid_attempt.map(i64::from),
            seen_seq: facts.seen.map(|seen| column(seen.seq)),
            seen_id: text(facts.seen.map(|seen| seen.id)),
            status: facts.status.map(|status| status.name().to_owned()),
            provider_rank: extras.rank.into(),
            held: facts.held.as_ref().map(name),
            error: extras.error.clone(),
            attempt: facts.attempt.into(),
            claim_epoch: column(facts.claim_epoch),
            sending_at: extras.sending_at.map(Timestamp::ms),
            due_at: facts.leaves_at.or(extras.due_at).map(Timestamp::ms),
            status_at: Some(facts.status_at.ms()),
            in_doubt: facts.in_doubt.into(),
            amended: facts.amended.as_deref().map(json),
            file: facts.file.map(|file| file.name().to_owned()),
            file_bytes: facts.file.and_then(FileState::bytes).map(column),
            file_width: picture.map(|picture| picture.width.into()),
            file_height: picture.map(|picture| picture.height.into()),
            file_sound: facts.file.and_then(FileState::sound).as_ref().map(json),
            understood: text(extras.understood),
            understood_kind: extras.understood.map(|_| facts.kind.name().to_owned()),
        }
    }

    /// Until when a message that was never tried can be taken back.
    fn leaves_at(&self) -> Option<Timestamp> {
        let waits = self.attempt == 0 && self.status.as_deref() == Some("queued");
        self.due_at.filter(|_| waits).map(Timestamp::from_ms)
    }

    fn file(&self) -> Result<Option<FileState>, StoreError> {
        let Some(name) = &self.file else { return Ok(None) };
        let bytes = self.file_bytes.map(number).transpose()?;
        let width = self.file_width.map(number).transpose()?;
        let height = self.file_height.map(number).transpose()?;
        let sound = self.file_sound.as_deref().map(from_json).transpose()?;
        let file = FileState::from_name(name, bytes, Picture::of(width, height), sound);
        file.map(Some).ok_or_else(|| StoreError::Corrupt(format!("file {name:?}")))
    }
}

impl MessageRow {
    /// A new message, of which its fact tells; `None` where no fact wrote it.
    pub fn new(
        key: Key<ConversationId>,
        channel: ChannelId,
        facts: &LineFacts,
        extras: &Extras,
    ) -> Option<Self> {
        let (Fact::LineReceived { at, quoted, .. } | Fact::LineWritten { at, quoted, .. }) =
            extras.written.as_ref()?
        else {
            return None;
        };
        let canned = match extras.written {
            Some(Fact::LineWritten { canned, .. }) => canned,
            Some(_) | None => None,
        };
        let (author_kind, author) = author_columns(facts.author);
        let (identity_kind, identity_value) = extras.identity.clone().unzip();
        Some(Self {
            change: MessageChange::new(key, facts, extras),
            id: facts.line.id.to_string(),
            channel: channel.to_string(),
            author_kind: author_kind.to_owned(),
            author: text(author),
            kind: facts.kind.name().to_owned(),
            at: at.ms(),
            accepted_at: facts.accepted_at.ms(),
            quoted: text(*quoted),
            identity_kind: identity_kind.map(str::to_owned),
            identity_value,
            op_id: text(facts.op_id),
            device: text(facts.device),
            closed_turn_seq: facts.closed_turn.map(|turn| column(turn.from_seq)),
            closed_turn_since: facts.closed_turn.map(|turn| turn.since.ms()),
            canned: text(canned.map(|canned| canned.id)),
        })
    }
}

table! {
    /// A try of a send.
    attempt: AttemptRow {
        /// Its end.
        change: AttemptEnd {
            key { workspace: String, message: String, n: i64 }
            state { ended_at: Option<i64>, outcome: Option<String>, wamid: Option<String> }
        }
        fixed { claim_epoch: i64, started_at: i64, node: Option<String> }
    }
}

/// The end of a try: the time, its name, and Meta's id of the message.
pub type Ended = (Timestamp, &'static str, Option<String>);

impl AttemptEnd {
    /// Its end, where it has one.
    pub fn new((workspace, message): Key<MessageId>, n: u32, end: Option<Ended>) -> Self {
        let (at, outcome, wamid) = match end {
            Some((at, outcome, wamid)) => (Some(at.ms()), Some(outcome.to_owned()), wamid),
            None => (None, None, None),
        };
        Self {
            workspace: workspace.to_string(),
            message: message.to_string(),
            n: n.into(),
            ended_at: at,
            outcome,
            wamid,
        }
    }
}

impl AttemptRow {
    /// A try that began.
    pub fn new(
        change: AttemptEnd,
        claim_epoch: u64,
        began: Timestamp,
        node: Option<String>,
    ) -> Self {
        Self { change, claim_epoch: column(claim_epoch), started_at: began.ms(), node }
    }
}
