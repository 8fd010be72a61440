//! Everybody around one conversation, acting at random: a customer, two agents on two devices
//! each, their lead, and the workers that send. What they do follows from dice and from what they
//! were shown.

use std::collections::BTreeMap;

use baton::engine::work::{Caller, ClaimAnswer, MessageAt, Post};
use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::inbound::{ElementBody, ProviderStatus, StatusUpdate};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Command, CommandResult, MessageError, MessageStatus, OpId, Seen, WorkspaceId,
};
use baton_world::bench::{Act, Bench, CommitterAnswer, Desk, device};

use super::view::View;
use baton_model::dice::Dice;
use baton_model::history::{Ask, History, Sent};

/// What a device shows, and what it did last.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    pub(super) agent: AgentId,
    pub(super) device: u128,
    /// How many lines it was shown, without a hole.
    pub(super) shown: usize,
    pub(super) last: Option<OpId>,
}

/// An attempt that a worker makes.
#[derive(Clone, Debug)]
struct Flight {
    at: MessageAt,
    claim: SendClaim,
    result: SendResult,
    wamid: Option<String>,
}

/// A customer, agents and workers who act at random.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) desk: Desk,
    pub(super) dice: Dice,
    pub(super) view: View,
    pub(super) history: History,
    pub(super) screens: Vec<Screen>,
    customer: String,
    posts: Vec<Post>,
    said: usize,
    claims: Vec<(MessageAt, SendClaim)>,
    flights: Vec<Flight>,
    landed: Vec<Flight>,
    pub(super) away: Vec<AgentId>,
}

impl Player {
    pub(super) fn new(desk: &Desk, seed: u64) -> Self {
        let two = desk.agents.iter().take(2);
        let mut screens: Vec<Screen> = two
            .flat_map(|agent| [0, 1].map(|device| (*agent, device)))
            .chain([(desk.lead, 0)])
            .map(|(agent, device)| Screen { agent, device, shown: 0, last: None })
            .collect();
        screens.shrink_to_fit();
        Self {
            desk: desk.clone(),
            dice: Dice::new(seed),
            view: View::default(),
            history: History::default(),
            screens,
            customer: format!("4915{seed:012}"),
            posts: Vec::new(),
            said: 0,
            claims: Vec::new(),
            flights: Vec::new(),
            landed: Vec::new(),
            away: Vec::new(),
        }
    }

    /// What somebody does next; nothing, when it is only that a screen is brought up to date.
    pub(super) fn draw(&mut self, bench: &Bench) -> Option<Act> {
        if self.view.conversation.is_none() {
            return Some(self.customer_writes(bench));
        }
        match self.dice.weighted(&[10, 32, 14, 26, 20, 6, 5, 2]) {
            0 => Some(self.customer_writes(bench)),
            1 => Some(self.somebody_wants(bench)),
            2 => {
                self.look();
                None
            }
            3 => self.worker_claims(bench),
            4 => self.worker_tells(),
            5 => self.again(),
            6 => self.ticks_come(bench),
            _ => self.worker_is_given_up(),
        }
    }

    /// Some time passes.
    pub(super) fn wait(&mut self, bench: &Bench) {
        let ms = match self.dice.weighted(&[55, 30, 10, 3, 2]) {
            0 => 5,
            1 => 400,
            2 => 4_000,
            3 => 31_000,
            _ => 62_000,
        };
        bench.manual.advance_ms(ms);
        if self.dice.below(1000) == 0 {
            bench.manual.advance_ms(11 * 60_000);
        }
    }

    /// Takes in what was published, and what was answered.
    pub(super) fn note(&mut self, bench: &Bench, act: &Act, answer: &CommitterAnswer) {
        match (act, answer) {
            (Act::Post(post), CommitterAnswer::Done) => self.note_post(post),
            (Act::Post(_), _) => self.history.had_faults = true,
            (Act::Command(caller, command), CommitterAnswer::Results(results)) => {
                self.note_results(caller.agent, Some(command), results);
            }
            (Act::Outcomes(_, agent, _), CommitterAnswer::Results(results)) => {
                self.note_results(*agent, None, results);
            }
            (Act::Claim(at, _), CommitterAnswer::Claim(ClaimAnswer::Go(claim))) => {
                self.take_off(bench, *at, *claim);
            }
            // It may have been committed all the same; each is of the next attempt, then.
            (Act::Claim(at, epoch), CommitterAnswer::Unavailable) => {
                let before = self.claims.iter().filter(|(of, _)| of.message == at.message);
                let attempt = before.map(|(_, claim)| claim.attempt).max().unwrap_or(0) + 1;
                self.claims.push((*at, SendClaim { attempt, epoch: *epoch }));
            }
            _ => {}
        }
    }

    /// Brings the view up to date.
    pub(super) fn follow(&mut self, bench: &Bench) {
        for batch in bench.published(self.desk.workspace, self.view.batches) {
            self.view.follow(&batch);
        }
    }

    fn note_post(&mut self, post: &Post) {
        for (element, fresh) in &post.elements {
            if let ElementBody::Message(message) = &element.body {
                let ids = self.history.posted.entry(message.wamid.clone()).or_default();
                ids.insert(fresh.message);
            }
        }
    }

    fn note_results(&mut self, by: AgentId, command: Option<&Command>, all: &[CommandResult]) {
        for result in all {
            let Some(op_id) = result.op_id else { continue };
            let command = command.cloned();
            let answer = result.outcome.clone();
            self.history.asks.push(Ask { by, command, op_id, answer });
        }
    }

    /// The first thing that is known of a conversation is the id it will have.
    fn customer_writes(&mut self, bench: &Bench) -> Act {
        let count = if self.dice.percent(80) { 1 } else { 2 };
        let wamids: Vec<String> = (0..count)
            .map(|_| {
                self.said += 1;
                format!("wamid.{}.{}", self.customer, self.said)
            })
            .collect();
        let lines: Vec<(&str, &str)> = wamids.iter().map(|id| (id.as_str(), "Hola")).collect();
        let post = bench.says(&self.desk, &self.customer, &lines);
        if self.view.conversation.is_none() {
            self.view.conversation = post.elements.first().map(|(_, fresh)| fresh.conversation);
        }
        self.posts.push(post.clone());
        Act::Post(post)
    }

    /// A screen shows some of the lines that it had not shown.
    fn look(&mut self) {
        let all = self.view.lines.len();
        let place = self.dice.below(self.screens.len());
        let more = all.saturating_sub(self.screens[place].shown);
        let up = if self.dice.percent(60) { more } else { self.dice.below(more + 1) };
        self.screens[place].shown += up;
    }

    /// A screen shows all there is, as most do when their agent begins to type.
    pub(super) fn catch_up(&mut self, place: usize) {
        self.screens[place].shown = self.view.lines.len();
    }

    /// What a screen had been shown.
    pub(super) fn seen(&self, place: usize) -> Seen {
        let last = self.screens[place].shown.checked_sub(1)?;
        self.view.lines.get(last).map(|shown| shown.line)
    }

    /// Something a sender does: claims a message that is queued, or was.
    fn worker_claims(&mut self, bench: &Bench) -> Option<Act> {
        let mut queued = self.view.in_status(&[MessageStatus::Queued]);
        if self.dice.percent(5) {
            queued = self.view.in_status(&[MessageStatus::Sending, MessageStatus::Held]);
        }
        let shown = *self.dice.one_of(&queued)?;
        let at = self.at(shown.line.seq, shown.line.id)?;
        Some(Act::Claim(at, bench.claim_epoch()))
    }

    fn at(&self, seq: u64, message: baton_protocol::MessageId) -> Option<MessageAt> {
        Some(MessageAt {
            workspace: self.desk.workspace,
            channel: self.desk.channel,
            conversation: self.view.conversation?,
            seq,
            message,
        })
    }

    /// The request leaves; whether it arrives is known to the customer, not always to us.
    fn take_off(&mut self, _: &Bench, at: MessageAt, claim: SendClaim) {
        let wamid = format!("wamid.out.{}.{}.{}", self.customer, at.seq, claim.attempt);
        let error = MessageError { code: 131_026, reason: "no".to_owned(), remedy: String::new() };
        let accepted = SendResult::Accepted { wamid: wamid.clone() };
        let (result, has_reached) = match self.dice.weighted(&[60, 12, 8, 12, 8]) {
            0 => (accepted, true),
            1 => (SendResult::Unknown, true),
            2 => (SendResult::Unknown, false),
            3 => (SendResult::Again, false),
            _ => (SendResult::Refused(error), false),
        };
        let sent = Sent { message: at.message, attempt: claim.attempt, has_reached };
        self.history.sent.push(sent);
        let wamid = has_reached.then_some(wamid);
        self.claims.push((at, claim));
        self.flights.push(Flight { at, claim, result, wamid });
    }

    fn worker_tells(&mut self) -> Option<Act> {
        if self.flights.is_empty() {
            return None;
        }
        let flight = self.flights.swap_remove(self.dice.below(self.flights.len()));
        self.landed.push(flight.clone());
        Some(Act::Result(flight.at, flight.claim, flight.result))
    }

    /// The claim that is thought dead may be an old one, and another one be alive by now.
    fn worker_is_given_up(&mut self) -> Option<Act> {
        let sending = self.view.in_status(&[MessageStatus::Sending]);
        let shown = *self.dice.one_of(&sending)?;
        let of_it = self.claims.iter().filter(|(at, _)| at.message == shown.line.id);
        let (at, claim) = *self.dice.one_of(&of_it.copied().collect::<Vec<_>>())?;
        Some(Act::Rescue(at, claim))
    }

    /// What was done before comes once more: a POST, a result, a command.
    fn again(&mut self) -> Option<Act> {
        match self.dice.below(6) {
            0 => Some(Act::Post(self.dice.one_of(&self.posts)?.clone())),
            1 => {
                let flight = self.dice.one_of(&self.landed)?.clone();
                Some(Act::Result(flight.at, flight.claim, flight.result))
            }
            _ => {
                let ask = self.dice.one_of(&self.history.asks)?.clone();
                let command = ask.command?;
                Some(Act::Command(self.caller_of(ask.by, 0), command))
            }
        }
    }

    fn ticks_come(&mut self, bench: &Bench) -> Option<Act> {
        let all: Vec<Flight> = self.flights.iter().chain(&self.landed).cloned().collect();
        let flight = self.dice.one_of(&all)?.clone();
        let status = match self.dice.below(4) {
            0 => ProviderStatus::Sent,
            1 => ProviderStatus::Delivered,
            2 => ProviderStatus::Read,
            _ => ProviderStatus::Failed,
        };
        let tag =
            format!("b1:{}:{}:{}", bench.store.epoch(), flight.at.message, flight.claim.attempt);
        let update = StatusUpdate {
            participant: None,
            wamid: flight.wamid?,
            status,
            at: bench.clock.now(),
            tag: self.dice.percent(50).then_some(tag),
            error: None,
        };
        Some(Act::Post(bench.ticks(&self.desk, update)))
    }

    pub(super) fn caller_of(&self, agent: AgentId, n: u128) -> Caller {
        Caller { workspace: self.desk.workspace, agent, device: device(agent, n) }
    }

    pub(super) fn workspace(&self) -> WorkspaceId {
        self.desk.workspace
    }

    /// Every command once more, each as it first got its final answer.
    pub(super) fn retries(&self) -> Vec<Act> {
        let mut first: BTreeMap<(AgentId, OpId), &Command> = BTreeMap::new();
        for ask in &self.history.asks {
            if let Some(command) = self.history.command(ask.by, ask.op_id) {
                first.insert((ask.by, ask.op_id), command);
            }
        }
        let again = |((by, _), command): ((AgentId, OpId), &Command)| {
            Act::Command(self.caller_of(by, 1), command.clone())
        };
        first.into_iter().map(again).collect()
    }

    /// Whether an answer says that the database was away.
    pub(super) fn is_unavailable(answer: &CommitterAnswer) -> bool {
        match answer {
            CommitterAnswer::Unavailable => true,
            CommitterAnswer::Results(results) => results.iter().any(|result| {
                matches!(&result.outcome, Outcome::Refused(refused)
                    if refused.refusal.code() == "unavailable")
            }),
            CommitterAnswer::Done | CommitterAnswer::Claim(_) => false,
        }
    }
}
