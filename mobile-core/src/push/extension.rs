//! The entry for a process that the platform starts for one push: no store, no runtime, little
//! memory.
//!
//! It opens the push, decides with what it has, and always returns something to show. It leaves a
//! drop for the app.

use baton_protocol::{AgentId, Timestamp, WorkspaceId};

use crate::push::decide::{Suppression, Verdict, decide, decide_incoming};
use crate::push::drops::Drop;
use crate::push::known::PushContext;
use crate::push::notification::Notification;
use crate::push::payload::{Incoming, Input, Kind, Push, read};
use crate::push::receipts::{AppState, Receipt, ReceiptStage};
use crate::push::seal::Keyring;
use crate::push::subject::{Group, Subject, Tag};
use crate::push::text::Generic;

/// The answer of the platform's key store to the extension.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'a> {
    /// Nothing: the device was not unlocked since it was switched on.
    Locked,
    /// Whose device this is, and what it opens with.
    Open {
        /// Whose store the app has.
        workspace: WorkspaceId,
        /// The agent who is signed in.
        agent: AgentId,
        /// The device's keys.
        keyring: &'a Keyring,
    },
}

/// The extension's work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// Show this: there always is something.
    pub notification: Notification,
    /// Write this, sealed, for the app.
    pub drop: Option<Vec<u8>>,
    /// Tell the server, or queue it.
    pub receipt: Option<Receipt>,
}

/// Decides what a push shows, without a store.
pub fn render(input: &Input, keys: Keys<'_>, now: Timestamp) -> Rendered {
    match keys {
        Keys::Locked => locked(input, now),
        Keys::Open { workspace, agent, keyring } => {
            let incoming = read(input, Some(keyring));
            let known = PushContext::without_store(workspace, agent);
            let verdict = decide_incoming(&incoming, &known, judged_at(&incoming, now));
            rendered(input, &incoming, verdict, now)
        }
    }
}

/// The time by which a push is judged. Without a store nobody knows how far this device's clock is
/// off, and services keep nothing beyond its time: what came is not over. An offer may be: who
/// accepts it late would be refused.
fn judged_at(incoming: &Incoming, now: Timestamp) -> Timestamp {
    match incoming {
        Ok(push) if push.kind != Kind::Offer => now.min(push.expires_at),
        _ => now,
    }
}

fn rendered(input: &Input, incoming: &Incoming, verdict: Verdict, now: Timestamp) -> Rendered {
    let push = incoming.as_ref().ok();
    match verdict {
        Verdict::Show(notification)
        | Verdict::Update(notification)
        | Verdict::Fallback(notification) => taken(input, push, notification, now),
        Verdict::Withdraw(tag) => {
            let over = Notification::generic(Generic::Settled, tag, push.map(|push| push.id));
            taken(input, push, over, now)
        }
        Verdict::Suppress(Suppression::OtherWorkspace | Suppression::OtherAgent) => {
            // Somebody else's: nothing of it is told, kept or confirmed.
            Rendered { notification: Notification::fallback(), drop: None, receipt: None }
        }
        Verdict::Suppress(
            reason @ (Suppression::Duplicate
            | Suppression::Expired
            | Suppression::Retracted
            | Suppression::Read
            | Suppression::Handled
            | Suppression::NotInScope
            | Suppression::OtherLife
            | Suppression::OnScreen
            | Suppression::InApp
            | Suppression::Muted
            | Suppression::Overtaken
            | Suppression::NotShown),
        ) => {
            let text =
                if reason == Suppression::Expired { Generic::Expired } else { Generic::Settled };
            let tag = push.map_or(Tag::Group(Group::Sys), place);
            taken(input, push, Notification::generic(text, tag, push.map(|p| p.id)), now)
        }
    }
}

/// Before the first unlock nothing can be opened, and no name is known.
fn locked(input: &Input, now: Timestamp) -> Rendered {
    let incoming = read(input, None);
    let judged_at = judged_at(&incoming, now);
    let Ok(push) = incoming else {
        return Rendered { notification: Notification::fallback(), drop: None, receipt: None };
    };
    // The words of a push that every server could read stay hidden too.
    let known =
        PushContext::without_store(push.workspace, push.agent.unwrap_or(AgentId::from(push.id.0)));
    let notification = match decide(&push, &known, judged_at).notification() {
        Some(notification) => Notification {
            alerts: notification.alerts,
            group: notification.group,
            expires_at: notification.expires_at,
            badge: push.badge,
            ..Notification::generic(push.kind.into(), place(&push), Some(push.id))
        },
        None => Notification::generic(Generic::Settled, place(&push), Some(push.id)),
    };
    taken(input, Some(&push), notification, now)
}

fn place(push: &Push) -> Tag {
    Subject::of(push).tag()
}

fn taken(
    input: &Input,
    push: Option<&Push>,
    notification: Notification,
    now: Timestamp,
) -> Rendered {
    let drop = push.and_then(|push| {
        let payload = input.clone();
        Drop { push: push.id, received_at: now, tag: notification.tag, payload }.to_bytes()
    });
    let receipt = push.map(|push| Receipt {
        id: push.id,
        stage: ReceiptStage::Shown,
        at: now,
        app_state: AppState::Extension,
    });
    Rendered { notification, drop, receipt }
}
