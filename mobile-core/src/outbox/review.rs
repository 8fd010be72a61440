//! Acts in review: the reason and the choices.

use baton_protocol::{AgentId, CommandBody, LineRef, Refusal, Refused, Seen, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Item, State};

/// An item that needs its author.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Review {
    /// The reason.
    pub reason: ReviewReason,
    /// The time since which it waits for its author.
    pub at: Timestamp,
    /// Whether the server knows its op id, so that what replaces it names it.
    pub is_known: bool,
    /// The log began anew since: numbers of lines mean nothing any more.
    pub of_old_life: bool,
}

/// Why an act needs a decision of its author.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ReviewReason {
    /// The server refused it for good. What was missed, the winner of a claim and such stand in
    /// the refusal.
    Refused {
        /// The refusal.
        refused: Refused,
    },
    /// A colleague composed all the while.
    BeingAnswered {
        /// The agent who wrote there.
        holder: AgentId,
        /// The time since which the colleague composed.
        since: Timestamp,
    },
    /// It waited too long to be sent unasked.
    TooOld,
    /// The customer has not written for 24 hours.
    WindowClosed {
        /// The time when it closed, if that is known.
        closed_at: Option<Timestamp>,
    },
    /// The conversation left the author's scope.
    NotInScope,
    /// Something on the way refuses to carry it.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// The server was put back to an earlier state: the customer may have it or not.
    Restored,
    /// The file cannot be sent.
    FileRefused {
        /// The cause, in words for people.
        trouble: String,
    },
    /// The device lost the file.
    FileLost,
    /// The author asked for it back.
    Withdrawn,
}

/// An author's choice for an item in review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Send it as it is, knowing what was missed.
    SendAnyway {
        /// The last line that the author has been shown.
        seen: Seen,
    },
    /// Send another text.
    Edit {
        /// The new text.
        text: String,
        /// The last line that the author has been shown.
        seen: Seen,
    },
    /// Tell the team instead of the customer.
    TurnIntoNote,
    /// Let go of it.
    Discard,
}

/// The kinds of [`Choice`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Offer {
    /// [`Choice::SendAnyway`].
    SendAnyway,
    /// [`Choice::Edit`].
    Edit,
    /// [`Choice::TurnIntoNote`].
    TurnIntoNote,
    /// [`Choice::Discard`].
    Discard,
}

impl Choice {
    pub(super) fn offer(&self) -> Offer {
        match self {
            Self::SendAnyway { .. } => Offer::SendAnyway,
            Self::Edit { .. } => Offer::Edit,
            Self::TurnIntoNote => Offer::TurnIntoNote,
            Self::Discard => Offer::Discard,
        }
    }
}

/// The choices for an item; none unless it is in review.
#[expect(clippy::wildcard_enum_match_arm, reason = "only what has a text can be edited")]
pub(super) fn offers(item: &Item, is_out_of_scope: bool) -> Vec<Offer> {
    let State::Review { review } = &item.state else { return Vec::new() };
    if is_out_of_scope || is_hopeless(&review.reason) {
        return vec![Offer::Discard];
    }
    match item.command.body {
        CommandBody::Reply(_) => {
            vec![Offer::SendAnyway, Offer::Edit, Offer::TurnIntoNote, Offer::Discard]
        }
        CommandBody::Note(_) => vec![Offer::SendAnyway, Offer::Edit, Offer::Discard],
        _ => vec![Offer::SendAnyway, Offer::Discard],
    }
}

/// Whether it would be refused again as it is.
fn is_hopeless(reason: &ReviewReason) -> bool {
    match reason {
        ReviewReason::Refused { refused } => {
            let refusal = &refused.refusal;
            matches!(refusal, Refusal::Merged { .. } | Refusal::OutcomeRequired { .. })
                || matches!(refusal, Refusal::OfferGone | Refusal::NoteRequired)
        }
        ReviewReason::FileLost => true,
        ReviewReason::BeingAnswered { .. }
        | ReviewReason::TooOld
        | ReviewReason::WindowClosed { .. }
        | ReviewReason::NotInScope
        | ReviewReason::Rejected { .. }
        | ReviewReason::Restored
        | ReviewReason::FileRefused { .. }
        | ReviewReason::Withdrawn => false,
    }
}

/// The line that an author must have been shown before the item is sent once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToShow {
    /// This line or a later one.
    pub line: LineRef,
    /// Not this one but a later one: only a customer's line opens a window.
    pub is_later: bool,
}

impl ToShow {
    /// Whether who has been shown this has been shown enough.
    pub(super) fn is_met_by(self, shown: Seen) -> bool {
        let Some(shown) = shown else { return false };
        shown.seq > self.line.seq || (shown == self.line && !self.is_later)
    }
}

/// The line that the author of an item in review has to be shown first; `None` where nothing was
/// missed.
pub(super) fn to_show(item: &Item) -> Option<ToShow> {
    let State::Review { review } = &item.state else { return None };
    let before = item.command.body.seen()?;
    if review.of_old_life {
        return None;
    }
    let of = |line: Seen, is_later| line.map(|line| ToShow { line, is_later });
    match &review.reason {
        ReviewReason::Refused { refused } => of_refusal(&refused.refusal, before),
        ReviewReason::WindowClosed { .. } => of(before, true),
        ReviewReason::Restored => None,
        ReviewReason::BeingAnswered { .. }
        | ReviewReason::TooOld
        | ReviewReason::NotInScope
        | ReviewReason::Rejected { .. }
        | ReviewReason::FileRefused { .. }
        | ReviewReason::FileLost
        | ReviewReason::Withdrawn => of(before, false),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most refusals say nothing of lines")]
fn of_refusal(refusal: &Refusal, before: Seen) -> Option<ToShow> {
    let (line, is_later) = match refusal {
        // A restored server may have fewer lines than its author had seen.
        Refusal::Stale { current, .. } => (*current, false),
        Refusal::WindowClosed { .. } => (before, true),
        _ => (before, false),
    };
    line.map(|line| ToShow { line, is_later })
}

impl ReviewReason {
    /// Whether it has lines that others wrote.
    pub(super) fn has_lines(&self) -> bool {
        matches!(self, Self::Refused { refused } if !refused.lines.is_empty())
    }

    pub(super) fn forget_lines(&mut self) {
        if let Self::Refused { refused } = self {
            refused.lines.clear();
        }
    }
}
