//! Each node confirms in Redis that it has written all of its connections there. While a node is
//! cut off, its confirmation is missing, and other nodes know that their list is not whole.

use std::time::Duration;

use ::redis::Value;

use super::super::{Away, PRESENCE_KEEP, PRESENCE_TTL};
use super::script::{Call, LIVES};
use super::{REBUILD_AT_ONCE, Shared, millis};

/// The time for which a confirmation counts. The connections that were written last outlive it,
/// even where the next writing is late.
const LIFE_TTL: Duration = PRESENCE_TTL.saturating_sub(PRESENCE_KEEP.saturating_mul(2));
/// After so long without a word a node is forgotten.
const KEEP: Duration = Duration::from_secs(3_600);

impl Shared {
    /// Confirms again. All was written once the connection was up, and a failure since then ends
    /// that connection. Where Redis lost the confirmation, everything is written again first.
    pub(super) async fn confirm(&self) -> Result<(), Away> {
        let Some(nodes) = self.nodes.get() else { return Ok(()) };
        let me = nodes().me.to_string();
        let kept = self.run(vec![self.lives_call("keep", vec![me])]).await?;
        if kept.first().is_some_and(is_yes) {
            return Ok(());
        }
        self.tell_all().await
    }

    /// Writes all connections, then confirms that.
    pub(super) async fn tell_all(&self) -> Result<(), Away> {
        let Some(nodes) = self.nodes.get() else { return Ok(()) };
        let mut all = self.connected_calls(&self.local.live_connections());
        while !all.is_empty() {
            self.ask_presence(all.drain(..all.len().min(REBUILD_AT_ONCE)).collect()).await?;
        }
        self.run(vec![self.lives_call("told", vec![nodes().me.to_string()])]).await?;
        Ok(())
    }

    /// The question whether all nodes that live have said so; `None` while nobody knows them.
    pub(super) fn are_all_told(&self) -> Option<Call> {
        let lives = self.nodes.get()?();
        Some(self.lives_call("are", lives.all.iter().map(ToString::to_string).collect()))
    }

    fn lives_call(&self, op: &str, nodes: Vec<String>) -> Call {
        let mut arguments = vec![self.skew_ms().to_string(), millis(LIFE_TTL), millis(KEEP)];
        arguments.push(op.to_owned());
        arguments.extend(nodes);
        Call { code: &LIVES, keys: self.names.lives(), arguments }
    }
}

pub(super) fn is_yes(answer: &Value) -> bool {
    *answer == Value::Int(1)
}
