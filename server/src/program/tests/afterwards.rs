//! Edits of the database by hand that ordinary work follows. Whatever the server writes into an
//! edited row, the row stays named, or it is again what it would be without the edit.

use std::collections::BTreeMap;

use baton_domain::group::Work;
use baton_protocol::command::{CommandBody, Following, MarkRead, NoteText};
use baton_protocol::{Command, DeviceId, LineRef, MessageId, OpId, WorkspaceId};
use serde_json::Value as Json;
use serde_json::json;
use uuid::Uuid;

use super::edits::{Dice, EDITS, Life, Table, edit, edits, lives};
use crate::clock::{Clock, ManualClock};
use crate::engine::testing::{commanded, rehearse};
use crate::engine::work::{Caller, FreshIds, Post, SettingWork, Task};
use crate::store::stamped::images;
use crate::store::verify::verify_in;
use crate::store::{Sql, Tx};
use crate::whatsapp::payload;

/// What a server does on a day, always the same.
struct Day {
    clock: Clock,
    tasks: Vec<Task>,
}

/// A conversation that the day goes on with.
struct Talk {
    conversation: String,
    customer: String,
    /// Our reply, as WhatsApp knows it.
    wamid: String,
    last_seq: u64,
}

impl Day {
    async fn of(life: &Life) -> Self {
        let system = Clock::system();
        let clock = ManualClock::new(system.now().plus_ms(60_000), 7).clock();
        let caller = async |name: &str| {
            let agent = life.text(&format!("SELECT id FROM agent WHERE name = '{name}'")).await;
            let agent = agent.parse().unwrap();
            Caller { workspace: life.workspace, agent, device: DeviceId(Uuid::from_u128(9)) }
        };
        let (ana, ben) = (caller("Ana").await, caller("Ben").await);
        let app = life.text("SELECT id FROM meta_app").await;
        let mut tasks = Vec::new();
        for talk in talks(life).await {
            let number = format!(
                "SELECT n.phone_number_id FROM channel AS n JOIN conversation AS c
                   ON c.channel = n.id WHERE c.id = '{}'",
                talk.conversation
            );
            let number = life.text(&number).await;
            tasks.extend(talk.goes_on(&clock, (&app, &number), (ana, ben)));
        }
        tasks.push(settings(life.workspace));
        Self { clock, tasks }
    }

    /// Does it all in this transaction, each as far as it can be done.
    async fn passes(&self, life: &Life, tx: &mut Tx) {
        tx.becomes_the_servers().await;
        for task in &self.tasks {
            tx.mark().await;
            let done = rehearse(tx, &life.database.store, &self.clock, task).await;
            tx.stamps_or_undoes(done).await;
        }
    }
}

async fn talks(life: &Life) -> Vec<Talk> {
    let mut tx = life.database.store.read().await.unwrap();
    let found: Vec<(String, String, String, i64)> = tx
        .rows_of(
            "SELECT c.id, k.phone, m.wamid, c.last_seq FROM conversation AS c
             JOIN contact AS k ON k.workspace = c.workspace AND k.id = c.contact
             JOIN message AS m ON m.workspace = c.workspace AND m.conversation = c.id
             WHERE m.author_kind = 'agent' ORDER BY c.id",
            &[],
        )
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(found.len(), 2, "one reply in each conversation");
    let talk = |(conversation, phone, wamid, last_seq): (String, String, String, i64)| Talk {
        conversation,
        customer: phone.trim_start_matches('+').to_owned(),
        wamid,
        last_seq: last_seq.try_into().unwrap(),
    };
    found.into_iter().map(talk).collect()
}

impl Talk {
    /// Ticks, a reaction, words of the customer under another name, and what agents do about them.
    fn goes_on(
        &self,
        clock: &Clock,
        (app, number): (&str, &str),
        (ana, ben): (Caller, Caller),
    ) -> Vec<Task> {
        let at = (clock.now().ms() / 1000).to_string();
        let hook = |value: Json| self.hook(clock, (app, number), value);
        let tick = |status: &str| {
            hook(json!({"statuses": [{"id": self.wamid, "status": status, "timestamp": at,
                "recipient_id": self.customer}]}))
        };
        let says = |message: Json| {
            let of = json!({"from": self.customer, "id": format!("wamid.{}", clock.uuid_v4()),
                "timestamp": at});
            let (Json::Object(mut all), Json::Object(more)) = (of, message) else { panic!() };
            all.extend(more);
            let known = json!({"profile": {"name": "Another name"}, "wa_id": self.customer});
            hook(json!({"contacts": [known], "messages": [all]}))
        };
        let reaction = json!({"message_id": self.wamid, "emoji": "\u{2764}"});
        let asks = says(json!({"type": "text", "text": {"body": "And?"}}));
        let asked = asks.elements.first().map(|(_, fresh)| fresh.message).unwrap();
        let seen = Some(LineRef { seq: self.last_seq + 1, id: asked });
        let mut tasks: Vec<Task> = [
            tick("delivered"),
            tick("read"),
            says(json!({"type": "reaction", "reaction": reaction})),
            asks,
        ]
        .map(|post| Work::Post(post).into())
        .into();
        let following = |agent_id| Following { agent_id };
        let commands = [
            (ana, CommandBody::MarkRead(MarkRead { seq: self.last_seq + 1 })),
            (ana, CommandBody::Note(NoteText::from("another note".to_owned()))),
            (ana, CommandBody::Follow(following(None))),
            (ben, CommandBody::Unfollow(following(None))),
            (ana, CommandBody::Resolve(seen.into())),
        ];
        for (caller, body) in commands {
            let (op_id, conversation_id) =
                (OpId(clock.uuid_v7()), self.conversation.parse().unwrap());
            let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
            tasks.push(commanded(clock, caller, command).into());
        }
        let again = says(json!({"type": "text", "text": {"body": "Hello again"}}));
        tasks.push(Work::Post(again).into());
        tasks
    }

    fn hook(&self, clock: &Clock, (app, number): (&str, &str), mut value: Json) -> Post {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({"display_phone_number": "1", "phone_number_id": number});
        let raw = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
        let raw = raw.to_string();
        let fresh = || FreshIds {
            message: MessageId(clock.uuid_v4()),
            conversation: self.conversation.parse().unwrap(),
            contact: clock.uuid_v4(),
            card: clock.uuid_v4(),
        };
        let elements = payload::parse(raw.as_bytes(), clock.now()).unwrap();
        Post {
            meta_app: app.to_owned(),
            digest: clock.uuid_v4().to_string(),
            raw,
            received_at: clock.now(),
            id: clock.uuid_v4().to_string(),
            again: false,
            is_piece: false,
            elements: elements.into_iter().map(|element| (element, fresh())).collect(),
        }
    }
}

/// Each sheet is written, to what it says already.
fn settings(workspace: WorkspaceId) -> Task {
    static SHEETS: [Sql; 11] = [
        Sql::new("UPDATE installation SET value = value"),
        Sql::new("UPDATE meta_app SET created_at = created_at"),
        Sql::new("UPDATE workspace SET name = name"),
        Sql::new("UPDATE meta_app_grant SET workspace = workspace"),
        Sql::new("UPDATE team SET name = name"),
        Sql::new("UPDATE agent SET name = name"),
        Sql::new("UPDATE team_member SET kind = kind"),
        Sql::new("UPDATE device SET last_seen_at = last_seen_at"),
        Sql::new("UPDATE channel SET name = name"),
        Sql::new("UPDATE push_device SET lane = lane"),
        Sql::new("UPDATE invitation SET name = name"),
    ];
    let writes = SHEETS.iter().map(|sql| (sql, Vec::new())).collect();
    SettingWork { workspace, by: None, writes, facts: Vec::new() }.into()
}

/// Rows by table and key.
type Rows = BTreeMap<(&'static str, String), Vec<Json>>;

async fn rows(tx: &mut Tx) -> Rows {
    let tables = images(tx).await.unwrap();
    let of = |table: Table| {
        let keyed = move |row: Vec<Json>| {
            let key = row.get(..table.keys).unwrap_or_default().to_vec();
            ((table.name, Json::from(key).to_string()), row)
        };
        table.rows.into_iter().map(keyed)
    };
    tables.into_iter().flat_map(of).collect()
}

/// What the day leaves in a database that nobody edits.
async fn undisturbed(life: &Life, day: &Day) -> Rows {
    let mut tx = life.database.tampering().await;
    let before = rows(&mut tx).await;
    day.passes(life, &mut tx).await;
    assert_eq!(life.found(&mut tx).await.unwrap(), "", "nothing was edited");
    let after = rows(&mut tx).await;
    tx.rollback().await.unwrap();
    for table in ["message", "contact", "conversation", "episode", "read_mark", "follower"] {
        let of = |rows: &Rows| -> Vec<_> {
            rows.iter()
                .filter(|((name, _), _)| *name == table)
                .map(|(_, row)| row.clone())
                .collect()
        };
        assert_ne!(of(&before), of(&after), "the day changes {table}");
    }
    after
}

/// Whether all rows that were there before the day are what they are without the edit. What the
/// day itself adds has fresh salts.
fn is_healed(before: &Rows, now: &Rows, undisturbed: &Rows) -> bool {
    let is_same = |key: &(&'static str, String)| now.get(key) == undisturbed.get(key);
    let is_old = |key: &&(&'static str, String)| before.contains_key(*key);
    let strange = now.keys().filter(|key| !undisturbed.contains_key(*key)).count();
    strange == 0 && before.keys().filter(is_old).all(is_same)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_stays_named_whatever_the_server_writes_into_the_row_afterwards() {
    for life in lives().await {
        let day = Day::of(&life).await;
        undisturbed(&life, &day).await;
        for (sql, table, key) in EDITS {
            let (sql, key) = life.made((sql, table, key)).await;
            let mut tx = life.edited(&sql).await.unwrap_or_else(|| panic!("{sql} was not done"));
            day.passes(&life, &mut tx).await;
            let found = life.found(&mut tx).await.unwrap();
            tx.rollback().await.unwrap();
            // The end of the log moves on by itself, and may leave a hole.
            let hole = format!("log position {key}: the row is missing");
            let named = table == "log_head"
                && ["log_head", &hole].iter().any(|on| found.contains(on))
                || found.lines().any(|line| line.contains(table) && line.contains(&key));
            assert!(named, "{sql} is not named by {table} and {key}:\n{found}");
        }
        life.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_single_row_that_is_edited_stays_named_after_ordinary_work() {
    for life in lives().await {
        let day = Day::of(&life).await;
        let undisturbed = undisturbed(&life, &day).await;
        let mut tx = life.database.store.read().await.unwrap();
        let tables = images(&mut tx).await.unwrap();
        let before = rows(&mut tx).await;
        tx.rollback().await.unwrap();
        let mut dice = Dice(0x2545_F491_4F6C_DD1D);
        let (mut named, mut healed, mut refused) = (0, 0, 0);
        while named + healed < edits() {
            let table = dice.of(&tables);
            let Some(edit) = edit(&mut dice, table, life.database.store.dialect()) else {
                continue;
            };
            let Some(mut tx) = life.edited(&edit.sql).await else {
                refused += 1;
                assert!(refused < 20 * edits() + 100, "the database refuses nearly everything");
                continue;
            };
            day.passes(&life, &mut tx).await;
            let found = life.found(&mut tx).await.unwrap();
            if found.lines().any(|line| edit.is_named(line, table, &life)) {
                named += 1;
            } else {
                let now = rows(&mut tx).await;
                assert!(is_healed(&before, &now, &undisturbed), "{}:\n{found}", edit.sql);
                healed += 1;
            }
            tx.rollback().await.unwrap();
        }
        println!("{named} edits named after work, {healed} undone by it, {refused} refused");
        assert!(healed * 10 < named, "nearly all is undone: {healed}");
        life.close().await;
    }
}

/// Changes of a message that the log contradicts.
const TOLD_BY_THE_LOG: [&str; 7] = [
    "understood = (SELECT MIN(id) FROM message), understood_kind = 'text'",
    "amended = NULL",
    "seen_seq = seen_seq + 1",
    "seen_id = channel",
    "status = 'failed'",
    "attempt = attempt + 1",
    "held = 'expired'",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_message_shows_is_compared_with_the_log_also_without_the_key() {
    for life in lives().await {
        let sent = |set: &str| format!("UPDATE message SET {set} WHERE author_kind = 'agent'");
        let filed = |set: &str| format!("UPDATE message SET {set} WHERE file_bytes IS NOT NULL");
        let edits = TOLD_BY_THE_LOG.iter().map(|set| sent(set));
        for sql in edits.chain([filed("file_bytes = 1")]) {
            let mut tx = life.edited(&sql).await.unwrap_or_else(|| panic!("{sql} was not done"));
            let report = verify_in(&mut tx, life.workspace, None).await.unwrap();
            tx.rollback().await.unwrap();
            let fault = report.fault.unwrap_or_else(|| panic!("{sql} is not named"));
            assert!(fault.what.starts_with("message "), "{sql}: {}", fault.what);
        }
        life.close().await;
    }
}
