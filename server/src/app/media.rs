//! Where customers' files are kept, and who fetches them.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::lock::company;
use crate::clock::Clock;
use crate::config::{Config, MediaConfig};
use crate::engine::Engine;
use crate::jobs::{Fetcher, Unseal, Uploads};
use crate::media::{self, Folder, MediaStore, Pictures};
use crate::node::Membership;
use crate::store::{Company, Store};
use crate::telemetry::Metrics;
use crate::whatsapp::media::{MediaClient, MediaHosts};

/// The whole of `baton media-worker`.
pub fn worker() -> ExitCode {
    media::work()
}

fn pictures(config: &MediaConfig) -> anyhow::Result<Pictures> {
    Ok(if !config.small_pictures {
        Pictures::off()
    } else if config.small_pictures_by.as_os_str().is_empty() {
        Pictures::by(&Pictures::this_program().context("this program")?)
    } else {
        Pictures::by(&config.small_pictures_by)
    })
}

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
    let files = Files { media, pictures: Arc::new(pictures(&config.media)?), unseal };
    let fetches = fetch(config, clock, (engine, membership), &files, metrics)?;
    let passes = pass_on(config, clock, (engine.store(), membership), &files, &bell)?;
    let media = files.media;
    Ok((media, bell, [fetches, passes]))
}

/// What fetcher and uploads share.
struct Files {
    media: Arc<dyn MediaStore>,
    pictures: Arc<Pictures>,
    unseal: Unseal,
}

fn fetch(
    config: &Config,
    clock: &Clock,
    (engine, membership): (&Engine, &Membership),
    files: &Files,
    metrics: &Metrics,
) -> anyhow::Result<JoinHandle<()>> {
    let fetcher = Fetcher {
        engine: engine.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        client: MediaClient::new(hosts(config))?,
        unseal: Arc::clone(&files.unseal),
        media: Arc::clone(&files.media),
        pictures: Arc::clone(&files.pictures),
        config: config.media.clone(),
        version: config.whatsapp.graph_version.clone(),
    };
    Ok(tokio::spawn(fetcher.run()))
}

fn pass_on(
    config: &Config,
    clock: &Clock,
    (store, membership): (&Store, &Membership),
    files: &Files,
    bell: &Arc<Notify>,
) -> anyhow::Result<JoinHandle<()>> {
    let uploads = Uploads {
        store: store.clone(),
        membership: membership.clone(),
        clock: clock.clone(),
        client: MediaClient::new(hosts(config))?,
        unseal: Arc::clone(&files.unseal),
        media: Arc::clone(&files.media),
        pictures: Arc::clone(&files.pictures),
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
