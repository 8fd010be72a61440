//! The outbox as apps show it: each act, its status and its choices.

use baton_protocol::upload::UploadNew;
use baton_protocol::{AgentId, CommandBody, ConversationId, OpId, Refusal, Timestamp};

use super::Outbox;
use super::item::{Item, Lane, State};
use super::review::{Offer, ReviewReason, ToShow, offers, to_show};
use crate::few::Few;

/// An item as an app shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Echo {
    /// Its name on this device.
    pub number: u64,
    /// The op id that it goes by today: the line or note that it becomes carries it.
    pub op_id: OpId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The command's body.
    pub body: CommandBody,
    /// The time of the tap.
    pub created_at: Timestamp,
    /// Where it stands.
    pub stage: ActStage,
    /// Why the act needs a decision of its author; `None` if it does not.
    pub reason: Option<ReviewReason>,
    /// The choices of its author.
    pub offers: Vec<Offer>,
    /// The line that its author has to be shown before it is sent once more.
    pub to_show: Option<ToShow>,
    /// The file that it sends, and how far that is.
    pub file: Option<EchoFile>,
}

/// A file on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EchoFile {
    /// The file's kind, type, name and size.
    pub new: UploadNew,
    /// Bytes of it that the server has.
    pub sent: u64,
}

impl Echo {
    /// Whether it is a claim that is not decided: to be shown as claiming, never as owned.
    pub fn is_claiming(&self) -> bool {
        let is_open = match self.stage {
            ActStage::Waiting
            | ActStage::Contended
            | ActStage::Behind { .. }
            | ActStage::Sending => true,
            ActStage::Checking | ActStage::Acknowledged | ActStage::NeedsReview => false,
        };
        is_open && self.body.spec().is_claim
    }
}

/// Where an item stands, in the eyes of its author.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActStage {
    /// It has not been sent so far.
    Waiting,
    /// It is sent as often as it takes.
    Sending,
    /// A colleague composes: it is sent when they are done.
    Contended,
    /// It waits for another one, which needs its author.
    Behind {
        /// The act's number.
        number: u64,
    },
    /// It is being found out whether it was sent.
    Checking,
    /// The server has it.
    Acknowledged,
    /// Its author has to decide.
    NeedsReview,
}

/// The end of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The server has it, and the log shows it.
    Acknowledged,
    /// Its author let go of it.
    Discarded,
    /// The server would not hear how far was read. There is nothing to decide about it.
    ReadRefused {
        /// The refusal; `None` when the conversation left the scope or the server was restored.
        refusal: Option<Refusal>,
    },
}

/// A change of which an app has to be notified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It is new, or stands elsewhere.
    Shown(Box<Echo>),
    /// It is not there any more.
    Gone {
        /// Its name on this device.
        number: u64,
        /// The op id that it went by.
        op_id: OpId,
        /// The conversation.
        conversation_id: ConversationId,
        /// The way in which it ended.
        how: Ended,
        /// Whom its note mentions in vain: they do not see the conversation.
        unreached: Vec<AgentId>,
    },
    /// The store could not take it: the tap has to be refused.
    NotStored {
        /// Its name on this device.
        number: u64,
        /// The op id of the tap.
        op_id: OpId,
    },
}

impl Outbox {
    /// Everything, in order.
    pub fn echoes(&self) -> Vec<Echo> {
        self.echoes_of(|_| true)
    }

    /// Whether nothing is on its way: all that is here waits for its author, or the server has it.
    pub fn is_settled(&self) -> bool {
        self.echoes().iter().all(|echo| match echo.stage {
            ActStage::Waiting | ActStage::Sending | ActStage::Contended | ActStage::Checking => {
                false
            }
            ActStage::Behind { .. } | ActStage::Acknowledged | ActStage::NeedsReview => true,
        })
    }

    /// The number of items that need their author: for a badge.
    pub fn needs_review(&self) -> usize {
        self.slots.values().filter(|slot| matches!(slot.item.state, State::Review { .. })).count()
    }

    /// Items that the server does not know, or refused: to be shown before signing out. It stays,
    /// and goes on when the same agent signs in again on this device.
    pub fn unsent(&self) -> Vec<Echo> {
        self.echoes_of(|item| item.has_author() && !matches!(item.state, State::Accepted { .. }))
    }

    fn echoes_of(&self, is_wanted: impl Fn(&Item) -> bool) -> Vec<Echo> {
        let blockers = self.blockers();
        let items = self.slots.values().map(|slot| &slot.item).filter(|item| is_wanted(item));
        items.map(|item| self.echo(item, stage(item, &blockers))).collect()
    }

    pub(super) fn echo(&self, item: &Item, stage: ActStage) -> Echo {
        let conversation_id = item.command.conversation_id;
        let reason = match &item.state {
            State::Review { review } => Some(review.reason.clone()),
            State::Queued | State::Sending | State::Asking { .. } | State::Accepted { .. } => None,
        };
        Echo {
            number: item.number,
            op_id: item.command.op_id,
            conversation_id,
            body: item.command.body.clone(),
            created_at: item.created_at,
            stage,
            reason,
            offers: offers(item, self.out_of_scope.contains(&conversation_id)),
            to_show: to_show(item),
            file: item
                .attachment
                .as_ref()
                .map(|one| EchoFile { new: one.new.clone(), sent: one.received }),
        }
    }
}

/// Where an item stands, given the first item of each lane that blocks it.
pub(super) fn stage(item: &Item, blockers: &Few<Lane, u64>) -> ActStage {
    let blocker = blockers.get(&item.lane()).filter(|number| **number < item.number);
    let behind = blocker.map(|number| ActStage::Behind { number: *number });
    let contended = item.contended_since.map(|_| ActStage::Contended);
    match &item.state {
        State::Queued => behind.or(contended).unwrap_or(ActStage::Waiting),
        State::Sending => behind.or(contended).unwrap_or(ActStage::Sending),
        State::Asking { .. } => ActStage::Checking,
        State::Accepted { .. } => ActStage::Acknowledged,
        State::Review { .. } => ActStage::NeedsReview,
    }
}
