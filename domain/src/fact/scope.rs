//! The levels at which agents see conversations: none, head, full.

use std::collections::BTreeMap;

use baton_protocol::{AgentId, Head, MembershipKind, Owner, Role, TeamId, Visibility};
use serde::{Deserialize, Serialize};

/// The level at which a viewer sees a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Nothing, not even that it exists.
    None,
    /// Existence, owner, status.
    Head,
    /// Everything.
    Full,
}

/// The facts that decide who sees a conversation at one moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// The team it belongs to.
    pub team: TeamId,
    /// The owner.
    pub owner: Owner,
}

impl Scope {
    /// The scope that a conversation is in.
    pub fn of(head: &Head) -> Self {
        Self { team: head.team_id, owner: head.owner }
    }
}

/// An agent who looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Viewer {
    /// The agent.
    pub agent: AgentId,
    /// Their role.
    pub role: Role,
    /// Their teams, with the role in each.
    pub teams: BTreeMap<TeamId, MembershipKind>,
}

impl Viewer {
    /// The audiences whose feeds the viewer reads; `None` for admins, who read the log itself.
    pub fn audiences(&self) -> Option<Vec<Audience>> {
        if self.role == Role::Admin {
            return None;
        }
        let own = [Audience::Everyone, Audience::Agent(self.agent)];
        Some(own.into_iter().chain(self.teams.keys().copied().map(Audience::Team)).collect())
    }

    /// Whether this viewer supervises what is of a team: an admin, or a supervisor of that team.
    /// Seeing it is not enough: in other teams a supervisor is a member like all others.
    pub fn supervises(&self, team: TeamId) -> bool {
        match self.role {
            Role::Admin => true,
            Role::Supervisor => self.teams.get(&team) == Some(&MembershipKind::Supervisor),
            Role::Agent => false,
        }
    }

    /// The level at which this viewer sees a conversation in `scope`.
    ///
    /// `visibility` is the setting of the conversation's team. Members see the conversations of
    /// their queue in full, unless the team shows heads only.
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

/// A feed that lists an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Audience {
    /// Everyone in the workspace.
    Everyone,
    /// Its admins.
    Admins,
    /// The members of a team.
    Team(TeamId),
    /// One agent.
    Agent(AgentId),
}

impl std::fmt::Display for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str("all"),
            Self::Admins => f.write_str("admins"),
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
