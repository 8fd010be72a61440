//! Pushes seen, shown and retracted: bounded, and kept across restarts.
//!
//! The board keeps every event of a tag, not only the one shown. So pushes may come in any order,
//! twice, or after their retraction, and the screen ends the same.

use std::collections::{BTreeSet, VecDeque};

use baton_protocol::{ConversationId, Cursor, Epoch, OpId};
use serde::{Deserialize, Serialize};

use crate::gathered::gathered;
use crate::push::payload::{Kind, OfferId, Push, PushId};
use crate::push::subject::{Subject, Tag};

/// Pushes that are remembered.
pub const SEEN_MAX: usize = 256;
/// Places on the screen: platforms show few more.
pub const SHOWN_MAX: usize = 48;
/// Happenings told in one place.
pub const SUBJECTS_MAX: usize = 16;
/// Offers, and conversations, of which it is remembered that they were taken back.
pub const VOID_MAX: usize = 128;

/// The pushes seen and shown. See the [module](self).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Board {
    /// The last pushes and what they told, oldest first.
    seen: VecDeque<Seen>,
    /// The notifications on the screen, oldest first.
    shown: Vec<Shown>,
    /// Offers taken back.
    void_offers: VecDeque<OfferId>,
    /// Conversations, and up to where all that was told of them was taken back.
    void_upto: VecDeque<Void>,
    /// Whether the notification of something unreadable is on the screen.
    fallback: bool,
    /// The last badge that a push told, and its place in the log.
    badge: Option<(Cursor, u32)>,
    /// The answers given from notifications: platforms hand over one tap twice.
    answered: VecDeque<OpId>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Seen {
    Told(Subject),
    /// Only its id is known: taken back before it came, or not to be read.
    Push(PushId),
}

/// The subjects of one place. The first subject is the one on the screen: when the log begins
/// another life, another subject weighs most, and the screen has to follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Shown {
    tag: Tag,
    subjects: Vec<Subject>,
}

impl Shown {
    fn sort(&mut self, life: Option<Epoch>) {
        self.subjects.sort_by_key(|subject| std::cmp::Reverse(subject.weight(life)));
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Void {
    conversation: ConversationId,
    upto: Cursor,
}

impl Board {
    /// Whether this was told before.
    pub fn has_seen(&self, subject: &Subject) -> bool {
        self.seen.iter().any(|seen| match seen {
            Seen::Told(told) => told.is_same(subject),
            Seen::Push(id) => subject.push == Some(*id),
        })
    }

    /// Whether this push came before.
    pub fn has_seen_push(&self, push: PushId) -> bool {
        self.seen.iter().any(|seen| seen.id() == Some(push))
    }

    /// Whether this was taken back, before or after it came.
    pub fn is_void(&self, subject: &Subject) -> bool {
        subject.offer.is_some_and(|offer| self.void_offers.contains(&offer))
            || self.void_upto.iter().any(|void| void.covers(subject))
    }

    /// The subjects of this place; empty when nothing is shown there.
    pub fn told(&self, tag: Tag) -> &[Subject] {
        self.shown.iter().find(|shown| shown.tag == tag).map_or(&[], |shown| &shown.subjects)
    }

    /// The places where something is shown.
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        self.shown.iter().map(|shown| shown.tag)
    }

    /// The conversations that something shown is about: the store is asked for them.
    pub fn conversations(&self) -> BTreeSet<ConversationId> {
        let told = self.shown.iter().flat_map(|shown| &shown.subjects);
        gathered(told.filter_map(|subject| subject.conversation))
    }

    /// The subject on the screen in this place.
    pub fn on_screen(&self, tag: Tag) -> Option<&Subject> {
        self.told(tag).first()
    }

    /// Whether the notification of something unreadable is on the screen.
    pub fn has_fallback(&self) -> bool {
        self.fallback
    }

    /// The last badge a push told, unless this place in the log is before it.
    pub fn badge_at(&self, cursor: Cursor, badge: u32) -> Option<u32> {
        let is_later = |(told, _): &(Cursor, u32)| {
            told.epoch == cursor.epoch && told.position > cursor.position
        };
        (!self.badge.as_ref().is_some_and(is_later)).then_some(badge)
    }

    /// The agent opened or dismissed what is shown there: the push to say so of.
    pub fn clear(&mut self, tag: Tag) -> Option<PushId> {
        let push = self.on_screen(tag).and_then(|subject| subject.push);
        self.shown.retain(|shown| shown.tag != tag);
        push
    }

    /// The place where what this push told stands on the screen.
    pub fn tag_of(&self, push: PushId) -> Option<Tag> {
        self.tags().find(|tag| self.on_screen(*tag).and_then(|shown| shown.push) == Some(push))
    }

    /// Whether this was answered from a notification.
    pub fn has_answered(&self, tap: OpId) -> bool {
        self.answered.contains(&tap)
    }

    /// This was answered from a notification.
    pub fn note_answered(&mut self, tap: OpId) {
        push_bounded(&mut self.answered, tap, VOID_MAX);
    }

    /// Keeps of what is told there only this; `false` when nothing is left.
    pub(super) fn keep(
        &mut self,
        tag: Tag,
        life: Option<Epoch>,
        is_kept: impl Fn(&Subject) -> bool,
    ) -> bool {
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.tag == tag) {
            shown.subjects.retain(is_kept);
            shown.sort(life);
        }
        self.shown.retain(|shown| !shown.subjects.is_empty());
        !self.told(tag).is_empty()
    }

    pub(super) fn set_fallback(&mut self, is_shown: bool) {
        self.fallback = is_shown;
    }

    pub(super) fn note_badge(&mut self, cursor: Cursor, badge: Option<u32>) {
        let badge = badge.and_then(|badge| self.badge_at(cursor, badge));
        self.badge = badge.map(|badge| (cursor, badge)).or(self.badge);
    }

    pub(super) fn note_seen(&mut self, subject: Subject) {
        self.remember(Seen::Told(subject));
    }

    pub(super) fn note_seen_push(&mut self, push: PushId) {
        if !self.has_seen_push(push) {
            self.remember(Seen::Push(push));
        }
    }

    fn remember(&mut self, seen: Seen) {
        push_bounded(&mut self.seen, seen, SEEN_MAX);
    }

    /// Something is told in this place; what falls off the screen for it comes back.
    pub(super) fn note_shown(
        &mut self,
        tag: Tag,
        subject: Subject,
        life: Option<Epoch>,
    ) -> Vec<Tag> {
        let mut shown = match self.shown.iter().position(|shown| shown.tag == tag) {
            Some(index) => self.shown.remove(index),
            None => Shown { tag, subjects: Vec::new() },
        };
        if !shown.subjects.iter().any(|told| told.is_same(&subject)) {
            shown.subjects.push(subject);
        }
        shown.sort(life);
        shown.subjects.truncate(SUBJECTS_MAX);
        self.shown.push(shown);
        let too_many = self.shown.len().saturating_sub(SHOWN_MAX);
        self.shown.drain(..too_many).map(|shown| shown.tag).collect()
    }

    /// Makes void the subjects that this retract covers, also those that come later. Returns the
    /// places from which one was removed.
    pub(super) fn retract(&mut self, push: &Push, life: Option<Epoch>) -> Vec<Tag> {
        let covered = Covered::by(push);
        if let Some(id) = push.retracts {
            self.note_seen_push(id);
        }
        if let Some(offer) = push.offer.filter(|offer| !self.void_offers.contains(offer)) {
            push_bounded(&mut self.void_offers, offer, VOID_MAX);
        }
        if let Some(void) = covered.upto {
            self.void(void);
        }
        let mut touched = Vec::new();
        for shown in &mut self.shown {
            let before = shown.subjects.len();
            shown.subjects.retain(|subject| !covered.is(subject));
            if shown.subjects.len() < before {
                shown.sort(life);
                touched.push(shown.tag);
            }
        }
        self.shown.retain(|shown| !shown.subjects.is_empty());
        touched
    }

    fn void(&mut self, void: Void) {
        let held = self.void_upto.iter().position(|held| held.conversation == void.conversation);
        let held = held.and_then(|index| self.void_upto.remove(index));
        let upto = match held {
            Some(held) if held.upto.epoch == void.upto.epoch => {
                Cursor { position: held.upto.position.max(void.upto.position), ..void.upto }
            }
            Some(_) | None => void.upto,
        };
        push_bounded(&mut self.void_upto, Void { upto, ..void }, VOID_MAX);
    }
}

impl Seen {
    fn id(&self) -> Option<PushId> {
        match self {
            Self::Told(subject) => subject.push,
            Self::Push(id) => Some(*id),
        }
    }
}

impl Void {
    fn covers(&self, subject: &Subject) -> bool {
        subject.conversation == Some(self.conversation)
            && subject.kind != Kind::Offer
            && subject.cursor.epoch == self.upto.epoch
            && subject.cursor.position <= self.upto.position
    }
}

/// Returns what a retraction covers: the push or the offer that it names, else every event of its
/// conversation up to its cursor. An offer is over only by its name: to have read what a customer
/// wrote, on whichever device, answers none.
pub(super) struct Covered {
    push: Option<PushId>,
    offer: Option<OfferId>,
    upto: Option<Void>,
}

impl Covered {
    pub(super) fn by(push: &Push) -> Self {
        let names_one = push.retracts.is_some() || push.offer.is_some();
        let upto = push.conversation.filter(|_| !names_one && push.kind == Kind::Retract);
        let upto = upto.map(|conversation| Void { conversation, upto: push.cursor });
        Self { push: push.retracts, offer: push.offer, upto }
    }

    pub(super) fn is(&self, subject: &Subject) -> bool {
        (self.push.is_some() && self.push == subject.push)
            || (self.offer.is_some() && self.offer == subject.offer)
            || self.upto.is_some_and(|void| void.covers(subject))
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    queue.push_back(item);
    while queue.len() > max {
        queue.pop_front();
    }
}
