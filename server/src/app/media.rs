//! Where customers' files are kept, and who fetches them.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::background::Background;
use super::lock::company;
use crate::clock::Clock;
use crate::config::{Config, MediaConfig};
use crate::jobs::{Fetcher, Unseal, Uploads};
use crate::media::{Bucket, Folder, MediaStore, Pictures, S3};
use crate::store::Company;
use crate::whatsapp::media::{MediaClient, MediaHosts};

fn pictures(config: &MediaConfig) -> anyhow::Result<Pictures> {
    Ok(if !config.small_pictures {
        Pictures::off()
    } else if config.small_pictures_by.as_os_str().is_empty() {
        Pictures::by(&Pictures::this_program().context("this program")?)
    } else {
        Pictures::by(&config.small_pictures_by)
    })
}

/// Opens where customers' files are kept.
fn open(config: &Config, clock: &Clock) -> anyhow::Result<Arc<dyn MediaStore>> {
    let of = &config.media;
    if !of.s3_url.is_empty() {
        let bucket = Bucket {
            url: of.s3_url.clone(),
            name: of.s3_bucket.clone(),
            region: of.s3_region.clone(),
            access_key: of.s3_access_key.clone(),
            secret_key: of.s3_secret_key.expose().to_owned(),
        };
        let opened = S3::open(&bucket, &config.store.data.join("media"), clock.clone());
        return Ok(Arc::new(opened.with_context(|| format!("the bucket {}", bucket.name))?));
    }
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

/// Where files are kept, what makes pictures small, what rings when an upload is complete, and who
/// moves files.
pub(super) type Begun = (Arc<dyn MediaStore>, Arc<Pictures>, Arc<Notify>, [JoinHandle<()>; 2]);

/// Opens the folder, and starts what fetches customers' files and what gives agents' files to
/// WhatsApp.
pub(super) fn begin(of: &Background<'_>) -> anyhow::Result<Begun> {
    let (media, bell) = (open(of.config, of.clock)?, Arc::new(Notify::new()));
    let pictures = Arc::new(pictures(&of.config.media)?);
    let files = Files { media, pictures, unseal: Arc::clone(of.unseal) };
    let movers = [fetch(of, &files)?, pass_on(of, &files, &bell)?];
    Ok((files.media, files.pictures, bell, movers))
}

/// What fetcher and uploads share.
struct Files {
    media: Arc<dyn MediaStore>,
    pictures: Arc<Pictures>,
    unseal: Unseal,
}

fn fetch(of: &Background<'_>, files: &Files) -> anyhow::Result<JoinHandle<()>> {
    let Background { config, clock, engine, membership, metrics, .. } = *of;
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
    of: &Background<'_>,
    files: &Files,
    bell: &Arc<Notify>,
) -> anyhow::Result<JoinHandle<()>> {
    let Background { config, clock, membership, .. } = *of;
    let uploads = Uploads {
        store: of.engine.store().clone(),
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
        practice_url: config.whatsapp.practice_url.clone(),
        names: config.whatsapp.media_hosts.clone(),
    }
}
