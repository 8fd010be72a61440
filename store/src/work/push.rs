//! Pushes as their senders see them: claimed, finished, rescued, suppressed.
//!
//! Senders have short transactions of their own, because no fact depends on how a push went: a
//! slow push service then delays no command. A claim has a number and an end. What is claimed and
//! not finished in time is claimed anew with the next number, and only the newest claim counts.

use std::collections::BTreeSet;

use baton_domain::group::Key;
use baton_domain::text::shown::titled;
use baton_protocol::push::PushLane;
use baton_protocol::{
    AgentId, ConversationId, DeviceId, Fact, LineKind, NodeId, OfferId, PushId, Timestamp,
    WorkspaceId,
};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

pub use super::heard::{DeviceHeard, note_acks};
use crate::tables::{from_json, id, named, number};
use crate::{Sql, Store, StoreError, Tx};

/// A push that its sender may send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claimed {
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: PushId,
    /// The agent it is for.
    pub agent: AgentId,
    /// The device it goes to.
    pub device: DeviceId,
    /// The push service that carries it.
    pub lane: PushLane,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// The kind of push, by its name.
    pub kind: String,
    /// The place in the log of what it tells.
    pub position: u64,
    /// The time when it was caused.
    pub created_at: Timestamp,
    /// Not sent after.
    pub expires_at: Timestamp,
    /// The number of claims, this one included.
    pub attempts: u32,
    /// The number of the claim.
    pub claim_epoch: u64,
}

#[derive(FromRow)]
struct ClaimedPushRow {
    workspace: String,
    id: String,
    agent: String,
    device: String,
    lane: String,
    conversation: String,
    kind: String,
    position: i64,
    created_at: i64,
    expires_at: i64,
    attempts: i64,
    claim_epoch: i64,
}

impl ClaimedPushRow {
    fn read(&self) -> Result<Claimed, StoreError> {
        Ok(Claimed {
            workspace: id(&self.workspace)?,
            id: id(&self.id)?,
            agent: id(&self.agent)?,
            device: id(&self.device)?,
            lane: named(&self.lane)?,
            conversation: id(&self.conversation)?,
            kind: self.kind.clone(),
            position: number(self.position)?,
            created_at: Timestamp::from_ms(self.created_at),
            expires_at: Timestamp::from_ms(self.expires_at),
            attempts: number(self.attempts)?,
            claim_epoch: number(self.claim_epoch)?,
        })
    }
}

/// The end of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The service took it.
    Accepted,
    /// It may be tried again at this time.
    Again(Timestamp),
    /// It was not worth sending any more.
    Expired,
    /// The agent saw what it tells.
    Suppressed,
    /// It will never be delivered.
    Dead,
}

impl Ended {
    fn state(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Again(_) => "queued",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
            Self::Dead => "dead",
        }
    }
}

/// A claim that ended, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// The push of the claim.
    pub of: Key<PushId>,
    /// The number of the claim.
    pub claim_epoch: u64,
    /// The end of the claim.
    pub ended: Ended,
    /// The cause, if it was not accepted.
    pub reason: Option<&'static str>,
}

/// A claim: its node, its services, and its end.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The services.
    pub lanes: &'a [PushLane],
    /// The node.
    pub node: NodeId,
    /// The time.
    pub now: Timestamp,
    /// The time when the claim is void.
    pub until: Timestamp,
    /// The largest number of pushes.
    pub most: usize,
}

/// The time when the next push of these services is due; `None` when none waits.
pub async fn next_push(store: &Store, lanes: &[PushLane]) -> Result<Option<Timestamp>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT due_at FROM push WHERE lane = $1 AND state IN ('queued', 'claimed')
         ORDER BY due_at LIMIT 1",
    );
    let mut next = None;
    for lane in lanes {
        let rows = store.rows_alone::<(i64,)>(&SQL, &[lane.name()]).await?;
        next = next.into_iter().chain(rows.into_iter().map(|(due_at,)| due_at)).min();
    }
    Ok(next.map(Timestamp::from_ms))
}

/// Says how claims ended, and claims what is due: one transaction.
pub async fn turn_pushes(
    store: &Store,
    finished: &[Finished],
    claim: &Claim<'_>,
) -> Result<Vec<Claimed>, StoreError> {
    // One service at a time: in the order of the index, however many wait behind.
    static CLAIM: Sql = Sql::new(
        "WITH due AS MATERIALIZED (
           SELECT workspace, id FROM push
           WHERE lane = $1 AND state IN ('queued', 'claimed') AND due_at <= CAST($2 AS BIGINT)
           ORDER BY due_at LIMIT CAST($3 AS BIGINT) {skip})
         UPDATE push SET state = 'claimed', claimed_by = $4, claim_epoch = claim_epoch + 1,
           attempts = attempts + 1, due_at = CAST($5 AS BIGINT)
         WHERE (workspace, id) IN (SELECT workspace, id FROM due)
         RETURNING workspace, id, agent, device, lane, conversation, kind, position, created_at,
           expires_at, attempts, claim_epoch",
    );
    let mut tx = store.begin().await?;
    if !finished.is_empty() {
        finish(&mut tx, finished, claim.now).await?;
    }
    let mut claimed: Vec<Claimed> = Vec::new();
    for lane in claim.lanes {
        let most = claim.most.saturating_sub(claimed.len());
        if most == 0 {
            break;
        }
        let args = [
            lane.name().to_owned(),
            claim.now.ms().to_string(),
            most.to_string(),
            claim.node.to_string(),
            claim.until.ms().to_string(),
        ];
        let rows: Vec<ClaimedPushRow> =
            tx.rows(&CLAIM, &args.each_ref().map(String::as_str)).await?;
        for row in &rows {
            claimed.push(row.read()?);
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Records the ends. A push that was taken back, or claimed anew, is left as it is.
async fn finish(tx: &mut Tx, finished: &[Finished], now: Timestamp) -> Result<(), StoreError> {
    // The committer locks in this order as well.
    static LOCK: Sql = Sql::new(
        "SELECT p.id FROM push AS p
         WHERE (p.workspace, p.id) IN (SELECT value->>0, value->>1 FROM {rows $1})
         ORDER BY p.workspace, p.id {lock}",
    );
    static FINISH: Sql = Sql::new(
        "UPDATE push SET state = x.value->>3,
           due_at = COALESCE(CAST(x.value->>4 AS BIGINT), push.due_at),
           ended_at = CAST(x.value->>5 AS BIGINT), reason = x.value->>6, claimed_by = NULL
         FROM {rows $1} AS x
         WHERE push.workspace = x.value->>0 AND push.id = x.value->>1
           AND push.state = 'claimed' AND push.claim_epoch = CAST(x.value->>2 AS BIGINT)",
    );
    let rows = finished.iter().map(|one| {
        let (workspace, push) = one.of;
        let due_at = if let Ended::Again(at) = one.ended { Some(at.ms()) } else { None };
        let ended_at = due_at.is_none().then(|| now.ms());
        let (epoch, state) = (one.claim_epoch, one.ended.state());
        json!([workspace, push, epoch, state, due_at, ended_at, one.reason])
    });
    let rows = Value::from_iter(rows).to_string();
    if tx.dialect() == crate::Dialect::Postgres {
        tx.rows::<(String,)>(&LOCK, &[&rows]).await?;
    }
    tx.run(&FINISH, &[&rows]).await.map(drop)
}

/// Devices of agents, each with how far it showed the log to somebody who looked.
pub type Seen = [((WorkspaceId, AgentId, DeviceId), u64)];

/// Drops what waits to be sent to agents who saw it; where each device is told, what waits for the
/// device at which they look. Returns how many.
pub async fn suppress_pushes(
    store: &Store,
    seen: &Seen,
    now: Timestamp,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE push SET state = 'suppressed', reason = 'acked', ended_at = CAST($2 AS BIGINT)
         WHERE (workspace, id) IN (
           SELECT p.workspace, p.id FROM {rows $1} AS x
           JOIN push AS p ON p.agent = x.value->>1 AND p.state = 'queued'
           WHERE p.workspace = x.value->>0 AND p.kind NOT IN ('retract', 'review')
             AND p.position <= CAST(x.value->>3 AS BIGINT)
             AND (p.device = x.value->>2 OR NOT EXISTS (SELECT 1 FROM push_preference AS s
               WHERE s.workspace = p.workspace AND s.agent = p.agent AND s.each_device = 1))
           {postgres FOR NO KEY UPDATE OF p SKIP LOCKED})
           AND state = 'queued'",
    );
    let rows = seen
        .iter()
        .map(|((workspace, agent, device), upto)| json!([workspace, agent, device, upto]));
    let rows = Value::from_iter(rows).to_string();
    store.run_alone(&SQL, &[&rows, &now.ms().to_string()]).await
}

/// Whether anything waits to be sent to one of these agents: to ask costs less than to write.
pub async fn has_queued(store: &Store, seen: &Seen) -> Result<bool, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM {rows $1} AS x
         JOIN push AS p ON p.agent = x.value->>1 AND p.state = 'queued'
         WHERE p.workspace = x.value->>0",
    );
    let agents: BTreeSet<_> =
        seen.iter().map(|((workspace, agent, _), _)| (workspace, agent)).collect();
    let rows = agents.iter().map(|agent| json!(agent));
    let rows = Value::from_iter(rows).to_string();
    let found = store.rows_alone::<(i64,)>(&SQL, &[&rows]).await?;
    Ok(found.first().is_some_and(|(count,)| *count > 0))
}

/// That a line of `message AS m` is the customer's, and neither taken back nor a revocation.
macro_rules! is_said {
    () => {
        "m.author_kind = 'customer' AND COALESCE(m.understood_kind, m.kind) <> 'revocation'
         AND COALESCE(m.amended, '') NOT LIKE '%\"revoked\":{%'"
    };
}

/// The name of a customer, and what is left of the newest they said.
pub async fn push_words(
    store: &Store,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<(Option<String>, Option<String>), StoreError> {
    static SQL: Sql = Sql::new(concat!(
        "SELECT c.name, c.phone, c.username, (SELECT t.body FROM message AS m
             JOIN content AS t ON t.workspace = m.workspace AND t.id = COALESCE(m.understood, m.id)
             WHERE m.workspace = v.workspace AND m.conversation = v.id AND ",
        is_said!(),
        " ORDER BY m.seq DESC LIMIT 1) AS body
         FROM conversation AS v
         JOIN contact AS c ON c.workspace = v.workspace AND c.id = v.contact
         WHERE v.workspace = $1 AND v.id = $2"
    ));
    let args = [workspace.to_string(), conversation.to_string()];
    type WordsRow = (Option<String>, Option<String>, Option<String>, Option<String>);
    let rows = store.rows_alone::<WordsRow>(&SQL, &[&args[0], &args[1]]).await?;
    let (name, phone, username, body) = rows.into_iter().next().unwrap_or_default();
    let title = titled(name.as_deref(), phone.as_deref(), username.as_deref());
    Ok((title, body.as_deref().and_then(|body| text_of(body, "/line/text"))))
}

/// The rest of a push's subject after revocations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Left {
    /// A revocation made it.
    pub is_correction: bool,
    /// Its agent has nothing more to read, because it was taken back.
    pub is_nothing_unread: bool,
    /// No line of the customer's turn is left.
    pub is_turn_empty: bool,
    /// Its device may show something of the conversation.
    pub is_shown: bool,
}

/// Looks what revocations left of what a push tells.
pub async fn push_left(store: &Store, of: &Claimed) -> Result<Left, StoreError> {
    // SQLite uses a partial index only where a statement repeats its condition word for word.
    static SQL: Sql = Sql::new(concat!(
        "SELECT x.fact, x.is_shown,
           (SELECT COUNT(*) FROM message AS m WHERE m.workspace = $1 AND m.conversation = $2
             AND m.seq > x.mark AND m.seq > x.customer_seq - 500
             AND m.author_kind = 'customer') AS unread,
           (SELECT COUNT(*) FROM message AS m WHERE m.workspace = $1 AND m.conversation = $2
             AND m.seq > x.mark AND m.seq > x.customer_seq - 500 AND ",
        is_said!(),
        ") AS unread_left,
           (SELECT COUNT(*) FROM message AS m WHERE m.workspace = $1 AND m.conversation = $2
             AND m.seq >= x.turn_seq AND m.seq > x.customer_seq - 500
             AND m.author_kind = 'customer') AS turn,
           (SELECT COUNT(*) FROM message AS m WHERE m.workspace = $1 AND m.conversation = $2
             AND m.seq >= x.turn_seq AND m.seq > x.customer_seq - 500 AND ",
        is_said!(),
        ") AS turn_left
         FROM (SELECT c.customer_seq, c.turn_seq,
             COALESCE((SELECT r.seq FROM read_mark AS r WHERE r.workspace = c.workspace
               AND r.agent = $3 AND r.conversation = c.id), 0) AS mark,
             (SELECT l.fact FROM log AS l WHERE l.workspace = c.workspace
               AND l.position = CAST($4 AS BIGINT)) AS fact,
             (SELECT COUNT(*) FROM push AS p WHERE p.workspace = c.workspace
               AND p.conversation = c.id AND p.device = $5 AND p.id <> $6
               AND p.state IN ('queued', 'claimed', 'accepted') AND p.kind <> 'retract'
               AND p.state <> 'queued') AS is_shown
           FROM conversation AS c WHERE c.workspace = $1 AND c.id = $2) AS x"
    ));
    let args = [
        of.workspace.to_string(),
        of.conversation.to_string(),
        of.agent.to_string(),
        of.position.to_string(),
        of.device.to_string(),
        of.id.to_string(),
    ];
    type LeftRow = (Option<String>, i64, i64, i64, i64, i64);
    let rows = store.rows_alone::<LeftRow>(&SQL, &args.each_ref().map(String::as_str)).await?;
    let (fact, is_shown, unread, unread_left, turn, turn_left) =
        rows.into_iter().next().unwrap_or_default();
    let fact = fact.and_then(|fact| serde_json::from_str(&fact).ok());
    Ok(Left {
        is_correction: matches!(fact, Some(Fact::LineReceived { kind: LineKind::Revocation, .. })),
        is_nothing_unread: unread > 0 && unread_left == 0,
        is_turn_empty: turn > 0 && turn_left == 0,
        is_shown: is_shown > 0,
    })
}

/// The offer that a push tells of, and until when it stands; that it takes back, without an end.
pub async fn offer_of(
    store: &Store,
    of: &Claimed,
) -> Result<Option<(OfferId, Option<Timestamp>)>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT fact FROM log WHERE workspace = $1 AND position = CAST($2 AS BIGINT)");
    let args = [of.workspace.to_string(), of.position.to_string()];
    let rows: Vec<(String,)> =
        store.rows_alone(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let Some((fact,)) = rows.into_iter().next() else { return Ok(None) };
    let fact: Fact = from_json(&fact)?;
    if let Fact::Routed { offer: Some(offer), .. } = fact {
        return Ok(Some((offer.offer_id, Some(offer.until))));
    }
    let Fact::OfferEnded { offer_id, .. } = fact else { return Ok(None) };
    Ok(Some((offer_id, None)))
}

/// The newest note of a conversation that somebody else wrote.
pub async fn mention_words(
    store: &Store,
    workspace: WorkspaceId,
    conversation: ConversationId,
    but: AgentId,
) -> Result<Option<String>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT t.body FROM note AS n
         JOIN content AS t ON t.workspace = n.workspace AND t.id = n.id
         WHERE n.workspace = $1 AND n.conversation = $2 AND n.author <> $3
         ORDER BY n.revision DESC LIMIT 1",
    );
    let args = [workspace.to_string(), conversation.to_string(), but.to_string()];
    let args = args.each_ref().map(String::as_str);
    let found = store.rows_alone::<(String,)>(&SQL, &args).await?;
    Ok(found.first().and_then(|(body,)| text_of(body, "/note/text")))
}

/// Lines that an agent has not read, in what they own. Nobody counts further than this on an icon.
const UNREAD_MAX: i64 = 99;

/// The number of lines that the agent has not read in what they own and did not put aside, as far
/// as it is counted. Revocations are no lines to read, nor is what was taken back.
pub async fn push_badge(
    store: &Store,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<u32, StoreError> {
    // Conversations first, and of each its newest lines alone: a join may begin with all messages.
    static SQL: Sql = Sql::new(concat!(
        "SELECT (SELECT COUNT(*) FROM message AS m
           WHERE m.workspace = c.workspace AND m.conversation = c.id AND m.seq > c.mark
             AND m.seq > c.customer_seq - 500 AND m.seq <= c.customer_seq AND ",
        is_said!(),
        ") AS unread
         FROM (SELECT o.workspace, o.id, o.customer_seq,
             COALESCE((SELECT r.seq FROM read_mark AS r WHERE r.workspace = o.workspace
               AND r.agent = $2 AND r.conversation = o.id), 0) AS mark
           FROM conversation AS o WHERE o.workspace = $1 AND o.owner_agent = $2
             AND o.status IN ('open', 'waiting')) AS c
         WHERE c.customer_seq > c.mark LIMIT CAST($3 AS BIGINT)"
    ));
    let args = [workspace.to_string(), agent.to_string(), UNREAD_MAX.to_string()];
    let args = args.each_ref().map(String::as_str);
    let unread = store.rows_alone::<(i64,)>(&SQL, &args).await?;
    let count = unread.iter().map(|(count,)| *count).sum::<i64>().min(UNREAD_MAX);
    Ok(u32::try_from(count).unwrap_or_default())
}

/// The text of a line's content.
fn text_of(body: &str, place: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body.pointer(place)?.as_str()?.to_owned())
}

/// Deletes pushes that were caused before `before`.
pub async fn sweep_sent(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, id FROM push WHERE created_at < CAST($1 AS BIGINT)
           ORDER BY created_at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM push WHERE (workspace, id) IN (SELECT workspace, id FROM old)",
    );
    store.run_alone(&SQL, &[&before.ms().to_string(), &most.to_string()]).await
}

/// The state of the pushes by one service.
#[derive(FromRow, Clone, PartialEq, Eq, Debug)]
pub struct LaneState {
    /// The service.
    pub lane: String,
    /// Registered devices.
    pub devices: i64,
    /// Pushes that wait or are on their way.
    pub waiting: i64,
    /// Pushes that were refused for good, as far as they are remembered.
    pub dead: i64,
    /// The time when the service last took one.
    pub accepted_at: Option<i64>,
    /// The time when a device last confirmed one.
    pub received_at: Option<i64>,
}

/// Pushes that are due, or on their way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The number of pushes.
    pub count: i64,
    /// The time when the oldest was caused.
    pub oldest: Option<Timestamp>,
}

/// The waiting pushes of all nodes.
pub async fn waiting_pushes(tx: &mut Tx, now: Timestamp) -> Result<Waiting, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT), MIN(created_at) FROM push
         WHERE state IN ('queued', 'claimed')
           AND (state = 'claimed' OR due_at <= CAST($1 AS BIGINT))",
    );
    let row: Option<(i64, Option<i64>)> = tx.row(&SQL, &[&now.ms().to_string()]).await?;
    let (count, oldest) = row.unwrap_or_default();
    Ok(Waiting { count, oldest: oldest.map(Timestamp::from_ms) })
}

/// The results of the pushes of one service and app.
#[derive(FromRow, Clone, PartialEq, Eq, Debug)]
pub struct Fared {
    /// The service.
    pub lane: String,
    /// The app, as its device named it.
    pub app_id: Option<String>,
    /// Pushes that the service took.
    pub accepted: i64,
    /// Of them those that their device had.
    pub received: i64,
    /// Of them those that it showed.
    pub shown: i64,
    /// Of them those that were opened.
    pub opened: i64,
    /// From the service to the device, on the average, in ms.
    pub took_ms: Option<i64>,
}

/// The results of pushes that were caused since then and show something.
pub async fn report(store: &Store, since: Timestamp) -> Result<Vec<Fared>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT p.lane, d.app_id, CAST(COUNT(*) AS BIGINT) AS accepted,
           CAST(COUNT(r.push) AS BIGINT) AS received,
           CAST(COUNT(r.shown_at) AS BIGINT) AS shown,
           CAST(COUNT(r.opened_at) AS BIGINT) AS opened,
           CAST(AVG(CASE WHEN p.state <> 'accepted' THEN NULL
             WHEN r.received_at > p.ended_at THEN r.received_at - p.ended_at
             WHEN r.received_at IS NOT NULL THEN 0 END) AS BIGINT) AS took_ms
         FROM push AS p
         LEFT JOIN push_device AS d ON d.workspace = p.workspace AND d.device = p.device
         LEFT JOIN push_receipt AS r ON r.workspace = p.workspace AND r.push = p.id
           AND r.device = p.device
         WHERE p.created_at >= CAST($1 AS BIGINT) AND p.kind <> 'retract'
           AND p.state IN ('accepted', 'retracted')
         GROUP BY p.lane, d.app_id ORDER BY p.lane, d.app_id",
    );
    store.rows_alone(&SQL, &[&since.ms().to_string()]).await
}

/// Whose a registered device is.
pub async fn device_to_push(
    store: &Store,
    device: DeviceId,
) -> Result<Option<Key<AgentId>>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT p.workspace, d.agent FROM push_device AS p
         JOIN device AS d ON d.workspace = p.workspace AND d.id = p.device
         WHERE p.device = $1",
    );
    let rows = store.rows_alone::<(String, String)>(&SQL, &[&device.to_string()]).await?;
    rows.first().map(|(workspace, agent)| Ok((id(workspace)?, id(agent)?))).transpose()
}

/// The time when a device had a push, as it reports.
pub async fn received_at(
    store: &Store,
    (workspace, device): Key<DeviceId>,
    push: PushId,
) -> Result<Option<Timestamp>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT COALESCE(received_at, shown_at, opened_at, dismissed_at) FROM push_receipt
         WHERE workspace = $1 AND push = $2 AND device = $3",
    );
    let args = [workspace.to_string(), push.to_string(), device.to_string()];
    let rows = store.rows_alone::<(i64,)>(&SQL, &args.each_ref().map(String::as_str)).await?;
    Ok(rows.first().map(|(at,)| Timestamp::from_ms(*at)))
}

/// Of each service that has devices or pushes.
pub async fn lane_states(store: &Store) -> Result<Vec<LaneState>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT l.lane,
           (SELECT COUNT(*) FROM push_device AS d WHERE d.lane = l.lane) AS devices,
           (SELECT COUNT(*) FROM push AS p
            WHERE p.lane = l.lane AND p.state IN ('queued', 'claimed')) AS waiting,
           (SELECT COUNT(*) FROM push AS p
            WHERE p.lane = l.lane AND p.state = 'dead') AS dead,
           (SELECT MAX(p.ended_at) FROM push AS p
            WHERE p.lane = l.lane AND p.state IN ('accepted', 'retracted')) AS accepted_at,
           (SELECT MAX(d.last_receipt_at) FROM push_device AS d
            WHERE d.lane = l.lane) AS received_at
         FROM (SELECT lane FROM push_device UNION SELECT lane FROM push) AS l ORDER BY l.lane",
    );
    store.rows_alone(&SQL, &[]).await
}
