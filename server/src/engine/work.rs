//! Work for the committer beyond what `baton_domain::group` decides.

use baton_domain::group::{self, Work};
pub use baton_domain::group::{
    BeginWork, Caller, ClaimAnswer, FileWork, FreshIds, MessageAt, Post,
};
use baton_protocol::{AgentId, ConversationId, Fact, MessageId, WorkspaceId};

use crate::clock::Clock;
use crate::store::Writing;

/// A change of settings: rows to write and the fact that tells of it.
#[derive(Clone, Debug)]
pub struct SettingWork {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent who changes them; `None` for the operator of the installation.
    pub by: Option<AgentId>,
    /// The writes, each with its parameters; run before the log's head is locked.
    pub writes: Vec<Writing>,
    /// The facts that tell of it.
    pub facts: Vec<Fact>,
}

/// Work for a group, with the rows that it writes whatever is decided.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) work: Work,
    pub(crate) writes: Vec<Writing>,
}

impl From<Work> for Task {
    fn from(work: Work) -> Self {
        Self { work, writes: Vec::new() }
    }
}

impl From<SettingWork> for Task {
    fn from(setting: SettingWork) -> Self {
        let SettingWork { workspace, by, writes, facts } = setting;
        Self { work: Work::Setting(group::SettingWork { workspace, by, facts }), writes }
    }
}

/// Ids for what an element may make.
pub(crate) fn fresh(clock: &Clock) -> FreshIds {
    FreshIds {
        message: MessageId(clock.uuid_v7()),
        conversation: ConversationId(clock.uuid_v7()),
        contact: clock.uuid_v7(),
        card: clock.uuid_v7(),
    }
}
