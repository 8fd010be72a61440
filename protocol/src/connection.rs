//! Whether a WhatsApp number works: the steps of connecting it, what may be wrong with it, and
//! how it stands.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A step of connecting a number, in the order in which they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStep {
    /// Meta takes the access token.
    Token,
    /// The token has both rights.
    Rights,
    /// The app's secret is the one at Meta, and the token is of that app.
    App,
    /// The token reaches the number.
    Number,
    /// The number is verified and registered.
    Registration,
    /// Meta approved the name that customers see.
    Name,
    /// Customers do not complain.
    Quality,
    /// Meta lets number and account send.
    Account,
    /// The app is subscribed to the account.
    Subscription,
    /// Meta sends webhooks to this server, and some came.
    Webhook,
    /// A customer's message came in.
    Receive,
    /// WhatsApp took a message.
    Send,
}

impl ConnectionStep {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Rights => "rights",
            Self::App => "app",
            Self::Number => "number",
            Self::Registration => "registration",
            Self::Name => "name",
            Self::Quality => "quality",
            Self::Account => "account",
            Self::Subscription => "subscription",
            Self::Webhook => "webhook",
            Self::Receive => "receive",
            Self::Send => "send",
        }
    }
}

/// The state of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It is done.
    Ok,
    /// Something is set wrong; `code` says what.
    Wrong,
    /// It waits for something outside: a first message, or a decision of Meta.
    Waiting,
    /// It could not be found out.
    Unknown,
}

/// The faults of a number. The names are stable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFault {
    /// Meta does not take the access token: it is no token, or it was revoked.
    TokenWrong,
    /// The access token has ended.
    TokenExpired,
    /// The access token ends within a week.
    TokenEndsSoon,
    /// The token lacks `whatsapp_business_messaging`.
    MessagingRightMissing,
    /// The token lacks `whatsapp_business_management`.
    ManagementRightMissing,
    /// The app secret is another one than at Meta.
    AppSecretWrong,
    /// The token is of another app.
    TokenOfOtherApp,
    /// The token reaches no number with this id.
    NumberNotFound,
    /// The number is not verified.
    NumberNotVerified,
    /// The number is not registered for the Cloud API.
    NumberNotRegistered,
    /// Meta lets the number send nothing.
    NumberBanned,
    /// Meta limits what the number may send.
    NumberRestricted,
    /// Meta declined the name.
    NameDeclined,
    /// The quality of the number is low.
    QualityLow,
    /// The account has no valid method of payment.
    PaymentMissing,
    /// Meta restricted the account.
    AccountRestricted,
    /// The app is not subscribed to the account.
    AppNotSubscribed,
    /// The app has no webhook.
    WebhookNotSet,
    /// The app's webhook is another address than this server's.
    WebhookElsewhere,
    /// The app is not subscribed to the field `messages`.
    MessagesNotSubscribed,
    /// WhatsApp refuses every message of the number.
    SendsRefused,
}

names!(ConnectionFault {
    TokenWrong = "token_wrong",
    TokenExpired = "token_expired",
    TokenEndsSoon = "token_ends_soon",
    MessagingRightMissing = "messaging_right_missing",
    ManagementRightMissing = "management_right_missing",
    AppSecretWrong = "app_secret_wrong",
    TokenOfOtherApp = "token_of_other_app",
    NumberNotFound = "number_not_found",
    NumberNotVerified = "number_not_verified",
    NumberNotRegistered = "number_not_registered",
    NumberBanned = "number_banned",
    NumberRestricted = "number_restricted",
    NameDeclined = "name_declined",
    QualityLow = "quality_low",
    PaymentMissing = "payment_missing",
    AccountRestricted = "account_restricted",
    AppNotSubscribed = "app_not_subscribed",
    WebhookNotSet = "webhook_not_set",
    WebhookElsewhere = "webhook_elsewhere",
    MessagesNotSubscribed = "messages_not_subscribed",
    SendsRefused = "sends_refused",
});

macro_rules! remedies {
    ($($fault:ident: $text:literal;)+) => {
        impl ConnectionFault {
            /// The remedy, for an admin.
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Self::$fault => $text),+
                }
            }
        }
    };
}

remedies! {
    TokenWrong:
        "Meta does not take the access token. Make one for a system user of the business, \
            and set it here.";
    TokenExpired:
        "The access token has ended. Make one without an end for a system user, and set \
            it here.";
    TokenEndsSoon:
        "The access token ends within a week. Make one without an end for a system user, \
            and set it here.";
    MessagingRightMissing:
        "The token may not send. Make it again with the right \
            whatsapp_business_messaging.";
    ManagementRightMissing:
        "The token may not read the account. Make it again with the right \
            whatsapp_business_management.";
    AppSecretWrong:
        "The app secret is another one than at Meta. Run `baton admin meta-app add` with \
            the present secret.";
    TokenOfOtherApp:
        "The token is of another app. Make it in the app that sends the webhooks.";
    NumberNotFound:
        "The token reaches no number with this id. Check the id, and give the system user \
            the WhatsApp Business Account.";
    NumberNotVerified:
        "The number is not verified. Verify it at Meta by a code, then register it.";
    NumberNotRegistered:
        "The number is not registered for the Cloud API. Register it at Meta with its PIN.";
    NumberBanned:
        "Meta lets the number send nothing. Look at its state in the WhatsApp Manager, \
            and ask for a review.";
    NumberRestricted:
        "Meta limits what the number may send. Look at its state in the WhatsApp Manager; \
            replies may still go.";
    NameDeclined:
        "Meta declined the display name. Choose another one in the WhatsApp Manager.";
    QualityLow:
        "Customers block or report the number. Send fewer templates, and only to those \
            who asked for them.";
    PaymentMissing:
        "The account has no valid method of payment. Add one at Meta; templates fail \
            until then.";
    AccountRestricted:
        "Meta restricted the account. Look at its state in the business settings, and ask \
            for a review.";
    AppNotSubscribed:
        "The app is not subscribed to the account. Subscribe it at Meta, else no message \
            comes in.";
    WebhookNotSet:
        "The app has no webhook. Enter the address and the verify token at Meta under \
            WhatsApp, Configuration.";
    WebhookElsewhere:
        "The app's webhook leads to another address. Enter this server's address at Meta \
            under WhatsApp, Configuration.";
    MessagesNotSubscribed:
        "The webhook lacks the field messages. Subscribe to it at Meta under WhatsApp, \
            Configuration.";
    SendsRefused:
        "WhatsApp refuses the messages of this number. Look at its state in the WhatsApp \
            Manager.";
}

/// The state of one step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckStep {
    /// The step.
    pub step: ConnectionStep,
    /// The state.
    pub state: StepState,
    /// The fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ConnectionFault>,
    /// The remedy, or the event it waits for, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// `POST /channels/{id}/check`: each step of connecting the number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelCheck {
    /// The time when Meta was asked.
    pub at: Timestamp,
    /// The steps, in order.
    pub steps: Vec<CheckStep>,
}

/// Whether a number works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nothing is wrong.
    Works,
    /// It sends, and somebody has to act.
    Attention,
    /// It sends nothing; what is to be sent waits.
    Stopped,
}

/// The health of a number at Meta, as it was last reported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelHealth {
    /// Whether it works.
    pub state: HealthState,
    /// Since when it is in this state, with these faults.
    pub since: Timestamp,
    /// The faults.
    pub faults: Vec<ConnectionFault>,
    /// News that Meta told of the number, its account or its profile; of each subject the newest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<MetaNews>,
    /// Meta's facts about the number.
    #[serde(flatten)]
    pub at_meta: AtMeta,
}

/// Meta's facts about a number, in Meta's words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AtMeta {
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Customers to whom the business may write first in 24 hours: `TIER_250`, `TIER_2K`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED`, `BANNED`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_status: Option<String>,
    /// `APPROVED`, `PENDING_REVIEW`, `DECLINED`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_status: Option<String>,
    /// The name that customers see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_name: Option<String>,
    /// The time when the access token ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ends_at: Option<Timestamp>,
    /// Meta's id of its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The profile that customers see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<BusinessProfile>,
}

/// The profile that customers see beside the name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct BusinessProfile {
    /// The line below the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The trade, in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
    /// The pages on the web.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub websites: Vec<String>,
}

/// The subject of something that Meta told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NewsSubject {
    /// Meta's review of the account.
    Review,
    /// An alert of Meta.
    Alert,
    /// The state of the account.
    Account,
    /// The name that customers see.
    Name,
    /// The quality and the limits of the number.
    Quality,
    /// The profile that customers see.
    Profile,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

names!(NewsSubject {
    Review = "review",
    Alert = "alert",
    Account = "account",
    Name = "name",
    Quality = "quality",
    Profile = "profile",
} else Unknown);

/// Something that Meta told of a number or its account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MetaNews {
    /// The subject.
    pub about: NewsSubject,
    /// The time when Meta told it.
    pub at: Timestamp,
    /// Meta's word for it, such as `REJECTED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// Meta's text about it, or what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The remedy, in English; left out where nobody has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_name_and_says_what_to_do() {
        for fault in ConnectionFault::ALL {
            assert_eq!(serde_json::json!(fault), fault.name());
            assert!(fault.remedy().ends_with('.') && fault.remedy().contains(". "), "{fault:?}");
        }
    }
}
