//! Who may not hear of an offer is probed: devices that have a probe say so.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_domain::hand::look::Staff;
use baton_protocol::setting::Routing;
use baton_protocol::{PushId, TeamId, WorkspaceId};

use super::{Memory, Router};
use crate::store::probe::{devices_of, queue_probes};
use crate::store::{StoreError, Tx};

/// A probe that a service keeps for longer says nothing of now.
const LASTS_MS: i64 = 30 * 60 * 1000;

impl Router {
    /// Wishes for the probes that are due. They are sent once the read is over.
    pub(super) async fn probe(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        (workspace, staff, routed): (WorkspaceId, &Staff, &BTreeMap<Key<TeamId>, Routing>),
    ) -> Result<(), StoreError> {
        let at = self.time();
        let long = memory.look.unsure((workspace, staff), routed, at);
        if long.is_empty() {
            return Ok(());
        }
        let found = devices_of(tx, (workspace, &long), &self.lanes, at.wall).await?;
        let devices: BTreeSet<_> = found.iter().map(|(_, device, _)| *device).collect();
        let probed = memory.look.probe(workspace, &devices, at);
        let probed = found.into_iter().filter(|(_, device, _)| probed.contains(device));
        let probed =
            probed.map(|(agent, device, lane)| (PushId(self.clock.uuid_v7()), agent, device, lane));
        memory.probed.extend(probed.map(|probe| (workspace, probe)));
        Ok(())
    }

    /// Sends the probes that are wished for.
    pub(super) async fn send_probes(&self, memory: &mut Memory) -> Result<(), StoreError> {
        let mut all: BTreeMap<WorkspaceId, Vec<_>> = BTreeMap::new();
        for (workspace, probe) in std::mem::take(&mut memory.probed) {
            all.entry(workspace).or_default().push(probe);
        }
        let now = self.clock.now();
        for (workspace, probes) in all {
            let count = probes.len();
            let until = now.plus_ms(LASTS_MS);
            queue_probes(self.engine.store(), workspace, &probes, (now, until)).await?;
            tracing::debug!(%workspace, count, "devices are probed");
        }
        Ok(())
    }
}
