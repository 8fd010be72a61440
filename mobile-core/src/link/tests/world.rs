//! A phone, a network and a server in virtual time. Nothing waits: the next thing that happens is
//! the next thing that happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::frame::{ClientFrame, Hello, ServerFrame, Timings};

use super::disk::Disk;
use super::model::{DEVICE, Model};
use crate::link::{
    Input, Link, LinkAction, Listing, Opened, Query, SocketId, State, Ticket, TimeoutReason, Token,
};

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// How the server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    Up,
    /// Nobody answers.
    Down,
    /// Connections open, and nothing is said.
    Hung,
}

/// Something on its way.
#[derive(Debug)]
pub(super) enum Happening {
    /// To the phone of this life.
    Told(u32, Input),
    /// To the server.
    Asks(u32, Ticket, Query, u64),
    Greets(SocketId, Hello),
    Refreshes(u32),
    Knocks(u32, SocketId),
    /// An idle connection hears something.
    Idles(SocketId),
}

/// When a phone dies next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Death {
    /// With what the next commit would have made last.
    BeforeCommit,
    /// Right after the next commit, before anybody hears of it.
    AfterCommit,
}

/// See the head of the file.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Duration,
    pub(super) link: Link,
    pub(super) disk: Disk,
    pub(super) server: Model,
    /// The server as it was, for what is read a little late.
    pub(super) earlier: Option<Box<Model>>,
    pub(super) health: Health,
    pub(super) is_up: bool,
    pub(super) is_foreground: bool,
    pub(super) is_waking: bool,
    /// Percent of requests that fail.
    pub(super) flaky: u64,
    pub(super) death: Option<Death>,
    /// The next frame of events is lost.
    pub(super) loses_events: bool,
    /// Sockets at the server, and how far each was told.
    pub(super) sessions: BTreeMap<SocketId, u64>,
    /// Sockets that the phone believes it has.
    pub(super) sockets: BTreeSet<SocketId>,
    /// What the phone asked and still waits for.
    pub(super) asked: BTreeSet<Ticket>,
    /// What was sent since the last welcome, for what is told twice.
    pub(super) sent: Vec<ServerFrame>,
    /// The token that the server accepts, and the one that the phone has.
    pub(super) valid: u64,
    pub(super) given: u64,
    pub(super) queue: BTreeMap<(Duration, u64), Happening>,
    pub(super) count: u64,
    pub(super) life: u32,
    /// Inputs at this instant.
    pub(super) heat: u32,
    random: u64,
    /// When sockets were opened.
    pub(super) opens: Vec<Duration>,
    pub(super) refreshes: u32,
    /// When the last token was asked for or given.
    pub(super) refreshed_at: Duration,
    pub(super) told: Vec<State>,
    pub(super) pages: u32,
    pub(super) commits: u32,
    pub(super) reasons: BTreeSet<TimeoutReason>,
}

pub(super) const TIMINGS: Timings = Timings {
    lease_ttl_ms: 12_000,
    lease_keep_ms: 4_000,
    idle_ms: 30_000,
    silent_ms: 75_000,
    being_answered_max_ms: 60_000,
};

impl World {
    /// A phone that is signed in, in the foreground and on line; nothing has happened.
    pub(super) fn new(seed: u64) -> Self {
        let mut world = Self {
            now: Duration::from_secs(1_000),
            link: Link::new(seed),
            disk: Disk::default(),
            server: Model::new(0xE0),
            earlier: None,
            health: Health::Up,
            is_up: true,
            is_foreground: true,
            is_waking: false,
            flaky: 0,
            death: None,
            loses_events: false,
            sessions: BTreeMap::new(),
            sockets: BTreeSet::new(),
            asked: BTreeSet::new(),
            sent: Vec::new(),
            valid: 1,
            given: 1,
            queue: BTreeMap::new(),
            count: 0,
            life: 0,
            heat: 0,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            opens: Vec::new(),
            refreshes: 0,
            refreshed_at: Duration::ZERO,
            told: Vec::new(),
            pages: 0,
            commits: 0,
            reasons: BTreeSet::new(),
        };
        world.starts();
        world
    }

    pub(super) fn dice(&mut self, sides: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % sides
    }

    pub(super) fn later(&mut self, after: Duration, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.now + after, self.count), happening);
    }

    pub(super) fn soon(&mut self, happening: Happening) {
        // Each frame and request its own time; what comes over one socket stays in order.
        self.later(ms(20), happening);
    }

    /// The process begins.
    fn starts(&mut self) {
        let token = Token { text: self.given.to_string(), good_until: Duration::MAX };
        let progress = self.disk.progress.clone();
        let opened = Opened { token, device_id: DEVICE, progress };
        self.tell(Input::Opened(Box::new(opened)));
        if self.is_up {
            self.tell(Input::NetworkUp);
        }
        if self.is_foreground {
            self.tell(Input::Foreground);
        }
    }

    /// The process ends, between two instructions, and begins again.
    pub(super) fn is_killed(&mut self) {
        self.tries_were_few();
        self.opens.clear();
        self.death = None;
        self.disk.roll_back();
        self.life += 1;
        self.is_waking = false;
        self.sockets.clear();
        self.sessions.clear();
        self.asked.clear();
        let seed = self.dice(u64::MAX);
        self.link = Link::new(seed);
        self.starts();
    }

    /// However it went: kicks, tries at once, and what the backoff makes of half a minute.
    pub(super) fn tries_were_few(&self) {
        let most = 15 + 3 + 10;
        for (n, at) in self.opens.iter().enumerate() {
            let later = self.opens.get(n + most);
            assert!(later.is_none_or(|later| *later - *at > ms(30_000)), "{:?}", self.opens);
        }
    }

    /// Tells the phone something, and does what it says.
    pub(super) fn tell(&mut self, input: Input) {
        let turn = self.link.handle(input, self.now, &mut self.disk);
        if turn.error.is_some() {
            self.disk.roll_back();
            let commits = |effect: &LinkAction| matches!(effect, LinkAction::Commit(_));
            assert!(!turn.effects.iter().any(commits), "a failed turn is committed");
        }
        self.perform(turn.effects);
        assert!(self.disk.is_clean(), "something was written and not committed");
        self.holds();
    }

    /// What is so after whatever happened.
    fn holds(&self) {
        let may = self.is_up && self.is_foreground;
        assert!(may || self.sockets.is_empty(), "a socket is open: {:?}", self.link.state());
        assert!(self.sockets.len() <= 1, "two sockets");
        assert!(
            may || self.is_waking || self.asked.is_empty(),
            "requests go on: {:?}",
            self.link.state()
        );
        if !self.is_foreground && !self.is_waking {
            assert_eq!(self.link.poll_timeout(), None, "a timer in the background");
        }
        let is_live = self.link.state() == State::Live;
        assert!(!is_live || may, "live without a network");
    }

    fn perform(&mut self, effects: Vec<LinkAction>) {
        let (mut kept, mut is_stored) = (None, true);
        for effect in effects {
            match effect {
                LinkAction::Keep(Listing::Agents(agents)) => kept = Some(agents),
                LinkAction::Keep(Listing::Teams(_) | Listing::Channels(_)) => {}
                LinkAction::Commit(progress) => {
                    if self.death == Some(Death::BeforeCommit) {
                        return self.is_killed();
                    }
                    let kept = kept.take();
                    if self.disk.commit(&progress).is_err() {
                        self.disk.roll_back();
                        is_stored = false;
                        continue;
                    }
                    self.commits += 1;
                    self.disk.agents = kept.unwrap_or(std::mem::take(&mut self.disk.agents));
                    if self.death == Some(Death::AfterCommit) {
                        return self.is_killed();
                    }
                }
                LinkAction::OpenSocket(_)
                | LinkAction::CloseSocket(..)
                | LinkAction::Ping(_)
                | LinkAction::Send(..)
                | LinkAction::Fetch(..)
                | LinkAction::Abandon(_)
                | LinkAction::RefreshToken
                | LinkAction::Welcomed(_)
                | LinkAction::PassOn(_)
                | LinkAction::Tell(_)
                | LinkAction::WakeDone
                | LinkAction::Suspend { .. }
                | LinkAction::EndSession
                | LinkAction::Wipe => self.act(effect),
            }
        }
        assert!(kept.is_none(), "a list is kept without a commit");
        if !is_stored {
            let effects = self.link.handle_store_failure(self.now);
            self.perform(effects);
        }
    }

    fn act(&mut self, effect: LinkAction) {
        let may = self.is_up && self.is_foreground;
        match effect {
            LinkAction::OpenSocket(socket) => {
                assert!(may, "a try without network or in the background");
                self.opens.push(self.now);
                self.sockets.insert(socket);
                self.soon(Happening::Knocks(self.life, socket));
            }
            LinkAction::CloseSocket(socket, _) => {
                assert!(self.sockets.remove(&socket), "it was not open");
                self.sessions.remove(&socket);
            }
            LinkAction::Send(socket, ClientFrame::Hello(hello)) => {
                self.soon(Happening::Greets(socket, hello));
            }
            LinkAction::Ping(socket) if self.sessions.contains_key(&socket) => {
                let pong = Input::Heard(socket);
                self.soon(Happening::Told(self.life, pong));
            }
            LinkAction::Fetch(ticket, query) => {
                assert!(self.is_up && (self.is_foreground || self.is_waking), "{query:?}");
                self.asked.insert(ticket);
                self.pages += u32::from(matches!(query, Query::Snapshot { .. }));
                let after = ms(10 + self.dice(200));
                self.later(after, Happening::Asks(self.life, ticket, query, self.given));
            }
            LinkAction::Abandon(ticket) => drop(self.asked.remove(&ticket)),
            LinkAction::RefreshToken => {
                assert!(self.is_up && (self.is_foreground || self.is_waking), "a refresh");
                self.refreshes += 1;
                self.refreshed_at = self.now;
                self.soon(Happening::Refreshes(self.life));
            }
            LinkAction::WakeDone => self.is_waking = false,
            LinkAction::Tell(state) => self.told.push(state),
            LinkAction::Send(..)
            | LinkAction::Ping(_)
            | LinkAction::Welcomed(_)
            | LinkAction::PassOn(_)
            | LinkAction::Suspend { .. }
            | LinkAction::EndSession
            | LinkAction::Wipe
            | LinkAction::Keep(_)
            | LinkAction::Commit(_) => {}
        }
    }
}
