//! What happens on the way between the phones and the server, and at the server.

use std::time::Duration;

use baton_model::server::WORKSPACE;
use baton_model::{NotReceived, TIMINGS};
use baton_protocol::frame::{ClientFrame, Hello, LeaseState, ServerFrame, close};

use super::device::{at, keyring};
use super::pushes::fcm;
use super::world::{DEVICES, Happening, Post, Wire, World, ms};
use crate::link::{self, Input, Query, Token};
use crate::outbox::{Failure, UploadFailure, UploadStep};
use crate::phone::Unanswered;
use crate::push::drops::Drop as Left;
use crate::push::extension::{Keys, render};
use crate::push::payload::Push;
use crate::push::receipts::ReceiptAnswer;

/// What the platform gives a push.
pub(super) const PUSH_DEADLINE: Duration = Duration::from_secs(20);

/// What happens to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Luck {
    Good,
    /// Nothing of it leaves.
    NotSent,
    /// It does not arrive, and that is told or not.
    Lost {
        is_told: bool,
    },
    /// It arrives; its answer does not.
    AnswerLost {
        is_told: bool,
    },
    /// It arrives, and once more much later.
    Twice,
    /// Something on the way answers.
    Status(u16),
}

impl Luck {
    fn is_answered(self) -> bool {
        matches!(self, Self::Good | Self::Twice)
    }
}

impl World {
    pub(super) fn comes(&mut self, happening: Happening) {
        match happening {
            Happening::Told(d, life, input) => {
                let device = &self.devices[d];
                if life == device.life && device.is_up {
                    self.arrives(d, input);
                }
            }
            Happening::Knocks(wire) => self.knocks(wire),
            Happening::Greets(wire, hello) => self.greets(wire, &hello),
            Happening::Says(wire, frame) => self.says(wire, frame),
            Happening::Hangs(wire) => drop(self.sessions.remove(&wire)),
            Happening::Idles(wire) => {
                if let Some(told) = self.sessions.get(&wire).copied() {
                    let (after, events) = (told, Vec::new());
                    self.frame(wire, ServerFrame::Events { after, upto: told, events });
                    self.later(ms(TIMINGS.idle_ms), Happening::Idles(wire));
                }
            }
            Happening::Asks(d, life, ticket, query, token) => {
                let answer = self.answers(d, &query, token);
                let after = ms(10 + self.dice(300));
                self.later(after, Happening::Told(d, life, Input::Answered(ticket, answer)));
            }
            Happening::Posts(d, life, request, post, token) => {
                self.posts((d, life, request), post, token);
            }
            Happening::Uploads(d, life, request, step, token) => {
                self.uploads((d, life, request), step, token);
            }
            Happening::Uploaded(d, life, request, answer) => {
                let now = self.clock();
                if life == self.devices[d].life {
                    self.devices[d].phone.handle_upload_answer(request, answer, now);
                    self.pump(d);
                }
            }
            Happening::Refreshes(d, life) => self.refreshes(d, life),
            Happening::Receipts(d, life, request) => {
                let answer = match self.luck().is_answered() {
                    true => ReceiptAnswer::Taken,
                    false => ReceiptAnswer::Failed { after_ms: None },
                };
                self.soon(Happening::Receipted(d, life, request, answer));
            }
            Happening::Posted(d, life, request, answer) => {
                let now = self.clock();
                let device = &mut self.devices[d];
                let is_of_a_socket = matches!(answer, Ok(_) | Err((Failure::Http { .. }, _)));
                if life == device.life && (device.is_up || !is_of_a_socket) {
                    let answer = answer.map_err(|(failure, token)| (unanswered(failure), token));
                    device.phone.handle_command_answer(request, answer, now);
                    self.pump(d);
                }
            }
            Happening::Receipted(d, life, request, answer) => {
                let now = self.clock();
                if life == self.devices[d].life {
                    self.devices[d].phone.handle_receipt_answer(request, answer, now);
                    self.pump(d);
                }
            }
            Happening::Pushed(d, push) => self.push_comes(d, *push),
            Happening::Closes(d, life) => self.closes(d, life),
            Happening::Tells => self.tells(),
        }
    }

    fn arrives(&mut self, d: usize, input: Input) {
        let device = &mut self.devices[d];
        if let Input::SocketClosed(socket, _) | Input::SocketFailed(socket, _) = &input
            && !device.sockets.remove(socket)
        {
            return;
        }
        if let Input::Answered(ticket, _) = &input
            && !device.asked.remove(ticket)
        {
            return;
        }
        if let Input::Refreshed(Ok(token)) = &input {
            device.given = token.text.parse().unwrap();
        }
        self.tell(d, input);
    }

    // Sockets.

    fn knocks(&mut self, (d, life, socket): Wire) {
        let input = match self.dice(100) < self.flaky / 2 {
            false => Input::SocketOpened(socket),
            true => Input::SocketFailed(socket, link::Failure::Unreachable),
        };
        self.soon(Happening::Told(d, life, input));
    }

    fn greets(&mut self, wire: Wire, hello: &Hello) {
        if hello.token != Some(self.valid.to_string()) {
            return self.closes_socket(wire, Some((close::SIGN_IN_AGAIN, "sign in again")));
        }
        self.sent.insert(wire, Vec::new());
        self.sessions.insert(wire, self.server.head());
        let agent = self.devices[wire.0].agent();
        for frame in self.server.welcome(agent, hello.cursor) {
            self.frame(wire, frame);
        }
        self.later(ms(TIMINGS.idle_ms), Happening::Idles(wire));
    }

    /// A frame to a phone.
    pub(super) fn frame(&mut self, wire: Wire, frame: ServerFrame) {
        self.sent.entry(wire).or_default().push(frame.clone());
        let (d, life, socket) = wire;
        self.soon(Happening::Told(d, life, Input::Frame(socket, Box::new(frame))));
    }

    fn says(&mut self, wire: Wire, frame: ClientFrame) {
        if !self.sessions.contains_key(&wire) {
            return;
        }
        let account = self.devices[wire.0].account;
        let (agent, device) = (account.agent, account.device);
        if let ClientFrame::Command { command } = frame {
            let result = self.server.command(agent, device, &command);
            self.judge.looks(&self.server);
            // The log and the answer may overtake one another.
            let is_told_first = self.dice(2) == 0;
            if is_told_first {
                self.tells();
            }
            self.frame(wire, ServerFrame::CommandResult(Box::new(result)));
            self.goes_on();
        } else if let ClientFrame::Compose(compose) = frame {
            let of = compose.conversation_id;
            let holder = self.server.compose(agent, device, of, compose.action);
            self.tells_of_lease(LeaseState { conversation_id: of, holder });
        }
    }

    pub(super) fn closes_socket(&mut self, wire: Wire, why: Option<(u16, &str)>) {
        self.sessions.remove(&wire);
        let (d, life, socket) = wire;
        let why = why.map(|(code, reason)| (code, reason.to_owned()));
        self.soon(Happening::Told(d, life, Input::SocketClosed(socket, why)));
    }

    /// The connection breaks in the middle: some of what is on its way still arrives, on either
    /// side. The phone hears of it, or not.
    pub(super) fn is_cut(&mut self, d: usize, is_told: bool) {
        let life = self.devices[d].life;
        for socket in self.devices[d].sockets.iter().copied().collect::<Vec<_>>() {
            let wire = (d, life, socket);
            let (mut up, mut down) = (self.dice(3), self.dice(3));
            let arrives = |left: &mut u64| {
                let arrives = *left > 0;
                *left = left.saturating_sub(1);
                arrives
            };
            self.queue.retain(|_, happening| {
                if let Happening::Told(to, of, Input::Frame(on, _)) = happening
                    && (*to, *of, *on) == wire
                {
                    return arrives(&mut down);
                }
                let is_ours = matches!(
                    happening,
                    Happening::Says(of, _) | Happening::Greets(of, _) if *of == wire
                );
                !is_ours || arrives(&mut up)
            });
            self.soon(Happening::Hangs(wire));
            if is_told {
                self.soon(Happening::Told(d, life, Input::SocketClosed(socket, None)));
            }
        }
    }

    /// The gateway tells whoever is connected.
    pub(super) fn tells(&mut self) {
        let head = self.server.head();
        for (wire, told) in self.sessions.clone() {
            if told < head {
                self.sessions.insert(wire, head);
                let agent = self.devices[wire.0].agent();
                for frame in self.server.frames(agent, told) {
                    self.frame(wire, frame);
                }
            }
        }
    }

    /// Something was sent before and is sent again.
    pub(super) fn repeats(&mut self, d: usize, n: usize) {
        let life = self.devices[d].life;
        let wire = self.sessions.keys().find(|wire| (wire.0, wire.1) == (d, life)).copied();
        let Some(wire) = wire else { return };
        let said: Vec<_> = self.sent[&wire].iter().skip(1).cloned().collect();
        if let Some(frame) = n.checked_rem(said.len()) {
            self.frame(wire, said[frame].clone());
        }
    }

    /// Something happened at the server: it is told, at once or soon, and pushes leave.
    pub(super) fn goes_on(&mut self) {
        match self.dice(4) {
            0 => {
                let after = ms(self.dice(3_000));
                self.later(after, Happening::Tells);
            }
            _ => self.tells(),
        }
        for (agent, push) in self.take_pushes() {
            for d in 0..DEVICES {
                if self.devices[d].agent() == agent {
                    self.push_leaves(d, &push);
                }
            }
        }
    }

    // Requests.

    fn luck(&mut self) -> Luck {
        if self.dice(100) >= self.flaky {
            return Luck::Good;
        }
        let is_told = self.dice(2) == 0;
        match self.dice(8) {
            0 => Luck::NotSent,
            1 | 2 => Luck::Lost { is_told },
            3 | 4 => Luck::AnswerLost { is_told },
            5 => Luck::Twice,
            6 => Luck::Status(503),
            _ => Luck::Status([404, 408, 429, 500, 524][usize::try_from(self.dice(5)).unwrap()]),
        }
    }

    fn answers(
        &mut self,
        d: usize,
        query: &Query,
        token: u64,
    ) -> Result<link::Fetched, link::Failure> {
        use link::{Failure as F, Fetched as A};
        let refused = |status, code: Option<&str>| {
            let code = code.map(str::to_owned);
            Err(F::Refused { status, code, retry_after_ms: None })
        };
        match self.luck() {
            Luck::Good | Luck::Twice => {}
            Luck::Status(503) => return refused(503, Some("unavailable")),
            Luck::Status(status) => return refused(status, None),
            Luck::NotSent | Luck::Lost { .. } | Luck::AnswerLost { .. } => {
                return Err(F::Unreachable);
            }
        }
        if token != self.valid {
            return refused(401, Some("unauthenticated"));
        }
        let (agent, server) = (self.devices[d].agent(), &self.server);
        match query {
            Query::Snapshot { page, .. } => match server.page(agent, page.as_deref()) {
                Some(page) => Ok(A::Page(page)),
                None => refused(400, Some("invalid")),
            },
            Query::Conversation(id) => match server.snapshot(agent, *id) {
                Some(snapshot) => Ok(A::Conversation(Box::new(snapshot))),
                None => refused(404, Some("not_found")),
            },
            Query::Agents => Ok(A::Agents(server.agents())),
            Query::Teams => Ok(A::Teams(Vec::new())),
            Query::Channels => Ok(A::Channels(Vec::new())),
            Query::Settings { above } => {
                Ok(A::Settings(Box::new(server.settings_page(agent, *above))))
            }
            Query::Sync(cursor) => Ok(A::Sync(server.sync(agent, *cursor))),
        }
    }

    fn posts(&mut self, from: (usize, u32, u64), post: Post, token: u64) {
        let (d, life, request) = from;
        let luck = self.luck();
        let used = Token { text: token.to_string(), good_until: Duration::MAX };
        let failed = |failure| Happening::Posted(d, life, request, Err((failure, used.clone())));
        let status = |status| Failure::Http { status, retry_after: None };
        match luck {
            Luck::NotSent => return self.soon(failed(Failure::NotSent)),
            Luck::Lost { is_told: true } => return self.soon(failed(Failure::Lost)),
            Luck::Lost { is_told: false } => return,
            Luck::Status(code) => return self.soon(failed(status(code))),
            Luck::Good | Luck::AnswerLost { .. } | Luck::Twice => {}
        }
        if token != self.valid {
            return self.soon(failed(status(401)));
        }
        let account = self.devices[d].account;
        let results = match &post {
            Post::Commands(commands) => {
                let (agent, device) = (account.agent, account.device);
                commands.iter().map(|command| self.server.command(agent, device, command)).collect()
            }
            Post::Outcomes(op_ids) => self.server.outcomes(account.agent, op_ids),
        };
        self.judge.looks(&self.server);
        self.goes_on();
        let after = ms(10 + self.dice(300));
        match luck {
            Luck::AnswerLost { is_told: true } => self.later(after, failed(Failure::Lost)),
            Luck::AnswerLost { is_told: false } => {}
            Luck::Good | Luck::Twice | Luck::NotSent | Luck::Lost { .. } | Luck::Status(_) => {
                self.later(after, Happening::Posted(d, life, request, Ok(results)));
            }
        }
        if luck == Luck::Twice {
            self.judge.meets("a request twice");
            let again = ms(100 + self.dice(100_000));
            self.later(again, Happening::Posts(d, life, request, post, token));
        }
    }

    /// A step of an upload, in which anything may go wrong.
    fn uploads(
        &mut self,
        (d, life, request): (usize, u32, u64),
        (step, part): (UploadStep, Option<Vec<u8>>),
        token: u64,
    ) {
        let luck = self.luck();
        let used = Token { text: token.to_string(), good_until: Duration::MAX };
        let failed = |failure| {
            let (failure, said) = failure;
            Happening::Uploaded(d, life, request, Err((failure, Some((said, used.clone())))))
        };
        let unanswered = || (UploadFailure::Unanswered, link::Failure::Unreachable);
        match luck {
            Luck::NotSent | Luck::Lost { is_told: true } => return self.soon(failed(unanswered())),
            Luck::Lost { is_told: false } => return,
            Luck::Status(status) => return self.soon(failed(upload_refused(status, None))),
            Luck::Good | Luck::AnswerLost { .. } | Luck::Twice => {}
        }
        if token != self.valid {
            return self.soon(failed(upload_refused(401, Some("unauthenticated"))));
        }
        let agent = self.devices[d].agent();
        let taken = match step {
            UploadStep::Begin { conversation_id, new } => {
                Ok(self.server.begin_upload(agent, conversation_id, &new))
            }
            UploadStep::Look { upload } => {
                self.server.upload(agent, upload).ok_or(NotReceived::Unknown)
            }
            UploadStep::Piece { upload, from, .. } => {
                let piece = part.expect("a file that an act needs");
                self.server.receive(agent, upload, from, &piece)
            }
        };
        let after = ms(10 + self.dice(300));
        let heard = match (luck, taken) {
            (Luck::AnswerLost { is_told: false }, _) => return,
            (Luck::AnswerLost { is_told: true }, _) => failed(unanswered()),
            (_, Ok(upload)) => Happening::Uploaded(d, life, request, Ok(upload)),
            (_, Err(NotReceived::Unknown)) => failed(upload_refused(404, Some("not_found"))),
            (_, Err(NotReceived::Elsewhere)) => failed(upload_refused(409, Some("upload_from"))),
        };
        self.later(after, heard);
    }

    fn refreshes(&mut self, d: usize, life: u32) {
        let code = Some("unauthenticated".to_owned());
        let is_void = self.devices[d].given < self.void_below;
        let answer = match self.luck().is_answered() {
            _ if is_void => Err(link::Failure::Refused { status: 401, code, retry_after_ms: None }),
            true => Ok(Token { text: self.valid.to_string(), good_until: Duration::MAX }),
            false => Err(link::Failure::Unreachable),
        };
        self.soon(Happening::Told(d, life, Input::Refreshed(answer)));
    }

    // Pushes.

    fn push_leaves(&mut self, d: usize, push: &Push) {
        if self.past.len() < 200 {
            self.past.push((d, push.clone()));
        }
        let after = match self.dice(20) {
            // Lost.
            0 if self.are_pushes_late => return,
            1..4 if self.are_pushes_late => ms(self.dice(1_800_000)),
            4..8 if self.are_pushes_late => ms(self.dice(60_000)),
            8..10 => {
                let again = ms(self.dice(5_000));
                self.later(again, Happening::Pushed(d, Box::new(push.clone())));
                ms(self.dice(5_000))
            }
            _ => ms(50 + self.dice(500)),
        };
        self.later(after, Happening::Pushed(d, Box::new(push.clone())));
    }

    pub(super) fn push_comes(&mut self, d: usize, push: Push) {
        let now = self.clock();
        let device = &mut self.devices[d];
        if !device.is_up {
            return self.later(ms(30_000), Happening::Pushed(d, Box::new(push)));
        }
        if device.is_foreground || !device.has_extension {
            device.opens_files();
            device.calls += 1;
            device.phone.handle_push(device.calls, &fcm(&push), PUSH_DEADLINE, now);
            return self.pump(d);
        }
        let (agent, keyring) = (device.agent(), keyring());
        let keys = Keys::Open { workspace: WORKSPACE, agent, keyring: &keyring };
        let rendered = render(&fcm(&push), keys, at(now.mono));
        device.draws(&rendered.notification);
        if let Some(left) = rendered.drop {
            let id = Left::from_bytes(&left).unwrap().push;
            device.alerted.insert(id);
            device.drops.leave(&device.account, &id.to_string(), &left).unwrap();
        }
        self.judge.meets("push by the extension");
    }

    /// In the background all files are closed once nothing is under way.
    fn closes(&mut self, d: usize, life: u32) {
        let device = &mut self.devices[d];
        if device.life != life || device.is_foreground || !device.is_open {
            return;
        }
        if !device.phone.machines().pushes.is_empty() {
            return self.later(ms(2_000), Happening::Closes(d, life));
        }
        device.closes_files();
    }
}

fn upload_refused(status: u16, code: Option<&str>) -> (UploadFailure, link::Failure) {
    let code = code.map(str::to_owned);
    let said = link::Failure::Refused { status, code: code.clone(), retry_after_ms: None };
    let (detail, retry_after) = (String::new(), None);
    (UploadFailure::Refused { status, code, detail, retry_after }, said)
}

/// A failure, as both machines hear of it.
fn unanswered(outbox: Failure) -> Unanswered {
    let link = match outbox {
        Failure::NotSent | Failure::Lost => link::Failure::Unreachable,
        Failure::Http { status, .. } => {
            let code = (status == 401).then(|| "unauthenticated".to_owned());
            link::Failure::Refused { status, code, retry_after_ms: None }
        }
    };
    Unanswered { outbox, link }
}
