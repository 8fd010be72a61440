//! Files that agents send, in the histories: what is in each follows from its caption.

use std::collections::BTreeSet;
use std::path::Path;

use baton_protocol::upload::UploadNew;
use baton_protocol::{CommandBody, ConversationId, Details, LineKind};
use uuid::Uuid;

use super::device::Device;
use super::judge::Tapped;
use super::world::World;
use crate::outbox::{Attachment, Tap, UploadStep, file_body};
use crate::store::FilePart;

/// The bytes of the file with this caption.
pub(super) fn contents(caption: &str) -> Vec<u8> {
    let seed = caption.bytes().fold(7_usize, |sum, byte| sum * 31 % 65_521 + usize::from(byte));
    // One in four takes several pieces.
    let size = if seed.is_multiple_of(4) { 300_000 } else { 1_000 } + seed % 1_000;
    (0..size).map(|at| (at * 7 + at / 251 + seed).to_le_bytes()[0]).collect()
}

/// The same wish, whichever upload carries it.
pub(super) fn unnamed(body: &CommandBody) -> CommandBody {
    let mut body = body.clone();
    if let CommandBody::Send(send) = &mut body
        && let Details::File { upload, .. } = send.details.as_mut()
    {
        *upload = None;
    }
    body
}

/// Copies what is in a directory.
pub(super) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Device {
    /// The bytes that a step carries.
    pub(super) fn reads(&self, step: &UploadStep) -> Option<Vec<u8>> {
        let UploadStep::Piece { file, from, bytes, .. } = step else { return None };
        self.store.read_file(&self.account, *file, FilePart { from: *from, bytes: *bytes }).unwrap()
    }

    /// Nothing is kept but what an act needs.
    pub(super) fn keeps_its_files(&self, directory: &Path) {
        let mut kept = BTreeSet::new();
        let accounts = std::fs::read_dir(directory.join("outgoing")).into_iter().flatten();
        for account in accounts {
            for file in std::fs::read_dir(account.unwrap().path()).unwrap() {
                kept.insert(file.unwrap().file_name().into_string().unwrap());
            }
        }
        let needed = self.phone.outbox().files().iter().map(Uuid::to_string).collect();
        assert_eq!(kept, needed, "files of no act, or acts without a file");
    }
}

impl World {
    pub(super) fn taps_file(&mut self, d: usize, conversation_id: ConversationId) {
        self.tapped += 1;
        let (now, caption) = (self.clock(), format!("photo {}", self.tapped));
        let (device, bytes) = (&mut self.devices[d], contents(&caption));
        let file = Uuid::from_u128(u128::from(self.tapped));
        let copied = device.store.copy_file(
            &device.account,
            file,
            &mut bytes.as_slice(),
            bytes.len() as u64,
        );
        let copied = copied.unwrap();
        let new = UploadNew {
            kind: LineKind::Image,
            media_type: "image/jpeg".to_owned(),
            name: None,
            bytes: copied.bytes,
            sha256: Some(copied.sha256),
        };
        let body = file_body(Some(caption), device.seen(conversation_id), None);
        let (given, life) = (body.clone(), device.life);
        let tap = Tap { op_id: None, conversation_id, body, follows: false };
        let taken = device.phone.act_with_file(tap, Attachment::new(file, new), now).unwrap();
        let Ok(tapped) = taken else { return self.pump(d) };
        let by = Tapped { body: given, is_kept: device.phone.is_kept(tapped.number) };
        self.judge.tapped(d, (tapped.number, tapped.op_id), conversation_id, by);
        self.pump(d);
        if self.devices[d].life == life {
            self.judge.returned(d, tapped.number);
        }
    }
}
