//! Calls of the process that the platform starts for one push: no store, no threads, no network of
//! its own. It opens, decides, leaves a drop for the app, and always has something to show.

use std::path::Path;
use std::sync::Arc;

use baton_protocol::Timestamp;
use baton_protocol::account::Session;

use super::error::CoreError;
use super::keys::{KeyStore, Keys, random};
use crate::push::extension::{self, Keys as Opens, Rendered};
use crate::push::notification::Notification;
use crate::push::payload::Input;
use crate::store::{Account, DropBox};

/// The extension's answer to a push.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Show this.
    pub notification: Notification,
    /// Send this, as well as it can be sent: the app sends it too.
    pub receipt: Option<ReceiptPost>,
    /// Whether the app will find it.
    pub is_kept: bool,
}

/// A receipt, ready to be sent as `POST`.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiptPost {
    /// The URL.
    pub url: String,
    /// As `Authorization: Bearer`.
    pub bearer: String,
    /// JSON.
    pub body: String,
}

impl std::fmt::Debug for ReceiptPost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiptPost").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Takes a push without the app. `server` and `directory` are those of its
/// [`CoreConfig`](super::CoreConfig).
pub fn take_push(
    server: &str,
    directory: &Path,
    keys: Arc<dyn KeyStore>,
    push: &Input,
    now: Timestamp,
) -> Taken {
    let keys = Keys(keys);
    let held = keys.session(server).and_then(|session| Ok((session, keys.held_keyring()?)));
    let Ok((Some(session), Some(keyring))) = held else {
        // Before the first unlock, or nobody is signed in.
        return shown(extension::render(push, Opens::Locked, now));
    };
    let opens =
        Opens::Open { workspace: session.workspace_id, agent: session.agent_id, keyring: &keyring };
    let rendered = extension::render(push, opens, now);
    let receipt = receipt(&keys, server, &rendered);
    let is_kept = leave(&keys, directory, &session, &rendered).is_ok();
    Taken { receipt, is_kept, ..shown(rendered) }
}

fn shown(rendered: Rendered) -> Taken {
    Taken { notification: rendered.notification, receipt: None, is_kept: false }
}

fn receipt(keys: &Keys, server: &str, rendered: &Rendered) -> Option<ReceiptPost> {
    let bearer = keys.receipt_key().ok()??;
    let body = serde_json::to_string(&[rendered.receipt?]).ok()?;
    let url = format!("{}/api/v1/push/receipts", server.trim_end_matches('/'));
    Some(ReceiptPost { url, bearer, body })
}

/// Leaves what came for the app, sealed.
fn leave(
    keys: &Keys,
    directory: &Path,
    session: &Session,
    rendered: &Rendered,
) -> Result<(), CoreError> {
    let (Some(body), Some(push)) = (&rendered.drop, rendered.notification.push) else {
        return Ok(());
    };
    let of = Account {
        workspace: session.workspace_id,
        agent: session.agent_id,
        device: session.device_id,
    };
    let drops = DropBox::open(directory, &keys.store_key()?, random())?;
    Ok(drops.leave(&of, &push.0.to_string(), body)?)
}
