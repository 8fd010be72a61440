//! Published webhooks, merged, split, permuted and mutated from a seed: nothing is lost.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::clock::ManualClock;

/// Where a word that a customer wrote must be found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// In its line, by the API.
    Line,
    /// Among what is kept, until a version knows its type.
    Kept,
    /// In its line, in quarantine, or among what is kept.
    Somewhere,
}

struct Mutator {
    random: Clock,
    changes: Vec<Value>,
    words: BTreeMap<String, Place>,
    count: usize,
}

/// Makes no sense to these, or is shown under another name.
const NO_WORDS: [&str; 7] =
    ["errors", "system", "referral", "context", "nfm_reply", "product_items", "contacts"];

impl Mutator {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.random.below(bound as u64)).unwrap()
    }

    /// Of `bound` times once.
    fn once_in(&self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn shuffle(&self, list: &mut [Value]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }

    /// Gives each text of a message a word of its own.
    fn speak(&mut self, of: &mut Value, place: Place) {
        let Some(members) = of.as_object_mut() else { return };
        for (name, value) in members {
            if NO_WORDS.contains(&name.as_str()) {
                continue;
            }
            if value.is_string() && matches!(name.as_str(), "body" | "caption" | "title") {
                self.count += 1;
                let word = format!("word{:06}", self.count);
                *value = json!(format!("{word} 😀 \"é\" \u{202e}<b>"));
                self.words.insert(word, place);
            } else {
                self.speak(value, place);
            }
        }
    }

    fn message(&mut self, message: &mut Value, from: &str) -> Place {
        self.count += 1;
        if message["type"] == "system" {
            return Place::Somewhere;
        }
        let is_of_group = message.get("group_id").is_some();
        message["from"] = json!(from);
        message.as_object_mut().unwrap().remove("from_user_id");
        message["id"] = json!(format!("wamid.M{}", self.count));
        let mut place = if is_of_group { Place::Somewhere } else { Place::Line };
        if self.once_in(4) {
            message["x_new"] = json!({"deep": [[[{"text": {"body": 7}}]]]});
        }
        match self.below(14) {
            0 => message["timestamp"] = json!(1_790_000_000),
            1 => message["timestamp"] = json!("a while ago"),
            2 => drop(message.as_object_mut().unwrap().remove("id")),
            3 => {
                message.as_object_mut().unwrap().remove("from");
                place = Place::Somewhere;
            }
            4 | 5 if message["type"] == "text" && place == Place::Line => {
                let said = message.as_object_mut().unwrap().remove("text").unwrap();
                message["hologram"] = said;
                message["type"] = json!("hologram");
                place = Place::Kept;
            }
            6 => {
                message["type"] = json!("gesture");
                place = Place::Somewhere;
            }
            _ => {}
        }
        self.speak(message, place);
        place
    }

    /// One published change, as another customer's.
    fn change(&mut self) -> Value {
        let mut change = self.changes[self.below(self.changes.len())].clone();
        if change["value"].get("metadata").is_some() {
            change["value"]["metadata"]["phone_number_id"] = json!("pn1");
        }
        let from = format!("346000{:05}", self.below(40));
        let Some(mut messages) = change["value"]["messages"].as_array().cloned() else {
            return change;
        };
        if change["field"] != "messages" {
            return change;
        }
        if self.once_in(5) {
            messages.extend(messages.clone());
        }
        for message in &mut messages {
            self.message(message, &from);
        }
        self.shuffle(&mut messages);
        change["value"]["messages"] = json!(messages);
        change["value"]["contacts"] = json!([{"wa_id": from, "profile": {"name": "Lucía"}}]);
        match self.below(12) {
            0 => drop(change["value"].as_object_mut().unwrap().remove("contacts")),
            1 => change["value"]["contacts"] = json!("nobody"),
            2 => change["value"]["statuses"] = json!([7, {"id": 7}]),
            _ => {}
        }
        change
    }

    fn post(&mut self) -> String {
        let mut entries = Vec::new();
        for _ in 0..=self.below(3) {
            let mut changes: Vec<Value> = (0..=self.below(3)).map(|_| self.change()).collect();
            self.shuffle(&mut changes);
            if self.once_in(20) {
                changes.push(json!({"field": "messages", "value": [1, null]}));
            }
            entries.push(json!({"changes": changes, "id": "1"}));
        }
        if self.once_in(20) {
            entries.push(json!("no entry"));
        }
        json!({"entry": entries, "object": "whatsapp_business_account"}).to_string()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests may be told where the fixtures lie")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// All changes of the published webhooks.
fn published() -> Vec<Value> {
    let root = told("BATON_FIXTURES")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures").into());
    let mut changes = vec![
        serde_json::from_str::<Value>(&place("wamid.0")).unwrap()["entry"][0]["changes"][0].clone(),
        serde_json::from_str::<Value>(&webhooks::message("wamid.0", "Hola")).unwrap()
            ["entry"][0]["changes"][0]
            .clone(),
        serde_json::from_str::<Value>(&call("wacid.0")).unwrap()["entry"][0]["changes"][0].clone(),
    ];
    let Ok(files) = std::fs::read_dir(PathBuf::from(&root).join("whatsapp/webhooks")) else {
        println!("SKIPPED the published webhooks: none in {root}");
        return changes;
    };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let body: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for entry in body["entry"].as_array().into_iter().flatten() {
            changes.extend(entry["changes"].as_array().into_iter().flatten().cloned());
        }
    }
    changes
}

/// As a version reads that knows one type more.
fn later(clock: &Clock, app: String, body: &[u8], at: Timestamp) -> HandlerResult<Post> {
    let body = String::from_utf8_lossy(body).replace("hologram", "text");
    post(clock, app, body.as_bytes(), at)
}

/// All that lines say, by the API.
async fn said(desk: &Desk) -> String {
    static ALL: Sql = Sql::new("SELECT id FROM conversation ORDER BY id");
    let ids: Vec<(String,)> = desk.parts.store.rows_alone(&ALL, &[]).await.unwrap();
    let mut all = String::new();
    for (id,) in ids {
        let mut path = format!("/api/v1/conversations/{id}/messages");
        loop {
            let page = desk.get(&desk.admin, &path).await.is(200, "").body;
            all.push_str(&page["lines"].to_string());
            let Some(before) = page["before"].as_u64() else { break };
            path = format!("/api/v1/conversations/{id}/messages?before={before}");
        }
    }
    all
}

async fn elements(desk: &Desk, sql: &'static Sql) -> String {
    let rows: Vec<(String,)> = desk.parts.store.rows_alone(sql, &[]).await.unwrap();
    rows.into_iter().map(|(element,)| element).collect::<Vec<_>>().join("\n")
}

/// Shared history begins conversations without a number.
static SEQS: Sql = Sql::new("SELECT id, last_seq FROM conversation WHERE last_seq > 0 ORDER BY id");
static ASIDE: Sql = Sql::new("SELECT element FROM quarantine");
static KEPT: Sql = Sql::new("SELECT element FROM not_understood");

#[tokio::test]
async fn nothing_that_customers_say_is_lost_however_posts_are_merged_split_and_mutated() {
    let count = told("BATON_MUTATED_POSTS").map_or(60, |text| text.parse().unwrap());
    for database in databases().await {
        let desk = Box::pin(desk(database, Clock::system())).await;
        let random = ManualClock::new(Timestamp::from_ms(0), 20_261_124).clock();
        let (changes, words) = (published(), BTreeMap::new());
        let mut mutator = Mutator { random, changes, words, count: 0 };
        for n in 0..count {
            let body = mutator.post();
            for _ in 0..=mutator.below(6) / 5 {
                let reply = sends(&desk, &body, Some(&sign(&body))).await;
                assert_eq!(reply.status, 200, "POST {n}: {reply:?} {body}");
            }
        }
        let lines = said(&desk).await;
        let (aside, kept) = (elements(&desk, &ASIDE).await, elements(&desk, &KEPT).await);
        let mut found = BTreeMap::<Place, usize>::new();
        for (word, place) in &mutator.words {
            let is_found = match place {
                Place::Line => lines.contains(word),
                Place::Kept => kept.contains(word) && !lines.contains(word),
                Place::Somewhere => [&lines, &aside, &kept].iter().any(|all| all.contains(word)),
            };
            assert!(is_found, "{word} is lost: {place:?}");
            *found.entry(*place).or_default() += 1;
        }
        let seqs: Vec<(String, i64)> = desk.parts.store.rows_alone(&SEQS, &[]).await.unwrap();
        let upgraded = Intake { read: later, ..operator(&desk) };
        let done = upgraded.replay().await.unwrap();
        let lines = said(&desk).await;
        for (word, _) in mutator.words.iter().filter(|(_, place)| **place == Place::Kept) {
            assert!(lines.contains(word), "{word} is not read anew");
        }
        let after: Vec<(String, i64)> = desk.parts.store.rows_alone(&SEQS, &[]).await.unwrap();
        assert_eq!(after, seqs, "no line moved, none came");
        let head = number(&desk, &HEAD).await;
        let again = upgraded.replay().await.unwrap();
        assert_eq!(again, Replayed { webhooks: 0, understood: 0, waits: done.waits });
        assert_eq!(number(&desk, &HEAD).await, head);
        println!("{count} POSTs, words {found:?}, {done:?}");
        desk.database.close().await;
    }
}
