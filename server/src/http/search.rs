//! `/search`: customers by name or number, messages and notes by their words.

use axum::Json as Out;
use axum::extract::State;
use baton_domain::text::find::Wanted;
use baton_protocol::page::SearchPage;
use baton_protocol::{ChannelId, SettingId, TeamId, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::conversations::{owner_filter, query, row};
use super::input::{Query, limit};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read::{
    self as rows, Asked, Filter, Order, SearchFilter, SearchKind, StatusFilter,
};
use crate::store::searchable;

/// Conversations that are shown beside the messages.
const CONVERSATIONS_MAX: u32 = 5;

/// What `GET /search` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Words, a part of a name, or a part of a number.
    #[schemars(length(min = 1, max = 100))]
    q: String,
    /// Messages or notes only.
    kind: Option<SearchKind>,
    /// Only in conversations of this status.
    status: Option<StatusFilter>,
    /// Only in conversations of: `me`, `nobody`, or an agent's id.
    owner: Option<String>,
    /// Only in conversations of this team.
    team: Option<TeamId>,
    /// Only in conversations with this number.
    channel: Option<ChannelId>,
    /// Only in conversations with this tag, or with one that was merged into it.
    tag: Option<SettingId>,
    /// Only what was said at this time or later; of customers, those with a newest line then.
    from: Option<Timestamp>,
    /// Only what was said before this time.
    until: Option<Timestamp>,
    /// `next` of the page before, unchanged and with the same filter.
    page: Option<String>,
    /// Hits of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/search", find)
            .says("Messages and notes by their words, customers by name.")
            .query::<Listing>()
            .answers::<SearchPage>(200)
            .packed(),
    ]
}

/// `GET /search`.
pub(super) async fn find(
    State(parts): State<Shared>,
    signed: Signed,
    Query(listing): Query<Listing>,
) -> HandlerResult<Out<SearchPage>> {
    let Listing { q, kind, status, owner, team, channel, tag, from, until, .. } = listing;
    let (page, limit) = (listing.page, limit(listing.limit)?);
    let Some(q) = query(Some(q))? else { return Err(Fault::invalid("q: must not be empty")) };
    let owner = owner.as_deref().map(owner_filter).transpose()?;
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let sight = rows::sight(&mut tx, workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let tags = match tag {
        Some(tag) => Some(rows::tags_merged_into(&mut tx, workspace, tag).await?),
        None => None,
    };
    let conversations = if page.is_none() && kind.is_none() {
        let order = Order::Activity;
        let query = Some(q.clone());
        let tags = tags.clone();
        let named = Filter { status, owner, team, channel, ..Filter::default() };
        let named = Filter { order, query, tags, from, until, ..named };
        let first = Asked { page: None, limit: CONVERSATIONS_MAX };
        let found = rows::list(&mut tx, workspace, &sight, &named, first).await?;
        found.rows.into_iter().map(row).collect()
    } else {
        Vec::new()
    };
    let (hits, next) = match Wanted::new(&q) {
        Some(wanted) => {
            let is_whole = searchable::is_whole(&mut tx, workspace).await?;
            let filter = SearchFilter {
                wanted,
                kind,
                status,
                owner,
                team,
                channel,
                tags,
                from,
                until,
                is_whole,
            };
            let asked = Asked { page: page.as_deref(), limit };
            rows::search(&mut tx, workspace, &sight, &filter, asked).await?
        }
        None => (Vec::new(), None),
    };
    let head = rows::log_head(&mut tx, workspace).await?.position;
    let filling = searchable::is_filling(&mut tx, workspace, head).await?;
    tx.rollback().await?;
    Ok(Out(SearchPage { conversations, hits, next, filling }))
}
