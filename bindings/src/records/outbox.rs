//! What the agent did and the server does not know yet.

use baton_mobile::outbox::{
    Choice as CoreChoice, Echo, Enqueued, Offer, Reason, Stage as CoreStage,
};
use baton_protocol::{Owner, Refusal};

use super::{SeenLine, text_of};
use crate::CoreError;

/// An act as an app shows it.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OutboxItem {
    /// Its name on this device.
    pub number: u64,
    /// The op id that it goes by today: the line or note that it becomes carries it.
    pub op_id: String,
    /// Where.
    pub conversation: String,
    /// What kind of act, as the server names it: `reply`, `note`, `claim` …
    pub kind: String,
    /// What it says, if it says something.
    pub text: Option<String>,
    /// When the agent did it.
    pub created_at_ms: i64,
    /// Where it stands.
    pub stage: Stage,
    /// The act that it waits for, which needs its author.
    pub behind: Option<u64>,
    /// A claim that is not decided: to be shown as claiming, never as owned.
    pub is_claiming: bool,
    /// Why it needs its author, if it does.
    pub review: Option<Review>,
}

/// Where an act stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Stage {
    /// It has not been sent so far.
    Waiting,
    /// It is sent as often as it takes.
    Sending,
    /// A colleague composes: it is sent when they are done.
    Contended,
    /// It waits for another one, which needs its author.
    Behind,
    /// It is being found out whether it was sent.
    Checking,
    /// The server has it.
    Acknowledged,
    /// Its author has to decide.
    NeedsReview,
}

/// Why an act needs its author, and what they may do.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Review {
    /// Stable, for programs: `stale`, `not_owner`, `window_closed` …
    pub code: String,
    /// For people.
    pub detail: String,
    /// What was missed, oldest first, as far as it may be seen.
    pub missed: Vec<MissedLine>,
    /// The agent who owns it now, or composes, where that is the reason.
    pub winner: Option<String>,
    /// The line that has to be on the screen before it is sent once more.
    pub must_show: Option<SeenLine>,
    /// Not that line but a later one.
    pub must_show_later: bool,
    /// What may be done with it.
    pub choices: Vec<ChoiceKind>,
}

/// A line that the author had not seen.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct MissedLine {
    /// Which.
    pub line: SeenLine,
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// What it says.
    pub text: Option<String>,
}

/// What an author may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ChoiceKind {
    /// Send it as it is.
    SendAnyway,
    /// Send another text.
    Edit,
    /// Tell the team instead of the customer.
    TurnIntoNote,
    /// Let go of it.
    Discard,
}

/// What an author does.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Choice {
    /// Sends it as it is, knowing what was missed.
    SendAnyway {
        /// The last line on the screen.
        seen: Option<SeenLine>,
    },
    /// Sends another text.
    Edit {
        /// Which.
        text: String,
        /// The last line on the screen.
        seen: Option<SeenLine>,
    },
    /// Tells the team instead of the customer.
    TurnIntoNote,
    /// Lets go of it.
    Discard,
}

impl Choice {
    pub(crate) fn core(self) -> Result<CoreChoice, CoreError> {
        Ok(match self {
            Self::SendAnyway { seen } => CoreChoice::SendAnyway { seen: SeenLine::read(seen)? },
            Self::Edit { text, seen } => CoreChoice::Edit { text, seen: SeenLine::read(seen)? },
            Self::TurnIntoNote => CoreChoice::TurnIntoNote,
            Self::Discard => CoreChoice::Discard,
        })
    }
}

/// What an act became.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Kept {
    /// Its name on this device.
    pub number: u64,
    /// The op id that it goes by.
    pub op_id: String,
    /// Whether there was none before: otherwise it was a double tap.
    pub is_new: bool,
}

impl From<Enqueued> for Kept {
    fn from(enqueued: Enqueued) -> Self {
        let Enqueued { number, op_id, is_new } = enqueued;
        Self { number, op_id: op_id.to_string(), is_new }
    }
}

impl From<&Echo> for OutboxItem {
    fn from(echo: &Echo) -> Self {
        let (stage, behind) = stage(echo.stage);
        Self {
            number: echo.number,
            op_id: echo.op_id.to_string(),
            conversation: echo.conversation_id.to_string(),
            kind: echo.body.name().to_owned(),
            text: echo.body.text().map(|said| said.text.to_owned()),
            created_at_ms: echo.created_at.ms(),
            stage,
            behind,
            is_claiming: echo.is_claiming(),
            review: echo.reason.as_ref().map(|reason| review(echo, reason)),
        }
    }
}

fn stage(stage: CoreStage) -> (Stage, Option<u64>) {
    match stage {
        CoreStage::Waiting => (Stage::Waiting, None),
        CoreStage::Sending => (Stage::Sending, None),
        CoreStage::Contended => (Stage::Contended, None),
        CoreStage::Behind { number } => (Stage::Behind, Some(number)),
        CoreStage::Checking => (Stage::Checking, None),
        CoreStage::Acknowledged => (Stage::Acknowledged, None),
        CoreStage::NeedsReview => (Stage::NeedsReview, None),
    }
}

fn review(echo: &Echo, reason: &Reason) -> Review {
    let (code, detail) = words(reason);
    let (missed, winner) = match reason {
        Reason::Refused { refused } => {
            (refused.lines.iter().map(MissedLine::from).collect(), winner(&refused.refusal))
        }
        Reason::BeingAnswered { holder, .. } => (Vec::new(), Some(holder.to_string())),
        Reason::TooOld
        | Reason::WindowClosed { .. }
        | Reason::NotInScope
        | Reason::Rejected { .. }
        | Reason::Restored
        | Reason::Withdrawn => (Vec::new(), None),
    };
    Review {
        code,
        detail,
        missed,
        winner,
        must_show: echo.to_show.map(|show| show.line.into()),
        must_show_later: echo.to_show.is_some_and(|show| show.is_later),
        choices: echo.offers.iter().copied().map(ChoiceKind::from).collect(),
    }
}

fn words(reason: &Reason) -> (String, String) {
    let (code, detail) = match reason {
        Reason::Refused { refused } => (refused.refusal.code(), refused.detail.as_str()),
        Reason::BeingAnswered { .. } => ("being_answered", "a colleague is answering there"),
        Reason::TooOld => ("too_old", "it waited too long to be sent without asking you"),
        Reason::WindowClosed { .. } => {
            ("window_closed", "more than 24 hours since the customer wrote")
        }
        Reason::NotInScope => ("not_in_scope", "the conversation is not yours to see any more"),
        Reason::Rejected { .. } => ("rejected", "something on the way refuses to carry it"),
        Reason::Restored => {
            ("restored", "the server was put back: the customer may have it or not")
        }
        Reason::Withdrawn => ("withdrawn", "you asked for it back, it was not sent"),
    };
    (code.to_owned(), detail.to_owned())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most refusals name nobody")]
fn winner(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::NotOwner { owner } | Refusal::OwnerChanged { owner, .. } => match owner {
            Owner::Agent(agent) => Some(agent.to_string()),
            Owner::Queue(_) => None,
        },
        Refusal::BeingAnswered { holder, .. } => text_of(Some(*holder)),
        _ => None,
    }
}

impl From<&baton_protocol::Line> for MissedLine {
    fn from(line: &baton_protocol::Line) -> Self {
        Self {
            line: SeenLine { seq: line.seq, id: line.id.to_string() },
            from_customer: line.author == baton_protocol::Author::Customer,
            text: line.content.text.clone(),
        }
    }
}

impl From<Offer> for ChoiceKind {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::SendAnyway => Self::SendAnyway,
            Offer::Edit => Self::Edit,
            Offer::TurnIntoNote => Self::TurnIntoNote,
            Offer::Discard => Self::Discard,
        }
    }
}
