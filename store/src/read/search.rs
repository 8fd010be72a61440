//! Messages and notes by the words in them, the newest first.
//!
//! The index leads to positions of the log. Each is read as everybody reads it: in the scope that
//! its conversation has now, and without what was taken back or erased. A request looks through a
//! limited number of them.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_domain::text::find::{Wanted, searched};
use baton_protocol::event::EventContent;
use baton_protocol::page::{ExcerptPart, SearchHit};
use baton_protocol::{
    AgentId, Author, ChannelId, ConversationId, Event, Fact, MessageId, NoteId, Owner, SettingId,
    TeamId, Timestamp, WorkspaceId,
};
use schemars::JsonSchema;
use sha2::{Digest as _, Sha256};
use sqlx_macros::FromRow;

use super::conversations::views;
use super::lines::messages;
use super::list::Asked;
use super::list::{OwnerFilter, StatusFilter};
use crate::tables::{LoggedRow, column, id, ids, logged_columns, number, owner, some_id};
use crate::{Sql, StoreError, Tx};

/// The messages and notes that a search asks for.
#[derive(Clone, Debug)]
pub struct SearchFilter {
    /// The words.
    pub wanted: Wanted,
    /// Of one kind only.
    pub kind: Option<SearchKind>,
    /// Where their conversation stands.
    pub status: Option<StatusFilter>,
    /// Only in conversations with such an owner.
    pub owner: Option<OwnerFilter>,
    /// Only in conversations of this team.
    pub team: Option<TeamId>,
    /// Only in conversations with this number.
    pub channel: Option<ChannelId>,
    /// Only in conversations with one of these tags.
    pub tags: Option<BTreeSet<SettingId>>,
    /// Said at this time or later.
    pub from: Option<Timestamp>,
    /// Said before this time.
    pub until: Option<Timestamp>,
    /// Whether all that was said has the entries of this version.
    pub is_whole: bool,
}

impl SearchFilter {
    fn entry(&self) -> &str {
        if self.is_whole { self.wanted.entry() } else { self.wanted.entry_before() }
    }

    /// Whether what was said at this time passes.
    fn is_when(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }

    /// The number of looks at entries for one page. What was said at another time costs little.
    fn rounds_max(&self) -> usize {
        if self.until.is_some() { ROUNDS_MAX * 5 } else { ROUNDS_MAX }
    }
}

/// See [`SearchFilter::kind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// What was said to the customer or by the customer.
    Messages,
    /// What the team alone reads.
    Notes,
}

/// Entries of the index that are looked at together, and how often for one page.
const AT_ONCE: usize = if cfg!(test) { 7 } else { 200 };
const ROUNDS_MAX: usize = 10;
/// The clocks of nodes and of WhatsApp differ by less.
const SKEW_MS: i64 = 3_600 * 1_000;

#[derive(FromRow)]
struct Candidate {
    #[sqlx(flatten)]
    logged: LoggedRow,
    at_position: i64,
    in_team: Option<String>,
    of_agent: Option<String>,
    in_status: Option<String>,
    in_channel: Option<String>,
    in_tags: Option<String>,
}

/// What may be a hit: where it stands, and what it is.
struct PossibleHit {
    position: u64,
    conversation: ConversationId,
    what: What,
}

enum What {
    Line(MessageId),
    Note { id: NoteId, author: AgentId, text: String, at: Timestamp },
}

/// A page of hits, and where the next one begins if there may be more.
pub async fn search(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    filter: &SearchFilter,
    asked: Asked<'_>,
) -> Result<(Vec<SearchHit>, Option<String>), StoreError> {
    let limit = asked.rows_max();
    let mark = mark(filter);
    let mut before = asked.page.map_or(Ok(u64::MAX), |token| parse(token, &mark))?;
    let mut hits = Vec::new();
    let mut seen = BTreeSet::new();
    let mut is_more = true;
    for _ in 0..filter.rounds_max() {
        let rows = candidates(tx, workspace, filter, before).await?;
        is_more = rows.len() >= AT_ONCE;
        let last = rows.last().map(|row| number(row.at_position)).transpose()?;
        is_more &= !is_beyond(filter, &rows)?;
        let places = places(sight, filter, &rows)?;
        for (position, hit) in filled(tx, workspace, sight, filter, places).await? {
            if hits.len() == limit {
                return Ok((hits, Some(token(before, &mark))));
            }
            before = position;
            // A line that was read anew is in the log twice.
            if seen.insert((hit.message_id, hit.note_id)) {
                hits.push(hit);
            }
        }
        before = last.unwrap_or(before);
        if !is_more {
            break;
        }
    }
    Ok((hits, is_more.then(|| token(before, &mark))))
}

async fn candidates(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &SearchFilter,
    before: u64,
) -> Result<Vec<Candidate>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        ", s.position AS at_position, c.team AS in_team, c.owner_agent AS of_agent,
           c.status AS in_status, c.channel AS in_channel,
           c.tags AS in_tags
         FROM (
           SELECT * FROM (SELECT w.workspace, w.position FROM search_word AS w
             WHERE w.workspace = $1 AND w.word = $2 AND w.position < CAST($3 AS BIGINT)
             ORDER BY w.position DESC LIMIT CAST($4 AS BIGINT)) AS of_word
           UNION
           SELECT * FROM (SELECT w.workspace, w.position FROM search_word AS w
             WHERE w.workspace = $1 AND w.word = $5 AND w.position < CAST($3 AS BIGINT)
             ORDER BY w.position DESC LIMIT CAST($4 AS BIGINT)) AS of_number
           UNION
           SELECT * FROM (SELECT w.workspace, w.position FROM search_word AS w
             WHERE w.workspace = $1 AND w.word = $6 AND w.position < CAST($3 AS BIGINT)
             ORDER BY w.position DESC LIMIT CAST($4 AS BIGINT)) AS of_code
           ORDER BY 2 DESC LIMIT CAST($4 AS BIGINT)) AS s
         JOIN log AS l ON l.workspace = s.workspace AND l.position = s.position
         LEFT JOIN conversation AS c ON c.workspace = l.workspace AND c.id = l.conversation
         ORDER BY s.position DESC"
    ));
    let args = [
        workspace.to_string(),
        filter.entry().to_owned(),
        column(before).to_string(),
        AT_ONCE.to_string(),
        filter.wanted.number_entry().unwrap_or_default(),
        filter.wanted.code_entry().unwrap_or_default().to_owned(),
    ];
    tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await
}

/// Whether the log kept the last of these before the time that a search begins at. All that is
/// further back was said before that time, too.
fn is_beyond(filter: &SearchFilter, rows: &[Candidate]) -> Result<bool, StoreError> {
    let (Some(from), Some(last)) = (filter.from, rows.last()) else { return Ok(false) };
    Ok(last.logged.read()?.event.at.plus_ms(SKEW_MS) < from)
}

/// Those that the viewer may read, and that the filter lets through.
fn places(
    sight: &Sight,
    filter: &SearchFilter,
    rows: &[Candidate],
) -> Result<Vec<PossibleHit>, StoreError> {
    let mut found = Vec::new();
    for row in rows {
        let Some(team) = row.in_team.as_deref() else { continue };
        let team = id(team)?;
        let scope = Scope { team, owner: owner(team, row.of_agent.as_deref())? };
        if sight.level(scope) != Level::Full || !is_asked(sight, filter, row, scope)? {
            continue;
        }
        let event = row.logged.read()?.event;
        let Some(conversation) = event.conversation_id else { continue };
        if !said_at(&event).is_none_or(|at| filter.is_when(at)) {
            continue;
        }
        if let Some(what) = what(&event, filter.kind) {
            found.push(PossibleHit { position: event.position, conversation, what });
        }
    }
    Ok(found)
}

fn is_asked(
    sight: &Sight,
    filter: &SearchFilter,
    row: &Candidate,
    scope: Scope,
) -> Result<bool, StoreError> {
    let is_owner = match filter.owner {
        None => true,
        Some(OwnerFilter::Me) => scope.owner == Owner::Agent(sight.viewer.agent),
        Some(OwnerFilter::Agent(agent)) => scope.owner == Owner::Agent(agent),
        Some(OwnerFilter::Nobody) => scope.owner.agent().is_none(),
    };
    let status = filter.status.map(StatusFilter::names);
    let stands = row.in_status.as_deref();
    let channel: Option<ChannelId> = some_id(row.in_channel.as_deref())?;
    Ok(is_owner
        && filter.team.is_none_or(|team| team == scope.team)
        && (filter.channel.is_none() || filter.channel == channel)
        && filter.tags.as_ref().is_none_or(|tags| is_tagged(row.in_tags.as_deref(), tags))
        && status.is_none_or(|names| stands.is_some_and(|stands| names.contains(&stands))))
}

fn is_tagged(on: Option<&str>, tags: &BTreeSet<SettingId>) -> bool {
    on.is_some_and(|on| tags.iter().any(|tag| on.contains(&tag.to_string())))
}

/// The time at which it was said, where the event tells.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others say nothing")]
fn said_at(event: &Event) -> Option<Timestamp> {
    match &event.fact {
        Fact::LineReceived { at, .. } | Fact::LineWritten { at, .. } => Some(*at),
        Fact::NoteAdded { .. } => Some(event.at),
        _ => None,
    }
}

fn what(event: &Event, kind: Option<SearchKind>) -> Option<What> {
    match (&event.fact, &event.content) {
        (
            Fact::LineReceived { line, .. }
            | Fact::LineWritten { line, .. }
            | Fact::LineUnderstood { line, .. },
            _,
        ) if kind != Some(SearchKind::Notes) => Some(What::Line(line.id)),
        (
            Fact::NoteAdded { note_id, author, .. },
            Some(EventContent::Note { text: Some(text), .. }),
        ) if kind != Some(SearchKind::Messages) => {
            Some(What::Note { id: *note_id, author: *author, text: text.clone(), at: event.at })
        }
        _ => None,
    }
}

/// The hits among these places, in their order.
async fn filled(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    filter: &SearchFilter,
    places: Vec<PossibleHit>,
) -> Result<Vec<(u64, SearchHit)>, StoreError> {
    let lines: Vec<_> = places
        .iter()
        .filter_map(|place| match place.what {
            What::Line(id) => Some(id),
            What::Note { .. } => None,
        })
        .collect();
    let lines = messages(tx, workspace, &lines).await?;
    let notes: Vec<_> = places
        .iter()
        .filter_map(|place| match place.what {
            What::Note { id, .. } => Some(id),
            What::Line(_) => None,
        })
        .collect();
    let behind = behind(tx, workspace, &notes).await?;
    let mut found = Vec::new();
    for place in places {
        let (text, hit) = match place.what {
            What::Line(id) => {
                let Some((_, line)) = lines.get(&id) else { continue };
                let hit = (line.seq, Some(id), None, Some(line.kind), line.author, line.at);
                (searched(&line.content), hit)
            }
            What::Note { id, author, text, at } => {
                let seq = behind.get(&id).copied().unwrap_or(0);
                (text, (seq, None, Some(id), None, Author::Agent { id: author }, at))
            }
        };
        let said_at = hit.5;
        if filter.is_when(said_at) && filter.wanted.finds(&text) {
            found.push((place.position, place.conversation, text, hit));
        }
    }
    let of: BTreeSet<_> = found.iter().map(|(_, conversation, ..)| *conversation).collect();
    let of: Vec<_> = of.into_iter().collect();
    let views = views(tx, workspace, sight, &of).await?;
    let hits = found.into_iter().filter_map(|(position, conversation, text, hit)| {
        let (seq, message_id, note_id, kind, author, at) = hit;
        let parts = filter.wanted.excerpt(&text).into_iter();
        let excerpt =
            parts.map(|part| ExcerptPart { text: part.text.to_owned(), hit: part.is_match });
        let conversation = views.get(&conversation)?.clone();
        let excerpt = excerpt.collect();
        Some((
            position,
            SearchHit { conversation, seq, message_id, note_id, kind, author, at, excerpt },
        ))
    });
    Ok(hits.collect())
}

/// Behind which line each note stands.
async fn behind(
    tx: &mut Tx,
    workspace: WorkspaceId,
    notes: &[NoteId],
) -> Result<BTreeMap<NoteId, u64>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT id, after_seq FROM note WHERE workspace = $1 AND id {in $2}");
    if notes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &[&workspace.to_string(), &ids(notes)]).await?;
    rows.iter().map(|(note, seq)| Ok((id(note)?, number(*seq)?))).collect()
}

/// What a page token says of its filter.
fn mark(filter: &SearchFilter) -> String {
    let digest = Sha256::digest(format!("{filter:?}"));
    hex::encode(digest.get(..8).unwrap_or_default())
}

fn token(before: u64, mark: &str) -> String {
    hex::encode(format!("{before}:{mark}"))
}

fn parse(token: &str, mark: &str) -> Result<u64, StoreError> {
    let read = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (before, of) = text.split_once(':')?;
        before.parse().ok().filter(|_| of == mark)
    };
    read().ok_or_else(|| StoreError::Invalid("the page token is not one of this query".to_owned()))
}
