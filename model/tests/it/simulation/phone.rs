//! One phone: the real link and the real outbox over a store in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use baton_domain::see::mirror::Mirrored;
use baton_mobile::link::{self, Input, Link, Listing, Opened, SocketId, State, Ticket, Token};
use baton_mobile::outbox::{self, Failure, Now, Outbox, OutboxOwner, RetryCause, Settings, Write};
use baton_model::server::WORKSPACE;
use baton_protocol::frame::{ClientFrame, ServerFrame};
use baton_protocol::{AgentId, Command, ConversationId, DeviceId, OpId, Seen};
use uuid::Uuid;

use super::disk::Disk;

/// Connections that a phone may open within [`TRIES_WITHIN`]: kicks, tries at once, and what the
/// backoff makes of the rest.
const TRIES_MAX: usize = 28;
const TRIES_WITHIN: Duration = Duration::from_secs(30);

/// When a phone dies next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Death {
    /// With what the next commit would have kept.
    BeforeCommit,
    /// Right after the next commit, before anybody hears of it.
    AfterCommit,
}

/// What a phone wants of the network.
#[derive(Debug)]
pub(super) enum Wish {
    Open(SocketId),
    Close(SocketId),
    Send(SocketId, ClientFrame),
    Fetch(Ticket, link::Query),
    Commands(u64, Vec<Command>),
    Outcomes(u64, Vec<OpId>),
    RefreshToken,
}

/// One phone.
pub(super) struct Phone {
    pub(super) agent: AgentId,
    pub(super) device: DeviceId,
    /// How often the process was started.
    pub(super) life: u32,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    pub(super) disk: Disk,
    pub(super) death: Option<Death>,
    /// The access token, and when it was got or asked for.
    pub(super) token: u64,
    pub(super) token_at: Duration,
    rows: BTreeMap<OpId, Vec<u8>>,
    /// Whether what the outbox wants stored waits for [`Phone::store_moves`].
    pub(super) is_store_slow: bool,
    /// Batches that the store was given and has not taken.
    writing: VecDeque<(u64, Vec<Write>)>,
    /// Batches that the store has taken and not confirmed.
    taken: VecDeque<u64>,
    /// Acts that the store never took; their authors are told.
    pub(super) not_stored: Vec<u64>,
    /// How far its clock is ahead.
    pub(super) ahead_ms: i64,
    /// The last line that the screen showed of each conversation.
    pub(super) shown: BTreeMap<ConversationId, Seen>,
    pub(super) has_network: bool,
    pub(super) is_foreground: bool,
    /// A push is being handled.
    is_awake: bool,
    sockets: BTreeSet<SocketId>,
    /// When connections were opened.
    opened: Vec<Duration>,
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
            disk: Disk::default(),
            death: None,
            token: 1,
            token_at: now.mono,
            rows: BTreeMap::new(),
            is_store_slow: false,
            writing: VecDeque::new(),
            taken: VecDeque::new(),
            not_stored: Vec::new(),
            ahead_ms: 0,
            shown: BTreeMap::new(),
            has_network: true,
            is_foreground: true,
            is_awake: false,
            sockets: BTreeSet::new(),
            opened: Vec::new(),
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
        let whose = whose(self.agent, self.device);
        let (outbox, found) = Outbox::restore(whose, Settings::default(), seed, rows, now);
        assert_eq!((found.items, found.unreadable), (self.rows.len(), 0));
        (self.outbox, self.over_socket) = (outbox, BTreeMap::new());
        self.link = Link::new(u64::try_from(seed & 0xFFFF_FFFF_FFFF).expect("fits"));
        self.wishes.clear();
        self.writing.clear();
        self.taken.clear();
        self.not_stored.clear();
        self.sockets.clear();
        self.opened.clear();
        self.is_awake = false;
        self.death = None;
        self.disk.roll_back();
        // What was on the screen is gone with the process.
        self.shown.clear();
        let token = token(self.token);
        let (device_id, progress) = (self.device, self.disk.progress.clone());
        self.hear(Input::Opened(Box::new(Opened { token, device_id, progress })), now);
        if self.has_network {
            self.hear(Input::NetworkUp, now);
        }
        if self.is_foreground {
            self.hear(Input::Foreground, now);
        }
    }

    /// Tells the link something and does what follows.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are the link's alone")]
    pub(super) fn hear(&mut self, input: Input, now: Now) {
        match &input {
            Input::PushWoke { .. } => self.is_awake = true,
            Input::Foreground => self.is_awake = false,
            Input::SocketClosed(socket, _) | Input::SocketFailed(socket, _) => {
                self.sockets.remove(socket);
            }
            _ => {}
        }
        let (before, life) = (self.link.socket(), self.life);
        let keys: BTreeSet<ConversationId> = self.disk.conversations.keys().copied().collect();
        let turn = self.link.handle(input, now.mono, &mut self.disk);
        if turn.error.is_some() {
            self.disk.roll_back();
        }
        self.perform(turn.effects, now);
        if self.life != life {
            return;
        }
        assert!(self.disk.is_clean(), "something was written and not committed");
        if let Some(lost) = before.filter(|before| self.link.socket() != Some(*before)) {
            self.lose_socket(lost, now);
        }
        if let Some(cursor) = self.link.mirror().cursor {
            self.outbox.set_applied(cursor, now);
        }
        for of in keys.iter().filter(|of| !self.disk.conversations.contains_key(*of)) {
            self.shown.remove(of);
            self.out_of_scope.insert(*of);
            self.outbox.leave_scope(*of, now);
        }
        let back: Vec<_> = self
            .out_of_scope
            .iter()
            .filter(|of| self.disk.conversations.contains_key(*of))
            .copied()
            .collect();
        for of in back {
            self.out_of_scope.remove(&of);
            self.outbox.enter_scope(of, now);
        }
        self.flush(now);
        self.holds();
    }

    /// Does what the link says, up to a death on the way.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are carried out")]
    fn perform(&mut self, effects: Vec<link::LinkAction>, now: Now) {
        use link::LinkAction;
        let (mut agents, mut is_kept) = (None, true);
        for effect in effects {
            match effect {
                LinkAction::Keep(Listing::Agents(list)) => agents = Some(list),
                LinkAction::Commit(_) if self.death == Some(Death::BeforeCommit) => {
                    return self.start(now);
                }
                LinkAction::Commit(progress) => {
                    if self.disk.commit(&progress).is_err() {
                        self.disk.roll_back();
                        (is_kept, agents) = (false, None);
                    } else if let Some(agents) = agents.take() {
                        self.disk.agents = agents;
                    }
                    if self.death == Some(Death::AfterCommit) {
                        return self.start(now);
                    }
                }
                _ => self.carry_out(effect, now),
            }
        }
        assert!(agents.is_none(), "a list is kept without a commit");
        if !is_kept {
            let effects = self.link.handle_store_failure(now.mono);
            self.perform(effects, now);
        }
    }

    /// What is so after whatever happened.
    fn holds(&self) {
        let may = self.has_network && self.is_foreground;
        let state = self.link.state();
        assert!(may || self.sockets.is_empty(), "a connection that nobody looks at: {state:?}");
        assert!(self.sockets.len() <= 1, "two connections");
        assert!(may || state != State::Live, "live without a network");
        if !self.is_foreground && !self.is_awake {
            assert_eq!(self.link.poll_timeout(), None, "a timer in the background");
        }
        for (n, at) in self.opened.iter().enumerate() {
            let later = self.opened.get(n + TRIES_MAX);
            assert!(later.is_none_or(|later| *later - *at > TRIES_WITHIN), "{:?}", self.opened);
        }
    }

    fn carry_out(&mut self, effect: link::LinkAction, now: Now) {
        use link::LinkAction;
        match effect {
            LinkAction::OpenSocket(socket) => {
                self.sockets.insert(socket);
                self.opened.push(now.mono);
                self.wishes.push(Wish::Open(socket));
            }
            LinkAction::CloseSocket(socket, _) => {
                assert!(self.sockets.remove(&socket), "it was not open");
                self.wishes.push(Wish::Close(socket));
            }
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
            LinkAction::RefreshToken => {
                self.token_at = now.mono;
                self.wishes.push(Wish::RefreshToken);
            }
            LinkAction::WakeDone => self.is_awake = false,
            LinkAction::Commit(_)
            | LinkAction::Keep(_)
            | LinkAction::Ping(_)
            | LinkAction::Abandon(_)
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
                    self.writing.push_back((ticket, writes));
                    if !self.is_store_slow {
                        self.store_takes_all(now);
                    }
                }
                outbox::OutboxAction::Send { request, commands } => match self.link.socket() {
                    _ if commands.iter().any(|command| !self.rows.contains_key(&command.op_id)) => {
                        panic!("sent, and the store does not have it")
                    }
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
                outbox::OutboxAction::Tell(changes) => {
                    let not_stored = changes.iter().filter_map(|change| match change {
                        outbox::Change::NotStored { number, .. } => Some(*number),
                        outbox::Change::Shown(_) | outbox::Change::Gone { .. } => None,
                    });
                    self.not_stored.extend(not_stored);
                }
                outbox::OutboxAction::Upload { .. }
                | outbox::OutboxAction::EndUpload(_)
                | outbox::OutboxAction::DropFiles(_) => {
                    panic!("nobody sends a file here")
                }
                outbox::OutboxAction::SignIn => {}
            }
        }
    }

    /// The store takes what it was given, and says so.
    pub(super) fn store_takes_all(&mut self, now: Now) {
        while !self.writing.is_empty() {
            self.store_takes();
        }
        while let Some(ticket) = self.taken.pop_front() {
            self.outbox.confirm_write(ticket, now);
        }
    }

    fn store_takes(&mut self) {
        let Some((ticket, writes)) = self.writing.pop_front() else { return };
        for write in writes {
            match write {
                Write::Put(row) => drop(self.rows.insert(row.op_id, row.bytes)),
                Write::Remove(op_id) => drop(self.rows.remove(&op_id)),
            }
        }
        self.taken.push_back(ticket);
    }

    /// A slow store takes the next batch (0), confirms the oldest it has taken (1), or fails.
    pub(super) fn store_moves(&mut self, how: usize, now: Now) {
        match how {
            0 => self.store_takes(),
            1 => {
                if let Some(ticket) = self.taken.pop_front() {
                    self.outbox.confirm_write(ticket, now);
                }
            }
            _ if self.taken.is_empty() => {
                if let Some((ticket, _)) = self.writing.pop_front() {
                    self.outbox.fail_write(ticket, now);
                }
            }
            _ => {}
        }
        self.flush(now);
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
        if let Some(Mirrored::Full(full)) = self.disk.conversations.get(&of) {
            let last = full.lines.values().next_back();
            let line = last.map(|line| baton_protocol::LineRef { seq: line.seq, id: line.id });
            self.shown.insert(of, line);
        }
    }

    pub(super) fn seen(&self, of: ConversationId) -> Seen {
        self.shown.get(&of).copied().flatten()
    }
}

/// The access token with this number.
pub(super) fn token(number: u64) -> Token {
    Token { text: number.to_string(), good_until: Duration::from_secs(1 << 40) }
}

fn whose(agent: AgentId, device: DeviceId) -> OutboxOwner {
    OutboxOwner { workspace: WORKSPACE, agent, device }
}

/// The device with this number.
pub(super) const fn device(n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(0xD0 + n))
}
