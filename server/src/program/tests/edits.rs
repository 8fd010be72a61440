//! Edits of the database by hand are found. Each of these edits, and any single row that is
//! changed, put in or taken out, is named by table and key.

use std::path::Path;
use std::time::Duration;

use baton_domain::fact::chance;
use baton_protocol::command::{Claim, CommandBody, Following, MarkRead, NoteText, Reply};
use baton_protocol::frame::ServerFrame;
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Command, ConversationId, Event, Fact, FileState, LineRef, MessageStatus, OpId, WorkspaceId,
};
use baton_simulator::{Around, Inbound, InboundMedia, Simulator};
use serde_json::{Value as Json, json};

use crate::app::Server;
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl, Sources};
use crate::demo::client::{Api, SignedIn};
use crate::program::demo::furnish;
use crate::secrets::Keys;
use crate::store::seal::seal_pending;
use crate::store::stamped::{images, verify_rows_in};
use crate::store::testing::{TestDatabase, databases};
use crate::store::verify::verify_in;
use crate::store::{Dialect, StampKey, StoreError, Tx, settled};

const PATIENCE: Duration = Duration::from_secs(20);

/// A database in which something of everything happened.
pub(super) struct Life {
    pub(super) database: TestDatabase,
    key: StampKey,
    pub(super) workspace: WorkspaceId,
    _directory: tempfile::TempDir,
}

pub(super) async fn lives() -> Vec<Life> {
    let mut all = Vec::new();
    for database in databases().await {
        all.push(Box::pin(lived(database)).await);
    }
    all
}

async fn lived(database: TestDatabase) -> Life {
    let directory = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(baton_simulator::Config::default()).await.unwrap();
    let mut config = Config::load(&Sources::default()).unwrap().config;
    config.store.data = directory.path().to_owned();
    match database.url.strip_prefix("sqlite://") {
        Some(file) => config.store.data = Path::new(file).parent().unwrap().to_owned(),
        None => {
            let url = serde_json::from_value::<DatabaseUrl>(database.url.clone().into());
            config.store.database = url.unwrap();
        }
    }
    config.http.bind.set_port(0);
    config.whatsapp.graph_url = simulator.base_url();
    let server = Box::pin(Server::start(&config, Clock::system())).await.unwrap();
    let logins = furnish(&server, &simulator).await.unwrap();
    let sign_in = async |name: &str| {
        let login = logins.iter().find(|login| login.name == name).unwrap();
        let api = Api::new(&server.url()).unwrap();
        api.sign_in(&login.workspace, &login.email, &login.password).await.unwrap()
    };
    let (ana, ben) = (sign_in("Ana").await, sign_in("Ben").await);
    for name in ["Lucía", "Marta"] {
        let number = if name == "Lucía" { "34600123456" } else { "34600123457" };
        talk(&simulator, (number, name), &ana, &ben).await;
    }
    let workspace = ana.session.workspace_id;
    let own = json!([{"kind": "canned_reply", "id": Clock::system().uuid_v7(), "put": {
        "home": {"kind": "agent", "id": ana.session.agent_id},
        "body": {"shortcut": "hi", "title": "Hi", "text": "Hola"},
    }}]);
    ana.post::<Json>("/settings", &own).await.unwrap();
    server.stop().await;
    simulator.stop().await;
    let master: [u8; 32] =
        std::fs::read(config.store.key_file()).unwrap().try_into().expect("a key");
    let key = Keys::new(master).stamps();
    database.store.check_with(key.clone());
    Life { database, key, workspace, _directory: directory }
}

/// A customer writes, and everything is done about it.
async fn talk(simulator: &Simulator, (number, name): (&str, &str), ana: &SignedIn, ben: &SignedIn) {
    let socket = ana.connect(None).await.unwrap();
    simulator.customer(number, name).sends("Hola").await;
    let is_line = |fact: &Fact| matches!(fact, Fact::LineReceived { .. });
    let told = |frame: &ServerFrame| {
        matches!(frame, ServerFrame::Events { events, .. }
            if events.iter().any(|event| is_line(&event.fact)))
    };
    let received = socket.wait_for(told, PATIENCE).await.unwrap();
    let ServerFrame::Events { events, .. } = received.frame.as_ref() else { panic!() };
    let event = events.iter().find(|event| is_line(&event.fact)).unwrap();
    let Fact::LineReceived { line, .. } = event.fact else { panic!() };
    let of = event.conversation_id.unwrap();
    let text = format!("Un momento, {name}");
    let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
    does(ana, of, CommandBody::Claim(claim)).await;
    does(ana, of, CommandBody::Note(NoteText::from("a note".to_owned()))).await;
    does(ana, of, CommandBody::MarkRead(MarkRead { seq: line.seq })).await;
    does(ben, of, CommandBody::Follow(Following { agent_id: None })).await;
    does(ana, of, CommandBody::Reply(reply(&text, line))).await;
    let sent = simulator.wait_reached(|sent| sent.text() == Some(&text), PATIENCE).await.unwrap();
    // A reaction to a message that has no id of Meta yet would be lost.
    let is_known = |event: &Event| {
        event.conversation_id == Some(of)
            && matches!(event.fact, Fact::MessageChanged { status: MessageStatus::Delivered, .. })
    };
    let told = |frame: &ServerFrame| {
        let ServerFrame::Events { events, .. } = frame else { return false };
        events.iter().any(is_known)
    };
    socket.wait_for(told, PATIENCE).await.unwrap();
    let customer = simulator.customer(number, name);
    customer.reacts(&sent.wamid, "👍").await;
    let document = InboundMedia { kind: "document".to_owned(), ..InboundMedia::default() };
    customer.says(Inbound::Media(document), Around::default()).await.unwrap();
    let is_stored =
        |fact: &Fact| matches!(fact, Fact::FileChanged { file: FileState::Stored { .. }, .. });
    let told = |frame: &ServerFrame| {
        matches!(frame, ServerFrame::Events { events, .. }
            if events.iter().any(|event| is_stored(&event.fact)))
    };
    socket.wait_for(told, PATIENCE).await.unwrap();
    simulator.quiesce(PATIENCE).await.unwrap();
}

fn reply(text: &str, seen: LineRef) -> Reply {
    Reply {
        text: text.to_owned(),
        seen: Some(seen),
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    }
}

async fn does(by: &SignedIn, conversation_id: ConversationId, body: CommandBody) {
    let op_id = OpId(Clock::system().uuid_v7());
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    let result = by.command(command).await.unwrap();
    assert!(matches!(result.outcome, Outcome::Accepted(_)), "{result:?}");
}

impl Life {
    /// All that is found, in this transaction, in lines.
    pub(super) async fn found(&self, tx: &mut Tx) -> Result<String, StoreError> {
        let rows = verify_rows_in(tx, &self.key, 0).await?;
        let mut lines: Vec<String> = rows.faults.iter().map(ToString::to_string).collect();
        match verify_in(tx, self.workspace, Some(&self.key)).await {
            Ok(report) if report.fault.is_some() => lines.push(format!("log {report}")),
            Err(StoreError::Corrupt(what)) => lines.push(what),
            report => drop(report?),
        }
        match settled::fault_in(tx, self.workspace).await {
            Ok(what) => lines.extend(what),
            Err(StoreError::Corrupt(what)) => lines.push(what),
            Err(error) => return Err(error),
        }
        Ok(lines.join("\n"))
    }

    /// A transaction in which a row was edited; `None` where the database refuses it, or nothing
    /// was edited.
    pub(super) async fn edited(&self, sql: &str) -> Option<Tx> {
        let mut tx = self.database.tampering().await;
        let sql = format!("{sql} RETURNING CAST(1 AS BIGINT)");
        match tx.rows_of::<(i64,)>(&sql, &[]).await {
            Ok(rows) if !rows.is_empty() => Some(tx),
            Ok(_) | Err(_) => {
                tx.rollback().await.unwrap();
                None
            }
        }
    }

    /// What is found after an edit; `None` as for [`Life::edited`].
    async fn after(&self, sql: &str) -> Option<String> {
        let mut tx = self.edited(sql).await?;
        let found = self.found(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        Some(found)
    }

    pub(super) async fn text(&self, sql: &str) -> String {
        let mut tx = self.database.store.read().await.unwrap();
        let row = tx.rows_of::<(String,)>(sql, &[]).await.unwrap().remove(0);
        tx.rollback().await.unwrap();
        row.0
    }

    pub(super) async fn close(self) {
        self.database.close().await;
    }
}

impl Life {
    /// One of [`EDITS`] as a statement, and the key by which it is to be named.
    pub(super) async fn made(&self, (sql, table, key): Edited) -> (String, String) {
        let mut key = self.text(key).await;
        let sql = sql.replace("KEY", &format!("'{key}'"));
        if table == "message" && sql.contains("id = ") {
            let place = format!("SELECT conversation FROM message WHERE id = '{key}'");
            key = self.text(&place).await;
        }
        (sql, key)
    }
}

const ANA: &str = "SELECT id FROM agent WHERE name = 'Ana'";
const CHANNEL: &str = "SELECT id FROM channel";
const TEAM: &str = "SELECT id FROM team ORDER BY id LIMIT 1";
const CONVERSATION: &str = "SELECT id FROM conversation ORDER BY id LIMIT 1";
const MESSAGE: &str = "SELECT conversation FROM message ORDER BY conversation, seq LIMIT 1";
const SENT: &str = "SELECT id FROM message WHERE author_kind = 'agent' ORDER BY id LIMIT 1";
const CONTACT: &str = "SELECT id FROM contact ORDER BY id LIMIT 1";
const DEVICE: &str = "SELECT d.id FROM device AS d JOIN agent AS a ON a.id = d.agent
    WHERE a.name = 'Ben' LIMIT 1";
const NOTE: &str = "SELECT id FROM note ORDER BY id LIMIT 1";
const CONTENT: &str = "SELECT content FROM log WHERE content IS NOT NULL ORDER BY position LIMIT 1";
const OUTCOME: &str = "SELECT op_id FROM message WHERE op_id IS NOT NULL ORDER BY op_id LIMIT 1";
const TAIL: &str = "SELECT CAST(position + 1 AS TEXT) FROM log_head";

/// What somebody does with SQL, which table is named, and which key.
pub(super) type Edited = (&'static str, &'static str, &'static str);

pub(super) const EDITS: [Edited; 50] = [
    ("UPDATE agent SET password_hash = 'x' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET email = 'eve@acme.example' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET name = 'Eve' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET role = 'admin' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET state = 'leaving' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET availability = 'busy' WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET capacity = 99 WHERE id = KEY", "agent", ANA),
    ("UPDATE agent SET load = load + 5 WHERE id = KEY", "agent", ANA),
    ("UPDATE channel SET phone_number_id = '666' WHERE id = KEY", "channel", CHANNEL),
    ("UPDATE channel SET display_number = '+666' WHERE id = KEY", "channel", CHANNEL),
    ("UPDATE channel SET token_sealed = 's1:AAAA' WHERE id = KEY", "channel", CHANNEL),
    ("UPDATE channel SET pace_per_s = 1 WHERE id = KEY", "channel", CHANNEL),
    ("UPDATE channel SET removed_at = 7 WHERE id = KEY", "channel", CHANNEL),
    ("UPDATE team SET reply_policy = 'scope' WHERE id = KEY", "team", TEAM),
    ("UPDATE team SET name = 'Eves' WHERE id = KEY", "team", TEAM),
    ("DELETE FROM team_member WHERE agent = KEY", "team_member", ANA),
    ("UPDATE team_member SET kind = 'supervisor' WHERE agent = KEY", "team_member", ANA),
    ("UPDATE workspace SET slug = 'eve'", "workspace", "SELECT id FROM workspace"),
    ("UPDATE meta_app SET secrets_sealed = 'x'", "meta_app", "SELECT id FROM meta_app"),
    ("DELETE FROM meta_app_grant", "meta_app_grant", "SELECT meta_app FROM meta_app_grant"),
    (
        "INSERT INTO meta_app_grant (meta_app, workspace) VALUES ('666', KEY)",
        "meta_app_grant",
        "SELECT id FROM workspace",
    ),
    ("UPDATE device SET access_digest = 'x' WHERE id = KEY", "device", DEVICE),
    ("UPDATE device SET revoked_at = 1 WHERE id = KEY", "device", DEVICE),
    ("UPDATE device SET agent = 'x' WHERE id = KEY", "device", DEVICE),
    (
        "UPDATE device SET access_expires_at = access_expires_at + 1 WHERE id = KEY",
        "device",
        DEVICE,
    ),
    ("UPDATE installation SET value = 'x' WHERE name = KEY", "installation", "SELECT 'epoch'"),
    ("UPDATE conversation SET owner_agent = NULL WHERE id = KEY", "conversation", CONVERSATION),
    ("UPDATE conversation SET status = 'waiting' WHERE id = KEY", "conversation", CONVERSATION),
    ("UPDATE conversation SET team = 'x' WHERE id = KEY", "conversation", CONVERSATION),
    ("UPDATE conversation SET window_until = 1 WHERE id = KEY", "conversation", CONVERSATION),
    ("DELETE FROM message WHERE conversation = KEY AND seq = 1", "message", MESSAGE),
    ("UPDATE message SET error = '{}' WHERE id = KEY", "message", SENT_PLACE),
    ("UPDATE message SET author = 'x' WHERE id = KEY", "message", SENT_PLACE),
    (SHOWS_ANOTHER, "message", SENT_PLACE),
    ("UPDATE message SET seen_seq = seen_seq + 1 WHERE id = KEY", "message", SENT_PLACE),
    ("UPDATE message SET wamid = 'wamid.x' WHERE id = KEY", "message", SENT_PLACE),
    ("UPDATE message SET amended = NULL WHERE id = KEY", "message", SENT_PLACE),
    ("UPDATE message SET file_bytes = 1 WHERE id = KEY", "message", FILE_PLACE),
    ("UPDATE contact SET phone = '34666' WHERE id = KEY", "contact", CONTACT),
    ("UPDATE contact SET name = 'Eve' WHERE id = KEY", "contact", CONTACT),
    ("UPDATE identity SET conversation = 'x' WHERE value = KEY", "identity", IDENTITY),
    ("DELETE FROM attempt WHERE message = KEY", "attempt", SENT),
    ("UPDATE attempt SET outcome = 'refused' WHERE message = KEY", "attempt", SENT),
    ("DELETE FROM note WHERE id = KEY", "note", NOTE),
    ("UPDATE content SET body = '{}' WHERE id = KEY", "content", CONTENT),
    ("DELETE FROM content WHERE id = KEY", "content", CONTENT),
    ("UPDATE outcome SET answer = '{}' WHERE op_id = KEY", "outcome", OUTCOME),
    ("DELETE FROM outcome WHERE op_id = KEY", "outcome", OUTCOME),
    ("UPDATE log SET actor = 'x' WHERE position = CAST(KEY AS BIGINT)", "log", "SELECT '3'"),
    ("UPDATE log_head SET position = CAST(KEY AS BIGINT)", "log_head", TAIL),
];

const IDENTITY: &str = "SELECT value FROM identity WHERE kind = 'wa_id' ORDER BY value LIMIT 1";
/// The message is named by its place.
const SENT_PLACE: &str = SENT;
const FILE_PLACE: &str = "SELECT id FROM message WHERE file_bytes IS NOT NULL ORDER BY id LIMIT 1";
const SHOWS_ANOTHER: &str = "UPDATE message SET understood_kind = 'text',
    understood = (SELECT o.id FROM message AS o WHERE o.author_kind = 'customer'
      AND o.kind = 'text' AND o.conversation <> message.conversation LIMIT 1) WHERE id = KEY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_edit_by_hand_is_named_with_its_table_and_key() {
    for life in lives().await {
        let mut tx = life.database.store.read().await.unwrap();
        assert_eq!(life.found(&mut tx).await.unwrap(), "", "nothing was edited");
        tx.rollback().await.unwrap();
        for (sql, table, key) in EDITS {
            let (sql, key) = life.made((sql, table, key)).await;
            let found = life.after(&sql).await.unwrap_or_else(|| panic!("{sql} was not done"));
            let named = found.lines().any(|line| line.contains(table) && line.contains(&key));
            assert!(named, "{sql} is not named by {table} and {key}:\n{found}");
        }
        life.close().await;
    }
}

/// SQLite takes a text for a number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_of_the_log_that_cannot_be_read_is_named_by_its_position() {
    for life in lives().await {
        if life.database.store.dialect() == Dialect::Sqlite {
            let sql = "UPDATE log SET revision = 'x' WHERE position = 7";
            let found = life.after(sql).await.expect("SQLite takes it");
            assert!(found.contains("log position 7: "), "{found}");
        }
        life.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_that_somebody_else_put_in_is_named_and_is_not_sealed() {
    for life in lives().await {
        let forged = "INSERT INTO log (workspace, position, previous, at, actor_kind, fact)
             SELECT workspace, position + 1, position, at, actor_kind,
               (SELECT fact FROM log WHERE conversation IS NULL ORDER BY position LIMIT 1)
             FROM log ORDER BY position DESC LIMIT 1";
        let tail = life.text(TAIL).await;
        life.database.tamper(forged).await;
        life.database.tamper("UPDATE log_head SET position = position + 1").await;
        let mut tx = life.database.store.read().await.unwrap();
        let found = life.found(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(found.contains(&format!("position {tail}")), "{found}");
        let store = crate::store::testing::open(&life.database.url).await;
        store.check_with(life.key.clone());
        let sealed = seal_pending(&store, life.workspace, 1000).await;
        assert!(matches!(sealed, Err(StoreError::Corrupt(_))), "{sealed:?}");
        store.close().await;
        life.close().await;
    }
}

/// How many rows are edited at random: `BATON_EDITS`.
pub(super) fn edits() -> usize {
    let told = std::env::var_os("BATON_EDITS").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(150)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_single_row_that_is_changed_put_in_or_taken_out_is_named() {
    for life in lives().await {
        let mut tx = life.database.store.read().await.unwrap();
        let tables = images(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let (mut done, mut refused) = (0, 0);
        while done < edits() {
            let table = dice.of(&tables);
            let Some(edit) = edit(&mut dice, table, life.database.store.dialect()) else {
                continue;
            };
            match life.after(&edit.sql).await {
                None => refused += 1,
                Some(found) => {
                    let of = |line: &str| edit.is_named(line, table, &life);
                    assert!(found.lines().any(of), "{}: {:?}\n{found}", edit.sql, edit.key);
                    done += 1;
                }
            }
            assert!(refused < 20 * edits() + 100, "the database refuses nearly everything");
        }
        println!("{done} edits named, {refused} refused by the database");
        life.close().await;
    }
}

/// A table's rows as JSON.
pub(super) type Table = crate::store::stamped::Images;

pub(super) struct Edit {
    pub(super) sql: String,
    key: Vec<String>,
}

impl Edit {
    /// Whether a line of what was found names the row that was edited.
    pub(super) fn is_named(&self, line: &str, table: &Table, life: &Life) -> bool {
        let key = match table.name {
            "log" => vec![self.key.last().cloned().unwrap_or_default()],
            _ => self.key.clone(),
        };
        // What is said of one workspace does not name it again.
        let mut key = key.iter().filter(|part| **part != life.workspace.to_string());
        line.contains(table.name) && key.all(|part| line.contains(part))
    }
}

pub(super) fn edit(dice: &mut Dice, table: &Table, dialect: Dialect) -> Option<Edit> {
    if table.rows.is_empty() {
        return None;
    }
    let row = dice.of(&table.rows);
    let cells = || table.columns.iter().zip(row);
    let key: Vec<(&str, &Json)> = cells().take(table.keys).map(|(c, v)| (*c, v)).collect();
    let found: Vec<_> = key.iter().map(|(c, v)| format!("{c} = {}", literal(v))).collect();
    let found = found.join(" AND ");
    let named = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let names: Vec<String> = key.iter().map(|(_, v)| named(v)).collect();
    let name = table.name;
    match dice.below(10) {
        // Seals that are gone are made again, the same. Of these rows others do not tell: see
        // SECURITY.md.
        0 | 1 if matches!(name, "seal" | "outcome" | "identity") => None,
        2 if name == "log" => None,
        0 | 1 => Some(Edit { sql: format!("DELETE FROM {name} WHERE {found}"), key: names }),
        2 => {
            let last = key.len().checked_sub(1)?;
            let other = |v: &Json| match v.as_i64() {
                Some(n) => Json::from(n + 1000),
                None => Json::from(format!("{}f", v.as_str().unwrap_or_default())),
            };
            let values = row.iter().enumerate();
            let values: Vec<_> = values
                .map(|(n, v)| literal(&if n == last { other(v) } else { v.clone() }))
                .collect();
            let mut names = names;
            let changed = named(&other(key.last()?.1));
            *names.last_mut()? = changed;
            let (columns, values) = (table.columns.join(", "), values.join(", "));
            let sql = format!("INSERT INTO {name} ({columns}) VALUES ({values})");
            Some(Edit { sql, key: names })
        }
        _ => {
            let n = dice.below(row.len());
            // The log is named by its position.
            if name == "log" && n < table.keys {
                return None;
            }
            let (column, value) = (table.columns.get(n)?, row.get(n)?);
            let other = match (value.as_i64(), value.as_str()) {
                (Some(n), _) => Json::from(n + 1),
                (None, Some(text)) => Json::from(format!("{text}x")),
                (None, None) if dialect == Dialect::Sqlite => Json::from("x"),
                (None, None) => Json::from("1"),
            };
            let mut names = names;
            if n < table.keys {
                *names.get_mut(n)? = named(&other);
            }
            let sql = format!("UPDATE {name} SET {column} = {} WHERE {found}", literal(&other));
            Some(Edit { sql, key: names })
        }
    }
}

fn literal(value: &Json) -> String {
    match value.as_str() {
        Some(text) => format!("'{}'", text.replace('\'', "''")),
        None if value.is_null() => "NULL".to_owned(),
        None => value.to_string(),
    }
}

/// Chances that are the same at every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(chance::next(&mut self.0) % bound.max(1) as u64).unwrap_or(0)
    }

    pub(super) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let n = self.below(all.len());
        all.get(n).expect("one")
    }
}
