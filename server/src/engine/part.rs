//! What one lock can stall: a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_domain::group::{Channel, Work};
use baton_protocol::{ConversationId, WorkspaceId};

use super::clocks::KnownPolicies;

/// A workspace, or a number that no workspace is known to have.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    Number(Option<String>),
    Workspace(WorkspaceId),
}

/// Whose a number is, as groups have read it. There are not more than the installation has.
#[derive(Debug, Default)]
pub(super) struct Owners {
    numbers: Mutex<BTreeMap<String, WorkspaceId>>,
    /// A count of what was learned.
    learned: AtomicU64,
    /// The policies of each workspace.
    pub(super) known: KnownPolicies,
}

impl Owners {
    /// Remembers what a group read.
    pub(super) fn learn(&self, channels: &BTreeMap<String, Channel>) {
        let mut owners = self.owners();
        for (number, channel) in channels {
            if owners.get(number) != Some(&channel.workspace) {
                owners.insert(number.clone(), channel.workspace);
                self.learned.fetch_add(1, Ordering::Release);
            }
        }
    }

    /// The parts that work belongs to: several only for a webhook of several numbers.
    pub(super) fn parts(&self, work: &Work) -> BTreeSet<Part> {
        let Work::Post(post) = work else {
            return workspace(work).map(Part::Workspace).into_iter().collect();
        };
        let owners = self.owners();
        let numbers = post.elements.iter().filter_map(|(one, _)| one.phone_number_id.as_ref());
        let of = |number: &String| match owners.get(number) {
            Some(workspace) => Part::Workspace(*workspace),
            None => Part::Number(Some(number.clone())),
        };
        let parts: BTreeSet<Part> = numbers.map(of).collect();
        if parts.is_empty() { BTreeSet::from([Part::Number(None)]) } else { parts }
    }

    /// The part in which work waits.
    pub(super) fn part(&self, work: &Work) -> Part {
        // A workspace sorts behind numbers: those that nobody has are set aside, and stall nobody.
        self.parts(work).pop_last().unwrap_or(Part::Number(None))
    }

    /// Another number each time something new was learned of numbers.
    pub(super) fn known_numbers(&self) -> u64 {
        self.learned.load(Ordering::Acquire)
    }

    fn owners(&self) -> MutexGuard<'_, BTreeMap<String, WorkspaceId>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn workspace(work: &Work) -> Option<WorkspaceId> {
    match work {
        Work::Post(_) => None,
        Work::Command(work) => Some(work.caller.workspace),
        Work::Outcomes(work) => Some(work.workspace),
        Work::Claim(work) => Some(work.at.workspace),
        Work::Result(work) => Some(work.at.workspace),
        Work::Rescue(work) => Some(work.at.workspace),
        Work::Restored(at) => Some(at.workspace),
        Work::File(work) => Some(work.at.workspace),
        Work::Unpark(work) => Some(work.workspace),
        Work::Look(work) => Some(work.workspace),
        Work::Rehome(work) => Some(work.workspace),
        Work::Begin(work) => Some(work.caller.workspace),
        Work::Setting(work) => Some(work.workspace),
        Work::Set(work) => Some(work.workspace),
        Work::Blocked(work) => Some(work.workspace),
        Work::HandBack(work) => Some(work.deserted.workspace),
        Work::Route(work) => Some(work.workspace),
        Work::OfferEnd(work) => Some(work.workspace),
        Work::Classified(work) => Some(work.workspace),
    }
}

/// The one conversation that work is about, if it is one.
fn conversation(work: &Work) -> Option<ConversationId> {
    match work {
        Work::Command(work) => Some(work.command.conversation_id),
        Work::Claim(work) => Some(work.at.conversation),
        Work::Result(work) => Some(work.at.conversation),
        Work::Rescue(work) => Some(work.at.conversation),
        Work::Restored(at) => Some(at.conversation),
        Work::File(work) => Some(work.at.conversation),
        Work::Look(work) => Some(work.conversation),
        Work::Rehome(work) => Some(work.conversation),
        Work::Blocked(work) => Some(work.conversation),
        Work::HandBack(work) => Some(work.deserted.conversation),
        Work::Route(work) => Some(work.conversation),
        Work::OfferEnd(work) => Some(work.conversation),
        Work::Classified(work) => Some(work.conversation),
        Work::Post(_)
        | Work::Outcomes(_)
        | Work::Unpark(_)
        | Work::Begin(_)
        | Work::Setting(_)
        | Work::Set(_) => None,
    }
}

/// Whether work of one workspace may not be decided before earlier work that is stuck.
pub(super) fn must_follow(earlier: &Work, later: &Work) -> bool {
    match (conversation(earlier), conversation(later)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// Whether a worker brought it who looks again by itself. A claim waits with one of the sender's
/// slots, and other workspaces need those.
pub(super) fn is_of_worker(work: &Work) -> bool {
    match work {
        Work::Claim(_)
        | Work::Rescue(_)
        | Work::Restored(_)
        | Work::File(_)
        | Work::Unpark(_)
        | Work::Look(_)
        | Work::Rehome(_)
        | Work::Blocked(_)
        | Work::HandBack(_)
        | Work::Route(_)
        | Work::OfferEnd(_)
        | Work::Classified(_) => true,
        Work::Post(_)
        | Work::Command(_)
        | Work::Outcomes(_)
        | Work::Result(_)
        | Work::Begin(_)
        | Work::Setting(_)
        | Work::Set(_) => false,
    }
}
