//! Pushes, and the notifications made of them.

#![expect(clippy::disallowed_types, reason = "the maps that cross the boundary are these")]

use std::collections::HashMap;

use baton_mobile::push::handle::Outcome;
use baton_mobile::push::{self, Group, Input, NotAToken, Suppression, Tag, Tapped, Text, Verdict};
use baton_mobile::runtime;
use baton_protocol::push::{PUSH_CAP_OFFERS, PushEnv, PushLane, PushTargetKind, notification_tag};

use super::text_of;

/// A push, as the platform delivers it.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushMessage {
    /// The data of an FCM message.
    Fcm {
        /// The message's data, unchanged.
        data: HashMap<String, String>,
    },
    /// An APNs notification.
    Apns {
        /// The notification's `userInfo`, as JSON.
        user_info: String,
    },
    /// A Web Push, `UnifiedPush` included.
    WebPush {
        /// The body of the request.
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

/// Identifies a shown notification; a newer one with the same tag replaces it.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Place {
    /// The tag (Android) or request identifier (Apple).
    pub tag: String,
    /// The id of its conversation, if it has one.
    pub conversation: Option<String>,
}

impl From<Tag> for Place {
    fn from(tag: Tag) -> Self {
        match tag {
            Tag::Conversation(id) => {
                Self { tag: notification_tag(id), conversation: Some(id.to_string()) }
            }
            Tag::Group(group) => {
                Self { tag: format!("group-{}", group.name()), conversation: None }
            }
        }
    }
}

/// The notification channel, for which people choose sound and importance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationGroup {
    /// Offers and assignments.
    Offer,
    /// Customers' messages.
    Inbox,
    /// Mentions by colleagues.
    Mention,
    /// Everything else.
    Sys,
}

/// An action of a notification, without opening the app.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationAction {
    /// Accept the offered conversation.
    Accept {
        /// The id of the conversation.
        conversation: String,
        /// The id of the offer.
        offer: String,
        /// When the offer ends.
        until_ms: i64,
        /// For `answer_notification`.
        token: String,
    },
    /// Decline the offer.
    Decline {
        /// The id of the conversation.
        conversation: String,
        /// The id of the offer.
        offer: String,
        /// When the offer ends.
        until_ms: i64,
        /// For `answer_notification`.
        token: String,
    },
    /// Reply to the customer.
    Reply {
        /// The id of the conversation.
        conversation: String,
        /// For `answer_notification`. Without one, open the app on the conversation instead.
        token: Option<String>,
    },
    /// Resolve the conversation.
    Resolve {
        /// The id of the conversation.
        conversation: String,
        /// For `answer_notification`. Without one, open the app on the conversation instead.
        token: Option<String>,
    },
}

/// A line in a notification.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct NotificationLine {
    /// The name of who wrote it.
    pub sender: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub at_ms: i64,
}

impl From<&push::SaidLine> for NotificationLine {
    fn from(line: &push::SaidLine) -> Self {
        let push::SaidLine { sender, text, at } = line;
        Self { sender: sender.clone(), text: text.clone(), at_ms: at.ms() }
    }
}

/// A notification to show.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushNotification {
    /// Its tag: it replaces a shown notification with the same one.
    pub place: Place,
    /// The channel.
    pub group: NotificationGroup,
    /// The title.
    pub title: String,
    /// The text below the title.
    pub body: String,
    /// The lines that the text is made of, oldest first, with sender and time: for messaging
    /// styles. Empty where the core does not know them one by one.
    pub lines: Vec<NotificationLine>,
    /// The key of a translation of the body in the app; nothing if the body comes from the push.
    pub loc_key: Option<String>,
    /// The text for a locked screen. It names no customer.
    pub public_text: String,
    /// The actions to offer.
    pub actions: Vec<NotificationAction>,
    /// The number for the app's icon; nothing leaves the icon as it is.
    pub badge: Option<u32>,
    /// Whether it plays a sound.
    pub alerts: bool,
    /// When the platform should remove it.
    pub expires_at_ms: Option<i64>,
    /// The id of the push, for `notification_ended`.
    pub push: Option<String>,
    /// The id of the conversation that a tap opens.
    pub opens: Option<String>,
}

impl From<&push::Notification> for PushNotification {
    fn from(notification: &push::Notification) -> Self {
        let (title, body) = notification.text.english();
        let loc_key = match &notification.text {
            Text::Generic(generic) | Text::Named(_, generic) => Some(generic.loc_key().to_owned()),
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
            lines: notification.text.lines().iter().map(NotificationLine::from).collect(),
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
            token: push::OfferToken { conversation, offer }.to_string(),
        },
        push::Action::Decline { conversation, offer, until } => NotificationAction::Decline {
            conversation: conversation.to_string(),
            offer: offer.0.to_string(),
            until_ms: until.ms(),
            token: push::OfferToken { conversation, offer }.to_string(),
        },
        push::Action::Reply { conversation, token } => NotificationAction::Reply {
            conversation: conversation.to_string(),
            token: text_of(token),
        },
        push::Action::Resolve { conversation, token } => NotificationAction::Resolve {
            conversation: conversation.to_string(),
            token: text_of(token),
        },
    }
}

/// What the agent does from a notification.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationAnswer {
    /// Reply to the customer.
    Reply {
        /// The text.
        text: String,
    },
    /// Resolve the conversation.
    Resolve,
    /// Accept the offer.
    Accept,
    /// Decline the offer.
    Decline,
}

impl NotificationAnswer {
    /// The tap, with the token of its action.
    pub(crate) fn tapped(self, token: &str) -> Result<Tapped, NotAToken> {
        Ok(match self {
            Self::Reply { text } => push::NotificationAnswer::Reply(text).tapped(&token.parse()?),
            Self::Resolve => push::NotificationAnswer::Resolve.tapped(&token.parse()?),
            Self::Accept => push::OfferAnswer::Accept.tapped(&token.parse()?),
            Self::Decline => push::OfferAnswer::Decline.tapped(&token.parse()?),
        })
    }
}

/// What became of an answer from a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum AnswerOutcome {
    /// The server has it.
    Sent,
    /// It is stored and not sent so far: call `flush` when there is a network.
    Waiting,
    /// A colleague or the customer was faster, or something else needs the agent: open the app on
    /// the conversation. The answer is in the outbox, in review.
    OpenApp,
}

impl From<runtime::AnswerOutcome> for AnswerOutcome {
    fn from(outcome: runtime::AnswerOutcome) -> Self {
        match outcome {
            runtime::AnswerOutcome::Sent => Self::Sent,
            runtime::AnswerOutcome::Waiting => Self::Waiting,
            runtime::AnswerOutcome::OpenApp => Self::OpenApp,
        }
    }
}

/// The decision on a push.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushOutcome {
    /// What to do with its own notification.
    pub verdict: PushVerdict,
    /// Other notifications to remove.
    pub withdraw: Vec<Place>,
    /// Other notifications to replace, without sound.
    pub update: Vec<PushNotification>,
    /// The number for the app's icon, if it changes.
    pub badge: Option<u32>,
    /// Whether the server has news that the store lacks: connect when possible.
    pub is_behind: bool,
}

/// What to do with the notification of a push.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushVerdict {
    /// Show it with a sound.
    Show {
        /// The notification.
        notification: PushNotification,
    },
    /// Replace the shown notification, without sound.
    Update {
        /// The notification.
        notification: PushNotification,
    },
    /// Remove a shown notification.
    Withdraw {
        /// The tag of the notification.
        place: Place,
    },
    /// Show nothing.
    Suppress {
        /// The reason.
        reason: SuppressReason,
    },
    /// Show a generic notification, because the push could not be read.
    Fallback {
        /// The notification.
        notification: PushNotification,
    },
}

/// Why nothing is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum SuppressReason {
    /// It was told before.
    Duplicate,
    /// It is for another workspace.
    OtherWorkspace,
    /// It is for another agent on this device.
    OtherAgent,
    /// It came too late.
    Expired,
    /// It was taken back.
    Retracted,
    /// The agent has read it.
    Read,
    /// Somebody took care of it.
    Handled,
    /// The agent may not see it, or has lost that right.
    NotInScope,
    /// The server was restored from before it.
    OtherLife,
    /// The agent looks at it.
    OnScreen,
    /// The app is open and shows it.
    InApp,
    /// The agent does not want to be told of the conversation.
    Muted,
    /// What is shown in its place is newer, or more.
    Overtaken,
    /// It takes back what is not shown.
    NotShown,
}

impl From<Suppression> for SuppressReason {
    fn from(reason: Suppression) -> Self {
        match reason {
            Suppression::Duplicate => Self::Duplicate,
            Suppression::OtherWorkspace => Self::OtherWorkspace,
            Suppression::OtherAgent => Self::OtherAgent,
            Suppression::Expired => Self::Expired,
            Suppression::Retracted => Self::Retracted,
            Suppression::Read => Self::Read,
            Suppression::Handled => Self::Handled,
            Suppression::NotInScope => Self::NotInScope,
            Suppression::OtherLife => Self::OtherLife,
            Suppression::OnScreen => Self::OnScreen,
            Suppression::InApp => Self::InApp,
            Suppression::Muted => Self::Muted,
            Suppression::Overtaken => Self::Overtaken,
            Suppression::NotShown => Self::NotShown,
        }
    }
}

impl From<Outcome> for PushOutcome {
    fn from(outcome: Outcome) -> Self {
        let Outcome { verdict, withdraw, update, badge, is_behind } = outcome;
        let verdict = match &verdict {
            Verdict::Show(shown) => PushVerdict::Show { notification: shown.into() },
            Verdict::Update(shown) => PushVerdict::Update { notification: shown.into() },
            Verdict::Withdraw(tag) => PushVerdict::Withdraw { place: (*tag).into() },
            Verdict::Suppress(reason) => PushVerdict::Suppress { reason: (*reason).into() },
            Verdict::Fallback(shown) => PushVerdict::Fallback { notification: shown.into() },
        };
        Self {
            verdict,
            withdraw: withdraw.into_iter().map(Place::from).collect(),
            update: update.iter().map(PushNotification::from).collect(),
            badge,
            is_behind,
        }
    }
}

/// How a notification ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum NotificationEnd {
    /// The person opened it.
    Opened,
    /// The person dismissed it.
    Dismissed,
}

/// The push service and the kind of its target.
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

/// The address for pushes to this device.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PushTarget {
    /// The push service.
    pub road: PushRoad,
    /// The token, id or URL from the platform.
    pub target: String,
    /// The app's package or bundle id.
    #[uniffi(default = None)]
    pub app_id: Option<String>,
    /// The language of notifications, as a BCP 47 tag.
    #[uniffi(default = None)]
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
        let caps = vec![PUSH_CAP_OFFERS.to_owned()];
        Self { lane, kind, target, app_id, env, locale, caps }
    }
}

/// Whether pushes reach this device.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushState {
    /// The server confirmed the registration.
    On,
    /// The registration is stored; the server confirms it when it can be reached.
    Waiting,
    /// No push comes.
    Off {
        /// The reason.
        reason: PushOffReason,
    },
}

impl From<runtime::PushState> for PushState {
    fn from(state: runtime::PushState) -> Self {
        match state {
            runtime::PushState::On => Self::On,
            runtime::PushState::Waiting => Self::Waiting,
            runtime::PushState::Off(reason) => Self::Off { reason: reason.into() },
        }
    }
}

/// Why pushes are off. The app reports all but the first and the last two with `push_off`.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PushOffReason {
    /// The app has not registered, or ended the registration.
    NotRegistered,
    /// The person does not allow notifications.
    Permission,
    /// The device has no push service and no `UnifiedPush` distributor.
    NoService,
    /// The system holds pushes back to save power.
    BatterySaver,
    /// The server is not set up for the push service. It keeps the registration.
    NotSetUp,
    /// The server refused the registration.
    Refused {
        /// The stable code of the refusal.
        code: String,
    },
}

impl From<runtime::PushOffReason> for PushOffReason {
    fn from(reason: runtime::PushOffReason) -> Self {
        match reason {
            runtime::PushOffReason::NotRegistered => Self::NotRegistered,
            runtime::PushOffReason::Permission => Self::Permission,
            runtime::PushOffReason::NoService => Self::NoService,
            runtime::PushOffReason::BatterySaver => Self::BatterySaver,
            runtime::PushOffReason::NotSetUp => Self::NotSetUp,
            runtime::PushOffReason::Refused { code } => Self::Refused { code },
        }
    }
}

impl From<PushOffReason> for runtime::PushOffReason {
    fn from(reason: PushOffReason) -> Self {
        match reason {
            PushOffReason::NotRegistered => Self::NotRegistered,
            PushOffReason::Permission => Self::Permission,
            PushOffReason::NoService => Self::NoService,
            PushOffReason::BatterySaver => Self::BatterySaver,
            PushOffReason::NotSetUp => Self::NotSetUp,
            PushOffReason::Refused { code } => Self::Refused { code },
        }
    }
}

/// The decision on a push in a notification extension.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TakenPush {
    /// The notification to show.
    pub notification: PushNotification,
    /// A receipt to send as a POST request, if time allows.
    pub receipt: Option<ReceiptPost>,
    /// Whether the push was stored for the app.
    pub is_kept: bool,
}

/// A receipt, ready to send.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ReceiptPost {
    /// The URL.
    pub url: String,
    /// The token for `Authorization: Bearer`.
    pub bearer: String,
    /// The body, JSON.
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
