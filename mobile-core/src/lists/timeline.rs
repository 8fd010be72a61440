//! The lines and notes of one conversation, the customer's changes of number, and the agent's own
//! newest acts.

use std::collections::BTreeSet;

use baton_protocol::conversation::Move;
use baton_protocol::page::ConversationRow;
use baton_protocol::{
    Author, CoachNote, ConversationId, Line, LineRef, MessageId, Note, NoteId, OpId, Seen,
    Timestamp,
};

use super::diff::Keyed;
use super::echoes::drawn;
use super::query::{LastResult, Query, QueryResult, Sources};
use super::{Loading, Observer, Touched};
use crate::gathered::gathered;
use crate::outbox::Echo;
use crate::store::{NotesBetween, StoreError, Stretch};

/// Lines that a timeline begins with, and by which it grows.
const PAGE: u64 = 50;

/// Lines that are shown at once at most, and as many notes: above it the window slides.
pub const WINDOW: u64 = 500;

/// Something of a timeline. Lines and notes stand in the order in which they were said, echoes at
/// the end.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all entries are lines")]
pub enum Entry {
    /// A line: a message that the customer can see.
    Line {
        /// The line, with where it stands.
        line: Line,
        /// Whether the agent who is signed in wrote it.
        is_mine: bool,
        /// The progress of its file, while it is being loaded.
        loading: Option<Loading>,
    },
    /// A note that only the team sees.
    Note {
        /// The note.
        note: Note,
        /// Whether the agent who is signed in wrote it.
        is_mine: bool,
    },
    /// The customer has another number from here on.
    Moved(Move),
    /// A supervisor's coaching note for the owner: nobody else of the team sees it.
    Coaching {
        /// The note.
        note: CoachNote,
        /// Whether the agent who is signed in wrote it.
        is_mine: bool,
    },
    /// An act of the agent that has no line or note so far, or needs none.
    Echo(Box<Echo>),
}

/// The key of an entry. An echo and the line or note that comes of it are the same thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKey {
    /// An act of the agent who is signed in.
    Mine(OpId),
    /// A line by somebody else.
    Line(MessageId),
    /// A note by somebody else.
    Note(NoteId),
    /// A change of the customer's number: no two have the same time.
    Moved(Timestamp),
}

impl Keyed for Entry {
    type Key = EntryKey;

    fn key(&self) -> EntryKey {
        match self {
            Self::Line { line, is_mine, .. } => match line.op_id.filter(|_| *is_mine) {
                Some(op_id) => EntryKey::Mine(op_id),
                None => EntryKey::Line(line.id),
            },
            Self::Note { note, is_mine: true } => EntryKey::Mine(note.op_id),
            Self::Note { note, is_mine: false } => EntryKey::Note(note.id),
            Self::Moved(change) => EntryKey::Moved(change.at),
            Self::Coaching { note, is_mine: true } => EntryKey::Mine(note.op_id),
            Self::Coaching { note, is_mine: false } => EntryKey::Note(note.id),
            Self::Echo(echo) => EntryKey::Mine(echo.op_id),
        }
    }
}

impl Entry {
    /// The command that made it.
    pub fn op_id(&self) -> Option<OpId> {
        match self {
            Self::Line { line, .. } => line.op_id,
            Self::Note { note, .. } => Some(note.op_id),
            Self::Moved(_) => None,
            Self::Coaching { note, .. } => Some(note.op_id),
            Self::Echo(echo) => Some(echo.op_id),
        }
    }

    /// Where it stands: by time; at one time lines by number, then a change of number, then notes,
    /// then coaching notes.
    fn place(&self) -> (bool, Timestamp, u8, u64) {
        match self {
            Self::Line { line, .. } => (false, line.at, 0, line.seq),
            Self::Moved(change) => (false, change.at, 1, 0),
            Self::Note { note, .. } => (false, note.at, 2, note.revision),
            Self::Coaching { note, .. } => (false, note.at, 3, note.position),
            Self::Echo(echo) => (true, Timestamp::default(), 0, echo.number),
        }
    }
}

/// The content that [`Observer::older`] would bring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Older {
    /// Nothing: this is the beginning.
    #[default]
    Nothing,
    /// Lines that are held.
    Held,
    /// Nothing so far: first they have to be read from the server.
    AtServer,
}

/// Facts about a timeline as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TimelineAbout {
    /// Number of the first line shown; 0 when none is.
    pub first_seq: u64,
    /// The line with the highest number of those that are shown: who looks at them has seen it. A
    /// customer's clock may have put it before another.
    pub seen: Seen,
    /// Number of the last line held.
    pub newest_seq: u64,
    /// The content before the first line.
    pub older: Older,
    /// Whether there are newer lines than are shown: [`Observer::newer`]. Echoes are not shown
    /// then.
    pub has_newer: bool,
    /// Whether its lines may be seen at all.
    pub is_full: bool,
}

/// A window on a conversation. It begins with the newest page and slides along. After older lines
/// were requested, it keeps its beginning until more than [`WINDOW`] lines are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeline {
    of: ConversationId,
    /// The first line shown; `None` is a page before the last.
    from: Option<u64>,
    /// The last one shown; `None` is the last there is.
    until: Option<u64>,
}

impl Timeline {
    /// The newest page of a conversation.
    pub fn new(of: ConversationId) -> Self {
        Self { of, from: None, until: None }
    }

    /// Returns the conversation it shows.
    pub fn of(&self) -> ConversationId {
        self.of
    }

    /// The numbers of the first and the last line to be shown.
    fn window(&self, held: Stretch) -> (u64, u64) {
        let last = self.until.map_or(held.last_seq, |until| until.min(held.last_seq));
        let page = (last + 1).saturating_sub(PAGE);
        let least = (last + 1).saturating_sub(WINDOW);
        (self.from.unwrap_or(page).clamp(least, last + 1), last)
    }

    /// Lines and notes of the window, in the order in which they were said.
    fn said(
        &self,
        sources: &Sources<'_, '_>,
        held: Stretch,
    ) -> Result<(Vec<Entry>, TimelineAbout), StoreError> {
        let (first, last) = self.window(held);
        let has_newer = last < held.last_seq;
        // One more tells which notes are of the newer ones.
        let count = u32::try_from(last + 2 - first).unwrap_or(u32::MAX);
        let mut lines = sources.read.lines_before(self.of, last.saturating_add(2), count)?;
        let next = lines.pop_if(|line| line.seq > last);
        lines.retain(|line| line.seq >= first);
        let is_whole = first <= held.from_seq;
        let wanted = NotesBetween {
            since: lines.first().map(|line| line.at).filter(|_| !is_whole),
            before: next.filter(|_| has_newer).map(|line| line.at),
            limit: u32::try_from(WINDOW).unwrap_or(u32::MAX),
        };
        // Those from before the lines that are held come with them.
        let moved_since = wanted.since.or(lines.first().map(|line| line.at));
        let moved_since = moved_since.filter(|_| !is_whole || held.from_seq > 1);
        let is_of_window = |change: &Move| {
            moved_since.is_none_or(|since| change.at >= since)
                && wanted.before.is_none_or(|before| change.at < before)
        };
        let mut moves = self.moves(sources)?;
        moves.retain(is_of_window);
        let (since, before) = (wanted.since, wanted.before);
        let notes = sources.read.notes_between(self.of, wanted)?;
        let mut coaching = sources.read.coaching(self.of)?;
        coaching.retain(|note| {
            since.is_none_or(|since| note.at >= since)
                && before.is_none_or(|before| note.at < before)
        });
        let about = TimelineAbout {
            first_seq: lines.first().map_or(0, |line| line.seq),
            seen: lines.last().map(|line| LineRef { seq: line.seq, id: line.id }),
            newest_seq: held.last_seq,
            older: match (is_whole, held.from_seq > 1) {
                (false, _) => Older::Held,
                (true, true) => Older::AtServer,
                (true, false) => Older::Nothing,
            },
            has_newer,
            is_full: true,
        };
        let me = sources.me;
        let lines = lines.into_iter().map(|line| {
            let is_mine = line.author == Author::Agent { id: me };
            let loading = sources.loads.get(line.id);
            Entry::Line { line, is_mine, loading }
        });
        let notes = notes.into_iter().map(|note| {
            let is_mine = note.author == me;
            Entry::Note { note, is_mine }
        });
        let moves = moves.into_iter().map(Entry::Moved);
        let coaching = coaching.into_iter().map(|note| {
            let is_mine = note.author == me;
            Entry::Coaching { note, is_mine }
        });
        let mut said: Vec<_> = lines.chain(notes).chain(moves).chain(coaching).collect();
        said.sort_by_key(Entry::place);
        Ok((said, about))
    }

    /// The times when the customer got other numbers.
    fn moves(&self, sources: &Sources<'_, '_>) -> Result<Vec<Move>, StoreError> {
        Ok(match sources.read.row(self.of)? {
            Some(ConversationRow::Full { view, .. }) => view.contact.moves,
            Some(ConversationRow::Head { .. }) | None => Vec::new(),
        })
    }
}

impl Query for Timeline {
    type Item = Entry;
    type About = TimelineAbout;

    fn is_about(&self, touched: &Touched, _last: &QueryResult<Entry, TimelineAbout>) -> bool {
        touched.has(self.of) || touched.has_own(self.of)
    }

    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        _known: Option<LastResult<'_, Entry, TimelineAbout>>,
    ) -> Result<QueryResult<Entry, TimelineAbout>, StoreError> {
        let (mut items, about) = match sources.read.stretch(self.of)? {
            Some(held) => self.said(sources, held)?,
            None => (Vec::new(), TimelineAbout::default()),
        };
        if !about.has_newer {
            let told: BTreeSet<_> = gathered(items.iter().filter_map(Entry::op_id));
            let echoes = drawn(sources, self.of, &told)?;
            items.extend(echoes.into_iter().map(|echo| Entry::Echo(Box::new(echo.clone()))));
        }
        Ok(QueryResult { items, about })
    }
}

impl Observer<Timeline> {
    /// Shows a page of older lines, of those that are held. What the server alone has is to be
    /// read and held first; then [`TimelineAbout::older`] says so.
    pub fn older(&mut self) {
        let Some(about) = self.answer().map(|answer| answer.about) else { return };
        if about.older != Older::Held || about.first_seq == 0 {
            return;
        }
        let from = about.first_seq.saturating_sub(PAGE).max(1);
        self.change(|timeline| {
            timeline.from = Some(from);
            let most = from + WINDOW - 1;
            if about.seen.is_some_and(|seen| seen.seq > most) {
                timeline.until = Some(most);
            }
        });
    }

    /// Shows a page of newer lines, where the window had slid away from the end.
    pub fn newer(&mut self) {
        let Some(about) = self.answer().map(|answer| answer.about) else { return };
        if about.has_newer {
            let until = about.seen.map_or(0, |seen| seen.seq) + PAGE;
            let until = Some(until).filter(|until| *until < about.newest_seq);
            self.change(|timeline| timeline.until = until);
        }
    }

    /// Shows the newest page.
    pub fn newest(&mut self) {
        self.change(|timeline| (timeline.from, timeline.until) = (None, None));
    }
}
