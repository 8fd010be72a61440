//! What happens on the way between the phone and the server, and at the server.

use std::time::Duration;

use baton_protocol::frame::{Hello, ServerFrame, close};

use super::model::Deed;
use super::world::{Happening, Health, TIMINGS, World, ms};
use crate::link::{Failure, Fetched, Input, Query, SocketId, State, Token};

/// Inputs at one instant that would be a machine running hot.
const HOT: u32 = 2_000;

impl World {
    /// Lets time pass.
    pub(super) fn runs(&mut self, time: Duration) {
        let end = self.now + time;
        while self.steps(end) {}
        self.now = end;
    }

    /// Lets time pass until the phone holds everything; gives how long that took.
    pub(super) fn runs_until_whole(&mut self, most: Duration) -> Option<Duration> {
        let (began, end) = (self.now, self.now + most);
        while !self.is_whole() {
            if !self.steps(end) {
                return None;
            }
        }
        Some(self.now - began)
    }

    /// Live, at the head, and nothing is lacking.
    pub(super) fn is_whole(&self) -> bool {
        let mirror = self.link.mirror();
        self.link.state() == State::Live
            && mirror.cursor == Some(self.server.cursor())
            && mirror.wanted().next().is_none()
            && mirror.lists() == baton_domain::mirror::Lists::default()
    }

    /// The next thing that happens before this time; whether there was one.
    fn steps(&mut self, end: Duration) -> bool {
        let timer = self.link.poll_timeout();
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let is_timer = match (timer, queued) {
            (Some((at, _)), Some(queued)) => at <= queued,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let Some(at) = (if is_timer { timer.map(|(at, _)| at) } else { queued }) else {
            return false;
        };
        if at > end {
            return false;
        }
        if at > self.now {
            (self.now, self.heat) = (at, 0);
        }
        self.heat += 1;
        assert!(self.heat < HOT, "it runs hot: {timer:?} {:?}", self.link);
        if let (true, Some((_, reason))) = (is_timer, timer) {
            self.reasons.insert(reason);
            self.tell(Input::Tick);
            let next = self.link.poll_timeout();
            assert!(next.is_none_or(|(next, _)| next > self.now), "{reason:?} again: {next:?}");
        } else if let Some((_, happening)) = self.queue.pop_first() {
            self.comes(happening);
        }
        true
    }

    fn comes(&mut self, happening: Happening) {
        match happening {
            Happening::Told(life, input) => {
                if life == self.life && self.is_up {
                    self.arrives(input);
                }
            }
            Happening::Knocks(life, socket) => {
                if life == self.life && self.sockets.contains(&socket) {
                    self.knocks(socket);
                }
            }
            Happening::Greets(socket, hello) => {
                if self.sockets.contains(&socket) {
                    self.greets(socket, &hello);
                }
            }
            Happening::Idles(socket) => {
                if let Some(told) = self.sessions.get(&socket).copied() {
                    if self.health == Health::Up {
                        let (after, events) = (told, Vec::new());
                        self.sends(socket, ServerFrame::Events { after, upto: told, events });
                    }
                    self.later(ms(TIMINGS.idle_ms), Happening::Idles(socket));
                }
            }
            Happening::Asks(life, ticket, query, token) => {
                if self.health == Health::Hung || life != self.life {
                    return;
                }
                let answer = self.answers(&query, token);
                let after = ms(10 + self.dice(300));
                self.later(after, Happening::Told(life, Input::Answered(ticket, answer)));
            }
            Happening::Refreshes(life) => {
                if self.health == Health::Hung || life != self.life {
                    return;
                }
                let answer = match self.health {
                    Health::Up => {
                        Ok(Token { text: self.valid.to_string(), good_until: Duration::MAX })
                    }
                    Health::Down | Health::Hung => Err(Failure::Unreachable),
                };
                self.soon(Happening::Told(life, Input::Refreshed(answer)));
            }
        }
    }

    fn arrives(&mut self, input: Input) {
        if let Input::SocketClosed(socket, _) | Input::SocketFailed(socket, _) = &input {
            self.sessions.remove(socket);
            if !self.sockets.remove(socket) {
                return;
            }
        }
        if let Input::Answered(ticket, _) = &input {
            self.asked.remove(ticket);
        }
        if let Input::Refreshed(Ok(token)) = &input {
            self.given = token.text.parse().unwrap();
            self.refreshed_at = self.now;
        }
        self.tell(input);
    }

    fn knocks(&mut self, socket: SocketId) {
        let input = match self.health {
            Health::Up | Health::Hung => Input::SocketOpened(socket),
            Health::Down => Input::SocketFailed(socket, Failure::Unreachable),
        };
        self.soon(Happening::Told(self.life, input));
    }

    fn greets(&mut self, socket: SocketId, hello: &Hello) {
        match self.health {
            Health::Hung => {}
            Health::Down => self.closes(socket, None),
            Health::Up if hello.token != Some(self.valid.to_string()) => {
                self.closes(socket, Some((close::SIGN_IN_AGAIN, "sign in again")));
            }
            Health::Up => {
                self.sent.clear();
                self.sessions.insert(socket, self.server.head());
                for frame in self.server.welcome(hello.cursor, TIMINGS) {
                    self.sends(socket, frame);
                }
                self.later(ms(TIMINGS.idle_ms), Happening::Idles(socket));
            }
        }
    }

    fn sends(&mut self, socket: SocketId, frame: ServerFrame) {
        if matches!(frame, ServerFrame::Events { .. }) && std::mem::take(&mut self.loses_events) {
            return;
        }
        self.sent.push(frame.clone());
        self.soon(Happening::Told(self.life, Input::Frame(socket, Box::new(frame))));
    }

    fn closes(&mut self, socket: SocketId, why: Option<(u16, &str)>) {
        self.sessions.remove(&socket);
        let why = why.map(|(code, reason)| (code, reason.to_owned()));
        self.soon(Happening::Told(self.life, Input::SocketClosed(socket, why)));
    }

    /// The gateway tells whoever is connected.
    pub(super) fn tells(&mut self) {
        if self.health != Health::Up {
            return;
        }
        let head = self.server.head();
        for (socket, told) in self.sessions.clone() {
            if told < head {
                self.sessions.insert(socket, head);
                for frame in self.server.frames(told) {
                    self.sends(socket, frame);
                }
            }
        }
    }

    /// Something happens in the team, and is told at once or with what comes next.
    pub(super) fn happens(&mut self, deed: Deed, is_told: bool) {
        self.server.happens(deed);
        if is_told {
            self.tells();
        }
    }

    fn answers(&mut self, query: &Query, token: u64) -> Result<Fetched, Failure> {
        let refused = |status, code: Option<&str>, retry_after_ms| {
            let code = code.map(str::to_owned);
            Err(Failure::Refused { status, code, retry_after_ms })
        };
        if self.health != Health::Up {
            return Err(Failure::Unreachable);
        }
        if self.dice(100) < self.flaky {
            return match self.dice(4) {
                0 => refused(503, Some("unavailable"), Some(1_500)),
                // A portal in the way.
                1 => refused(404, None, None),
                2 => Err(Failure::Unreadable),
                _ => Err(Failure::Unreachable),
            };
        }
        if token != self.valid {
            return refused(401, Some("unauthenticated"), None);
        }
        let earlier = self.earlier.as_deref().filter(|e| e.epoch == self.server.epoch);
        match query {
            Query::Snapshot { page, .. } => {
                // Later pages are read where the first was, or after that.
                let from = earlier.filter(|_| page.is_none()).unwrap_or(&self.server);
                match from.page(page.as_deref()) {
                    Some(page) => Ok(Fetched::Page(page)),
                    None => refused(400, Some("invalid"), None),
                }
            }
            Query::Conversation(id) => {
                let found = earlier.and_then(|earlier| earlier.snapshot(*id));
                let present = self.server.snapshot(*id);
                match (present, found) {
                    (Some(_), Some(found)) => Ok(Fetched::Conversation(Box::new(found))),
                    (Some(present), None) => Ok(Fetched::Conversation(Box::new(present))),
                    (None, _) => refused(404, Some("not_found"), None),
                }
            }
            Query::Agents => Ok(Fetched::Agents(self.server.agents())),
            Query::Teams => Ok(Fetched::Teams(Vec::new())),
            Query::Channels => Ok(Fetched::Channels(Vec::new())),
            Query::Sync(cursor) => Ok(Fetched::Sync(self.server.sync(*cursor))),
        }
    }

    /// The connection breaks: the phone hears of it, or not.
    pub(super) fn is_cut(&mut self, is_told: bool) {
        for socket in self.sockets.clone() {
            self.sessions.remove(&socket);
            let is_of = |happening: &Happening| {
                let Happening::Told(_, Input::Frame(of, _)) = happening else { return false };
                *of == socket
            };
            self.queue.retain(|_, happening| !is_of(happening));
            if is_told {
                self.closes(socket, None);
            }
        }
    }

    /// The server ends all connections with this.
    pub(super) fn closes_all(&mut self, code: u16, reason: &str) {
        for socket in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.closes(socket, Some((code, reason)));
        }
    }

    /// Something that was sent before is sent again.
    pub(super) fn repeats(&mut self, n: usize) {
        let said: Vec<_> = self.sent.iter().skip(1).cloned().collect();
        let Some(socket) = self.sessions.keys().next().copied() else { return };
        if let Some(frame) = said.len().checked_sub(1 + n % said.len().max(1)) {
            self.sends(socket, said[frame].clone());
        }
    }

    pub(super) fn goes_down(&mut self) {
        self.health = Health::Down;
        for socket in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.closes(socket, None);
        }
    }

    pub(super) fn comes_up(&mut self) {
        self.health = Health::Up;
        self.tells();
    }

    pub(super) fn network(&mut self, is_up: bool) {
        self.is_up = is_up;
        if !is_up {
            self.sessions.clear();
        }
        self.tell(if is_up { Input::NetworkUp } else { Input::NetworkDown });
    }

    pub(super) fn looks(&mut self, is_foreground: bool) {
        self.is_foreground = is_foreground;
        match is_foreground {
            true => {
                self.is_waking = false;
                self.tell(Input::Foreground);
            }
            false => {
                let deadline = self.now + ms(5_000);
                self.tell(Input::Background { deadline });
            }
        }
    }

    pub(super) fn is_woken(&mut self, within: Duration) {
        self.is_waking = true;
        let deadline = self.now + within;
        self.tell(Input::PushWoke { deadline });
    }
}
