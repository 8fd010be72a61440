//! What an event means: one table of facts, whom they concern and what they take back.

use std::collections::BTreeSet;
use std::iter;

use baton_protocol::{
    Actor, AgentId, Author, Clock, Event, Fact, LineKind, MessageStatus, Owner, OwnerCause,
    Priority, RuleStep, Status, Trail,
};

use super::{Consequence, FLOOD_LINES, From, Kind, PushEffect, Rings, Whom};
use crate::fact::log::{Logged, Route};
use crate::fact::scope::Scope;

/// What a change of the owner ends for all others.
const OWN: &[Kind] =
    &[Kind::Queue, Kind::Message, Kind::WindowClosing, Kind::Reopened, Kind::Assigned];
/// What an answer ends for everybody.
const OPEN_TURN: &[Kind] = &[Kind::Queue, Kind::Message, Kind::WindowClosing, Kind::Reopened];
const QUEUE: &[Kind] = &[Kind::Queue];
const OFFER: &[Kind] = &[Kind::Offer];
const MENTION: &[Kind] = &[Kind::Mention];
/// What somebody who reads the conversation knows.
const SEEN: &[Kind] = &[
    Kind::Queue,
    Kind::Message,
    Kind::WindowClosing,
    Kind::Reopened,
    Kind::Assigned,
    Kind::Mention,
    Kind::Reminder,
];
const REVIEW: &[Kind] = &[Kind::Review];

/// Whether an event can have consequences: most have none, and cost nothing.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts concern nobody's pushes")]
pub fn is_of_interest(fact: &Fact) -> bool {
    match fact {
        Fact::MessageChanged { status, .. } => {
            is_stuck(*status) || matches!(status, MessageStatus::Queued | MessageStatus::Cancelled)
        }
        Fact::LineReceived { .. }
        | Fact::NoteAdded { .. }
        | Fact::LineWritten { .. }
        | Fact::OwnerChanged { .. }
        | Fact::Routed { .. }
        | Fact::OfferEnded { .. }
        | Fact::PriorityChanged { priority: Priority::Urgent, .. }
        | Fact::RuleRan { .. }
        | Fact::ClockDue { clock: Clock::Warned { .. } | Clock::Breached { .. }, .. }
        | Fact::ReminderEnded { due_at: Some(_), .. }
        | Fact::StatusChanged { .. }
        | Fact::Followed { .. }
        | Fact::ReadMarked { .. } => true,
        _ => false,
    }
}

/// What an event means. `author` is the agent who wrote the message that it is about.
pub fn consequences(logged: &Logged, author: Option<AgentId>) -> Vec<Consequence> {
    let Logged { event, route, .. } = logged;
    let Some(conversation) = event.conversation_id else { return Vec::new() };
    let by = match event.actor {
        Actor::Agent { id } => Some(id),
        Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown => None,
    };
    let effects = match route {
        Route::Agent(agent) => of_agent(&event.fact, *agent),
        Route::Conversation { after, .. } => of_conversation(event, *after, author),
        Route::Coaching { .. } | Route::Setting { .. } | Route::Everyone | Route::Nobody => {
            Vec::new()
        }
    };
    let position = event.position;
    effects.into_iter().map(|effect| Consequence { conversation, position, by, effect }).collect()
}

fn of_agent(fact: &Fact, agent: AgentId) -> Vec<PushEffect> {
    if matches!(fact, Fact::ReadMarked { .. }) {
        vec![PushEffect::TakeBack { from: From::Agent(agent), kinds: SEEN }]
    } else {
        Vec::new()
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most facts concern nobody's pushes")]
fn of_conversation(event: &Event, scope: Scope, author: Option<AgentId>) -> Vec<PushEffect> {
    let tell = |whom, kind| told(whom, kind, scope);
    match &event.fact {
        Fact::LineReceived { kind: LineKind::Revocation, .. } => vec![PushEffect::Correct],
        Fact::LineReceived { line, turn, .. } => match scope.owner {
            Owner::Agent(owner) => {
                let (whom, kind) = (Whom::Agent(owner), Kind::Message);
                let told = turn.map(|turn| {
                    let is_flood = line.seq.saturating_sub(turn.from_seq) >= FLOOD_LINES;
                    PushEffect::Tell { whom, kind, scope, is_flood, rings: Rings::Never }
                });
                // Nobody is told what somebody says who is blocked.
                told.into_iter().collect()
            }
            // Who waits in a queue is told of once, not with each line.
            Owner::Queue(team) if turn.is_some_and(|turn| turn.from_seq == line.seq) => {
                vec![tell(Whom::Team(team), Kind::Queue)]
            }
            Owner::Queue(_) => Vec::new(),
        },
        Fact::LineWritten { author, turn: None, .. } => answered(*author),
        Fact::MessageChanged { status, of_earlier, .. } if is_stuck(*status) => {
            // Nothing opens by it: whoever has the customer now is to know.
            let owner = scope.owner.agent().filter(|_| *of_earlier || author.is_none());
            let whom: BTreeSet<AgentId> = author.into_iter().chain(owner).collect();
            whom.into_iter().map(|agent| tell(Whom::Agent(agent), Kind::Review)).collect()
        }
        Fact::MessageChanged {
            status: MessageStatus::Queued | MessageStatus::Cancelled, ..
        } => {
            vec![PushEffect::TakeBack { from: From::Everyone, kinds: REVIEW }]
        }
        Fact::NoteAdded { author, mentions, .. } => {
            let back = PushEffect::TakeBack { from: From::Agent(*author), kinds: MENTION };
            let told = mentions.iter().map(|agent| tell(Whom::Agent(*agent), Kind::Mention));
            iter::once(back).chain(told).collect()
        }
        // A supervisor asks them to look; who follows by themselves is not told.
        Fact::Followed { agent_id } => vec![tell(Whom::Agent(*agent_id), Kind::Mention)],
        Fact::OwnerChanged { owner, cause, .. } => owner_changed(*owner, *cause, scope),
        Fact::Routed { agent_id, offer, trail } => {
            routed((*agent_id, offer.is_some()), trail, scope)
        }
        Fact::PriorityChanged { priority: Priority::Urgent, .. } => {
            vec![tell(Whom::Supervisors(scope.team), Kind::Mention)]
        }
        Fact::OfferEnded { agent_id, .. } => {
            vec![PushEffect::TakeBack { from: From::Agent(*agent_id), kinds: OFFER }]
        }
        Fact::RuleRan { did, .. } => did.iter().filter_map(|step| called_by(step, scope)).collect(),
        // Who has promised an answer is notified that the time runs out, and that it is over.
        Fact::ClockDue { clock: Clock::Warned { .. }, .. } => vec![called(scope)],
        Fact::ClockDue { clock: Clock::Breached { .. }, .. } => {
            let all = [called(scope), tell(Whom::Supervisors(scope.team), Kind::Mention)];
            all.map(|one| ringing(Rings::Workspace, one)).into()
        }
        Fact::ReminderEnded { agent_id, due_at: Some(_), .. } => {
            vec![tell(Whom::Agent(*agent_id), Kind::Reminder)]
        }
        Fact::StatusChanged { status: Status::Resolved, .. } => {
            vec![PushEffect::TakeBack { from: From::Everyone, kinds: OWN }]
        }
        // A customer who writes is told of by the line.
        Fact::StatusChanged { status: Status::Open, .. } if event.actor != Actor::Customer => {
            match scope.owner {
                Owner::Agent(owner) => vec![tell(Whom::Agent(owner), Kind::Reopened)],
                Owner::Queue(team) => vec![tell(Whom::Team(team), Kind::Queue)],
            }
        }
        _ => Vec::new(),
    }
}

/// The one who is asked is told. Where nobody can be asked, everybody is called.
fn routed(
    (agent, is_offer): (Option<AgentId>, bool),
    trail: &Trail,
    scope: Scope,
) -> Vec<PushEffect> {
    let Some(agent) = agent else {
        // In another queue: the change of the owner tells of it.
        if trail.to_team.is_some() {
            return Vec::new();
        }
        let call = |whom, kind| ringing(Rings::Workspace, told(whom, kind, scope));
        let supervisors = call(Whom::Supervisors(scope.team), Kind::Mention);
        let team = call(Whom::Team(scope.team), Kind::Queue);
        // Who was called once is not called again: somebody has to see to it. What goes round is
        // a matter of those who set it up.
        let alone = trail.again || trail.circle;
        return if alone { vec![supervisors] } else { vec![team, supervisors] };
    };
    // What is theirs at once is told of by the change of the owner, but for quiet hours.
    if !is_offer && !trail.on_call {
        return Vec::new();
    }
    let kind = if is_offer { Kind::Offer } else { Kind::Assigned };
    let rings = if trail.on_call { Rings::Always } else { Rings::Never };
    vec![ringing(rings, told(Whom::Agent(agent), kind, scope))]
}

/// The call that a step of a rule makes.
#[expect(clippy::wildcard_enum_match_arm, reason = "most steps call nobody")]
fn called_by(step: &RuleStep, scope: Scope) -> Option<PushEffect> {
    match step {
        RuleStep::NotifyOwner => Some(called(scope)),
        RuleStep::NotifyTeam => Some(told(Whom::Team(scope.team), Kind::Queue, scope)),
        RuleStep::NotifySupervisors => {
            Some(told(Whom::Supervisors(scope.team), Kind::Mention, scope))
        }
        _ => None,
    }
}

/// Calls who is responsible: the owner, or the team whose queue owns it.
fn called(scope: Scope) -> PushEffect {
    match scope.owner {
        Owner::Agent(owner) => told(Whom::Agent(owner), Kind::Mention, scope),
        Owner::Queue(team) => told(Whom::Team(team), Kind::Queue, scope),
    }
}

fn told(whom: Whom, kind: Kind, scope: Scope) -> PushEffect {
    PushEffect::Tell { whom, kind, scope, is_flood: false, rings: Rings::Never }
}

/// What is told in these quiet hours too.
fn ringing(rings: Rings, effect: PushEffect) -> PushEffect {
    match effect {
        PushEffect::Tell { whom, kind, scope, is_flood, .. } => {
            PushEffect::Tell { whom, kind, scope, is_flood, rings }
        }
        PushEffect::Correct | PushEffect::TakeBack { .. } => effect,
    }
}

/// Whether somebody has to look after a message before the customer has it for certain.
fn is_stuck(status: MessageStatus) -> bool {
    matches!(status, MessageStatus::Failed | MessageStatus::Held | MessageStatus::Unconfirmed)
}

/// Somebody answered: nobody has to be told any more that somebody waits.
fn answered(author: Author) -> Vec<PushEffect> {
    let all = PushEffect::TakeBack { from: From::Everyone, kinds: OPEN_TURN };
    match author {
        Author::Agent { id } => {
            vec![all, PushEffect::TakeBack { from: From::Agent(id), kinds: SEEN }]
        }
        Author::PhoneApp => vec![all],
        Author::Customer | Author::Acknowledgement | Author::Unknown => Vec::new(),
    }
}

fn owner_changed(owner: Owner, cause: OwnerCause, scope: Scope) -> Vec<PushEffect> {
    let all = PushEffect::TakeBack { from: From::Everyone, kinds: QUEUE };
    match (owner, cause) {
        (Owner::Agent(agent), _) => vec![
            all,
            PushEffect::TakeBack { from: From::AllBut(agent), kinds: OWN },
            told(Whom::Agent(agent), Kind::Assigned, scope),
        ],
        (Owner::Queue(_), OwnerCause::Resolved) => {
            vec![PushEffect::TakeBack { from: From::Everyone, kinds: OWN }]
        }
        (
            Owner::Queue(team),
            OwnerCause::Claimed
            | OwnerCause::Replied
            | OwnerCause::Assigned
            | OwnerCause::Unassigned
            | OwnerCause::Transferred
            | OwnerCause::Reopened
            | OwnerCause::Rehomed
            | OwnerCause::Routed
            | OwnerCause::Accepted
            | OwnerCause::BotHanded
            | OwnerCause::Unknown,
        ) => vec![
            PushEffect::TakeBack { from: From::Everyone, kinds: OWN },
            told(Whom::Team(team), Kind::Queue, scope),
        ],
        // Its owner is not there while the customer waits: somebody has to see to it.
        (Owner::Queue(team), OwnerCause::Absent | OwnerCause::Unreachable) => vec![
            PushEffect::TakeBack { from: From::Everyone, kinds: OWN },
            told(Whom::Team(team), Kind::Queue, scope),
            told(Whom::Supervisors(team), Kind::Mention, scope),
        ],
    }
}
