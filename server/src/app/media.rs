//! Where customers' files are kept, and who fetches them.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::lock::company;
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::Engine;
use crate::jobs::{Fetcher, Unseal, Uploads};
use crate::media::{Folder, MediaStore};
use crate::node::Membership;
use crate::store::{Company, Store};
use crate::telemetry::Metrics;
use crate::whatsapp::media::{MediaClient, MediaHosts};

/// Opens the folder of customers' files.
fn open(config: &Config) -> anyhow::Result<Arc<dyn MediaStore>> {
    let is_named = !config.media.folder.as_os_str().is_empty();
    if !is_named && company(config) != Company::Alone {
        tracing::warn!(
            "media.folder is not set: other servers on this database cannot read the files that \
             this one fetches"
        );
    }
    let folder =
        if is_named { config.media.folder.clone() } else { config.store.data.join("media") };
    let opened = Folder::open(&folder);
    let opened = opened.with_context(|| format!("the folder for files {}", folder.display()))?;
    Ok(Arc::new(opened))
}

/// Where files are kept, what rings when an upload is complete, and who moves files.
pub(super) type Begun = (Arc<dyn MediaStore>, Arc<Notify>, [JoinHandle<()>; 2]);

/// Opens the folder, and starts what fetches customers' files and what gives agents' files to
/// WhatsApp.
pub(super) fn begin(
    config: &Config,
    clock: &Clock,
    (engine, membership): (&Engine, &Membership),
    unseal: Unseal,
    metrics: &Metrics,
) -> anyhow::Result<Begun> {
    let (media, bell) = (open(config)?, Arc::new(Notify::new()));
    let files = (&media, Arc::clone(&unseal));
    let fetches = fetch(config, clock, (engine, membership), files, metrics)?;
    let passes = pass_on(config, clock, (engine.store(), membership), (&media, unseal), &bell)?;
    Ok((media, bell, [fetches, passes]))
}

fn fetch(
    config: &Config,
    clock: &Clock,
    (engine, membership): (&Engine, &Membership),
    (media, unseal): (&Arc<dyn MediaStore>, Unseal),
    metrics: &Metrics,
) -> anyhow::Result<JoinHandle<()>> {
    let fetcher = Fetcher {
        engine: engine.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        client: MediaClient::new(hosts(config))?,
        unseal,
        media: Arc::clone(media),
        config: config.media.clone(),
        version: config.whatsapp.graph_version.clone(),
    };
    Ok(tokio::spawn(fetcher.run()))
}

fn pass_on(
    config: &Config,
    clock: &Clock,
    (store, membership): (&Store, &Membership),
    (media, unseal): (&Arc<dyn MediaStore>, Unseal),
    bell: &Arc<Notify>,
) -> anyhow::Result<JoinHandle<()>> {
    let uploads = Uploads {
        store: store.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        client: MediaClient::new(hosts(config))?,
        unseal,
        media: Arc::clone(media),
        version: config.whatsapp.graph_version.clone(),
        bell: Arc::clone(bell),
    };
    Ok(tokio::spawn(uploads.run()))
}

fn hosts(config: &Config) -> MediaHosts {
    MediaHosts {
        graph_url: config.whatsapp.graph_url.clone(),
        names: config.whatsapp.media_hosts.clone(),
    }
}
