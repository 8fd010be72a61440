//! The worker that sends, and WhatsApp behind it.

use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::inbound::{ElementBody, ProviderStatus, StatusUpdate};
use baton_domain::fact::tag::Tag;
use baton_domain::group::{ClaimAnswer, ClaimWork, MessageAt, RescueWork, ResultWork, Work};
use baton_model::history::Sent;
use baton_model::server::{CHANNEL, WORKSPACE};
use baton_protocol::{MessageError, MessageStatus, NodeId};
use uuid::Uuid;

use super::world::{ReplyTo, World};

/// An attempt that was made.
#[derive(Clone, Debug)]
struct Flight {
    at: MessageAt,
    claim: SendClaim,
    result: SendResult,
    /// Meta's id, if WhatsApp has the message.
    wamid: Option<String>,
}

/// The worker that sends.
#[derive(Debug, Default)]
pub(super) struct Sender {
    /// Attempts whose end was not told so far.
    flights: Vec<Flight>,
    landed: Vec<Flight>,
    claims: u64,
}

impl Sender {
    /// The process dies: nobody tells how its attempts ended.
    pub(super) fn is_killed(&mut self) {
        self.landed.append(&mut self.flights);
    }
}

impl World {
    pub(super) fn sender_works(&mut self) {
        match self.dice.weighted(&[50, 30, 14, 3, 3]) {
            0 => {
                let queued = self.in_status(MessageStatus::Queued);
                if let Some(at) = self.dice.one_of(&queued).copied() {
                    self.claims(at);
                }
            }
            1 => self.attempt_ends(),
            2 => self.status_comes(),
            3 => self.result_again(),
            _ => {
                let sending = self.in_status(MessageStatus::Sending);
                if let Some(at) = self.dice.one_of(&sending).copied() {
                    self.rescues(at);
                }
            }
        }
    }

    /// Messages that stand there, by conversation and seq.
    pub(super) fn in_status(&self, status: MessageStatus) -> Vec<MessageAt> {
        let lines = &self.server.state().lines;
        let all = self.server.conversations().flat_map(|conversation| {
            let of = conversation.head.id;
            lines.above(of, 0).map(move |facts| (of, facts))
        });
        let there = all.filter(|(_, facts)| facts.status == Some(status));
        let at = |(conversation, facts): (_, &baton_domain::context::LineFacts)| MessageAt {
            workspace: WORKSPACE,
            channel: CHANNEL,
            conversation,
            seq: facts.line.seq,
            message: facts.line.id,
        };
        there.map(at).collect()
    }

    pub(super) fn claims(&mut self, at: MessageAt) {
        self.sender.claims += 1;
        let (claim_epoch, node) = (self.sender.claims, NodeId(Uuid::from_u128(0xF0)));
        let work = Work::Claim(ClaimWork { at, claim_epoch, node });
        self.queue.push_back((work, ReplyTo::Sender));
    }

    /// The claim was decided: where it says go, the request leaves.
    pub(super) fn sender_is_answered(&mut self, at: MessageAt, answer: ClaimAnswer) {
        let ClaimAnswer::Go(claim) = answer else { return };
        let attempt = claim.attempt;
        let wamid = format!("wamid.out.{}.{attempt}", at.message.0);
        let error = MessageError { code: 131_026, reason: "no".to_owned(), remedy: String::new() };
        let (result, has_reached) = match self.dice.weighted(&[64, 10, 8, 10, 8]) {
            0 => (SendResult::Accepted { wamid: wamid.clone() }, true),
            1 => (SendResult::Unknown, true),
            2 => (SendResult::Unknown, false),
            3 => (SendResult::Again, false),
            _ => (SendResult::Refused(error), false),
        };
        let sent = Sent { message: at.message, attempt, has_reached };
        self.histories.entry(at.conversation).or_default().sent.push(sent);
        let wamid = has_reached.then_some(wamid);
        self.sender.flights.push(Flight { at, claim, result, wamid });
    }

    /// An attempt ends and is told.
    pub(super) fn attempt_ends(&mut self) {
        if self.sender.flights.is_empty() {
            return;
        }
        let place = self.dice.below(self.sender.flights.len());
        let flight = self.sender.flights.swap_remove(place);
        self.tells_result(&flight);
        self.sender.landed.push(flight);
    }

    pub(super) fn sender_has_flights(&self) -> bool {
        !self.sender.flights.is_empty()
    }

    /// Whether somebody still makes an attempt at this message.
    pub(super) fn is_under_way(&self, message: baton_protocol::MessageId) -> bool {
        self.sender.flights.iter().any(|flight| flight.at.message == message)
    }

    fn result_again(&mut self) {
        if let Some(flight) = self.dice.one_of(&self.sender.landed).cloned() {
            self.tells_result(&flight);
        }
    }

    fn tells_result(&mut self, flight: &Flight) {
        let Flight { at, claim, result, .. } = flight.clone();
        let work = ResultWork { at, claim, result, due_at: None };
        self.queue.push_back((Work::Result(work), ReplyTo::Sender));
    }

    /// The claim that a message stands under is thought dead, rightly or not.
    pub(super) fn rescues(&mut self, at: MessageAt) {
        let Some(facts) = self.server.state().lines.find(at.conversation, at.message) else {
            return;
        };
        let work = Work::Rescue(RescueWork { at, claim: facts.claim() });
        self.queue.push_back((work, ReplyTo::Nobody));
        self.meets("a rescue");
    }

    /// WhatsApp says how far a message got; late, early or more than once.
    fn status_comes(&mut self) {
        let all = self.sender.flights.iter().chain(&self.sender.landed);
        let reached: Vec<Flight> = all.filter(|one| one.wamid.is_some()).cloned().collect();
        let Some(flight) = self.dice.one_of(&reached).cloned() else { return };
        let status = match self.dice.below(4) {
            0 => ProviderStatus::Sent,
            1 => ProviderStatus::Delivered,
            2 => ProviderStatus::Read,
            _ => ProviderStatus::Failed,
        };
        let tag = Tag {
            epoch: self.server.epoch,
            message: flight.at.message,
            attempt: flight.claim.attempt,
        };
        let error = MessageError { code: 131_026, reason: "no".to_owned(), remedy: String::new() };
        let update = StatusUpdate {
            participant: None,
            wamid: flight.wamid.unwrap_or_default(),
            status,
            at: self.server.now,
            tag: self.dice.percent(70).then(|| tag.to_string()),
            error: (status == ProviderStatus::Failed).then_some(error),
        };
        let post = self.server.post([ElementBody::Status(update)]);
        self.queue.push_back((post, ReplyTo::Meta));
    }
}
