//! `baton admin channel`: asks Meta about numbers for the operator.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use baton_domain::group::Key;
use baton_protocol::ChannelId;
use baton_protocol::connection::{ChannelCheck, CheckStep, StepState};
use baton_protocol::settings::ChannelNew;

use super::admin::{AskMeta, table};
use crate::app::serve::{Foundation, install_tls, way_out};
use crate::clock::Clock;
use crate::config::Config;
use crate::connection::{Inspector, refusal};

/// Steps that wait are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Asks Meta about numbers.
pub(super) struct Numbers(pub(super) Inspector);

impl Numbers {
    pub(super) fn of(
        config: &Config,
        clock: &Clock,
        foundation: &Foundation,
    ) -> anyhow::Result<Self> {
        install_tls();
        let (client, _unseal) = way_out(config, &foundation.keys)?;
        Ok(Self(foundation.inspector(config, clock, &client)))
    }

    pub(super) async fn check(&self, of: Key<ChannelId>) -> anyhow::Result<ChannelCheck> {
        self.0.check(of).await?.context("the number is gone")
    }
}

impl AskMeta for Numbers {
    async fn try_out(&self, new: &ChannelNew) -> anyhow::Result<()> {
        let steps = self.0.try_out(new).await?;
        if refusal(&steps).is_some() {
            bail!("{}the number is not added; --no-check adds it all the same", list(&steps));
        }
        Ok(())
    }

    async fn connect(&self, of: Key<ChannelId>, wait: Duration) -> anyhow::Result<String> {
        let clock = &self.0.clock;
        let began = clock.monotonic();
        loop {
            let steps = self.check(of).await?.steps;
            let waits = steps.iter().any(|step| step.state == StepState::Waiting);
            let is_wrong = steps.iter().any(|step| step.state == StepState::Wrong);
            if waits && !is_wrong && clock.monotonic().saturating_sub(began) < wait {
                clock.sleep(LOOK_EVERY).await;
                continue;
            }
            let text = list(&steps);
            ensure!(!is_wrong, "{text}something is wrong with this number");
            return Ok(text);
        }
    }
}

/// The steps, a line for each.
pub(super) fn list(steps: &[CheckStep]) -> String {
    let row = |step: &CheckStep| {
        let state = match step.state {
            StepState::Ok => "ok",
            StepState::Wrong => "WRONG",
            StepState::Waiting => "waits",
            StepState::Unknown => "unknown",
        };
        let code = step.code.map(|fault| fault.name()).unwrap_or_default();
        let remedy = step.remedy.clone().unwrap_or_default();
        vec![step.step.name().to_owned(), state.to_owned(), code.to_owned(), remedy]
    };
    table(&["STEP", "STATE", "CODE", "TO_DO"], steps.iter().map(row).collect())
}
