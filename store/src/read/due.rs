//! What is due: sends, stranded claims. Read without locks; the claim decides.

use baton_domain::decide::delivery::{QUEUED_MS_MAX, SendClaim};
use baton_domain::group::Key;
pub use baton_domain::group::MessageAt;
use baton_domain::group::senders::{Name, NameSince, first_reached_under, reached_under};
use baton_protocol::event::EventContent;
use baton_protocol::{
    AgentId, ChannelId, ChannelPolicy, Content, ConversationId, LineKind, NodeId, TeamId,
    Timestamp, WorkspaceId,
};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, name_kind, named, number};
use crate::{Sql, StoreError, Tx};

/// What a send needs to know; of it only token and pace may change while the message is queued.
#[derive(Clone, PartialEq, Eq)]
pub struct SendOrder {
    /// Meta's id of the number it leaves from.
    pub phone_number_id: String,
    /// The channel's token, sealed.
    pub token_sealed: String,
    /// How fast the number may send.
    pub pace_per_s: i64,
    /// The name it goes to.
    pub to: Name,
    /// What it says.
    pub content: Content,
    /// Meta's id of the message it quotes.
    pub quoted_wamid: Option<String>,
    /// Its kind, and Meta's id of its file, if it has one.
    pub file: Option<(LineKind, String)>,
    /// The name of the agent who wrote it, where the number tells names.
    pub author: Option<String>,
    /// Whether WhatsApp shows what a link leads to.
    pub previews_links: bool,
    /// Where the number sends one by one: since when a message before it is on its way to the
    /// customer's phone.
    pub awaited_since: Option<Timestamp>,
    /// Since when it is queued.
    pub queued_at: Timestamp,
}

#[derive(FromRow)]
struct PlaceRow {
    workspace: String,
    channel: String,
    conversation: String,
    seq: i64,
    id: String,
}

impl PlaceRow {
    fn read(&self) -> Result<MessageAt, StoreError> {
        Ok(MessageAt {
            workspace: id(&self.workspace)?,
            channel: id(&self.channel)?,
            conversation: id(&self.conversation)?,
            seq: number(self.seq)?,
            message: id(&self.id)?,
        })
    }
}

/// Where nothing more is looked for: what runs already.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Busy {
    /// Conversations whose lanes run.
    pub conversations: Vec<ConversationId>,
    /// Numbers that have all the lanes they may have.
    pub channels: Vec<ChannelId>,
}

/// The first queued message of each lane, if its time has come, the longest accepted first. One
/// behind it that is too late to be sent is found as well: it is held without waiting its turn.
/// One whose file WhatsApp does not have yet waits, and so does its lane.
pub async fn due_sends(
    tx: &mut Tx,
    now: Timestamp,
    busy: &Busy,
    limit: u64,
) -> Result<Vec<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.channel, m.conversation, m.seq, m.id FROM message AS m
         WHERE m.status = 'queued' AND (m.due_at IS NULL OR m.due_at <= CAST($1 AS BIGINT))
           AND m.channel NOT IN (SELECT value FROM {texts $4})
           AND m.conversation NOT IN (SELECT value FROM {texts $3})
           AND (m.status_at < CAST($5 AS BIGINT) OR m.file IS NULL OR m.file <> 'waiting')
           AND (m.status_at < CAST($5 AS BIGINT) OR NOT EXISTS (
             SELECT 1 FROM message AS e WHERE e.status = 'queued' AND e.workspace = m.workspace
               AND e.conversation = m.conversation AND e.seq < m.seq))
         ORDER BY m.accepted_at, m.seq LIMIT CAST($2 AS BIGINT)",
    );
    let too_late = now.plus_ms(-QUEUED_MS_MAX);
    let conversations = set(&busy.conversations);
    let channels = set(&busy.channels);
    let (now, limit, too_late) =
        (now.ms().to_string(), limit.to_string(), too_late.ms().to_string());
    let args = [now.as_str(), &limit, &conversations, &channels, &too_late];
    let rows: Vec<PlaceRow> = tx.rows(&SQL, &args).await?;
    rows.iter().map(PlaceRow::read).collect()
}

/// Since when the message waits that is due for longest.
pub async fn oldest_due(tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT m.status_at FROM message AS m
         WHERE m.status = 'queued' AND (m.due_at IS NULL OR m.due_at <= CAST($1 AS BIGINT))
         ORDER BY m.status_at LIMIT 1",
    );
    let row: Option<(i64,)> = tx.row(&SQL, &[&now.ms().to_string()]).await?;
    Ok(row.map(|(since,)| Timestamp::from_ms(since)))
}

/// A JSON array of ids.
fn set<T: ToString>(ids: &[T]) -> String {
    serde_json::Value::from_iter(ids.iter().map(ToString::to_string)).to_string()
}

/// The lane's first queued message, if its time has come and WhatsApp has its file.
pub async fn next_in_lane(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<Option<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id FROM (
           SELECT workspace, channel, conversation, seq, id, due_at, file FROM message
           WHERE workspace = $1 AND status = 'queued' AND conversation = $2
           ORDER BY seq LIMIT 1) AS first
         WHERE (due_at IS NULL OR due_at <= CAST($3 AS BIGINT))
           AND (file IS NULL OR file <> 'waiting')",
    );
    let args = [workspace.to_string(), conversation.to_string(), now.ms().to_string()];
    let row: Option<PlaceRow> = tx.row(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    row.map(|row| row.read()).transpose()
}

/// What waits to be sent or is being sent, each lane in its order.
pub async fn on_their_way(tx: &mut Tx) -> Result<Vec<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id FROM message
         WHERE status = 'queued' OR status = 'sending' ORDER BY workspace, conversation, seq",
    );
    let rows: Vec<PlaceRow> = tx.rows(&SQL, &[]).await?;
    rows.iter().map(PlaceRow::read).collect()
}

#[derive(FromRow)]
struct StrandedRow {
    #[sqlx(flatten)]
    place: PlaceRow,
    attempt: i64,
    claim_epoch: i64,
}

impl StrandedRow {
    fn read(&self) -> Result<(MessageAt, SendClaim), StoreError> {
        let (attempt, epoch) = (number(self.attempt)?, number(self.claim_epoch)?);
        Ok((self.place.read()?, SendClaim { attempt, epoch }))
    }
}

/// Claims of which nobody will tell a result: those of nodes that are no more, and those of `me`
/// from before `since`.
pub async fn stranded_sends(
    tx: &mut Tx,
    me: NodeId,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<(MessageAt, SendClaim)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.channel, m.conversation, m.seq, m.id, m.attempt, m.claim_epoch
         FROM message AS m LEFT JOIN attempt AS a
           ON a.workspace = m.workspace AND a.message = m.id AND a.n = m.attempt
         WHERE m.status = 'sending'
           AND (NOT EXISTS (SELECT 1 FROM node AS n WHERE n.id = a.node)
             OR (a.node = $1 AND m.sending_at <= CAST($2 AS BIGINT)))
         ORDER BY m.sending_at LIMIT CAST($3 AS BIGINT)",
    );
    let args = [me.to_string(), since.ms().to_string(), limit.to_string()];
    let rows: Vec<StrandedRow> = tx.rows(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    rows.iter().map(StrandedRow::read).collect()
}

#[derive(FromRow)]
struct OrderRow {
    phone_number_id: String,
    token_sealed: String,
    pace_per_s: i64,
    identity_kind: Option<String>,
    identity_value: Option<String>,
    said_at: Option<i64>,
    body: Option<String>,
    quoted_wamid: Option<String>,
    kind: String,
    media: Option<String>,
    author: Option<String>,
    policy: Option<String>,
    awaited_since: Option<i64>,
    queued_at: i64,
}

/// What a send needs to know; `None` when its content was erased or nobody can be addressed.
///
/// A reply goes to the name under which the last inbound line came that its author saw, or to what
/// [`reached_under`] says of it.
pub async fn send_order(tx: &mut Tx, at: MessageAt) -> Result<Option<SendOrder>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.phone_number_id, c.token_sealed, c.pace_per_s,
           (SELECT i.identity_kind FROM message AS i WHERE i.workspace = m.workspace
              AND i.conversation = m.conversation AND i.author_kind = 'customer'
              AND i.seq <= m.seen_seq ORDER BY i.seq DESC LIMIT 1) AS identity_kind,
           (SELECT i.identity_value FROM message AS i WHERE i.workspace = m.workspace
              AND i.conversation = m.conversation AND i.author_kind = 'customer'
              AND i.seq <= m.seen_seq ORDER BY i.seq DESC LIMIT 1) AS identity_value,
           (SELECT i.at FROM message AS i WHERE i.workspace = m.workspace
              AND i.conversation = m.conversation AND i.author_kind = 'customer'
              AND i.seq <= m.seen_seq ORDER BY i.seq DESC LIMIT 1) AS said_at,
           (SELECT t.body FROM content AS t WHERE t.workspace = m.workspace AND t.id = m.id)
             AS body,
           (SELECT q.wamid FROM message AS q WHERE q.workspace = m.workspace
              AND q.id = m.quoted) AS quoted_wamid,
           m.kind,
           (SELECT f.media FROM file AS f WHERE f.workspace = m.workspace AND f.message = m.id)
             AS media,
           (SELECT a.name FROM agent AS a WHERE a.workspace = m.workspace AND a.id = m.author
              AND m.author_kind = 'agent') AS author,
           c.policy,
           (SELECT MAX(e.status_at) FROM message AS e WHERE e.workspace = m.workspace
              AND e.conversation = m.conversation AND e.seq < m.seq AND e.seq >= m.seq - 20
              AND e.status IN ('accepted', 'sent')) AS awaited_since,
           COALESCE(m.status_at, m.accepted_at) AS queued_at
         FROM message AS m JOIN channel AS c ON c.workspace = m.workspace AND c.id = m.channel
         WHERE m.workspace = $1 AND m.conversation = $2 AND m.seq = CAST($3 AS BIGINT)",
    );
    let args = [at.workspace.to_string(), at.conversation.to_string(), at.seq.to_string()];
    let row: Option<OrderRow> = tx.row(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    let Some(row) = row else { return Ok(None) };
    let said = (row.identity_kind, row.identity_value, row.said_at);
    let Some(body) = row.body else { return Ok(None) };
    let EventContent::Line(content) = from_json(&body)? else { return Ok(None) };
    let said = match said {
        (Some(kind), Some(value), Some(at)) => Some(NameSince {
            name: Name { kind: name_kind(&kind)?, value },
            since: Timestamp::from_ms(at),
        }),
        _ => None,
    };
    let Some(to) = present_name(tx, at, said).await? else { return Ok(None) };
    let kind = named(&row.kind)?;
    let policy = row.policy.as_deref().map(from_json::<ChannelPolicy>).transpose()?;
    let policy = policy.unwrap_or_default();
    Ok(Some(SendOrder {
        phone_number_id: row.phone_number_id,
        token_sealed: row.token_sealed,
        pace_per_s: row.pace_per_s,
        to,
        content,
        quoted_wamid: row.quoted_wamid,
        file: row.media.map(|media| (kind, media)),
        author: row.author.filter(|_| policy.agent_names == Some(true)),
        previews_links: policy.link_previews != Some(false),
        awaited_since: row
            .awaited_since
            .filter(|_| policy.one_by_one == Some(true))
            .map(Timestamp::from_ms),
        queued_at: Timestamp::from_ms(row.queued_at),
    }))
}

/// The name under which the customer is reached now, who said something under a name that was
/// theirs then, or nothing yet.
async fn present_name(
    tx: &mut Tx,
    at: MessageAt,
    said: Option<NameSince>,
) -> Result<Option<Name>, StoreError> {
    let of = [at.workspace.to_string(), at.conversation.to_string(), at.channel.to_string()];
    let names = names_held(tx, [&of[0], &of[1], &of[2]]).await?;
    Ok(match said {
        Some(NameSince { name, since: said_at }) => reached_under(name, said_at, &names),
        None => first_reached_under(&names),
    })
}

/// The names of a customer: of a workspace's conversation on a channel.
pub(crate) async fn names_held(tx: &mut Tx, of: [&str; 3]) -> Result<Vec<NameSince>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT kind, value, since FROM identity
         WHERE workspace = $1 AND conversation = $2 AND {sqlite +}channel = $3
         ORDER BY kind, value",
    );
    let rows = tx.rows::<(String, String, i64)>(&SQL, &of).await?;
    let held = |(kind, value, since): (String, String, i64)| {
        let name = Name { kind: name_kind(&kind)?, value };
        Ok(NameSince { name, since: Timestamp::from_ms(since) })
    };
    rows.into_iter().map(held).collect()
}

/// A channel's token, sealed.
pub async fn channel_token(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<Option<String>, StoreError> {
    static SQL: Sql = Sql::new("SELECT token_sealed FROM channel WHERE workspace = $1 AND id = $2");
    let row = tx.row::<(String,)>(&SQL, &[&workspace.to_string(), &channel.to_string()]).await?;
    Ok(row.map(|(token,)| token))
}

/// Agents who are leaving.
pub async fn leaving(tx: &mut Tx) -> Result<Vec<Key<AgentId>>, StoreError> {
    static SQL: Sql = Sql::new("SELECT workspace, id FROM agent WHERE state = 'leaving'");
    let rows: Vec<(String, String)> = tx.rows(&SQL, &[]).await?;
    rows.iter().map(|(workspace, agent)| Ok((id(workspace)?, id(agent)?))).collect()
}

/// Conversations that an agent owns, is asked to take, or follows, or to which they are called
/// back, each with its team. In no order: for one the whole workspace would be walked.
pub async fn left_behind(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    limit: u64,
) -> Result<Vec<(ConversationId, TeamId)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id, team FROM conversation WHERE workspace = $1 AND owner_agent = $2
         UNION SELECT id, team FROM conversation
           WHERE workspace = $1 AND offer_agent = $2 AND offer_id IS NOT NULL
         UNION SELECT c.id, c.team FROM follower AS f
           JOIN conversation AS c ON c.workspace = f.workspace AND c.id = f.conversation
           WHERE f.workspace = $1 AND f.agent = $2
         UNION SELECT id, team FROM conversation
           WHERE workspace = $1 AND remind_at > 0 AND reminders LIKE $4
         LIMIT CAST($3 AS BIGINT)",
    );
    let called = format!("%\"agent_id\":\"{agent}\"%");
    let args = [workspace.to_string(), agent.to_string(), limit.to_string(), called];
    let rows: Vec<(String, String)> = tx.rows(&SQL, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(|(of, team)| Ok((id(of)?, id(team)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::databases;

    const BUSY: u128 = 1;
    const OTHER: u128 = 2;

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    /// Conversation, seq, channel, queued at, due at.
    fn queued((conversation, seq, channel, at, due): (u128, u64, u128, i64, &str)) -> String {
        let (workspace, message) = (uuid(9), uuid(conversation * 1_000_000 + u128::from(seq)));
        let (conversation, channel, author) = (uuid(conversation), uuid(channel), uuid(8));
        format!(
            "INSERT INTO message (workspace, conversation, seq, id, channel, author_kind, author,
               kind, at, accepted_at, op_id, status, status_at, due_at)
             VALUES ('{workspace}', '{conversation}', {seq}, '{message}', '{channel}', 'agent',
               '{author}', 'text', {at}, {at}, '{message}', 'queued', {at}, {due});"
        )
    }

    #[tokio::test]
    async fn each_lane_is_found_by_its_first_message_and_none_behind_one_that_waits() {
        for database in databases().await {
            let now = QUEUED_MS_MAX + 1000;
            let rows = [
                (10, 2, OTHER, 5000, "NULL"),
                (10, 3, OTHER, 5001, "NULL"),
                (11, 2, OTHER, 6000, "99999999"),
                (11, 3, OTHER, 6001, "NULL"),
                (12, 2, OTHER, 7000, "99999999"),
                (12, 3, OTHER, 999, "NULL"),
            ];
            database.tamper(&rows.map(queued).concat()).await;
            let mut tx = database.store.read().await.unwrap();
            let now = Timestamp::from_ms(now);
            let due = due_sends(&mut tx, now, &Busy::default(), 9).await.unwrap();
            let found: Vec<_> =
                due.iter().map(|at| (at.conversation.0.as_u128(), at.seq)).collect();
            assert_eq!(found, [(12, 3), (10, 2)], "the one that is too late is not kept behind");
            let lanes = [(10, Some(2)), (11, None), (12, None)];
            for (lane, first) in lanes {
                let at = (WorkspaceId(uuid(9)), ConversationId(uuid(lane)));
                let next = next_in_lane(&mut tx, at.0, at.1, now).await.unwrap();
                assert_eq!(next.map(|at| at.seq), first);
            }
            tx.rollback().await.unwrap();
            database.close().await;
        }
    }

    #[tokio::test]
    async fn lanes_that_run_do_not_stand_before_those_that_do_not() {
        for database in databases().await {
            let rows: String = (0..20)
                .map(|n| queued((100 + n, 1, BUSY, 10, "NULL")))
                .chain([queued((10, 1, OTHER, 20, "NULL"))])
                .collect();
            database.tamper(&rows).await;
            let mut tx = database.store.read().await.unwrap();
            let conversations = (0..20).map(|n| ConversationId(uuid(100 + n))).collect();
            let running = Busy { conversations, ..Busy::default() };
            let full = Busy { channels: vec![ChannelId(uuid(BUSY))], ..Busy::default() };
            for busy in [running, full] {
                let now = Timestamp::from_ms(1000);
                let due = due_sends(&mut tx, now, &busy, 5).await.unwrap();
                let found: Vec<_> = due.iter().map(|at| at.conversation.0.as_u128()).collect();
                assert_eq!(found, [10]);
            }
            tx.rollback().await.unwrap();
            database.close().await;
        }
    }
}
