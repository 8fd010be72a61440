//! `baton push`: the key for Web Push, whether pushes go, and how they fare.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use baton_domain::announce::Kind;
use baton_protocol::push::PushLane;
use baton_protocol::{ConversationId, Cursor, DeviceId, PushId, Timestamp};

use crate::app::serve::{Foundation, install_tls, vapid};
use crate::cli::PushCommand;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::address;
use crate::push::{self, Lanes, Letter, Verdict};
use crate::store::push::{Fared, LaneState, device_to_push, lane_states, received_at, report};

/// So far back the report goes: pushes are kept for as long.
const REPORT_MS: i64 = 3 * 24 * 60 * 60_000;
/// A receipt is looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Carries out a command; returns what to say.
pub(super) async fn run(command: PushCommand, config: &Config) -> anyhow::Result<String> {
    install_tls();
    let clock = Clock::system();
    let foundation = Foundation::lay(config, &clock).await?;
    let vapid = vapid(&foundation.keys)?;
    let lanes = || push::open(&config.push, &vapid, &clock).context("push services");
    match command {
        PushCommand::Keys => Ok(format!("{}\n", vapid.public())),
        PushCommand::Doctor => doctor(&foundation, &lanes()?, clock.now()).await,
        PushCommand::Report => {
            let since = clock.now().plus_ms(-REPORT_MS);
            Ok(table(&report(&foundation.store, since).await?))
        }
        PushCommand::Test { device, wait } => {
            let wait = Duration::from_secs(wait.into());
            test(&foundation, &lanes()?, &clock, DeviceId(device), wait).await
        }
    }
}

async fn doctor(foundation: &Foundation, lanes: &Lanes, now: Timestamp) -> anyhow::Result<String> {
    let services = services(foundation, lanes, now).await?;
    let text: String = services.iter().map(|s| format!("{}: {}\n", s.lane, s.said)).collect();
    ensure!(services.iter().all(|service| service.is_fit), "{text}a push service does not work");
    Ok(text)
}

/// What is known of a push service.
pub(super) struct Service {
    pub(super) lane: &'static str,
    pub(super) said: String,
    pub(super) is_fit: bool,
}

/// Asks each push service whether it takes the credentials.
pub(super) async fn services(
    foundation: &Foundation,
    lanes: &Lanes,
    now: Timestamp,
) -> anyhow::Result<Vec<Service>> {
    let states = lane_states(&foundation.store).await?;
    let states: BTreeMap<&str, &LaneState> =
        states.iter().map(|state| (state.lane.as_str(), state)).collect();
    let mut all = Vec::new();
    // The log is no service.
    let services = PushLane::ALL.into_iter().filter(|lane| *lane != PushLane::Log);
    for lane in services.map(PushLane::name) {
        let (mut said, is_fit) = match lanes.get(lane) {
            None => ("not set up".to_owned(), true),
            Some(service) => match service.check().await {
                Ok(()) => ("ready".to_owned(), true),
                Err(why) => (format!("does not work: {why}"), false),
            },
        };
        if let Some(state) = states.get(lane) {
            write!(said, "; {}", told(state, now))?;
        }
        all.push(Service { lane, said, is_fit });
    }
    Ok(all)
}

/// Sends what a phone takes for the end of something it never showed: it draws nothing, and tells
/// that the push came.
async fn test(
    foundation: &Foundation,
    lanes: &Lanes,
    clock: &Clock,
    device: DeviceId,
    wait: Duration,
) -> anyhow::Result<String> {
    let Foundation { store, accounts, .. } = foundation;
    let (workspace, agent) = device_to_push(store, device)
        .await?
        .context("this device is not registered for pushes: its app does that after signing in")?;
    let target = accounts.push_target(workspace, device).await?;
    let target = target.context("nobody is signed in on this device")?;
    let lane = target.lane.name();
    let service =
        lanes.get(lane).with_context(|| format!("{lane} is not set up on this server"))?;
    let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    let letter = Letter {
        to: address(target),
        id: PushId(clock.uuid_v7()),
        workspace,
        agent,
        conversation: ConversationId(clock.uuid_v7()),
        kind: Kind::Retract,
        cursor: Cursor { epoch: store.epoch(), position: 0 },
        expires_at: clock.now().plus_ms(wait_ms),
        offer: None,
        badge: None,
        is_quiet: false,
        words: None,
    };
    let (began, sent_at) = (clock.monotonic(), clock.now());
    match service.send(&letter).await {
        Verdict::Accepted => {}
        Verdict::Gone { .. } => bail!("{lane} does not know this device: open the app on it"),
        Verdict::Locked(why) => bail!("{lane} does not take the credentials: {why}"),
        Verdict::Dead(why) | Verdict::Again { why, .. } => bail!("{lane} did not take it: {why}"),
    }
    let took_ms = clock.now().since(sent_at);
    while clock.monotonic().saturating_sub(began) < wait {
        if let Some(at) = received_at(store, (workspace, device), letter.id).await? {
            let after_ms = at.since(sent_at).max(0);
            return Ok(format!(
                "{lane} took it after {took_ms} ms, and the device had it after {after_ms} ms\n"
            ));
        }
        clock.sleep(LOOK_EVERY).await;
    }
    bail!(
        "{lane} took it after {took_ms} ms, but the device told nothing within {} s: it is off, \
         without a network, or its app is stopped; an iPhone delays what shows nothing",
        wait.as_secs()
    )
}

/// What the report says, a line for each service and app.
fn table(rows: &[Fared]) -> String {
    if rows.is_empty() {
        return "no push was taken by a service in the last three days\n".to_owned();
    }
    let percent = |part: i64, of: i64| part.saturating_mul(100).checked_div(of).unwrap_or(0);
    rows.iter()
        .map(|row| {
            let app = row.app_id.as_deref().map(|app| format!(" of {app}")).unwrap_or_default();
            let took = row.took_ms.map(|ms| format!(", {ms} ms later")).unwrap_or_default();
            format!(
                "{}{app}: {} taken, {} % received{took}, {} % shown, {} % opened\n",
                row.lane,
                row.accepted,
                percent(row.received, row.accepted),
                percent(row.shown, row.accepted),
                percent(row.opened, row.accepted),
            )
        })
        .collect()
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
