//! A month of a routed team, commit by commit. The leader's own memory plans from what was read
//! before the commit, as it does in life, and people act in the same commit. Now and then another
//! node leads as well, and its plan comes a commit later. Each day a new leader begins.
//!
//! `BATON_MONTH_AGENTS` is how many work, `BATON_MONTH_CONVERSATIONS` how many customers write at
//! least.

mod judged;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use baton_domain::context::AgentFacts;
use baton_domain::fact::chance::next;
use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_domain::fact::predicates::is_routable;
use baton_domain::fact::scope::Viewer;
use baton_domain::group::{Book, Caller, CommandWork, FreshIds, HandBackWork, State, Work};
use baton_domain::hand::look::{
    InQueue, Look, LookTime, OffersRead, OwnTurn, Queue, Staff, StandingOffer, TurnKey,
};
use baton_domain::hand::reach::Signs;
use baton_domain::hand::routing::TeamRouting;
use baton_domain::see::sight::Sight;
use baton_protocol::command::{Claim, OfOffer};
use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, Choice, Command, CommandBody, Conversation,
    ConversationId, DeviceId, Fact, Membership, MembershipKind, MessageId, NoteId, OfferId, OpId,
    Owner, Role, Status, Timestamp, Visibility, WorkspaceId,
};
use uuid::Uuid;

use self::judged::Told;
use crate::group::{AGENT, NOW, TEAM, WORKSPACE, message, number_of, state, tells_with};
use crate::team::{reply, resolve};

/// The numbers without a word from the environment.
const AGENTS: u64 = 20;
const CONVERSATIONS: u64 = 10_000;
const CAPACITY: u32 = 4;
const DAYS: u64 = 30;
/// Minutes of a day in which customers begin; then it goes on until all of it is done.
const OPEN_MIN: u64 = 8 * 60;
/// Minutes in which nobody is there.
const MEETING: Range<u64> = 200..216;
/// Minutes in which so many write that nobody has room.
const RUSH: Range<u64> = 300..312;
/// A day is over by then: nothing waits for ever.
const DAY_MIN: u64 = 12 * 60;

struct Month {
    /// The number of agents, and of customers who write within a minute at most.
    size: (u64, u64),
    conversations: u64,
    dice: u64,
    ids: u128,
    /// The offers made to each, and the minutes in which each could be asked.
    asked: BTreeMap<AgentId, u64>,
    there: BTreeMap<AgentId, u64>,
    commits: u64,
    moved: u64,
    calls: u64,
    late: u64,
}

/// A day begins with nothing open.
struct Day {
    state: State,
    book: Book,
    minute: u64,
    look: Look,
    /// The plan of another leader, who read what stood a commit ago.
    other: Vec<Work>,
    told: Told,
}

fn agent(number: u64) -> AgentId {
    AgentId(Uuid::from_u128(0xA000 + u128::from(number)))
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    let said = std::env::var_os(name).and_then(|value| value.into_string().ok());
    said.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

fn day(agents: u64) -> Day {
    let mut state = state();
    state.sights.clear();
    let people = state.people.entry(WORKSPACE).or_default();
    people.agents.remove(&AGENT);
    for id in (1..=agents).map(agent) {
        let (role, availability) = (Role::Agent, Availability::Available);
        let facts = AgentFacts {
            id,
            role,
            state: AgentState::Active,
            availability,
            load: 0,
            capacity: Some(CAPACITY),
        };
        people.agents.insert(id, facts);
        let viewer = Viewer { agent: id, role, teams: [(TEAM, MembershipKind::Member)].into() };
        let visibility = [(TEAM, Visibility::Full)].into();
        state.sights.insert((WORKSPACE, id), Sight { viewer, visibility, hidden: BTreeSet::new() });
    }
    state.settle();
    Day {
        state,
        book: Book::default(),
        minute: 0,
        look: Look::default(),
        other: Vec::new(),
        told: Told::default(),
    }
}

impl Day {
    fn now(&self) -> Timestamp {
        NOW.plus_ms(i64::try_from(self.minute * 60_000).unwrap())
    }

    /// The conversations that are not resolved, and those that are offered.
    fn all(&self) -> Vec<Conversation> {
        let all = self.state.conversations.values().map(|held| &held.now);
        let counts =
            |of: &&Conversation| of.head.status != Status::Resolved || of.thread.offer.is_some();
        all.filter(counts).cloned().collect()
    }

    /// Something that waits, beside this.
    fn in_line(&self, this: ConversationId) -> Option<Conversation> {
        let waits = |one: &&Conversation| {
            is_routable(one) && one.thread.offer.is_none() && one.head.id != this
        };
        self.state.conversations.values().map(|held| &held.now).find(waits).cloned()
    }

    fn time(&self) -> LookTime {
        LookTime { wall: self.now(), steady: Duration::from_mins(self.minute) }
    }

    /// What waits, with the longest wait first.
    fn waiting(&self) -> Vec<InQueue> {
        let waits = |one: &Conversation| is_routable(one) && one.thread.offer.is_none();
        let all = self.all().into_iter().filter(waits).filter_map(|one| {
            Some(InQueue {
                conversation: one.head.id,
                revision: one.head.revision,
                since: one.thread.turn?.since,
                language: None,
                last: one.thread.last_agent,
                // An agent who was away and is back may have it again.
                orphaned_at: None,
                is_for_people: false,
            })
        });
        let mut waiting: Vec<InQueue> = all.collect();
        waiting.sort_by_key(|one| (one.since, one.conversation));
        waiting
    }

    fn offers(&self) -> Vec<StandingOffer> {
        let standing = |one: Conversation| {
            let (workspace, team, conversation) = (WORKSPACE, TEAM, one.head.id);
            let (offer, revision) = (one.thread.offer?, one.head.revision);
            Some(StandingOffer { workspace, team, conversation, offer, revision })
        };
        self.all().into_iter().filter_map(standing).collect()
    }

    /// The team. Those who are there do something each minute, also after a miss.
    fn staff(&self) -> Staff {
        let now = Some(self.now().plus_ms(1));
        let signs = Signs {
            has_socket: true,
            heard_at: now,
            offers_heard_at: now,
            acted_at: now,
            offers_acted_at: now,
            ..Signs::default()
        };
        let kind = MembershipKind::Member;
        let agent = |facts: &AgentFacts| Agent {
            id: facts.id,
            name: String::new(),
            role: facts.role,
            state: facts.state,
            availability: facts.availability,
            load: facts.load,
            capacity: facts.capacity,
            teams: vec![Membership { team_id: TEAM, kind }],
        };
        let agents: Vec<Agent> = self.state.people[&WORKSPACE].agents.values().map(agent).collect();
        let signs = agents.iter().map(|agent| (agent.id, signs)).collect();
        Staff { agents, signs, ..Staff::default() }
    }

    fn facts(&self, of: AgentId) -> AgentFacts {
        self.state.people[&WORKSPACE].agents[&of].clone()
    }

    /// What owners leave who are away.
    fn left(&mut self, of: (WorkspaceId, &Staff)) -> Vec<HandBackWork> {
        let (at, mut found) = (self.time(), Vec::new());
        for Conversation { head, thread } in self.all() {
            let (Owner::Agent(owner), Some(turn)) = (head.owner, thread.turn) else { continue };
            let agent = of.1.agents.iter().find(|agent| agent.id == owner);
            let Some(agent) = agent.filter(|_| head.status == Status::Open) else { continue };
            let turn = OwnTurn {
                conversation: head.id,
                team: TEAM,
                owner_epoch: head.owner_epoch,
                from_seq: turn.from_seq,
                since: turn.since,
                is_opened: true,
                worked_at: None,
            };
            self.look.note_given((WORKSPACE, head.id), head.owner_epoch, None);
            let seen = (WORKSPACE, owner, self.look.owner(of, agent));
            let absent = self.look.absent(seen, &turn, at.wall);
            found.extend(absent.map(|absent| (absent, Duration::from_mins(5))));
        }
        let left = self.look.deserted(&found, at);
        left.into_iter().map(|deserted| HandBackWork { deserted }).collect()
    }

    /// The promises that hold after each commit.
    fn is_sound(&self) {
        let mut loads: BTreeMap<AgentId, u32> = BTreeMap::new();
        for Conversation { head, thread } in self.all() {
            let owner = head.owner.agent();
            let offered = thread.offer.map(|offer| offer.agent_id);
            assert!(owner.is_none() || offered.is_none(), "owned and offered: {head:?}");
            for agent in owner.into_iter().chain(offered) {
                *loads.entry(agent).or_default() += 1;
            }
        }
        for (id, facts) in &self.state.people[&WORKSPACE].agents {
            let counted = loads.get(id).copied().unwrap_or_default();
            assert_eq!(facts.load, counted, "the load is a count");
            assert!(facts.load <= CAPACITY, "{id} has {}", facts.load);
        }
        let waiting = self.all().into_iter().filter(|one| one.head.status == Status::Open);
        for one in waiting.filter(|one| one.thread.turn.is_some()) {
            let is_owned = one.head.owner.agent().is_some();
            assert!(is_owned || is_routable(&one), "in nobody's line: {:?}", one.head);
        }
    }
}

impl Month {
    fn below(&mut self, limit: u64) -> u64 {
        next(&mut self.dice) % limit
    }

    fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128((0x70 << 64) | self.ids)
    }

    fn writes(&mut self, customer: u64) -> Work {
        let n = self.fresh();
        let message = InboundMessage {
            sender: number_of(&format!("34{customer:06}")),
            ..message(n.as_u128())
        };
        let fresh = FreshIds {
            message: MessageId(n),
            conversation: ConversationId(self.fresh()),
            contact: self.fresh(),
            card: self.fresh(),
        };
        tells_with(fresh, ElementBody::Message(message))
    }

    fn does(&mut self, day: &Day, agent: AgentId, of: ConversationId, body: CommandBody) -> Work {
        let ms = u128::try_from(day.now().ms()).unwrap();
        self.ids += 1;
        let op_id = OpId(Uuid::from_u128((ms << 80) | (7 << 76) | (2 << 62) | self.ids));
        let device = DeviceId(Uuid::nil());
        Work::Command(CommandWork {
            caller: Caller { workspace: WORKSPACE, agent, device },
            command: Command { op_id, conversation_id: of, after: None, retry_of: None, body },
            body_hash: self.ids.to_string(),
            message: MessageId(self.fresh()),
            note: NoteId(self.fresh()),
            lease: None,
            is_asked: true,
            is_program: false,
        })
    }

    /// People come and go, customers write, and agents answer what rings and what they own.
    fn people(&mut self, day: &mut Day) -> Vec<Work> {
        let mut group = Vec::new();
        if day.minute < OPEN_MIN {
            let more = if RUSH.contains(&day.minute) { self.size.0 / 2 } else { 0 };
            for _ in 0..=self.below(self.size.1) + more {
                // Some write twice on a day.
                let customer = self.below(self.size.1 * 450);
                group.push(self.writes(customer));
            }
        }
        // Each comes and goes as often, however many they are.
        for _ in 0..self.size.0.div_ceil(AGENTS) {
            let somebody = agent(1 + self.below(self.size.0));
            let is_away = self.below(4) == 0;
            let facts = day.state.people.get_mut(&WORKSPACE).unwrap().agents.get_mut(&somebody);
            facts.unwrap().availability =
                if is_away { Availability::Away } else { Availability::Available };
        }
        // Everybody meets, and comes back at once.
        if MEETING.contains(&day.minute) {
            let is_over = day.minute + 1 == MEETING.end;
            for facts in day.state.people.get_mut(&WORKSPACE).unwrap().agents.values_mut() {
                facts.availability =
                    if is_over { Availability::Available } else { Availability::Away };
            }
        }
        for Conversation { head, thread } in day.all() {
            if let Some(offer) = thread.offer {
                let of = OfOffer { offer_id: offer.offer_id };
                let body = match self.below(8) {
                    0 => CommandBody::DeclineOffer(of),
                    1..=5 => CommandBody::AcceptOffer(of),
                    _ => continue,
                };
                group.push(self.does(day, offer.agent_id, head.id, body));
            }
            // Who did not answer in time may still want it, and something else as well.
            let lapsed = thread.lapsed.last().filter(|_| thread.offer.is_none());
            if let Some(lapsed) = lapsed.filter(|_| self.below(4) == 0) {
                if let Some(other) = day.in_line(head.id) {
                    let (of, epoch) = (other.head.id, other.head.owner_epoch);
                    let claim = Claim { expect_owner_epoch: epoch, exceed_capacity: false };
                    group.push(self.does(day, lapsed.agent_id, of, CommandBody::Claim(claim)));
                }
                let of = OfOffer { offer_id: lapsed.offer_id };
                group.push(self.does(day, lapsed.agent_id, head.id, CommandBody::AcceptOffer(of)));
            }
            let Owner::Agent(owner) = head.owner else { continue };
            if day.facts(owner).availability == Availability::Away {
                continue;
            }
            let line = thread.last_line;
            match (thread.turn.is_some(), self.below(6)) {
                (true, 0 | 1) => group.push(self.does(day, owner, head.id, reply(line))),
                (false, 0) => group.push(self.does(day, owner, head.id, resolve(line))),
                _ => {}
            }
        }
        group
    }

    /// One look of the leader: the offers that are over, what owners who are away leave, and who is
    /// asked next.
    fn look(&mut self, day: &mut Day, policy: &Routing) -> (Vec<Work>, Vec<Work>) {
        let (at, offers, found) = (day.time(), day.offers(), day.waiting());
        let policies = [((WORKSPACE, TEAM), policy.clone())].into();
        let mut staff = day.staff();
        day.look.keep(&offers, &policies, at);
        while let Some(over) = day.look.next_over() {
            let end = day.told.end(over.offer.offer_id);
            day.look.note_end(&over, end, at);
        }
        day.look.note_signs(WORKSPACE, &mut staff);
        let all = [(WORKSPACE, staff)].into();
        let read = OffersRead { offers: &offers, policies: &policies, staff: &all };
        let ends = day.look.ends(read, at);
        let of = (WORKSPACE, &all[&WORKSPACE]);
        let turn = |of: &InQueue| (WORKSPACE, TEAM, of.conversation, of.since);
        let turns: Vec<TurnKey> = found.iter().map(turn).collect();
        day.look.forget_turns((WORKSPACE, TEAM), &turns);
        let mut candidates = day.look.candidates(of, &offers, at);
        for candidate in candidates.values() {
            let is_there = candidate.availability == Availability::Available;
            *self.there.entry(candidate.agent).or_default() += u64::from(is_there);
        }
        let found = found.into_iter().map(|one| day.look.waiting(of, one, at.wall)).collect();
        let (is_open, routings) = (&BTreeMap::new(), &BTreeMap::new());
        let routing = TeamRouting { team: TEAM, policy, is_open, routings };
        let queue = Queue { workspace: WORKSPACE, routing, seed: self.below(u64::MAX), at };
        let routes = day.look.route(queue, found, &mut candidates, || OfferId(self.fresh()));
        let mut group = Vec::new();
        for route in routes {
            let turn = turns.iter().find(|turn| turn.2 == route.conversation);
            let route = match turn.filter(|_| route.is_call()) {
                Some(turn) => {
                    let calls = day.told.calls((turn.2, turn.3));
                    day.look.due_call(*turn, route, (calls, at.wall))
                }
                None => Some(route),
            };
            group.extend(route.map(Work::Route));
        }
        let mut over: Vec<Work> = ends.into_iter().map(Work::OfferEnd).collect();
        over.extend(day.left(of).into_iter().map(Work::HandBack));
        (group, over)
    }

    /// The same choices, as another node makes them that believes to lead.
    fn made_twice(&mut self, group: &[Work]) -> Vec<Work> {
        let mut all = group.to_vec();
        for work in &mut all {
            if let Work::Route(route) = work {
                route.offer = route.offer.map(|(_, until)| (OfferId(self.fresh()), until));
            }
        }
        all
    }

    fn plays(&mut self, policy: &Routing) {
        let mut day = day(self.size.0);
        let is_done = |day: &Day| {
            day.minute >= OPEN_MIN
                && day.all().iter().all(|one| one.head.status == Status::Resolved)
        };
        while !is_done(&day) {
            assert!(day.minute < DAY_MIN, "something waits for ever");
            let (mut group, over) = self.look(&mut day, policy);
            let other = match self.below(4) {
                0 => self.made_twice(&group),
                _ => Vec::new(),
            };
            group.extend(std::mem::replace(&mut day.other, other));
            group.extend(over);
            group.extend(self.people(&mut day));
            self.late += day.commits(&group);
            day.is_sound();
            for entry in &day.state.entries {
                let is_new = matches!(entry.event.fact, Fact::EpisodeOpened { .. });
                self.conversations += u64::from(is_new);
                if let Fact::Routed { agent_id: Some(agent), .. } = entry.event.fact {
                    *self.asked.entry(agent).or_default() += 1;
                }
                let is_moved = matches!(&entry.event.fact, Fact::OwnerChanged { cause, .. }
                    if *cause == baton_protocol::OwnerCause::Absent);
                self.moved += u64::from(is_moved);
            }
            self.calls += day.told.calls_now;
            day.state.settle();
            day.book.settle();
            (day.minute, self.commits) = (day.minute + 1, self.commits + 1);
        }
    }
}

/// So many days. Nobody is asked more often than a quarter above their share of the time in which
/// they could be.
fn played(choose: Choice, agents: u64, least: u64, days: u64) -> Month {
    let policy = Routing { hand: Hand::Offer, choose, at_once: 3, ..Routing::default() };
    // On average half as many write, and some of them again.
    let a_minute = (least * 5 / 2).div_ceil(days * OPEN_MIN);
    let mut month = Month {
        size: (agents, a_minute),
        conversations: 0,
        dice: 43,
        ids: 0,
        asked: BTreeMap::new(),
        there: BTreeMap::new(),
        commits: 0,
        moved: 0,
        calls: 0,
        late: 0,
    };
    for _ in 0..days {
        month.plays(&policy);
    }
    assert!(month.parts().iter().all(|part| *part <= 125), "fair shares: {:?} %", month.parts());
    month
}

impl Month {
    /// The offers to each, in % of a fair share.
    fn parts(&self) -> Vec<u64> {
        let (all, there): (u64, u64) = (self.asked.values().sum(), self.there.values().sum());
        let part = |(of, minutes): (&AgentId, &u64)| {
            let asked = self.asked.get(of).copied().unwrap_or_default();
            asked * there * 100 / (all * minutes)
        };
        self.there.iter().map(part).collect()
    }
}

fn plays_a_month(choose: Choice) {
    let least = number("BATON_MONTH_CONVERSATIONS", CONVERSATIONS);
    let month = played(choose, number("BATON_MONTH_AGENTS", AGENTS), least, DAYS);
    let all: u64 = month.asked.values().sum();
    let Month { size: (agents, _), conversations, commits, moved, calls, late, .. } = month;
    assert!(all > 10_000 && moved > 50, "{all} offers, {moved} were left");
    assert!(calls > 50 && late > 50, "{calls} calls, {late} late yeses");
    assert!(conversations >= least, "{conversations} conversations");
    println!(
        "{choose:?}: {agents} agents, {conversations} conversations, {all} offers, {commits} \
         commits, {moved} left by who was away, {calls} calls, {late} taken late; nobody was asked \
         more than {} % of a fair share",
        month.parts().iter().max().unwrap()
    );
}

#[test]
fn in_a_month_of_commits_nothing_is_in_nobodys_line_and_the_longest_idle_have_fair_shares() {
    plays_a_month(Choice::LongestIdle);
}

#[test]
fn in_a_month_of_commits_nothing_is_in_nobodys_line_and_turns_give_fair_shares() {
    plays_a_month(Choice::RoundRobin);
}
