//! Three devices of two agents, a network and a server in virtual time. Nothing waits: the next
//! thing that happens is the next thing that happens.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_model::Server;
use baton_model::dice::Dice;
use baton_model::team::{ANA, BEN};
use baton_protocol::frame::{ClientFrame, Hello, LeaseState, ServerFrame};
use baton_protocol::upload::Upload;
use baton_protocol::{Command, CommandResult, OpId};

use super::device::{Device, at};
use super::judge::Judge;
use super::pushes::Pushes;
use crate::link::{self, Input, Query, SocketId, State, Ticket, Token};
use crate::lists::Touched;
use crate::outbox::{Failure, UploadFailure, UploadStep};
use crate::phone::{Effect, Now};
use crate::push::handle::Outcome;
use crate::push::payload::Push;
use crate::push::receipts::ReceiptAnswer;

pub(super) const DEVICES: usize = 3;
/// Inputs at one instant that would be a machine running hot.
const HOT: u32 = 3_000;

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A request by HTTP that is the outbox's.
#[derive(Clone, Debug)]
pub(super) enum Post {
    Commands(Vec<Command>),
    Outcomes(Vec<OpId>),
}

/// What a device was doing when it was woken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Where {
    Foreground,
    /// Nobody looks, and a push is being handled.
    Pushed,
    /// Nobody looks, and nothing has come.
    Background,
}

/// The answer to a step of an upload, as the phone hears it.
pub(super) type UploadAnswer = Result<Upload, (UploadFailure, Option<(link::Failure, Token)>)>;

/// A socket of a device, in one of its lives.
pub(super) type Wire = (usize, u32, SocketId);

/// Something on its way.
#[derive(Debug)]
pub(super) enum Happening {
    /// To the phone of this life.
    Told(usize, u32, Input),
    /// Over a socket, to the server.
    Knocks(Wire),
    Greets(Wire, Hello),
    Says(Wire, ClientFrame),
    Hangs(Wire),
    /// An idle connection gets an empty frame.
    Idles(Wire),
    /// Requests, with the token that they are made with.
    Asks(usize, u32, Ticket, Query, u64),
    Posts(usize, u32, u64, Post, u64),
    /// A step of an upload, with the bytes that it carries.
    Uploads(usize, u32, u64, (UploadStep, Option<Vec<u8>>), u64),
    Refreshes(usize, u32),
    Receipts(usize, u32, u64),
    /// Answers.
    Posted(usize, u32, u64, Result<Vec<CommandResult>, (Failure, Token)>),
    Uploaded(usize, u32, u64, UploadAnswer),
    Receipted(usize, u32, u64, ReceiptAnswer),
    /// The platform hands a push over.
    Pushed(usize, Box<Push>),
    /// In the background, the files are closed.
    Closes(usize, u32),
    /// The gateway tells what is new.
    Tells,
}

/// Devices, network and server.
pub(super) struct World {
    pub(super) now: Duration,
    pub(super) server: Server,
    pub(super) backup: Option<Server>,
    pub(super) pushes: Pushes,
    pub(super) devices: Vec<Device>,
    /// Sockets at the server, and how far each was told.
    pub(super) sessions: BTreeMap<Wire, u64>,
    /// What was sent over each, for what is told twice.
    pub(super) sent: BTreeMap<Wire, Vec<ServerFrame>>,
    pub(super) queue: BTreeMap<(Duration, u64), Happening>,
    count: u64,
    /// Percent of requests that something happens to.
    pub(super) flaky: u64,
    /// Whether pushes get lost, or come late.
    pub(super) are_pushes_late: bool,
    /// The token that the server accepts.
    pub(super) valid: u64,
    /// Whoever has an older one has to sign in.
    pub(super) void_below: u64,
    pub(super) past: Vec<(usize, Push)>,
    pub(super) judge: Judge,
    heat: u32,
    dice: Dice,
    pub(super) tapped: u64,
    /// What the clock was looked at for by each device, and how often.
    pub(super) woken: [BTreeMap<(Where, String), u64>; DEVICES],
}

impl World {
    /// Everybody is signed in, in the foreground and on line.
    pub(super) fn new(seed: u64, conversations: u8) -> Self {
        let now = Duration::from_secs(1_000);
        let mut server = Server::with_customers(conversations);
        server.now = at(now);
        let pushes = Pushes::after(&server);
        let clock = Now { wall: at(now), mono: now };
        let devices = vec![
            Device::new(0, ANA, false, clock),
            Device::new(1, ANA, true, clock),
            Device::new(2, BEN, false, clock),
        ];
        let mut world = Self {
            now,
            server,
            backup: None,
            pushes,
            devices,
            sessions: BTreeMap::new(),
            sent: BTreeMap::new(),
            queue: BTreeMap::new(),
            count: 0,
            flaky: 0,
            are_pushes_late: true,
            valid: 1,
            void_below: 0,
            past: Vec::new(),
            judge: Judge::default(),
            heat: 0,
            dice: Dice::new(seed),
            tapped: 0,
            woken: Default::default(),
        };
        (0..DEVICES).for_each(|d| world.starts(d));
        world
    }

    pub(super) fn clock(&self) -> Now {
        Now { wall: at(self.now), mono: self.now }
    }

    pub(super) fn dice(&mut self, sides: u64) -> u64 {
        self.dice.below_u64(sides)
    }

    pub(super) fn later(&mut self, after: Duration, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.now + after, self.count), happening);
    }

    /// What goes over one socket stays in order.
    pub(super) fn soon(&mut self, happening: Happening) {
        self.later(ms(20), happening);
    }

    // The phone.

    /// The process begins.
    pub(super) fn starts(&mut self, d: usize) {
        if self.devices[d].is_up {
            self.tell(d, Input::NetworkUp);
        }
        if self.devices[d].is_foreground {
            self.comes_forward(d);
        }
    }

    pub(super) fn comes_forward(&mut self, d: usize) {
        let now = self.clock();
        let device = &mut self.devices[d];
        (device.is_foreground, device.is_suspended) = (true, false);
        device.opens_files();
        if device.phone.take_over_drops(&device.drops, now).is_err() {
            device.alerted.clear();
            self.judge.meets("drops not taken over");
        }
        device.lists.touched(&Touched::everything());
        device.phone.enter_foreground(now);
        self.pump(d);
    }

    pub(super) fn goes_back(&mut self, d: usize) {
        let now = self.clock();
        let device = &mut self.devices[d];
        device.is_foreground = false;
        device.phone.enter_background(now.mono + ms(5_000), now);
        let life = device.life;
        self.later(ms(2_000), Happening::Closes(d, life));
        self.pump(d);
    }

    pub(super) fn is_killed(&mut self, d: usize) {
        let (now, life) = (self.clock(), self.devices[d].life);
        let wires: Vec<_> = self.sessions.keys().filter(|w| (w.0, w.1) == (d, life)).collect();
        for wire in wires.into_iter().copied().collect::<Vec<_>>() {
            self.soon(Happening::Hangs(wire));
        }
        let items = self.devices[d].is_killed(now);
        self.judge.died(d, &items);
        self.starts(d);
    }

    /// The same agent signs in again.
    pub(super) fn signs_in(&mut self, d: usize) {
        let now = self.clock();
        self.devices[d].given = self.valid;
        self.devices[d].opens_files();
        let items = self.devices[d].items();
        self.devices[d].begins(now);
        self.judge.died(d, &items);
        self.starts(d);
    }

    /// Tells a phone something, and does what it says.
    pub(super) fn tell(&mut self, d: usize, input: Input) {
        let now = self.clock();
        self.devices[d].phone.hear(input, now);
        self.pump(d);
    }

    /// Does what the phone says until it says nothing more, or dies.
    pub(super) fn pump(&mut self, d: usize) {
        loop {
            let device = &mut self.devices[d];
            let Some(effect) = device.phone.poll_effect() else { break };
            match &mut device.dies_after {
                Some(0) => {
                    self.judge.meets("killed before it could tell");
                    return self.is_killed(d);
                }
                Some(left) => *left -= 1,
                None => {}
            }
            self.perform(d, effect);
        }
        let now = self.now;
        let device = &mut self.devices[d];
        if device.is_foreground && device.is_open {
            device.lists.show(&device.phone, now);
            if self.dice(16) == 0 {
                self.devices[d].lists.are_fresh(&self.devices[d].phone);
            }
        }
        self.holds(d);
    }

    /// What is so after whatever happened.
    fn holds(&self, d: usize) {
        let device = &self.devices[d];
        let may = device.is_up && device.is_foreground;
        let state = device.phone.state();
        assert!(may || device.sockets.is_empty(), "a socket is open: {state:?}");
        assert!(device.sockets.len() <= 1, "two sockets");
        assert!(state != State::Live || may, "live without a network");
    }

    fn perform(&mut self, d: usize, effect: Effect) {
        let (life, given) = (self.devices[d].life, self.devices[d].given);
        let wait = ms(10 + self.dice(200));
        match effect {
            Effect::OpenSocket(socket) => {
                let device = &mut self.devices[d];
                assert!(device.is_up && device.is_foreground, "a try nobody waits for");
                device.sockets.insert(socket);
                self.soon(Happening::Knocks((d, life, socket)));
            }
            Effect::CloseSocket(socket, _) => {
                assert!(self.devices[d].sockets.remove(&socket), "it was not open");
                self.soon(Happening::Hangs((d, life, socket)));
            }
            Effect::Send(socket, frame) => self.sends((d, life, socket), frame),
            Effect::Ping(socket) => {
                if self.sessions.contains_key(&(d, life, socket)) {
                    self.soon(Happening::Told(d, life, Input::Heard(socket)));
                }
            }
            Effect::Fetch(ticket, query) => {
                assert!(self.devices[d].is_up, "{query:?} without a network");
                self.devices[d].asked.insert(ticket);
                self.later(wait, Happening::Asks(d, life, ticket, query, given));
            }
            Effect::Abandon(ticket) => drop(self.devices[d].asked.remove(&ticket)),
            Effect::RefreshToken => self.soon(Happening::Refreshes(d, life)),
            Effect::Commands { request, commands } => {
                commands.iter().for_each(|command| self.leaves(d, command));
                self.judge.meets("commands over HTTP");
                self.later(
                    wait,
                    Happening::Posts(d, life, request, Post::Commands(commands), given),
                );
            }
            Effect::Outcomes { request, op_ids } => {
                self.later(wait, Happening::Posts(d, life, request, Post::Outcomes(op_ids), given));
            }
            Effect::Upload { request, step } => {
                let part = self.devices[d].reads(&step);
                self.later(wait, Happening::Uploads(d, life, request, (step, part), given));
            }
            Effect::EndUpload(upload) => {
                let agent = self.devices[d].agent();
                self.server.end_upload(agent, upload);
            }
            Effect::Receipts { request, .. } => {
                self.later(wait, Happening::Receipts(d, life, request));
            }
            Effect::Outbox(changes) => self.judge.hears(d, &changes),
            Effect::Touched(touched) => self.devices[d].lists.touched(&touched),
            Effect::Pushed { outcome, delivery, .. } => {
                self.is_decided(d, &outcome);
                self.is_told(d, delivery);
            }
            Effect::Notifications { withdraw, update, delivery } => {
                self.devices[d].screen.retain(|tag, _| !withdraw.contains(tag));
                update.iter().for_each(|shown| self.devices[d].draws(shown));
                self.is_told(d, delivery);
            }
            Effect::StoreFailed(_) => self.judge.meets("the store failed"),
            Effect::Suspend { .. } => self.devices[d].is_suspended = true,
            Effect::LeaseLost { .. } => self.judge.meets("lease lost"),
            Effect::State(_) | Effect::People | Effect::Settings => {}
            Effect::EndSession | Effect::Wipe => panic!("nobody signed out"),
        }
    }

    fn sends(&mut self, wire: Wire, frame: ClientFrame) {
        match frame {
            ClientFrame::Hello(hello) => self.soon(Happening::Greets(wire, hello)),
            ClientFrame::Command { ref command } => {
                self.leaves(wire.0, command);
                self.soon(Happening::Says(wire, frame));
            }
            ClientFrame::Compose(_) => self.soon(Happening::Says(wire, frame)),
            ClientFrame::View(_)
            | ClientFrame::Draft(_)
            | ClientFrame::Presence(_)
            | ClientFrame::Ack(_) => {}
        }
    }

    /// A command is handed to the network.
    fn leaves(&mut self, d: usize, command: &Command) {
        let item = self.devices[d].item(command.op_id);
        self.judge.sent(d, command, item);
    }

    /// The app took what it was told of its screen.
    fn is_told(&mut self, d: usize, delivery: u64) {
        let now = self.clock();
        self.devices[d].phone.end_delivery(delivery, true, now);
    }

    /// A push is decided.
    fn is_decided(&mut self, d: usize, outcome: &Outcome) {
        let device = &mut self.devices[d];
        if let Some(shown) = outcome.verdict.notification() {
            device.draws(shown);
            // What was hidden by what is over comes back, without a sound.
            let push = shown.push.filter(|_| shown.alerts);
            let is_new = push.is_none_or(|push| device.alerted.insert(push));
            assert!(is_new, "shown twice: {shown:?}");
            self.judge.meets("push shown");
        }
        let device = &mut self.devices[d];
        if let crate::push::Verdict::Withdraw(tag) = &outcome.verdict {
            device.screen.remove(tag);
        }
        device.screen.retain(|tag, _| !outcome.withdraw.contains(tag));
        outcome.update.iter().for_each(|shown| device.draws(shown));
        if !device.is_foreground {
            let life = device.life;
            self.later(ms(2_000), Happening::Closes(d, life));
        }
    }

    // Time.

    /// Lets time pass.
    pub(super) fn runs(&mut self, time: Duration) {
        let end = self.now + time;
        while self.steps(end) {}
        self.passes_to(end);
    }

    fn passes_to(&mut self, at_time: Duration) {
        if at_time > self.now {
            (self.now, self.heat) = (at_time, 0);
            self.server.now = at(at_time);
        }
    }

    /// The next thing that happens before this time; whether there was one.
    pub(super) fn steps(&mut self, end: Duration) -> bool {
        let now = self.clock();
        let timers = self.devices.iter().enumerate().filter_map(|(d, device)| {
            let lists = device.lists.poll_timeout().filter(|_| device.is_foreground);
            let lists = lists.map(|at| (at, "to show".to_owned()));
            let phone = device.phone.poll_timeout(now).map(|(at, why)| (at, format!("{why:?}")));
            [phone, lists].into_iter().flatten().min().map(|(at, why)| (at, d, why))
        });
        let timer = timers.min();
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let is_timer = match (&timer, queued) {
            (Some((at, ..)), Some(queued)) => *at <= queued,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let Some(at) = (if is_timer { timer.as_ref().map(|one| one.0) } else { queued }) else {
            return false;
        };
        if at > end {
            return false;
        }
        self.passes_to(at);
        self.heat += 1;
        assert!(self.heat < HOT, "it runs hot: {timer:?}");
        match timer.filter(|_| is_timer) {
            Some((_, d, why)) => {
                let now = self.clock();
                *self.woken[d].entry((self.devices[d].place(), why)).or_default() += 1;
                self.devices[d].phone.tick(now);
                self.pump(d);
            }
            None => {
                if let Some((_, happening)) = self.queue.pop_first() {
                    self.comes(happening);
                }
            }
        }
        true
    }

    /// The gateway tells who composes.
    pub(super) fn tells_of_lease(&mut self, state: LeaseState) {
        for wire in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.frame(wire, ServerFrame::Lease(state));
        }
    }
}
