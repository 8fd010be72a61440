//! Content that the phone app on the same number shares: echoes, history, contacts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::events::{self, Event};
use crate::base::json::{put, put_some};
use crate::state::config::Number;
use crate::state::people::Person;
use crate::state::shared::Shared;
use crate::state::world::{Said, World};
use crate::whatsapp::customers::inbound::{self, InboundMedia};
use crate::whatsapp::ids;

/// Something the phone app on the same number does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AppEvent {
    /// The phone app sent a message to a customer.
    Echo {
        /// The customer it went to.
        to: Person,
        /// Type and the object of that type, as the platform writes it; also `edit` and `revoke`.
        message: Value,
    },
    /// A chunk of the history that the phone app shares.
    History {
        /// 0 for the last day, 1 for 90 days, 2 for what is older.
        phase: u32,
        /// The chunk's place.
        chunk_order: u32,
        /// Percent.
        progress: u32,
        /// Conversations with their messages, as the platform writes them.
        threads: Vec<Value>,
    },
    /// A file of the history, sent after its placeholder.
    HistoryFile {
        /// The message, as the platform writes it.
        message: Value,
        /// The file, which the platform has from then on; else the message names one itself.
        #[serde(default)]
        file: Option<InboundMedia>,
    },
    /// The phone app shares no history.
    HistoryDeclined,
    /// The phone app's contact book changed.
    Contact {
        /// The contact.
        person: Person,
        /// Added or changed; removed otherwise.
        is_added: bool,
    },
}

/// Lets it happen; returns what is told of it.
pub(super) fn happen(shared: &Shared, number: &Number, event: AppEvent) -> anyhow::Result<Event> {
    let now_s = shared.clock.now_ms().div_euclid(1_000);
    Ok(match event {
        AppEvent::Echo { to, message } => {
            let mut world = shared.world();
            let key = world.meet(to);
            let known = world.people.get(&key);
            known.got += 1;
            let (person, nth) = (known.person.clone(), known.got);
            let wamid = ids::outbound_wamid(shared.seeds, &number.phone_number_id, &key, nth);
            note(&mut world, number, (&key, &wamid), shared.clock.now_ms());
            drop(world);
            let mut echo = json!({
                "from": number.display_phone_number, "id": wamid, "timestamp": now_s.to_string(),
            });
            put_some(&mut echo, "to", person.wa_id.as_deref());
            put_some(&mut echo, "to_user_id", person.user_id.as_deref());
            for (key, value) in message.as_object().into_iter().flatten() {
                put(&mut echo, key, value.clone());
            }
            let facts = json!({"message_echoes": vec![echo]});
            events::of_number(number, "smb_message_echoes", facts)
        }
        AppEvent::History { phase, chunk_order, progress, threads } => {
            let mut world = shared.world();
            for thread in &threads {
                let Some(with) = thread.get("id").and_then(Value::as_str) else { continue };
                let person = Person { wa_id: Some(with.to_owned()), ..Person::default() };
                let key = world.meet(person);
                let messages = thread.get("messages").and_then(Value::as_array);
                for id in messages.into_iter().flatten().filter_map(|one| one.get("id")?.as_str()) {
                    note(&mut world, number, (&key, id), shared.clock.now_ms());
                }
            }
            drop(world);
            let metadata =
                json!({"phase": phase, "chunk_order": chunk_order, "progress": progress});
            let chunk = json!({"metadata": metadata, "threads": threads});
            events::of_number(number, "history", json!({"history": vec![chunk]}))
        }
        AppEvent::HistoryFile { mut message, file } => {
            if let Some(file) = file {
                for (key, part) in inbound::file(shared, &number.phone_number_id, file)? {
                    put(&mut message, &key, part);
                }
            }
            events::of_number(number, "history", json!({"messages": vec![message]}))
        }
        AppEvent::Contact { person, is_added } => {
            let mut contact = json!({
                "full_name": person.name,
                "first_name": person.name.split(' ').next().unwrap_or_default(),
            });
            put_some(&mut contact, "phone_number", person.wa_id.as_deref());
            let sync = json!({
                "type": "contact", "contact": contact,
                "action": if is_added { "add" } else { "remove" },
                "metadata": {"timestamp": now_s.to_string()},
            });
            events::of_number(number, "smb_app_state_sync", json!({"state_sync": vec![sync]}))
        }
        AppEvent::HistoryDeclined => {
            let title = "History sync is turned off by the business from the WhatsApp Business App";
            let error = json!({
                "code": 2_593_109, "title": title, "message": title,
                "error_data": {"details": "History sharing is turned off by the business"},
            });
            let declined = json!({"errors": vec![error]});
            events::of_number(number, "history", json!({"history": vec![declined]}))
        }
    })
}

/// Remembers what the phone app sent or shares, so that it can be quoted.
fn note(world: &mut World, number: &Number, (key, wamid): (&str, &str), now_ms: i64) {
    let said = Said {
        person: key.to_owned(),
        phone_number_id: number.phone_number_id.clone(),
        group_id: None,
        at_ms: now_ms,
        is_inbound: false,
        is_revoked: false,
    };
    world.said.insert(wamid.to_owned(), said);
}
