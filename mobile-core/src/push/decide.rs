//! Decides what a push changes on the screen: a pure function of the push and what the phone knows.
//! [`settle`] returns what to remember.

use baton_protocol::{ConversationId, Cursor, Owner, Timestamp};

use crate::push::board::{Board, Covered};
use crate::push::kind::Settled;
use crate::push::known::{Held, PushContext, Sight};
use crate::push::notification::Notification;
use crate::push::payload::{Content, Incoming, Kind, Push, Unreadable};
use crate::push::subject::{Subject, Tag};

/// Nobody counts further than this on an icon.
const BADGE_MAX: u32 = 99;

/// What to do with a push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing is shown in its place: show this.
    Show(Notification),
    /// Something is shown in its place: this replaces it.
    Update(Notification),
    /// What is shown there is over: take it away.
    Withdraw(Tag),
    /// Nothing is to be done.
    Suppress(Suppression),
    /// It cannot be read: show this, which says little, and let the app find out.
    Fallback(Notification),
}

/// Why a push is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suppression {
    /// It was told before.
    Duplicate,
    /// Of another workspace.
    OtherWorkspace,
    /// For another agent on this device.
    OtherAgent,
    /// It came too late.
    Expired,
    /// It was taken back.
    Retracted,
    /// The agent has read it.
    Read,
    /// Somebody took care of it.
    Handled,
    /// The agent may not see it (any more).
    NotInScope,
    /// It happened in a life of the database that is over.
    OtherLife,
    /// The agent is looking at it.
    OnScreen,
    /// The app is open and shows what it is about.
    InApp,
    /// The agent does not want to be told of this conversation.
    Muted,
    /// What is shown in its place is newer, or more.
    Overtaken,
    /// It takes back what is not shown.
    NotShown,
}

impl Verdict {
    /// What is drawn by it.
    pub fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Show(notification)
            | Self::Update(notification)
            | Self::Fallback(notification) => Some(notification),
            Self::Withdraw(_) | Self::Suppress(_) => None,
        }
    }
}

/// Decides what a push changes on the screen.
pub fn decide(push: &Push, known: &PushContext, now: Timestamp) -> Verdict {
    if push.workspace != known.workspace {
        return Verdict::Suppress(Suppression::OtherWorkspace);
    }
    if push.agent.is_some_and(|agent| agent != known.agent) {
        return Verdict::Suppress(Suppression::OtherAgent);
    }
    let subject = Subject::of(push);
    if known.board.has_seen(&subject) {
        return Verdict::Suppress(Suppression::Duplicate);
    }
    if push.kind == Kind::Retract {
        retract(push, known, now)
    } else {
        happening(&subject, Some(push), known, now)
    }
}

/// The same for what the socket told while the app is in the background: one happening makes one
/// notification, whichever road is faster.
pub fn decide_told(subject: &Subject, known: &PushContext, now: Timestamp) -> Verdict {
    if known.board.has_seen(subject) {
        return Verdict::Suppress(Suppression::Duplicate);
    }
    happening(subject, None, known, now)
}

/// The same for what may not even be readable.
pub fn decide_incoming(incoming: &Incoming, known: &PushContext, now: Timestamp) -> Verdict {
    match incoming {
        Ok(push) => decide(push, known, now),
        Err(unreadable) => decide_unreadable(unreadable, known, now),
    }
}

fn decide_unreadable(unreadable: &Unreadable, known: &PushContext, now: Timestamp) -> Verdict {
    if unreadable.workspace.is_some_and(|workspace| workspace != known.workspace) {
        return Verdict::Suppress(Suppression::OtherWorkspace);
    }
    if unreadable.id.is_some_and(|id| known.board.has_seen_push(id)) {
        return Verdict::Suppress(Suppression::Duplicate);
    }
    // It may be an offer of a newer server: it makes itself heard.
    let alerts = known.quiet.until.is_none_or(|until| until <= now);
    Verdict::Fallback(Notification { push: unreadable.id, alerts, ..Notification::fallback() })
}

fn retract(push: &Push, known: &PushContext, now: Timestamp) -> Verdict {
    let covered = Covered::by(push);
    let board = &known.board;
    let is_touched = |tag: &Tag| board.told(*tag).iter().any(|subject| covered.is(subject));
    let Some(tag) = board.tags().find(is_touched) else {
        return Verdict::Suppress(Suppression::NotShown);
    };
    let is_left = |subject: &Subject| !covered.is(subject) && gone(subject, known, now).is_none();
    match best(board, tag, known, is_left) {
        None => Verdict::Withdraw(tag),
        Some(left) if board.on_screen(tag) == Some(left) => {
            Verdict::Suppress(Suppression::Overtaken)
        }
        Some(left) => Verdict::Update(again(left, tag, known, now)),
    }
}

fn happening(
    subject: &Subject,
    push: Option<&Push>,
    known: &PushContext,
    now: Timestamp,
) -> Verdict {
    let tag = subject.tag();
    let is_left = |told: &Subject| gone(told, known, now).is_none();
    let left = best(&known.board, tag, known, is_left);
    if let Some(reason) = gone(subject, known, now) {
        let is_over = left.is_none() && !known.board.told(tag).is_empty();
        return if is_over { Verdict::Withdraw(tag) } else { Verdict::Suppress(reason) };
    }
    let is_waiting = subject.kind.spec().is_waiting;
    if is_waiting && subject.conversation.is_some_and(|id| known.quiet.muted.contains(&id)) {
        return Verdict::Suppress(Suppression::Muted);
    }
    let life = life(known);
    if left.is_some_and(|left| left.weight(life) > subject.weight(life)) {
        return Verdict::Suppress(Suppression::Overtaken);
    }
    let is_quiet = push.is_some_and(|push| push.is_quiet);
    if is_quiet && known.cursor.is_some() && known.board.told(tag).is_empty() {
        // It tells less than what was shown, and that was taken off the screen.
        return Verdict::Suppress(Suppression::NotShown);
    }
    let content = push.map(|push| &push.content);
    let notification = Notification::of(subject, content, known, now);
    let notification = Notification {
        badge: push.and_then(|push| badge(push, known)),
        alerts: notification.alerts && !is_quiet,
        ..notification
    };
    match content {
        Some(Content::Unopened(_) | Content::Sealed(_)) => Verdict::Fallback(notification),
        Some(Content::Wake | Content::Opened(_) | Content::Full(_)) | None => {
            match known.board.told(tag).is_empty() {
                true => Verdict::Show(notification),
                false => Verdict::Update(notification),
            }
        }
    }
}

/// Returns the badge for a push: the store's count if the store is up to date. Else it is the
/// push's count, unless a later push had another.
pub fn badge(push: &Push, known: &PushContext) -> Option<u32> {
    match known.sight(push.cursor) {
        Sight::Held => known.unread.map(|unread| unread.min(BADGE_MAX)).or(push.badge),
        Sight::Ahead => known.board.badge_at(push.cursor, push.badge?),
        Sight::OtherLife => None,
    }
}

/// Returns why an event need not be shown: it expired, was retracted, is handled in the store, or
/// is on the screen.
pub fn gone(subject: &Subject, known: &PushContext, now: Timestamp) -> Option<Suppression> {
    if known.board.is_void(subject) {
        return Some(Suppression::Retracted);
    }
    if now > subject.expires_at {
        return Some(Suppression::Expired);
    }
    let on_screen = known.foreground.and_then(|foreground| foreground.conversation);
    if on_screen.is_some() && on_screen == subject.conversation {
        return Some(Suppression::OnScreen);
    }
    match known.sight(subject.cursor) {
        Sight::Ahead => None,
        Sight::OtherLife => Some(Suppression::OtherLife),
        Sight::Held => match subject.conversation {
            Some(id) => settled(subject, id, known),
            None => settled_unnamed(subject, known),
        },
    }
}

/// What the store says of what happened to a conversation.
fn settled(subject: &Subject, id: ConversationId, known: &PushContext) -> Option<Suppression> {
    let Some(held) = known.conversations.get(&id) else { return Some(Suppression::NotInScope) };
    let is_mine = held.owner == Owner::Agent(known.agent);
    let is_queued = matches!(held.owner, Owner::Queue(_));
    let handled = |is_handled: bool| is_handled.then_some(Suppression::Handled);
    let read = |is_read: bool| is_read.then_some(Suppression::Read);
    let is_opened = has_opened(held, subject.cursor);
    // The server takes it back; that push may be late, or lost.
    let is_answered = !held.is_unanswered || held.is_resolved;
    match subject.kind.spec().settled {
        Settled::Never => None,
        Settled::Taken => handled(match subject.offer {
            Some(_) => held.offer != subject.offer,
            None => held.offer.is_none(),
        }),
        Settled::Left => handled(!is_mine || held.is_resolved).or(read(is_opened)),
        // Whoever owns the conversation.
        Settled::Opened => read(is_opened),
        Settled::Picked => handled(!is_queued || is_answered).or(read(held.unread == 0)),
        Settled::Read => {
            handled(is_answered || (!is_mine && !is_queued)).or(read(held.unread == 0))
        }
        Settled::Answered => handled(is_answered),
    }
}

/// An event without a conversation cannot be looked up, except for its offer. Once the app is open
/// and up to date, it shows the event better.
fn settled_unnamed(subject: &Subject, known: &PushContext) -> Option<Suppression> {
    if known.foreground.is_some() {
        return Some(Suppression::InApp);
    }
    let is_live = |held: &Held| held.offer.is_some() && held.offer == subject.offer;
    if subject.kind == Kind::Offer && subject.offer.is_some() {
        return (!known.conversations.values().any(is_live)).then_some(Suppression::Handled);
    }
    let is_read = subject.kind.spec().is_unread && known.unread == Some(0);
    is_read.then_some(Suppression::Read)
}

fn has_opened(held: &Held, cursor: Cursor) -> bool {
    held.opened
        .is_some_and(|opened| opened.epoch == cursor.epoch && opened.position >= cursor.position)
}

/// What is told in a place and may stay: the one to be shown.
fn best<'a>(
    board: &'a Board,
    tag: Tag,
    known: &PushContext,
    may_stay: impl Fn(&Subject) -> bool,
) -> Option<&'a Subject> {
    let life = life(known);
    board.told(tag).iter().filter(|told| may_stay(told)).max_by_key(|told| told.weight(life))
}

/// Shown once more, because what hid it is over: silent, and in words that need no push.
pub(super) fn again(
    subject: &Subject,
    tag: Tag,
    known: &PushContext,
    now: Timestamp,
) -> Notification {
    Notification { tag, alerts: false, ..Notification::of(subject, None, known, now) }
}

/// How these places stand, for an app that may not have been told: what to take away, and what to
/// show, silent.
pub fn told_again(
    places: &[Tag],
    known: &PushContext,
    now: Timestamp,
) -> (Vec<Tag>, Vec<Notification>) {
    let (mut withdraw, mut update) = (Vec::new(), Vec::new());
    for tag in places {
        match known.board.on_screen(*tag) {
            Some(told) => update.push(again(told, *tag, known, now)),
            None if known.board.has_fallback() && *tag == Notification::fallback().tag => {
                update.push(Notification::fallback());
            }
            None => withdraw.push(*tag),
        }
    }
    (withdraw, update)
}

fn life(known: &PushContext) -> Option<baton_protocol::Epoch> {
    known.cursor.map(|cursor| cursor.epoch)
}

/// What to change on the screen besides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sweep {
    /// What to remember.
    pub board: Board,
    /// What to take away.
    pub withdraw: Vec<Tag>,
    /// What to show in the place of what is over: silent.
    pub update: Vec<Notification>,
}

/// Removes shown notifications that are over. Called at every push, after every sync, and when the
/// app's screen changes.
pub fn sweep(known: &PushContext, now: Timestamp) -> Sweep {
    let mut swept = Sweep { board: known.board.clone(), ..Sweep::default() };
    for tag in known.board.tags() {
        let shown = known.board.on_screen(tag);
        if !swept.board.keep(tag, life(known), |told| gone(told, known, now).is_none()) {
            swept.withdraw.push(tag);
            continue;
        }
        let left = swept.board.on_screen(tag);
        if let Some(left) = left.filter(|left| Some(*left) != shown) {
            swept.update.push(again(left, tag, known, now));
        }
    }
    if known.board.has_fallback() && known.foreground.is_some() {
        swept.board.set_fallback(false);
        swept.withdraw.push(Notification::fallback().tag);
    }
    swept
}

/// What is to be remembered once a verdict is carried out, and what else changes on the screen.
pub fn settle(
    incoming: &Incoming,
    verdict: &Verdict,
    known: &PushContext,
    now: Timestamp,
) -> Sweep {
    let is_foreign = |reason: &Suppression| {
        matches!(reason, Suppression::OtherWorkspace | Suppression::OtherAgent)
    };
    if matches!(verdict, Verdict::Suppress(reason) if is_foreign(reason)) {
        return sweep(known, now);
    }
    match incoming {
        Err(unreadable) => {
            let mut swept = sweep(known, now);
            if let Some(id) = unreadable.id {
                swept.board.note_seen_push(id);
            }
            if verdict.notification().is_some() {
                swept.board.set_fallback(true);
                swept.withdraw.retain(|tag| *tag != Notification::fallback().tag);
            }
            swept
        }
        Ok(push) => settle_push(push, verdict, known, now),
    }
}

fn settle_push(push: &Push, verdict: &Verdict, known: &PushContext, now: Timestamp) -> Sweep {
    let is_duplicate = *verdict == Verdict::Suppress(Suppression::Duplicate);
    if is_duplicate {
        return sweep(known, now);
    }
    let mut swept = settle_told(&Subject::of(push), verdict, known, now);
    swept.board.note_badge(push.cursor, push.badge);
    if push.kind == Kind::Retract {
        for tag in swept.board.retract(push, life(known)) {
            swept.update.retain(|notification| notification.tag != tag);
            match swept.board.on_screen(tag) {
                None => swept.withdraw.push(tag),
                // What was not shown is taken back unseen.
                Some(left) if known.board.on_screen(tag) == Some(left) => {}
                Some(left) => swept.update.push(again(left, tag, known, now)),
            }
        }
        swept.leave_to(verdict);
    }
    swept
}

/// The same for what the socket told.
pub fn settle_told(
    subject: &Subject,
    verdict: &Verdict,
    known: &PushContext,
    now: Timestamp,
) -> Sweep {
    let mut swept = sweep(known, now);
    let tag = subject.tag();
    swept.board.note_seen(*subject);
    let is_hidden = *verdict == Verdict::Suppress(Suppression::Overtaken);
    let is_happening = subject.kind != Kind::Retract;
    if is_happening && (is_hidden || verdict.notification().is_some()) {
        let fallen = swept.board.note_shown(tag, *subject, life(known));
        swept.withdraw.extend(fallen);
    }
    swept.leave_to(verdict);
    swept
}

impl Sweep {
    /// The verdict says what becomes of its own place.
    fn leave_to(&mut self, verdict: &Verdict) {
        let place = match verdict {
            Verdict::Withdraw(tag) => Some(*tag),
            Verdict::Show(_) | Verdict::Update(_) | Verdict::Fallback(_) | Verdict::Suppress(_) => {
                verdict.notification().map(|notification| notification.tag)
            }
        };
        self.withdraw.retain(|tag| Some(*tag) != place);
        self.update.retain(|notification| Some(notification.tag) != place);
    }
}
