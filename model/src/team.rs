//! A small team and what happens in it, in one call each: for tests that are about phones.

use baton_domain::decide::delivery::SendResult;
use baton_domain::fact::inbound::ElementBody;
use baton_domain::group::{Channel, ClaimAnswer, ClaimWork, MessageAt, ResultWork, Work};
use baton_protocol::command::{Assign, MarkRead, NoteText, Reply, Transfer};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, ChannelId, Command, CommandBody, CommandResult, ConversationId, DeviceId, LineRef,
    MembershipKind, MessageStatus, NodeId, Owner, Refusal, Refused, Role, Seen, TeamId, Timestamp,
    Visibility,
};
use uuid::Uuid;

use crate::server::{META_APP, Person, Server, Setup, WORKSPACE, result};

/// An agent of the first team.
pub const ANA: AgentId = AgentId(Uuid::from_u128(1));
/// Her colleague.
pub const BEN: AgentId = AgentId(Uuid::from_u128(2));
/// The supervisor of both teams.
pub const LEAD: AgentId = AgentId(Uuid::from_u128(3));
/// The computer of people who act without a phone; phones have lower numbers.
pub const DESK: DeviceId = DeviceId(Uuid::from_u128(0xD9));
/// The teams.
pub const TEAMS: [TeamId; 2] = [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];
/// The time at which the first customer writes.
pub const BEGINNING: Timestamp = Timestamp::from_ms(1_700_000_000_000);
/// The number whose conversations begin with the second team.
const OTHER_CHANNEL: ChannelId = ChannelId(Uuid::from_u128(0xC1));
const OTHER_NUMBER_ID: &str = "106540352242923";

/// The conversation of the customer with this number. Those of customers 3, 7, … begin with the
/// second team.
pub const fn talk(n: u8) -> ConversationId {
    ConversationId(Uuid::from_u128(0xA0 + n as u128))
}

/// The team at this place.
fn team_of(place: u8) -> TeamId {
    if place.is_multiple_of(2) { TEAMS[0] } else { TEAMS[1] }
}

/// A command that was carried out.
#[derive(Clone, Debug)]
pub struct CarriedOut {
    /// Its author.
    pub by: AgentId,
    /// The device that it came from.
    pub device: DeviceId,
    /// The command.
    pub command: Command,
}

/// Something that happens in the team.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// A customer writes.
    Writes(u8),
    /// Ben answers at his desk, knowing everything.
    Answers(u8),
    /// Ben leaves a note.
    Notes(u8),
    /// A customer writes under another name.
    Renames(u8),
    /// Ana reads at her desk.
    Reads(u8),
    /// The oldest reply that waits goes to WhatsApp, or is held.
    Carries(u8),
    /// The supervisor gives it to a team (its place in [`TEAMS`]), and then to Ana (0), to Ben (1)
    /// or to nobody.
    Moves(u8, u8, u8),
    /// An agent joins a team or leaves it.
    Joins(AgentId, u8, bool),
    /// The visibility that a team gives to other teams.
    Shows(u8, Visibility),
    /// An agent sets, moves or ends a setting, as the seed has it.
    Sets(AgentId, u64),
}

impl Server {
    /// A server of this team, to which so many customers have written once.
    pub fn with_customers(count: u8) -> Self {
        let member =
            |id| Person { id, role: Role::Agent, teams: vec![(TEAMS[0], MembershipKind::Member)] };
        let both = TEAMS.map(|team| (team, MembershipKind::Supervisor)).to_vec();
        let lead = Person { id: LEAD, role: Role::Supervisor, teams: both };
        let agents = vec![member(ANA), member(BEN), lead];
        let mut server =
            Self::new(&Setup { agents, teams: TEAMS.to_vec(), capacity: None, now: BEGINNING });
        let meta_app = META_APP.to_owned();
        let channel = Channel { workspace: WORKSPACE, id: OTHER_CHANNEL, meta_app, team: TEAMS[1] };
        server.state.channels.insert(OTHER_NUMBER_ID.to_owned(), channel);
        for n in 0..count {
            server.customer_writes(n);
        }
        server
    }

    /// Lets something happen.
    pub fn happens(&mut self, deed: Deed) {
        match deed {
            Deed::Writes(n) => self.customer_sends(n, None),
            Deed::Answers(n) => self.colleague_answers(n),
            Deed::Notes(n) => {
                let text = format!("note {}", self.head());
                self.acts(BEN, n, CommandBody::Note(NoteText::from(text)));
            }
            Deed::Renames(n) => {
                let name = format!("name {}", self.head());
                self.customer_sends(n, Some(name));
            }
            Deed::Reads(n) => {
                let seq = self.last_line(talk(n)).map_or(0, |line| line.seq);
                self.acts(ANA, n, CommandBody::MarkRead(MarkRead { seq }));
            }
            Deed::Carries(n) => self.carries(n),
            Deed::Moves(n, to, team) => self.moves(n, to, team),
            Deed::Joins(agent, team, joins) => {
                self.set_membership(agent, team_of(team), joins);
            }
            Deed::Shows(team, visibility) => {
                self.set_visibility(team_of(team), visibility);
            }
            Deed::Sets(agent, seed) => self.sets_at_random(seed, agent),
        }
    }

    /// A customer writes; returns their line.
    pub fn customer_writes(&mut self, n: u8) -> Option<LineRef> {
        self.customer_sends(n, None);
        self.last_line(talk(n))
    }

    fn customer_sends(&mut self, n: u8, name: Option<String>) {
        let text = format!("customer {}", self.head());
        let mut message = self.text_from(&format!("3460000{n:04}"), &text);
        message.sender.name = name;
        let mut work = self.post([ElementBody::Message(message)]);
        if let Work::Post(post) = &mut work {
            for (element, fresh) in &mut post.elements {
                (fresh.conversation, fresh.contact) = (talk(n), talk(n).0);
                if n % 4 == 3 {
                    element.phone_number_id = Some(OTHER_NUMBER_ID.to_owned());
                }
            }
        }
        self.commit(&[work]);
    }

    /// Ben answers at his desk. He knows every line, and insists where somebody else composes.
    pub fn colleague_answers(&mut self, n: u8) {
        let (text, seen) = (format!("desk {}", self.head()), self.last_line(talk(n)));
        let reply =
            Reply { text, seen, quoted: None, replaces: None, ignore_lease: true, canned: None };
        self.acts(BEN, n, CommandBody::Reply(reply));
    }

    fn acts(&mut self, agent: AgentId, n: u8, body: CommandBody) {
        let (op_id, conversation_id) = (self.op_id(), talk(n));
        let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
        self.carry_out(agent, DESK, &command);
    }

    fn moves(&mut self, n: u8, to: u8, team: u8) {
        let owner_epoch =
            |server: &Self| server.conversation(talk(n)).map_or(0, |held| held.head.owner_epoch);
        let transfer = Transfer {
            to: Owner::Queue(team_of(team)),
            expect_owner_epoch: owner_epoch(self),
            seen: self.last_line(talk(n)),
            note: None,
            exceed_capacity: false,
        };
        self.acts(LEAD, n, CommandBody::Transfer(transfer));
        if let Some(agent_id) = [ANA, BEN].get(usize::from(to % 3)).copied() {
            let (expect_owner_epoch, exceed_capacity) = (owner_epoch(self), false);
            let assign = Assign { agent_id, expect_owner_epoch, exceed_capacity };
            self.acts(LEAD, n, CommandBody::Assign(assign));
        }
    }

    /// The sender takes the oldest message that waits: WhatsApp accepts it, or the fence holds it.
    pub fn carries(&mut self, n: u8) {
        let Some(held) = self.conversation(talk(n)) else { return };
        let (conversation, channel) = (talk(n), held.head.channel_id);
        let mut lines = self.state.lines.above(conversation, 0);
        let queued = lines.find(|facts| facts.status == Some(MessageStatus::Queued));
        let Some(line) = queued.map(|facts| facts.line) else { return };
        drop(lines);
        let message = line.id;
        let at = MessageAt { workspace: WORKSPACE, channel, conversation, seq: line.seq, message };
        let claim_epoch = u64::try_from(self.fresh_id().as_u128()).unwrap_or_default();
        let claim = ClaimWork { at, claim_epoch, node: NodeId(Uuid::from_u128(0xF0)) };
        let done = self.commit(&[Work::Claim(claim)]).pop();
        if let Some(ClaimAnswer::Go(claim)) = done.map(|done| done.claim()) {
            let result = SendResult::Accepted { wamid: format!("wamid.out.{}", message.0) };
            let result = ResultWork { at, claim, result, due_at: None };
            self.commit(&[Work::Result(result)]);
        }
    }

    // Commands.

    /// Commits one command alone, unless the database is away.
    pub fn command(
        &mut self,
        agent: AgentId,
        device: DeviceId,
        command: &Command,
    ) -> CommandResult {
        if self.busy > 0 {
            self.busy -= 1;
            let outcome =
                Outcome::Refused(Refused::from(Refusal::Unavailable { retry_after_ms: 1_000 }));
            return CommandResult { op_id: Some(command.op_id), outcome };
        }
        self.carry_out(agent, device, command)
    }

    fn carry_out(&mut self, agent: AgentId, device: DeviceId, command: &Command) -> CommandResult {
        let is_new = self.answer(agent, command.op_id).is_none();
        let work = self.command_work(agent, device, command.clone());
        let done = self.commit(&[work]).pop();
        let result = result(command.op_id, done.as_ref());
        if is_new && matches!(result.outcome, Outcome::Accepted(_)) {
            self.carried_out.push(CarriedOut { by: agent, device, command: command.clone() });
        }
        result
    }

    /// The last line of a conversation.
    pub fn last_line(&self, of: ConversationId) -> Seen {
        self.conversation(of)?.thread.last_line
    }
}
