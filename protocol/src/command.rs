//! Commands: one type for both roads, `POST /commands` and the socket.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use self::fields::{optional, required};
pub use self::single::{
    CannedUse, Following, Link, MarkRead, MarkUnread, NameContact, OfOffer, Resolve, SetAttributes,
    SetLanguage, SetPriority, Snooze, Tagging,
};
use crate::limits::{
    NOTE_CHARS_MAX, OUTCOME_CHARS_MAX, REASON_CHARS_MAX, REMINDER_CHARS_MAX, TEXT_CHARS_MAX,
};
use crate::{
    AgentId, Coach, ConversationId, Details, LineAt, LineRef, MessageId, OpId, Owner, Remind,
    SettingId,
};

mod fields;
mod single;
#[cfg(test)]
mod tests;

/// The last line that the author had on the screen; `None` when the conversation had no line.
pub type Seen = Option<LineRef>;

/// A command on a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::closed))]
pub struct Command {
    /// Its id, by its author (UUIDv7): the same on every road.
    pub op_id: OpId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The author's previous command on this conversation. Lines of that chain do not count for the
    /// fence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OpId>,
    /// The refused command that this one replaces, after its author was shown what was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<OpId>,
    /// The kind of command, with its fields.
    #[serde(flatten)]
    pub body: CommandBody,
}

/// The kinds of command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CommandBody {
    /// Sends a text to the customer.
    Reply(Reply),
    /// Sends more than a text: a place, contact cards, buttons, a list, a link, a template.
    Send(Send),
    /// Sends the customer what a line says that the author may see: text, file, place, cards.
    Forward(Forward),
    /// Writes a note to the team.
    Note(NoteText),
    /// Writes a coaching note to the owner. For supervisors; the team does not see it.
    Coach(Coach),
    /// Makes the author the owner.
    Claim(Claim),
    /// Makes a colleague the owner.
    Assign(Assign),
    /// Makes the team's queue the owner.
    Unassign(Unassign),
    /// Hands the conversation to an agent or a team, with a note.
    Transfer(Transfer),
    /// Closes the episode.
    Resolve(Resolve),
    /// Opens again. Of a resolved conversation the next episode begins, and its author is the
    /// owner. One that waits or is snoozed stays whose it is.
    Reopen(Nothing),
    /// Sets the status to waiting: the customer or a third party has to act.
    MarkWaiting(Seeing),
    /// Hides the conversation until a time, or until the customer writes.
    Snooze(Snooze),
    /// Moves the read mark of the author.
    MarkRead(MarkRead),
    /// Moves the read mark of the author back: what they read counts as unread again.
    MarkUnread(MarkUnread),
    /// Sends an unconfirmed message again.
    Resend(Resend),
    /// Records that an unconfirmed message did arrive.
    MarkSent(OfMessage),
    /// Withdraws a message that is queued, held or failed.
    Cancel(OfMessage),
    /// Sends a message at once that waits until it can be taken back no longer.
    SendNow(OfMessage),
    /// Adds an agent to the followers of the conversation.
    Follow(Following),
    /// Takes an agent out of the followers.
    Unfollow(Following),
    /// Blocks the customer on this number, at WhatsApp too. The episode is resolved.
    Block(Nothing),
    /// Lets the customer write again.
    Unblock(Nothing),
    /// Says that the customer is the one of another conversation.
    Link(Link),
    /// Says that the customer is nobody else: takes the link back.
    Unlink(Nothing),
    /// Takes a conversation that is offered to the author.
    AcceptOffer(OfOffer),
    /// Says no to an offer: somebody else is asked.
    DeclineOffer(OfOffer),
    /// Gives the customer a name of the team's own, in place of the one that they chose.
    NameContact(NameContact),
    /// Puts tags on and takes tags off.
    Tag(Tagging),
    /// Changes fields of the customer's card.
    SetAttributes(SetAttributes),
    /// Sets the language that the customer writes.
    SetLanguage(SetLanguage),
    /// Says how urgent it is in its team's queue.
    SetPriority(SetPriority),
    /// Sets a reminder for the author, or ends it.
    Remind(Remind),
}

/// How much of a conversation its author must see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sees {
    /// That it exists, and its owner: enough to take it from the queue.
    Head,
    /// Everything.
    Full,
}

/// In which order a phone sends commands on one conversation, and what it does with old ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LaneKind {
    /// What customers or colleagues notice: one behind the other. What waited too long is put
    /// before its author and holds up what follows.
    Visible,
    /// Notes wait for nobody.
    Notes,
    /// How far was read: only the highest counts. Nobody is asked about one that is refused.
    Reads,
}

/// What all commands of a kind need. Server and phones read it here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommandSpec {
    /// The name on the wire.
    pub name: &'static str,
    /// How much of the conversation its author must see.
    pub sees: Sees,
    /// The lane in which a phone sends it.
    pub lane: LaneKind,
    /// An answer leaves by it: a colleague who composes holds it back, and the window must be
    /// open.
    pub is_answer: bool,
    /// It asks for ownership: a phone shows it as claiming until it is decided, never as owned.
    pub is_claim: bool,
}

impl CommandSpec {
    /// What most commands need.
    const fn of(name: &'static str) -> Self {
        let (sees, lane) = (Sees::Full, LaneKind::Visible);
        Self { name, sees, lane, is_answer: false, is_claim: false }
    }

    const fn answer(self) -> Self {
        Self { is_answer: true, ..self }
    }

    const fn in_lane(self, lane: LaneKind) -> Self {
        Self { lane, ..self }
    }
}

/// A text that a command carries, with the limit that the server checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// Its field.
    pub field: &'static str,
    /// The text.
    pub text: &'a str,
    /// Characters that fit.
    pub chars_max: usize,
}

/// A new kind of command says here what it needs: its row in `spec`, and whichever of the fields
/// below it has. Everything else that depends on the kind asks these.
#[expect(clippy::wildcard_enum_match_arm, reason = "most kinds have none of a field")]
impl CommandBody {
    /// Whether it shows that a person did something: a page that is open marks as read by itself.
    pub fn is_act(&self) -> bool {
        !matches!(self, Self::MarkRead(_))
    }

    /// What commands of this kind need.
    pub fn spec(&self) -> CommandSpec {
        let spec = CommandSpec::of;
        match self {
            Self::Reply(_) => spec("reply").answer(),
            Self::Send(_) => spec("send").answer(),
            Self::Forward(_) => spec("forward").answer(),
            Self::Note(_) => spec("note").in_lane(LaneKind::Notes),
            Self::Coach(_) => spec("coach").in_lane(LaneKind::Notes),
            Self::Claim(_) => CommandSpec { sees: Sees::Head, is_claim: true, ..spec("claim") },
            Self::Assign(_) => spec("assign"),
            Self::Unassign(_) => spec("unassign"),
            Self::Transfer(_) => spec("transfer"),
            Self::Resolve(_) => spec("resolve"),
            Self::Reopen(_) => spec("reopen"),
            Self::MarkWaiting(_) => spec("mark_waiting"),
            Self::Snooze(_) => spec("snooze"),
            Self::MarkRead(_) => spec("mark_read").in_lane(LaneKind::Reads),
            Self::MarkUnread(_) => spec("mark_unread"),
            Self::Resend(_) => spec("resend").answer(),
            Self::MarkSent(_) => spec("mark_sent"),
            Self::Cancel(_) => spec("cancel"),
            Self::SendNow(_) => spec("send_now"),
            Self::Follow(_) => spec("follow"),
            Self::Unfollow(_) => spec("unfollow"),
            Self::Block(_) => spec("block"),
            Self::Unblock(_) => spec("unblock"),
            Self::Link(_) => spec("link"),
            Self::Unlink(_) => spec("unlink"),
            Self::AcceptOffer(_) => CommandSpec { is_claim: true, ..spec("accept_offer") },
            Self::DeclineOffer(_) => spec("decline_offer"),
            Self::NameContact(_) => spec("name_contact"),
            Self::Tag(_) => spec("tag").in_lane(LaneKind::Notes),
            Self::SetAttributes(_) => spec("set_attributes").in_lane(LaneKind::Notes),
            Self::SetLanguage(_) => spec("set_language").in_lane(LaneKind::Notes),
            Self::SetPriority(_) => spec("set_priority").in_lane(LaneKind::Notes),
            Self::Remind(_) => spec("remind").in_lane(LaneKind::Notes),
        }
    }

    /// What the author had been shown; the outer `None` where the command carries none.
    pub fn seen(&self) -> Option<Seen> {
        match self {
            Self::Reply(reply) => Some(reply.seen),
            Self::Send(send) => Some(send.seen),
            Self::Forward(forward) => Some(forward.seen),
            Self::Transfer(transfer) => Some(transfer.seen),
            Self::Resolve(resolve) => Some(resolve.seen),
            Self::MarkWaiting(seeing) => Some(seeing.seen),
            Self::Snooze(snooze) => Some(snooze.seen),
            Self::Resend(resend) => Some(resend.seen),
            Self::Remind(remind) => Some(remind.seen),
            _ => None,
        }
    }

    /// The place of [`CommandBody::seen`].
    pub fn seen_mut(&mut self) -> Option<&mut Seen> {
        match self {
            Self::Reply(reply) => Some(&mut reply.seen),
            Self::Send(send) => Some(&mut send.seen),
            Self::Forward(forward) => Some(&mut forward.seen),
            Self::Transfer(transfer) => Some(&mut transfer.seen),
            Self::Resolve(resolve) => Some(&mut resolve.seen),
            Self::MarkWaiting(seeing) => Some(&mut seeing.seen),
            Self::Snooze(snooze) => Some(&mut snooze.seen),
            Self::Resend(resend) => Some(&mut resend.seen),
            Self::Remind(remind) => Some(&mut remind.seen),
            _ => None,
        }
    }

    /// Messages that it names, besides what was seen.
    pub fn named_messages(&self) -> impl Iterator<Item = MessageId> + use<> {
        let named = match self {
            Self::Reply(reply) => [reply.quoted, reply.replaces],
            Self::Send(send) => [send.quoted, send.replaces],
            Self::Note(note) => [note.quoted, None],
            Self::Forward(forward) => [Some(forward.of.message_id), None],
            Self::Resend(resend) => [Some(resend.message_id), None],
            Self::MarkSent(of) | Self::Cancel(of) | Self::SendNow(of) => {
                [Some(of.message_id), None]
            }
            _ => [None, None],
        };
        named.into_iter().flatten()
    }

    /// The agents that it names.
    pub fn named_agents(&self) -> impl Iterator<Item = AgentId> + '_ {
        let (one, all) = match self {
            Self::Assign(assign) => (Some(assign.agent_id), &[][..]),
            Self::Transfer(transfer) => (transfer.to.agent(), &[][..]),
            Self::Follow(following) | Self::Unfollow(following) => (following.agent_id, &[][..]),
            _ => (None, self.mentions()),
        };
        one.into_iter().chain(all.iter().copied())
    }

    /// The other conversation that it names.
    pub fn named_conversation(&self) -> Option<ConversationId> {
        let Self::Link(link) = self else { return None };
        Some(link.with)
    }

    /// The tags that it names.
    pub fn named_tags(&self) -> impl Iterator<Item = SettingId> + '_ {
        let (add, remove) = match self {
            Self::Tag(tagging) => (&tagging.add[..], &tagging.remove[..]),
            _ => (&[][..], &[][..]),
        };
        add.iter().chain(remove).copied()
    }

    /// The outcome that it names.
    pub fn outcome(&self) -> Option<SettingId> {
        let Self::Resolve(resolve) = self else { return None };
        resolve.outcome
    }

    /// The text that it carries.
    pub fn text(&self) -> Option<Text<'_>> {
        let of = |field, text, chars_max| Some(Text { field, text, chars_max });
        match self {
            Self::Reply(reply) => of("text", &reply.text, TEXT_CHARS_MAX),
            Self::Send(send) => of("text", send.text.as_ref()?, TEXT_CHARS_MAX),
            Self::Note(note) => of("text", &note.text, NOTE_CHARS_MAX),
            Self::Coach(coach) => of("text", &coach.text, NOTE_CHARS_MAX),
            Self::Transfer(transfer) => of("note", transfer.note.as_ref()?, NOTE_CHARS_MAX),
            Self::Resolve(resolve) => {
                of("outcome_text", resolve.outcome_text.as_ref()?, OUTCOME_CHARS_MAX)
            }
            Self::SetPriority(to) => of("reason", to.reason.as_ref()?, REASON_CHARS_MAX),
            Self::Remind(remind) => of("text", remind.text.as_ref()?, REMINDER_CHARS_MAX),
            _ => None,
        }
    }

    /// Name and language of the template that it sends.
    pub fn template(&self) -> Option<(&str, &str)> {
        let Self::Send(send) = self else { return None };
        let Details::Template { name, language, .. } = send.details.as_ref() else { return None };
        Some((name, language))
    }

    /// The upload that it sends.
    pub fn upload(&self) -> Option<MessageId> {
        let Self::Send(send) = self else { return None };
        let Details::File { upload, .. } = send.details.as_ref() else { return None };
        *upload
    }

    /// The line that it sends on.
    pub fn forwarded(&self) -> Option<LineAt> {
        let Self::Forward(forward) = self else { return None };
        Some(forward.of)
    }

    /// The owner's number that its author saw.
    pub fn expect_owner_epoch_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::Claim(claim) => Some(&mut claim.expect_owner_epoch),
            Self::Assign(assign) => Some(&mut assign.expect_owner_epoch),
            Self::Unassign(unassign) => Some(&mut unassign.expect_owner_epoch),
            Self::Transfer(transfer) => Some(&mut transfer.expect_owner_epoch),
            Self::Coach(coach) => Some(&mut coach.expect_owner_epoch),
            _ => None,
        }
    }

    /// Whether it goes out although a colleague composes.
    pub fn ignore_lease_mut(&mut self) -> Option<&mut bool> {
        match self {
            Self::Reply(reply) => Some(&mut reply.ignore_lease),
            Self::Send(send) => Some(&mut send.ignore_lease),
            Self::Forward(forward) => Some(&mut forward.ignore_lease),
            Self::Resend(resend) => Some(&mut resend.ignore_lease),
            _ => None,
        }
    }

    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        self.spec().name
    }

    /// Whether an answer leaves by it ([`CommandSpec::is_answer`]).
    pub fn is_answer(&self) -> bool {
        self.spec().is_answer
    }
}

/// A text to the customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// 1 to 4096 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096)))]
    pub text: String,
    /// The last line on the screen at the tap. Required, `null` when there was none.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A message of this conversation to quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// A held or failed message that this one replaces; that one becomes cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// Sends although a colleague holds the lease. The log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
    /// The canned reply that it was made of; of several the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canned: Option<CannedUse>,
}

/// A message to the customer that is more than a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The text above buttons, a list or a link. A place and contact cards have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A place, contact cards, buttons, a list, a link or a template.
    pub details: Box<Details>,
    /// The last line on the screen at the tap. Required, `null` when there was none.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A message of this conversation to quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// A held or failed message that this one replaces; that one becomes cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// Sends although a colleague holds the lease. The log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
    /// The canned reply that it was made of; of several the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canned: Option<CannedUse>,
}

/// What a line says, for the customer of this conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The line, of this or another conversation that the author sees in full.
    pub of: LineAt,
    /// The last line of this conversation on the screen at the tap. Required, `null` when there
    /// was none.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// Sends although a colleague holds the lease. The log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
}

/// A note to the team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoteText {
    /// 1 to 10,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 10000)))]
    pub text: String,
    /// Agents whom it calls: those of them who may see the conversation are told. At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub mentions: Vec<AgentId>,
    /// A line of this conversation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
}

impl From<String> for NoteText {
    /// A note that mentions nobody.
    fn from(text: String) -> Self {
        Self { text, mentions: Vec::new(), quoted: None }
    }
}

/// Makes the author the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Makes an agent the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The next owner.
    pub agent_id: AgentId,
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Makes the team's queue the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unassign {
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
}

/// Hands the conversation over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// An agent, or the queue of a team.
    pub to: Owner,
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A note for the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// A command that needs nothing but the fence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Seeing {
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// A command without further fields.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Sends an unconfirmed message again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::with_seen))]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// The message.
    pub message_id: MessageId,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// Sends although a colleague holds the lease. The log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
}

/// A command on a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OfMessage {
    /// The message.
    pub message_id: MessageId,
}

impl<'de> Deserialize<'de> for Command {
    /// Takes the common fields out first, so that the rest can refuse unknown fields.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::<String, Value>::deserialize(deserializer)?;
        let op_id = required(&mut fields, "op_id").map_err(D::Error::custom)?;
        let conversation_id = required(&mut fields, "conversation_id").map_err(D::Error::custom)?;
        let after = optional(&mut fields, "after").map_err(D::Error::custom)?;
        let retry_of = optional(&mut fields, "retry_of").map_err(D::Error::custom)?;
        let body = serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)?;
        Ok(Self { op_id, conversation_id, after, retry_of, body })
    }
}

/// Reads an option that must be present, if only as `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
