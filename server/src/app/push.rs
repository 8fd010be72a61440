//! `baton push`: the key for Web Push, and whether pushes go.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use baton_protocol::Timestamp;

use super::serve::{Foundation, install_tls, vapid};
use crate::cli::PushCommand;
use crate::clock::Clock;
use crate::config::Config;
use crate::push;
use crate::store::push::{LaneState, lane_states};

/// Carries out a command; returns what to say.
pub(super) async fn run(command: PushCommand, config: &Config) -> anyhow::Result<String> {
    install_tls();
    let clock = Clock::system();
    let foundation = Foundation::lay(config, &clock).await?;
    let vapid = vapid(&foundation.keys)?;
    match command {
        PushCommand::Keys => Ok(format!("{}\n", vapid.public())),
        PushCommand::Doctor => {
            let lanes = push::open(&config.push, &vapid, &clock).context("push services")?;
            let states = lane_states(&foundation.store).await?;
            let states: BTreeMap<&str, &LaneState> =
                states.iter().map(|state| (state.lane.as_str(), state)).collect();
            let (mut text, mut is_well) = (String::new(), true);
            for lane in ["fcm", "apns", "webpush", "unifiedpush", "relay"] {
                let (said, is_fit) = match lanes.get(lane) {
                    None => ("not set up".to_owned(), true),
                    Some(service) => match service.check().await {
                        Ok(()) => ("ready".to_owned(), true),
                        Err(why) => (format!("does not work: {why}"), false),
                    },
                };
                is_well &= is_fit;
                write!(text, "{lane}: {said}")?;
                if let Some(state) = states.get(lane) {
                    write!(text, "; {}", told(state, clock.now()))?;
                }
                text.push('\n');
            }
            anyhow::ensure!(is_well, "{text}a push service does not work");
            Ok(text)
        }
    }
}

fn told(state: &LaneState, now: Timestamp) -> String {
    let ago = |at: Option<i64>| match at {
        Some(at) => format!("{} s ago", (now.ms() - at).max(0) / 1_000),
        None => "never".to_owned(),
    };
    format!(
        "{} devices, {} pushes wait, {} refused in 3 days, last taken {}, last received {}",
        state.devices,
        state.waiting,
        state.dead,
        ago(state.accepted_at),
        ago(state.received_at),
    )
}
