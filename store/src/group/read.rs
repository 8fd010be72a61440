//! Reads of a group. Sets of keys travel as JSON arrays, each key whole: a group of many
//! workspaces would otherwise look each id up in each of them.
//!
//! PostgreSQL looks each key up by itself (LATERAL with OFFSET 0), whatever its statistics say.
//! Rows that are found by another index than the primary key are looked up without their workspace,
//! which is compared outside. The primary key begins with the workspace and might be taken
//! otherwise.

use super::rows::{
    AgentRow, ChannelRow, LogEndRow, MembershipRow, PastFileStateRow, PlaceRow, TeamRow,
    TemplateRow, UploadRow, UserRow, WrittenRow,
};
use crate::table::found::FoundRow;
use crate::tables::{
    BookRow, ContactRow, IdentityRow, MessageRow, OutcomeRow, ParkedRow, PastRow, ReadMarkRow,
    ThreadRow, thread_columns,
};
use crate::{Sql, StoreError, Tx};

type Rows<T> = Result<Vec<T>, StoreError>;

/// The channels of these numbers.
pub async fn channels(tx: &mut Tx, phone_number_ids: &str) -> Rows<ChannelRow> {
    static SQL: Sql = Sql::new(
        "SELECT phone_number_id, workspace, id, meta_app, default_team
         FROM channel WHERE phone_number_id {in $1}",
    );
    tx.rows(&SQL, &[phone_number_ids]).await
}

/// Identities, each `[workspace, channel, kind, value]`.
pub async fn identities(tx: &mut Tx, keys: &str) -> Rows<FoundRow<IdentityRow>> {
    static SQL: Sql = Sql::new(
        "SELECT {columns i identity}, i.stamp_state
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
pub async fn user_ids(tx: &mut Tx, workspaces: &str, conversations: &str) -> Rows<UserRow> {
    static SQL: Sql = Sql::new(
        "SELECT conversation, value FROM identity
         WHERE workspace {in $1} AND conversation {in $2} AND kind = 'user_id'",
    );
    tx.rows(&SQL, &[workspaces, conversations]).await
}

/// Conversations, each `[workspace, id]`.
pub async fn conversations(tx: &mut Tx, keys: &str) -> Rows<FoundRow<ThreadRow>> {
    static SQL: Sql = Sql::new(concat!(
        "SELECT ",
        thread_columns!(),
        ", c.stamp_state FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM conversation WHERE workspace = x.value->>0
             AND id = x.value->>1 OFFSET 0) AS c}
         {sqlite conversation AS c WHERE c.workspace = x.value->>0 AND c.id = x.value->>1}",
    ));
    tx.rows(&SQL, &[keys]).await
}

/// Agents, each `[workspace, id]`.
pub async fn agents(tx: &mut Tx, keys: &str) -> Rows<AgentRow> {
    static SQL: Sql = Sql::new(
        "SELECT a.workspace, a.id, a.role, a.state, a.availability, a.load, a.capacity,
           CAST(LENGTH(a.name) AS BIGINT) AS name_chars
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM agent WHERE workspace = x.value->>0
             AND id = x.value->>1 OFFSET 0) AS a}
         {sqlite agent AS a WHERE a.workspace = x.value->>0 AND a.id = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Contacts, each `[workspace, id]`.
pub async fn contacts(tx: &mut Tx, keys: &str) -> Rows<FoundRow<ContactRow>> {
    static SQL: Sql = Sql::new(
        "SELECT {columns c contact}, c.stamp_state FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM contact WHERE workspace = x.value->>0
             AND id = x.value->>1 OFFSET 0) AS c}
         {sqlite contact AS c WHERE c.workspace = x.value->>0 AND c.id = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Lines of stretches, each `[workspace, conversation, from, to]`.
pub async fn lines(tx: &mut Tx, stretches: &str) -> Rows<FoundRow<MessageRow>> {
    static SQL: Sql = Sql::new(
        "SELECT {columns m message}, m.stamp_state
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

/// Where messages stand, each `[workspace, id]`.
pub async fn messages_by_id(tx: &mut Tx, keys: &str) -> Rows<PlaceRow> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.channel, m.conversation, m.seq, m.id, m.wamid
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM message WHERE id = x.value->>1 OFFSET 0) AS m
             WHERE m.workspace = x.value->>0}
         {sqlite message AS m WHERE m.workspace = x.value->>0 AND m.id = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Where the messages with these ids of Meta stand, in whatever workspace and channel. There is
/// hardly ever more than one, and the caller takes those that were meant. Lines that edit them or
/// take them back stand beside them.
pub async fn messages_by_wamid(tx: &mut Tx, wamids: &str) -> Rows<PlaceRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, id, wamid, CAST(NULL AS TEXT) AS change,
           CAST(NULL AS TEXT) AS changed_by, CAST(NULL AS BIGINT) AS changed_at
         FROM message WHERE wamid {in $1}
         UNION ALL
         SELECT workspace, channel, conversation, seq, message, wamid, kind, author_kind, at
         FROM line_change WHERE wamid {in $1}",
    );
    tx.rows(&SQL, &[wamids]).await
}

/// Messages of the past, each `[workspace, channel, wamid]`.
pub async fn past(tx: &mut Tx, keys: &str) -> Rows<PastRow> {
    static SQL: Sql = Sql::new(
        "SELECT {columns p past} FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM past WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND wamid = x.value->>2 OFFSET 0) AS p}
         {sqlite past AS p WHERE p.workspace = x.value->>0 AND p.channel = x.value->>1
             AND p.wamid = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Files of the past, each `[workspace, message]`.
pub async fn past_files(tx: &mut Tx, keys: &str) -> Rows<PastFileStateRow> {
    static SQL: Sql = Sql::new(
        "SELECT f.workspace, f.message, f.state, f.bytes FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM file WHERE workspace = x.value->>0
             AND message = x.value->>1 OFFSET 0) AS f}
         {sqlite file AS f WHERE f.workspace = x.value->>0 AND f.message = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Entries of phone books, each `[workspace, channel, number]`.
pub async fn book(tx: &mut Tx, keys: &str) -> Rows<BookRow> {
    static SQL: Sql = Sql::new(
        "SELECT {columns b phone_book} FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM phone_book WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND wa_id = x.value->>2 OFFSET 0) AS b}
         {sqlite phone_book AS b WHERE b.workspace = x.value->>0 AND b.channel = x.value->>1
             AND b.wa_id = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// All teams of these workspaces.
pub async fn teams(tx: &mut Tx, workspaces: &str) -> Rows<TeamRow> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, id, reply_policy, visibility, claim_from_colleagues FROM team
         WHERE workspace {in $1}",
    );
    tx.rows(&SQL, &[workspaces]).await
}

/// The places that agents have in teams; agents each `[workspace, id]`.
pub async fn memberships(tx: &mut Tx, keys: &str) -> Rows<MembershipRow> {
    static SQL: Sql = Sql::new(
        "SELECT t.workspace, t.team, t.agent, t.kind FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM team_member WHERE agent = x.value->>1 OFFSET 0) AS t
             WHERE t.workspace = x.value->>0}
         {sqlite team_member AS t WHERE t.workspace = x.value->>0 AND t.agent = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The outcomes of these commands, each `[workspace, agent, op_id]`, and of those they came after.
pub async fn priors(tx: &mut Tx, keys: &str) -> Rows<OutcomeRow> {
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
         SELECT {columns o outcome}
         FROM (SELECT DISTINCT workspace, agent, op_id FROM chain WHERE op_id IS NOT NULL) AS x
         CROSS JOIN
         {postgres LATERAL (SELECT * FROM outcome WHERE workspace = x.workspace
             AND agent = x.agent AND op_id = x.op_id OFFSET 0) AS o}
         {sqlite outcome AS o WHERE o.workspace = x.workspace AND o.agent = x.agent
             AND o.op_id = x.op_id}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The lines and notes that commands wrote, each `[workspace, agent, op_id]`, for outcomes that are
/// kept no longer.
pub async fn written(tx: &mut Tx, keys: &str) -> Rows<WrittenRow> {
    static SQL: Sql = Sql::new(
        "SELECT m.workspace, m.author AS agent, m.op_id, m.id, m.seq,
           CAST(0 AS BIGINT) AS is_note
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM message WHERE author = x.value->>1
             AND op_id = x.value->>2 OFFSET 0) AS m WHERE m.workspace = x.value->>0}
         {sqlite message AS m WHERE m.workspace = x.value->>0 AND m.author = x.value->>1
             AND m.op_id = x.value->>2}
         UNION ALL
         SELECT n.workspace, n.author AS agent, n.op_id, n.id, n.revision AS seq,
           CAST(1 AS BIGINT) AS is_note
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM note WHERE author = x.value->>1
             AND op_id = x.value->>2 OFFSET 0) AS n WHERE n.workspace = x.value->>0}
         {sqlite note AS n WHERE n.workspace = x.value->>0 AND n.author = x.value->>1
             AND n.op_id = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// The read marks of agents, each `[workspace, agent, conversation]`.
pub async fn read_marks(tx: &mut Tx, keys: &str) -> Rows<ReadMarkRow> {
    static SQL: Sql = Sql::new(
        "SELECT {columns r read_mark} FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM read_mark WHERE workspace = x.value->>0
             AND agent = x.value->>1 AND conversation = x.value->>2 OFFSET 0) AS r}
         {sqlite read_mark AS r WHERE r.workspace = x.value->>0 AND r.agent = x.value->>1
             AND r.conversation = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Statuses that wait for these ids of Meta, each `[workspace, channel, wamid]`.
pub async fn parked_statuses(tx: &mut Tx, keys: &str) -> Rows<ParkedRow> {
    static SQL: Sql = Sql::new(
        "SELECT {columns p parked_status}
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM parked_status WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND wamid = x.value->>2 OFFSET 0) AS p}
         {sqlite parked_status AS p WHERE p.workspace = x.value->>0
             AND p.channel = x.value->>1 AND p.wamid = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Where these logs end, and whether a device is registered for pushes there.
pub async fn log_heads(tx: &mut Tx, workspaces: &str) -> Rows<LogEndRow> {
    static SQL: Sql = Sql::new(
        "SELECT h.workspace, h.position, h.settings_at,
           COALESCE((SELECT CAST(1 AS BIGINT) FROM push_device AS p
             WHERE p.workspace = h.workspace LIMIT 1), 0) AS is_reached,
           (SELECT string_agg(n.id, ' ') FROM channel AS n WHERE n.workspace = h.workspace
             AND n.policy LIKE '%\"agent_names\":true%') AS signing
         FROM log_head AS h WHERE h.workspace {in $1}",
    );
    tx.rows(&SQL, &[workspaces]).await
}

/// Templates, each `[workspace, name, language]`, of whatever number.
pub async fn templates(tx: &mut Tx, keys: &str) -> Rows<TemplateRow> {
    static SQL: Sql = Sql::new(
        "SELECT t.workspace, t.channel, t.name, t.language, t.body,
           (SELECT b.body FROM setting AS s
              JOIN content AS b ON b.workspace = s.workspace AND b.id = s.content
              WHERE s.workspace = t.workspace AND s.kind = 'template_fallback'
                AND s.home_kind = 'channel' AND s.home_id = t.channel
                AND s.name_key = t.name || '/' || t.language AND s.ended_at IS NULL)
             AS fallback
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM template WHERE workspace = x.value->>0
             AND name = x.value->>1 AND language = x.value->>2 OFFSET 0) AS t}
         {sqlite template AS t WHERE t.workspace = x.value->>0 AND t.name = x.value->>1
             AND t.language = x.value->>2}",
    );
    tx.rows(&SQL, &[keys]).await
}

/// Uploads, each `[workspace, id]`, locked: none is ended while a command makes it a line's file.
pub async fn uploads(tx: &mut Tx, keys: &str) -> Rows<UploadRow> {
    static SQL: Sql = Sql::new(
        "SELECT u.workspace, u.id, u.agent, u.conversation, u.kind, u.media_type, u.name,
           u.bytes, u.sha256, u.media, u.width, u.height, u.sound
         FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM upload WHERE workspace = x.value->>0
             AND id = x.value->>1 OFFSET 0 FOR NO KEY UPDATE) AS u}
         {sqlite upload AS u WHERE u.workspace = x.value->>0 AND u.id = x.value->>1}",
    );
    tx.rows(&SQL, &[keys]).await
}
