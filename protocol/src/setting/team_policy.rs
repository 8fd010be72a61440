//! Policies of teams for their members.

use serde::{Deserialize, Serialize};

use crate::{AgentId, SettingId};

/// What a team asks of its members.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamPolicy {
    /// Seconds for which a message waits before it leaves, 0 to 10: so long it can be taken back.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(max = 10)))]
    pub undo_s: u32,
    /// Minutes after which an open turn leaves an owner who is away or unreachable, 1 to 120. It
    /// leaves who went home after their shift at once, and who did not open it after five. 0: none
    /// of this. Left out: 5 in a team that is routed, else none of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 120)))]
    pub absent_min: Option<u32>,
    /// Who may let somebody in by a mention.
    #[serde(default, skip_serializing_if = "is_usual")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub guests: GuestPolicy,
    /// What members may take from the queue. Supervisors take whichever they like, and so do bots.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub from_queue: QueuePolicy,
    /// Whether an agent who hands a conversation to somebody writes a note.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub handover_note: HandoverNote,
    /// When owners are reminded of conversations in which nothing happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// Minutes after a person's answer, 0 to 240, in which no rule sends the customer a message:
    /// the talk goes on.
    #[serde(default = "quiet", skip_serializing_if = "is_quiet")]
    #[cfg_attr(feature = "schema", schemars(range(max = 240)))]
    pub quiet_after_answer_min: u32,
    /// Agents whose answers are held until a supervisor approves of them; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub approval: Vec<AgentId>,
}

/// Whether a field says its default. Of what nothing keeps it is not written then.
fn is_usual<T: Default + PartialEq>(of: &T) -> bool {
    *of == T::default()
}

impl TeamPolicy {
    /// The minutes of quiet where nobody set them.
    pub const QUIET_MIN: u32 = 30;
}

impl Default for TeamPolicy {
    fn default() -> Self {
        Self {
            undo_s: 0,
            absent_min: None,
            guests: GuestPolicy::default(),
            from_queue: QueuePolicy::default(),
            handover_note: HandoverNote::default(),
            follow_up: None,
            quiet_after_answer_min: Self::QUIET_MIN,
            approval: Vec::new(),
        }
    }
}

fn quiet() -> u32 {
    TeamPolicy::QUIET_MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_quiet(number: &u32) -> bool {
    *number == TeamPolicy::QUIET_MIN
}

/// Who may let somebody into a conversation by a mention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GuestPolicy {
    /// Everyone who sees it.
    Anyone,
    /// Its owner and supervisors.
    #[default]
    OwnerAndSupervisors,
    /// Nobody.
    Nobody,
}

/// What members may take from the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueuePolicy {
    /// Whichever they like.
    #[default]
    Any,
    /// One of the first five in line: colleagues who take at the same time get different ones. And
    /// what they are offered.
    Next,
    /// What they are offered, and nothing else.
    Offered,
}

/// Whether a note goes with a conversation that is handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandoverNote {
    /// It may be left out.
    #[default]
    Optional,
    /// It is asked for, and may be left out.
    Prompted,
    /// It has to be there.
    Required,
}

/// When owners are reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// After so many open hours the owner is, 1 to 1,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub after_open_h: u32,
    /// After so many more the team's supervisors are, 1 to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub then_lead_after_open_h: Option<u32>,
    /// The schedule that says which hours are open; left out, all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("x-of" = "schedule")))]
    pub hours: Option<SettingId>,
}
