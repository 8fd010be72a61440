//! Files: uploaded by the business or sent by customers.
//!
//! An id stands for a file: 30 days for what the business uploaded, 7 for what a customer sent. A
//! look-up answers with a URL that is good for five minutes and needs the bearer as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;
use sha2::{Digest, Sha256};

use crate::base::seeds::Seeds;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The time that the id of an upload is known.
const UPLOADED_MS: i64 = 30 * DAY_MS;
/// The time that the id of a customer's file is known.
const RECEIVED_MS: i64 = 7 * DAY_MS;
/// The time that a download URL is valid.
const URL_MS: i64 = 5 * 60 * 1_000;

/// A file that the platform keeps.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) phone_number_id: String,
    pub(crate) mime_type: String,
    pub(crate) filename: Option<String>,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) sha256: [u8; 32],
    pub(crate) is_upload: bool,
    until_ms: i64,
}

impl File {
    /// The digest as webhooks carry it.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(self.sha256)
    }
}

/// A file that is to be kept: the number it belongs to, and whether it was uploaded or received.
pub(crate) struct NewFile<'a> {
    pub(crate) phone_number_id: &'a str,
    pub(crate) is_upload: bool,
    pub(crate) mime_type: &'a str,
    pub(crate) filename: Option<String>,
    pub(crate) bytes: Arc<[u8]>,
}

/// All files and the URLs given out for them.
#[derive(Debug, Default)]
pub(crate) struct Media {
    files: BTreeMap<String, File>,
    urls: BTreeMap<String, (String, i64)>,
    kept: u64,
    looked_up: u64,
}

impl Media {
    /// Keeps a file and returns its id.
    pub(crate) fn keep(&mut self, seeds: Seeds, new: NewFile<'_>, now_ms: i64) -> (String, File) {
        let NewFile { phone_number_id, is_upload, mime_type, filename, bytes } = new;
        self.kept += 1;
        let mut rng = seeds.rng("media", phone_number_id, self.kept);
        let id = rng.random_range(1_000_000_000_000_000_u64..9_999_999_999_999_999).to_string();
        let lasts_ms = if is_upload { UPLOADED_MS } else { RECEIVED_MS };
        let file = File {
            phone_number_id: phone_number_id.to_owned(),
            mime_type: mime_type.to_owned(),
            filename,
            sha256: Sha256::digest(&bytes).into(),
            bytes,
            is_upload,
            until_ms: now_ms.saturating_add(lasts_ms),
        };
        self.files.insert(id.clone(), file.clone());
        (id, file)
    }

    /// The file of an id, unless it is unknown or too old.
    pub(crate) fn get(&self, id: &str, now_ms: i64) -> Option<&File> {
        self.files.get(id).filter(|file| now_ms < file.until_ms)
    }

    /// Forgets a file; false where there is none.
    pub(crate) fn delete(&mut self, id: &str) -> bool {
        self.files.remove(id).is_some()
    }

    /// A download URL for a file, good for five minutes, without scheme and host.
    pub(crate) fn url(&mut self, seeds: Seeds, id: &str, now_ms: i64) -> String {
        self.looked_up += 1;
        let random: [u8; 16] = seeds.rng("media url", id, self.looked_up).random();
        let hash = format!("AT{}", hex::encode(random));
        let until_ms = now_ms.saturating_add(URL_MS);
        self.urls.insert(hash.clone(), (id.to_owned(), until_ms));
        let ext = until_ms.div_euclid(1_000);
        format!("/whatsapp_business/attachments/?mid={id}&ext={ext}&hash={hash}")
    }

    /// The file behind a download URL while it is good.
    pub(crate) fn behind(&self, hash: &str, now_ms: i64) -> Option<(&str, &File)> {
        let (id, until_ms) = self.urls.get(hash)?;
        if now_ms >= *until_ms {
            return None;
        }
        Some((id, self.get(id, now_ms)?))
    }

    /// Every file, for the control routes.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter()
    }
}
