//! `/conversations`: the inbox, one conversation, its lines. Only what is in scope is there.

use axum::Json as Out;
use axum::extract::State;
use baton_domain::fact::predicates::unread;
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::episode::Episodes;
use baton_protocol::limits::{IDS_MAX, NOTES_MAX, QUERY_CHARS_MAX};
use baton_protocol::notice::KeptDraft;
use baton_protocol::page::{ChangePage, ConversationPage, ConversationRow, LineHistory, LinesPage};
use baton_protocol::routing::RoutingHistory;
use baton_protocol::{ChannelId, ConversationId, Head, MessageId, SettingId, TeamId, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Id, Ids, Query, limit};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::past::{past_lines, past_of};
use crate::store::read::{
    self as rows, Asked, Filter, Listed, Order, OwnerFilter, Run, StatusFilter,
};
use crate::store::{Tx, draft};

/// Bytes of a place in the past: a time and an id of Meta, in hex.
const PAST_BYTES_MAX: usize = 2_000;

/// What `GET /conversations` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only those of this status.
    status: Option<StatusFilter>,
    /// `me`, `nobody`, or an agent's id.
    owner: Option<String>,
    /// Only those of this team.
    team: Option<TeamId>,
    /// Only those with this number.
    channel: Option<ChannelId>,
    /// Only those with lines that you have not read.
    #[serde(default)]
    unread: bool,
    /// Only those whose customer waits for an answer.
    #[serde(default)]
    unanswered: bool,
    /// Only those with a customer who is blocked.
    #[serde(default)]
    blocked: bool,
    /// Only those with this tag, or with one that was merged into it.
    tag: Option<SettingId>,
    /// Only those with a newest line at this time or later.
    from: Option<Timestamp>,
    /// Only those with a newest line before this time.
    until: Option<Timestamp>,
    /// Only those whose customer has this in the name or number.
    #[schemars(length(max = 100))]
    q: Option<String>,
    /// The order of the rows.
    #[serde(default)]
    order: Order,
    /// `next` of the page before, unchanged and with the same filter.
    page: Option<String>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// These alone, with commas between them; nothing else may be asked with it.
    ids: Option<String>,
}

/// What `GET /conversations/{id}/messages` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    /// Only lines before this seq: `before` of the page that came.
    before: Option<u64>,
    /// Messages from before the first line: `past` of the page that came. Nothing but `limit` can
    /// be asked with it.
    #[schemars(length(max = 2000))]
    past: Option<String>,
    /// Only notes before this revision.
    notes_before: Option<u64>,
    /// Lines of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/conversations", list)
            .says("The inbox, a page at a time.")
            .query::<Listing>()
            .answers::<ConversationPage>(200)
            .packed(),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}", read)
            .says("A conversation with its newest lines.")
            .answers::<Snapshot>(200)
            .codes(&["not_found"])
            .packed(),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/messages", lines)
            .says("Lines and notes, the newest page first.")
            .query::<Before>()
            .answers::<LinesPage>(200)
            .codes(&["not_found", "forbidden"])
            .packed(),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/elsewhere", elsewhere)
            .says("Where else the same person is answered, as far as in scope.")
            .answers::<ConversationPage>(200)
            .codes(&["not_found", "forbidden"]),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/changes", changes)
            .says("Earlier owners and states, the newest first.")
            .query::<Changes>()
            .answers::<ChangePage>(200)
            .codes(&["not_found", "forbidden"]),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/episodes", episodes)
            .says("Its last episodes, how each ended and what it was about, the newest first.")
            .answers::<Episodes>(200)
            .codes(&["not_found", "forbidden"]),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/routing", routing)
            .says("The agents who were asked to take it, and why nobody else, the newest first.")
            .answers::<RoutingHistory>(200)
            .codes(&["not_found", "forbidden"]),
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/drafts", drafts)
            .says("Texts that were typed there and not sent, the newest first.")
            .answers::<Vec<KeptDraft>>(200)
            .codes(&["not_found", "forbidden"]),
        Route::get(
            Access::Signed,
            "/api/v1/conversations/{conversation}/messages/{message}/history",
            history,
        )
        .says("A line, erased once it was taken back. For its supervisors.")
        .answers::<LineHistory>(200)
        .codes(&["not_found", "forbidden"]),
    ]
}

/// `GET /conversations`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Query(listing): Query<Listing>,
) -> HandlerResult<Out<ConversationPage>> {
    let limit = limit(listing.limit)?;
    let page = listing.page.clone();
    let of = listing.ids.as_deref().map(ids).transpose()?;
    let tag = listing.tag;
    let mut filter = filter(listing)?;
    let mut tx = parts.store.read().await?;
    if let Some(tag) = tag {
        filter.tags = Some(rows::tags_merged_into(&mut tx, signed.workspace, tag).await?);
    }
    let sight = rows::sight(&mut tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let asked = Asked { page: page.as_deref(), limit };
    let workspace = signed.workspace;
    let (found, next) = match of {
        Some(of) => (rows::listed(&mut tx, workspace, &sight, &of).await?, None),
        None => {
            let found = rows::list(&mut tx, workspace, &sight, &filter, asked).await?;
            (found.rows, found.next)
        }
    };
    tx.rollback().await?;
    let conversations = found.into_iter().map(row).collect();
    Ok(Out(ConversationPage { conversations, next }))
}

fn ids(text: &str) -> HandlerResult<Vec<ConversationId>> {
    let ids: Result<Vec<_>, _> = text.split(',').take(IDS_MAX + 1).map(str::parse).collect();
    let odd = || Fault::invalid(format!("ids: at most {IDS_MAX} ids with commas between them"));
    ids.ok().filter(|ids| ids.len() <= IDS_MAX).ok_or_else(odd)
}

/// `GET /conversations/{conversation}`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<Snapshot>> {
    let mut tx = parts.store.read().await?;
    let sight = rows::sight(&mut tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let found = rows::snapshot(&mut tx, signed.workspace, &sight, conversation).await?;
    tx.rollback().await?;
    found.map(Out).ok_or_else(Fault::not_found)
}

/// `GET /conversations/{conversation}/messages`.
pub(super) async fn lines(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
    Query(Before { before, past, notes_before, limit: asked }): Query<Before>,
) -> HandlerResult<Out<LinesPage>> {
    let limit = limit(asked)?;
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    if let Some(page) = past {
        if before.is_some() || notes_before.is_some() || page.len() > PAST_BYTES_MAX {
            return Err(Fault::invalid("past: nothing but a limit can be asked with it"));
        }
        let (lines, past) = past_lines(&mut tx, workspace, conversation, &page, limit).await?;
        tx.rollback().await?;
        let notes = Vec::new();
        return Ok(Out(LinesPage { lines, notes, before: None, past, notes_before: None }));
    }
    let lines = rows::lines(&mut tx, workspace, conversation, before, limit.into()).await?;
    let first = lines.first().map(|line| line.seq);
    let to = match (before, lines.last()) {
        // The newest page: notes may stand after the last line.
        (None, _) => u64::MAX,
        (Some(_), Some(line)) => line.seq,
        (Some(_), None) => 0,
    };
    let run = Run { conversation, from: first.unwrap_or(1), to };
    let mut notes = rows::notes(&mut tx, workspace, &[run], notes_before).await?;
    let before = first.filter(|seq| *seq > 1);
    let past = match before {
        None => past_of(&mut tx, workspace, conversation).await?,
        Some(_) => None,
    };
    tx.rollback().await?;
    let notes = notes.remove(&conversation).unwrap_or_default();
    let oldest = notes.first().filter(|_| notes.len() >= NOTES_MAX);
    let notes_before = oldest.map(|note| note.revision);
    Ok(Out(LinesPage { lines, notes, before, past, notes_before }))
}

/// `GET /conversations/{conversation}/messages/{message}/history`: a line with what is
/// kept of what it said. Soon after it was taken back that is nothing. For those who supervise the
/// conversation.
pub(super) async fn history(
    State(parts): State<Shared>,
    signed: Signed,
    Ids(conversation, message): Ids<ConversationId, MessageId>,
) -> HandlerResult<Out<LineHistory>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let (sight, head) = in_full(&mut tx, &signed, conversation).await?;
    if !sight.viewer.supervises(head.team_id) {
        return Err(Fault::forbidden("only supervisors of its team see what was taken back"));
    }
    let found = rows::whole_line(&mut tx, workspace, message).await?;
    tx.rollback().await?;
    let line = found.filter(|(of, _)| *of == conversation).map(|(_, line)| line);
    line.map(|line| Out(LineHistory { line })).ok_or_else(Fault::not_found)
}

/// `GET /conversations/{conversation}/elsewhere`: where else the same person is answered, as far as
/// it is in scope.
pub(super) async fn elsewhere(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<ConversationPage>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let (sight, _) = in_full(&mut tx, &signed, conversation).await?;
    let of = rows::elsewhere(&mut tx, workspace, conversation).await?;
    let found = rows::listed(&mut tx, workspace, &sight, &of).await?;
    tx.rollback().await?;
    Ok(Out(ConversationPage { conversations: found.into_iter().map(row).collect(), next: None }))
}

/// What `GET /conversations/{id}/changes` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    /// Only those before this position: `before` of the page that came.
    before: Option<u64>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// `GET /conversations/{conversation}/changes`: who had it and where it stood. Whoever reads its
/// lines may know whose they were.
pub(super) async fn changes(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
    Query(Changes { before, limit: asked }): Query<Changes>,
) -> HandlerResult<Out<ChangePage>> {
    let limit = limit(asked)?;
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let changes = rows::changes(&mut tx, signed.workspace, conversation, before, limit).await?;
    tx.rollback().await?;
    let is_whole = u32::try_from(changes.len()).is_ok_and(|count| count >= limit);
    let before = changes.last().filter(|_| is_whole).map(|event| event.position);
    Ok(Out(ChangePage { changes, before }))
}

/// `GET /conversations/{conversation}/episodes`: how the last ones ended, and what they were about.
pub(super) async fn episodes(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<Episodes>> {
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let episodes = rows::episodes(&mut tx, signed.workspace, conversation).await?;
    tx.rollback().await?;
    Ok(Out(Episodes { episodes }))
}

/// `GET /conversations/{conversation}/routing`: who was asked to take it, and why nobody else.
pub(super) async fn routing(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<RoutingHistory>> {
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let found = rows::routing_history(&mut tx, signed.workspace, conversation).await?;
    tx.rollback().await?;
    Ok(Out(found))
}

/// `GET /conversations/{conversation}/drafts`: texts that were typed there and not sent.
pub(super) async fn drafts(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<Vec<KeptDraft>>> {
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let found = draft::drafts(&mut tx, signed.workspace, conversation).await?;
    tx.rollback().await?;
    Ok(Out(found))
}

/// A conversation that somebody sees in full, with what they may see.
///
/// # Errors
/// That it is not there for them, or that they see its head only.
pub(super) async fn in_full(
    tx: &mut Tx,
    signed: &Signed,
    conversation: ConversationId,
) -> HandlerResult<(Sight, Head)> {
    let sight = rows::sight(tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let head = rows::heads(tx, signed.workspace, &[conversation]).await?.remove(&conversation);
    let head = head.ok_or_else(Fault::not_found)?;
    match sight.level(Scope::of(&head)) {
        Level::None => Err(Fault::not_found()),
        Level::Head => Err(Fault::forbidden("of this conversation you see the head only")),
        Level::Full => Ok((sight, head)),
    }
}

/// Whose conversations: `me`, `nobody`, or an agent's id.
pub(super) fn owner_filter(text: &str) -> HandlerResult<OwnerFilter> {
    match text {
        "me" => Ok(OwnerFilter::Me),
        "nobody" => Ok(OwnerFilter::Nobody),
        id => id
            .parse()
            .map(OwnerFilter::Agent)
            .map_err(|_no_id| Fault::invalid("owner: must be me, nobody or an agent's id")),
    }
}

/// What is searched for, if anything is.
pub(super) fn query(text: Option<String>) -> HandlerResult<Option<String>> {
    let query = text.filter(|text| !text.trim().is_empty());
    let odd = |text: &String| text.chars().count() > QUERY_CHARS_MAX || text.contains('\0');
    if query.as_ref().is_some_and(odd) {
        return Err(Fault::invalid(format!("q: at most {QUERY_CHARS_MAX} characters, no NUL")));
    }
    Ok(query)
}

pub(super) fn row(listed: Listed) -> ConversationRow {
    match listed {
        Listed::Head(head) => ConversationRow::Head { head },
        Listed::Full(view) => ConversationRow::Full { unread: unread(&view), view },
    }
}

fn filter(listing: Listing) -> HandlerResult<Filter> {
    let owner = listing.owner.as_deref().map(owner_filter).transpose()?;
    let is_alone = (&listing.status, &listing.owner, listing.team) == (&None, &None, None)
        && listing.channel.is_none()
        && listing.tag.is_none()
        && (listing.from, listing.until) == (None, None)
        && !(listing.unread || listing.unanswered || listing.blocked);
    if listing.ids.is_some() && !(is_alone && listing.q.is_none() && listing.page.is_none()) {
        return Err(Fault::invalid("ids: nothing else can be asked with it"));
    }
    let query = query(listing.q)?;
    Ok(Filter {
        status: listing.status,
        owner,
        team: listing.team,
        channel: listing.channel,
        unread: listing.unread,
        unanswered: listing.unanswered,
        from: listing.from,
        until: listing.until,
        blocked: listing.blocked,
        tags: None,
        query,
        order: listing.order,
    })
}
