//! The acts of an agent.

use baton_protocol::command::{
    Assign, Claim, Following, Forward, Link, MarkRead, MarkUnread, NameContact, NoteText, Nothing,
    OfMessage, OfOffer, Reply, Resend, Resolve, Seeing, Send, SetLanguage, SetPriority, Snooze,
    Tagging, Transfer, Unassign,
};
use baton_protocol::{Coach, CommandBody, LineAt, Owner, Remind, SettingId, Timestamp};

use super::fields::{ContactField, set_attributes};
use super::messages::Message;
use super::{SeenLine, id_of, maybe_id};
use crate::CoreError;

/// An act of the agent in a conversation.
///
/// `seen` is the newest line on the screen at the tap, `expect_owner_epoch` comes from the header.
/// With them the server notices that a colleague or the customer was faster.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Act {
    /// Reply to the customer.
    Reply {
        /// The text.
        text: String,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// The id of the quoted message.
        #[uniffi(default = None)]
        quoted: Option<String>,
        /// The id of a message that is held or has failed: it goes instead of that one.
        #[uniffi(default = None)]
        replaces: Option<String>,
    },
    /// Send the customer more than a text.
    Send {
        /// A place, contact cards, buttons, a list, a link, a template or a reaction. Files go by
        /// `send_file`.
        message: Message,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// The id of the quoted message.
        #[uniffi(default = None)]
        quoted: Option<String>,
        /// The id of a message that is held or has failed: it goes instead of that one.
        #[uniffi(default = None)]
        replaces: Option<String>,
    },
    /// Send the customer what another line says: a text, a file, a place or contact cards.
    Forward {
        /// The id of the conversation that the line stands in.
        from: String,
        /// The id of the line's message.
        message: String,
        /// The newest line of this conversation that the agent had seen.
        seen: Option<SeenLine>,
    },
    /// Write a note for the team.
    Note {
        /// The text.
        text: String,
        /// The ids of colleagues whom it calls: they are told.
        #[uniffi(default = [])]
        mentions: Vec<String>,
        /// The id of the message that it is about.
        #[uniffi(default = None)]
        quoted: Option<String>,
    },
    /// Write a note to the owner that nobody else of the team sees. For supervisors.
    Coach {
        /// The text.
        text: String,
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
    },
    /// Take the conversation.
    Claim {
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
        /// Own more than allowed. For supervisors.
        #[uniffi(default = false)]
        exceed_capacity: bool,
    },
    /// Assign it to an agent.
    Assign {
        /// The id of the agent.
        agent: String,
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
        /// Let the agent own more than allowed. For supervisors.
        #[uniffi(default = false)]
        exceed_capacity: bool,
    },
    /// Return it to its queue.
    Unassign {
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
    },
    /// Transfer it to a colleague.
    TransferToAgent {
        /// The id of the agent.
        agent: String,
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// A note for the receiver.
        #[uniffi(default = None)]
        note: Option<String>,
        /// Let the agent own more than allowed. For supervisors.
        #[uniffi(default = false)]
        exceed_capacity: bool,
    },
    /// Transfer it to another team's queue.
    TransferToTeam {
        /// The id of the team.
        team: String,
        /// The version of the ownership, from the header.
        expect_owner_epoch: u64,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// A note for the receiver.
        #[uniffi(default = None)]
        note: Option<String>,
    },
    /// Resolve it.
    Resolve {
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// The id of an outcome of its team: see `outcomes`.
        #[uniffi(default = None)]
        outcome: Option<String>,
        /// More about the outcome.
        #[uniffi(default = None)]
        outcome_text: Option<String>,
    },
    /// Reopen it.
    Reopen,
    /// Mark it as waiting for the customer or a third party.
    MarkWaiting {
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
    },
    /// Hide it until a set time.
    Snooze {
        /// When it returns.
        until_ms: i64,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
    },
    /// Mark its lines as read.
    MarkRead {
        /// The number of the last line read.
        seq: u64,
    },
    /// Have its lines unread again.
    MarkUnread {
        /// The number of the first line that is unread.
        seq: u64,
    },
    /// Send a failed message again.
    Resend {
        /// The id of the message.
        message: String,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
    },
    /// Mark an unconfirmed message as sent.
    MarkSent {
        /// The id of the message.
        message: String,
    },
    /// Send a message at once that waits until it can be taken back no longer.
    SendNow {
        /// The id of the message.
        message: String,
    },
    /// Cancel a message that has not been sent.
    Cancel {
        /// The id of the message.
        message: String,
    },
    /// Tells an agent what happens there, without owning it.
    Follow {
        /// Who; the agent themselves where it is left out.
        #[uniffi(default = None)]
        agent: Option<String>,
    },
    /// Tells them no longer.
    Unfollow {
        /// Who; the agent themselves where it is left out.
        #[uniffi(default = None)]
        agent: Option<String>,
    },
    /// Block the customer, at WhatsApp too. The conversation is resolved.
    Block,
    /// Let the customer write again.
    Unblock,
    /// Say that the customer is the one of another conversation.
    Link {
        /// The id of the other conversation.
        with: String,
    },
    /// Say that the customer is nobody else.
    Unlink,
    /// Take a conversation that is offered.
    AcceptOffer {
        /// The id of the offer.
        offer: String,
    },
    /// Say no to an offer.
    DeclineOffer {
        /// The id of the offer.
        offer: String,
    },
    /// Give the customer a name of the team's own.
    NameContact {
        /// The name; left out, they have the one that they chose.
        #[uniffi(default = None)]
        name: Option<String>,
    },
    /// Put tags on and take tags off.
    Tag {
        /// The ids of tags that are put on.
        #[uniffi(default = [])]
        add: Vec<String>,
        /// The ids of tags that are taken off.
        #[uniffi(default = [])]
        remove: Vec<String>,
    },
    /// Change fields of the customer's card.
    SetAttributes {
        /// New values.
        #[uniffi(default = [])]
        set: Vec<ContactField>,
        /// The ids of attributes whose value goes.
        #[uniffi(default = [])]
        clear: Vec<String>,
    },
    /// Set the language that the customer writes.
    SetLanguage {
        /// Its tag, as `pt-BR`; left out, it is heard in what they write again.
        #[uniffi(default = None)]
        language: Option<String>,
    },
    /// Say how urgent the conversation is in its queue.
    SetPriority {
        /// The priority from here on.
        priority: Priority,
        /// Why, 1 to 200 characters; only normal needs none.
        #[uniffi(default = None)]
        reason: Option<String>,
    },
    /// Be called back to the conversation, in place of the reminder that the agent has there.
    Remind {
        /// The time at which it rings, at most a year away.
        at_ms: i64,
        /// Rings only if the customer has written nothing until then.
        follow_up: bool,
        /// The newest line that the agent had seen.
        seen: Option<SeenLine>,
        /// The text, 1 to 500 characters. Colleagues may read it.
        #[uniffi(default = None)]
        text: Option<String>,
    },
    /// End the reminder that the agent has there.
    EndReminder,
}

/// The urgency of a conversation in its team's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Priority {
    /// As long as it has waited.
    Normal,
    /// As if it had waited half an hour longer.
    High,
    /// Before all that are not urgent.
    Urgent,
}

impl Priority {
    /// Nothing where it is normal.
    pub(super) fn unless_normal(of: baton_protocol::Priority) -> Option<Self> {
        match of {
            baton_protocol::Priority::High => Some(Self::High),
            baton_protocol::Priority::Urgent => Some(Self::Urgent),
            baton_protocol::Priority::Normal | baton_protocol::Priority::Unknown => None,
        }
    }
}

impl From<Priority> for baton_protocol::Priority {
    fn from(of: Priority) -> Self {
        match of {
            Priority::Normal => Self::Normal,
            Priority::High => Self::High,
            Priority::Urgent => Self::Urgent,
        }
    }
}

impl Act {
    #[expect(clippy::too_many_lines, reason = "one table, an arm for each act")]
    pub(crate) fn body(self) -> Result<CommandBody, CoreError> {
        Ok(match self {
            Self::Reply { text, seen, quoted, replaces } => CommandBody::Reply(Reply {
                text,
                seen: SeenLine::read(seen)?,
                quoted: maybe_id("quoted", quoted)?,
                replaces: maybe_id("replaces", replaces)?,
                ignore_lease: false,
                canned: None,
            }),
            Self::Send { message, seen, quoted, replaces } => {
                let (text, details) = message.details()?;
                CommandBody::Send(Send {
                    text,
                    details: Box::new(details),
                    seen: SeenLine::read(seen)?,
                    quoted: maybe_id("quoted", quoted)?,
                    replaces: maybe_id("replaces", replaces)?,
                    ignore_lease: false,
                    canned: None,
                })
            }
            Self::Forward { from, message, seen } => CommandBody::Forward(Forward {
                of: LineAt {
                    conversation_id: id_of("from", &from)?,
                    message_id: id_of("message", &message)?,
                },
                seen: SeenLine::read(seen)?,
                ignore_lease: false,
            }),
            Self::Coach { text, expect_owner_epoch } => {
                CommandBody::Coach(Coach { text, expect_owner_epoch })
            }
            Self::Note { text, mentions, quoted } => CommandBody::Note(NoteText {
                text,
                quoted: maybe_id("quoted", quoted)?,
                mentions: mentions
                    .iter()
                    .map(|agent| id_of("mentions", agent))
                    .collect::<Result<_, _>>()?,
            }),
            Self::Claim { expect_owner_epoch, exceed_capacity } => {
                CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity })
            }
            Self::Assign { agent, expect_owner_epoch, exceed_capacity } => {
                let agent_id = id_of("agent", &agent)?;
                CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity })
            }
            Self::Unassign { expect_owner_epoch } => {
                CommandBody::Unassign(Unassign { expect_owner_epoch })
            }
            Self::TransferToAgent { agent, expect_owner_epoch, seen, note, exceed_capacity } => {
                let to = Owner::Agent(id_of("agent", &agent)?);
                let seen = SeenLine::read(seen)?;
                let moved = Transfer { to, expect_owner_epoch, seen, note, exceed_capacity };
                CommandBody::Transfer(moved)
            }
            Self::TransferToTeam { team, expect_owner_epoch, seen, note } => {
                let to = Owner::Queue(id_of("team", &team)?);
                let (seen, exceed_capacity) = (SeenLine::read(seen)?, false);
                let moved = Transfer { to, expect_owner_epoch, seen, note, exceed_capacity };
                CommandBody::Transfer(moved)
            }
            Self::Resolve { seen, outcome, outcome_text } => CommandBody::Resolve(Resolve {
                seen: SeenLine::read(seen)?,
                outcome: maybe_id("outcome", outcome)?,
                outcome_text,
            }),
            Self::Reopen => CommandBody::Reopen(Nothing {}),
            Self::MarkWaiting { seen } => CommandBody::MarkWaiting(seeing(seen)?),
            Self::Snooze { until_ms, seen } => CommandBody::Snooze(Snooze {
                until: Timestamp::from_ms(until_ms),
                seen: SeenLine::read(seen)?,
            }),
            Self::MarkRead { seq } => CommandBody::MarkRead(MarkRead { seq }),
            Self::MarkUnread { seq } => CommandBody::MarkUnread(MarkUnread { seq }),
            Self::Resend { message, seen } => CommandBody::Resend(Resend {
                message_id: id_of("message", &message)?,
                seen: SeenLine::read(seen)?,
                ignore_lease: false,
            }),
            Self::MarkSent { message } => CommandBody::MarkSent(of_message(&message)?),
            Self::SendNow { message } => CommandBody::SendNow(of_message(&message)?),
            Self::Cancel { message } => CommandBody::Cancel(of_message(&message)?),
            Self::Follow { agent } => CommandBody::Follow(following(agent)?),
            Self::Unfollow { agent } => CommandBody::Unfollow(following(agent)?),
            Self::Block => CommandBody::Block(Nothing {}),
            Self::Unblock => CommandBody::Unblock(Nothing {}),
            Self::Link { with } => CommandBody::Link(Link { with: id_of("with", &with)? }),
            Self::Unlink => CommandBody::Unlink(Nothing {}),
            Self::AcceptOffer { offer } => CommandBody::AcceptOffer(of_offer(&offer)?),
            Self::DeclineOffer { offer } => CommandBody::DeclineOffer(of_offer(&offer)?),
            Self::NameContact { name } => CommandBody::NameContact(NameContact { name }),
            Self::Tag { add, remove } => CommandBody::Tag(Tagging {
                add: tags("add", &add)?,
                remove: tags("remove", &remove)?,
            }),
            Self::SetAttributes { set, clear } => {
                CommandBody::SetAttributes(set_attributes(set, &clear)?)
            }
            Self::SetLanguage { language } => CommandBody::SetLanguage(SetLanguage { language }),
            Self::SetPriority { priority, reason } => {
                CommandBody::SetPriority(SetPriority { priority: priority.into(), reason })
            }
            Self::Remind { at_ms, follow_up, text, seen } => CommandBody::Remind(Remind {
                at: Some(Timestamp::from_ms(at_ms)),
                follow_up,
                text,
                seen: SeenLine::read(seen)?,
            }),
            Self::EndReminder => {
                CommandBody::Remind(Remind { at: None, follow_up: false, text: None, seen: None })
            }
        })
    }
}

fn seeing(seen: Option<SeenLine>) -> Result<Seeing, CoreError> {
    Ok(Seeing { seen: SeenLine::read(seen)? })
}

fn of_message(message: &str) -> Result<OfMessage, CoreError> {
    Ok(OfMessage { message_id: id_of("message", message)? })
}

fn of_offer(offer: &str) -> Result<OfOffer, CoreError> {
    Ok(OfOffer { offer_id: id_of("offer", offer)? })
}

fn following(agent: Option<String>) -> Result<Following, CoreError> {
    Ok(Following { agent_id: maybe_id("agent", agent)? })
}

fn tags(field: &'static str, ids: &[String]) -> Result<Vec<SettingId>, CoreError> {
    ids.iter().map(|id| id_of(field, id)).collect()
}

/// The kind of an act.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ActKind {
    /// A reply to the customer.
    Reply,
    /// A message that is more than a text.
    Send,
    /// A line that is sent on to the customer.
    Forward,
    /// A note for the team.
    Note,
    /// A note for the owner alone.
    Coach,
    /// The agent takes the conversation.
    Claim,
    /// It is assigned to an agent.
    Assign,
    /// It returns to its queue.
    Unassign,
    /// It goes to a colleague or another team.
    Transfer,
    /// It is resolved.
    Resolve,
    /// It is reopened.
    Reopen,
    /// It waits for the customer or a third party.
    MarkWaiting,
    /// It is hidden until a set time.
    Snooze,
    /// Its lines are read.
    MarkRead,
    /// Its lines are unread again.
    MarkUnread,
    /// A failed message goes again.
    Resend,
    /// An unconfirmed message counts as sent.
    MarkSent,
    /// A message is withdrawn before it leaves.
    Cancel,
    /// Somebody is told what happens there.
    Follow,
    /// They are told no longer.
    Unfollow,
    /// The customer is blocked.
    Block,
    /// The customer is blocked no longer.
    Unblock,
    /// The customer is the one of another conversation.
    Link,
    /// The customer is nobody else.
    Unlink,
    /// An offer is taken.
    AcceptOffer,
    /// An offer is declined.
    DeclineOffer,
    /// The customer has a name of the team's.
    NameContact,
    /// Its tags change.
    Tag,
    /// Fields of the customer's card change.
    SetAttributes,
    /// The language that the customer writes is set.
    SetLanguage,
    /// It is more or less urgent.
    SetPriority,
    /// A reminder is set, or ended.
    Remind,
    /// A message that waits is sent at once.
    SendNow,
}

impl From<&CommandBody> for ActKind {
    fn from(body: &CommandBody) -> Self {
        match body {
            CommandBody::Reply(_) => Self::Reply,
            CommandBody::Send(_) => Self::Send,
            CommandBody::Forward(_) => Self::Forward,
            CommandBody::Note(_) => Self::Note,
            CommandBody::Coach(_) => Self::Coach,
            CommandBody::Claim(_) => Self::Claim,
            CommandBody::Assign(_) => Self::Assign,
            CommandBody::Unassign(_) => Self::Unassign,
            CommandBody::Transfer(_) => Self::Transfer,
            CommandBody::Resolve(_) => Self::Resolve,
            CommandBody::Reopen(_) => Self::Reopen,
            CommandBody::MarkWaiting(_) => Self::MarkWaiting,
            CommandBody::Snooze(_) => Self::Snooze,
            CommandBody::MarkRead(_) => Self::MarkRead,
            CommandBody::MarkUnread(_) => Self::MarkUnread,
            CommandBody::Resend(_) => Self::Resend,
            CommandBody::MarkSent(_) => Self::MarkSent,
            CommandBody::Cancel(_) => Self::Cancel,
            CommandBody::SendNow(_) => Self::SendNow,
            CommandBody::Follow(_) => Self::Follow,
            CommandBody::Unfollow(_) => Self::Unfollow,
            CommandBody::Block(_) => Self::Block,
            CommandBody::Unblock(_) => Self::Unblock,
            CommandBody::Link(_) => Self::Link,
            CommandBody::Unlink(_) => Self::Unlink,
            CommandBody::AcceptOffer(_) => Self::AcceptOffer,
            CommandBody::DeclineOffer(_) => Self::DeclineOffer,
            CommandBody::NameContact(_) => Self::NameContact,
            CommandBody::Tag(_) => Self::Tag,
            CommandBody::SetAttributes(_) => Self::SetAttributes,
            CommandBody::SetLanguage(_) => Self::SetLanguage,
            CommandBody::SetPriority(_) => Self::SetPriority,
            CommandBody::Remind(_) => Self::Remind,
        }
    }
}
