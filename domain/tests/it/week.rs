//! A week of a routed team in which few are there who seem to be: half of the consoles are left
//! open, three of seven phones are dead, somebody leaves, and each shift ends with work to do.
//! Commit by commit, as the router does it in life. It is held against the same week of a team in
//! which whoever is not there says so.

mod router;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use baton_domain::context::AgentFacts;
use baton_domain::fact::chance::next;
use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_domain::fact::scope::Viewer;
use baton_domain::group::{Book, Caller, CommandWork, FreshIds, State, Work};
use baton_domain::hand::reach::{Signs, Verdict};
use baton_domain::hand::routing::absence::{Absences, Given};
use baton_domain::hand::routing::brake::Brake;
use baton_domain::hand::routing::missed::Misses;
use baton_domain::hand::routing::{TeamMemory, is_in_vain};
use baton_domain::hand::shift;
use baton_domain::see::sight::Sight;
use baton_protocol::command::OfOffer;
use baton_protocol::setting::{Hand, Schedule, Span};
use baton_protocol::{
    AgentId, AgentState, Author, Availability, Command, CommandBody, Conversation, ConversationId,
    DeviceId, Fact, MembershipKind, MessageId, NoteId, OfferEnd, OfferId, OpId, Owner, OwnerCause,
    Role, Status, Timestamp, Trail, Visibility,
};
use uuid::Uuid;

use crate::group::{AGENT, TEAM, WORKSPACE, message, number_of, run_at, state, tells_with};
use crate::team::{reply, resolve};

/// Midnight in UTC.
const START: i64 = 1_700_006_400_000;
const STEP_S: i64 = 10;
/// `BATON_WEEK_DAYS` is how many are played: a week in a build with optimisations.
const DAYS: i64 = 1;
const MINUTE_MS: i64 = 60_000;
const HOUR_S: i64 = 3_600;
/// The hours of the two shifts.
const SHIFTS: [(u16, u16); 2] = [(8, 14), (14, 20)];
const CAPACITY: u32 = 4;
/// Customers write until half an hour before the last shift ends.
const WRITES_UNTIL_S: i64 = 19 * HOUR_S + 30 * 60;
/// The first day at eleven, somebody leaves.
const LEAVES_S: i64 = 11 * HOUR_S;
/// The team has time for an answer to an offer.
const WINDOW_MS: i64 = 45_000;
/// Who said no is not asked for so long.
const DECLINED_MS: i64 = 600_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Is {
    /// At a desk, and works.
    AtDesk,
    /// Comes in the morning, and goes with the console left open.
    Gone,
    /// Has a phone in a pocket, and works.
    OnPhone,
    /// Has a phone that is dead.
    Dead,
}

/// Eight at consoles, of whom half go; seven with phones, of which three are dead.
const PEOPLE: [(Is, usize); 15] = [
    (Is::AtDesk, 0),
    (Is::AtDesk, 0),
    (Is::AtDesk, 1),
    (Is::AtDesk, 1),
    (Is::Gone, 0),
    (Is::Gone, 0),
    (Is::Gone, 1),
    (Is::Gone, 1),
    (Is::OnPhone, 0),
    (Is::OnPhone, 0),
    (Is::OnPhone, 1),
    (Is::OnPhone, 1),
    (Is::Dead, 0),
    (Is::Dead, 1),
    (Is::Dead, 1),
];
/// Whoever leaves was at a desk.
const LEAVER: usize = 1;

struct Person {
    agent: AgentId,
    is: Is,
    schedules: Vec<Schedule>,
    signs: Signs,
    /// Pushes that no device confirmed.
    pushed: Vec<Timestamp>,
    /// What they missed since they did something, counted by itself.
    missed: u32,
}

/// What a conversation needs beside its state.
#[derive(Default)]
struct Talk {
    /// Whose eyes have been on the open turn, from this line on.
    opened: BTreeSet<(AgentId, u64)>,
    /// The changes of its owner.
    changes: Vec<(Timestamp, Fact)>,
    given: Option<Given>,
    worked_at: Option<(AgentId, Timestamp)>,
    asked: Vec<(AgentId, OfferEnd, Timestamp)>,
}

struct Week {
    hand: Hand,
    is_honest: bool,
    dice: u64,
    ids: u128,
    second: i64,
    state: State,
    book: Book,
    people: Vec<Person>,
    talks: BTreeMap<ConversationId, Talk>,
    memory: TeamMemory,
    misses: Misses,
    /// The offers of each person that end unanswered in this step.
    ending: BTreeMap<AgentId, u32>,
    brake: Brake,
    absences: Absences,
    bounced: BTreeSet<AgentId>,
    loads: BTreeMap<AgentId, (u32, u64)>,
    seen: BTreeMap<OfferId, Timestamp>,
    /// Customers who write again, when, and in which conversation.
    again: VecDeque<(i64, u64, ConversationId)>,
    customers: u64,
    waits: Vec<i64>,
    given_back: u64,
    brakes: u64,
}

fn week(hand: Hand, is_honest: bool) -> Week {
    let mut state = state();
    state.sights.clear();
    let of_team = state.people.entry(WORKSPACE).or_default();
    of_team.agents.remove(&AGENT);
    let mut people = Vec::new();
    for (number, (is, shift)) in PEOPLE.into_iter().enumerate() {
        let id = AgentId(Uuid::from_u128(0xA000 + u128::try_from(number).unwrap()));
        let is_away = is_honest && matches!(is, Is::Gone | Is::Dead);
        let availability = if is_away { Availability::Away } else { Availability::Available };
        let (role, capacity) = (Role::Agent, Some(CAPACITY));
        let facts =
            AgentFacts { id, role, state: AgentState::Active, availability, load: 0, capacity };
        of_team.agents.insert(id, facts);
        let viewer = Viewer { agent: id, role, teams: [(TEAM, MembershipKind::Member)].into() };
        let visibility = [(TEAM, Visibility::Full)].into();
        state.sights.insert((WORKSPACE, id), Sight { viewer, visibility, hidden: BTreeSet::new() });
        let (from, until) = SHIFTS[shift];
        let week = std::array::from_fn(|_| vec![Span(from * 60, until * 60)]);
        let zone = "UTC".to_owned();
        let schedule = Schedule { name: "Shift".to_owned(), zone, week, ..Schedule::default() };
        let has_phone = matches!(is, Is::OnPhone | Is::Dead);
        let push_at = has_phone.then(|| Timestamp::from_ms(START));
        let signs = Signs { push_at, offers_push_at: push_at, ..Signs::default() };
        let schedules = vec![schedule];
        people.push(Person { agent: id, is, schedules, signs, pushed: Vec::new(), missed: 0 });
    }
    state.settle();
    Week {
        hand,
        is_honest,
        dice: 43,
        ids: 0,
        second: 0,
        state,
        book: Book::default(),
        people,
        talks: BTreeMap::new(),
        memory: TeamMemory { last: None, seed: 7 },
        misses: Misses::default(),
        ending: BTreeMap::new(),
        brake: Brake::default(),
        absences: Absences::default(),
        bounced: BTreeSet::new(),
        loads: BTreeMap::new(),
        seen: BTreeMap::new(),
        again: VecDeque::new(),
        customers: 0,
        waits: Vec::new(),
        given_back: 0,
        brakes: 0,
    }
}

impl Person {
    fn acts(&mut self, now: Timestamp) {
        let has_socket = self.is != Is::OnPhone;
        let at = Some(now);
        self.signs = Signs {
            has_socket,
            acted_at: at,
            offers_acted_at: at,
            heard_at: at,
            offers_heard_at: at,
            ..self.signs
        };
        self.missed = 0;
    }

    fn is_on(&self, now: Timestamp) -> bool {
        !shift::is_off(&self.schedules, now)
    }

    /// Whether they answer what they are asked.
    fn works(&self) -> bool {
        matches!(self.is, Is::AtDesk | Is::OnPhone)
    }

    /// A push to them: one whose phone lives says that it came.
    fn is_pushed(&mut self, now: Timestamp) {
        match self.is {
            Is::OnPhone => {
                let at = Some(now);
                self.signs = Signs { push_at: at, offers_push_at: at, ..self.signs };
            }
            Is::Dead => self.pushed.push(now),
            Is::AtDesk | Is::Gone => {}
        }
    }
}

impl Week {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(START + self.second * 1_000)
    }

    fn of_day(&self) -> i64 {
        self.second % (24 * HOUR_S)
    }

    fn below(&mut self, limit: u64) -> u64 {
        next(&mut self.dice) % limit
    }

    fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128((0x70 << 64) | self.ids)
    }

    fn writes(&mut self, customer: u64) -> Work {
        let n = self.fresh();
        let sender = number_of(&format!("34{customer:07}"));
        let message = InboundMessage { sender, at: self.now(), ..message(n.as_u128()) };
        let fresh = FreshIds {
            message: MessageId(n),
            conversation: ConversationId(self.fresh()),
            contact: self.fresh(),
            card: self.fresh(),
        };
        tells_with(fresh, ElementBody::Message(message))
    }

    fn does(&mut self, agent: AgentId, of: ConversationId, body: CommandBody) -> Work {
        let ms = u128::try_from(self.now().ms()).unwrap();
        self.ids += 1;
        let op_id = OpId(Uuid::from_u128((ms << 80) | (7 << 76) | (2 << 62) | self.ids));
        let caller = Caller { workspace: WORKSPACE, agent, device: DeviceId(Uuid::nil()) };
        Work::Command(CommandWork {
            caller,
            command: Command { op_id, conversation_id: of, after: None, retry_of: None, body },
            body_hash: self.ids.to_string(),
            message: MessageId(self.fresh()),
            note: NoteId(self.fresh()),
            lease: None,
            is_asked: true,
            is_program: false,
        })
    }

    /// The conversations that are not resolved.
    fn open(&self) -> Vec<Conversation> {
        let all = self.state.conversations.values().map(|held| &held.now);
        all.filter(|of| of.head.status != Status::Resolved).cloned().collect()
    }

    fn place(&self, agent: AgentId) -> usize {
        self.people.iter().position(|one| one.agent == agent).unwrap()
    }

    fn facts(&self, agent: AgentId) -> &AgentFacts {
        &self.state.people[&WORKSPACE].agents[&agent]
    }

    /// Consoles say each minute that they are open; who works there does something now and then,
    /// and who goes did so for ten minutes. Phones that are dead confirm nothing.
    fn signs(&mut self) {
        let (now, of_day) = (self.now(), self.of_day());
        for place in 0..self.people.len() {
            let acts = self.below(6) == 0;
            let one = &mut self.people[place];
            let begins = i64::from(SHIFTS[PEOPLE[place].1].0) * HOUR_S;
            let is_fresh = (begins..begins + 600).contains(&of_day);
            match one.is {
                Is::AtDesk if one.is_on(now) && acts => one.acts(now),
                Is::Gone if is_fresh && acts => one.acts(now),
                Is::AtDesk if !one.is_on(now) => one.signs.has_socket = false,
                Is::AtDesk | Is::Gone => {
                    one.signs.heard_at = Some(now);
                    one.signs.offers_heard_at = Some(now);
                }
                Is::OnPhone => {}
                Is::Dead => {
                    let late = one.pushed.iter().filter(|at| now.since(**at) >= MINUTE_MS);
                    one.signs.unheard = u32::try_from(late.count()).unwrap();
                }
            }
        }
        let agents: Vec<AgentId> = self.people.iter().map(|one| one.agent).collect();
        let signs = self.people.iter().map(|one| one.signs);
        let mut all = agents.iter().copied().zip(signs).collect();
        self.misses.look(WORKSPACE, &mut all);
        for one in &mut self.people {
            one.signs = all[&one.agent];
        }
    }

    /// Customers write, and people answer what they are asked and what they own.
    fn acts(&mut self) -> Vec<Work> {
        let (now, of_day, mut group) = (self.now(), self.of_day(), Vec::new());
        if (8 * HOUR_S..WRITES_UNTIL_S).contains(&of_day) && self.below(5) == 0 {
            self.customers += 1;
            group.push(self.writes(self.customers));
        }
        while let Some((at, customer, _)) = self.again.front().copied() {
            if at > self.second {
                break;
            }
            self.again.pop_front();
            group.push(self.writes(customer));
        }
        for Conversation { head, thread } in self.open() {
            if let Some(offer) = thread.offer {
                let place = self.place(offer.agent_id);
                if self.people[place].works() && self.below(2) == 0 {
                    self.people[place].acts(now);
                    let body = CommandBody::AcceptOffer(OfOffer { offer_id: offer.offer_id });
                    group.push(self.does(offer.agent_id, head.id, body));
                }
            }
            let Owner::Agent(owner) = head.owner else { continue };
            let place = self.place(owner);
            if !self.people[place].works() || !self.people[place].is_on(now) {
                continue;
            }
            let Some(turn) = thread.turn else {
                if self.below(9) == 0 {
                    self.people[place].acts(now);
                    group.push(self.does(owner, head.id, resolve(thread.last_line)));
                }
                continue;
            };
            let talk = self.talks.entry(head.id).or_default();
            if talk.opened.contains(&(owner, turn.from_seq)) {
                if next(&mut self.dice).is_multiple_of(6) {
                    self.people[place].acts(now);
                    group.push(self.does(owner, head.id, reply(thread.last_line)));
                }
            } else if next(&mut self.dice).is_multiple_of(3) {
                talk.opened.insert((owner, turn.from_seq));
                self.people[place].acts(now);
            }
        }
        group
    }

    fn steps(&mut self) {
        self.signs();
        let mut group = self.acts();
        group.extend(self.over());
        if (LEAVES_S..LEAVES_S + 60).contains(&self.second) {
            group.extend(self.leaves());
        }
        group.extend(self.router());
        if !group.is_empty() {
            let now = self.now();
            run_at(&mut self.state, &mut self.book, &group, now);
            self.hears();
            self.state.settle();
            self.book.settle();
            self.forgets();
        }
        self.is_kept();
        self.second += STEP_S;
    }

    /// What is resolved is looked at no more, unless its customer writes again.
    fn forgets(&mut self) {
        let again: BTreeSet<ConversationId> = self.again.iter().map(|(.., of)| *of).collect();
        let (talks, all) = (&mut self.talks, &mut self.state.conversations);
        all.retain(|(_, of), held| {
            let stays = held.now.head.status != Status::Resolved || again.contains(of);
            if !stays {
                talks.remove(of);
            }
            stays
        });
        // Nothing comes to a line that went.
        self.state.extras.clear();
        self.state.priors.clear();
        self.state.places.clear();
    }

    /// What the log tells, and what is promised of it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is promised here")]
    fn hears(&mut self) {
        let now = self.now();
        for entry in self.state.entries.clone() {
            let Some(of) = entry.event.conversation_id else { continue };
            let fact = entry.event.fact;
            match &fact {
                Fact::Routed { agent_id: Some(agent), trail, .. } => self.is_asked(*agent, trail),
                Fact::OfferEnded { agent_id, end, .. } => {
                    let place = self.place(*agent_id);
                    self.misses.note((WORKSPACE, *agent_id), *end, now);
                    if is_in_vain(*end) {
                        self.talks.entry(of).or_default().asked.push((*agent_id, *end, now));
                    }
                    match end {
                        OfferEnd::Missed => self.people[place].missed += 1,
                        OfferEnd::NotReceived => _ = self.bounced.insert(*agent_id),
                        // A no is an act.
                        OfferEnd::Declined => self.people[place].missed = 0,
                        _ => {}
                    }
                }
                Fact::OwnerChanged { owner, cause, .. } => {
                    let taken = [OwnerCause::Absent, OwnerCause::Unreachable];
                    self.given_back += u64::from(taken.contains(cause));
                    let talk = self.talks.entry(of).or_default();
                    talk.given = Some(Given { at: now, cause: *cause });
                    talk.changes.push((now, fact.clone()));
                    if let Some(agent) = owner.agent().filter(|_| *cause == OwnerCause::Routed) {
                        let place = self.place(agent);
                        self.people[place].is_pushed(now);
                    }
                }
                Fact::LineWritten { author: Author::Agent { id }, .. } => self.answered(of, *id),
                _ => {}
            }
        }
    }

    fn is_asked(&mut self, agent: AgentId, trail: &Trail) {
        let place = self.place(agent);
        let one = &self.people[place];
        assert!(one.missed < 2, "{:?} is asked after a second miss: {trail:?}", one.is);
        assert!(place != LEAVER || self.second < LEAVES_S, "who left is asked");
        if self.hand == Hand::Offer {
            let now = self.now();
            self.people[place].is_pushed(now);
        }
    }

    fn answered(&mut self, of: ConversationId, by: AgentId) {
        let (now, held) = (self.now(), &self.state.conversations[&(WORKSPACE, of)]);
        let turn = held.before.as_ref().and_then(|before| before.thread.turn);
        self.waits.extend(turn.map(|turn| now.since(turn.since) / 1000));
        let contact = held.now.thread.contact_id;
        self.talks.entry(of).or_default().worked_at = Some((by, now));
        // Every other one asks once more.
        if self.below(2) == 0 && self.of_day() < WRITES_UNTIL_S {
            let after = 60 + i64::try_from(self.below(120)).unwrap();
            let customer = self.customer_of(contact.0, of);
            let at = self.second + after;
            let place = self.again.partition_point(|(other, ..)| *other <= at);
            if let Some(customer) = customer {
                self.again.insert(place, (at, customer, of));
            }
        }
    }

    /// The number of the customer of a conversation.
    fn customer_of(&self, contact: Uuid, of: ConversationId) -> Option<u64> {
        let key = (WORKSPACE, baton_protocol::ContactId(contact));
        let phone = self.state.cards.get(&key)?.phone.clone()?;
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let number = digits.strip_prefix("34").and_then(|number| number.parse().ok());
        assert!(number.is_some(), "{of:?} is with {phone}");
        number
    }

    /// Off shift nobody keeps an open turn that they do not work on.
    fn is_kept(&self) {
        let now = self.now();
        for Conversation { head, thread } in self.open() {
            let (Owner::Agent(agent), Some(turn)) = (head.owner, thread.turn) else { continue };
            let one = &self.people[self.place(agent)];
            let worked = self.talks.get(&head.id).and_then(|talk| talk.worked_at);
            let works = worked.is_some_and(|(by, at)| by == agent && now.since(at) < 600_000);
            let acted = one.signs.acted_at.is_some_and(|at| now.since(at) < 600_000);
            let lasted = now.since(turn.since);
            let is_kept = works || acted || one.is_on(now) || lasted < 60_000;
            let is_away = self.facts(agent).availability == Availability::Away;
            assert!(is_kept || is_away, "{:?} went home with {:?}", one.is, head.id);
        }
    }
}

/// The days that are played.
fn days() -> i64 {
    let said = std::env::var_os("BATON_WEEK_DAYS").and_then(|value| value.into_string().ok());
    said.map_or(DAYS, |text| text.parse().unwrap())
}

/// The figures of a week: answers, customers, and the ninth tenth of the waits, s.
fn played(hand: Hand, is_honest: bool) -> (usize, usize, i64) {
    let mut week = week(hand, is_honest);
    while week.second < days() * 24 * HOUR_S {
        let of_day = week.of_day();
        // At night nothing happens but that consoles are open.
        let is_night = !(8 * HOUR_S - 60..20 * HOUR_S + 15 * 60).contains(&of_day);
        if is_night {
            week.second += STEP_S;
            continue;
        }
        week.steps();
    }
    let mut waits = std::mem::take(&mut week.waits);
    waits.sort_unstable();
    let (median, ninth) = (waits[waits.len() / 2], waits[waits.len() * 9 / 10]);
    let Week { customers, given_back, brakes, .. } = week;
    println!(
        "{hand:?}, honest {is_honest}: {customers} customers, {} answers, median {median} s, p90 \
         {ninth} s, longest {} s, {given_back} taken from who was not there, braked {brakes} times",
        waits.len(),
        waits[waits.len() - 1],
    );
    assert!(week.is_honest || given_back + brakes > 0, "the week is hard");
    (waits.len(), usize::try_from(customers).unwrap(), ninth)
}

fn holds(hand: Hand) {
    let (answers, customers, honest) = played(hand, true);
    assert!(answers > 700 * usize::try_from(days()).unwrap(), "{answers}");
    let (found, others, ninth) = played(hand, false);
    // As many a customer: how many write is chance.
    let is_as_many = found * customers * 100 >= answers * others * 98;
    assert!(is_as_many, "{found} of {others} customers, and {answers} of {customers}");
    assert!(ninth * 10 <= honest * 12, "p90 {ninth} s, of honest desks {honest} s");
}

#[test]
fn among_open_consoles_and_dead_phones_customers_wait_as_with_honest_desks_for_offers() {
    holds(Hand::Offer);
}

#[test]
fn among_open_consoles_and_dead_phones_customers_wait_as_with_honest_desks_for_gifts() {
    holds(Hand::Assign);
}

#[test]
fn a_console_that_was_left_open_is_no_verdict_of_here() {
    let mut week = week(Hand::Offer, false);
    week.second = 8 * HOUR_S;
    while week.second < 9 * HOUR_S {
        week.signs();
        week.second += STEP_S;
    }
    let verdicts = week.people.iter().map(|one| (one.is, one.signs.verdict(week.now())));
    let gone: Vec<Verdict> = verdicts.filter(|(is, _)| *is == Is::Gone).map(|of| of.1).collect();
    assert_eq!(gone[..2], [Verdict::Connected; 2]);
}
