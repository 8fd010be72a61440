//! Who asks Meta about numbers, and keeps their state, their templates and their blocks.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::background::Background;
use crate::connection::Inspector;
use crate::jobs::{Blocker, Courtesy, Errands, Health, Templates};

pub(super) fn askers(of: &Background<'_>, inspector: &Inspector) -> [JoinHandle<()>; 4] {
    let Background { config, clock, engine, membership, metrics, client, unseal, .. } = *of;
    let health = Health {
        inspector: Inspector { engine: engine.clone(), ..inspector.clone() },
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let templates = Templates {
        store: engine.store().clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let blocker = Blocker {
        engine: engine.clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
    };
    let blocks = Errands {
        errand: blocker,
        store: engine.store().clone(),
        membership: membership.clone(),
        metrics: metrics.clone(),
        clock: clock.clone(),
    };
    let courtesy = Courtesy {
        engine: engine.clone(),
        client: client.clone(),
        unseal: Arc::clone(unseal),
        whatsapp: config.whatsapp.clone(),
        metrics: metrics.clone(),
        clock: clock.clone(),
    };
    [
        tokio::spawn(health.run()),
        tokio::spawn(templates.run()),
        tokio::spawn(blocks.run()),
        tokio::spawn(courtesy.run()),
    ]
}
