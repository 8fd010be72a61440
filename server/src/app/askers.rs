//! Who asks Meta about numbers, and keeps their state, their templates and their blocks.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::numbers::inspector;
use crate::accounts::{Accounts, Quota};
use crate::clock::Clock;
use crate::config::Config;
use crate::connection::Inspector;
use crate::engine::Engine;
use crate::jobs::{Blocker, Courtesy, Health, Looks, Templates, Unseal};
use crate::node::Membership;
use crate::secrets::Keys;
use crate::telemetry::Metrics;
use crate::whatsapp::client::Client;

pub(super) fn askers(
    config: &Config,
    (clock, metrics): (&Clock, &Metrics),
    (engine, accounts, ..): (&Engine, &Accounts, &Quota, &Looks),
    ((behind, membership), keys, client, unseal): ((&Engine, &Membership), &Keys, &Client, &Unseal),
) -> (Inspector, [JoinHandle<()>; 4]) {
    let inspector = inspector(config, clock, (engine, accounts, keys), client);
    let health = Health {
        inspector: Inspector { engine: behind.clone(), ..inspector.clone() },
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let templates = Templates {
        store: behind.store().clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let blocker = Blocker {
        engine: behind.clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let courtesy = Courtesy {
        engine: behind.clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
        metrics: metrics.clone(),
        clock: clock.clone(),
    };
    let all = [
        tokio::spawn(health.run()),
        tokio::spawn(templates.run()),
        tokio::spawn(blocker.run()),
        tokio::spawn(courtesy.run()),
    ];
    (inspector, all)
}
