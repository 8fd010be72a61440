//! The agent's acts that the server has not confirmed.
//!
//! An act becomes an [`Item`] at the tap. It ends **acknowledged** or **discarded**, or it is
//! **visible**: it waits for something that is named, or for its author's decision ([`Review`]).
//! Nothing is sent before the store calls it sending.
//!
//! ```text
//!   tap ─▶ queued ──stored as──▶ sending ──accepted──▶ accepted ──the log shows it──▶ gone
//!             │                   │  ▲ │
//!    never    │        may it be  │  │ └─refused for good──▶ review ──choice──▶ queued (new op id)
//!    sent:    │        given up?  ▼  │                         ▲          └───▶ gone (discarded)
//!    review   │                 asking ──never arrived─────────┤
//!             └────────────────────────────────────────────────┘
//! ```
//!
//! - Lanes: acts that others notice are sent in order per conversation. Each names its author's
//!   previous act by `after`. An item in review or under inquiry blocks those behind it. Notes and
//!   reads do not wait.
//! - A file is uploaded first, and its act waits for that in its place ([`Attachment`]).
//! - `seen` is fixed at the tap. A choice of the author may change it, after the missed lines were
//!   shown, and then under a new op id.
//! - An item that may have been sent (`sending`, `asking`) is neither changed nor discarded: the
//!   server is asked first. If it never arrived, the server makes sure that it never will.
//! - A second tap returns the first item if it has the same op id. The same wish for the same
//!   conversation within [`Settings::double_tap`] counts as a double tap as well.
//!
//! [`Outbox`] is a pure machine. Its owner hands it inputs, carries out [`Outbox::poll_effect`],
//! and calls [`Outbox::handle_timeout`] at [`Outbox::poll_timeout`]. It begins asleep. After
//! [`Outbox::restore`] it needs [`Outbox::set_epoch`], [`Outbox::set_server_time`],
//! [`Outbox::set_timings`] and then [`Outbox::set_awake`]. Nothing is sent before the epoch of the
//! log is known.

mod answers;
mod author;
mod echo;
mod enqueue;
mod hear;
mod item;
mod lane;
mod plan;
mod review;
#[cfg(test)]
mod tests;
mod time;
mod uploads;
mod writes;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use baton_protocol::{Command, ConversationId, Cursor, Epoch, LineRef, MessageId, OpId};
use uuid::Uuid;

pub use author::ChoiceRefused;
pub use echo::{ActStage, Change, Echo, EchoFile, Ended};
pub use enqueue::{EnqueueRefused, Enqueued, Tap};
pub use hear::{Failure, RetryCause};
pub use item::{AskReason, Item, ItemRow, Kind, OutboxOwner, State, Write};
pub use plan::TimeoutReason;
pub use review::{Choice, Offer, Review, ReviewReason, ToShow};
pub use time::Now;
pub use uploads::{Attachment, UploadFailure, UploadStep, check_file, file_body};
pub use writes::Restored;

use crate::few::Few;
use item::Lane;
use time::{Backoff, Dice, ServerTime};
use uploads::Uploads;
use writes::{Slot, Writing};

/// The settings of an outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Items at most.
    pub items_max: usize,
    /// Conversations that are sent to at the same time.
    pub parallel: usize,
    /// The same wish on the same conversation within this is a double tap.
    pub double_tap: Duration,
    /// The longest wait for an answer.
    pub answer: Duration,
    /// The longest pause after the first failure; it doubles with each further one …
    pub retry_first: Duration,
    /// … up to this.
    pub retry_most: Duration,
    /// The age at which an item is not sent unasked; at most 7 days.
    pub park_after: Duration,
    /// The longest wait for a colleague who composes (`Timings::being_answered_max_ms`).
    pub being_answered_max: Duration,
    /// The error of the clock beyond which op ids are made anew.
    pub clock_tolerance: Duration,
}

impl Settings {
    /// The pauses between tries.
    fn pauses(&self) -> time::Pauses {
        time::Pauses { first: self.retry_first, most: self.retry_most }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            items_max: 1_000,
            parallel: 4,
            double_tap: Duration::from_secs(1),
            answer: Duration::from_secs(15),
            retry_first: Duration::from_secs(1),
            retry_most: Duration::from_secs(30),
            park_after: Duration::from_secs(24 * 60 * 60),
            being_answered_max: Duration::from_secs(60),
            clock_tolerance: Duration::from_secs(5 * 60),
        }
    }
}

/// Actions for the caller, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutboxAction {
    /// Make these changes of the store in one transaction, then say [`Outbox::confirm_write`] or
    /// [`Outbox::fail_write`].
    Write {
        /// The number of the batch.
        ticket: u64,
        /// The changes.
        writes: Vec<Write>,
    },
    /// Send these commands, in one request or one after the other on the socket.
    Send {
        /// The number of the request.
        request: u64,
        /// At most 100.
        commands: Vec<Command>,
    },
    /// Ask `POST /commands/outcomes` what became of these.
    Ask {
        /// The number of the request.
        request: u64,
        /// At most 100.
        op_ids: Vec<OpId>,
    },
    /// Take this step of an upload.
    Upload {
        /// The number of the request.
        request: u64,
        /// The step.
        step: UploadStep,
    },
    /// Tell the server that nothing will send this upload. Its answer changes nothing.
    EndUpload(MessageId),
    /// Remove these files: the store has that their acts ended.
    DropFiles(Vec<Uuid>),
    /// Tell the app. The store already has what is told.
    Tell(Vec<Change>),
    /// The session has to be renewed before anything can be sent.
    SignIn,
}

/// A request: first waiting for the store, then for its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Flight {
    kind: FlightKind,
    /// Items that have no answer so far.
    numbers: BTreeSet<u64>,
    /// Until when an answer is waited for; `None` while it has not left.
    until: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FlightKind {
    Send,
    Ask,
}

/// The author's last act on a conversation that the server has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tail {
    op_id: OpId,
    line: Option<LineRef>,
    depth: usize,
    epoch: Option<Epoch>,
}

/// The last tap on a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
struct LastTap {
    /// The wish, without what its author had seen.
    wish: baton_protocol::CommandBody,
    /// The digest of its file.
    file: Option<String>,
    at: Duration,
    answer: Enqueued,
}

/// Conditions that keep everything from being sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Gate {
    has_network: bool,
    is_awake: bool,
}

/// The agent's acts that the server has not confirmed. See the [module](self).
#[derive(Clone, Debug)]
pub struct Outbox {
    whose: OutboxOwner,
    settings: Settings,
    dice: Dice,
    server_time: ServerTime,
    gate: Gate,
    slots: Few<u64, Slot>,
    next_number: u64,
    /// Items that ended, and the op ids under which they may lie in the store.
    gone: Few<u64, (BTreeSet<OpId>, Change)>,
    writing: Option<Writing>,
    next_ticket: u64,
    /// Nothing is written before this: the store failed.
    write_after: Duration,
    flights: Few<u64, Flight>,
    uploads: Uploads,
    next_request: u64,
    /// The whole way to the server.
    pause: Backoff,
    lanes: Few<Lane, Backoff>,
    last_kick: Option<Duration>,
    tails: Few<ConversationId, Tail>,
    taps: Few<ConversationId, LastTap>,
    /// Conversations that left the scope.
    out_of_scope: BTreeSet<ConversationId>,
    /// The life of the log, once that is known.
    epoch: Option<Epoch>,
    /// The cursor up to which the log is applied.
    applied: Option<Cursor>,
    effects: VecDeque<OutboxAction>,
}

impl Outbox {
    /// An outbox that holds nothing, asleep. `seed` must be random: op ids are made from it.
    pub fn new(whose: OutboxOwner, settings: Settings, seed: u128) -> Self {
        Self {
            whose,
            settings,
            dice: Dice::new(seed),
            server_time: ServerTime::default(),
            gate: Gate { has_network: true, is_awake: false },
            slots: Few::new(),
            next_number: 1,
            gone: Few::new(),
            writing: None,
            next_ticket: 1,
            write_after: Duration::ZERO,
            flights: Few::new(),
            uploads: Uploads::default(),
            next_request: 1,
            pause: Backoff::default(),
            lanes: Few::new(),
            last_kick: None,
            tails: Few::new(),
            taps: Few::new(),
            out_of_scope: BTreeSet::new(),
            epoch: None,
            applied: None,
            effects: VecDeque::new(),
        }
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<OutboxAction> {
        self.effects.pop_front()
    }

    /// The time that [`Outbox::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Now) {
        self.advance(now);
    }

    /// Brings everything forward that can be brought forward at this moment.
    fn advance(&mut self, now: Now) {
        self.give_up_waiting(now);
        self.give_up_upload(now);
        self.park_what_is_old(now);
        // Whatever became of an act may have been the last that had to name another.
        self.forget_what_is_shown();
        self.plan(now);
        self.plan_upload(now);
        self.write(now);
        self.issue(now);
    }

    /// Where an item stands on its own, without the others.
    fn item(&self, number: u64) -> Option<&Item> {
        self.slots.get(&number).map(|slot| &slot.item)
    }
}
