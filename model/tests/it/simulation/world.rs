//! Everybody, and what can happen next.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_domain::fact::inbound::ElementBody;
use baton_domain::group::{Done, Work};
use baton_mobile::outbox::Now;
use baton_model::dice::Dice;
use baton_model::history::{Ask, History};
use baton_model::server::{self, Person, Server, Setup};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, CommandResult, ConversationId, MembershipKind, OpId, Role, TeamId, Timestamp,
};
use uuid::Uuid;

use super::acts::text;
use super::network::Network;
use super::phone::{Phone, device};
use super::sender::Sender;

pub(super) const ANA: AgentId = AgentId(Uuid::from_u128(1));
pub(super) const BEN: AgentId = AgentId(Uuid::from_u128(2));
pub(super) const LEAD: AgentId = AgentId(Uuid::from_u128(3));
pub(super) const TEAMS: [TeamId; 2] =
    [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];
const BEGINNING_MS: i64 = 1_700_000_000_000;

/// Whom the answer to a member of a group concerns.
#[derive(Clone, Debug)]
pub(super) enum ReplyTo {
    /// A command that came over a connection or with a request.
    Command(OpId, Place),
    /// A question after op ids.
    Outcomes(Place),
    /// The sender.
    Sender,
    /// A webhook.
    Meta,
    Nobody,
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Over this connection.
    Connection(u64),
    /// With the answer to this request; which of its results.
    Request(u64, usize),
}

/// A draft of what an agent wanted to say; texts are unique.
#[derive(Clone, Debug)]
pub(super) struct Wrote {
    pub(super) phone: usize,
    pub(super) text: String,
    /// Its number in the outbox, in this life of the phone.
    pub(super) number: u64,
    pub(super) life: u32,
    /// The store has it: the call that wanted it has returned.
    pub(super) is_kept: bool,
    /// Its author took it back, or let go of it.
    pub(super) is_discarded: bool,
}

/// Everybody and everything of one run.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) now: Duration,
    pub(super) server: Server,
    pub(super) phones: Vec<Phone>,
    pub(super) network: Network,
    pub(super) sender: Sender,
    /// The access token that the server accepts.
    pub(super) token: u64,
    /// Faults still happen by themselves.
    pub(super) is_faulty: bool,
    /// What waits for the committer.
    pub(super) queue: VecDeque<(Work, ReplyTo)>,
    /// What each conversation's people asked and got; events are added at the end.
    pub(super) histories: BTreeMap<ConversationId, History>,
    /// Webhooks that were taken, for repeating.
    pub(super) posted: Vec<Vec<ElementBody>>,
    pub(super) wrote: Vec<Wrote>,
    pub(super) texts: u64,
    /// How often each rare thing was met.
    pub(super) met: BTreeMap<&'static str, u64>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let member = |team: usize| (TEAMS[team], MembershipKind::Member);
        let lead = TEAMS.map(|team| (team, MembershipKind::Supervisor)).to_vec();
        let setup = Setup {
            agents: vec![
                Person { id: ANA, role: Role::Agent, teams: vec![member(0)] },
                Person { id: BEN, role: Role::Agent, teams: vec![member(0), member(1)] },
                Person { id: LEAD, role: Role::Supervisor, teams: lead },
            ],
            teams: TEAMS.to_vec(),
            capacity: Some(2),
            now: Timestamp::from_ms(BEGINNING_MS),
        };
        let mut world = Self {
            dice: Dice::new(seed),
            now: Duration::from_secs(1_000),
            server: Server::new(&setup),
            phones: Vec::new(),
            network: Network::default(),
            sender: Sender::default(),
            token: 1,
            is_faulty: true,
            queue: VecDeque::new(),
            histories: BTreeMap::new(),
            posted: Vec::new(),
            wrote: Vec::new(),
            texts: 0,
            met: BTreeMap::new(),
        };
        world.passes_to(world.now);
        let now = world.clock();
        let agents = [ANA, ANA, BEN, LEAD];
        world.phones =
            (1..).zip(agents).map(|(n, agent)| Phone::new(agent, device(n), now)).collect();
        (0..world.phones.len()).for_each(|p| world.collect(p));
        world.begins();
        world
    }

    /// Two customers have written, and every phone holds what there is.
    fn begins(&mut self) {
        self.customer_writes();
        self.customer_writes();
        while !self.queue.is_empty() {
            self.commits();
        }
        self.passes(Duration::from_secs(1));
        self.network_delivers();
    }

    pub(super) fn clock(&self) -> Now {
        Now { wall: self.server.now, mono: self.now }
    }

    /// The time by a phone's clock.
    pub(super) fn clock_of(&self, p: usize) -> Now {
        let Now { wall, mono } = self.clock();
        Now { wall: wall.plus_ms(self.phones[p].ahead_ms), mono }
    }

    /// What a phone's store took is kept for good. What it did not take never was, and its author
    /// knows: the call failed, or the phone died under it.
    pub(super) fn learns_what_is_kept(&mut self, p: usize) {
        let phone = &mut self.phones[p];
        let not_stored = std::mem::take(&mut phone.not_stored);
        let echoes = phone.outbox.echoes();
        let is_of =
            |wrote: &Wrote, body| text(body).is_some_and(|text| text.starts_with(&wrote.text));
        self.wrote.retain_mut(|wrote| {
            if wrote.phone != p {
                return true;
            }
            if wrote.life != phone.life {
                let echo = echoes.iter().find(|echo| is_of(wrote, &echo.body));
                wrote.life = phone.life;
                wrote.number = echo.map_or(0, |echo| echo.number);
                // A decision of its author that was not stored is forgotten with the process.
                wrote.is_discarded &= echo.is_none();
                let was_kept = wrote.is_kept;
                wrote.is_kept |= echo.is_some();
                return was_kept || wrote.is_kept;
            }
            if !wrote.is_kept && not_stored.contains(&wrote.number) {
                return false;
            }
            wrote.is_kept |= phone.outbox.is_kept(wrote.number);
            true
        });
    }

    pub(super) fn meets(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    /// Draws the next thing that happens, and lets it happen.
    pub(super) fn step(&mut self) {
        match self.dice.weighted(&[7, 26, 24, 20, 13, 8, 8, 3, 3]) {
            0 => self.customer_writes(),
            1 => self.somebody_acts(),
            2 => self.network_moves(),
            3 => self.commits(),
            4 => self.sender_works(),
            5 => self.gateway_tells(),
            6 => self.time_passes(),
            7 => self.phone_fails(),
            _ => self.office_changes(),
        }
        self.stores_move();
    }

    /// Stores that are slow do something, or fail.
    fn stores_move(&mut self) {
        for p in 0..self.phones.len() {
            if self.phones[p].is_store_slow {
                let how = self.dice.weighted(&[45, 45, 10]);
                let now = self.clock_of(p);
                self.phones[p].store_moves(how, now);
                self.collect(p);
            }
        }
    }

    fn time_passes(&mut self) {
        let ms = [5, 30, 400, 1_500, 4_000, 13_000, 31_000, 62_000][self.dice.below(8)];
        self.passes(Duration::from_millis(ms));
    }

    /// Lets time pass, waking phones that asked for it.
    pub(super) fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..500 {
            let timeouts = self.phones.iter().enumerate().filter_map(|(p, phone)| {
                phone.timeout(self.clock_of(p)).filter(|at| *at <= end).map(|at| (at, p))
            });
            let Some((at, p)) = timeouts.min() else { return self.passes_to(end) };
            self.passes_to(at.max(self.now));
            let now = self.clock_of(p);
            self.phones[p].tick(now);
            self.collect(p);
        }
        panic!("a phone runs hot");
    }

    fn passes_to(&mut self, at: Duration) {
        self.now = at;
        let ms = i64::try_from(at.as_millis()).expect("fits");
        self.server.now = Timestamp::from_ms(BEGINNING_MS + ms);
    }

    /// The committer takes what has queued up, or some of it.
    pub(super) fn commits(&mut self) {
        let most = [1, 1, 2, 3, 5, 16][self.dice.below(6)];
        let count = self.queue.len().min(most);
        if count == 0 {
            return;
        }
        let members: Vec<_> = self.queue.drain(..count).collect();
        let works: Vec<Work> = members.iter().map(|(work, _)| work.clone()).collect();
        if self.dice.percent(1) {
            self.meets("died before the commit");
            return self.server_dies();
        }
        let mut done = self.server.commit(&works);
        self.notes_posts(&works);
        if self.dice.percent(3) {
            // The answer of the commit was lost: the group is run again.
            self.notes_answers(&members, &done);
            done = self.server.commit(&works);
            self.meets("committed twice");
        }
        self.notes_answers(&members, &done);
        if self.dice.percent(1) {
            self.meets("died after the commit");
            return self.server_dies();
        }
        for ((work, to), done) in members.iter().zip(&done) {
            self.answers(work, to, done);
        }
        if self.dice.percent(70) {
            self.gateway_tells();
        }
    }

    fn notes_posts(&mut self, works: &[Work]) {
        for post in works.iter().filter_map(Work::post) {
            for (element, fresh) in &post.elements {
                let ElementBody::Message(message) = &element.body else { continue };
                let of = self.server.state().wamids.iter();
                let of = of.filter(|((_, (_, wamid)), _)| *wamid == message.wamid);
                let Some((of, _)) = of.map(|(_, found)| *found).next() else { continue };
                let history = self.histories.entry(of).or_default();
                let ids = history.posted.entry(message.wamid.clone()).or_default();
                ids.insert(fresh.message);
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only people are answered")]
    fn notes_answers(&mut self, members: &[(Work, ReplyTo)], done: &[Done]) {
        for ((work, _), done) in members.iter().zip(done) {
            match work {
                Work::Command(work) => {
                    let op_id = work.command.op_id;
                    let result = server::result(op_id, Some(done));
                    let (by, of) = (work.caller.agent, work.command.conversation_id);
                    let command = Some(work.command.clone());
                    self.notes(of, Ask { by, command, op_id, answer: result.outcome });
                }
                Work::Outcomes(work) => {
                    for CommandResult { op_id, outcome } in server::results(Some(done)) {
                        let (Some(op_id), by) = (op_id, work.agent) else { continue };
                        let Some(of) = self.conversation_of(by, op_id) else { continue };
                        self.notes(of, Ask { by, command: None, op_id, answer: outcome });
                    }
                }
                _ => {}
            }
        }
    }

    fn notes(&mut self, of: ConversationId, ask: Ask) {
        if let Outcome::Refused(refused) = &ask.answer {
            self.meets(refused.refusal.code());
        }
        self.histories.entry(of).or_default().asks.push(ask);
    }

    fn conversation_of(&self, by: AgentId, op_id: OpId) -> Option<ConversationId> {
        let is_it = |ask: &Ask| ask.by == by && ask.op_id == op_id && ask.command.is_some();
        let mut all = self.histories.iter();
        all.find(|(_, history)| history.asks.iter().any(is_it)).map(|(of, _)| *of)
    }

    fn answers(&mut self, work: &Work, to: &ReplyTo, done: &Done) {
        match (to, work) {
            (ReplyTo::Command(op_id, place), _) => {
                let result = server::result(*op_id, Some(done));
                self.network.answer(*place, vec![result]);
            }
            (ReplyTo::Outcomes(place), _) => {
                self.network.answer(*place, server::results(Some(done)));
            }
            (ReplyTo::Sender, Work::Claim(claim)) => {
                self.sender_is_answered(claim.at, done.clone().claim());
            }
            (ReplyTo::Sender | ReplyTo::Meta | ReplyTo::Nobody, _) => {}
        }
    }

    /// The process of the server dies and another one begins: what had not been committed is
    /// gone, connections break, attempts under way have no owner.
    pub(super) fn server_dies(&mut self) {
        self.queue.clear();
        self.sender.is_killed();
        self.network.server_died();
    }
}
