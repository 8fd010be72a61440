//! Acts of one customer: writes, reacts, reads, and looks at messages that arrived.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::inbound::{self, Around, Inbound};
use crate::state::knobs::StatusKind;
use crate::state::pace::NumberPace;
use crate::state::people::{self, Person};
use crate::state::shared::{Content, Element, Kind, Shared};
use crate::state::world::{Reached, Said, UpdateId, Written};
use crate::whatsapp::calls;
use crate::whatsapp::calls::accept::{self, Dues};
use crate::whatsapp::ids;
use crate::whatsapp::webhooks::payload;

/// A customer who writes to one of the business's numbers.
#[derive(Clone)]
pub struct Customer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: String,
    pub(crate) phone_number_id: String,
}

impl Customer {
    /// The same customer, writing to another of the business's numbers.
    #[must_use]
    pub fn on(&self, phone_number_id: &str) -> Self {
        Self { phone_number_id: phone_number_id.to_owned(), ..self.clone() }
    }

    /// The `wa_id`, or the `user_id` of a customer without a phone number.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.key
    }

    /// The person: number, user id and names of this customer.
    #[must_use]
    pub fn person(&self) -> Person {
        self.shared.world().people.get(&self.key).person.clone()
    }

    /// Writes a text; its webhook leaves by itself. Returns the message's id.
    pub async fn sends(&self, text: &str) -> String {
        self.writes(content("text", json!({"body": text}))).await
    }

    /// Quotes a message.
    pub async fn replies_to(&self, wamid: &str, text: &str) -> String {
        let mut message = content("text", json!({"body": text}));
        message.insert("context".to_owned(), self.context(wamid));
        self.writes(message).await
    }

    /// Reacts to a message; an empty emoji takes the reaction back.
    pub async fn reacts(&self, wamid: &str, emoji: &str) -> String {
        let reaction = json!({"message_id": wamid, "emoji": emoji});
        self.writes(content("reaction", reaction)).await
    }

    /// Sends a message of any type: an object with `type` and what belongs to it. `id`, `from`
    /// and `timestamp` are added, and replaced where the object has its own.
    ///
    /// # Errors
    /// When the object has no `type`.
    pub async fn sends_type(&self, message: Value) -> anyhow::Result<String> {
        let Value::Object(message) = message else { anyhow::bail!("a message is an object") };
        ensure!(message.get("type").is_some_and(Value::is_string), "a message has a type");
        Ok(self.writes(message).await)
    }

    /// Sends anything a customer can send.
    ///
    /// # Errors
    /// When it refers to a message, button or row that does not exist, or the file is none.
    pub async fn says(&self, inbound: Inbound, around: Around) -> anyhow::Result<String> {
        let mut message = inbound::compose(&self.shared, &self.phone_number_id, inbound)?;
        let context = message.get("context").and_then(|context| context.get("id")?.as_str());
        let quoted = around.replies_to.as_deref().or(context);
        let from = quoted.map_or(Value::Null, |wamid| self.author_of(wamid));
        inbound::surround(&mut message, &around, from);
        Ok(self.writes(message).await)
    }

    /// Moves to another phone number, which the platform tells by a system message. The customer
    /// gets another user id with it.
    pub async fn changes_number(&mut self, wa_id: &str) -> String {
        let (old, user_id) = (self.person(), people::user_id_of(wa_id, 0));
        let before = old.wa_id.clone().unwrap_or_default();
        let facts = json!({
            "body": format!("User {} changed from {before} to {wa_id}", old.name),
            "wa_id": wa_id,
            "user_id": user_id,
        });
        let message = inbound::system("user_changed_number", facts);
        let wamid = self.writes(message).await;
        self.key = self.shared.world().rename(&self.key, Some(wa_id.to_owned()), user_id);
        wamid
    }

    /// Gets another user id, which the platform tells by a system message.
    pub async fn changes_user_id(&mut self) -> String {
        let old = self.person();
        let nth = self.shared.world().people.get(&self.key).wrote + 1;
        let user_id = people::user_id_of(&self.key, nth);
        let mut facts = json!({
            "body": format!("User {} changed their user ID", old.name),
            "user_id": user_id,
        });
        crate::base::json::put_some(&mut facts, "previous_user_id", old.user_id.as_deref());
        let message = inbound::system("user_changed_user_id", facts);
        let wamid = self.writes(message).await;
        self.key = self.shared.world().rename(&self.key, None, user_id);
        wamid
    }

    /// Blocks the business, or takes it back: what is sent to them fails with 131026.
    pub fn blocks_business(&self, blocks: bool) {
        self.shared.world().people.get(&self.key).person.blocks_business = blocks;
    }

    /// Hears a voice message that reached them, which tells the status `played`.
    ///
    /// # Errors
    /// When no such message reached this customer.
    pub async fn plays(&self, wamid: &str) -> anyhow::Result<()> {
        let dues = {
            let mut world = self.shared.world();
            let track = world.tracks.get(wamid).filter(|track| track.person == self.key);
            ensure!(track.is_some(), "no such message reached them");
            accept::statuses(&self.shared, &mut world, wamid, &[StatusKind::Played], None)
        };
        calls::tell(&self.shared, dues).await;
        self.shared.changed();
        Ok(())
    }

    /// Reads a message that reached them, which tells the status `read`.
    ///
    /// # Errors
    /// When no such message reached this customer.
    pub async fn reads(&self, wamid: &str) -> anyhow::Result<()> {
        let dues = {
            let mut world = self.shared.world();
            let track = world.tracks.get(wamid).filter(|track| track.person == self.key);
            let index = track.map(|track| track.index).context("no such message reached them")?;
            let reached = world.reached.get(index).filter(|reached| reached.wamid == wamid);
            match reached {
                None => anyhow::bail!("the message failed and cannot be read"),
                Some(reached) if reached.read => Dues::none(),
                Some(_) => {
                    accept::statuses(&self.shared, &mut world, wamid, &[StatusKind::Read], None)
                }
            }
        };
        calls::tell(&self.shared, dues).await;
        self.shared.changed();
        Ok(())
    }

    /// Messages that reached this customer from the number they write to.
    #[must_use]
    pub fn received(&self) -> Vec<Reached> {
        let ids = self.ids();
        let world = self.shared.world();
        world.reached.iter().filter(|reached| self.is_mine(&ids, reached)).cloned().collect()
    }

    /// The bytes of the file that a message brought: none where it brought none.
    #[must_use]
    pub fn file(&self, reached: &Reached) -> Option<Vec<u8>> {
        let id = reached.body.get("id")?.as_str()?;
        let world = self.shared.world();
        Some(world.media.get(id, self.shared.clock.now_ms())?.bytes.to_vec())
    }

    /// Waits until a message that satisfies `accept` has reached this customer.
    ///
    /// # Errors
    /// When none has at the deadline.
    pub async fn receives(
        &self,
        mut accept: impl FnMut(&Reached) -> bool + Send,
        deadline: Duration,
    ) -> anyhow::Result<Reached> {
        let ids = self.ids();
        let mut seen = 0;
        let found = self.shared.wait(deadline, |world| {
            let fresh = world.reached.get(seen..).unwrap_or_default();
            seen = world.reached.len();
            fresh.iter().find(|one| self.is_mine(&ids, one) && accept(one)).cloned()
        });
        found.await.context("no such message reached the customer in time")
    }

    fn ids(&self) -> Vec<String> {
        let person = self.person();
        person.wa_id.into_iter().chain(person.user_id).collect()
    }

    fn is_mine(&self, ids: &[String], reached: &Reached) -> bool {
        ids.contains(&reached.to) && reached.phone_number_id == self.phone_number_id
    }

    fn context(&self, wamid: &str) -> Value {
        json!({"from": self.author_of(wamid), "id": wamid})
    }

    /// The author of a message: this or another customer, else the business.
    fn author_of(&self, wamid: &str) -> Value {
        let number = self.shared.number(&self.phone_number_id);
        let business = number.map(|number| number.display_phone_number.clone());
        let world = self.shared.world();
        let said = world.said.get(wamid).filter(|said| said.is_inbound);
        json!(said.map(|said| said.person.clone()).or(business))
    }

    async fn writes(&self, message: Map<String, Value>) -> String {
        let shared = &self.shared;
        let now_ms = shared.clock.now_ms();
        let (wamid, element, delay) = {
            let mut world = shared.world();
            let knobs = Arc::clone(&world.knobs);
            let known = world.people.get(&self.key);
            known.wrote += 1;
            let person = known.person.clone();
            let wamid =
                ids::inbound_wamid(shared.seeds, &self.phone_number_id, &self.key, known.wrote);
            let group_id = message.get("group_id").and_then(Value::as_str);
            let conversation = group_id.unwrap_or(&self.key).to_owned();
            let said = Said {
                person: self.key.clone(),
                phone_number_id: self.phone_number_id.clone(),
                group_id: group_id.map(str::to_owned),
                at_ms: now_ms,
                is_inbound: true,
                is_revoked: false,
            };
            let is_system = message.get("type").is_some_and(|kind| kind == "system");
            if !is_system {
                world.windows.insert((self.phone_number_id.clone(), conversation), now_ms);
            }
            world.said.insert(wamid.clone(), said);
            world.note_written(Written {
                order: 0,
                at_ms: now_ms,
                from: person.clone(),
                phone_number_id: self.phone_number_id.clone(),
                wamid: wamid.clone(),
                message: Value::Object(message.clone()),
            });
            if message.get("type").is_some_and(|kind| kind != "text") {
                world.sent.insert(wamid.clone(), Value::Object(message.clone()));
            }
            if world.accounts.has_blocked(&self.phone_number_id, &self.key) {
                return wamid;
            }
            let pace = world.numbers.entry(self.phone_number_id.clone());
            pace.or_insert_with(|| NumberPace::full(knobs.mps, now_ms))
                .count_inbound(knobs.mps, now_ms);
            let element = Element {
                number: shared.number(&self.phone_number_id).cloned().unwrap_or_default(),
                kind: Kind::Messages,
                contact: (!is_system).then(|| payload::contact(&person, true)),
                value: payload::message(&person, &wamid, now_ms, &message),
            };
            let delay = shared.seeds.delay(knobs.webhook_delay, "webhook", &wamid, 0);
            (wamid, element, delay)
        };
        let id = UpdateId { id: wamid.clone(), status: None };
        let content = Content::Element(Box::new(element));
        shared.enqueue(id, content, &self.key, Instant::now() + delay).await;
        wamid
    }
}

fn content(kind: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!(kind)), (kind.to_owned(), value)])
}
