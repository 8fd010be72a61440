//! What must hold when the faults have stopped. The promises of answering hold for each
//! conversation, with one owner and true loads. Every phone is as one that never left. Nothing that
//! an agent wrote is lost or doubled.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::predicates::is_load;
use baton_domain::see::mirror::Lists;
use baton_mobile::link::State;
use baton_mobile::outbox::ActStage;
use baton_model::promises::check;
use baton_model::server::WORKSPACE;
use baton_protocol::event::EventContent;
use baton_protocol::{AgentId, Conversation, ConversationId, Fact, MessageStatus};

use super::acts::text;
use super::world::World;

/// How much time may pass until everything has come to rest.
const REST_WITHIN_S: u64 = 1_200;

impl World {
    /// Faults stop. Returns what does not come to rest in time.
    pub(super) fn heals(&mut self) -> Result<(), String> {
        self.is_faulty = false;
        for p in 0..self.phones.len() {
            let phone = &mut self.phones[p];
            (phone.death, phone.is_store_slow, phone.ahead_ms) = (None, false, 0);
            phone.disk.fails_after = None;
            let now = self.clock();
            self.phones[p].store_takes_all(now);
            self.goes_on(p);
            self.network_of(p, true);
            self.looks(p, true);
        }
        for _ in 0..REST_WITHIN_S {
            self.network_delivers();
            for at in self.in_status(MessageStatus::Sending) {
                if !self.is_under_way(at.message) {
                    self.rescues(at);
                }
            }
            while self.sender_has_flights() {
                self.attempt_ends();
            }
            self.in_status(MessageStatus::Queued).into_iter().for_each(|at| self.claims(at));
            while !self.queue.is_empty() {
                self.commits();
            }
            self.gateway_tells();
            self.network_delivers();
            match self.unrest() {
                None => return Ok(()),
                Some(_) => self.passes(Duration::from_secs(1)),
            }
        }
        Err(format!("not at rest after {REST_WITHIN_S} s: {:?}", self.unrest()))
    }

    fn unrest(&self) -> Option<String> {
        for (p, phone) in self.phones.iter().enumerate() {
            if phone.link.state() != State::Live {
                return Some(format!("phone {p} is {:?}", phone.link.state()));
            }
            if !phone.outbox.is_settled() {
                return Some(format!("phone {p} has {:?}", phone.outbox.echoes()));
            }
            if phone.link.mirror().cursor != Some(self.server.cursor()) {
                return Some(format!("phone {p} is behind"));
            }
            // A read that failed is tried again later, and until then nothing is on its way.
            let due = phone.link.mirror().progress().lists;
            if due != Lists::default() {
                return Some(format!("phone {p} has yet to read {due:?}"));
            }
        }
        let under_way = [MessageStatus::Queued, MessageStatus::Sending];
        let left = under_way.iter().flat_map(|status| self.in_status(*status)).next();
        if let Some(at) = left {
            return Some(format!("{at:?} does not leave"));
        }
        (!self.network.is_empty() || !self.queue.is_empty()).then(|| "on its way".to_owned())
    }

    /// What is wrong, if anything is.
    pub(super) fn faults(&mut self) -> Vec<String> {
        let mut faults = self.promises();
        faults.extend(self.folded());
        for phone in &self.phones {
            faults.extend(self.server.difference(phone.agent, &phone.disk.conversations));
            if !self.server.are_agents(&phone.disk.agents) {
                faults.push(format!("{:?} are other agents", phone.disk.agents));
            }
            let (kept, fresh) = (phone.disk.settings.all(), self.server.settings_of(phone.agent));
            if kept != fresh {
                faults.push(format!("it keeps the settings {kept:?}, not {fresh:?}"));
            }
            if phone.disk.progress != phone.link.mirror().progress() {
                faults.push("how far it came was not stored".to_owned());
            }
        }
        faults.extend(self.words());
        faults
    }

    fn promises(&mut self) -> Vec<String> {
        let mut faults = Vec::new();
        let log = &self.server.log;
        for (of, history) in &mut self.histories {
            let events = log.iter().map(|logged| &logged.event);
            history.events =
                events.filter(|event| event.conversation_id == Some(*of)).cloned().collect();
            history.commits.clone_from(&self.server.commits);
            let broken = check(history).into_iter();
            faults.extend(broken.map(|fault| format!("{:?}: {}", fault.rule, fault.what)));
        }
        faults
    }

    /// The state is what the log makes; owners and loads are true; only who said so explicitly
    /// assigned above capacity.
    fn folded(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut all: BTreeMap<ConversationId, Conversation> = BTreeMap::new();
        let people = &self.server.state().people[&WORKSPACE];
        for logged in &self.server.log {
            let event = &logged.event;
            let Some(of) = event.conversation_id else { continue };
            match all.get_mut(&of) {
                Some(conversation) => apply(conversation, event),
                None => drop(begin(of, event).map(|begun| all.insert(of, begun))),
            }
            if let Fact::OwnerChanged { owner, exceeded_capacity: false, .. } = &event.fact
                && let Some(agent) = owner.agent()
                && let Some(capacity) = people.agents.get(&agent).and_then(|facts| facts.capacity)
                && load(&all, agent) > capacity
            {
                faults.push(format!("above capacity: {event:?}"));
            }
        }
        for conversation in self.server.conversations() {
            if all.get(&conversation.head.id) != Some(conversation) {
                faults.push(format!("not what the log makes: {conversation:?}"));
            }
        }
        for facts in people.agents.values() {
            if facts.load != load(&all, facts.id) {
                faults.push(format!("the load of {facts:?} is {}", load(&all, facts.id)));
            }
        }
        faults
    }

    /// Each text that an agent wrote is at the server once, or before its author, or was let go of.
    fn words(&self) -> Vec<String> {
        let said: Vec<&String> = self
            .server
            .log
            .iter()
            .filter_map(|logged| match &logged.event.content {
                Some(EventContent::Line(content)) => content.text.as_ref(),
                Some(EventContent::Note { text, .. }) => text.as_ref(),
                _ => None,
            })
            .collect();
        let mut faults = Vec::new();
        for wrote in &self.wrote {
            let there = said.iter().filter(|said| said.starts_with(&wrote.text)).count();
            let echoes = self.phones[wrote.phone].outbox.echoes();
            let is_review = echoes.iter().any(|echo| {
                echo.stage != ActStage::Acknowledged
                    && text(&echo.body).is_some_and(|text| text.starts_with(&wrote.text))
            });
            match (there, is_review, wrote.is_discarded) {
                (1, false, _) | (0, true, false) | (0, false, true) => {}
                (there, ..) => faults.push(format!(
                    "{wrote:?} is at the server {there} times, waiting for its author: {is_review}"
                )),
            }
        }
        faults
    }
}

fn load(all: &BTreeMap<ConversationId, Conversation>, agent: AgentId) -> u32 {
    let owned = all.values().filter(|conversation| {
        conversation.head.owner.agent() == Some(agent) && is_load(conversation.head.status)
    });
    u32::try_from(owned.count()).expect("fits")
}
