//! A random day of the team: whatever may happen, in any order, with people who look now and then.

use std::collections::BTreeMap;

use baton_domain::context::{LineFacts, Lines};
use baton_domain::decide::delivery::SendResult;
use baton_domain::decide::{owner, status};
use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::fact::outcome::Answer;
use baton_protocol::command::{MarkRead, NoteText, Transfer};
use baton_protocol::{
    Actor, AgentState, Command, CommandBody, ConversationId, Fact, LineRef, MembershipKind,
    MessageStatus, OpId, Owner, Role, Seen, Status, TeamSet, Visibility,
};
use proptest::prelude::{Strategy, prop_oneof};
use proptest::sample::select;

use crate::client::Client;
use crate::coaching::coach;
use crate::promises::Promises;
use crate::team::{
    ANA, ANA_DESK, BEN, BEN_ON_ANAS, CLEO, EVA, HOUR, Hand, LUCIA, MATEO, MINUTE, ROOT, SALES,
    SECOND, SUPPORT, Team, an_error, assign, cancel, claim, claim_above, mark_sent, reopen,
    replacing, reply, resend, resolve, send_now, snooze, transfer, unassign, wait,
};

/// One thing that happens. Numbers pick among what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    CustomerWrites(ConversationId),
    Echo(ConversationId),
    Renamed(ConversationId, u8),
    /// A device shows what there is.
    Looks(Hand, ConversationId),
    /// A command on what the device last showed, or on what it shows then; chained or not.
    Acts(Hand, ConversationId, Act, bool, bool),
    /// A command that was given before is given again.
    Repeats(usize),
    Passes(i64),
    /// The oldest message that waits is sent.
    Sends(ConversationId, End),
    Claims(ConversationId, usize),
    Ends(ConversationId, usize, End),
    Hears(ConversationId, usize, ProviderStatus),
    Rescues(ConversationId, usize),
    Wakes(ConversationId),
    Capacity(Hand, Option<u32>),
    Shows(Visibility),
    /// So long messages can be taken back from here on.
    Holds(i64),
    Joins(Hand),
    Leaves(Hand),
    /// A client that listens live fetches something; one that was away comes back.
    Fetches(usize),
    ComesBack,
    /// A client that listens live is killed after so many frames, and starts again.
    IsKilled(usize, usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Reply,
    Resolve,
    Wait,
    Snooze(i64),
    Reopen,
    Claim,
    ClaimAbove,
    Assign(Hand),
    Unassign,
    Transfer(Owner, bool),
    Note,
    Coach,
    Read,
    Resend(usize),
    MarkSent(usize),
    Cancel(usize),
    SendNow(usize),
    Replace(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Accepted,
    Again,
    Refused,
    Unknown,
}

const HANDS: [Hand; 10] = [ANA, ANA, ANA, ANA, ANA_DESK, BEN, BEN_ON_ANAS, CLEO, EVA, ROOT];

fn conversations() -> impl Strategy<Value = ConversationId> {
    select(vec![LUCIA, LUCIA, LUCIA, LUCIA, LUCIA, MATEO])
}

fn acts() -> impl Strategy<Value = Act> {
    let owners = vec![
        Owner::Queue(SUPPORT),
        Owner::Queue(SALES),
        Owner::Agent(ANA.agent),
        Owner::Agent(CLEO.agent),
    ];
    prop_oneof![
        16 => select(vec![Act::Reply]),
        3 => select(vec![Act::Resolve]),
        2 => select(vec![Act::Wait, Act::Reopen, Act::Unassign, Act::Note, Act::Coach, Act::Read]),
        2 => select(vec![Act::Claim, Act::ClaimAbove]),
        1 => select(vec![MINUTE, HOUR]).prop_map(Act::Snooze),
        1 => select(HANDS.to_vec()).prop_map(Act::Assign),
        1 => (select(owners), select(vec![false, true])).prop_map(|(to, n)| Act::Transfer(to, n)),
        2 => (0..3_usize).prop_map(Act::Resend),
        1 => (0..3_usize).prop_map(Act::MarkSent),
        2 => (0..3_usize).prop_map(Act::Cancel),
        1 => (0..2_usize).prop_map(Act::SendNow),
        2 => (0..3_usize).prop_map(Act::Replace),
    ]
}

pub(crate) fn ops() -> impl Strategy<Value = Op> {
    use ProviderStatus::{Delivered, Failed, Played, Read, Sent};
    let hand = || select(HANDS.to_vec());
    let ends = vec![End::Accepted, End::Accepted, End::Again, End::Refused, End::Unknown];
    let statuses = vec![Sent, Delivered, Read, Played, Failed, Failed];
    let times = vec![SECOND, SECOND, 20 * SECOND, MINUTE, MINUTE, 6 * MINUTE, HOUR, 25 * HOUR];
    let mostly = || select(vec![true, true, false]);
    prop_oneof![
        14 => conversations().prop_map(Op::CustomerWrites),
        2 => conversations().prop_map(Op::Echo),
        1 => (conversations(), 0..3_u8).prop_map(|(id, n)| Op::Renamed(id, n)),
        6 => (hand(), conversations()).prop_map(|(hand, id)| Op::Looks(hand, id)),
        50 => (hand(), conversations(), acts(), mostly(), mostly())
            .prop_map(|(hand, id, act, looks, chained)| Op::Acts(hand, id, act, looks, chained)),
        6 => (0..8_usize).prop_map(Op::Repeats),
        10 => select(times).prop_map(Op::Passes),
        20 => (conversations(), select(ends.clone())).prop_map(|(id, end)| Op::Sends(id, end)),
        8 => (conversations(), 0..3_usize).prop_map(|(id, n)| Op::Claims(id, n)),
        8 => (conversations(), 0..3_usize, select(ends)).prop_map(|(id, n, e)| Op::Ends(id, n, e)),
        16 => (conversations(), 0..4_usize, select(statuses))
            .prop_map(|(id, n, s)| Op::Hears(id, n, s)),
        2 => (conversations(), 0..3_usize).prop_map(|(id, n)| Op::Rescues(id, n)),
        2 => conversations().prop_map(Op::Wakes),
        2 => (hand(), select(vec![None, Some(1), Some(2)])).prop_map(|(h, c)| Op::Capacity(h, c)),
        1 => select(vec![Visibility::Full, Visibility::Head, Visibility::Own]).prop_map(Op::Shows),
        3 => select(vec![0, 0, 2 * SECOND, 10 * SECOND]).prop_map(Op::Holds),
        1 => select(vec![BEN, CLEO]).prop_map(Op::Joins),
        1 => select(vec![BEN, CLEO]).prop_map(Op::Leaves),
        16 => (0..4_usize).prop_map(Op::Fetches),
        3 => select(vec![Op::ComesBack]),
        6 => (0..4_usize, 0..4_usize).prop_map(|(n, after)| Op::IsKilled(n, after)),
    ]
}

/// The day, with everything that watches it.
pub(crate) struct Chaos {
    pub(crate) team: Team,
    pub(crate) shown: BTreeMap<(Hand, ConversationId), Seen>,
    last_ops: BTreeMap<(Hand, ConversationId), OpId>,
    given: Vec<(Hand, Command)>,
    promises: Promises,
    live: Vec<Client>,
    away: Client,
}

impl Chaos {
    pub(crate) fn new() -> Self {
        let mut team = Team::with_a_customer();
        team.customer_writes(MATEO);
        Self {
            team,
            shown: BTreeMap::new(),
            last_ops: BTreeMap::new(),
            given: Vec::new(),
            promises: Promises::default(),
            live: [ANA, BEN, CLEO, EVA].into_iter().map(Client::new).collect(),
            away: Client::new(BEN),
        }
    }

    /// Plays the day; the first broken promise ends it.
    pub(crate) fn plays(mut self, ops: &[Op]) -> Result<(), String> {
        for op in ops {
            self.happens(*op)?;
            self.promises.hold(&self.team)?;
            for client in &mut self.live {
                client.listens(&self.team);
            }
        }
        self.promises.hold_at_the_end(&self.team)?;
        self.live.push(self.away);
        self.live.iter_mut().try_for_each(|client| client.settles(&self.team))
    }

    fn happens(&mut self, op: Op) -> Result<(), String> {
        let team = &mut self.team;
        match op {
            Op::CustomerWrites(id) => drop(team.customer_writes(id)),
            Op::Echo(id) => drop(team.somebody_answers_on_the_phone_app(id)),
            Op::Renamed(id, n) => team.customer_is_called(id, format!("name {n}")),
            Op::Looks(hand, id) => {
                self.shown.insert((hand, id), team.shown(id));
            }
            Op::Acts(hand, id, act, looks, chained) => {
                if looks {
                    self.shown.insert((hand, id), team.shown(id));
                }
                return self.acts(hand, id, act, chained);
            }
            Op::Repeats(back) => return self.repeats(back),
            Op::Passes(ms) => team.passes(ms),
            Op::Holds(ms) => team.hold_ms = ms,
            Op::Sends(id, end) => {
                let waits = |facts: &&LineFacts| facts.status == Some(MessageStatus::Queued);
                let first = team.lines.above(id, 0).find(waits).map(|facts| facts.line);
                if let Some(line) = first {
                    self.claims(id, line)?;
                    self.team.ends(id, line.id, &result(end));
                }
            }
            Op::Claims(id, n) => {
                if let Some(line) = out(team, id, n) {
                    self.claims(id, line)?;
                }
            }
            Op::Ends(id, n, end) => {
                if let Some(line) = out(team, id, n) {
                    team.ends(id, line.id, &result(end));
                }
            }
            Op::Hears(id, n, status) => {
                // WhatsApp speaks of what it was sent only.
                if let Some(line) = out(team, id, n).filter(|line| {
                    team.lines.find(id, line.id).is_some_and(|facts| facts.attempt > 0)
                }) {
                    team.hears(id, line.id, status);
                }
            }
            Op::Rescues(id, n) => {
                if let Some(line) = out(team, id, n) {
                    team.rescues(id, line.id);
                }
            }
            Op::Wakes(id) => {
                if let Status::Snoozed { until } = team.of(id).head.status {
                    let drafts = status::wake(team.of(id), until, team.now);
                    team.append(id, drafts, Actor::System, None);
                }
            }
            Op::Fetches(n) => self.live[n].fetches(team),
            Op::IsKilled(n, after) => self.live[n].will_be_killed(after),
            Op::ComesBack => {
                self.away.listens(team);
                self.away.fetches(team);
            }
            Op::Capacity(..) | Op::Shows(_) | Op::Joins(_) | Op::Leaves(_) => self.is_set(op),
        }
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the other half is elsewhere")]
    fn is_set(&mut self, op: Op) {
        let team = &mut self.team;
        match op {
            Op::Capacity(hand, capacity) => team.agent(hand).capacity = capacity,
            Op::Shows(visibility) => {
                team.shows(SUPPORT, visibility);
                let set = TeamSet { visibility: Some(visibility), ..TeamSet::default() };
                team.is_set(Fact::TeamChanged { team_id: SUPPORT, renamed: false, set });
            }
            Op::Joins(hand) => {
                let teams = &mut team.sights.get_mut(&hand.agent).unwrap().viewer.teams;
                let kind = teams.remove(&SUPPORT).is_none().then_some(MembershipKind::Member);
                teams.extend(kind.map(|kind| (SUPPORT, kind)));
                let agent_id = hand.agent;
                team.is_set(Fact::MembershipChanged { team_id: SUPPORT, agent_id, kind });
            }
            Op::Leaves(hand) if team.agent(hand).state == AgentState::Active => {
                team.agent(hand).state = AgentState::Leaving;
                for id in [LUCIA, MATEO] {
                    let agent = team.agent(hand).clone();
                    let drafts = owner::rehome(team.of(id), &agent, (&[], false));
                    team.append(id, drafts, Actor::System, None);
                }
            }
            Op::Leaves(hand) => team.agent(hand).state = AgentState::Active,
            _ => unreachable!("{op:?} is no setting"),
        }
    }

    fn claims(&mut self, id: ConversationId, line: LineRef) -> Result<(), String> {
        let before = self.team.clone();
        let claim = self.team.claim(id, line.id);
        self.promises.of_a_claim(&before, id, line, &claim)
    }

    fn acts(
        &mut self,
        hand: Hand,
        id: ConversationId,
        act: Act,
        chained: bool,
    ) -> Result<(), String> {
        if let Act::Resend(_) | Act::MarkSent(_) = act {
            // Nobody may before.
            self.team.passes(MINUTE);
        }
        let seen = self.shown.get(&(hand, id)).copied().flatten();
        let Some(body) = self.body(id, act, seen) else { return Ok(()) };
        let after = self.last_ops.get(&(hand, id)).copied().filter(|_| chained);
        let op_id = self.team.op();
        let command = Command { op_id, conversation_id: id, after, retry_of: None, body };
        let before = self.team.clone();
        let lines = self.lines_read(&command, seen);
        let answer = self.team.give_knowing(hand, &command, &lines);
        if matches!(answer, Answer::Accepted(_)) {
            self.last_ops.insert((hand, id), op_id);
        }
        self.given.push((hand, command.clone()));
        self.promises.of_a_command((&before, &self.team), hand, &command, &answer)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most name a message or read no lines")]
    /// What a group reads for a command: lines from `seen` on, all where it names others.
    fn lines_read(&self, command: &Command, seen: Seen) -> Lines {
        let names_others = match &command.body {
            CommandBody::Reply(reply) => reply.replaces.is_some() || command.after.is_some(),
            CommandBody::Resolve(_) | CommandBody::MarkWaiting(_) | CommandBody::Snooze(_) => {
                command.after.is_some()
            }
            _ => true,
        };
        let from = if names_others { 0 } else { seen.map_or(0, |seen| seen.seq) };
        self.team.only(command.conversation_id, &[from..=u64::MAX])
    }

    fn body(&self, id: ConversationId, act: Act, seen: Seen) -> Option<CommandBody> {
        let epoch = self.team.of(id).head.owner_epoch;
        Some(match act {
            Act::Reply => reply(seen),
            Act::Resolve => resolve(seen),
            Act::Wait => wait(seen),
            Act::Snooze(ms) => snooze(self.team.now.plus_ms(ms), seen),
            Act::Reopen => reopen(),
            Act::Claim => claim(epoch),
            Act::ClaimAbove => claim_above(epoch),
            Act::Assign(to) => assign(to, epoch),
            Act::Unassign => unassign(epoch),
            Act::Transfer(to, noted) => {
                let CommandBody::Transfer(given) = transfer(to, epoch, seen) else { return None };
                let note = noted.then(|| "note".to_owned());
                CommandBody::Transfer(Transfer { note, ..given })
            }
            Act::Note => CommandBody::Note(NoteText::from("note".to_owned())),
            Act::Coach => coach(epoch),
            Act::Read => CommandBody::MarkRead(MarkRead { seq: seen?.seq }),
            Act::Resend(n) => resend(lost(&self.team, id, n)?, seen),
            Act::MarkSent(n) => mark_sent(lost(&self.team, id, n)?),
            Act::Cancel(n) => cancel(out(&self.team, id, n)?),
            Act::SendNow(n) => send_now(out(&self.team, id, n)?),
            Act::Replace(n) => replacing(out(&self.team, id, n)?, seen),
        })
    }

    fn repeats(&mut self, back: usize) -> Result<(), String> {
        let Some((hand, command)) = self.given.iter().rev().nth(back).cloned() else {
            return Ok(());
        };
        // Who was only told to try again has no stored outcome.
        let priors = self.team.priors.get(&hand.agent);
        let Some(known) = priors.and_then(|priors| priors.get(&command.op_id)).cloned() else {
            return Ok(());
        };
        let events = self.team.log.len();
        let answer = self.team.give(hand, &command);
        if answer != known.answer || self.team.log.len() != events {
            return Err(format!("S16: {command:?} got {:?}, then {answer:?}", known.answer));
        }
        Ok(())
    }
}

fn result(end: End) -> SendResult {
    match end {
        End::Accepted => SendResult::Accepted { wamid: String::new() },
        End::Again => SendResult::Again,
        End::Refused => SendResult::Refused(an_error()),
        End::Unknown => SendResult::Unknown,
    }
}

/// The n-th outgoing line from the end.
fn out(team: &Team, id: ConversationId, n: usize) -> Option<LineRef> {
    team.lines.above(id, 0).rev().filter(|facts| facts.status.is_some()).nth(n).map(|f| f.line)
}

/// The first message whose outcome is unknown; else the n-th from the end.
fn lost(team: &Team, id: ConversationId, n: usize) -> Option<LineRef> {
    let unknown = |facts: &&LineFacts| facts.status == Some(MessageStatus::Unconfirmed);
    let first = team.lines.above(id, 0).find(unknown).map(|facts| facts.line);
    first.or_else(|| out(team, id, n))
}

/// Whether this hand belongs to somebody who may pass a capacity.
pub(crate) fn may_exceed(team: &Team, hand: Hand) -> bool {
    team.people.agents[&hand.agent].role >= Role::Supervisor
}
