//! What an agent does.

use baton_protocol::command::{
    Assign, Claim, Following, MarkRead, NoteText, Nothing, OfMessage, Reply, Resend, Seeing,
    Snooze, Transfer, Unassign,
};
use baton_protocol::{CommandBody, Owner, Timestamp};

use super::{SeenLine, id_of, maybe_id};
use crate::CoreError;

/// An act. `seen` is the last line that is on the screen at the moment of the tap, and
/// `expect_owner_epoch` what the header shows: they are how colleagues' acts are noticed.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Act {
    /// Answers the customer.
    Reply {
        /// What to say.
        text: String,
        /// What the author had seen.
        seen: Option<SeenLine>,
        /// The message that it quotes.
        quoted: Option<String>,
    },
    /// Tells the team.
    Note {
        /// What to say.
        text: String,
    },
    /// Takes the conversation.
    Claim {
        /// As the header shows it.
        expect_owner_epoch: u64,
    },
    /// Gives it to somebody.
    Assign {
        /// Who.
        agent: String,
        /// As the header shows it.
        expect_owner_epoch: u64,
    },
    /// Gives it back to its queue.
    Unassign {
        /// As the header shows it.
        expect_owner_epoch: u64,
    },
    /// Hands it over to a colleague, with a word.
    TransferToAgent {
        /// Who.
        agent: String,
        /// As the header shows it.
        expect_owner_epoch: u64,
        /// What the author had seen.
        seen: Option<SeenLine>,
        /// A note for them.
        note: Option<String>,
    },
    /// Hands it over to another team's queue, with a word.
    TransferToTeam {
        /// Which.
        team: String,
        /// As the header shows it.
        expect_owner_epoch: u64,
        /// What the author had seen.
        seen: Option<SeenLine>,
        /// A note for them.
        note: Option<String>,
    },
    /// It is done.
    Resolve {
        /// What the author had seen.
        seen: Option<SeenLine>,
    },
    /// It is not done after all.
    Reopen,
    /// It waits for the customer or a third party.
    MarkWaiting {
        /// What the author had seen.
        seen: Option<SeenLine>,
    },
    /// Out of sight for a while.
    Snooze {
        /// Until then.
        until_ms: i64,
        /// What the author had seen.
        seen: Option<SeenLine>,
    },
    /// Read up to here.
    MarkRead {
        /// The line.
        seq: u64,
    },
    /// Sends a message that did not leave once more.
    Resend {
        /// Which.
        message: String,
        /// What the author had seen.
        seen: Option<SeenLine>,
    },
    /// Says that a message of which nobody knows did leave.
    MarkSent {
        /// Which.
        message: String,
    },
    /// Withdraws a message that has not left.
    Cancel {
        /// Which.
        message: String,
    },
    /// Tells an agent what happens there, without owning it.
    Follow {
        /// Who; the agent themselves where it is left out.
        agent: Option<String>,
    },
    /// Tells them no longer.
    Unfollow {
        /// Who; the agent themselves where it is left out.
        agent: Option<String>,
    },
}

impl Act {
    pub(crate) fn body(self) -> Result<CommandBody, CoreError> {
        Ok(match self {
            Self::Reply { text, seen, quoted } => CommandBody::Reply(Reply {
                text,
                seen: SeenLine::read(seen)?,
                quoted: maybe_id("quoted", quoted)?,
                replaces: None,
                ignore_lease: false,
            }),
            Self::Note { text } => CommandBody::Note(NoteText { text }),
            Self::Claim { expect_owner_epoch } => {
                CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false })
            }
            Self::Assign { agent, expect_owner_epoch } => CommandBody::Assign(Assign {
                agent_id: id_of("agent", &agent)?,
                expect_owner_epoch,
                exceed_capacity: false,
            }),
            Self::Unassign { expect_owner_epoch } => {
                CommandBody::Unassign(Unassign { expect_owner_epoch })
            }
            Self::TransferToAgent { agent, expect_owner_epoch, seen, note } => {
                let to = Owner::Agent(id_of("agent", &agent)?);
                transfer(to, expect_owner_epoch, seen, note)?
            }
            Self::TransferToTeam { team, expect_owner_epoch, seen, note } => {
                let to = Owner::Queue(id_of("team", &team)?);
                transfer(to, expect_owner_epoch, seen, note)?
            }
            Self::Resolve { seen } => CommandBody::Resolve(seeing(seen)?),
            Self::Reopen => CommandBody::Reopen(Nothing {}),
            Self::MarkWaiting { seen } => CommandBody::MarkWaiting(seeing(seen)?),
            Self::Snooze { until_ms, seen } => CommandBody::Snooze(Snooze {
                until: Timestamp::from_ms(until_ms),
                seen: SeenLine::read(seen)?,
            }),
            Self::MarkRead { seq } => CommandBody::MarkRead(MarkRead { seq }),
            Self::Resend { message, seen } => CommandBody::Resend(Resend {
                message_id: id_of("message", &message)?,
                seen: SeenLine::read(seen)?,
                ignore_lease: false,
            }),
            Self::MarkSent { message } => CommandBody::MarkSent(of_message(&message)?),
            Self::Cancel { message } => CommandBody::Cancel(of_message(&message)?),
            Self::Follow { agent } => CommandBody::Follow(following(agent)?),
            Self::Unfollow { agent } => CommandBody::Unfollow(following(agent)?),
        })
    }
}

fn seeing(seen: Option<SeenLine>) -> Result<Seeing, CoreError> {
    Ok(Seeing { seen: SeenLine::read(seen)? })
}

fn of_message(message: &str) -> Result<OfMessage, CoreError> {
    Ok(OfMessage { message_id: id_of("message", message)? })
}

fn following(agent: Option<String>) -> Result<Following, CoreError> {
    Ok(Following { agent_id: maybe_id("agent", agent)? })
}

fn transfer(
    to: Owner,
    expect_owner_epoch: u64,
    seen: Option<SeenLine>,
    note: Option<String>,
) -> Result<CommandBody, CoreError> {
    let seen = SeenLine::read(seen)?;
    let exceed_capacity = false;
    Ok(CommandBody::Transfer(Transfer { to, expect_owner_epoch, seen, note, exceed_capacity }))
}
