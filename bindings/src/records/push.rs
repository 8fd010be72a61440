//! Pushes, as they come in and as they are shown.

#![expect(clippy::disallowed_types, reason = "the maps that cross the boundary are these")]

use std::collections::HashMap;

use baton_mobile::push::handle::Outcome;
use baton_mobile::push::{self, Group, Input, Tag, Text, Verdict};
use baton_mobile::runtime;
use baton_protocol::push::{PushEnv, PushLane, PushTargetKind};

use super::text_of;

/// A push, as the platform hands it over.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushMessage {
    /// The data of an FCM message.
    Fcm {
        /// As it came.
        data: HashMap<String, String>,
    },
    /// An APNs notification.
    Apns {
        /// Its `userInfo`, as JSON.
        user_info: String,
    },
    /// A Web Push, `UnifiedPush` included.
    WebPush {
        /// Its body.
        body: Vec<u8>,
    },
}

impl From<PushMessage> for Input {
    fn from(push: PushMessage) -> Self {
        match push {
            PushMessage::Fcm { data } => Self::Fcm(data.into_iter().collect()),
            PushMessage::Apns { user_info } => Self::Apns(user_info),
            PushMessage::WebPush { body } => Self::WebPush(body),
        }
    }
}

/// The place of a notification: one shows at a time, a newer one replaces it.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Place {
    /// To be used as the notification's tag or identifier.
    pub tag: String,
    /// The conversation that it is about, if it is about one.
    pub conversation: Option<String>,
}

impl From<Tag> for Place {
    fn from(tag: Tag) -> Self {
        match tag {
            Tag::Conversation(id) => {
                Self { tag: format!("conversation-{id}"), conversation: Some(id.to_string()) }
            }
            Tag::Group(group) => {
                Self { tag: format!("group-{}", group.name()), conversation: None }
            }
        }
    }
}

/// The channels of notifications, whose sound and importance people choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationGroup {
    /// Offers, and what is assigned.
    Offer,
    /// What customers do.
    Inbox,
    /// What colleagues ask.
    Mention,
    /// The rest.
    Sys,
}

/// What can be done without opening the app.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationAction {
    /// Take the offered conversation.
    Accept {
        /// Which conversation.
        conversation: String,
        /// Which offer.
        offer: String,
        /// Not to be tapped after this.
        until_ms: i64,
    },
    /// Leave it to somebody else.
    Decline {
        /// Which conversation.
        conversation: String,
        /// Which offer.
        offer: String,
        /// Not to be tapped after this.
        until_ms: i64,
    },
    /// Answer the customer.
    Reply {
        /// Which conversation.
        conversation: String,
    },
    /// Close the episode.
    Resolve {
        /// Which conversation.
        conversation: String,
    },
}

/// What an app draws outside of itself.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Notification {
    /// Where: it replaces what is shown there.
    pub place: Place,
    /// The channel.
    pub group: NotificationGroup,
    /// The first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// The key of the app's translation, where the text is the core's own.
    pub loc_key: Option<String>,
    /// What it says on a locked screen that must tell nothing.
    pub public_text: String,
    /// What can be done right there.
    pub actions: Vec<NotificationAction>,
    /// Lines not read in all conversations; none leaves the badge as it is.
    pub badge: Option<u32>,
    /// Whether it makes itself heard.
    pub alerts: bool,
    /// When the platform should take it away by itself.
    pub expires_at_ms: Option<i64>,
    /// The push to say `opened` and `dismissed` of.
    pub push: Option<String>,
    /// What a tap opens.
    pub opens: Option<String>,
}

impl From<&push::Notification> for Notification {
    fn from(notification: &push::Notification) -> Self {
        let (title, body) = notification.text.english();
        let loc_key = match &notification.text {
            Text::Generic(generic) => Some(generic.loc_key().to_owned()),
            Text::Given(_) => None,
        };
        Self {
            place: notification.tag.into(),
            group: match notification.group {
                Group::Offer => NotificationGroup::Offer,
                Group::Inbox => NotificationGroup::Inbox,
                Group::Mention => NotificationGroup::Mention,
                Group::Sys => NotificationGroup::Sys,
            },
            title: title.to_owned(),
            body: body.to_owned(),
            loc_key,
            public_text: notification.public_text.english().to_owned(),
            actions: notification.actions.iter().copied().map(action).collect(),
            badge: notification.badge,
            alerts: notification.alerts,
            expires_at_ms: notification.expires_at.map(baton_protocol::Timestamp::ms),
            push: notification.push.map(|push| push.0.to_string()),
            opens: text_of(notification.opens),
        }
    }
}

fn action(action: push::Action) -> NotificationAction {
    match action {
        push::Action::Accept { conversation, offer, until } => NotificationAction::Accept {
            conversation: conversation.to_string(),
            offer: offer.0.to_string(),
            until_ms: until.ms(),
        },
        push::Action::Decline { conversation, offer, until } => NotificationAction::Decline {
            conversation: conversation.to_string(),
            offer: offer.0.to_string(),
            until_ms: until.ms(),
        },
        push::Action::Reply { conversation } => {
            NotificationAction::Reply { conversation: conversation.to_string() }
        }
        push::Action::Resolve { conversation } => {
            NotificationAction::Resolve { conversation: conversation.to_string() }
        }
    }
}

/// What to do with a push.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushOutcome {
    /// The verdict.
    pub verdict: PushVerdict,
    /// What else to take away.
    pub withdraw: Vec<Place>,
    /// What else to show, silent.
    pub update: Vec<Notification>,
    /// The badge to set.
    pub badge: Option<u32>,
    /// Whether the store is still behind the push: sync as soon as may be.
    pub is_behind: bool,
}

/// See [`PushOutcome`].
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushVerdict {
    /// Show it.
    Show {
        /// What.
        notification: Notification,
    },
    /// Show it in the place of what is shown: silent.
    Update {
        /// What.
        notification: Notification,
    },
    /// Take away what is shown there.
    Withdraw {
        /// Where.
        place: Place,
    },
    /// Show nothing.
    Suppress {
        /// Why: stable, for programs.
        reason: String,
    },
    /// Something could not be read or known: show this all the same.
    Fallback {
        /// What.
        notification: Notification,
    },
}

impl From<Outcome> for PushOutcome {
    fn from(outcome: Outcome) -> Self {
        let Outcome { verdict, withdraw, update, badge, is_behind } = outcome;
        let verdict = match &verdict {
            Verdict::Show(shown) => PushVerdict::Show { notification: shown.into() },
            Verdict::Update(shown) => PushVerdict::Update { notification: shown.into() },
            Verdict::Withdraw(tag) => PushVerdict::Withdraw { place: (*tag).into() },
            Verdict::Suppress(reason) => PushVerdict::Suppress { reason: format!("{reason:?}") },
            Verdict::Fallback(shown) => PushVerdict::Fallback { notification: shown.into() },
        };
        Self {
            verdict,
            withdraw: withdraw.into_iter().map(Place::from).collect(),
            update: update.iter().map(Notification::from).collect(),
            badge,
            is_behind,
        }
    }
}

/// What became of a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationEnd {
    /// It was tapped.
    Opened,
    /// It was swiped away.
    Dismissed,
}

/// The road that pushes take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushRoad {
    /// Firebase Cloud Messaging, with a registration token.
    FcmToken,
    /// Firebase Cloud Messaging, with an installation id.
    FcmFid,
    /// Apple's push service, for apps from the store.
    Apns,
    /// Apple's push service, for apps that are being developed.
    ApnsSandbox,
    /// A distributor on the phone.
    UnifiedPush,
}

/// Where pushes for this device go.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushTarget {
    /// By which road.
    pub road: PushRoad,
    /// The token, id or URL that the platform gave.
    pub target: String,
    /// The app, as the push service knows it: a package or bundle.
    pub app_id: Option<String>,
    /// The language of what is shown, as a tag of BCP 47.
    pub locale: Option<String>,
}

impl From<PushTarget> for runtime::PushTarget {
    fn from(target: PushTarget) -> Self {
        let PushTarget { road, target, app_id, locale } = target;
        let (lane, kind, env) = match road {
            PushRoad::FcmToken => (PushLane::Fcm, PushTargetKind::Token, None),
            PushRoad::FcmFid => (PushLane::Fcm, PushTargetKind::Fid, None),
            PushRoad::Apns => (PushLane::Apns, PushTargetKind::Token, Some(PushEnv::Production)),
            PushRoad::ApnsSandbox => {
                (PushLane::Apns, PushTargetKind::Token, Some(PushEnv::Sandbox))
            }
            PushRoad::UnifiedPush => (PushLane::Unifiedpush, PushTargetKind::Endpoint, None),
        };
        Self { lane, kind, target, app_id, env, locale, caps: Vec::new() }
    }
}

/// What a notification extension does with a push.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TakenPush {
    /// Show this.
    pub notification: Notification,
    /// Send this as a POST, if there is time.
    pub receipt: Option<ReceiptPost>,
    /// Whether the app will find what came.
    pub is_kept: bool,
}

/// A receipt, ready to be sent.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ReceiptPost {
    /// Where to.
    pub url: String,
    /// As `Authorization: Bearer`.
    pub bearer: String,
    /// JSON.
    pub body: String,
}

impl From<runtime::Taken> for TakenPush {
    fn from(taken: runtime::Taken) -> Self {
        let runtime::Taken { notification, receipt, is_kept } = taken;
        let receipt =
            receipt.map(|post| ReceiptPost { url: post.url, bearer: post.bearer, body: post.body });
        Self { notification: (&notification).into(), receipt, is_kept }
    }
}
