//! What runs beside the requests until the server stops.

use std::sync::Arc;

use anyhow::Context;
use baton_protocol::SettingKind;
use tokio::task::JoinHandle;

use super::serve::vapid;
use crate::accounts::{self, Accounts};
use crate::clock::Clock;
use crate::config::Config;
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::jobs::{
    Checkpointer, Classifier, Importer, Indexer, Keep, Looks, OpenSecret, Outwards, Pusher,
    Rehomer, Router, Sealer, Sender, SenderParts, Sweeper, Unseal, Waker, Watcher,
};
use crate::media::MediaStore;
use crate::node::Membership;
use crate::push;
use crate::secrets::Keys;
use crate::telemetry::Metrics;
use crate::whatsapp::client::Client;

/// What those work with that run beside the requests.
#[derive(Clone, Copy)]
pub(super) struct Background<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: &'a Clock,
    /// Queries of its own connections.
    pub(super) engine: &'a Engine,
    pub(super) accounts: &'a Accounts,
    pub(super) membership: &'a Membership,
    pub(super) metrics: &'a Metrics,
    pub(super) client: &'a Client,
    pub(super) unseal: &'a Unseal,
    pub(super) coordinator: &'a Arc<dyn Coordinator>,
}

/// What runs beside the requests until the server stops.
pub(super) fn workers(
    of: &Background<'_>,
    media: &Arc<dyn MediaStore>,
    sealer: &Sealer,
    sender: &Sender,
) -> Vec<JoinHandle<()>> {
    let Background { config, clock, engine, accounts, membership, metrics, .. } = *of;
    let waker =
        Waker { engine: engine.clone(), membership: membership.clone(), clock: clock.clone() };
    let rehomer = Rehomer {
        engine: engine.clone(),
        accounts: accounts.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
    };
    let router = Router {
        engine: engine.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        lanes: config.push.lanes().into(),
        coordinator: Arc::clone(of.coordinator),
        metrics: metrics.clone(),
    };
    let sweeper = Sweeper {
        engine: engine.clone(),
        store: engine.store().clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        keep: Keep::of(&config.store),
    };
    let importer =
        Importer { engine: engine.clone(), membership: membership.clone(), clock: clock.clone() };
    let indexer = Indexer {
        store: sealer.store.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        media: Arc::clone(media),
    };
    let checkpointer = Checkpointer { store: engine.store().clone(), clock: clock.clone() };
    let watcher =
        Watcher { store: engine.store().clone(), clock: clock.clone(), metrics: metrics.clone() };
    let (anchors, command) = (sealer.anchors.clone(), config.store.anchor_command.clone());
    let elsewhere = async move {
        if !command.is_empty() {
            anchors.tell(&command).await;
        }
    };
    vec![
        super::disk::watch(&config.store.data, &sealer.metrics),
        tokio::spawn(elsewhere),
        tokio::spawn(watcher.run()),
        tokio::spawn(checkpointer.run()),
        tokio::spawn(sealer.clone().run()),
        tokio::spawn(importer.run()),
        tokio::spawn(indexer.run()),
        tokio::spawn(sender.clone().run()),
        tokio::spawn(waker.run()),
        tokio::spawn(rehomer.run()),
        tokio::spawn(router.run()),
        tokio::spawn(sweeper.run()),
    ]
}

pub(super) fn sender(of: &Background<'_>) -> Sender {
    Sender::new(SenderParts {
        engine: of.engine.clone(),
        clock: of.clock.clone(),
        client: of.client.clone(),
        unseal: Arc::clone(of.unseal),
        metrics: of.metrics.clone(),
        whatsapp: of.config.whatsapp.clone(),
        coordinator: Arc::clone(of.coordinator),
        membership: of.membership.clone(),
        pace: of.config.pace,
        slots: of.config.limits.jobs_running_max,
    })
}

/// The workers that send pushes, drop those of what was seen, tell webhooks, and ask sources.
pub(super) fn push_workers(
    of: &Background<'_>,
    keys: &Keys,
    looks: Looks,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let Background { config, clock, engine, accounts, membership, metrics, .. } = *of;
    let pusher = Pusher {
        engine: engine.clone(),
        accounts: accounts.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        lanes: push::open(&config.push, &vapid(keys)?, clock).context("push services")?,
        content: config.push.content,
        in_flight_max: config.push.in_flight_max,
    };
    let mut workers = pusher.start();
    let outwards = Outwards {
        store: engine.store().clone(),
        membership: membership.clone(),
        open: open_secret(keys, SettingKind::Webhook),
        outward: push::Outward::open(&config.push, clock.clone()).context("webhooks")?,
        clock: clock.clone(),
    };
    let classifier = Classifier {
        engine: engine.clone(),
        membership: membership.clone(),
        open: open_secret(keys, SettingKind::ContextSource),
        outward: outwards.outward.clone(),
        clock: clock.clone(),
    };
    workers.push(tokio::spawn(outwards.run()));
    workers.push(tokio::spawn(classifier.run()));
    let looks = looks.run(engine.clone(), clock.clone(), metrics.clone());
    workers.push(tokio::spawn(looks));
    Ok(workers)
}

/// Opens secrets of one kind with the installation's key.
fn open_secret(keys: &Keys, kind: SettingKind) -> OpenSecret {
    let keys = keys.clone();
    Arc::new(move |(workspace, id), n, sealed| {
        let of = (workspace, kind, id);
        let secret = accounts::open_secret(&keys, of, n, sealed);
        let told = secret.inspect_err(|error| tracing::error!(%error, "a secret is of no use"));
        accounts::signing_key(&told.ok()?)
    })
}
