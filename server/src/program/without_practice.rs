//! `baton serve --try` in a build without the simulator: it says so.

use std::convert::Infallible;

use crate::app::Server;
use crate::clock::Clock;
use crate::config::Config;

/// A simulator that no such build can start.
pub(super) struct Practice(Infallible);

impl Practice {
    /// Refuses: there is no simulator to start.
    pub(super) async fn prepare(_config: &mut Config, _clock: &Clock) -> anyhow::Result<Self> {
        anyhow::bail!("this build has no number for practice: build with its feature demo")
    }

    /// Cannot be asked for.
    pub(super) async fn begin(&self, _server: &Server) -> anyhow::Result<String> {
        match self.0 {}
    }

    /// Cannot be asked for.
    pub(super) async fn stop(self) {
        match self.0 {}
    }
}
