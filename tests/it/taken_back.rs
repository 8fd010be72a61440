//! What a customer took back is gone from everything that is kept, but for the raw webhooks.

use std::path::Path;

use baton::demo::PASSWORD;
use baton::store::verify::verify_log;
use baton_domain::see::mirror::Mirrored;
use baton_mobile::lists::Entry;
use baton_mobile::runtime::{KeyStore as _, SignedIn};
use baton_mobile::store::{Account, Config, KEY_BYTES, Limits, Read, Store, StoreError, View};
use baton_protocol::ConversationId;
use baton_protocol::page::SearchPage;
use baton_simulator::{Around, Inbound};
use baton_world::handset::{Drawn, Handset, KeyFiles, core_directory, until};
use baton_world::world::{
    Agent, NUMBER, PATIENCE, Setup, World, eventually, for_each_store, webhook,
};
use reqwest::Method;
use serde_json::{Value, json};

/// A word that nothing else has, and its beginnings.
const SECRET: &str = "qzxvbnmk";
const BEGINNINGS: [&str; 2] = ["qzx", "qzxvbn"];
/// Raw webhooks stay for some days, and nobody but the operator reads them.
const RAW: &str = "intake";

/// The webhooks of one customer: a line, two edits of it, and that it was taken back.
fn story(customer: usize) -> [Value; 4] {
    let number = format!("3461100{customer:04}");
    let element = |n: usize, more: Value| {
        let mut message = json!({
            "from": number, "id": format!("wamid.{customer}.{n}"), "timestamp": "1790000000",
        });
        message.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        let name = json!({"profile": {"name": "Lucía"}, "wa_id": number});
        webhook(NUMBER, json!({"contacts": [name], "messages": [message]}))
    };
    let of = format!("wamid.{customer}.0");
    let text = |n: usize| json!({"body": format!("My card is {SECRET}{n}")});
    let edit = |n: usize| {
        let message = json!({"type": "text", "text": text(n)});
        json!({"type": "edit", "edit": {"original_message_id": of, "message": message}})
    };
    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": of}});
    [
        element(0, json!({"type": "text", "text": text(0)})),
        element(1, edit(1)),
        element(2, edit(2)),
        element(3, revoke),
    ]
}

/// Every order of four things.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256_usize).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3]);
    all.filter(|order| (0..4).all(|one| order.contains(&one))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_message_stays_that_was_edited_and_taken_back_in_whatever_order() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        for (customer, order) in orders().into_iter().enumerate() {
            let story = story(customer);
            for n in order {
                assert_eq!(world.posts(&story[n]).await.status, 200);
            }
        }
        let kept = async || kept(world, SECRET).await.is_empty().then_some(());
        eventually("what was taken back is erased", kept).await;
        let words = kept_in(world, "search_word").await;
        assert!(BEGINNINGS.iter().all(|beginning| !words.contains(beginning)), "{words}");
        assert!(searches(world, &ana).await.hits.is_empty());
        ana.phone().converges().await;
        let told = rows(world, "SELECT id FROM conversation WHERE last_seq = 4").await;
        assert_eq!(told.len(), orders().len());
        for conversation in told {
            let conversation = conversation.parse().expect("an id");
            let lines = ana.lines(conversation).await;
            let gone = lines.iter().filter(|line| {
                line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some())
            });
            assert_eq!((lines.len(), gone.count()), (4, 3), "the line and its edits: {lines:?}");
        }
        let report = verify_log(&world.database.store, world.cast.workspace).await;
        assert_eq!(report.expect("a report").fault, None, "an erasure is no fault");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_held_it_keeps_nothing_of_it_that_its_key_opens() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let on = Handset::on(&world.server.url(), directory.path()).await.unwrap();
        let ana = on.signed_in("acme", "ana@acme.example", PASSWORD).await.unwrap();
        ana.live(PATIENCE).await.unwrap();
        let [line, edits @ .., revocation] = story(7);
        assert_eq!(world.posts(&line).await.status, 200);
        let mut inbox = ana.inbox(View::All).await.unwrap();
        let drawn = until(&mut inbox, "the customer is there", |d| d.rows.len() == 1).await;
        let conversation = drawn.unwrap().rows[0].id;
        let mut lines = ana.timeline(conversation).await.unwrap();
        for edit in &edits {
            assert_eq!(world.posts(edit).await.status, 200);
        }
        until(&mut lines, "the edits are drawn", |d| words(d).len() == 3).await.unwrap();
        assert_eq!(world.posts(&revocation).await.status, 200);
        until(&mut lines, "nothing of it is drawn", |d| words(d).is_empty()).await.unwrap();
        let who = ana.core.signed_in().await.unwrap().expect("somebody");
        drop((ana, lines, inbox));
        let kept = kept_on_phone(directory.path(), who).await;
        assert!(kept.contains("Luc") && !kept.contains(SECRET), "{kept}");
    })
    .await;
}

/// The texts that are drawn and hold the word.
fn words(drawn: &Drawn) -> Vec<&str> {
    let texts = drawn.entries.iter().filter_map(|entry| match entry {
        Entry::Line { line, .. } => line.content.text.as_deref(),
        Entry::Note { .. } | Entry::Moved(_) | Entry::Coaching { .. } | Entry::Echo(_) => None,
    });
    texts.filter(|text| text.contains(SECRET)).collect()
}

/// All that the key of a handset which was switched off opens of its conversations.
async fn kept_on_phone(directory: &Path, who: SignedIn) -> String {
    let SignedIn { workspace, agent, device } = who;
    let account = Account { workspace, agent, device };
    let key = KeyFiles::of(directory).expect("a key store").get("baton.store").expect("is read");
    let key = key.expect("is kept").try_into().expect("a key");
    let directory = core_directory(directory);
    let config = Config { directory, key, seed: [1; KEY_BYTES], limits: Limits::default() };
    // The one that is switched off lets go of its files a moment later.
    let store = eventually("its store opens", async || Store::open(&config).ok()).await.0;
    let dump = |read: &Read<'_>| -> Result<String, StoreError> {
        let all: Result<Vec<_>, StoreError> =
            read.ids()?.into_iter().map(|id| read.conversation(id)).collect();
        let hidden = all?.into_iter().flatten().map(|held| match held {
            Mirrored::Head(head) => serde_json::to_string(&head),
            Mirrored::Full(full) => {
                serde_json::to_string(&(&full.view, &full.lines, &full.notes, &full.coaching))
            }
        });
        Ok(hidden.map(|json| json.expect("is JSON")).collect())
    };
    store.read(&account, dump).expect("is read")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_message_goes_when_it_is_taken_back() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        crate::files::sends(&lucia, "image", "image/jpeg", &[7; 3_000]).await;
        let conversation = lucia.conversation().await;
        let is_stored = async || {
            let line = ana.lines(conversation).await.into_iter().next()?;
            line.file.and_then(baton_protocol::FileState::bytes).map(drop)
        };
        eventually("the file is stored", is_stored).await;
        assert_eq!(files(world), 1);
        let wamid = wamid_of(world, conversation).await;
        let revoked = lucia.customer.says(Inbound::Revoke { wamid }, Around::default()).await;
        lucia.acknowledged(&revoked.expect("a message")).await;
        eventually("its bytes are gone", async || (files(world) == 0).then_some(())).await;
        eventually("its row is gone", async || {
            kept_in(world, "file").await.is_empty().then_some(())
        })
        .await;
    })
    .await;
}

/// The id of Meta of the first line.
async fn wamid_of(world: &World, conversation: ConversationId) -> String {
    let sql =
        format!("SELECT wamid FROM message WHERE conversation = '{conversation}' AND seq = 1");
    rows(world, &sql).await.remove(0)
}

/// Files of customers that are kept, wherever they lie in the folder.
fn files(world: &World) -> usize {
    fn count(folder: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    count(&world.files())
}

async fn searches(world: &World, agent: &Agent) -> SearchPage {
    let token = Some(agent.signed.session.access_token.as_str());
    let path = format!("/api/v1/search?q={SECRET}");
    let answer = world.asks(Method::GET, &path, token, None).await;
    serde_json::from_str(&answer.text).expect("a page")
}

/// The tables that hold a text.
async fn kept(world: &World, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables(world).await {
        if table != RAW && kept_in(world, &table).await.contains(text) {
            found.push(table);
        }
    }
    found
}

async fn tables(world: &World) -> Vec<String> {
    let sql = match world.database.kind {
        "SQLite" => "SELECT name FROM sqlite_schema WHERE type = 'table'",
        _ => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
              WHERE table_schema = 'public'"
        }
    };
    rows(world, sql).await
}

/// All that a table holds, as text.
async fn kept_in(world: &World, table: &str) -> String {
    let sql = match world.database.kind {
        "SQLite" => format!("SELECT name FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
    };
    let columns = rows(world, &sql).await;
    let columns: Vec<_> =
        columns.iter().map(|name| format!("COALESCE(CAST(\"{name}\" AS TEXT), '')")).collect();
    rows(world, &format!("SELECT {} FROM {table}", columns.join(" || ' ' || "))).await.join("\n")
}

async fn rows(world: &World, sql: &str) -> Vec<String> {
    let mut tx = world.database.store.read().await.expect("a transaction");
    let rows: Vec<(String,)> = tx.rows_of(sql, &[]).await.expect("rows");
    tx.rollback().await.expect("its end");
    rows.into_iter().map(|(row,)| row).collect()
}
