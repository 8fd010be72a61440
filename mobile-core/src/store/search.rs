//! Search in the store. Nothing is indexed on disk: conversations are opened and searched one by
//! one, the newest activity first.

use baton_domain::text::find::{Typed, searched};
use baton_protocol::{ConversationId, Timestamp};
use rusqlite::{Row, params};

use super::StoreError;
use super::read::Read;
use super::rows::{LineRow, LineText, id, line_row};

/// Where it was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// In the contact's name, number or user name.
    Contact,
    /// In this line.
    Line(u64),
    /// In the note with this revision.
    Note(u64),
}

/// One find.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The conversation.
    pub conversation: ConversationId,
    /// The place of the hit.
    pub found: Found,
    /// When that was said; of contacts, when something was last said.
    pub at: Timestamp,
    /// The whole text that it was found in.
    pub text: String,
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hits {
    /// One of each conversation, the newest activity first: the contact, else the newest line, else
    /// the newest note.
    pub hits: Vec<Hit>,
    /// Whether all was looked through; else there may be more.
    pub is_complete: bool,
}

/// A conversation to look through.
#[derive(Debug)]
struct Candidate {
    row: i64,
    id: ConversationId,
    activity_at: Timestamp,
}

/// A search that goes on step by step, so that others have their turn in between.
#[derive(Debug)]
pub struct Search {
    /// None if nothing was.
    typed: Option<Typed>,
    limit: usize,
    /// Conversations that were not looked through so far.
    left: std::vec::IntoIter<Candidate>,
    hits: Vec<Hit>,
}

impl Search {
    /// What was found so far.
    pub fn hits(self) -> Hits {
        let Self { mut hits, limit, left, .. } = self;
        let is_complete = hits.len() <= limit && left.as_slice().is_empty();
        hits.truncate(limit);
        Hits { hits, is_complete }
    }
}

impl Read<'_> {
    /// Begins to look for words, each a part of a name, a line, the name of a file or a note, or
    /// for a number. Their order, accents and case do not matter. It ends with so many finds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn begin_search(&self, text: &str, limit: usize) -> Result<Search, StoreError> {
        let typed = Typed::new(text).filter(|_| limit > 0);
        let candidates = if typed.is_some() { self.candidates()? } else { Vec::new() };
        Ok(Search { typed, limit, left: candidates.into_iter(), hits: Vec::new() })
    }

    /// Looks through so many conversations more. Says whether there is nothing left to do.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn search(&self, search: &mut Search, conversations: usize) -> Result<bool, StoreError> {
        for _ in 0..conversations {
            if search.hits.len() > search.limit {
                return Ok(true);
            }
            let Some(candidate) = search.left.next() else { return Ok(true) };
            let Some(typed) = &search.typed else { return Ok(true) };
            self.search_in(&candidate, typed, &mut search.hits)?;
        }
        Ok(search.left.as_slice().is_empty())
    }

    fn candidates(&self) -> Result<Vec<Candidate>, StoreError> {
        self.sql.all(
            "SELECT number, id, activity_at FROM conversation
             WHERE account = ?1 AND sealed IS NOT NULL ORDER BY activity_at DESC, id",
            params![self.whose.number],
            |row| {
                let activity_at = Timestamp::from_ms(row.get(2)?);
                Ok(Candidate { row: row.get(0)?, id: id(row, 1)?, activity_at })
            },
        )
    }

    fn search_in(
        &self,
        candidate: &Candidate,
        typed: &Typed,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let (conversation, at) = (candidate.id, candidate.activity_at);
        // It may have gone since the search began, and its number to another.
        let sealed: Option<Option<Vec<u8>>> = self.sql.one(
            "SELECT sealed FROM conversation WHERE number = ?1 AND id = ?2 AND account = ?3",
            params![candidate.row, conversation.0.as_bytes(), self.whose.number],
            |row| row.get(0),
        )?;
        let Some(sealed) = sealed.flatten() else { return Ok(()) };
        let contact = self.view_rest(conversation, &sealed)?.contact;
        let own = contact.profile_name.filter(|name| typed.is_name(name));
        let name = contact.name.filter(|name| typed.is_name(name)).or(own);
        let phone = contact.phone.filter(|phone| typed.is_number(phone));
        let username = contact.username.map(|username| format!("@{username}"));
        let username = username.filter(|username| typed.is_name(username));
        if let Some(text) = name.or(phone).or(username) {
            hits.push(Hit { conversation, found: Found::Contact, at, text });
            return Ok(());
        }
        let lines = self.sql.all(
            "SELECT seq, id, at, op_id, device, sealed FROM line
             WHERE conversation = ?1 ORDER BY seq DESC",
            params![candidate.row],
            |row: &Row<'_>| Ok((line_row(row)?, Timestamp::from_ms(row.get(2)?))),
        )?;
        for (row, at) in lines {
            let text = self.line_text(conversation, &row)?;
            if typed.is_in(&text) {
                hits.push(Hit { conversation, found: Found::Line(row.seq), at, text });
                return Ok(());
            }
        }
        for note in self.notes(candidate.row, conversation)?.into_iter().rev() {
            if let Some(text) = note.text.filter(|text| typed.is_in(text)) {
                let found = Found::Note(note.revision);
                hits.push(Hit { conversation, found, at: note.at, text });
                return Ok(());
            }
        }
        Ok(())
    }

    fn line_text(&self, conversation: ConversationId, row: &LineRow) -> Result<String, StoreError> {
        let part: LineText = self.line_part(conversation, row)?;
        Ok(searched(&part.content))
    }
}
