//! What keys and channels are called. Each name begins with the installation's prefix and its log's
//! identity, so that two installations on one Redis never meet. It holds the workspace as hash tag,
//! so that a cluster keeps a workspace's keys together.

use baton_protocol::{Epoch, WorkspaceId};

#[derive(Clone, Debug)]
pub(super) struct Names {
    root: String,
}

impl Names {
    pub(super) fn new(prefix: &str, epoch: Epoch) -> Self {
        Self { root: format!("{prefix}:{epoch}") }
    }

    /// The channel of a workspace.
    pub(super) fn bus(&self, workspace: WorkspaceId) -> String {
        self.of(workspace, "bus")
    }

    /// The channel of what concerns all nodes.
    pub(super) fn nodes(&self) -> String {
        format!("{}:{{nodes}}:bus", self.root)
    }

    /// A key that is written to see whether that is possible.
    pub(super) fn probe(&self) -> String {
        format!("{}:{{nodes}}:probe", self.root)
    }

    /// The key of the script of nodes.
    pub(super) fn lives(&self) -> Vec<String> {
        vec![format!("{}:{{nodes}}:lives", self.root)]
    }

    /// The keys of the script of leases.
    pub(super) fn leases(&self, workspace: WorkspaceId) -> Vec<String> {
        ["leases", "leases-due", "lease-token"].map(|what| self.of(workspace, what)).into()
    }

    /// The keys of the script of presence.
    pub(super) fn presence(&self, workspace: WorkspaceId) -> Vec<String> {
        ["connections", "counts", "agents", "looks", "views"]
            .map(|what| self.of(workspace, what))
            .into()
    }

    fn of(&self, workspace: WorkspaceId, what: &str) -> String {
        format!("{}:{{{workspace}}}:{what}", self.root)
    }
}
