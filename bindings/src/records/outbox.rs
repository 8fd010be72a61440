//! The outbox: acts that the server has not confirmed.

use baton_mobile::outbox::{ActStage, Choice as CoreChoice, Echo, Enqueued, Offer, ReviewReason};
use baton_protocol::{Owner, Refusal};

use super::acts::ActKind;
use super::{OutboxFile, SeenLine, text_of};
use crate::CoreError;

/// An act as an app shows it.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OutboxItem {
    /// Its number on this device.
    pub number: u64,
    /// Its op id. The line or note that it becomes has the same one.
    pub op_id: String,
    /// The id of the conversation.
    pub conversation: String,
    /// The kind of the act.
    pub kind: ActKind,
    /// Its text, if it has one.
    pub text: Option<String>,
    /// When the agent acted.
    pub created_at_ms: i64,
    /// How far it has come.
    pub stage: Stage,
    /// The number of the act in review that it waits for.
    pub behind: Option<u64>,
    /// Whether it is an undecided claim. Show it as claiming, never as owned.
    pub is_claiming: bool,
    /// Why the agent must decide; nothing if the agent need not.
    pub review: Option<Review>,
    /// The file that it sends, and how much of it the server has.
    #[uniffi(default = None)]
    pub file: Option<OutboxFile>,
}

/// How far an act has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Stage {
    /// It waits to be sent.
    Waiting,
    /// It is being sent.
    Sending,
    /// A colleague is writing there; it is sent when the colleague stops.
    Contended,
    /// It waits for another act that is in review.
    Behind,
    /// The server is asked whether it arrived.
    Checking,
    /// The server accepted it.
    Acknowledged,
    /// The agent must decide.
    NeedsReview,
}

/// Why the agent must decide, and what the choices are.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Review {
    /// The reason, for programs.
    pub code: ReviewCode,
    /// The reason, for people.
    pub detail: String,
    /// The lines that the agent missed and may see, oldest first.
    pub missed: Vec<MissedLine>,
    /// The id of the agent who owns the conversation or writes there, if that is the reason.
    pub winner: Option<String>,
    /// The line that must be on the screen before it may be sent.
    pub must_show: Option<SeenLine>,
    /// Whether a later line than that must be on the screen.
    pub must_show_later: bool,
    /// The choices.
    pub choices: Vec<ChoiceKind>,
}

/// Why the agent must decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ReviewCode {
    /// Lines came that the agent had not seen.
    Stale,
    /// A colleague owns the conversation.
    NotOwner,
    /// It has a new owner.
    OwnerChanged,
    /// A colleague writes there.
    BeingAnswered,
    /// The agent owns as many conversations as they may.
    AtCapacity,
    /// WhatsApp takes only a template.
    WindowClosed,
    /// The customer is blocked.
    Blocked,
    /// The customer wants no marketing: a template of another category may be sent.
    MarketingStopped,
    /// Meta stopped the template or made it marketing: `detail` names the one to send instead.
    TemplateReplaced,
    /// The agent has no access, or has lost it.
    NotInScope,
    /// The act that it followed was refused.
    DependsOnRefused,
    /// The server never accepts such an act.
    Invalid,
    /// The agent may not do that.
    NotAllowed,
    /// It waited for too long.
    TooOld,
    /// The network refused it.
    Rejected,
    /// The server was restored: it may have been sent or not.
    Restored,
    /// Its file cannot be sent: `detail` says why.
    FileRefused,
    /// The device lost its file. It can only be discarded.
    FileLost,
    /// The agent asked for it back.
    Withdrawn,
    /// The team asks for an outcome: resolve again with one, and discard this.
    OutcomeRequired,
    /// The team asks for a note: hand over again with one, and discard this.
    NoteRequired,
    /// Something else: see `detail`.
    Other,
}

/// A line that the agent had not seen.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct MissedLine {
    /// The line's number and id.
    pub line: SeenLine,
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// Its text.
    pub text: Option<String>,
}

/// A choice that is offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ChoiceKind {
    /// Send the same text.
    SendAnyway,
    /// Send another text.
    Edit,
    /// Turn it into a note for the team.
    TurnIntoNote,
    /// Discard it.
    Discard,
}

/// The agent's choice.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Choice {
    /// Send the same text although lines were missed.
    SendAnyway {
        /// The newest line on the screen.
        seen: Option<SeenLine>,
    },
    /// Send another text.
    Edit {
        /// The new text.
        text: String,
        /// The newest line on the screen.
        seen: Option<SeenLine>,
    },
    /// Turn it into a note for the team.
    TurnIntoNote,
    /// Discard it.
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

/// An act that the outbox has taken.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Kept {
    /// Its number on this device.
    pub number: u64,
    /// Its op id.
    pub op_id: String,
    /// Whether it is new; a double tap returns the first act.
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
            kind: ActKind::from(&echo.body),
            text: echo.body.text().map(|said| said.text.to_owned()),
            created_at_ms: echo.created_at.ms(),
            stage,
            behind,
            is_claiming: echo.is_claiming(),
            review: echo.reason.as_ref().map(|reason| review(echo, reason)),
            file: echo.file.as_ref().map(OutboxFile::from),
        }
    }
}

fn stage(stage: ActStage) -> (Stage, Option<u64>) {
    match stage {
        ActStage::Waiting => (Stage::Waiting, None),
        ActStage::Sending => (Stage::Sending, None),
        ActStage::Contended => (Stage::Contended, None),
        ActStage::Behind { number } => (Stage::Behind, Some(number)),
        ActStage::Checking => (Stage::Checking, None),
        ActStage::Acknowledged => (Stage::Acknowledged, None),
        ActStage::NeedsReview => (Stage::NeedsReview, None),
    }
}

fn review(echo: &Echo, reason: &ReviewReason) -> Review {
    let (code, detail) = words(reason);
    let (missed, winner) = match reason {
        ReviewReason::Refused { refused } => {
            (refused.lines.iter().map(MissedLine::from).collect(), winner(&refused.refusal))
        }
        ReviewReason::BeingAnswered { holder, .. } => (Vec::new(), Some(holder.to_string())),
        ReviewReason::TooOld
        | ReviewReason::WindowClosed { .. }
        | ReviewReason::NotInScope
        | ReviewReason::Rejected { .. }
        | ReviewReason::Restored
        | ReviewReason::FileRefused { .. }
        | ReviewReason::FileLost
        | ReviewReason::Withdrawn => (Vec::new(), None),
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

fn words(reason: &ReviewReason) -> (ReviewCode, String) {
    let (code, detail) = match reason {
        ReviewReason::Refused { refused } => (code(&refused.refusal), refused.detail.as_str()),
        ReviewReason::BeingAnswered { .. } => {
            (ReviewCode::BeingAnswered, "a colleague is answering this conversation")
        }
        ReviewReason::TooOld => {
            (ReviewCode::TooOld, "it waited for more than a day: send it again or discard it")
        }
        ReviewReason::WindowClosed { .. } => {
            (ReviewCode::WindowClosed, "more than 24 hours since the customer wrote")
        }
        ReviewReason::NotInScope => {
            (ReviewCode::NotInScope, "you can no longer see this conversation")
        }
        ReviewReason::Rejected { .. } => {
            (ReviewCode::Rejected, "the network refused it: try another network")
        }
        ReviewReason::Restored => (
            ReviewCode::Restored,
            "the server was restored: the customer may have received it or not",
        ),
        ReviewReason::FileRefused { trouble } => {
            return (ReviewCode::FileRefused, trouble.clone());
        }
        ReviewReason::FileLost => {
            (ReviewCode::FileLost, "this device lost the file: choose it again")
        }
        ReviewReason::Withdrawn => {
            (ReviewCode::Withdrawn, "you asked for it back, it was not sent")
        }
    };
    (code, detail.to_owned())
}

fn code(refusal: &Refusal) -> ReviewCode {
    match refusal {
        Refusal::Stale { .. } => ReviewCode::Stale,
        Refusal::NotOwner { .. } => ReviewCode::NotOwner,
        Refusal::OwnerChanged { .. } => ReviewCode::OwnerChanged,
        Refusal::BeingAnswered { .. } => ReviewCode::BeingAnswered,
        Refusal::AtCapacity { .. } => ReviewCode::AtCapacity,
        Refusal::WindowClosed { .. } => ReviewCode::WindowClosed,
        Refusal::Blocked => ReviewCode::Blocked,
        Refusal::MarketingStopped => ReviewCode::MarketingStopped,
        Refusal::TemplateReplaced { .. } => ReviewCode::TemplateReplaced,
        Refusal::NotInScope => ReviewCode::NotInScope,
        Refusal::DependsOnRefused { .. } => ReviewCode::DependsOnRefused,
        Refusal::Invalid { .. } => ReviewCode::Invalid,
        Refusal::NotAllowed | Refusal::Forbidden => ReviewCode::NotAllowed,
        Refusal::OutcomeRequired { .. } => ReviewCode::OutcomeRequired,
        Refusal::NoteRequired => ReviewCode::NoteRequired,
        Refusal::OpExpired => ReviewCode::TooOld,
        Refusal::OpIdReused
        | Refusal::Cancelled
        | Refusal::DependsOnUnknown { .. }
        | Refusal::TooSoon { .. }
        | Refusal::OfferGone
        | Refusal::Merged { .. }
        | Refusal::Unavailable { .. }
        | Refusal::RateLimited { .. }
        | Refusal::Unknown(_) => ReviewCode::Other,
    }
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
