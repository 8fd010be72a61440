//! Baton's wire: the types that servers, phones and tools exchange, and nothing else.
//!
//! Everything here is plain data with a JSON form (snake_case, UUIDv7 ids, RFC 3339 UTC times with
//! milliseconds). No rule lives here: what is allowed is decided in `baton-domain`.

/// What carries a password or token says so and no more when it is printed for debugging: it
/// may end in a log.
macro_rules! secret_debug {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}
pub(crate) use secret_debug;

#[macro_use]
mod names;

pub mod account;
pub mod amended;
pub mod audit;
pub mod board;
pub mod clocks;
pub mod coaching;
pub mod command;
pub mod connection;
pub mod context;
pub mod conversation;
pub mod cursor;
pub mod details;
pub mod dry_run;
pub mod episode;
pub mod event;
pub mod field;
pub mod frame;
pub mod group;
pub mod heads;
pub mod id;
pub mod invitation;
pub mod limits;
pub mod line;
pub mod next;
pub mod notice;
pub mod once;
pub mod outcome;
mod owner_cause;
pub mod page;
pub mod problem;
pub mod push;
pub mod refusal;
pub mod reminder;
pub mod report;
pub mod routing;
#[cfg(feature = "schema")]
mod schema;
pub mod set;
pub mod setting;
pub mod settings;
pub mod suggestion;
pub mod template;
pub mod time;
pub mod unknown;
pub mod upload;
pub mod view;

pub use account::{
    Agent, AgentState, Availability, Channel, Colleague, Membership, MembershipKind, Reach,
    ReplyPolicy, Role, Team, Visibility,
};
pub use amended::{Amended, Amendment, Change, Reaction, Receipt};
pub use clocks::{
    Answers, BotSaid, BotState, BotStep, Calendar, Clock, Clocks, Late, Pause, Promised, Ran, Rang,
    Replied, RuleStep, Said, SkipReason, SkippedStep, SlaState, SurveyState, SurveyStep,
};
pub use coaching::{Coach, CoachNote};
pub use command::{Command, CommandBody, Seen};
pub use conversation::{
    Block, BlockState, Conversation, Head, LineRef, Marketing, Owner, Spoken, Status, TagOn,
    Thread, Turn,
};
pub use cursor::Cursor;
pub use details::{
    Button, Degrees, Details, FormAnswer, Forwarded, Frame, ListRow, ListSection, OrderItem,
    Product, Referral, SharedCard,
};
pub use event::{Actor, Event, Fact, OwnerCause};
pub use field::FieldValue;
pub use group::{ConversationKind, GroupCard, GroupState, Participant};
pub use id::{
    AgentId, ChannelId, ContactId, ConversationId, DeviceId, Epoch, InvitationId, MessageId,
    NodeId, NoteId, OfferId, OpId, PushId, SettingId, TeamId, ViewId, WorkspaceId,
};
pub use invitation::InvitationStep;
pub use line::{
    Author, Content, FileState, HeldReason, Line, LineAt, LineKind, MessageError, MessageStatus,
    Note, Peaks, Picture, Sound,
};
pub use outcome::{Accepted, CommandResult, Refused};
pub use refusal::Refusal;
pub use reminder::{Remind, Reminder};
pub use routing::{Choice, LapsedOffer, LeftOut, OfferEnd, OpenOffer, PassedOver, Priority, Trail};
pub use set::{AgentSet, ChannelPolicy, ChannelSet, TeamSet};
pub use setting::{Home, SettingBody, SettingKind};
pub use time::Timestamp;
pub use unknown::Unknown;
