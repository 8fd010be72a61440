//! A link by itself: what a test tells it, and what it says.

use std::time::Duration;

use baton_domain::see::mirror::{InMemory, Progress};
use baton_model::team::ANA;
use baton_model::{Server, TIMINGS};
use baton_protocol::frame::{ClientFrame, ResetReason, ServerFrame, Timings};
use baton_protocol::page::SnapshotAnswer;
use baton_protocol::{Cursor, DeviceId, Epoch, Timestamp};
use uuid::Uuid;

use crate::link::{
    Failure, Fetched, Input, Link, LinkAction, Opened, Query, SocketId, State, Ticket, Token,
};

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xD));
pub(super) const EPOCH: Epoch = Epoch(Uuid::from_u128(0xE1));

/// A link and what it keeps and says.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) link: Link,
    pub(super) held: InMemory,
    pub(super) progress: Progress,
    pub(super) now: Duration,
    /// All that it said.
    pub(super) said: Vec<(Duration, LinkAction)>,
    answered: Vec<Ticket>,
}

impl Bench {
    /// Signed in, with a network, somebody looks: the first socket opens.
    pub(super) fn new(seed: u64) -> Self {
        let mut bench = Self {
            link: Link::new(seed),
            held: InMemory::new(),
            progress: Progress::default(),
            now: Duration::from_secs(500),
            said: Vec::new(),
            answered: Vec::new(),
        };
        bench.opens(Duration::MAX);
        bench.tell(Input::NetworkUp);
        bench.tell(Input::Foreground);
        bench
    }

    pub(super) fn opens(&mut self, good_until: Duration) {
        let token = Token { text: "first".to_owned(), good_until };
        let progress = self.progress.clone();
        self.tell(Input::Opened(Box::new(Opened { token, device_id: DEVICE, progress })));
    }

    /// On line, with everything there is: nothing.
    pub(super) fn live(seed: u64) -> Self {
        let mut bench = Self::new(seed);
        bench.joins(0);
        bench.takes_all();
        assert_eq!(bench.link.state(), State::Live);
        bench
    }

    /// On line, with everything that a server has for Ana.
    pub(super) fn served(server: &Server) -> Self {
        let mut bench = Self::new(1);
        bench.greets();
        for frame in server.welcome(ANA, None) {
            bench.hears(frame);
        }
        bench.is_answered(server);
        assert_eq!(bench.link.state(), State::Live);
        bench
    }

    pub(super) fn tell(&mut self, input: Input) -> Vec<LinkAction> {
        let turn = self.link.handle(input, self.now, &mut self.held);
        assert!(turn.error.is_none());
        for effect in &turn.effects {
            if let LinkAction::Commit(progress) = effect {
                self.progress = (**progress).clone();
            }
            self.said.push((self.now, effect.clone()));
        }
        turn.effects
    }

    /// Time passes, and the link is woken when it wants to be.
    pub(super) fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some((at, _)) = self.link.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = at.max(self.now);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    /// Time passes until a socket opens.
    pub(super) fn comes_to_a_try(&mut self) {
        while self.link.state() != State::Connecting {
            let (at, _) = self.link.poll_timeout().expect("a try to come");
            self.passes(at.saturating_sub(self.now));
        }
    }

    /// The socket that is open or opening.
    pub(super) fn socket(&self) -> SocketId {
        let opened = self.said.iter().rev().find_map(|(_, effect)| {
            if let LinkAction::OpenSocket(socket) = effect { Some(*socket) } else { None }
        });
        opened.expect("a socket")
    }

    /// When sockets were opened.
    pub(super) fn tries(&self) -> Vec<Duration> {
        let opens =
            |(_, effect): &&(Duration, LinkAction)| matches!(effect, LinkAction::OpenSocket(_));
        self.said.iter().filter(opens).map(|(at, _)| *at).collect()
    }

    pub(super) fn count(&self, fits: impl Fn(&LinkAction) -> bool) -> usize {
        self.said.iter().filter(|(_, effect)| fits(effect)).count()
    }

    /// The requests under way.
    pub(super) fn asked(&self) -> Vec<(Ticket, Query)> {
        let mut asked = Vec::new();
        for (_, effect) in &self.said {
            if let LinkAction::Fetch(ticket, query) = effect {
                asked.push((*ticket, query.clone()));
            } else if let LinkAction::Abandon(ticket) = effect {
                asked.retain(|(known, _)| known != ticket);
            }
        }
        asked.retain(|(ticket, _)| !self.answered.contains(ticket));
        asked
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: Result<Fetched, Failure>) {
        self.answered.push(ticket);
        self.tell(Input::Answered(ticket, answer));
    }

    /// The handshake, the hello and the welcome; where there is no cursor, the reset.
    pub(super) fn joins(&mut self, upto: u64) {
        let socket = self.greets();
        self.tell(Input::Frame(socket, Box::new(welcome(upto, TIMINGS))));
        if self.link.mirror().cursor.is_none() {
            self.hears(reset(upto, 0));
        }
    }

    /// The handshake; gives the socket, and leaves the hello unanswered.
    pub(super) fn greets(&mut self) -> SocketId {
        let socket = self.socket();
        let said = self.tell(Input::SocketOpened(socket));
        let is_hello =
            |effect: &LinkAction| matches!(effect, LinkAction::Send(_, ClientFrame::Hello(_)));
        assert!(said.iter().any(is_hello), "{said:?}");
        socket
    }

    pub(super) fn hears(&mut self, frame: ServerFrame) -> Vec<LinkAction> {
        self.tell(Input::Frame(self.socket(), Box::new(frame)))
    }

    pub(super) fn is_closed(&mut self, code: u16, reason: &str) -> Vec<LinkAction> {
        self.tell(Input::SocketClosed(self.socket(), Some((code, reason.to_owned()))))
    }

    /// Every request is answered, and those that follow: there is nothing.
    pub(super) fn takes_all(&mut self) {
        while self.takes(|_| true) {}
    }

    /// The requests under way of this sort are answered: there is nothing. Says whether any was.
    pub(super) fn takes(&mut self, fits: impl Fn(&Query) -> bool) -> bool {
        let mut is_any = false;
        for (ticket, query) in self.asked() {
            if !fits(&query) {
                continue;
            }
            let answer = match query {
                Query::Snapshot { .. } => Fetched::Page(page(self.position(), None)),
                Query::Agents => Fetched::Agents(Vec::new()),
                Query::Teams => Fetched::Teams(Vec::new()),
                Query::Channels => Fetched::Channels(Vec::new()),
                Query::Settings { .. } => Fetched::Settings(Box::default()),
                Query::Conversation(_) | Query::Sync(_) => continue,
            };
            self.answer(ticket, Ok(answer));
            is_any = true;
        }
        is_any
    }

    /// The server answers every request, and those that follow.
    pub(super) fn is_answered(&mut self, server: &Server) {
        while let Some((ticket, query)) = self.asked().into_iter().next() {
            let page = |page: Option<String>| server.page(ANA, page.as_deref()).unwrap();
            let answer = match query {
                Query::Snapshot { page: token, .. } => Fetched::Page(page(token)),
                Query::Conversation(id) => {
                    Fetched::Conversation(Box::new(server.snapshot(ANA, id).unwrap()))
                }
                Query::Agents => Fetched::Agents(server.agents()),
                Query::Teams => Fetched::Teams(Vec::new()),
                Query::Channels => Fetched::Channels(Vec::new()),
                Query::Settings { .. } => Fetched::Settings(Box::default()),
                Query::Sync(cursor) => Fetched::Sync(server.sync(ANA, cursor)),
            };
            self.answer(ticket, Ok(answer));
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.link.mirror().cursor.map_or(0, |cursor| cursor.position)
    }
}

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn welcome(upto: u64, timings: Timings) -> ServerFrame {
    let (cursor, agent_id) = (Cursor { epoch: EPOCH, position: upto }, ANA);
    let server_time = Timestamp::default();
    ServerFrame::Welcome {
        cursor,
        epoch: EPOCH,
        agent_id,
        timings,
        server_time,
        facts: None,
        hears_idle: false,
    }
}

pub(super) fn reset(upto: u64, after_ms: u64) -> ServerFrame {
    ServerFrame::Reset { reason: ResetReason::NoCursor, upto, after_ms }
}

pub(super) fn nothing(after: u64, upto: u64) -> ServerFrame {
    ServerFrame::Events { after, upto, events: Vec::new() }
}

pub(super) fn page(upto: u64, next: Option<&str>) -> SnapshotAnswer {
    let cursor = Cursor { epoch: EPOCH, position: upto };
    SnapshotAnswer { cursor, conversations: Vec::new(), next: next.map(str::to_owned) }
}

pub(super) fn refused(status: u16, code: Option<&str>) -> Failure {
    Failure::Refused { status, code: code.map(str::to_owned), retry_after_ms: None }
}
