//! What happens while the committer is held against memory: to customers, agents and workers.

use baton_domain::fact::inbound::{
    BookEntry, GroupNews, InboundMessage, InboundReaction, Moved, PastLine, PastSaid, Preference,
    ProviderStatus, Sender,
};
use baton_domain::fact::reminders;
use baton_domain::fact::tag::Tag;
use baton_domain::group::{
    BlockedWork, HandBackWork, OfferEndWork, RehomeWork, RescueWork, ResultWork, RouteWork,
    UnparkWork,
};
use baton_domain::hand::routing::absence::{Absence, Deserted};
use baton_model::server::PHONE_NUMBER_ID;
use baton_model::settings::{example, id_at};
use baton_protocol::coaching::Coach;
use baton_protocol::command::{
    Assign, Following, Link, MarkRead, MarkUnread, NameContact, Nothing, OfMessage, OfOffer, Reply,
    Resend, Resolve, SetAttributes, SetPriority, Snooze, Transfer, Unassign,
};
use baton_protocol::conversation::BlockState;
use baton_protocol::{
    Author, Choice, Content, DeviceId, GroupState, Head, Home, LineKind, MessageError, OfferEnd,
    OfferId, Priority, Remind, Seen, SettingId, SettingKind, Status, Trail,
};

use super::*;
use crate::engine::work::FreshIds;

const CUSTOMERS: [&str; 4] = ["34600000001", "34600000002", "34600000003", "34600000004"];

impl Both {
    pub(super) fn work(&mut self) -> Option<Work> {
        match self.dice.weighted(&[30, 38, 5, 12, 10, 8, 2, 3, 4, 2, 2, 1, 2, 6, 3, 3, 8]) {
            0 => Some(self.webhook_comes()),
            1 => self.somebody_acts(),
            2 => self.somebody_repeats(),
            3 => self.sender_claims(),
            4 => self.attempt_ends(),
            5 => self.status_comes(),
            6 => self.attempt_is_rescued(),
            7 => self.something_rings(),
            8 => self.somebody_asks(),
            9 => Some(self.somebody_writes_first()),
            10 => self.whatsapp_answers_a_block(),
            11 => self.owner_leaves(),
            12 => self.parked_statuses_are_looked_at(),
            13 => self.somebody_is_asked(),
            14 => self.offer_ends(),
            15 => self.owner_is_not_there(),
            _ => self.somebody_sets_something(),
        }
    }

    fn somebody_sets_something(&mut self) -> Option<Work> {
        let by = *self.dice.one_of(&AGENTS)?;
        self.memory.sets_something(&mut self.dice, by)
    }

    // What WhatsApp tells.

    /// One or two things in a webhook; at times it comes once more.
    fn webhook_comes(&mut self) -> Work {
        if self.dice.percent(15)
            && let Some(bodies) = self.dice.one_of(&self.posted).cloned()
        {
            return self.memory.post(bodies);
        }
        let bodies: Vec<_> = (0..1 + self.dice.below(2)).map(|_| self.element()).collect();
        self.posted.push(bodies.clone());
        self.memory.post(bodies)
    }

    fn element(&mut self) -> ElementBody {
        let at = self.memory.now;
        match self.dice.weighted(&[60, 4, 6, 5, 4, 4, 4, 4, 5, 4]) {
            0 => ElementBody::Message(self.message()),
            1 => ElementBody::Echo(self.message()),
            2 => ElementBody::Moved(Moved { from: self.customer(), to: self.customer(), at }),
            3 => self.reaction(),
            4 => self.amendment(LineKind::Edit),
            5 => self.amendment(LineKind::Revocation),
            6 => {
                let (by, stops) = (self.customer(), self.dice.percent(50));
                ElementBody::Preference(Preference { by, stops, at })
            }
            7 => {
                let of = Sender { user_id: None, ..self.customer() };
                let name = self.dice.percent(70).then(|| "Mateo".to_owned());
                ElementBody::Booked(BookEntry { of, name, at })
            }
            8 => self.group_news(),
            _ => self.past(),
        }
    }

    fn customer(&mut self) -> Sender {
        let n = self.dice.below(CUSTOMERS.len());
        let user_id = (n.is_multiple_of(2) && self.dice.percent(50)).then(|| format!("ES.{n}"));
        let name = self.dice.percent(20).then(|| format!("Lucía {}", self.dice.below(3)));
        let username = self.dice.percent(10).then(|| format!("lu.{n}"));
        Sender { wa_id: Some(CUSTOMERS[n].to_owned()), user_id, group_id: None, name, username }
    }

    /// Of a customer, at times in a group.
    fn message(&mut self) -> InboundMessage {
        let (sender, message) = (self.customer(), self.memory.text_from("", "Hola"));
        if self.dice.percent(10) {
            return InboundMessage { sender: group(), participant: Some(sender), ..message };
        }
        InboundMessage { sender, ..message }
    }

    fn amendment(&mut self, kind: LineKind) -> ElementBody {
        let mut all = Vec::new();
        for body in self.posted.iter().flatten() {
            if let ElementBody::Message(message) = body {
                all.push(message.clone());
            }
        }
        let message = self.message();
        let Some(of) = self.dice.one_of(&all).cloned() else {
            return ElementBody::Message(message);
        };
        let (sender, participant) = (of.sender, of.participant);
        let quoted_wamid = Some(of.wamid);
        ElementBody::Message(InboundMessage { kind, sender, participant, quoted_wamid, ..message })
    }

    fn group_news(&mut self) -> ElementBody {
        let state = match self.dice.below(4) {
            0 => Some(GroupState::Open),
            1 => Some(GroupState::Suspended),
            _ => None,
        };
        ElementBody::Group(GroupNews {
            group: group(),
            begins: self.dice.percent(60),
            subject: self.dice.percent(40).then(|| "Bicycles".to_owned()),
            added: if self.dice.percent(50) { vec![self.customer()] } else { Vec::new() },
            removed: if self.dice.percent(30) { vec![self.customer()] } else { Vec::new() },
            state,
            at: self.memory.now,
        })
    }

    /// A message from before the number came to Baton; pieces of one come in any order.
    fn past(&mut self) -> ElementBody {
        let n = self.dice.below(6);
        let said = PastSaid {
            kind: LineKind::Text,
            content: Content { text: Some(format!("past {n}")), ..Content::default() },
            quoted_wamid: None,
            media: None,
        };
        ElementBody::Past(Box::new(PastLine {
            sender: Some(self.customer()).filter(|_| self.dice.percent(80)),
            author: Author::Customer,
            wamid: format!("wamid.past.{n}"),
            at: BEGINNING.plus_ms(-3_600_000 * i64::try_from(n + 1).unwrap()),
            said: Some(said).filter(|_| self.dice.percent(80)),
            status: None,
        }))
    }

    fn reaction(&mut self) -> ElementBody {
        let attempt = self.dice.one_of(&self.attempts).copied();
        let to_wamid = attempt.map_or("wamid.nobodys".to_owned(), |(at, claim)| wamid(at, claim));
        let emoji = self.dice.percent(80).then(|| "👍".to_owned());
        let (by, at) = (Author::Customer, self.memory.now);
        ElementBody::Reaction(InboundReaction { by, to_wamid, emoji, at })
    }

    // What people want.

    fn somebody_acts(&mut self) -> Option<Work> {
        let of = self.somewhere()?;
        let agent = *self.dice.one_of(&AGENTS)?;
        let body = self.body(of);
        let command = Command {
            op_id: self.memory.op_id(),
            conversation_id: of,
            after: self.earlier(agent, 10),
            retry_of: self.earlier(agent, 5),
            body,
        };
        self.given.push((agent, command.clone()));
        Some(self.memory.command_work(agent, device(agent), command))
    }

    fn earlier(&mut self, agent: AgentId, percent: usize) -> Option<OpId> {
        let theirs = self.given.iter().filter(|(by, _)| *by == agent);
        let theirs: Vec<OpId> = theirs.map(|(_, command)| command.op_id).collect();
        self.dice.one_of(&theirs).copied().filter(|_| self.dice.percent(percent))
    }

    #[expect(clippy::too_many_lines, reason = "one table, an arm for each act")]
    fn body(&mut self, of: ConversationId) -> CommandBody {
        let (seen, epoch) = self
            .memory
            .conversation(of)
            .map_or((None, 1), |held| (held.thread.last_line, held.head.owner_epoch));
        let seen = seen.filter(|_| self.dice.percent(85));
        let expect_owner_epoch = if self.dice.percent(85) { epoch } else { 1 };
        let text = format!("text {}", self.memory.head());
        let agent_id = AGENTS[self.dice.below(3)];
        let (exceed_capacity, ignore_lease) = (self.dice.percent(5), false);
        let message_id = self.some_message(of);
        match self
            .dice
            .weighted(&[40, 6, 3, 8, 5, 2, 6, 6, 3, 3, 3, 4, 3, 4, 3, 4, 3, 2, 2, 3, 5, 3, 1])
        {
            0 => {
                let replaces = Some(message_id).filter(|_| self.dice.percent(15));
                CommandBody::Reply(Reply {
                    text,
                    seen,
                    quoted: None,
                    replaces,
                    ignore_lease,
                    canned: None,
                })
            }
            1 => CommandBody::Note(NoteText::from(text)),
            2 => CommandBody::Coach(Coach { text, expect_owner_epoch }),
            3 => CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity }),
            4 => CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity }),
            5 => CommandBody::Unassign(Unassign { expect_owner_epoch }),
            6 => {
                let to = match self.dice.below(4) {
                    0 => Owner::Queue(TEAMS[0]),
                    1 => Owner::Queue(TEAMS[1]),
                    _ => Owner::Agent(agent_id),
                };
                let note = Some(text).filter(|_| self.dice.percent(50));
                CommandBody::Transfer(Transfer {
                    to,
                    expect_owner_epoch,
                    seen,
                    note,
                    exceed_capacity,
                })
            }
            7 => self.resolve(seen),
            8 => CommandBody::MarkWaiting(Seeing { seen }),
            9 => CommandBody::Snooze(Snooze { until: self.memory.now.plus_ms(60_000), seen }),
            10 => CommandBody::Reopen(Nothing {}),
            11 => {
                let seq = seen.map_or(0, |seen| seen.seq);
                match self.dice.below(3) {
                    0 => CommandBody::MarkUnread(MarkUnread { seq }),
                    _ => CommandBody::MarkRead(MarkRead { seq }),
                }
            }
            12 => CommandBody::MarkSent(OfMessage { message_id }),
            13 if self.dice.percent(30) => CommandBody::SendNow(OfMessage { message_id }),
            13 => CommandBody::Cancel(OfMessage { message_id }),
            14 => CommandBody::Resend(Resend { message_id, seen, ignore_lease }),
            15 if self.dice.percent(50) => self.set_priority(text),
            15 if self.dice.percent(60) => self.remind(seen, text),
            15 => CommandBody::Follow(Following { agent_id: None }),
            16 => CommandBody::Follow(Following { agent_id: Some(agent_id) }),
            17 => CommandBody::Unfollow(Following { agent_id: Some(agent_id) }),
            18 if self.dice.percent(50) => {
                let name = Some(text).filter(|_| self.dice.percent(70));
                CommandBody::NameContact(NameContact { name })
            }
            18 if self.dice.percent(40) => self.set_fields(),
            18 => CommandBody::Block(Nothing {}),
            19 => CommandBody::Unblock(Nothing {}),
            20 => CommandBody::AcceptOffer(self.some_offer(of)),
            21 => CommandBody::DeclineOffer(self.some_offer(of)),
            _ => match self.somewhere() {
                Some(with) if with != of => CommandBody::Link(Link { with }),
                _ => CommandBody::Unlink(Nothing {}),
            },
        }
    }

    /// One of the priorities, with a reason or without.
    fn set_priority(&mut self, text: String) -> CommandBody {
        let all = [Priority::Normal, Priority::High, Priority::Urgent];
        let priority = self.dice.one_of(&all).copied().unwrap_or_default();
        let reason = Some(text).filter(|_| self.dice.percent(80));
        CommandBody::SetPriority(SetPriority { priority, reason })
    }

    /// A reminder or follow-up that rings soon, or is over already; or the end of one.
    fn remind(&mut self, seen: Seen, text: String) -> CommandBody {
        let ms = i64::try_from(self.dice.below(120_000)).unwrap_or_default() - 10_000;
        CommandBody::Remind(Remind {
            at: Some(self.memory.now.plus_ms(ms)).filter(|_| self.dice.percent(80)),
            follow_up: self.dice.percent(50),
            text: Some(text).filter(|_| self.dice.percent(50)),
            seen,
        })
    }

    /// Fields of attributes that come and go, some of them with a value that they never had.
    fn set_fields(&mut self) -> CommandBody {
        let id = |n| id_at(SettingKind::Attribute, Home::Workspace, n);
        let value = self.dice.one_of(&["Free", "Team", "Golden"]).copied().unwrap_or_default();
        let set = id(self.dice.below(3));
        let clear = Some(id(self.dice.below(3))).filter(|_| self.dice.percent(30));
        CommandBody::SetAttributes(SetAttributes {
            set: [(set, value.into())].into(),
            clear: clear.into_iter().collect(),
        })
    }

    /// With one of the outcomes that come and go, or without.
    fn resolve(&mut self, seen: Seen) -> CommandBody {
        let body = example(SettingKind::Outcomes).body;
        let ids = body["list"].as_array().expect("outcomes").iter().map(|of| of["id"].clone());
        let ids: Vec<SettingId> =
            ids.map(|id| serde_json::from_value(id).expect("an id")).collect();
        let outcome = self.dice.one_of(&ids).copied().filter(|_| self.dice.percent(60));
        let outcome_text = outcome.filter(|_| self.dice.percent(70)).map(|_| "Because".to_owned());
        CommandBody::Resolve(Resolve { seen, outcome, outcome_text })
    }

    /// The offer of a conversation; one that is over, where none stands.
    fn some_offer(&self, of: ConversationId) -> OfOffer {
        let offer = self.memory.conversation(of).and_then(|held| held.thread.offer);
        OfOffer { offer_id: offer.map_or(OfferId(Uuid::nil()), |offer| offer.offer_id) }
    }

    /// A command comes once more, or another one with its op id.
    fn somebody_repeats(&mut self) -> Option<Work> {
        let (agent, mut command) = self.dice.one_of(&self.given).cloned()?;
        if self.dice.percent(20) {
            command.body = self.body(command.conversation_id);
        }
        Some(self.memory.command_work(agent, device(agent), command))
    }

    fn somebody_asks(&mut self) -> Option<Work> {
        let (agent, command) = self.dice.one_of(&self.given).cloned()?;
        let op_ids = vec![command.op_id, self.memory.op_id()];
        Some(Work::Outcomes(OutcomesWork { workspace: WORKSPACE, agent, op_ids }))
    }

    // What workers do.

    fn sender_claims(&mut self) -> Option<Work> {
        let queued = self.in_status(MessageStatus::Queued);
        let at = self.dice.one_of(&queued).copied()?;
        let claim_epoch = u64::try_from(self.memory.fresh_id().as_u128()).unwrap();
        Some(Work::Claim(ClaimWork { at, claim_epoch, node: NODE }))
    }

    /// An attempt ends, or its end is told once more.
    fn attempt_ends(&mut self) -> Option<Work> {
        let (at, claim) = self.dice.one_of(&self.attempts).copied()?;
        let result = match self.dice.weighted(&[70, 10, 10, 10]) {
            0 => SendResult::Accepted { wamid: wamid(at, claim) },
            1 => SendResult::Unknown,
            2 => SendResult::Again,
            _ => SendResult::Refused(error()),
        };
        Some(Work::Result(ResultWork { at, claim, result, due_at: None }))
    }

    /// WhatsApp says how far a message got: late, early or more than once.
    fn status_comes(&mut self) -> Option<Work> {
        let (at, claim) = self.dice.one_of(&self.attempts).copied()?;
        let status = *self.dice.one_of(&[
            ProviderStatus::Sent,
            ProviderStatus::Delivered,
            ProviderStatus::Read,
            ProviderStatus::Failed,
        ])?;
        let tag = Tag { epoch: self.memory.epoch, message: at.message, attempt: claim.attempt };
        let update = StatusUpdate {
            participant: self.dice.percent(15).then(|| CUSTOMERS[0].to_owned()),
            wamid: wamid(at, claim),
            status,
            at: self.memory.now,
            tag: self.dice.percent(50).then(|| tag.to_string()),
            error: (status == ProviderStatus::Failed).then(error),
        };
        Some(self.memory.post([ElementBody::Status(update)]))
    }

    fn attempt_is_rescued(&mut self) -> Option<Work> {
        let sending = self.in_status(MessageStatus::Sending);
        let at = self.dice.one_of(&sending).copied()?;
        let claim = self.memory.state().lines.find(at.conversation, at.message)?.claim();
        Some(Work::Rescue(RescueWork { at, claim }))
    }

    fn something_rings(&mut self) -> Option<Work> {
        let now = self.memory.now;
        let mut due = self.memory.conversations().filter_map(|held| {
            let snooze = match held.head.status {
                Status::Snoozed { until } => Some(until),
                Status::Open | Status::Waiting | Status::Resolved => None,
            };
            let reminder = reminders::first(held).map(|one| one.at);
            let at = snooze.into_iter().chain(reminder).min()?;
            (at <= now).then_some(held.head.id)
        });
        let conversation = due.next()?;
        Some(Work::Look(LookWork { workspace: WORKSPACE, conversation }))
    }

    fn somebody_writes_first(&mut self) -> Work {
        let agent = AGENTS[self.dice.below(3)];
        Work::Begin(BeginWork {
            caller: Caller { workspace: WORKSPACE, agent, device: device(agent) },
            phone_number_id: PHONE_NUMBER_ID.to_owned(),
            to: Sender { user_id: None, name: None, ..self.customer() },
            fresh: FreshIds {
                message: MessageId(self.memory.fresh_id()),
                conversation: ConversationId(self.memory.fresh_id()),
                contact: self.memory.fresh_id(),
                card: self.memory.fresh_id(),
            },
            at: self.memory.now,
        })
    }

    fn whatsapp_answers_a_block(&mut self) -> Option<Work> {
        let conversation = self.somewhere()?;
        let since = self.memory.conversation(conversation)?.thread.block.as_ref()?.since;
        let all = [BlockState::Done, BlockState::NotRecent, BlockState::ListFull];
        let whatsapp = *self.dice.one_of(&all)?;
        Some(Work::Blocked(BlockedWork { workspace: WORKSPACE, conversation, since, whatsapp }))
    }

    fn owner_leaves(&mut self) -> Option<Work> {
        let (conversation, agent) = (self.somewhere()?, AGENTS[self.dice.below(3)]);
        let heirs = AGENTS.to_vec();
        let is_of_team = self.dice.percent(30);
        let workspace = WORKSPACE;
        let work = RehomeWork { workspace, conversation, agent, heirs, is_of_team };
        Some(Work::Rehome(work))
    }

    /// Somebody is asked to take it, or given it, or everybody is called; it may have an owner.
    fn somebody_is_asked(&mut self) -> Option<Work> {
        let conversation = self.somewhere()?;
        let head = &self.memory.conversation(conversation)?.head;
        let (team, revision) = (head.team_id, head.revision);
        let agent = Some(AGENTS[self.dice.below(3)]).filter(|_| self.dice.percent(90));
        let offer_id = OfferId(self.memory.fresh_id());
        let until = self.memory.now.plus_ms(45_000);
        let offer = Some((offer_id, until)).filter(|_| self.dice.percent(80));
        let trail = Trail { choose: Choice::RoundRobin, ..Trail::default() };
        let workspace = WORKSPACE;
        let route = RouteWork { workspace, conversation, revision, team, agent, offer, trail };
        Some(Work::Route(route))
    }

    fn offer_ends(&mut self) -> Option<Work> {
        let offered = self
            .memory
            .conversations()
            .filter_map(|held| Some((held.head.id, held.thread.offer?.offer_id)));
        let offered: Vec<_> = offered.collect();
        let (conversation, offer_id) = self.dice.one_of(&offered).copied()?;
        let end = OfferEnd::Missed;
        Some(Work::OfferEnd(OfferEndWork { workspace: WORKSPACE, conversation, offer_id, end }))
    }

    /// The owner is away, or is not.
    fn owner_is_not_there(&mut self) -> Option<Work> {
        let conversation = self.somewhere()?;
        let held = self.memory.conversation(conversation)?;
        let (agent, owner_epoch) = (held.head.owner.agent()?, held.head.owner_epoch);
        let from_seq = held.thread.turn?.from_seq;
        let absence = *self.dice.one_of(&[Absence::Away, Absence::Unreachable])?;
        let workspace = WORKSPACE;
        let deserted = Deserted { workspace, conversation, agent, owner_epoch, from_seq, absence };
        Some(Work::HandBack(HandBackWork { deserted }))
    }

    fn parked_statuses_are_looked_at(&mut self) -> Option<Work> {
        let (at, claim) = self.dice.one_of(&self.attempts).copied()?;
        let attempt = Some(claim.attempt).filter(|_| self.dice.percent(50));
        let (workspace, channel, wamid) = (WORKSPACE, at.channel, wamid(at, claim));
        Some(Work::Unpark(UnparkWork { workspace, channel, wamid, attempt }))
    }

    // Where it happens.

    fn somewhere(&mut self) -> Option<ConversationId> {
        let all: Vec<_> = self.memory.conversations().map(|held| held.head.id).collect();
        self.dice.one_of(&all).copied()
    }

    /// A message that may not be there.
    fn some_message(&mut self, of: ConversationId) -> MessageId {
        let lines = self.memory.state().lines.above(of, 0);
        let ours = lines.filter(|facts| facts.status.is_some());
        let ours: Vec<_> = ours.map(|facts| facts.line.id).collect();
        self.dice.one_of(&ours).copied().unwrap_or(MessageId(Uuid::nil()))
    }

    fn in_status(&self, status: MessageStatus) -> Vec<MessageAt> {
        let lines = &self.memory.state().lines;
        let all = self
            .memory
            .conversations()
            .flat_map(|held| lines.above(held.head.id, 0).map(move |facts| (&held.head, facts)));
        let there = all.filter(|(_, facts)| facts.status == Some(status));
        let at = |(head, facts): (&Head, &baton_domain::context::LineFacts)| MessageAt {
            workspace: WORKSPACE,
            channel: head.channel_id,
            conversation: head.id,
            seq: facts.line.seq,
            message: facts.line.id,
        };
        there.map(at).collect()
    }
}

fn group() -> Sender {
    Sender { group_id: Some("G1".to_owned()), ..Sender::default() }
}

fn device(of: AgentId) -> DeviceId {
    DeviceId(of.0)
}

fn wamid(at: MessageAt, claim: SendClaim) -> String {
    format!("wamid.out.{}.{}", at.message.0, claim.attempt)
}

fn error() -> MessageError {
    let (reason, remedy) = ("no such number".to_owned(), "call".to_owned());
    MessageError { code: 131_026, reason, remedy }
}
