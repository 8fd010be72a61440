//! Lines as the log tells them, compared with their rows; and which contents the log says are
//! erased.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::line::amend;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Amended, Amendment, Event, Fact, FileState, HeldReason, Home, LineKind, LineRef, MessageId,
    MessageStatus, SettingId, WorkspaceId,
};
use sqlx_macros::FromRow;

use crate::tables::{MessageRow, column, from_json};
use crate::{Sql, StoreError, Tx};

/// The state of lines that the events so far give.
#[derive(Debug, Default)]
pub(crate) struct Retold {
    /// Lines of which more is told than that a customer wrote them.
    lines: BTreeMap<MessageId, Told>,
    /// The line whose words each edit replaces.
    edits: BTreeMap<MessageId, MessageId>,
    /// Contents that are gone: where the log names each, its id, and what it is of.
    gone: Vec<(u64, String, Option<Subject>)>,
    /// Settings that ended as an agent's own.
    ended: BTreeSet<(String, SettingId)>,
}

/// The subject of a content that may be erased.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Subject {
    Line(MessageId),
    Setting(String, SettingId),
}

/// The state of a line, as its row should have it.
#[derive(Clone, PartialEq, Debug, Default)]
struct Told {
    seen: Option<LineRef>,
    status: Option<MessageStatus>,
    attempt: u32,
    held: Option<HeldReason>,
    more: Option<Box<More>>,
}

/// The rarer parts of that state.
#[derive(Clone, PartialEq, Debug, Default)]
struct More {
    file: Option<FileState>,
    amended: Option<Amended>,
    /// The content in place of its own, and the kind that it turned out to be.
    understood: Option<(String, LineKind)>,
}

/// Lines read at once.
const PAGE: u64 = 2_000;

impl Retold {
    /// Takes an event in; `content` is the id of its erasable part, which `body` is as far as it
    /// is there.
    pub(crate) fn tell(&mut self, event: &Event, content: Option<&str>, body: Option<&str>) {
        if let (Some(content), None) = (content, body) {
            self.gone.push((event.position, content.to_owned(), subject(&event.fact)));
        }
        self.line(event, content, body);
        if let Fact::SettingChanged { setting_id, kind, home_before, home, .. } = &event.fact {
            let key = (kind.clone(), *setting_id);
            match (home_before, home) {
                (Some(Home::Agent { .. }), None) => self.ended.insert(key),
                _ => self.ended.remove(&key),
            };
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
    fn line(&mut self, event: &Event, content: Option<&str>, body: Option<&str>) {
        match &event.fact {
            Fact::LineReceived { line, kind: LineKind::Edit, quoted: Some(of), .. } => {
                self.edits.insert(line.id, *of);
            }
            Fact::LineWritten { line, kind, quoted, status, seen, .. } => {
                if let (LineKind::Edit, Some(of)) = (*kind, *quoted) {
                    self.edits.insert(line.id, of);
                }
                let told = self.lines.entry(line.id).or_default();
                (told.status, told.seen) = (Some(*status), *seen);
            }
            Fact::MessageChanged { line, status, attempt, held, seen, .. } => {
                let told = self.lines.entry(line.id).or_default();
                (told.status, told.attempt, told.held) = (Some(*status), *attempt, *held);
                told.seen = seen.or(told.seen);
            }
            Fact::LineAmended { line, amendment } => {
                if let Amendment::Edited(change) = amendment {
                    self.edits.insert(change.line.id, line.id);
                }
                let content = body.and_then(|body| from_json::<EventContent>(body).ok());
                let amended = self.more(line).amended.get_or_insert_default();
                amend(amended, *amendment, content.as_ref());
            }
            Fact::FileChanged { line, file } => self.more(line).file = Some(*file),
            Fact::LineUnderstood { line, kind } => {
                let content = content.unwrap_or_default().to_owned();
                self.more(line).understood = Some((content, *kind));
            }
            _ => {}
        }
    }

    fn more(&mut self, line: &LineRef) -> &mut More {
        self.lines.entry(line.id).or_default().more.get_or_insert_default()
    }

    /// The first content that is gone and that the log does not call erased: where the log names
    /// it, and its id. The log tells two kinds of erasure: a line was taken back, and what was an
    /// agent's own ended.
    pub(crate) fn lost(&self) -> Option<(u64, &str)> {
        let is_erased = |of: &Subject| match of {
            Subject::Line(of) => {
                self.is_taken_back(of)
                    || self.edits.get(of).is_some_and(|of| self.is_taken_back(of))
            }
            Subject::Setting(kind, id) => self.ended.contains(&(kind.clone(), *id)),
        };
        let mut gone = self.gone.iter();
        let lost = gone.find(|(_, _, of)| !of.as_ref().is_some_and(is_erased));
        lost.map(|(position, content, _)| (*position, content.as_str()))
    }

    fn is_taken_back(&self, of: &MessageId) -> bool {
        self.lines.get(of).is_some_and(Told::is_taken_back)
    }

    /// The first row that is not what the log says.
    pub(crate) async fn difference(
        mut self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, StoreError> {
        static SELECT: Sql = Sql::new(
            "SELECT {columns m message} FROM message AS m
             WHERE m.workspace = $1 AND (m.conversation, m.seq) > ($2, CAST($3 AS BIGINT))
             ORDER BY m.conversation, m.seq LIMIT CAST($4 AS BIGINT)",
        );
        let (of, page) = (workspace.to_string(), PAGE.to_string());
        let mut after = (String::new(), 0);
        loop {
            let args = [of.as_str(), after.0.as_str(), &after.1.to_string(), page.as_str()];
            let rows: Vec<OneRow> = tx.rows(&SELECT, &args).await?;
            let Some(last) = rows.last() else { break };
            after = (last.row.change.conversation.clone(), last.row.change.seq);
            for OneRow { row } in &rows {
                if let Some(what) = self.unlike(row) {
                    let (of, seq) = (&row.change.conversation, row.change.seq);
                    return Ok(Some(format!("message {of} {seq}: {what}")));
                }
            }
        }
        let lost = self.lines.keys().next();
        Ok(lost.map(|of| format!("message {of} is gone, and the log tells of it")))
    }

    /// The difference between a row and the log, if there is one.
    fn unlike(&mut self, row: &MessageRow) -> Option<&'static str> {
        let (Ok(facts), Ok(of)) = (row.facts(), row.id.parse::<MessageId>()) else {
            return Some("it cannot be read");
        };
        let told = self.lines.remove(&of).unwrap_or_default();
        if told.seen != facts.seen {
            return Some("what its author had seen is not what the log says");
        }
        let attempt = column(told.attempt.into());
        if (told.status, attempt, told.held) != (facts.status, row.change.attempt, facts.held) {
            return Some("its status is not what the log says");
        }
        let is_taken_back = told.is_taken_back();
        let more = told.more.map(|more| *more).unwrap_or_default();
        if understood(&more) != (row.change.understood.as_deref(), kind(row)) {
            return Some("what it shows is not what the log says");
        }
        // What was taken back may be erased, with its file.
        if !is_taken_back && more.file != facts.file {
            return Some("its file is not what the log says");
        }
        let mut amended = [more.amended, facts.amended.map(|amended| *amended)];
        if is_taken_back {
            amended.iter_mut().flatten().for_each(|amended| amended.reactions.clear());
        }
        let [told, held] = amended;
        (told != held).then_some("what became of it is not what the log says")
    }
}

impl Told {
    fn is_taken_back(&self) -> bool {
        let amended = self.more.as_ref().and_then(|more| more.amended.as_ref());
        amended.is_some_and(|amended| amended.revoked.is_some())
    }
}

/// See `rows::MessageRow`.
#[derive(FromRow)]
struct OneRow {
    #[sqlx(flatten)]
    row: MessageRow,
}

fn understood(more: &More) -> (Option<&str>, Option<&str>) {
    let understood = more.understood.as_ref();
    (understood.map(|(content, _)| content.as_str()), understood.map(|(_, kind)| kind.name()))
}

fn kind(row: &MessageRow) -> Option<&str> {
    row.change.understood_kind.as_deref()
}

/// The line or the setting that a fact is of.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of neither")]
fn subject(fact: &Fact) -> Option<Subject> {
    match fact {
        Fact::LineReceived { line, .. }
        | Fact::LineWritten { line, .. }
        | Fact::LineAmended { line, .. }
        | Fact::LineUnderstood { line, .. } => Some(Subject::Line(line.id)),
        Fact::SettingChanged { setting_id, kind, .. } => {
            Some(Subject::Setting(kind.clone(), *setting_id))
        }
        _ => None,
    }
}
