//! Reads of a group. Sets of ids travel as JSON arrays of strings; where an id is unique beyond
//! its workspace, it is looked up in all workspaces of the group. Other keys travel whole: a group
//! of many workspaces would look each one up as many times.

use super::rows::{
    AgentRow, ChannelRow, ContactRow, ConversationRow, HeadRow, IdentityRow, LineRow,
    MembershipRow, ParkedRow, PlaceRow, PriorRow, ReadMarkRow, TeamRow, UserRow, WrittenRow,
};
use crate::store::rows::conversation_columns;
use crate::store::{Sql, StoreError, Tx};

type Rows<T> = Result<Vec<T>, StoreError>;

/// The channels of these numbers.
pub(crate) async fn channels(tx: &mut Tx, phone_number_ids: &str) -> Rows<ChannelRow> {
    static SQL: Sql = Sql::new(
        "SELECT phone_number_id, workspace, id, meta_app, default_team
         FROM channel WHERE phone_number_id {in $1}",
    );
    tx.rows(&SQL, &[phone_number_ids]).await
}

/// Identities, each `[workspace, channel, kind, value]`.
pub(crate) async fn identities(tx: &mut Tx, keys: &str) -> Rows<IdentityRow> {
    static SQL: Sql = Sql::new(
        "SELECT i.workspace, i.channel, i.kind, i.value, i.contact, i.conversation, i.since
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM identity WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND kind = x.value->>2 AND value = x.value->>3
             OFFSET 0) AS i}
         {sqlite identity AS i WHERE i.workspace = x.value->>0 AND i.channel = x.value->>1
             AND i.kind = x.value->>2 AND i.value = x.value->>3}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The user ids under which the contacts of these conversations are known.
pub(crate) async fn user_ids(tx: &mut Tx, workspaces: &str, conversations: &str) -> Rows<UserRow> {
    static SQL: Sql = Sql::new(
        "SELECT conversation, value FROM identity
         WHERE workspace {in $1} AND conversation {in $2} AND kind = 'user_id'",
    );
    tx.rows(&SQL, &[workspaces, conversations]).await
}

/// Contacts by id.
pub(crate) async fn contacts(tx: &mut Tx, workspaces: &str, ids: &str) -> Rows<ContactRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, name, phone FROM contact
         WHERE workspace {in $1} AND id {in $2}",
    );
    tx.rows(&SQL, &[workspaces, ids]).await
}

/// Conversations by id.
pub(crate) async fn conversations(
    tx: &mut Tx,
    workspaces: &str,
    ids: &str,
) -> Rows<ConversationRow> {
    static SQL: Sql = Sql::new(concat!(
        "SELECT c.workspace, ",
        conversation_columns!(),
        " FROM conversation AS c WHERE c.workspace {in $1} AND c.id {in $2}",
    ));
    tx.rows(&SQL, &[workspaces, ids]).await
}

/// Lines of stretches, each `[workspace, conversation, from, to]`.
pub(crate) async fn lines(tx: &mut Tx, stretches: &str) -> Rows<LineRow> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.conversation, m.seq, m.id, m.author_kind, m.author, m.accepted_at,
           m.wamid, m.op_id, m.device, m.seen_seq, m.seen_id, m.status, m.provider_rank, m.held,
           m.error, m.attempt, m.claim_epoch, m.sending_at, m.due_at, m.status_at,
           m.closed_turn_seq, m.closed_turn_since, m.in_doubt, m.wamid_attempt
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM message WHERE workspace = x.value->>0
             AND conversation = x.value->>1
             AND seq BETWEEN CAST(x.value->>2 AS BIGINT) AND CAST(x.value->>3 AS BIGINT)
             OFFSET 0) AS m}
         {sqlite message AS m WHERE m.workspace = x.value->>0 AND m.conversation = x.value->>1
             AND m.seq BETWEEN CAST(x.value->>2 AS BIGINT) AND CAST(x.value->>3 AS BIGINT)}",
    );
    tx.rows(&SQL, &[stretches]).await
}

/// Where the messages with these ids stand.
pub(crate) async fn messages_by_id(tx: &mut Tx, workspaces: &str, ids: &str) -> Rows<PlaceRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id, wamid FROM message
         WHERE workspace {in $1} AND id {in $2}",
    );
    tx.rows(&SQL, &[workspaces, ids]).await
}

/// Where the messages with these ids of Meta stand, in whatever workspace and channel: there is
/// hardly ever more than one, and the caller takes those that were meant.
pub(crate) async fn messages_by_wamid(tx: &mut Tx, wamids: &str) -> Rows<PlaceRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id, wamid FROM message
         WHERE wamid {in $1}",
    );
    tx.rows(&SQL, &[wamids]).await
}

/// Agents by id.
pub(crate) async fn agents(tx: &mut Tx, workspaces: &str, ids: &str) -> Rows<AgentRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, role, state, availability, load, capacity FROM agent
         WHERE workspace {in $1} AND id {in $2}",
    );
    tx.rows(&SQL, &[workspaces, ids]).await
}

/// All teams of these workspaces.
pub(crate) async fn teams(tx: &mut Tx, workspaces: &str) -> Rows<TeamRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, reply_policy, visibility, claim_from_colleagues FROM team
         WHERE workspace {in $1}",
    );
    tx.rows(&SQL, &[workspaces]).await
}

/// The places that these agents have in teams.
pub(crate) async fn memberships(tx: &mut Tx, workspaces: &str, ids: &str) -> Rows<MembershipRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, team, agent, kind FROM team_member
         WHERE workspace {in $1} AND agent {in $2}",
    );
    tx.rows(&SQL, &[workspaces, ids]).await
}

/// What became of these commands, each `[workspace, agent, op_id]`, and of those they came after.
pub(crate) async fn priors(tx: &mut Tx, keys: &str) -> Rows<PriorRow> {
    static SQL: Sql = Sql::new(
        "WITH RECURSIVE chain (workspace, agent, op_id, depth) AS (
           SELECT value->>0, value->>1, value->>2, 0 FROM {rows $1}
           UNION
           SELECT c.workspace, c.agent,
             (SELECT o.after FROM outcome o WHERE o.workspace = c.workspace
                AND o.agent = c.agent AND o.op_id = c.op_id),
             c.depth + 1
           FROM chain c WHERE c.op_id IS NOT NULL AND c.depth < 101
         )
         SELECT o.workspace, o.agent, o.op_id, o.body_hash, o.after, o.answer
         FROM (SELECT DISTINCT workspace, agent, op_id FROM chain WHERE op_id IS NOT NULL) AS x
         CROSS JOIN
         {postgres LATERAL (SELECT * FROM outcome WHERE workspace = x.workspace
             AND agent = x.agent AND op_id = x.op_id OFFSET 0) AS o}
         {sqlite outcome AS o WHERE o.workspace = x.workspace AND o.agent = x.agent
             AND o.op_id = x.op_id}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// What these commands wrote, for outcomes that are kept no longer.
pub(crate) async fn written(
    tx: &mut Tx,
    workspaces: &str,
    agents: &str,
    op_ids: &str,
) -> Rows<WrittenRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, author AS agent, op_id, id, seq, CAST(0 AS BIGINT) AS is_note
         FROM message
         WHERE workspace {in $1} AND author {in $2} AND op_id {in $3}
         UNION ALL
         SELECT workspace, author AS agent, op_id, id, revision AS seq,
           CAST(1 AS BIGINT) AS is_note
         FROM note
         WHERE workspace {in $1} AND author {in $2} AND op_id {in $3}",
    );
    tx.rows(&SQL, &[workspaces, agents, op_ids]).await
}

/// How far these agents have read these conversations.
pub(crate) async fn read_marks(
    tx: &mut Tx,
    workspaces: &str,
    agents: &str,
    conversations: &str,
) -> Rows<ReadMarkRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, agent, conversation, seq FROM read_mark
         WHERE workspace {in $1} AND agent {in $2} AND conversation {in $3}",
    );
    tx.rows(&SQL, &[workspaces, agents, conversations]).await
}

/// Statuses that wait for these ids of Meta, each `[workspace, channel, wamid]`.
pub(crate) async fn parked_statuses(tx: &mut Tx, keys: &str) -> Rows<ParkedRow> {
    static SQL: Sql = Sql::new(
        "SELECT p.workspace, p.channel, p.wamid, p.status, p.error, p.at
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM parked_status WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND wamid = x.value->>2 OFFSET 0) AS p}
         {sqlite parked_status AS p WHERE p.workspace = x.value->>0
             AND p.channel = x.value->>1 AND p.wamid = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Where these logs end.
pub(crate) async fn log_heads(tx: &mut Tx, workspaces: &str) -> Rows<HeadRow> {
    static SQL: Sql = Sql::new("SELECT workspace, position FROM log_head WHERE workspace {in $1}");
    tx.rows(&SQL, &[workspaces]).await
}
