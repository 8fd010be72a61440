//! What nodes send each other through Redis: authenticated, since whoever reaches it can publish.
//!
//! `version kind node workspace epoch position number | body | MAC`, numbers big-endian. The MAC
//! covers everything before it, so nothing can be moved to another workspace, log or position. The
//! number grows with every message of a node: what is heard twice is not believed.

use std::sync::Arc;

use baton_domain::fact::log::Batch;
use baton_protocol::{AgentId, Epoch, WorkspaceId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::super::{Ephemeral, Tried};

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 2 + 16 + 16 + 16 + 8 + 8;
const MAC_BYTES: usize = 32;
/// The largest body that is published: of what is larger the others are told to read the log.
pub(super) const BODY_BYTES_MAX: usize = 512 * 1024;
/// The largest message that is looked at.
pub(super) const BYTES_MAX: usize = HEAD_BYTES + BODY_BYTES_MAX + MAC_BYTES;

/// What a message says.
#[derive(Clone, Debug)]
pub(super) enum Letter {
    Batch(Arc<Batch>),
    Ephemeral(WorkspaceId, Ephemeral),
    SessionsChanged(WorkspaceId, AgentId),
    /// Something was committed that was too large to be sent.
    ReadTheLog(WorkspaceId),
    SendsDue,
    Tried(Tried),
}

/// A message as it came.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) node: Uuid,
    pub(super) number: u64,
    pub(super) letter: Letter,
}

/// Why a message is not believed; the name of it in the metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rejected(pub(super) &'static str);

/// The key and the log that all nodes of an installation share.
#[derive(Clone)]
pub(super) struct Seal {
    key: [u8; 32],
    epoch: Epoch,
}

impl Letter {
    pub(super) fn workspace(&self) -> Option<WorkspaceId> {
        match self {
            Self::Batch(batch) => Some(batch.workspace),
            Self::Ephemeral(workspace, _)
            | Self::SessionsChanged(workspace, _)
            | Self::ReadTheLog(workspace) => Some(*workspace),
            Self::SendsDue | Self::Tried(_) => None,
        }
    }

    /// Kind, position and body. What cannot be written or is too large says to read the log; of
    /// what is not in the log nothing is said then.
    fn parts(&self) -> Option<(u8, u64, Vec<u8>)> {
        let (kind, position, body) = match self {
            Self::Batch(batch) => (1, batch.after, serde_json::to_vec(batch)),
            Self::Ephemeral(_, ephemeral) => (2, 0, serde_json::to_vec(ephemeral)),
            Self::SessionsChanged(_, agent) => (3, 0, serde_json::to_vec(agent)),
            Self::ReadTheLog(_) => return Some((4, 0, Vec::new())),
            Self::SendsDue => return Some((5, 0, Vec::new())),
            Self::Tried(tried) => (6, 0, serde_json::to_vec(tried)),
        };
        match body {
            Ok(body) if body.len() <= BODY_BYTES_MAX => Some((kind, position, body)),
            _ if kind == 2 || kind == 6 => None,
            _ => Some((4, position, Vec::new())),
        }
    }
}

impl Seal {
    pub(super) fn new(key: [u8; 32], epoch: Epoch) -> Self {
        Self { key, epoch }
    }

    /// The message as it is published; `None` when it cannot be.
    pub(super) fn close(&self, node: Uuid, number: u64, letter: &Letter) -> Option<Vec<u8>> {
        let (kind, position, body) = letter.parts()?;
        let workspace = letter.workspace().map_or(Uuid::nil(), |workspace| workspace.0);
        let mut bytes = Vec::with_capacity(HEAD_BYTES + body.len() + MAC_BYTES);
        bytes.extend_from_slice(&[VERSION, kind]);
        for id in [node, workspace, self.epoch.0] {
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes.extend_from_slice(&position.to_be_bytes());
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&body);
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        Some(bytes)
    }

    /// Who sent it and what it says, if it is to be believed.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Envelope, Rejected> {
        const SHORT: Rejected = Rejected("unreadable");
        if bytes.len() > BYTES_MAX {
            return Err(Rejected("too_large"));
        }
        let (signed, mac) = bytes.split_last_chunk::<MAC_BYTES>().ok_or(SHORT)?;
        let mut rest = signed;
        let [version, kind] = take(&mut rest).ok_or(SHORT)?;
        let node = Uuid::from_bytes(take(&mut rest).ok_or(SHORT)?);
        let workspace = WorkspaceId(Uuid::from_bytes(take(&mut rest).ok_or(SHORT)?));
        let epoch = Epoch(Uuid::from_bytes(take(&mut rest).ok_or(SHORT)?));
        let position = u64::from_be_bytes(take(&mut rest).ok_or(SHORT)?);
        let number = u64::from_be_bytes(take(&mut rest).ok_or(SHORT)?);
        // Compared in constant time.
        self.mac(signed).verify_slice(mac).map_err(|_wrong| Rejected("forged"))?;
        if version != VERSION {
            return Err(Rejected("version"));
        }
        if epoch != self.epoch {
            return Err(Rejected("epoch"));
        }
        let letter = self.letter(kind, workspace, position, rest).ok_or(SHORT)?;
        Ok(Envelope { node, number, letter })
    }

    fn letter(&self, kind: u8, workspace: WorkspaceId, at: u64, body: &[u8]) -> Option<Letter> {
        match kind {
            1 => {
                let batch: Batch = serde_json::from_slice(body).ok()?;
                let fits =
                    (batch.workspace, batch.epoch, batch.after) == (workspace, self.epoch, at);
                fits.then(|| Letter::Batch(Arc::new(batch)))
            }
            2 => Some(Letter::Ephemeral(workspace, serde_json::from_slice(body).ok()?)),
            3 => Some(Letter::SessionsChanged(workspace, serde_json::from_slice(body).ok()?)),
            4 => Some(Letter::ReadTheLog(workspace)),
            5 => Some(Letter::SendsDue),
            6 => Some(Letter::Tried(serde_json::from_slice(body).ok()?)),
            _ => None,
        }
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key).expect("any length");
        mac.update(bytes);
        mac
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
