//! What lies between phones and server: connections that keep order and break, requests that get
//! lost on either way or arrive twice.

use std::collections::{BTreeMap, VecDeque};

use baton_domain::group::{OutcomesWork, Work};
use baton_mobile::link::{self, Input, Query, SocketId, Ticket, Token};
use baton_mobile::outbox::Failure;
use baton_model::server::WORKSPACE;
use baton_protocol::frame::{ClientFrame, ServerFrame, close};
use baton_protocol::{Command, CommandResult, OpId};

use super::phone::{Wish, token};
use super::world::{Place, ReplyTo, World};

/// A connection of one life of a phone.
#[derive(Debug)]
pub(super) struct Connection {
    phone: usize,
    life: u32,
    socket: SocketId,
    is_open: bool,
    /// How far the log was told over it; `None` before the hello.
    told: Option<u64>,
    up: VecDeque<ClientFrame>,
    down: VecDeque<ServerFrame>,
    /// The last frame that arrived, for repeating.
    last: Option<ServerFrame>,
}

#[derive(Clone, Debug)]
enum Asked {
    Fetch(Ticket, Query),
    Commands(u64, Vec<Command>),
    Outcomes(u64, Vec<OpId>),
    Token,
}

#[derive(Clone, Debug)]
struct Request {
    phone: usize,
    life: u32,
    asked: Asked,
    /// The access token that it is made with.
    token: u64,
}

/// A request that waits for the committer.
#[derive(Debug)]
struct Waiting {
    request: Request,
    results: BTreeMap<usize, Vec<CommandResult>>,
    parts: usize,
}

#[derive(Debug)]
enum Reply {
    Fetched(Ticket, Result<link::Fetched, link::Failure>),
    Results(u64, Vec<CommandResult>),
    Failed(u64, Failure),
    /// With the code and reason of the server, if it said one.
    Closed(SocketId, Option<(u16, &'static str)>),
    Refreshed(Result<Token, link::Failure>),
}

/// What a server, or something in the way, answers in place of an answer.
const STATUSES: [u16; 9] = [400, 404, 408, 413, 425, 429, 500, 503, 524];

/// The network between phones and the server.
#[derive(Debug, Default)]
pub(super) struct Network {
    connections: BTreeMap<u64, Connection>,
    requests: VecDeque<Request>,
    waiting: BTreeMap<u64, Waiting>,
    replies: VecDeque<(usize, u32, Reply)>,
    last_id: u64,
}

impl Network {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Brings an answer of the server on its way.
    pub(super) fn answer(&mut self, place: Place, results: Vec<CommandResult>) {
        match place {
            Place::Connection(id) => {
                let Some(connection) = self.connections.get_mut(&id) else { return };
                let frames = results.into_iter().map(Box::new).map(ServerFrame::CommandResult);
                connection.down.extend(frames);
            }
            Place::Request(id, part) => {
                let Some(waiting) = self.waiting.get_mut(&id) else { return };
                waiting.results.insert(part, results);
                if waiting.results.len() < waiting.parts {
                    return;
                }
                let Some(Waiting { request, results, .. }) = self.waiting.remove(&id) else {
                    return;
                };
                let number = match request.asked {
                    Asked::Commands(number, _) | Asked::Outcomes(number, _) => number,
                    Asked::Fetch(..) | Asked::Token => return,
                };
                let results = results.into_values().flatten().collect();
                let reply = Reply::Results(number, results);
                self.replies.push_back((request.phone, request.life, reply));
            }
        }
    }

    /// All connections break; requests that the server had are answered by nobody.
    pub(super) fn server_died(&mut self) {
        for connection in std::mem::take(&mut self.connections).into_values() {
            let closed = Reply::Closed(connection.socket, None);
            self.replies.push_back((connection.phone, connection.life, closed));
        }
        for Waiting { request, .. } in std::mem::take(&mut self.waiting).into_values() {
            self.replies.push_back(failed(&request, Failure::Lost));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let idle = |one: &Connection| one.is_open && one.up.is_empty() && one.down.is_empty();
        self.requests.is_empty()
            && self.waiting.is_empty()
            && self.replies.is_empty()
            && self.connections.values().all(idle)
    }
}

fn refused(status: u16, code: Option<&str>) -> link::Failure {
    let code = code.map(str::to_owned);
    link::Failure::Refused { status, code, retry_after_ms: None }
}

fn failed(request: &Request, failure: Failure) -> (usize, u32, Reply) {
    let reply = match &request.asked {
        Asked::Fetch(ticket, _) => Reply::Fetched(*ticket, Err(link::Failure::Unreachable)),
        Asked::Commands(number, _) | Asked::Outcomes(number, _) => Reply::Failed(*number, failure),
        Asked::Token => Reply::Refreshed(Err(link::Failure::Unreachable)),
    };
    (request.phone, request.life, reply)
}

impl World {
    /// Takes what a phone wants of the network.
    pub(super) fn collect(&mut self, p: usize) {
        let life = self.phones[p].life;
        self.learns_what_is_kept(p);
        for wish in std::mem::take(&mut self.phones[p].wishes) {
            let network = &mut self.network;
            let of = |one: &Connection| one.phone == p && one.life == life;
            let asked = match wish {
                Wish::Open(socket) => {
                    let id = network.id();
                    let connection = Connection {
                        phone: p,
                        life,
                        socket,
                        is_open: false,
                        told: None,
                        up: VecDeque::new(),
                        down: VecDeque::new(),
                        last: None,
                    };
                    network.connections.insert(id, connection);
                    continue;
                }
                Wish::Close(socket) => {
                    network.connections.retain(|_, one| !(of(one) && one.socket == socket));
                    continue;
                }
                Wish::Send(socket, frame) => {
                    let mut all = network.connections.values_mut();
                    if let Some(one) = all.find(|one| of(one) && one.socket == socket) {
                        one.up.push_back(frame);
                    }
                    continue;
                }
                Wish::Fetch(ticket, query) => Asked::Fetch(ticket, query),
                Wish::Commands(number, commands) => Asked::Commands(number, commands),
                Wish::Outcomes(number, op_ids) => Asked::Outcomes(number, op_ids),
                Wish::RefreshToken => Asked::Token,
            };
            let token = self.phones[p].token;
            network.requests.push_back(Request { phone: p, life, asked, token });
        }
    }

    /// Something on its way moves on, or is lost.
    pub(super) fn network_moves(&mut self) {
        match self.dice.weighted(&[120, 32, 40, 4, 1, 4, 1]) {
            0 => {
                let ids: Vec<u64> = self.network.connections.keys().copied().collect();
                if let Some(id) = self.dice.one_of(&ids).copied() {
                    self.connection_moves(id);
                }
            }
            1 => self.request_moves(true),
            2 => self.reply_moves(true),
            3 => self.frame_is_repeated(),
            4 => self.frame_is_lost(),
            5 => self.connection_breaks(),
            _ => self.frame_is_garbage(),
        }
    }

    /// Everything on its way arrives, in order.
    pub(super) fn network_delivers(&mut self) {
        for _ in 0..8 {
            for id in self.network.connections.keys().copied().collect::<Vec<_>>() {
                for _ in 0..16 {
                    self.connection_moves(id);
                }
            }
            for _ in 0..self.network.requests.len() {
                self.request_moves(false);
            }
            for _ in 0..self.network.replies.len() {
                self.reply_moves(false);
            }
        }
    }

    fn connection_moves(&mut self, id: u64) {
        let goes_up = self.dice.percent(50);
        let Some(one) = self.network.connections.get_mut(&id) else { return };
        let (p, life, socket) = (one.phone, one.life, one.socket);
        if life != self.phones[p].life {
            self.network.connections.remove(&id);
            return;
        }
        if !one.is_open {
            one.is_open = true;
            if self.is_faulty && self.dice.percent(4) {
                self.network.connections.remove(&id);
                let failed = Input::SocketFailed(socket, link::Failure::Unreachable);
                return self.tell(p, life, failed);
            }
            return self.tell(p, life, Input::SocketOpened(socket));
        }
        let frame = if goes_up || one.down.is_empty() { one.up.pop_front() } else { None };
        match frame {
            Some(frame) => self.server_hears(id, frame),
            None => {
                let Some(frame) = one.down.pop_front() else { return };
                one.last = Some(frame.clone());
                self.tell(p, life, Input::Frame(socket, Box::new(frame)));
            }
        }
    }

    fn server_hears(&mut self, id: u64, frame: ClientFrame) {
        let Some(one) = self.network.connections.get_mut(&id) else { return };
        let phone = &self.phones[one.phone];
        let (agent, device) = (phone.agent, phone.device);
        match frame {
            ClientFrame::Hello(hello) if hello.token != Some(self.token.to_string()) => {
                self.meets("an old token");
                self.closes(id, Some((close::SIGN_IN_AGAIN, "sign in again")));
            }
            ClientFrame::Hello(hello) => {
                one.told = Some(self.server.head());
                one.down.extend(self.server.welcome(agent, hello.cursor));
            }
            ClientFrame::Command { command } => {
                let op_id = command.op_id;
                let work = self.server.command_work(agent, device, command);
                let to = ReplyTo::Command(op_id, Place::Connection(id));
                self.queue.push_back((work, to));
            }
            ClientFrame::Compose(compose) => {
                self.server.compose(agent, device, compose.conversation_id, compose.action);
            }
            ClientFrame::View(_)
            | ClientFrame::Draft(_)
            | ClientFrame::Presence(_)
            | ClientFrame::Ack(_) => {}
        }
    }

    fn request_moves(&mut self, may_fail: bool) {
        let Some(request) = self.network.requests.pop_front() else { return };
        let luck = if may_fail { self.dice.weighted(&[80, 6, 7, 7]) } else { 0 };
        match luck {
            0 => self.request_arrives(request),
            1 if self.dice.percent(50) => self.request_is_refused(&request),
            1 => self.network.replies.push_back(failed(&request, Failure::NotSent)),
            2 => self.network.replies.push_back(failed(&request, Failure::Lost)),
            _ => {
                // It arrives, and a copy of it much later.
                self.meets("a request twice");
                self.network.requests.push_back(request.clone());
                self.request_arrives(request);
            }
        }
    }

    fn request_arrives(&mut self, request: Request) {
        let (agent, device) = {
            let phone = &self.phones[request.phone];
            (phone.agent, phone.device)
        };
        let id = self.network.id();
        let parts = match &request.asked {
            Asked::Fetch(ticket, query) => {
                let answer = if request.token == self.token {
                    self.fetched(agent, query)
                } else {
                    Err(refused(401, Some("unauthenticated")))
                };
                let reply = Reply::Fetched(*ticket, answer);
                self.network.replies.push_back((request.phone, request.life, reply));
                return;
            }
            Asked::Token => {
                let reply = Reply::Refreshed(Ok(token(self.token)));
                self.network.replies.push_back((request.phone, request.life, reply));
                return;
            }
            Asked::Commands(_, commands) => {
                for (part, command) in commands.iter().enumerate() {
                    let work = self.server.command_work(agent, device, command.clone());
                    let place = Place::Request(id, part);
                    let to = ReplyTo::Command(command.op_id, place);
                    self.queue.push_back((work, to));
                }
                commands.len()
            }
            Asked::Outcomes(_, op_ids) => {
                let op_ids = op_ids.clone();
                let work = OutcomesWork { workspace: WORKSPACE, agent, op_ids };
                let to = ReplyTo::Outcomes(Place::Request(id, 0));
                self.queue.push_back((Work::Outcomes(work), to));
                1
            }
        };
        let waiting = Waiting { request, results: BTreeMap::new(), parts };
        self.network.waiting.insert(id, waiting);
    }

    fn fetched(
        &self,
        agent: baton_protocol::AgentId,
        query: &Query,
    ) -> Result<link::Fetched, link::Failure> {
        let not_found = || refused(404, Some("not_found"));
        Ok(match query {
            Query::Snapshot { page, .. } => {
                let page = self.server.page(agent, page.as_deref());
                link::Fetched::Page(page.ok_or_else(not_found)?)
            }
            Query::Conversation(id) => {
                let snapshot = self.server.snapshot(agent, *id);
                link::Fetched::Conversation(Box::new(snapshot.ok_or_else(not_found)?))
            }
            Query::Agents => link::Fetched::Agents(self.server.agents()),
            Query::Teams => link::Fetched::Teams(Vec::new()),
            Query::Channels => link::Fetched::Channels(Vec::new()),
            Query::Settings { above } => {
                let page = self.server.settings_page(agent, *above);
                link::Fetched::Settings(Box::new(page))
            }
            Query::Sync(cursor) => link::Fetched::Sync(self.server.sync(agent, *cursor)),
        })
    }

    fn reply_moves(&mut self, may_fail: bool) {
        let Some((p, life, reply)) = self.network.replies.pop_front() else { return };
        if life != self.phones[p].life || !self.phones[p].has_network {
            return;
        }
        let is_lost = may_fail && self.dice.percent(6);
        let now = self.clock_of(p);
        match reply {
            // Nobody tells a phone that its connection broke: it finds out by the silence.
            Reply::Closed(..) if is_lost => {}
            Reply::Closed(socket, why) => {
                let why = why.map(|(code, reason)| (code, reason.to_owned()));
                self.tell(p, life, Input::SocketClosed(socket, why));
            }
            Reply::Refreshed(_) if is_lost => {
                let failure = Err(link::Failure::Unreachable);
                self.tell(p, life, Input::Refreshed(failure));
            }
            Reply::Refreshed(answer) => {
                if let Ok(token) = &answer {
                    let phone = &mut self.phones[p];
                    phone.token = token.text.parse().expect("a number");
                    phone.token_at = self.now;
                }
                self.tell(p, life, Input::Refreshed(answer));
            }
            Reply::Fetched(ticket, _) if is_lost => {
                let failure = Err(link::Failure::Unreachable);
                self.tell(p, life, Input::Answered(ticket, failure));
            }
            Reply::Fetched(ticket, answer) => self.tell(p, life, Input::Answered(ticket, answer)),
            Reply::Results(number, _) if is_lost => {
                self.meets("an answer lost");
                self.phones[p].outbox.handle_failure(number, Failure::Lost, now);
                self.goes_on(p);
            }
            Reply::Results(number, results) => {
                self.phones[p].outbox.handle_results(number, results, now);
                self.goes_on(p);
            }
            Reply::Failed(number, failure) => {
                self.phones[p].outbox.handle_failure(number, failure, now);
                self.goes_on(p);
            }
        }
    }

    fn frame_is_repeated(&mut self) {
        let ids: Vec<u64> = self.network.connections.keys().copied().collect();
        let Some(id) = self.dice.one_of(&ids).copied() else { return };
        let Some(one) = self.network.connections.get_mut(&id) else { return };
        if let Some(last) = one.last.clone() {
            one.down.push_front(last);
        }
    }

    /// A connection breaks in the middle: what was on its way is lost, or still arrives.
    fn connection_breaks(&mut self) {
        let ids: Vec<u64> = self.network.connections.keys().copied().collect();
        let Some(id) = self.dice.one_of(&ids).copied() else { return };
        while self.dice.percent(40) {
            self.connection_moves(id);
        }
        self.meets("a connection broke");
        let codes = [1000, 1001, 1011, close::SLOW, 4400, 1012];
        let code = self.dice.one_of(&codes).copied().filter(|_| self.dice.percent(30));
        self.closes(id, code.map(|code| (code, r#"{"retry_after_ms":100}"#)));
    }

    fn closes(&mut self, id: u64, why: Option<(u16, &'static str)>) {
        if let Some(one) = self.network.connections.remove(&id) {
            let closed = Reply::Closed(one.socket, why);
            self.network.replies.push_back((one.phone, one.life, closed));
        }
    }

    /// A frame goes missing, and what follows it arrives.
    fn frame_is_lost(&mut self) {
        let ids: Vec<u64> = self.network.connections.keys().copied().collect();
        let Some(id) = self.dice.one_of(&ids).copied() else { return };
        let Some(one) = self.network.connections.get_mut(&id) else { return };
        if let Some(ServerFrame::Events { .. }) = one.down.front() {
            one.down.pop_front();
            self.meets("a frame lost");
        }
    }

    /// Something that is no frame comes over a connection.
    fn frame_is_garbage(&mut self) {
        let ids: Vec<u64> = self.network.connections.keys().copied().collect();
        let Some(id) = self.dice.one_of(&ids).copied() else { return };
        let Some(one) = self.network.connections.get(&id).filter(|one| one.told.is_some()) else {
            return;
        };
        let (p, life, socket) = (one.phone, one.life, one.socket);
        self.meets("garbage");
        self.tell(p, life, Input::Unreadable(socket));
    }

    /// The server, or a portal in the way, refuses to say.
    fn request_is_refused(&mut self, request: &Request) {
        let status = STATUSES[self.dice.below(STATUSES.len())];
        let reply = match request.asked {
            Asked::Fetch(ticket, _) if status == 524 => {
                Reply::Fetched(ticket, Err(link::Failure::Unreadable))
            }
            Asked::Fetch(ticket, _) => {
                let code = (status == 503).then_some("unavailable");
                Reply::Fetched(ticket, Err(refused(status, code)))
            }
            Asked::Commands(number, _) | Asked::Outcomes(number, _) => {
                Reply::Failed(number, Failure::Http { status, retry_after: None })
            }
            Asked::Token => Reply::Refreshed(Err(refused(status, None))),
        };
        self.meets("a status");
        self.network.replies.push_back((request.phone, request.life, reply));
    }

    /// The gateway tells connections what is new; some hear it later.
    pub(super) fn gateway_tells(&mut self) {
        let head = self.server.head();
        let ids: Vec<u64> = self.network.connections.keys().copied().collect();
        for id in ids {
            let is_late = self.dice.percent(25);
            let Some(one) = self.network.connections.get_mut(&id) else { continue };
            let Some(told) = one.told.filter(|_| !is_late) else { continue };
            // An idle connection gets an empty frame now and then.
            let is_idle = told == head;
            if is_idle && !self.dice.percent(20) {
                continue;
            }
            let agent = self.phones[one.phone].agent;
            one.told = Some(head);
            one.down.extend(self.server.frames(agent, told));
        }
    }

    fn tell(&mut self, p: usize, life: u32, input: Input) {
        if life == self.phones[p].life {
            let now = self.clock_of(p);
            self.phones[p].hear(input, now);
            self.collect(p);
        }
    }

    /// A phone does what follows from what its outbox was told.
    pub(super) fn goes_on(&mut self, p: usize) {
        let now = self.clock_of(p);
        self.phones[p].flush(now);
        self.collect(p);
    }
}
