//! Bugs planted on purpose, to prove that the tests would find them.
//!
//! Builds with debug assertions contain them; release builds do not. One is chosen at run time: for
//! a thread by a test, for a process by the variable `PLANTED_BUG`.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};

use baton_protocol::{Event, Fact};
use serde_json::Value;

/// A bug that the tests must find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Bug {
    /// Replies are accepted whatever their author had seen.
    NoFenceAtAcceptance = 1,
    /// Accepted replies leave whatever the customer said meanwhile.
    NoFenceAtSending,
    /// Lines of the author's device are exempt, not only those of the chain.
    ExemptionWidenedToDevice,
    /// Scope is checked before the replay of stored outcomes.
    VisibilityBeforeReplay,
    /// Members of a group are decided on the state before the group.
    ConditionalUpdatesInGroup,
    /// Commands of a group are decided before its inbound messages.
    CommandsBeforeInbound,
    /// A webhook is answered before its group is committed.
    AcknowledgedBeforeCommit,
    /// The holder of the lease is checked neither for owner nor for the fence.
    LockTrusted,
    /// Everybody who sees a conversation may answer, whoever owns it.
    AnsweredByAnyone,
    /// Teammates may claim from one another, whatever their team says.
    ClaimedFromAnyone,
    /// A snooze gives the conversation back to its queue.
    SnoozedIntoTheQueue,
    /// Claims take what somebody else has taken since their author looked.
    ClaimsUnfenced,
    /// Offers that another node made never end by themselves.
    OffersOutliveTheLeader,
    /// Of clocks it is remembered how far they were looked at, and not where they began.
    ClocksForgetStarts,
    /// A follow-up is kept as a plain reminder.
    FollowUpsArePlain,
    /// A follow-up stands although the customer has answered.
    FollowUpsOutliveTheAnswer,
    /// Of what rings on a conversation the last is taken for the first.
    LastRingsFirst,
    /// The router's choice is carried out as it was planned. The commit does not test it.
    ChoicesUntested,
    /// A team is called as it was planned, also if another node called it meanwhile.
    CallsUncompared,
    /// Owners lose what was planned, also where they came back or answered.
    HandBacksUntested,
    /// Offers end before people's answers of the same commit count.
    TimersBeforePeople,
    /// Accepting asks for room beside that of the offer.
    OwnUnitForgotten,
    /// A late yes asks for no room.
    LateYesWithoutRoom,
    /// Of those who could be asked always the first one is.
    TheFirstIsAlwaysAsked,
    /// No bug: some facts are written as a later version might, under names that this one does not
    /// know. Older nodes and clients have to bear them.
    FactsOfTheFuture,
}

impl Bug {
    /// The bugs that interleavings of decisions find, with their names.
    pub const OF_DECISIONS: [(&'static str, Self); 6] = [
        ("no_fence_at_acceptance", Self::NoFenceAtAcceptance),
        ("no_fence_at_sending", Self::NoFenceAtSending),
        ("exemption_widened_to_device", Self::ExemptionWidenedToDevice),
        ("visibility_before_replay", Self::VisibilityBeforeReplay),
        ("conditional_updates_in_group", Self::ConditionalUpdatesInGroup),
        ("commands_before_inbound", Self::CommandsBeforeInbound),
    ];

    /// The bugs that also need somebody who holds a lease. The simulation finds them, and those
    /// above.
    pub const OF_LEASES: [(&'static str, Self); 1] = [("lock_trusted", Self::LockTrusted)];

    /// The bugs that processes under faults must show.
    pub const OF_PROCESSES: [(&'static str, Self); 3] = [
        ("no_fence_at_acceptance", Self::NoFenceAtAcceptance),
        ("acknowledged_before_commit", Self::AcknowledgedBeforeCommit),
        ("lock_trusted", Self::LockTrusted),
    ];

    /// The bugs that runs of routing over several nodes must show.
    pub const OF_ROUTING: [(&'static str, Self); 2] = [
        ("claims_unfenced", Self::ClaimsUnfenced),
        ("offers_outlive_the_leader", Self::OffersOutliveTheLeader),
    ];

    /// The bugs that clients find which decide ahead: the tables of rules are not theirs.
    pub const OF_RULES: [(&'static str, Self); 5] = [
        ("answered_by_anyone", Self::AnsweredByAnyone),
        ("claimed_from_anyone", Self::ClaimedFromAnyone),
        ("snoozed_into_the_queue", Self::SnoozedIntoTheQueue),
        ("follow_ups_are_plain", Self::FollowUpsArePlain),
        ("follow_ups_outlive_the_answer", Self::FollowUpsOutliveTheAnswer),
    ];

    /// The bugs that the simulated month of a routed team finds.
    pub const OF_THE_MONTH: [(&'static str, Self); 7] = [
        ("choices_untested", Self::ChoicesUntested),
        ("calls_uncompared", Self::CallsUncompared),
        ("hand_backs_untested", Self::HandBacksUntested),
        ("timers_before_people", Self::TimersBeforePeople),
        ("own_unit_forgotten", Self::OwnUnitForgotten),
        ("late_yes_without_room", Self::LateYesWithoutRoom),
        ("the_first_is_always_asked", Self::TheFirstIsAlwaysAsked),
    ];

    /// What may be planted in a process beside them.
    pub const FUTURE: (&'static str, Self) = ("facts_of_the_future", Self::FactsOfTheFuture);
}

/// Whether this build contains the bugs. Where it does not, [`is_planted`] is always `false`.
pub const IS_HERE: bool = cfg!(debug_assertions);

/// The bug of the process; 0 is none.
static OF_PROCESS: AtomicU8 = AtomicU8::new(0);

thread_local! {
    static OF_THREAD: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants the bug of processes with this name. Returns whether this build contains it.
#[must_use]
pub fn plant_by_name(name: &str) -> bool {
    let mut all = Bug::OF_PROCESSES.iter().chain(&Bug::OF_ROUTING).chain([&Bug::FUTURE]);
    let found = all.find(|(known, _)| *known == name);
    if IS_HERE && let Some((_, bug)) = found {
        OF_PROCESS.store(*bug as u8, Ordering::SeqCst);
    }
    found.is_some() && IS_HERE
}

/// Plants a bug for decisions on this thread, or takes it out. Tests on other threads do not see
/// it.
pub fn plant(bug: Option<Bug>) {
    OF_THREAD.set(bug);
}

/// The event as it is written: of the future where that is planted.
pub fn as_written(event: &Event) -> Event {
    let mut written = event.clone();
    if is_planted(Bug::FactsOfTheFuture) && is_renamed(&event.fact) {
        let mut fact = serde_json::to_value(&event.fact).unwrap_or_default();
        if let Some(fields) = fact.as_object_mut() {
            let name = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            fields.insert("type".to_owned(), format!("{name}_of_the_future").into());
            fields.insert("mood".to_owned(), "calm".into());
        }
        written.fact = serde_json::from_value(fact).unwrap_or(written.fact);
    }
    written
}

/// Facts that no promise is judged by, and that no search follows: those of owners, messages and
/// notes keep their names.
fn is_renamed(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::ContactChanged { .. }
            | Fact::EpisodeOpened { .. }
            | Fact::StatusChanged { .. }
            | Fact::Followed { .. }
            | Fact::Unfollowed { .. }
            | Fact::Tagged { .. }
            | Fact::LanguageChanged { .. }
            | Fact::PriorityChanged { .. }
            | Fact::LineAmended { .. }
            | Fact::FileChanged { .. }
    )
}

/// Whether this bug is planted: never in a release build.
#[inline]
pub fn is_planted(bug: Bug) -> bool {
    IS_HERE && (OF_THREAD.get() == Some(bug) || OF_PROCESS.load(Ordering::Relaxed) == bug as u8)
}
