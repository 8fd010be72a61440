//! The lists that apps show: membership, order and counts.
//!
//! They are kept beside the conversations in the same transaction, so nothing is sorted or counted
//! when an app starts.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::page::ConversationRow;
use baton_protocol::{AgentId, ConversationId, Head, Status, TeamId};
use rusqlite::params;

use super::StoreError;
use super::read::Read;
use super::rows::{self, HEAD_COLUMNS, head_columns, head_row};

/// A list of conversations. All but [`View::All`] leave out what is snoozed or resolved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum View {
    /// Owned by the agent who is signed in.
    Mine,
    /// Of one team.
    Team(TeamId),
    /// In a queue.
    Unassigned,
    /// Waiting for the customer or a third party.
    Waiting,
    /// All that is in scope, whatever its status.
    All,
    /// Offered to the agent who is signed in.
    Offered,
}

impl View {
    pub(super) fn key(self) -> Vec<u8> {
        match self {
            Self::Mine => vec![1],
            Self::Team(team) => [&[2], team.0.as_bytes().as_slice()].concat(),
            Self::Unassigned => vec![3],
            Self::Waiting => vec![4],
            Self::All => vec![5],
            Self::Offered => vec![6],
        }
    }
}

/// Where a page of a list ends; the next one begins after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    rank: i64,
    id: ConversationId,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows: those that wait longest for an answer first; then the others, newest first.
    pub rows: Vec<ConversationRow>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Mark>,
}

/// The total of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Total {
    /// Conversations.
    pub conversations: u64,
    /// Lines not read, in all of them.
    pub unread: u64,
}

/// A conversation's places in lists.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Places {
    views: Vec<View>,
    rank: i64,
    unread: i64,
}

impl Places {
    /// Those of nothing.
    const NONE: Self = Self { views: Vec::new(), rank: 0, unread: 0 };

    pub(super) fn of(held: Option<&Mirrored>, me: AgentId) -> Self {
        let Some(held) = held else { return Self::NONE };
        let head = held.head();
        Self { views: views(held, me), rank: rank(head), unread: 0 }.counting(held.unread_lines())
    }

    /// The same with so many lines that were not read. Sums are kept by the number that is stored:
    /// an older version may have counted otherwise.
    pub(super) fn counting(self, unread: u64) -> Self {
        // Nobody reads as many, and sums stay in range.
        let unread = i64::try_from(unread.min(u32::MAX.into())).unwrap_or(0);
        Self { unread, ..self }
    }
}

fn views(held: &Mirrored, me: AgentId) -> Vec<View> {
    let head = held.head();
    let mut views = vec![View::All];
    match head.status {
        Status::Open => {}
        Status::Waiting => views.push(View::Waiting),
        Status::Snoozed { .. } | Status::Resolved => return views,
    }
    views.push(View::Team(head.team_id));
    match head.owner.agent() {
        None => views.push(View::Unassigned),
        Some(agent) if agent == me => views.push(View::Mine),
        Some(_) => {}
    }
    if is_offered(held, me) {
        views.push(View::Offered);
    }
    views
}

fn is_offered(held: &Mirrored, me: AgentId) -> bool {
    match held {
        Mirrored::Head(_) => false,
        Mirrored::Full(full) => {
            full.view.conversation.thread.offer.is_some_and(|offer| offer.agent_id == me)
        }
    }
}

/// The smallest comes first: open turns by their age, then the others, the newest first.
fn rank(head: &Head) -> i64 {
    const FAR: i64 = 1 << 60;
    match head.unanswered_since {
        Some(since) => since.ms().clamp(-FAR, FAR),
        None => 3 * FAR - head.activity_at.ms().clamp(-FAR, FAR),
    }
}

/// Moves a conversation from its old places to its new ones, and the totals with it.
pub(super) fn moved(
    read: &Read<'_>,
    id: ConversationId,
    old: &Places,
    new: &Places,
) -> Result<(), StoreError> {
    if old == new {
        return Ok(());
    }
    let account = read.whose.number;
    for view in &old.views {
        let args = params![account, view.key(), old.rank, id.0.as_bytes()];
        let removed = read.sql.run(
            "DELETE FROM listed WHERE account = ?1 AND view = ?2 AND rank = ?3 AND id = ?4",
            args,
        )?;
        // An older version may not have known the view: it counted nothing there.
        if removed > 0 {
            count(read, *view, -1, -old.unread)?;
        }
    }
    for view in &new.views {
        let args = params![account, view.key(), new.rank, id.0.as_bytes()];
        read.sql
            .run("INSERT INTO listed (account, view, rank, id) VALUES (?1, ?2, ?3, ?4)", args)?;
        count(read, *view, 1, new.unread)?;
    }
    Ok(())
}

fn count(read: &Read<'_>, view: View, one: i64, unread: i64) -> Result<(), StoreError> {
    let args = params![read.whose.number, view.key(), one, unread];
    read.sql.run(
        "INSERT INTO total (account, view, conversations, unread) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, view) DO UPDATE SET
             conversations = conversations + excluded.conversations,
             unread = unread + excluded.unread",
        args,
    )?;
    Ok(())
}

impl Read<'_> {
    /// A page of a list, after a mark.
    pub fn page(&self, list: View, after: Option<Mark>, limit: u32) -> Result<Page, StoreError> {
        let (rank, id) = match after {
            Some(mark) => (mark.rank, mark.id.0.as_bytes().to_vec()),
            None => (i64::MIN, Vec::new()),
        };
        let args = params![self.whose.number, list.key(), rank, id, limit];
        let rows = self.sql.all(
            concat!(
                "SELECT ",
                head_columns!(),
                ", c.number, c.unread, c.read_seq, c.from_seq, c.sealed, l.rank
                 FROM listed l JOIN conversation c ON c.account = l.account AND c.id = l.id
                 WHERE l.account = ?1 AND l.view = ?2 AND (l.rank, l.id) > (?3, ?4)
                 ORDER BY l.rank, l.id LIMIT ?5"
            ),
            args,
            |row| Ok((head_row(row)?, row.get::<_, i64>(HEAD_COLUMNS + 5)?)),
        )?;
        let is_last = u32::try_from(rows.len()).is_ok_and(|count| count < limit);
        let last = rows.last().map(|(row, rank)| Mark { rank: *rank, id: row.head.id });
        let mut found = Vec::with_capacity(rows.len());
        for (row, _) in rows {
            found.push(self.opened_head(row)?);
        }
        Ok(Page { rows: found, next: last.filter(|_| !is_last) })
    }

    /// The total of a list.
    pub fn total(&self, list: View) -> Result<Total, StoreError> {
        let total = self.sql.one(
            "SELECT conversations, unread FROM total WHERE account = ?1 AND view = ?2",
            params![self.whose.number, list.key()],
            |row| Ok(Total { conversations: rows::count(row, 0)?, unread: rows::count(row, 1)? }),
        )?;
        Ok(total.unwrap_or_default())
    }
}
