//! What the extension leaves behind for the app, and how the app takes it over: before it draws
//! its first list, whatever the app itself has seen of the same pushes.

use baton_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use crate::push::board::Board;
use crate::push::decide::{Reason, Sweep, Verdict, decide, settle, sweep};
use crate::push::known::Known;
use crate::push::notification::Notification;
use crate::push::payload::{Input, Kind, PushId, read};
use crate::push::seal::Keyring;
use crate::push::subject::{Subject, Tag};

/// Bytes of a drop at most: what is larger was not written by the extension.
pub const DROP_BYTES_MAX: usize = 3 * crate::push::payload::PAYLOAD_BYTES_MAX;

/// One push that the extension took. Its payload is as it came: what was sealed still is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Drop {
    /// Which push.
    pub push: PushId,
    /// When it came.
    pub received_at: Timestamp,
    /// Where the extension's notification is shown.
    pub tag: Tag,
    /// What came.
    pub payload: Input,
}

impl Drop {
    /// The contents of its file, for the store to seal.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// From the contents of its file; `None` if they are none of a drop.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > DROP_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }
}

/// What the app has to do before it deletes the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// What to remember.
    pub board: Board,
    /// What to take away.
    pub withdraw: Vec<Tag>,
    /// What to show in the place of what is over: silent.
    pub update: Vec<Notification>,
    /// Whether the store is behind what they told.
    pub is_behind: bool,
}

/// Takes over what the extension took, in any order, and any of it twice.
pub fn merge(drops: &[Drop], keys: Option<&Keyring>, known: &Known, now: Timestamp) -> Merged {
    let mut drops: Vec<&Drop> = drops.iter().collect();
    drops.sort_by_key(|drop| (drop.received_at, drop.push));
    let mut known = known.clone();
    let mut merged = Merged {
        board: Board::default(),
        withdraw: Vec::new(),
        update: Vec::new(),
        is_behind: false,
    };
    for drop in drops {
        merged.take(drop, keys, &mut known, now);
    }
    let Sweep { board, withdraw, update } = sweep(&known, now);
    merged.withdraw.extend(withdraw);
    merged.withdraw.retain(|tag| board.told(*tag).is_empty());
    merged.withdraw.sort_unstable();
    merged.withdraw.dedup();
    merged.update.extend(update);
    merged.update.retain(|notification| !merged.withdraw.contains(&notification.tag));
    merged.board = board;
    merged
}

impl Merged {
    fn take(&mut self, drop: &Drop, keys: Option<&Keyring>, known: &mut Known, now: Timestamp) {
        let incoming = read(&drop.payload, keys);
        let Ok(push) = &incoming else {
            // Shown as something generic, which opening the app answers.
            known.board.note_seen_push(drop.push);
            self.withdraw.push(drop.tag);
            return;
        };
        let subject = Subject::of(push);
        let verdict = decide(push, known, now);
        let is_here = known.cursor.is_some_and(|held| {
            held.epoch == push.cursor.epoch && held.position >= push.cursor.position
        });
        self.is_behind |= !is_here;
        let Sweep { board, withdraw, update } = settle(&incoming, &verdict, known, now);
        known.board = board;
        self.withdraw.extend(withdraw);
        self.update.extend(update);
        match verdict {
            Verdict::Withdraw(tag) => self.withdraw.push(tag),
            // The app has told of it before, or has another place for it than the extension,
            // which could not open it.
            Verdict::Suppress(Reason::Duplicate) if subject.tag() == drop.tag => {}
            Verdict::Update(left) if push.kind == Kind::Retract => self.update.push(left),
            Verdict::Show(_) | Verdict::Update(_) | Verdict::Fallback(_) => {
                self.move_to(&subject, drop.tag, known);
            }
            Verdict::Suppress(_) => self.withdraw.push(drop.tag),
        }
    }

    /// The notification is on the screen where the extension put it.
    fn move_to(&mut self, subject: &Subject, tag: Tag, known: &mut Known) {
        if subject.tag() == tag {
            return;
        }
        let life = known.cursor.map(|cursor| cursor.epoch);
        known.board.keep(subject.tag(), |told| !told.is_same(subject));
        let fallen = known.board.note_shown(tag, *subject, life);
        self.withdraw.extend(fallen);
    }
}
