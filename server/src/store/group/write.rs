//! Writes of a group: each table's rows in one statement, each row once, in its final state.

use serde::Serialize;
use serde_json::Value;

use crate::store::{Sql, StoreError, Tx};

/// The rows of a group by table, as JSON arrays in the order of the columns below.
#[derive(Default, Debug)]
pub(crate) struct Writes {
    pub(crate) contacts: Vec<Value>,
    pub(crate) contact_changes: Vec<Value>,
    pub(crate) conversations: Vec<Value>,
    pub(crate) conversation_changes: Vec<Value>,
    pub(crate) followers: Vec<Value>,
    pub(crate) unfollowed: Vec<Value>,
    pub(crate) episodes: Vec<Value>,
    pub(crate) episode_ends: Vec<Value>,
    pub(crate) messages: Vec<Value>,
    pub(crate) message_changes: Vec<Value>,
    pub(crate) attempts: Vec<Value>,
    pub(crate) attempt_ends: Vec<Value>,
    pub(crate) notes: Vec<Value>,
    pub(crate) contents: Vec<Value>,
    pub(crate) read_marks: Vec<Value>,
    pub(crate) loads: Vec<Value>,
    pub(crate) tallies: Vec<Value>,
    pub(crate) intake: Vec<Value>,
    pub(crate) quarantine: Vec<Value>,
    pub(crate) parked: Vec<Value>,
    pub(crate) unparked: Vec<Value>,
    pub(crate) outcomes: Vec<Value>,
    pub(crate) log: Vec<Value>,
    pub(crate) feed: Vec<Value>,
    pub(crate) heads: Vec<Value>,
}

/// The JSON text of rows. Rows are made of strings and numbers: this cannot fail.
pub(super) fn json<T: Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned())
}

/// Writes all of it; parents before children.
pub(crate) async fn write(tx: &mut Tx, writes: &Writes) -> Result<(), StoreError> {
    let texts: Vec<(&Sql, String)> = statements(writes)
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(sql, rows)| (sql, json(rows)))
        .collect();
    let args: Vec<[&str; 1]> = texts.iter().map(|(_, text)| [text.as_str()]).collect();
    let all: Vec<(&Sql, &[&str])> =
        texts.iter().zip(&args).map(|((sql, _), arg)| (*sql, arg.as_slice())).collect();
    if !all.is_empty() {
        tx.run_all(&all).await?;
    }
    Ok(())
}

fn statements(w: &Writes) -> [(&'static Sql, &[Value]); 25] {
    [
        (&CONTACTS, &w.contacts),
        (&CONTACT_CHANGES, &w.contact_changes),
        (&LOADS, &w.loads),
        (&CONVERSATIONS, &w.conversations),
        (&CONVERSATION_CHANGES, &w.conversation_changes),
        (&FOLLOWERS, &w.followers),
        (&UNFOLLOWED, &w.unfollowed),
        // An episode ends before the next one opens: one open episode a conversation.
        (&EPISODE_ENDS, &w.episode_ends),
        (&EPISODES, &w.episodes),
        (&MESSAGES, &w.messages),
        (&MESSAGE_CHANGES, &w.message_changes),
        (&ATTEMPTS, &w.attempts),
        (&ATTEMPT_ENDS, &w.attempt_ends),
        (&NOTES, &w.notes),
        (&CONTENTS, &w.contents),
        (&READ_MARKS, &w.read_marks),
        (&TALLIES, &w.tallies),
        (&INTAKE, &w.intake),
        (&QUARANTINE, &w.quarantine),
        (&PARKED, &w.parked),
        (&UNPARKED, &w.unparked),
        (&OUTCOMES, &w.outcomes),
        (&LOG, &w.log),
        (&FEED, &w.feed),
        (&HEADS, &w.heads),
    ]
}

static CONTACTS: Sql = Sql::new(
    "INSERT INTO contact (workspace, id, name, phone, search_name)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM {rows $1}",
);

static CONTACT_CHANGES: Sql = Sql::new(
    "UPDATE contact SET name = x.name, phone = x.phone, search_name = x.search_name
     FROM (SELECT value->>0 AS w, value->>1 AS i, value->>2 AS name, value->>3 AS phone,
             value->>4 AS search_name FROM {rows $1}) AS x
     WHERE workspace = x.w AND id = x.i",
);

static LOADS: Sql = Sql::new(
    "UPDATE agent SET load = x.load
     FROM (SELECT value->>0 AS w, value->>1 AS i, CAST(value->>2 AS BIGINT) AS load
           FROM {rows $1}) AS x
     WHERE workspace = x.w AND id = x.i",
);

static CONVERSATIONS: Sql = Sql::new(
    "INSERT INTO conversation (workspace, id, channel, contact, team, owner_agent, owner_epoch,
       status, snoozed_until, episode, revision, last_seq, last_line, customer_seq, turn_seq,
       unanswered_since, window_until, last_agent, activity_at)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5,
       CAST(value->>6 AS BIGINT), value->>7, CAST(value->>8 AS BIGINT),
       CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT), CAST(value->>11 AS BIGINT),
       value->>12, CAST(value->>13 AS BIGINT), CAST(value->>14 AS BIGINT),
       CAST(value->>15 AS BIGINT), CAST(value->>16 AS BIGINT), value->>17,
       CAST(value->>18 AS BIGINT)
     FROM {rows $1}",
);

static CONVERSATION_CHANGES: Sql = Sql::new(
    "UPDATE conversation SET team = x.v->>4, owner_agent = x.v->>5,
       owner_epoch = CAST(x.v->>6 AS BIGINT), status = x.v->>7,
       snoozed_until = CAST(x.v->>8 AS BIGINT), episode = CAST(x.v->>9 AS BIGINT),
       revision = CAST(x.v->>10 AS BIGINT), last_seq = CAST(x.v->>11 AS BIGINT),
       last_line = x.v->>12, customer_seq = CAST(x.v->>13 AS BIGINT),
       turn_seq = CAST(x.v->>14 AS BIGINT), unanswered_since = CAST(x.v->>15 AS BIGINT),
       window_until = CAST(x.v->>16 AS BIGINT), last_agent = x.v->>17,
       activity_at = CAST(x.v->>18 AS BIGINT)
     FROM (SELECT value AS v, value->>0 AS w, value->>1 AS i FROM {rows $1}) AS x
     WHERE workspace = x.w AND id = x.i",
);

static FOLLOWERS: Sql = Sql::new(
    "INSERT INTO follower (workspace, conversation, agent)
     SELECT value->>0, value->>1, value->>2 FROM {rows $1}",
);

static UNFOLLOWED: Sql = Sql::new(
    "DELETE FROM follower WHERE (workspace, conversation, agent) IN
       (SELECT value->>0, value->>1, value->>2 FROM {rows $1})",
);

static EPISODES: Sql = Sql::new(
    "INSERT INTO episode (workspace, conversation, n, opened_at, resolved_at)
     SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT),
       CAST(value->>4 AS BIGINT) FROM {rows $1}",
);

static EPISODE_ENDS: Sql = Sql::new(
    "UPDATE episode SET resolved_at = x.at
     FROM (SELECT value->>0 AS w, value->>1 AS c, CAST(value->>2 AS BIGINT) AS k,
             CAST(value->>3 AS BIGINT) AS at FROM {rows $1}) AS x
     WHERE workspace = x.w AND conversation = x.c AND n = x.k",
);

/// The columns of a message's state stand first, where a change has them.
static MESSAGES: Sql = Sql::new(
    "INSERT INTO message (workspace, conversation, seq, wamid, seen_seq, seen_id, status,
       provider_rank, held, error, attempt, claim_epoch, sending_at, due_at, status_at, in_doubt,
       wamid_attempt, id, channel, author_kind, author, kind, at, accepted_at, quoted,
       identity_kind, identity_value, op_id, device, closed_turn_seq, closed_turn_since)
     SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3,
       CAST(value->>4 AS BIGINT), value->>5, value->>6, CAST(value->>7 AS BIGINT), value->>8,
       value->>9, CAST(value->>10 AS BIGINT), CAST(value->>11 AS BIGINT),
       CAST(value->>12 AS BIGINT), CAST(value->>13 AS BIGINT), CAST(value->>14 AS BIGINT),
       CAST(value->>15 AS BIGINT), CAST(value->>16 AS BIGINT), value->>17, value->>18,
       value->>19, value->>20, value->>21, CAST(value->>22 AS BIGINT),
       CAST(value->>23 AS BIGINT), value->>24, value->>25, value->>26, value->>27, value->>28,
       CAST(value->>29 AS BIGINT), CAST(value->>30 AS BIGINT)
     FROM {rows $1}",
);

static MESSAGE_CHANGES: Sql = Sql::new(
    "UPDATE message SET wamid = x.v->>3, seen_seq = CAST(x.v->>4 AS BIGINT), seen_id = x.v->>5,
       status = x.v->>6, provider_rank = CAST(x.v->>7 AS BIGINT), held = x.v->>8,
       error = x.v->>9, attempt = CAST(x.v->>10 AS BIGINT),
       claim_epoch = CAST(x.v->>11 AS BIGINT), sending_at = CAST(x.v->>12 AS BIGINT),
       due_at = CAST(x.v->>13 AS BIGINT), status_at = CAST(x.v->>14 AS BIGINT),
       in_doubt = CAST(x.v->>15 AS BIGINT), wamid_attempt = CAST(x.v->>16 AS BIGINT)
     FROM (SELECT value AS v, value->>0 AS w, value->>1 AS c, CAST(value->>2 AS BIGINT) AS s
           FROM {rows $1}) AS x
     WHERE workspace = x.w AND conversation = x.c AND seq = x.s",
);

static ATTEMPTS: Sql = Sql::new(
    "INSERT INTO attempt (workspace, message, n, claim_epoch, started_at, ended_at, outcome, wamid,
       node)
     SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT),
       CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT), value->>6, value->>7, value->>8
     FROM {rows $1}",
);

static ATTEMPT_ENDS: Sql = Sql::new(
    "UPDATE attempt SET ended_at = x.at, outcome = x.outcome, wamid = x.wamid
     FROM (SELECT value->>0 AS w, value->>1 AS m, CAST(value->>2 AS BIGINT) AS k,
             CAST(value->>3 AS BIGINT) AS at, value->>4 AS outcome, value->>5 AS wamid
           FROM {rows $1}) AS x
     WHERE workspace = x.w AND message = x.m AND n = x.k",
);

static NOTES: Sql = Sql::new(
    "INSERT INTO note (workspace, conversation, id, author, op_id, at, revision, after_seq)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, CAST(value->>5 AS BIGINT),
       CAST(value->>6 AS BIGINT), CAST(value->>7 AS BIGINT) FROM {rows $1}",
);

static CONTENTS: Sql = Sql::new(
    "INSERT INTO content (workspace, id, salt, body)
     SELECT value->>0, value->>1, value->>2, value->>3 FROM {rows $1}",
);

static READ_MARKS: Sql = Sql::new(
    "INSERT INTO read_mark (workspace, agent, conversation, seq)
     SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT) FROM {rows $1} WHERE true
     ON CONFLICT (workspace, agent, conversation) DO UPDATE
       SET seq = CASE WHEN excluded.seq > read_mark.seq THEN excluded.seq ELSE read_mark.seq END",
);

static TALLIES: Sql = Sql::new(
    "UPDATE tally SET open = open + x.o, queued = queued + x.q, unanswered = unanswered + x.u
     FROM (SELECT value->>0 AS w, value->>1 AS t, CAST(value->>2 AS BIGINT) AS o,
             CAST(value->>3 AS BIGINT) AS q, CAST(value->>4 AS BIGINT) AS u FROM {rows $1}) AS x
     WHERE workspace = x.w AND team = x.t",
);

static INTAKE: Sql = Sql::new(
    "INSERT INTO intake (id, meta_app, digest, received_at, body)
     SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT), value->>4
     FROM {rows $1} WHERE true ON CONFLICT (digest) DO NOTHING",
);

static QUARANTINE: Sql = Sql::new(
    "INSERT INTO quarantine (id, digest, meta_app, workspace, intake, reason, element, at)
     SELECT value->>0, value->>1, value->>2, value->>3,
       (SELECT intake.id FROM intake WHERE intake.digest = value->>4),
       value->>5, value->>6, CAST(value->>7 AS BIGINT)
     FROM {rows $1} WHERE true ON CONFLICT (digest) DO NOTHING",
);

static PARKED: Sql = Sql::new(
    "INSERT INTO parked_status (workspace, channel, wamid, status, error, at)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, CAST(value->>5 AS BIGINT)
     FROM {rows $1} WHERE true ON CONFLICT (workspace, channel, wamid, status) DO NOTHING",
);

static UNPARKED: Sql = Sql::new(
    "DELETE FROM parked_status WHERE (workspace, channel, wamid) IN
       (SELECT value->>0, value->>1, value->>2 FROM {rows $1})",
);

static OUTCOMES: Sql = Sql::new(
    "INSERT INTO outcome (workspace, agent, op_id, body_hash, conversation, after, answer, at)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6,
       CAST(value->>7 AS BIGINT) FROM {rows $1}",
);

static LOG: Sql = Sql::new(
    "INSERT INTO log (workspace, position, previous, at, actor_kind, actor, conversation,
       revision, team_before, owner_before, team_after, owner_after, fact, content, digest)
     SELECT value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
       CAST(value->>3 AS BIGINT), value->>4, value->>5, value->>6, CAST(value->>7 AS BIGINT),
       value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14
     FROM {rows $1}",
);

static FEED: Sql = Sql::new(
    "INSERT INTO feed (workspace, audience, position, conversation)
     SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3 FROM {rows $1}",
);

static HEADS: Sql = Sql::new(
    "UPDATE log_head SET position = x.p
     FROM (SELECT value->>0 AS w, CAST(value->>1 AS BIGINT) AS p FROM {rows $1}) AS x
     WHERE workspace = x.w",
);
