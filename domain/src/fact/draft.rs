//! Facts before they are in the log.

use baton_protocol::event::EventContent;
use baton_protocol::{Fact, Head, Owner, OwnerCause, TeamId};

/// A fact to be appended, with its erasable part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The fact itself.
    pub fact: Fact,
    /// The part that may be erased one day.
    pub content: Option<EventContent>,
}

impl From<Fact> for Draft {
    fn from(fact: Fact) -> Self {
        Self { fact, content: None }
    }
}

/// The fact that the next episode begins, with whatever line comes next.
pub(crate) fn opened(head: &Head) -> Fact {
    Fact::EpisodeOpened { episode: head.episode + 1, from_seq: Some(head.last_seq + 1) }
}

/// The fact that this owner is responsible from here on, in this team.
pub(crate) fn changed(
    head: &Head,
    owner: Owner,
    team_id: TeamId,
    cause: OwnerCause,
    exceeded_capacity: bool,
) -> Fact {
    let owner_epoch = head.owner_epoch + 1;
    let keeps_last = true;
    Fact::OwnerChanged { owner, owner_epoch, team_id, cause, exceeded_capacity, keeps_last }
}
