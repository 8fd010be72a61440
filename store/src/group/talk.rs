//! The newest answers of conversations, for the rules that depend on them.

use std::collections::BTreeMap;

use baton_domain::auto::rules::talk::{Saying, Talk, is_answer, said_by};
use baton_domain::fact::predicates::needs_review;
use baton_domain::group::Key;
use baton_protocol::{Conversation, ConversationId, MessageStatus, Timestamp};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::{author, column, id, named};
use crate::{Sql, StoreError, Tx};

/// Lines among which the last answer is looked for. Nobody writes more within the time that counts.
const LINES: u64 = 200;

#[derive(FromRow)]
struct SaidRow {
    workspace: String,
    conversation: String,
    id: String,
    author_kind: String,
    author: Option<String>,
    kind: String,
    accepted_at: i64,
    status: Option<String>,
    closed_turn_seq: Option<i64>,
}

#[derive(FromRow)]
struct EpisodeTimesRow {
    workspace: String,
    conversation: String,
    opened_at: i64,
    resolved_at: Option<i64>,
}

/// The newest answers and episodes of conversations, each with its workspace.
///
/// # Errors
/// The store is away.
pub async fn talks<'a>(
    tx: &mut Tx,
    of: impl Iterator<Item = (Key<ConversationId>, &'a Conversation)>,
) -> Result<BTreeMap<Key<ConversationId>, Talk>, StoreError> {
    static SAID: Sql = Sql::new(
        "SELECT m.workspace, m.conversation, m.id, m.author_kind, m.author, m.kind, m.accepted_at,
           m.status, m.closed_turn_seq
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM message WHERE workspace = x.value->>0
             AND conversation = x.value->>1 AND seq > CAST(x.value->>2 AS BIGINT)
             OFFSET 0) AS m WHERE}
         {sqlite message AS m WHERE m.workspace = x.value->>0 AND m.conversation = x.value->>1
             AND m.seq > CAST(x.value->>2 AS BIGINT) AND}
           m.author_kind IN ('agent', 'phone_app') ORDER BY m.seq",
    );
    static TIMES: Sql = Sql::new(
        "SELECT e.workspace, e.conversation, e.opened_at, e.resolved_at
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM episode WHERE workspace = x.value->>0
             AND conversation = x.value->>1 AND n >= CAST(x.value->>3 AS BIGINT)
             OFFSET 0) AS e WHERE TRUE}
         {sqlite episode AS e WHERE e.workspace = x.value->>0 AND e.conversation = x.value->>1
             AND e.n >= CAST(x.value->>3 AS BIGINT)}
         ORDER BY e.n",
    );
    let keys = of.map(|((workspace, id), conversation)| {
        let head = &conversation.head;
        let above = column(head.last_seq.saturating_sub(LINES)).to_string();
        let episode = head.episode.saturating_sub(1).to_string();
        json!([workspace, id, above, episode])
    });
    let keys: Vec<_> = keys.collect();
    let mut talks: BTreeMap<Key<ConversationId>, Talk> = BTreeMap::new();
    if keys.is_empty() {
        return Ok(talks);
    }
    let keys = json!(keys).to_string();
    for row in tx.rows::<EpisodeTimesRow>(&TIMES, &[&keys]).await? {
        let talk = talks.entry((id(&row.workspace)?, id(&row.conversation)?)).or_default();
        talk.opened_at = Some(Timestamp::from_ms(row.opened_at));
        talk.ended_at = row.resolved_at.map(Timestamp::from_ms).or(talk.ended_at);
    }
    for row in tx.rows::<SaidRow>(&SAID, &[&keys]).await? {
        let by = author(&row.author_kind, row.author.as_deref())?;
        let is_one = is_answer(named(&row.kind)?, row.closed_turn_seq.is_some());
        let Some(by) = said_by(by).filter(|_| is_one) else { continue };
        let status = row.status.as_deref().map(named::<MessageStatus>).transpose()?;
        let (message, at) = (id(&row.id)?, Timestamp::from_ms(row.accepted_at));
        let is_lost = status.is_some_and(needs_review);
        let talk = talks.entry((id(&row.workspace)?, id(&row.conversation)?)).or_default();
        talk.answers.push(Saying { message, at, by, is_lost });
    }
    Ok(talks)
}
