//! The files that the notification extension leaves for the app, and how the app takes them over
//! before it draws its first list.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{Epoch, Timestamp};
use serde::{Deserialize, Serialize};

use crate::gathered::gathered;
use crate::push::board::Board;
use crate::push::decide::{Sweep, Verdict, again, decide, settle, sweep};
use crate::push::known::{PushContext, Sight};
use crate::push::notification::Notification;
use crate::push::payload::{Input, PushId, read};
use crate::push::seal::Keyring;
use crate::push::subject::{Subject, Tag};

/// Bytes of a drop at most: what is larger was not written by the extension. JSON may make six of
/// one byte.
pub const DROP_BYTES_MAX: usize = 8 * crate::push::payload::PAYLOAD_BYTES_MAX;

/// One push that the extension took. Its payload is as it came: what was sealed still is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Drop {
    /// The id of the push.
    pub push: PushId,
    /// The time when it came.
    pub received_at: Timestamp,
    /// Where the extension's notification is shown.
    pub tag: Tag,
    /// The payload as it came.
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

/// The app's work before it deletes the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// The board to store.
    pub board: Board,
    /// The notifications to remove.
    pub withdraw: Vec<Tag>,
    /// The notifications to show, silently, in the place of those that are over.
    pub update: Vec<Notification>,
    /// Whether the store is behind what they told.
    pub is_behind: bool,
}

/// Takes over what the extension took, in any order, and any of it twice.
pub fn merge(
    drops: &[Drop],
    keys: Option<&Keyring>,
    known: &PushContext,
    now: Timestamp,
) -> Merged {
    let mut drops: Vec<&Drop> = drops.iter().collect();
    drops.sort_by_key(|drop| (drop.received_at, drop.push));
    let mut merging = Merging::new(known);
    for drop in drops {
        merging.take(drop, keys, now);
    }
    let swept = sweep(&merging.known, now);
    merging.note(&swept);
    merging.known.board = swept.board;
    merging.merged(now)
}

/// The work of [`merge`].
struct Merging {
    known: PushContext,
    /// The last push that the extension showed in each place.
    shown: BTreeMap<Tag, PushId>,
    /// Other places where something changed.
    touched: BTreeSet<Tag>,
    is_behind: bool,
}

impl Merging {
    fn new(known: &PushContext) -> Self {
        let (shown, touched) = (BTreeMap::new(), BTreeSet::new());
        Self { known: known.clone(), shown, touched, is_behind: false }
    }

    fn take(&mut self, drop: &Drop, keys: Option<&Keyring>, now: Timestamp) {
        self.shown.insert(drop.tag, drop.push);
        let incoming = read(&drop.payload, keys);
        let Ok(push) = &incoming else {
            // Opening the app is the answer to what could not be read.
            self.known.board.note_seen_push(drop.push);
            return;
        };
        let verdict = decide(push, &self.known, now);
        self.is_behind |= self.known.sight(push.cursor) == Sight::Ahead;
        let swept = settle(&incoming, &verdict, &self.known, now);
        self.note(&swept);
        self.known.board = swept.board;
        let subject = Subject::of(push);
        match verdict {
            Verdict::Withdraw(tag) => {
                self.touched.insert(tag);
            }
            Verdict::Show(_) | Verdict::Update(_) | Verdict::Fallback(_) => {
                self.move_to(drop.tag, &subject);
            }
            Verdict::Suppress(_) => {}
        }
    }

    /// The extension, which perhaps could not open it, put it into another place.
    fn move_to(&mut self, tag: Tag, subject: &Subject) {
        let is_told = self.known.board.told(subject.tag()).contains(subject);
        if subject.tag() == tag || !is_told {
            return;
        }
        let life = self.life();
        self.known.board.keep(subject.tag(), life, |told| told != subject);
        self.touched.extend(self.known.board.note_shown(tag, *subject, life));
    }

    fn note(&mut self, swept: &Sweep) {
        self.touched.extend(&swept.withdraw);
        self.touched.extend(swept.update.iter().map(|notification| notification.tag));
    }

    fn life(&self) -> Option<Epoch> {
        self.known.cursor.map(|cursor| cursor.epoch)
    }

    /// The changes of the screen, where the board differs from what the extension showed.
    fn merged(self, now: Timestamp) -> Merged {
        let (mut withdraw, mut update) = (Vec::new(), Vec::new());
        let places: BTreeSet<Tag> = gathered(self.shown.keys().chain(&self.touched).copied());
        for tag in places {
            match self.known.board.on_screen(tag) {
                None => withdraw.push(tag),
                Some(told) if told.push == self.shown.get(&tag).copied() => {}
                Some(told) => update.push(again(told, tag, &self.known, now)),
            }
        }
        Merged { board: self.known.board, withdraw, update, is_behind: self.is_behind }
    }
}
