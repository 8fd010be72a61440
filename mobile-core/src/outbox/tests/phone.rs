//! A phone around an outbox. It has a store that takes one batch at a time, a network that does
//! what it is told, and a power button.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use baton_model::Server;
use baton_model::server::WORKSPACE;
use baton_model::team::{ANA, BEN, DESK, talk};
use baton_protocol::command::{Claim, MarkRead, NoteText, Reply};
use baton_protocol::frame::ComposeAction;
use baton_protocol::{
    Command, CommandBody, CommandResult, ConversationId, Cursor, DeviceId, Epoch, OpId, Seen,
    Timestamp,
};

use crate::outbox::{
    ActStage, Change, Choice, ChoiceRefused, Echo, EnqueueRefused, Enqueued, Failure, Item, Kind,
    Now, Outbox, OutboxAction, OutboxOwner, RetryCause, Settings, Tap, UploadStep, Write,
};
use uuid::Uuid;

const PHONE: DeviceId = DeviceId(Uuid::from_u128(0xD1));

pub(super) const fn whose() -> OutboxOwner {
    OutboxOwner { workspace: WORKSPACE, agent: ANA, device: PHONE }
}

/// What is on its way to the server.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Commands(Vec<Command>),
    Outcomes(Vec<OpId>),
}

/// A request, or a copy of one, somewhere in the network.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: u64,
    /// In which life of the phone it was made: later ones do not know it.
    pub(super) life: u32,
    pub(super) ask: Ask,
}

/// An answer on its way back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) id: u64,
    pub(super) life: u32,
    pub(super) results: Vec<CommandResult>,
}

/// An outbox with a store, a network and a server.
pub(super) struct Phone {
    pub(super) outbox: Outbox,
    pub(super) server: Server,
    pub(super) store: BTreeMap<OpId, Vec<u8>>,
    /// Batches that the store was given and has not taken.
    pub(super) writing: VecDeque<(u64, Vec<Write>)>,
    /// Batches that the store has taken and not said so.
    pub(super) taken: VecDeque<u64>,
    pub(super) requests: Vec<Request>,
    pub(super) answers: Vec<Answer>,
    pub(super) told: Vec<Change>,
    /// Steps of uploads that are under way.
    pub(super) steps: Vec<(u64, UploadStep)>,
    /// Files that are not needed any more.
    pub(super) dropped: Vec<Uuid>,
    pub(super) sign_ins: usize,
    pub(super) life: u32,
    pub(super) mono: Duration,
    pub(super) epoch: Epoch,
    /// How far the phone's clock is ahead.
    pub(super) ahead_ms: i64,
    /// The last line that the screen shows of each conversation.
    pub(super) shown: BTreeMap<ConversationId, Seen>,
    pub(super) settings: Settings,
    /// What was sent under each op id, and in how many requests of which a byte may have left.
    pub(super) sent: BTreeMap<OpId, (Command, usize)>,
    /// Where Ben composes until he stops.
    composing: BTreeSet<ConversationId>,
}

impl Phone {
    /// A phone on line, whose screen shows what there is.
    pub(super) fn new(conversations: u8) -> Self {
        let mut phone = Self::switched_off(conversations);
        phone.look();
        phone.connects();
        phone.runs();
        phone
    }

    /// A phone whose outbox sleeps.
    pub(super) fn switched_off(conversations: u8) -> Self {
        let settings = Settings::default();
        Self {
            outbox: Outbox::new(whose(), settings, 7),
            server: Server::with_customers(conversations),
            store: BTreeMap::new(),
            writing: VecDeque::new(),
            taken: VecDeque::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            told: Vec::new(),
            steps: Vec::new(),
            dropped: Vec::new(),
            sign_ins: 0,
            life: 1,
            mono: Duration::from_secs(5),
            epoch: Epoch(Uuid::from_u128(0xE0)),
            ahead_ms: 0,
            shown: BTreeMap::new(),
            settings,
            sent: BTreeMap::new(),
            composing: BTreeSet::new(),
        }
    }

    pub(super) fn now(&self) -> Now {
        Now { wall: self.server.now.plus_ms(self.ahead_ms), mono: self.mono }
    }

    /// Everything there is comes to the screen.
    pub(super) fn look(&mut self) {
        let position = self.server.head();
        let all: Vec<_> = (0..16).map(talk).collect();
        for of in all {
            if self.server.conversation(of).is_some() {
                self.shown.insert(of, self.server.last_line(of));
            }
        }
        let cursor = Cursor { epoch: self.epoch, position };
        self.outbox.set_applied(cursor, self.now());
        self.collect();
    }

    pub(super) fn seen(&self, of: ConversationId) -> Seen {
        self.shown.get(&of).copied().flatten()
    }

    // The agent.

    pub(super) fn taps(&mut self, of: ConversationId, body: CommandBody) -> Enqueued {
        self.tries(None, of, body).unwrap()
    }

    pub(super) fn tries(
        &mut self,
        op_id: Option<OpId>,
        conversation_id: ConversationId,
        body: CommandBody,
    ) -> Result<Enqueued, EnqueueRefused> {
        let now = self.now();
        let enqueued =
            self.outbox.enqueue(Tap { op_id, conversation_id, body, follows: false }, now);
        self.collect();
        enqueued
    }

    pub(super) fn says(&mut self, of: ConversationId, text: &str) -> Enqueued {
        let body = reply(text, self.seen(of));
        self.taps(of, body)
    }

    pub(super) fn chooses(&mut self, number: u64, choice: Choice) -> Result<(), ChoiceRefused> {
        let now = self.now();
        let chosen = self.outbox.choose(number, choice, now);
        self.collect();
        chosen
    }

    pub(super) fn withdraws(&mut self, number: u64) {
        let now = self.now();
        self.outbox.withdraw(number, now).unwrap();
        self.collect();
    }

    pub(super) fn kicked(&mut self, kick: RetryCause) {
        let now = self.now();
        self.outbox.kick(kick, now);
        self.collect();
    }

    // Others.

    pub(super) fn owner_epoch(&self, of: ConversationId) -> u64 {
        self.server.conversation(of).unwrap().head.owner_epoch
    }

    /// Ben composes until he stops.
    pub(super) fn colleague_composes(&mut self, of: ConversationId, composes: bool) {
        let action = if composes { ComposeAction::Start } else { ComposeAction::Stop };
        if composes {
            self.composing.insert(of)
        } else {
            self.composing.remove(&of)
        };
        self.server.compose(BEN, DESK, of, action);
    }

    // The device.

    /// Takes what the outbox wants done, and looks that it may be.
    pub(super) fn collect(&mut self) {
        while let Some(effect) = self.outbox.poll_effect() {
            match effect {
                OutboxAction::Write { ticket, writes } => self.writing.push_back((ticket, writes)),
                OutboxAction::Send { request, commands } => {
                    assert!(commands.len() <= 100 && !commands.is_empty());
                    for command in &commands {
                        let number = self.stored_as("sending", command);
                        self.overtakes_nobody(number, &commands);
                        let first = self.sent.entry(command.op_id);
                        let (first, times) = first.or_insert_with(|| (command.clone(), 0));
                        assert_eq!(first, command, "another command under the same op id");
                        *times += 1;
                    }
                    let ask = Ask::Commands(commands);
                    self.requests.push(Request { id: request, life: self.life, ask });
                }
                OutboxAction::Ask { request, op_ids } => {
                    for op_id in &op_ids {
                        assert_eq!(self.row(*op_id).state.name(), "asking");
                    }
                    let ask = Ask::Outcomes(op_ids);
                    self.requests.push(Request { id: request, life: self.life, ask });
                }
                OutboxAction::Upload { request, step } => self.steps.push((request, step)),
                OutboxAction::EndUpload(upload) => {
                    self.server.end_upload(ANA, upload);
                }
                OutboxAction::DropFiles(files) => self.dropped.extend(files),
                OutboxAction::Tell(changes) => self.told.extend(changes),
                OutboxAction::SignIn => self.sign_ins += 1,
            }
        }
    }

    fn row(&self, op_id: OpId) -> Item {
        let row = self.store.get(&op_id);
        serde_json::from_slice(row.expect("sent, and not in the store")).unwrap()
    }

    fn stored_as(&self, state: &str, command: &Command) -> u64 {
        let item = self.row(command.op_id);
        assert_eq!(item.state.name(), state, "sent, and the store calls it otherwise");
        assert_eq!(&item.command, command, "sent, and the store has another one");
        item.number
    }

    /// Nothing is sent past what is not done and does not go before it in the same request.
    fn overtakes_nobody(&self, number: u64, commands: &[Command]) {
        let echo = self.echo(number);
        if echo.body.spec().lane != Kind::Visible {
            return;
        }
        for other in self.outbox.echoes().into_iter().filter(|other| other.number < number) {
            let is_done = other.stage == ActStage::Acknowledged
                || other.conversation_id != echo.conversation_id
                || other.body.spec().lane != Kind::Visible
                || commands.iter().any(|command| command.op_id == other.op_id);
            assert!(is_done, "sent past one that waits: {other:?}");
        }
    }

    /// The store takes its next batch.
    pub(super) fn store_takes(&mut self) {
        let Some((ticket, writes)) = self.writing.pop_front() else { return };
        for write in writes {
            match write {
                Write::Put(row) => drop(self.store.insert(row.op_id, row.bytes)),
                Write::Remove(op_id) => drop(self.store.remove(&op_id)),
            }
        }
        let items = self.store.values().map(|row| serde_json::from_slice::<Item>(row).unwrap());
        let numbers: Vec<_> = items.map(|item| item.number).collect();
        let once: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(numbers.len(), once.len(), "an item lies in the store twice");
        self.taken.push_back(ticket);
    }

    pub(super) fn store_says_so(&mut self) {
        let Some(ticket) = self.taken.pop_front() else { return };
        let now = self.now();
        self.outbox.confirm_write(ticket, now);
        self.collect();
    }

    pub(super) fn store_fails(&mut self) {
        let Some((ticket, _)) = self.writing.pop_front() else { return };
        let now = self.now();
        self.outbox.fail_write(ticket, now);
        self.collect();
    }

    /// The store takes everything, and what that sets off.
    pub(super) fn stores(&mut self) {
        self.collect();
        for _ in 0..100 {
            if self.writing.is_empty() && self.taken.is_empty() {
                return;
            }
            self.store_takes();
            self.store_says_so();
        }
        panic!("it never stops writing");
    }

    /// The phone dies, and begins again with what the store has.
    pub(super) fn restarts(&mut self) {
        (self.writing, self.taken) = (VecDeque::new(), VecDeque::new());
        self.life += 1;
        let rows: Vec<_> = self.store.values().cloned().collect();
        let rows = rows.iter().map(Vec::as_slice);
        let seed = u128::from(self.life) << 7;
        let (outbox, found) = Outbox::restore(whose(), self.settings, seed, rows, self.now());
        assert_eq!((found.items, found.unreadable), (self.store.len(), 0));
        self.outbox = outbox;
        self.collect();
    }

    /// The phone is on line again, and knows the server's time.
    pub(super) fn connects(&mut self) {
        let (server, now) = (self.server.now, self.now());
        self.outbox.set_network(true, now);
        self.outbox.set_epoch(self.epoch, now);
        self.outbox.set_server_time(server, now);
        self.outbox.set_awake(true, now);
        self.outbox.kick(RetryCause::Connected, now);
        self.collect();
    }

    /// The log is in another life.
    pub(super) fn begins_anew(&mut self) {
        self.epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        let (epoch, now) = (self.epoch, self.now());
        self.outbox.set_epoch(epoch, now);
        self.collect();
    }

    // The network.

    /// A request arrives; its answer is on its way back.
    pub(super) fn arrives(&mut self, request: &Request) {
        let results = match &request.ask {
            Ask::Commands(commands) => self.commands(commands),
            Ask::Outcomes(op_ids) => self.server.outcomes(ANA, op_ids),
        };
        let Request { id, life, .. } = *request;
        self.answers.push(Answer { id, life, results });
    }

    /// `POST /commands`.
    pub(super) fn commands(&mut self, commands: &[Command]) -> Vec<CommandResult> {
        commands.iter().map(|command| self.server.command(ANA, PHONE, command)).collect()
    }

    pub(super) fn hears(&mut self, answer: Answer) {
        if answer.life == self.life {
            let now = self.now();
            self.outbox.handle_results(answer.id, answer.results, now);
            self.collect();
        }
    }

    pub(super) fn fails(&mut self, request: &Request, failure: Failure) {
        if let (Ask::Commands(commands), Failure::NotSent) = (&request.ask, failure) {
            for command in commands {
                let sent = self.sent.get_mut(&command.op_id);
                if sent.is_some_and(|(_, times)| {
                    *times -= 1;
                    *times == 0
                }) {
                    self.sent.remove(&command.op_id);
                }
            }
        }
        if request.life == self.life {
            let now = self.now();
            self.outbox.handle_failure(request.id, failure, now);
            self.collect();
        }
    }

    /// Store and network do what they should until nothing is left to do at this moment.
    pub(super) fn runs(&mut self) {
        for _ in 0..1_000 {
            self.stores();
            if self.requests.is_empty() && self.answers.is_empty() {
                return;
            }
            for request in std::mem::take(&mut self.requests) {
                self.arrives(&request);
            }
            for answer in std::mem::take(&mut self.answers) {
                self.hears(answer);
            }
        }
        panic!("it never comes to rest");
    }

    pub(super) fn passes(&mut self, time: Duration) {
        self.mono += time;
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.server.now = self.server.now.plus_ms(ms);
        for of in &self.composing {
            self.server.compose(BEN, DESK, *of, ComposeAction::Start);
        }
        let now = self.now();
        self.outbox.handle_timeout(now);
        self.collect();
    }

    /// Goes to the next time that the outbox named; whether there was one.
    pub(super) fn waits(&mut self) -> bool {
        let Some((at, _)) = self.outbox.poll_timeout(self.now()) else { return false };
        self.passes(at.saturating_sub(self.mono));
        let next = self.outbox.poll_timeout(self.now());
        let is_busy = !(self.writing.is_empty() && self.taken.is_empty());
        let has_sent = !self.requests.is_empty();
        assert!(is_busy || has_sent || next.is_none_or(|(at, _)| at > self.mono), "{next:?}");
        true
    }

    // What is to be seen.

    pub(super) fn echo(&self, number: u64) -> Echo {
        let mut all = self.outbox.echoes().into_iter();
        all.find(|echo| echo.number == number).expect("an item")
    }

    pub(super) fn stage(&self, number: u64) -> ActStage {
        self.echo(number).stage
    }

    pub(super) fn is_gone(&self, number: u64) -> bool {
        self.outbox.echoes().iter().all(|echo| echo.number != number)
    }

    /// The texts that the server has of Ana, in order.
    pub(super) fn texts(&self) -> Vec<String> {
        let mine = self.server.carried_out.iter().filter(|done| done.by == ANA);
        mine.filter_map(|done| text(&done.command.body)).collect()
    }
}

pub(super) fn reply(text: &str, seen: Seen) -> CommandBody {
    let text = text.to_owned();
    CommandBody::Reply(Reply {
        text,
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

pub(super) fn note(text: &str) -> CommandBody {
    CommandBody::Note(NoteText::from(text.to_owned()))
}

pub(super) fn resolve(seen: Seen) -> CommandBody {
    CommandBody::Resolve(seen.into())
}

pub(super) fn claim(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false })
}

pub(super) fn read(seq: u64) -> CommandBody {
    CommandBody::MarkRead(MarkRead { seq })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing")]
pub(super) fn text(body: &CommandBody) -> Option<String> {
    match body {
        CommandBody::Reply(reply) => Some(reply.text.clone()),
        CommandBody::Note(note) => Some(note.text.clone()),
        _ => None,
    }
}

/// An op id of this time.
pub(super) fn op_at(at: Timestamp, n: u8) -> OpId {
    let ms = u64::try_from(at.ms()).unwrap();
    OpId(uuid::Builder::from_unix_timestamp_millis(ms, &[n; 10]).into_uuid())
}
