//! One phone: the real link and the real outbox over a store in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::mirror::{InMemory, Mirrored, Progress};
use baton_mobile::link::{self, Input, Link, Opened, SocketId, State, Ticket, Token};
use baton_mobile::outbox::{self, Failure, Now, Outbox, OutboxOwner, RetryCause, Settings, Write};
use baton_model::server::WORKSPACE;
use baton_protocol::frame::{ClientFrame, ServerFrame};
use baton_protocol::{AgentId, Command, ConversationId, DeviceId, OpId, Seen};
use uuid::Uuid;

/// What a phone wants of the network.
#[derive(Debug)]
pub(super) enum Wish {
    Open(SocketId),
    Close(SocketId),
    Send(SocketId, ClientFrame),
    Fetch(Ticket, link::Query),
    Commands(u64, Vec<Command>),
    Outcomes(u64, Vec<OpId>),
}

/// One phone.
pub(super) struct Phone {
    pub(super) agent: AgentId,
    pub(super) device: DeviceId,
    /// How often the process was started.
    pub(super) life: u32,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    /// The store.
    pub(super) held: InMemory,
    progress: Progress,
    rows: BTreeMap<OpId, Vec<u8>>,
    /// The last line that the screen showed of each conversation.
    pub(super) shown: BTreeMap<ConversationId, Seen>,
    pub(super) has_network: bool,
    pub(super) is_foreground: bool,
    /// Requests that went over a socket.
    over_socket: BTreeMap<u64, SocketId>,
    out_of_scope: BTreeSet<ConversationId>,
    pub(super) wishes: Vec<Wish>,
}

impl Phone {
    /// A phone that is signed in, in the foreground and on line.
    pub(super) fn new(agent: AgentId, device: DeviceId, now: Now) -> Self {
        let mut phone = Self {
            agent,
            device,
            life: 0,
            link: Link::new(1),
            outbox: Outbox::new(whose(agent, device), Settings::default(), 1),
            held: InMemory::new(),
            progress: Progress::default(),
            rows: BTreeMap::new(),
            shown: BTreeMap::new(),
            has_network: true,
            is_foreground: true,
            over_socket: BTreeMap::new(),
            out_of_scope: BTreeSet::new(),
            wishes: Vec::new(),
        };
        phone.start(now);
        phone
    }

    /// The process begins, with what the store has.
    pub(super) fn start(&mut self, now: Now) {
        self.life += 1;
        let seed = self.device.0.as_u128() << 32 | u128::from(self.life);
        let rows: Vec<_> = self.rows.values().cloned().collect();
        let rows = rows.iter().map(Vec::as_slice);
        let parts = (whose(self.agent, self.device), Settings::default(), seed);
        let (outbox, found) = Outbox::restore(parts, rows, now);
        assert_eq!((found.items, found.unreadable), (self.rows.len(), 0));
        (self.outbox, self.over_socket) = (outbox, BTreeMap::new());
        self.link = Link::new(u64::try_from(seed & 0xFFFF_FFFF_FFFF).expect("fits"));
        self.wishes.clear();
        // What was on the screen is gone with the process.
        self.shown.clear();
        let token = Token { text: "token".to_owned(), good_until: Duration::from_secs(1 << 40) };
        let (device_id, progress) = (self.device, self.progress.clone());
        self.hear(Input::Opened(Box::new(Opened { token, device_id, progress })), now);
        if self.has_network {
            self.hear(Input::NetworkUp, now);
        }
        if self.is_foreground {
            self.hear(Input::Foreground, now);
        }
    }

    /// Tells the link something and does what follows.
    pub(super) fn hear(&mut self, input: Input, now: Now) {
        let before = self.link.socket();
        let keys: BTreeSet<ConversationId> = self.held.keys().copied().collect();
        let turn = self.link.handle(input, now.mono, &mut self.held);
        turn.effects.into_iter().for_each(|effect| self.carry_out(effect, now));
        if let Some(lost) = before.filter(|before| self.link.socket() != Some(*before)) {
            self.lose_socket(lost, now);
        }
        if let Some(cursor) = self.link.mirror().cursor {
            self.outbox.set_applied(cursor, now);
        }
        for of in keys.iter().filter(|of| !self.held.contains_key(*of)) {
            self.shown.remove(of);
            self.out_of_scope.insert(*of);
            self.outbox.leave_scope(*of, now);
        }
        let back: Vec<_> =
            self.out_of_scope.iter().filter(|of| self.held.contains_key(*of)).copied().collect();
        for of in back {
            self.out_of_scope.remove(&of);
            self.outbox.enter_scope(of, now);
        }
        self.flush(now);
    }

    fn carry_out(&mut self, effect: link::LinkAction, now: Now) {
        use link::LinkAction;
        match effect {
            LinkAction::Commit(progress) => self.progress = *progress,
            LinkAction::OpenSocket(socket) => self.wishes.push(Wish::Open(socket)),
            LinkAction::CloseSocket(socket, _) => self.wishes.push(Wish::Close(socket)),
            LinkAction::Send(socket, frame) => self.wishes.push(Wish::Send(socket, frame)),
            LinkAction::Fetch(ticket, query) => self.wishes.push(Wish::Fetch(ticket, query)),
            LinkAction::Tell(state) => self.outbox.set_network(state != State::Offline, now),
            LinkAction::Welcomed(welcomed) => {
                self.outbox.set_epoch(welcomed.epoch, now);
                self.outbox.set_timings(&welcomed.timings);
                self.outbox.set_server_time(welcomed.server_time, now);
                self.outbox.set_awake(true, now);
                self.outbox.kick(RetryCause::Connected, now);
            }
            LinkAction::PassOn(frame) => {
                if let ServerFrame::CommandResult(result) = *frame {
                    self.outbox.handle_socket_results(vec![*result], now);
                }
            }
            LinkAction::Keep(_)
            | LinkAction::Ping(_)
            | LinkAction::Abandon(_)
            | LinkAction::RefreshToken
            | LinkAction::WakeDone
            | LinkAction::Suspend { .. } => {}
            LinkAction::EndSession | LinkAction::Wipe => panic!("nobody signed out"),
        }
    }

    fn lose_socket(&mut self, lost: SocketId, now: Now) {
        let requests = self.over_socket.iter().filter(|(_, socket)| **socket == lost);
        for request in requests.map(|(request, _)| *request).collect::<Vec<_>>() {
            self.over_socket.remove(&request);
            self.outbox.handle_failure(request, Failure::Lost, now);
        }
    }

    /// Does what the outbox wants.
    pub(super) fn flush(&mut self, now: Now) {
        while let Some(effect) = self.outbox.poll_effect() {
            match effect {
                outbox::OutboxAction::Write { ticket, writes } => {
                    for write in writes {
                        match write {
                            Write::Put(row) => drop(self.rows.insert(row.op_id, row.bytes)),
                            Write::Remove(op_id) => drop(self.rows.remove(&op_id)),
                        }
                    }
                    self.outbox.confirm_write(ticket, now);
                }
                outbox::OutboxAction::Send { request, commands } => match self.link.socket() {
                    Some(socket) if commands.len() < 4 => {
                        self.over_socket.insert(request, socket);
                        let frames = commands
                            .into_iter()
                            .map(|command| Wish::Send(socket, ClientFrame::Command { command }));
                        self.wishes.extend(frames);
                    }
                    _ => self.wishes.push(Wish::Commands(request, commands)),
                },
                outbox::OutboxAction::Ask { request, op_ids } => {
                    self.wishes.push(Wish::Outcomes(request, op_ids));
                }
                outbox::OutboxAction::Tell(_) | outbox::OutboxAction::SignIn => {}
            }
        }
    }

    /// When it wants to be woken at the latest.
    pub(super) fn timeout(&self, now: Now) -> Option<Duration> {
        let link = self.link.poll_timeout().map(|(at, _)| at);
        let outbox = self.outbox.poll_timeout(now).map(|(at, _)| at);
        [link, outbox].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Now) {
        self.outbox.handle_timeout(now);
        self.hear(Input::Tick, now);
    }

    /// Everything that is held of a conversation comes to the screen.
    pub(super) fn look(&mut self, of: ConversationId) {
        if let Some(Mirrored::Full(full)) = self.held.get(&of) {
            let last = full.lines.values().next_back();
            let line = last.map(|line| baton_protocol::LineRef { seq: line.seq, id: line.id });
            self.shown.insert(of, line);
        }
    }

    pub(super) fn seen(&self, of: ConversationId) -> Seen {
        self.shown.get(&of).copied().flatten()
    }
}

fn whose(agent: AgentId, device: DeviceId) -> OutboxOwner {
    OutboxOwner { workspace: WORKSPACE, agent, device }
}

/// The device with this number.
pub(super) const fn device(n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(0xD0 + n))
}
