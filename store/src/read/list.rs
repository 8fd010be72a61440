//! The conversation list: filtered, in order, a page at a time.
//!
//! The database merges a list from branches of one team (or owner) and one status each, all read in
//! index order. So a page costs what the viewer sees of it, not what the workspace holds.

use std::collections::BTreeSet;

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_domain::text::find::Typed;
use baton_protocol::conversation::ConversationView;
use baton_protocol::{
    AgentId, ChannelId, ConversationId, Head, Owner, Role, SettingId, TeamId, Timestamp,
    WorkspaceId,
};
use schemars::JsonSchema;
use sha2::{Digest as _, Sha256};

use super::conversations::views;
use crate::tables::{id, ids};
use crate::{StoreError, Tx};

/// The conversations that a list asks for.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    /// Where they stand.
    pub status: Option<StatusFilter>,
    /// Only conversations with such an owner.
    pub owner: Option<OwnerFilter>,
    /// Only conversations of this team.
    pub team: Option<TeamId>,
    /// Only conversations with this number.
    pub channel: Option<ChannelId>,
    /// Only with lines of the customer that the viewer has not read.
    pub unread: bool,
    /// Only those whose customer waits for an answer.
    pub unanswered: bool,
    /// Only those whose customer is blocked.
    pub blocked: bool,
    /// Only those with a newest line at this time or later.
    pub from: Option<Timestamp>,
    /// Only those with a newest line before this time.
    pub until: Option<Timestamp>,
    /// Only those with one of these tags.
    pub tags: Option<BTreeSet<SettingId>>,
    /// Part of the contact's name or number.
    pub query: Option<String>,
    /// The order of the rows.
    pub order: Order,
}

/// See [`Filter::status`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusFilter {
    /// Somebody has to do something.
    Open,
    /// Waiting for the customer or a third party.
    Waiting,
    /// Out of sight until a time.
    Snoozed,
    /// Done.
    Resolved,
    /// Open or waiting.
    Unfinished,
}

impl StatusFilter {
    /// The statuses that pass, as the column names them.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Open => &["open"],
            Self::Waiting => &["waiting"],
            Self::Snoozed => &["snoozed"],
            Self::Resolved => &["resolved"],
            Self::Unfinished => &["open", "waiting"],
        }
    }
}

/// The statuses of a conversation, as the column names them.
const STATUSES: &[&str] = &["open", "waiting", "snoozed", "resolved"];

/// See [`Filter::owner`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnerFilter {
    /// The viewer's own.
    Me,
    /// In a queue.
    Nobody,
    /// A colleague's.
    Agent(AgentId),
}

/// See [`Filter::order`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Whoever has waited longest for an answer first; then the others, newest first.
    #[default]
    Unanswered,
    /// Newest first.
    Activity,
}

/// One row of a list.
#[derive(Clone, PartialEq, Debug)]
pub enum Listed {
    /// Of level full.
    Full(Box<ConversationView>),
    /// Of level head.
    Head(Head),
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// In the order asked for.
    pub rows: Vec<Listed>,
    /// Ask for the next page with it; `None` on the last.
    pub next: Option<String>,
}

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `next` of the page before; `None` for the first.
    pub page: Option<&'a str>,
    /// The most rows.
    pub limit: u32,
}

impl Asked<'_> {
    pub(super) fn rows_max(&self) -> usize {
        usize::try_from(self.limit.max(1)).unwrap_or(usize::MAX)
    }
}

/// A page of a viewer's list.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    filter: &Filter,
    asked: Asked<'_>,
) -> Result<ListPage, StoreError> {
    let limit = asked.rows_max();
    let mut place = match asked.page {
        Some(token) => ListPlace::parse(token, &mark(filter))?,
        None => ListPlace::first(filter.order),
    };
    let branches = branches(sight, filter);
    let contacts = few_contacts(tx, workspace, filter).await?;
    let mut keys: Vec<(ConversationId, ListPlace)> = Vec::new();
    while keys.len() <= limit {
        let contacts = contacts.as_deref();
        let query = Query { workspace, sight, filter, branches: &branches, contacts };
        keys.extend(query.keys(tx, &place, limit + 1 - keys.len()).await?);
        match place.phase {
            Phase::Waiting if keys.len() <= limit && !filter.unanswered => {
                place = ListPlace::start(Phase::Others);
            }
            Phase::Waiting | Phase::Others | Phase::All => break,
        }
    }
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(|(_, place)| place.token(&mark(filter)));
    let of: Vec<_> = keys.iter().map(|(id, _)| *id).collect();
    Ok(ListPage { rows: listed(tx, workspace, sight, &of).await?, next })
}

/// The rows of these conversations, in this order, as far as they are there for a viewer.
pub async fn listed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    of: &[ConversationId],
) -> Result<Vec<Listed>, StoreError> {
    let mut found = views(tx, workspace, sight, of).await?;
    let listed = |view: ConversationView| match sight.level(Scope::of(&view.conversation.head)) {
        Level::Full => Some(Listed::Full(Box::new(view))),
        Level::Head => Some(Listed::Head(view.conversation.head)),
        Level::None => None,
    };
    Ok(of.iter().filter_map(|id| found.remove(id)).filter_map(listed).collect())
}

/// What a viewer sees of a team's conversations in the queue, and of those of colleagues.
pub(super) fn levels(sight: &Sight, team: TeamId) -> (Level, Level) {
    let colleague = Owner::Agent(AgentId(uuid::Uuid::nil()));
    let level = |owner| sight.level(Scope { team, owner });
    (level(Owner::Queue(team)), level(colleague))
}

/// Teams of which a viewer sees anything.
pub(super) fn seen_teams(sight: &Sight) -> impl Iterator<Item = TeamId> {
    let is_seen = |team: &TeamId| levels(sight, *team) != (Level::None, Level::None);
    sight.visibility.keys().copied().filter(is_seen)
}

/// What a page token says of its filter: under another one it would leave out rows, or repeat them.
fn mark(filter: &Filter) -> String {
    let digest = Sha256::digest(format!("{filter:?}"));
    hex::encode(digest.get(..8).unwrap_or_default())
}

/// Where a list goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListPlace {
    phase: Phase,
    key: i64,
    id: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Open turns, the oldest first.
    Waiting,
    /// No open turn, the newest first.
    Others,
    /// Everything, the newest first.
    All,
}

impl ListPlace {
    fn first(order: Order) -> Self {
        Self::start(match order {
            Order::Unanswered => Phase::Waiting,
            Order::Activity => Phase::All,
        })
    }

    fn start(phase: Phase) -> Self {
        let key = if phase == Phase::Waiting { i64::MIN } else { i64::MAX };
        Self { phase, key, id: String::new() }
    }

    /// The page token for it; `mark` says which filter it is of.
    pub fn token(&self, mark: &str) -> String {
        let phase = match self.phase {
            Phase::Waiting => 'w',
            Phase::Others => 'o',
            Phase::All => 'a',
        };
        hex::encode(format!("{phase}:{}:{}:{mark}", self.key, self.id))
    }

    /// The place that a page token names.
    ///
    /// # Errors
    ///
    /// The token is none, or is of another filter.
    pub fn parse(token: &str, mark: &str) -> Result<Self, StoreError> {
        let read = || {
            let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
            let mut parts = text.splitn(4, ':');
            let phase = match parts.next()? {
                "w" => Phase::Waiting,
                "o" => Phase::Others,
                "a" => Phase::All,
                _ => return None,
            };
            let key = parts.next()?.parse().ok()?;
            let id: ConversationId = parts.next()?.parse().ok()?;
            (parts.next()? == mark).then(|| Self { phase, key, id: id.to_string() })
        };
        let unknown = || StoreError::Invalid("the page token is not one of this query".to_owned());
        read().ok_or_else(unknown)
    }
}

/// A part of the list that one index gives in order.
#[derive(Clone, Debug)]
struct Branch {
    /// The column that is fixed.
    column: &'static str,
    /// Its value.
    value: String,
    /// A further condition, of static pieces.
    and: &'static str,
    /// The team, when that is a further condition.
    team: Option<TeamId>,
}

/// Not mine: those are a branch of their own.
const OF_OTHERS: &str = "(c.owner_agent IS NULL OR c.owner_agent <> $2)";
const OF_NOBODY: &str = "c.owner_agent IS NULL";

fn branches(sight: &Sight, filter: &Filter) -> Vec<Branch> {
    let me = sight.viewer.agent;
    let owned_by = |agent: AgentId| {
        let value = agent.to_string();
        Branch { column: "owner_agent", value, and: "", team: None }
    };
    let of_team =
        |team: TeamId, and| Branch { column: "team", value: team.to_string(), and, team: None };
    let is_asked = |team: &TeamId| filter.team.is_none_or(|asked| asked == *team);
    // Who is seen by their head only cannot be found by their name.
    let least =
        if filter.query.is_some() || filter.tags.is_some() { Level::Full } else { Level::Head };
    let teams: Vec<_> = sight.visibility.keys().copied().filter(is_asked).collect();
    let mine = || Branch { team: filter.team, ..owned_by(me) };
    match filter.owner {
        Some(OwnerFilter::Me) => vec![mine()],
        Some(OwnerFilter::Agent(agent)) if agent == me => vec![mine()],
        Some(OwnerFilter::Agent(agent)) if sight.viewer.role == Role::Admin => {
            vec![Branch { team: filter.team, ..owned_by(agent) }]
        }
        Some(OwnerFilter::Agent(agent)) => teams
            .into_iter()
            .filter(|team| levels(sight, *team).1 >= least)
            .map(|team| Branch { team: Some(team), ..owned_by(agent) })
            .collect(),
        Some(OwnerFilter::Nobody) => teams
            .into_iter()
            .filter(|team| levels(sight, *team).0 >= least)
            .map(|team| of_team(team, OF_NOBODY))
            .collect(),
        None => {
            let others = teams.into_iter().filter_map(|team| match levels(sight, team) {
                (_, colleagues) if colleagues >= least => Some(of_team(team, OF_OTHERS)),
                (queue, _) if queue >= least => Some(of_team(team, OF_NOBODY)),
                _ => None,
            });
            std::iter::once(mine()).chain(others).collect()
        }
    }
}

struct Query<'a> {
    workspace: WorkspaceId,
    sight: &'a Sight,
    filter: &'a Filter,
    branches: &'a [Branch],
    /// The contacts that the filter's query finds, if they are few.
    contacts: Option<&'a str>,
}

/// Branches of one statement; SQLite takes 500 selects in one.
const BRANCHES_MAX: usize = 100;

impl Query<'_> {
    /// The next keys of one phase, in order.
    async fn keys(
        &self,
        tx: &mut Tx,
        place: &ListPlace,
        limit: usize,
    ) -> Result<Vec<(ConversationId, ListPlace)>, StoreError> {
        let mut keys: Vec<(String, i64)> = Vec::new();
        for branches in self.branches.chunks(BRANCHES_MAX) {
            let mut args = self.arguments(place, limit);
            let sql = self.statement(place.phase, branches, &mut args);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            keys.extend(tx.rows_of::<(String, i64)>(&sql, &args).await?);
        }
        let is_merged = self.branches.len() > BRANCHES_MAX;
        if is_merged && place.phase == Phase::Waiting {
            keys.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        } else if is_merged {
            keys.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
        }
        keys.truncate(limit);
        let read = |(text, key): (String, i64)| {
            Ok((id(&text)?, ListPlace { phase: place.phase, key, id: text }))
        };
        keys.into_iter().map(read).collect()
    }

    fn arguments(&self, place: &ListPlace, limit: usize) -> Vec<String> {
        vec![
            self.workspace.to_string(),
            self.sight.viewer.agent.to_string(),
            place.key.to_string(),
            place.id.clone(),
            limit.to_string(),
            self.contacts.unwrap_or_default().to_owned(),
            self.filter.channel.map(|channel| channel.to_string()).unwrap_or_default(),
        ]
    }

    /// The statement, of static pieces alone; what varies goes to the arguments.
    fn statement(&self, phase: Phase, branches: &[Branch], args: &mut Vec<String>) -> String {
        let statuses = self.filter.status.map_or(STATUSES, StatusFilter::names);
        let (key, beyond, order) = match phase {
            Phase::Waiting => ("c.unanswered_since", ">", "ASC"),
            Phase::Others | Phase::All => ("c.activity_at", "<", "DESC"),
        };
        let conditions = self.conditions(phase, args);
        // Of few contacts, conversations are found by contact: the other columns are hidden from
        // their indexes.
        let hidden = if self.contacts.is_some() { " || ''" } else { "" };
        let mut sql = String::new();
        for branch in branches {
            let mut and = conditions.clone();
            if !branch.and.is_empty() {
                and.extend([" AND ", branch.and]);
            }
            if let Some(team) = branch.team {
                args.push(team.to_string());
                and.extend([" AND c.team = $", &args.len().to_string()]);
            }
            args.push(branch.value.clone());
            let (column, value) = (branch.column, args.len().to_string());
            for status in statuses {
                let union = if sql.is_empty() { "" } else { " UNION ALL " };
                // Nothing of this comes from outside: values are numbered parameters.
                sql.extend([
                    union,
                    "SELECT * FROM (SELECT c.id AS id, ",
                    key,
                    " AS sort_key FROM conversation AS c WHERE c.workspace = $1 AND c.",
                    column,
                    hidden,
                    " = $",
                    &value,
                    " AND c.status",
                    hidden,
                    " = '",
                    status,
                    "'",
                    &and,
                    " AND (",
                    key,
                    ", c.id) ",
                    beyond,
                    " (CAST($3 AS BIGINT), $4) ORDER BY ",
                    key,
                    " ",
                    order,
                    ", c.id ",
                    order,
                    " LIMIT CAST($5 AS BIGINT)) AS b",
                ]);
            }
        }
        sql.extend([" ORDER BY 2 ", order, ", 1 ", order, " LIMIT CAST($5 AS BIGINT)"]);
        sql
    }

    fn conditions(&self, phase: Phase, args: &mut Vec<String>) -> String {
        let mut and = String::new();
        match phase {
            Phase::Waiting => and.push_str(" AND c.unanswered_since IS NOT NULL"),
            Phase::Others => and.push_str(" AND c.unanswered_since IS NULL"),
            Phase::All => {}
        }
        if self.filter.unread {
            and.push_str(
                " AND c.customer_seq > COALESCE((SELECT r.seq FROM read_mark AS r
                   WHERE r.workspace = c.workspace AND r.agent = $2 AND r.conversation = c.id), 0)",
            );
        }
        if self.filter.channel.is_some() {
            and.push_str(" AND c.channel = $7");
        }
        if self.filter.blocked {
            and.push_str(" AND c.block IS NOT NULL");
        }
        if self.filter.unanswered && phase != Phase::Waiting {
            and.push_str(" AND c.unanswered_since IS NOT NULL");
        }
        for (bound, than) in [(self.filter.from, " >= "), (self.filter.until, " < ")] {
            let Some(bound) = bound else { continue };
            args.push(bound.ms().to_string());
            let number = args.len().to_string();
            and.extend([" AND c.activity_at", than, "CAST($", &number, " AS BIGINT)"]);
        }
        if let Some(tags) = &self.filter.tags {
            let mut any = " AND (";
            for tag in tags {
                args.push(format!("%{tag}%"));
                and.extend([any, "c.tags LIKE $", &args.len().to_string()]);
                any = " OR ";
            }
            and.push(')');
        }
        if self.contacts.is_some() {
            and.push_str(" AND c.contact {in $6}");
        } else if let Some(query) = &self.filter.query {
            and.extend([
                " AND EXISTS (SELECT 1 FROM contact AS k
                   WHERE k.workspace = c.workspace AND k.id = c.contact AND ",
                &is_wanted(query, args),
                ")",
            ]);
        }
        and
    }
}

/// The contacts that the query finds, if they are few. With many, a page is found sooner by going
/// through the list and looking at each contact.
///
/// Any part of a name or number is found, so no index of whole texts helps. An index of their
/// pieces would be some thirty rows more to write for each new contact. The workspace's contacts
/// are read through instead, in a reader that no commit waits for. 200,000 of them took 45 ms on
/// PostgreSQL. A million took 140 ms on SQLite by `contact_names`, and 300 ms by the primary key,
/// which is a seek into the table for each. That is the bound; what is typed has a length as well.
async fn few_contacts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<Option<String>, StoreError> {
    let Some(query) = &filter.query else { return Ok(None) };
    let mut args = vec![workspace.to_string(), (FEW + 1).to_string()];
    let sql = contacts(query, &mut args);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let found: Vec<(String,)> = tx.rows_of(&sql, &args).await?;
    Ok((found.len() <= FEW).then(|| ids(found.iter().map(|(id,)| id))))
}

/// Contacts that are more than a few. Tests have few: a lower limit lets them take both roads.
const FEW: usize = if cfg!(test) { 5 } else { 500 };

/// The statement that finds contacts of the workspace `$1`, at most `$2`.
pub(crate) fn contacts(query: &str, args: &mut Vec<String>) -> String {
    let mut sql = String::from("SELECT k.id FROM contact AS k WHERE k.workspace = $1 AND ");
    sql.extend([is_wanted(query, args).as_str(), " LIMIT CAST($2 AS BIGINT)"]);
    sql
}

/// The condition that a contact `k` has all parts of a name, or a part of a number; its values go
/// to the arguments.
fn is_wanted(query: &str, args: &mut Vec<String>) -> String {
    let Some(typed) = Typed::new(query) else { return "1 = 0".to_owned() };
    let mut like = |column: &str, part: &str| {
        args.push(pattern(part));
        format!("{column} LIKE ${} ESCAPE '!'", args.len())
    };
    let name: Vec<_> = typed.names().map(|part| like("k.search_name", part)).collect();
    let numbers: Vec<_> = typed.numbers().map(|part| like("k.phone", part)).collect();
    let any = std::iter::once(name.join(" AND ")).chain(numbers);
    format!("({})", any.collect::<Vec<_>>().join(" OR "))
}

/// The pattern that finds a part.
fn pattern(part: &str) -> String {
    let escaped = part.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
