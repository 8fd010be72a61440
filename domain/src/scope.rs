//! Who sees what: levels none, head, full.

use std::collections::BTreeMap;

use baton_protocol::{AgentId, Head, MembershipKind, Owner, Role, TeamId, Visibility};
use serde::{Deserialize, Serialize};

/// How much of a conversation a viewer may see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Not even that it exists.
    None,
    /// Existence, owner, status.
    Head,
    /// Everything.
    Full,
}

/// What makes up the scope of a conversation at one moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// The team it belongs to.
    pub team: TeamId,
    /// Who is responsible.
    pub owner: Owner,
}

impl Scope {
    /// The scope that a conversation is in.
    pub fn of(head: &Head) -> Self {
        Self { team: head.team_id, owner: head.owner }
    }
}

/// Whoever looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Viewer {
    /// Who.
    pub agent: AgentId,
    /// What they may do.
    pub role: Role,
    /// Their teams, and as what they belong to them.
    pub teams: BTreeMap<TeamId, MembershipKind>,
}

impl Viewer {
    /// How much this viewer may see of a conversation in `scope`.
    ///
    /// `visibility` is the setting of the conversation's team. What waits in a queue is seen in
    /// full by those who serve it, unless the team shows heads only.
    pub fn level(&self, scope: Scope, visibility: Visibility) -> Level {
        if self.role == Role::Admin || scope.owner == Owner::Agent(self.agent) {
            return Level::Full;
        }
        match (self.teams.get(&scope.team), visibility) {
            (None, _) => Level::None,
            (Some(MembershipKind::Supervisor), _) if self.role >= Role::Supervisor => Level::Full,
            (Some(_), Visibility::Full) => Level::Full,
            (Some(_), Visibility::Head) => Level::Head,
            // Own only: still what nobody owns, else nobody could take it from the queue.
            (Some(_), Visibility::Own) => match scope.owner {
                Owner::Queue(_) => Level::Full,
                Owner::Agent(_) => Level::None,
            },
        }
    }
}

/// Whose feed lists an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Audience {
    /// Everyone in the workspace.
    Everyone,
    /// The members of a team.
    Team(TeamId),
    /// One agent.
    Agent(AgentId),
}

impl std::fmt::Display for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str("all"),
            Self::Team(id) => write!(f, "t:{id}"),
            Self::Agent(id) => write!(f, "a:{id}"),
        }
    }
}

/// The audiences of an event of a conversation: where it was and where it is, each once.
pub fn audiences(before: Option<Scope>, after: Scope) -> Vec<Audience> {
    let mut all: Vec<Audience> = [before, Some(after)]
        .into_iter()
        .flatten()
        .flat_map(|scope| {
            [Some(Audience::Team(scope.team)), scope.owner.agent().map(Audience::Agent)]
        })
        .flatten()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
