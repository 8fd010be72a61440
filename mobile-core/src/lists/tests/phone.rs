//! A phone: the real store, the real outbox, and lists over both. The server is as simple as can
//! be: it accepts, refuses, and tells its log.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_domain::see::mirror::{Full, Mirrored};
use baton_protocol::command::{Claim, NoteText, Reply};
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, AgentId, Author, ChannelId, Command, CommandBody, CommandResult, ContactId, Content,
    Conversation, ConversationId, ConversationKind, Cursor, DeviceId, Epoch, Head, Line, LineKind,
    LineRef, MessageId, MessageStatus, Note, NoteId, OpId, Owner, Priority, Refusal, Status,
    TeamId, Thread, Timestamp, WorkspaceId,
};
use uuid::Uuid;

use super::super::{Around, Echoes, ListRequest, Loads, Observers, Sources, Subscription, Touched};
use super::drawing::judge;
use super::listener::Listener;
use crate::outbox::{Change, Ended, Now, Outbox, OutboxAction, OutboxOwner, Settings, Tap, Write};
use crate::store::{
    Account, Config, Draft, KEY_BYTES, Limits, OutboxRow, Store, StoreError, StoredProgress,
};

pub(super) const ME: AgentId = AgentId(Uuid::from_u128(1));
pub(super) const BEN: AgentId = AgentId(Uuid::from_u128(2));
pub(super) const TEAM: TeamId = TeamId(Uuid::from_u128(0x7EA));
const EPOCH: Epoch = Epoch(Uuid::from_u128(0xE));

/// A store in a directory that goes with the guard.
pub(super) fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let limits = Limits { cache_bytes: u64::MAX, database_bytes: None };
    let (key, seed) = ([7; KEY_BYTES], [8; KEY_BYTES]);
    let config = Config { directory: directory.path().to_owned(), key, seed, limits };
    let (store, _) = Store::open(&config).expect("opens");
    (directory, store)
}

pub(super) fn talk(n: u64) -> ConversationId {
    ConversationId(Uuid::from_u128(0xC0_0000 + u128::from(n)))
}

/// A conversation without lines.
pub(super) fn conversation(id: ConversationId, at: Timestamp) -> Full {
    let head = Head {
        id,
        channel_id: ChannelId(Uuid::from_u128(3)),
        team_id: TEAM,
        owner: Owner::Queue(TEAM),
        owner_epoch: 1,
        status: Status::Open,
        episode: 1,
        revision: 1,
        last_seq: 0,
        unanswered_since: None,
        activity_at: at,
        due_at: None,
        orphaned_at: None,
        priority: Priority::Normal,
    };
    let thread = Thread {
        contact_id: ContactId(id.0),
        last_line: None,
        customer_seq: 0,
        turn: None,
        window_until: None,
        last_agent: None,
        followers: Vec::new(),
        tags: Vec::new(),
        block: None,
        marketing: None,
        offer: None,
        lapsed: Vec::new(),
        reminders: Vec::new(),
        clocks: baton_protocol::Clocks::default(),
        language: None,
        person: None,
        kind: ConversationKind::Contact,
    };
    let (name, phone) = (Some(format!("Eva {id}")), Some("34600".into()));
    let contact = ContactCard { name, phone, ..ContactCard::default() };
    let view = ConversationView {
        conversation: Conversation { head, thread },
        contact,
        preview: None,
        read_seq: 0,
    };
    Full {
        view,
        lines: BTreeMap::new(),
        notes: BTreeMap::new(),
        coaching: BTreeMap::new(),
        from_seq: 1,
    }
}

/// Somebody says something: it is the next line.
pub(super) fn says(full: &mut Full, author: Author, at: Timestamp, op_id: Option<OpId>) {
    let head = &mut full.view.conversation.head;
    let seq = head.last_seq + 1;
    let id = MessageId(Uuid::from_u128(head.id.0.as_u128() << 64 | u128::from(seq)));
    let is_customer = author == Author::Customer;
    let line = Line {
        seq,
        id,
        author,
        kind: LineKind::Text,
        at,
        content: Content { text: Some(format!("line {seq}")), ..Content::default() },
        file: None,
        quoted: None,
        status: (!is_customer).then_some(MessageStatus::Queued),
        held: None,
        error: None,
        op_id,
        device_id: None,
        leaves_at: None,
        amended: None,
    };
    (head.last_seq, head.revision, head.activity_at) = (seq, head.revision + 1, at);
    head.unanswered_since = is_customer.then(|| head.unanswered_since.unwrap_or(at));
    let thread = &mut full.view.conversation.thread;
    thread.last_line = Some(LineRef { seq, id });
    if is_customer {
        (thread.customer_seq, thread.window_until) = (seq, Some(at.plus_ms(86_400_000)));
    }
    full.view.preview = Some(line.clone());
    full.lines.insert(seq, line);
}

/// Somebody tells the team something.
pub(super) fn notes(full: &mut Full, author: AgentId, at: Timestamp, op_id: OpId) {
    let head = &mut full.view.conversation.head;
    head.revision += 1;
    let note = Note {
        id: NoteId(op_id.0),
        conversation_id: head.id,
        author,
        at,
        revision: head.revision,
        text: Some("note".into()),
        quoted: None,
        op_id,
    };
    full.notes.insert(note.revision, note);
}

/// What is sent, and not answered.
pub(super) enum Ask {
    Commands(Vec<Command>),
    Outcomes(Vec<OpId>),
}

/// A phone whose server accepts everything.
pub(super) struct Phone<'s> {
    store: &'s Store,
    pub(super) account: Account,
    pub(super) outbox: Outbox,
    pub(super) echoes: Echoes,
    pub(super) around: Around,
    pub(super) observers: Observers,
    pub(super) listeners: BTreeMap<Subscription, Listener>,
    pub(super) slow: Option<Subscription>,
    pub(super) mono: Duration,
    pub(super) requests: Vec<(u64, Ask)>,
    results: BTreeMap<OpId, CommandResult>,
    /// What the server wrote and the phone has not read.
    pub(super) log: VecDeque<(u64, Command)>,
    position: u64,
    pub(super) applied: u64,
    /// Batches of the outbox that the store will not take.
    pub(super) store_fails: u32,
    /// Taps, so that no two say the same.
    pub(super) taps: u64,
    /// When each listener was told.
    pub(super) told_at: BTreeMap<Subscription, Vec<Duration>>,
    pub(super) met: BTreeMap<&'static str, usize>,
}

impl<'s> Phone<'s> {
    pub(super) fn new(store: &'s Store, number: u128) -> Self {
        let device = DeviceId(Uuid::from_u128(number));
        let workspace = WorkspaceId(Uuid::from_u128(9));
        let account = Account { workspace, agent: ME, device };
        let whose = OutboxOwner { workspace, agent: ME, device };
        let mut phone = Self {
            store,
            account,
            outbox: Outbox::new(whose, Settings::default(), number),
            echoes: Echoes::new(),
            around: Around::new(),
            observers: Observers::new(),
            listeners: BTreeMap::new(),
            slow: None,
            mono: Duration::from_secs(5),
            requests: Vec::new(),
            results: BTreeMap::new(),
            log: VecDeque::new(),
            position: 0,
            applied: 0,
            store_fails: 0,
            taps: 0,
            told_at: BTreeMap::new(),
            met: BTreeMap::new(),
        };
        let now = phone.now();
        phone.outbox.set_epoch(EPOCH, now);
        phone.outbox.set_server_time(now.wall, now);
        phone.outbox.set_awake(true, now);
        phone
    }

    pub(super) fn meets(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub(super) fn wall(&self) -> Timestamp {
        let ms = i64::try_from(self.mono.as_millis()).expect("fits");
        Timestamp::from_ms(1_790_000_000_000 + ms)
    }

    pub(super) fn now(&self) -> Now {
        Now { wall: self.wall(), mono: self.mono }
    }

    // The store.

    /// One transaction on a conversation.
    pub(super) fn changes(&mut self, id: ConversationId, change: impl FnOnce(&mut Full)) {
        let done = self.store.write(&self.account, |write| {
            if let Some(Mirrored::Full(mut full)) = write.get(id)? {
                change(&mut full);
                write.put(Mirrored::Full(full))?;
            }
            Ok::<_, StoreError>(())
        });
        assert_eq!(done, Ok(()));
        self.observers.touch(&Touched::conversation(id));
    }

    /// Several in one transaction.
    pub(super) fn puts(&mut self, held: impl IntoIterator<Item = Mirrored>) {
        let mut touched = Touched::nothing();
        let done = self.store.write(&self.account, |write| {
            held.into_iter().try_for_each(|held| {
                touched.add(&Touched::conversation(held.head().id));
                write.put(held)
            })
        });
        assert_eq!(done, Ok::<_, StoreError>(()));
        self.observers.touch(&touched);
    }

    pub(super) fn held(&self, id: ConversationId) -> Option<Mirrored> {
        let held = self.store.read(&self.account, |read| read.conversation(id));
        held.expect("is read")
    }

    /// A conversation leaves the scope.
    pub(super) fn leaves(&mut self, id: ConversationId) {
        let gone = self.store.write(&self.account, |write| write.remove(id));
        assert_eq!(gone, Ok::<_, StoreError>(()));
        self.observers.touch(&Touched::conversation(id));
        let now = self.now();
        self.outbox.leave_scope(id, now);
        self.outbox.enter_scope(id, now);
        self.pump();
    }

    /// Nothing that is held means anything.
    pub(super) fn clears(&mut self) {
        let gone = self.store.write(&self.account, |write| write.clear());
        assert_eq!(gone, Ok::<_, StoreError>(()));
        self.observers.touch(&Touched::everything());
    }

    pub(super) fn drafts(&mut self, id: ConversationId, is_one: bool) {
        let draft =
            Draft { conversation: id, at: self.wall(), text: "half a".into(), is_note: false };
        let done = self.store.write(&self.account, |write| match is_one {
            true => write.set_draft(&draft),
            false => write.remove_draft(id).map(drop),
        });
        assert_eq!(done, Ok::<_, StoreError>(()));
        self.observers.touch(&Touched::own(id));
    }

    // The outbox.

    pub(super) fn taps(&mut self, conversation_id: ConversationId, what: u8) {
        self.taps += 1;
        let text = format!("text {}", self.taps);
        let body = match what {
            0 => CommandBody::Note(NoteText::from(text)),
            1 => CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }),
            _ => CommandBody::Reply(Reply {
                text,
                seen: None,
                quoted: None,
                replaces: None,
                ignore_lease: false,
                canned: None,
            }),
        };
        let now = self.now();
        // One that is refused at once was never there.
        drop(self.outbox.enqueue(Tap { op_id: None, conversation_id, body, follows: false }, now));
        self.pump();
    }

    /// Does what the outbox wants done.
    pub(super) fn pump(&mut self) {
        while let Some(effect) = self.outbox.poll_effect() {
            match effect {
                OutboxAction::Write { ticket, writes } => self.writes(ticket, &writes),
                OutboxAction::Send { request, commands } => {
                    self.requests.push((request, Ask::Commands(commands)));
                }
                OutboxAction::Ask { request, op_ids } => {
                    self.requests.push((request, Ask::Outcomes(op_ids)));
                }
                OutboxAction::Tell(changes) => {
                    self.judges_ends(&changes);
                    self.echoes.apply(&changes);
                    self.observers.touch(&Touched::of_changes(&changes));
                }
                OutboxAction::Upload { .. }
                | OutboxAction::EndUpload(_)
                | OutboxAction::DropFiles(_) => {
                    panic!("nobody sends a file here")
                }
                OutboxAction::SignIn => {}
            }
        }
    }

    fn judges_ends(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Gone { how: Ended::Acknowledged, .. } => self.meets("acknowledged"),
                Change::Gone { .. } => self.meets("discarded"),
                Change::NotStored { .. } => self.meets("not stored"),
                Change::Shown(_) => {}
            }
        }
    }

    fn writes(&mut self, ticket: u64, writes: &[Write]) {
        let now = self.now();
        if self.store_fails > 0 {
            self.store_fails -= 1;
            return self.outbox.fail_write(ticket, now);
        }
        let done = self.store.write(&self.account, |write| {
            for one in writes {
                match one {
                    Write::Remove(op_id) => drop(write.remove_outbox(*op_id)?),
                    Write::Put(row) => {
                        let row = OutboxRow {
                            op_id: row.op_id,
                            conversation: Some(row.conversation_id),
                            place: row.number,
                            state: row.state.to_owned(),
                            created_at: row.created_at,
                            byte_sent: row.byte_sent,
                            payload: row.bytes.clone(),
                        };
                        if !write.replace_outbox(&row)? {
                            write.put_outbox(&row)?;
                        }
                    }
                }
            }
            Ok::<_, StoreError>(())
        });
        assert_eq!(done, Ok(()));
        self.outbox.confirm_write(ticket, now);
    }

    /// A request arrives; the answer is heard, or lost.
    pub(super) fn arrives(&mut self, one: usize, refuses: bool, is_heard: bool) {
        let Some(at) = one.checked_rem(self.requests.len()) else { return };
        let (request, ask) = self.requests.remove(at);
        let results = match ask {
            Ask::Commands(commands) => {
                commands.into_iter().map(|command| self.decides(command, refuses)).collect()
            }
            Ask::Outcomes(op_ids) => op_ids.into_iter().map(|id| self.outcome(id)).collect(),
        };
        let now = self.now();
        match is_heard {
            true => self.outbox.handle_results(request, results, now),
            false => self.outbox.handle_failure(request, crate::outbox::Failure::Lost, now),
        }
        self.pump();
    }

    fn decides(&mut self, command: Command, refuses: bool) -> CommandResult {
        if let Some(result) = self.results.get(&command.op_id) {
            return result.clone();
        }
        let op_id = command.op_id;
        let outcome = if refuses {
            self.meets("refused");
            Outcome::Refused(Refusal::NotAllowed.into())
        } else {
            self.position += 1;
            self.log.push_back((self.position, command));
            let position = Some(self.position);
            Outcome::Accepted(Accepted { position, revision: 1, ..Accepted::default() })
        };
        let result = CommandResult { op_id: Some(op_id), outcome };
        self.results.insert(op_id, result.clone());
        result
    }

    fn outcome(&mut self, op_id: OpId) -> CommandResult {
        let refused = Outcome::Refused(Refusal::Cancelled.into());
        let unknown = || CommandResult { op_id: Some(op_id), outcome: refused };
        self.results.entry(op_id).or_insert_with(unknown).clone()
    }

    /// The phone applies some of the log, in one transaction.
    pub(super) fn reads_log(&mut self, count: usize) {
        let count = count.min(self.log.len());
        let told: Vec<_> = self.log.drain(..count).collect();
        let Some((position, _)) = told.last() else { return };
        self.applied = *position;
        let progress = StoredProgress {
            cursor: Some(Cursor { epoch: EPOCH, position: self.applied }),
            state: Vec::new(),
        };
        let (at, mut touched) = (self.wall(), Touched::nothing());
        let done = self.store.write(&self.account, |write| {
            for (_, command) in &told {
                let id = command.conversation_id;
                if let Some(Mirrored::Full(mut full)) = write.get(id)? {
                    happens(&mut full, command, at);
                    write.put(Mirrored::Full(full))?;
                }
                touched.add(&Touched::conversation(id));
            }
            write.set_progress(&progress)
        });
        assert_eq!(done, Ok::<_, StoreError>(()));
        self.observers.touch(&touched);
    }

    /// The outbox hears how far the log is applied.
    pub(super) fn says_applied(&mut self) {
        let (cursor, now) = (Cursor { epoch: EPOCH, position: self.applied }, self.now());
        self.outbox.set_applied(cursor, now);
        self.pump();
    }

    // The lists.

    pub(super) fn subscribes(&mut self, request: ListRequest) -> Subscription {
        let listener = Listener::of(&request);
        let name = self.observers.subscribe(request);
        self.listeners.insert(name, listener);
        name
    }

    pub(super) fn cancels(&mut self, name: Subscription) {
        assert!(self.observers.cancel(name));
        self.listeners.remove(&name);
    }

    /// Everything that is drawn, as of now.
    pub(super) fn looks<T>(
        &self,
        look: impl FnOnce(&Sources<'_, '_>) -> Result<T, StoreError>,
    ) -> T {
        let (echoes, around) = (&self.echoes, &self.around);
        let looked = self.store.read(&self.account, |read| {
            look(&Sources { read, echoes, around, loads: &Loads::default(), me: ME })
        });
        looked.expect("is read")
    }

    /// Asks what is due. Who listens at once sees what there is at this moment.
    pub(super) fn tells(&mut self) {
        let mut observers = std::mem::take(&mut self.observers);
        let now = self.mono;
        let told = self.looks(|sources| observers.advance(sources, now));
        self.observers = observers;
        for name in told {
            self.told_at.entry(name).or_default().push(now);
            assert!(self.observers.waiting().iter().all(|(_, count)| *count <= 256));
            if Some(name) != self.slow {
                self.listens(name);
                self.is_fresh(name);
            }
        }
    }

    /// A listener takes what there is for it.
    pub(super) fn listens(&mut self, name: Subscription) {
        let listener = self.listeners.get_mut(&name).expect("listens");
        while let Some(letter) = self.observers.take(name) {
            listener.hears(letter);
        }
    }

    #[track_caller]
    pub(super) fn is_fresh(&self, name: Subscription) {
        let request = self.observers.request(name).expect("subscribed");
        self.looks(|sources| {
            judge(&request, sources)?;
            self.listeners[&name].is_fresh(&request, sources)
        });
    }

    pub(super) fn passes(&mut self, time: Duration) {
        self.mono += time;
        let now = self.now();
        self.outbox.handle_timeout(now);
        self.pump();
    }

    /// Everybody hears everything, and sees what there is.
    pub(super) fn settles(&mut self) {
        self.passes(Duration::from_secs(1));
        self.tells();
        assert_eq!(self.observers.poll_timeout(), None);
        let names: Vec<_> = self.listeners.keys().copied().collect();
        for name in names {
            self.listens(name);
            self.is_fresh(name);
        }
    }

    /// Nothing is left of it.
    pub(super) fn ends(self) -> BTreeMap<&'static str, usize> {
        self.store.forget(&self.account).expect("is forgotten");
        self.met
    }
}

/// What the log says of a command.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other is tapped")]
fn happens(full: &mut Full, command: &Command, at: Timestamp) {
    match &command.body {
        CommandBody::Reply(_) => says(full, Author::Agent { id: ME }, at, Some(command.op_id)),
        CommandBody::Note(_) => notes(full, ME, at, command.op_id),
        _ => {
            let head = &mut full.view.conversation.head;
            (head.owner, head.owner_epoch) = (Owner::Agent(ME), head.owner_epoch + 1);
            head.revision += 1;
        }
    }
}
