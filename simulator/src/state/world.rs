//! Everything the simulator remembers, behind one lock that is held for microseconds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::state::accounts::Accounts;
use crate::state::faults::FaultState;
use crate::state::groups::Groups;
use crate::state::knobs::{Knobs, StatusKind};
use crate::state::media::Media;
use crate::state::pace::{NumberPace, PairPace};
use crate::state::people::{People, Person};
use crate::state::push::providers::Providers;
use crate::state::push::service::Service;
use crate::state::templates::Templates;

/// A message that reached a customer, whether or not its sender learnt of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reached {
    /// Its place in the order of acceptance, from 0.
    pub order: u64,
    /// The simulator's time of acceptance.
    pub at_ms: i64,
    /// The number it was sent from.
    pub phone_number_id: String,
    /// The customer's `wa_id`, or `user_id` where they were addressed by it.
    pub to: String,
    /// Its id.
    pub wamid: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The object of its type, as sent.
    pub body: Value,
    /// The message it quotes.
    pub context: Option<String>,
    /// The tag its sender gave it.
    pub biz_opaque_callback_data: Option<String>,
    /// Whether the send was answered with the id; false for lost answers.
    pub answered: bool,
    /// Whether the customer has read it.
    pub read: bool,
}

impl Reached {
    /// The text of a text message.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.body.get("body").and_then(Value::as_str).filter(|_| self.kind == "text")
    }
}

/// A message that a customer wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Written {
    /// Its place in the order of writing, from 0.
    pub order: u64,
    /// The simulator's time of writing.
    pub at_ms: i64,
    /// The author.
    pub from: Person,
    /// The number it was written to.
    pub phone_number_id: String,
    /// Its id.
    pub wamid: String,
    /// Its type, and the object of that type.
    pub message: Value,
}

impl Written {
    /// The number of messages that are remembered.
    pub const MAX: usize = 1_000;
}

/// A call by which the business marked a customer's message read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// The customer's message.
    pub wamid: String,
    /// Whether a typing indicator was shown.
    pub typing: bool,
    /// The simulator's time of the call.
    pub at_ms: i64,
}

/// One update that a webhook carried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UpdateId {
    /// The wamid of the message, or the name given to a raw body.
    pub id: String,
    /// The status told of it; none for a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusKind>,
}

/// A webhook that was answered with 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// Its place in the order of acknowledgements, from 0.
    pub order: u64,
    /// The simulator's time of the 200.
    pub at_ms: i64,
    /// The number of POSTs until then.
    pub attempts: u32,
    /// The updates that it carried.
    pub updates: Vec<UpdateId>,
}

/// Where a message stands that a customer wrote, or the phone app of the number.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The author, or the receiver where the phone app wrote.
    pub(crate) person: String,
    pub(crate) phone_number_id: String,
    pub(crate) group_id: Option<String>,
    pub(crate) at_ms: i64,
    /// The customer wrote it, not the phone app.
    pub(crate) is_inbound: bool,
    /// The customer took it back.
    pub(crate) is_revoked: bool,
}

/// Facts needed to report statuses of a message that reached a customer.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) phone_number_id: String,
    pub(crate) person: String,
    pub(crate) by_user_id: bool,
    pub(crate) category: String,
    /// The group it was sent to.
    pub(crate) group_id: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) last_due: Instant,
    pub(crate) index: usize,
}

/// Everything the simulator remembers.
pub(crate) struct World {
    /// Rises with each reset; updates of an older generation are dropped.
    pub(crate) generation: u64,
    pub(crate) knobs: Arc<Knobs>,
    pub(crate) faults: FaultState,
    pub(crate) people: People,
    /// The last message of each customer to each number.
    pub(crate) windows: BTreeMap<(String, String), i64>,
    pub(crate) pairs: BTreeMap<(String, String), PairPace>,
    pub(crate) numbers: BTreeMap<String, NumberPace>,
    /// Messages of customers and of the phone app, by id.
    pub(crate) said: BTreeMap<String, Said>,
    /// The newest messages of customers.
    pub(crate) written: VecDeque<Written>,
    pub(crate) marked: Vec<Marked>,
    pub(crate) reached: Vec<Reached>,
    pub(crate) tracks: BTreeMap<String, Track>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) acknowledged_ids: BTreeSet<UpdateId>,
    pub(crate) given_up: Vec<UpdateId>,
    pub(crate) push: Service,
    pub(crate) providers: Providers,
    pub(crate) accounts: Accounts,
    pub(crate) media: Media,
    pub(crate) templates: Templates,
    pub(crate) groups: Groups,
    /// Messages of customers that are no text, by id: type and the object of that type.
    pub(crate) sent: BTreeMap<String, Value>,
}

impl World {
    pub(crate) fn new(knobs: Knobs, generation: u64) -> Self {
        Self {
            generation,
            faults: FaultState::new(&knobs.faults),
            knobs: Arc::new(knobs),
            people: People::default(),
            windows: BTreeMap::new(),
            pairs: BTreeMap::new(),
            numbers: BTreeMap::new(),
            said: BTreeMap::new(),
            written: VecDeque::new(),
            marked: Vec::new(),
            reached: Vec::new(),
            tracks: BTreeMap::new(),
            acknowledged: Vec::new(),
            acknowledged_ids: BTreeSet::new(),
            given_up: Vec::new(),
            push: Service::default(),
            providers: Providers::default(),
            accounts: Accounts::default(),
            media: Media::default(),
            templates: Templates::default(),
            groups: Groups::default(),
            sent: BTreeMap::new(),
        }
    }

    pub(crate) fn set_knobs(&mut self, knobs: Knobs) {
        self.faults = FaultState::new(&knobs.faults);
        self.knobs = Arc::new(knobs);
    }

    /// The key of a customer, who becomes known if they were not.
    pub(crate) fn meet(&mut self, person: Person) -> String {
        let gives_user_ids = self.knobs.user_ids;
        self.people.meet(person, gives_user_ids)
    }

    /// Remembers what a customer wrote, and forgets the oldest beyond [`Written::MAX`].
    pub(crate) fn note_written(&mut self, mut written: Written) {
        written.order = self.written.back().map_or(0, |last| last.order + 1);
        if self.written.len() == Written::MAX {
            self.written.pop_front();
        }
        self.written.push_back(written);
    }

    /// Gives a customer another number or user id; what was open for them stays open.
    pub(crate) fn rename(&mut self, old: &str, wa_id: Option<String>, user_id: String) -> String {
        let key = self.people.change(old, wa_id, user_id);
        let windows = std::mem::take(&mut self.windows);
        let renamed = |who: String| if who == old { key.clone() } else { who };
        self.windows =
            windows.into_iter().map(|((id, who), at_ms)| ((id, renamed(who)), at_ms)).collect();
        let said = self.said.values_mut().map(|one| &mut one.person);
        let sent = self.tracks.values_mut().map(|one| &mut one.person);
        said.chain(sent).filter(|who| *who == old).for_each(|who| key.clone_into(who));
        key
    }

    /// Whether a message is one of the conversation with this person or group.
    pub(crate) fn is_of(&self, phone_number_id: &str, who: &str, wamid: &str) -> bool {
        let said = self.said.get(wamid).is_some_and(|one| {
            one.phone_number_id == phone_number_id
                && one.group_id.as_ref().unwrap_or(&one.person) == who
        });
        let is_sent = |one: &Track| one.phone_number_id == phone_number_id && one.person == who;
        said || (self.tracks.get(wamid).is_some_and(is_sent) && self.reached_as(wamid).is_some())
    }

    /// Whether a message is itself a reaction.
    pub(crate) fn is_reaction(&self, wamid: &str) -> bool {
        let by_customer =
            self.sent.get(wamid).is_some_and(|message| message.get("reaction").is_some());
        by_customer || self.reached_as(wamid).is_some_and(|one| one.kind == "reaction")
    }

    /// The message that reached a customer under this id; a send that failed has one, and reached
    /// nobody.
    fn reached_as(&self, wamid: &str) -> Option<&Reached> {
        let one = self.reached.get(self.tracks.get(wamid)?.index)?;
        (one.wamid == wamid).then_some(one)
    }
}
