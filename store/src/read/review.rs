//! Messages that wait for a person: held back, or with an unknown outcome.

use std::collections::BTreeMap;

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::page::{ReviewCount, ReviewPage, ReviewRow, ReviewStatus};
use baton_protocol::{ChannelId, HeldReason, MessageId, Timestamp, WorkspaceId};
use sha2::{Digest as _, Sha256};
use sqlx_macros::FromRow;

use super::conversations::views;
use super::lines::messages;
use super::list::Asked;
use crate::tables::{id, name, named, number, owner};
use crate::{Sql, StoreError, Tx};

/// The filter of messages in review. Everything that is said must hold.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ReviewFilter {
    /// Where they stand.
    pub status: Option<ReviewStatus>,
    /// Why they were held back.
    pub reason: Option<HeldReason>,
    /// The number they leave from.
    pub channel: Option<ChannelId>,
    /// Written before this time.
    pub before: Option<Timestamp>,
}

impl ReviewFilter {
    /// The mark of the filter in a page token.
    fn mark(&self) -> String {
        let digest = Sha256::digest(format!("{self:?}"));
        hex::encode(digest.get(..8).unwrap_or_default())
    }

    /// As arguments of a statement; what is empty or far in the future excludes nothing.
    fn arguments(&self, workspace: WorkspaceId) -> [String; 5] {
        let before = self.before.map_or(i64::MAX, Timestamp::ms);
        [
            workspace.to_string(),
            self.status.as_ref().map(name).unwrap_or_default(),
            self.reason.as_ref().map(name).unwrap_or_default(),
            self.channel.map(|channel| channel.to_string()).unwrap_or_default(),
            before.to_string(),
        ]
    }
}

/// Pages that are looked through for one that is shown: what others see fills them as well.
const ROUNDS_MAX: usize = 20;

macro_rules! waiting {
    ($select:literal, $and:literal) => {
        concat!(
            "SELECT ",
            $select,
            " FROM message AS m
               JOIN conversation AS c ON c.workspace = m.workspace AND c.id = m.conversation
             WHERE m.workspace = $1 AND (m.status = 'held' OR m.status = 'unconfirmed')
               AND ($2 = '' OR m.status = $2) AND ($3 = '' OR m.held = $3)
               AND ($4 = '' OR m.channel = $4) AND m.at < CAST($5 AS BIGINT) ",
            $and
        )
    };
}

#[derive(FromRow)]
struct Waits {
    id: String,
    at: i64,
    team: String,
    owner_agent: Option<String>,
}

#[derive(FromRow)]
struct Counted {
    status: String,
    held: Option<String>,
    team: String,
    owner_agent: Option<String>,
    count: i64,
}

/// A page of what a viewer may read and decide, the oldest first, and how many there are of each
/// kind.
pub async fn review(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    filter: &ReviewFilter,
    asked: Asked<'_>,
) -> Result<ReviewPage, StoreError> {
    let counts = counts(tx, workspace, sight, filter).await?;
    let limit = asked.rows_max();
    let mut place = match asked.page {
        Some(token) => review_place(token, &filter.mark())?,
        None => ReviewPlace { at: i64::MIN, id: String::new() },
    };
    let mut found: Vec<MessageId> = Vec::new();
    let mut more = true;
    for _ in 0..ROUNDS_MAX {
        let rows = keys(tx, workspace, filter, &place, limit).await?;
        more = rows.len() >= limit;
        let mut left = rows.into_iter().peekable();
        while let Some(row) = left.next_if(|_| found.len() < limit) {
            if is_full(sight, &row.team, row.owner_agent.as_deref())? {
                found.push(id(&row.id)?);
            }
            place = ReviewPlace { at: row.at, id: row.id };
        }
        more |= left.peek().is_some();
        if found.len() >= limit || !more {
            break;
        }
    }
    let mut lines = messages(tx, workspace, &found).await?;
    let of: Vec<_> = lines.values().map(|(conversation, _)| *conversation).collect();
    let views = views(tx, workspace, sight, &of).await?;
    let row = |message: &MessageId| {
        let (conversation, line) = lines.remove(message)?;
        Some(ReviewRow { conversation: views.get(&conversation)?.clone(), line })
    };
    let messages = found.iter().filter_map(row).collect();
    let token = || hex::encode(format!("{}:{}:{}", place.at, place.id, filter.mark()));
    Ok(ReviewPage { messages, counts, next: more.then(token) })
}

async fn counts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    filter: &ReviewFilter,
) -> Result<Vec<ReviewCount>, StoreError> {
    static COUNT: Sql = Sql::new(waiting!(
        "m.status, m.held, c.team, c.owner_agent, CAST(COUNT(*) AS BIGINT) AS count",
        "GROUP BY m.status, m.held, c.team, c.owner_agent"
    ));
    let arguments = filter.arguments(workspace);
    let arguments = arguments.each_ref().map(String::as_str);
    let mut counts: BTreeMap<(String, Option<String>), u64> = BTreeMap::new();
    for row in tx.rows::<Counted>(&COUNT, &arguments).await? {
        if is_full(sight, &row.team, row.owner_agent.as_deref())? {
            let count: u64 = number(row.count)?;
            *counts.entry((row.status, row.held)).or_default() += count;
        }
    }
    let told = |((status, reason), count): ((String, Option<String>), u64)| {
        let reason = reason.as_deref().map(named).transpose()?;
        Ok(ReviewCount { status: named(&status)?, reason, count })
    };
    counts.into_iter().map(told).collect()
}

async fn keys(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &ReviewFilter,
    after: &ReviewPlace,
    limit: usize,
) -> Result<Vec<Waits>, StoreError> {
    static KEYS: Sql = Sql::new(waiting!(
        "m.id, m.at, c.team, c.owner_agent",
        "AND (m.at, m.id) > (CAST($6 AS BIGINT), $7)
         ORDER BY m.at, m.id LIMIT CAST($8 AS BIGINT)"
    ));
    let [workspace, status, reason, channel, before] = &filter.arguments(workspace);
    let (at, limit) = (after.at.to_string(), limit.to_string());
    let arguments = [workspace, status, reason, channel, before, &at, &after.id, &limit];
    tx.rows(&KEYS, &arguments.map(String::as_str)).await
}

fn is_full(sight: &Sight, team: &str, agent: Option<&str>) -> Result<bool, StoreError> {
    let team = id(team)?;
    let scope = Scope { team, owner: owner(team, agent)? };
    Ok(sight.level(scope) == Level::Full)
}

/// Where a list goes on: behind this row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewPlace {
    /// The time when its message was written, in ms.
    pub at: i64,
    /// The id of its message.
    pub id: String,
}

/// Where a list goes on.
///
/// # Errors
///
/// The token is none, or is of another filter.
pub fn review_place(token: &str, mark: &str) -> Result<ReviewPlace, StoreError> {
    let read = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let mut parts = text.splitn(3, ':');
        let at = parts.next()?.parse().ok()?;
        let after: MessageId = parts.next()?.parse().ok()?;
        (parts.next()? == mark).then(|| ReviewPlace { at, id: after.to_string() })
    };
    let unknown = || StoreError::Invalid("the page token is not one of this query".to_owned());
    read().ok_or_else(unknown)
}
