//! What push services answer, as tables: a row for each answer that means something.

use std::time::Duration;

use baton_protocol::Timestamp;

/// What became of a push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The service took it.
    Accepted,
    /// It may be sent again, not before `after` where the service says so.
    Again {
        /// How long to wait.
        after: Option<Duration>,
        /// The cause, in a word for logs and counts.
        why: &'static str,
        /// Whether the service fails, and not this device alone.
        is_outage: bool,
    },
    /// The target is gone, as of `at` where the service says so.
    Gone {
        /// The time since which it is gone.
        at: Option<Timestamp>,
    },
    /// It will never be taken.
    Dead(&'static str),
    /// The service does not take our credentials: nothing is sent until an operator acts.
    Locked(&'static str),
}

/// A row's reaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reaction {
    Again {
        base_s: u64,
        is_outage: bool,
    },
    Gone,
    Dead,
    Locked,
    /// A new access token, and once more.
    Renew,
    /// The push or the target is wrong: a smaller push tells which.
    Probe,
}

/// Status (0: any), word of the service (empty: any), reaction, name in counts.
type ReactionRule = (u16, &'static str, Reaction, &'static str);

const OUTAGE: Reaction = Reaction::Again { base_s: 10, is_outage: true };
const BUSY: Reaction = Reaction::Again { base_s: 60, is_outage: false };

/// FCM HTTP v1: `error.details[].errorCode`.
pub(super) const FCM: &[ReactionRule] = &[
    (0, "UNREGISTERED", Reaction::Gone, "gone"),
    (0, "INVALID_ARGUMENT", Reaction::Probe, "invalid"),
    (0, "SENDER_ID_MISMATCH", Reaction::Dead, "wrong_sender"),
    (0, "THIRD_PARTY_AUTH_ERROR", Reaction::Locked, "third_party_credentials"),
    (0, "QUOTA_EXCEEDED", BUSY, "quota"),
    (0, "UNAVAILABLE", OUTAGE, "unavailable"),
    (0, "INTERNAL", OUTAGE, "internal"),
    (401, "", Reaction::Renew, "credentials"),
    (403, "", Reaction::Locked, "forbidden"),
    // A 404 without Firebase's word is somebody else's, and tells nothing of the device.
    (400, "", Reaction::Probe, "invalid"),
    (429, "", BUSY, "quota"),
];

/// APNs: `reason`.
pub(super) const APNS: &[ReactionRule] = &[
    (0, "Unregistered", Reaction::Gone, "gone"),
    (0, "ExpiredToken", Reaction::Gone, "gone"),
    (0, "BadDeviceToken", Reaction::Gone, "bad_token"),
    (0, "DeviceTokenNotForTopic", Reaction::Gone, "wrong_topic"),
    (0, "ExpiredProviderToken", Reaction::Renew, "credentials"),
    (0, "InvalidProviderToken", Reaction::Locked, "credentials"),
    (0, "MissingProviderToken", Reaction::Locked, "credentials"),
    (0, "TopicDisallowed", Reaction::Locked, "topic"),
    (0, "TooManyProviderTokenUpdates", OUTAGE, "token_updates"),
    (0, "TooManyRequests", BUSY, "quota"),
    (429, "", BUSY, "quota"),
    (413, "", Reaction::Dead, "too_large"),
    (400, "", Reaction::Dead, "invalid"),
    (403, "", Reaction::Locked, "forbidden"),
    (410, "", Reaction::Gone, "gone"),
];

/// Web Push (RFC 8030): the status alone.
pub(super) const WEBPUSH: &[ReactionRule] = &[
    (404, "", Reaction::Gone, "gone"),
    (410, "", Reaction::Gone, "gone"),
    // The key of the subscription is another one: the app has to subscribe again.
    (401, "", Reaction::Dead, "credentials"),
    (403, "", Reaction::Dead, "wrong_key"),
    (400, "", Reaction::Dead, "invalid"),
    (413, "", Reaction::Dead, "too_large"),
    (429, "", BUSY, "quota"),
    // A distributor without a phone that listens.
    (507, "", Reaction::Again { base_s: 60, is_outage: false }, "no_listener"),
    // Redirects are not followed.
    (301, "", Reaction::Dead, "redirect"),
    (302, "", Reaction::Dead, "redirect"),
    (303, "", Reaction::Dead, "redirect"),
    (307, "", Reaction::Dead, "redirect"),
    (308, "", Reaction::Dead, "redirect"),
];

/// A relay (docs/push.md): the status alone.
pub(super) const RELAY: &[ReactionRule] = &[
    (410, "", Reaction::Gone, "gone"),
    (400, "", Reaction::Dead, "invalid"),
    (413, "", Reaction::Dead, "too_large"),
    (401, "", Reaction::Locked, "credentials"),
    (403, "", Reaction::Locked, "forbidden"),
    (429, "", BUSY, "quota"),
];

/// The first row that fits. Whatever no table knows is tried again.
pub(super) fn react(
    table: &'static [ReactionRule],
    status: u16,
    word: &str,
) -> (Reaction, &'static str) {
    let fits = |(of, name, _, _): &&ReactionRule| {
        (*of == 0 || *of == status) && (name.is_empty() || *name == word)
    };
    match table.iter().find(fits) {
        Some((_, _, reaction, why)) => (*reaction, *why),
        None => (OUTAGE, "answer"),
    }
}

impl Reaction {
    /// The verdict, where the table alone can say it, on what was sent at this time. An app that
    /// registers after that is not gone.
    pub(super) fn verdict(
        self,
        why: &'static str,
        after: Option<Duration>,
        sent_at: Timestamp,
    ) -> Verdict {
        match self {
            Self::Again { base_s, is_outage } => {
                let after = Some(after.unwrap_or(Duration::from_secs(base_s)));
                Verdict::Again { after, why, is_outage }
            }
            Self::Gone => Verdict::Gone { at: Some(sent_at) },
            Self::Dead | Self::Probe => Verdict::Dead(why),
            Self::Locked | Self::Renew => Verdict::Locked(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: &'static [ReactionRule], answer: (u16, &str), expected: Reaction) {
        assert_eq!(react(table, answer.0, answer.1).0, expected, "{answer:?}");
    }

    #[test]
    fn each_answer_has_the_reaction_that_its_service_documents() {
        let busy = Reaction::Again { base_s: 60, is_outage: false };
        check(FCM, (404, "UNREGISTERED"), Reaction::Gone);
        check(FCM, (404, ""), OUTAGE);
        check(FCM, (400, "INVALID_ARGUMENT"), Reaction::Probe);
        check(FCM, (403, "SENDER_ID_MISMATCH"), Reaction::Dead);
        check(FCM, (401, ""), Reaction::Renew);
        check(FCM, (401, "THIRD_PARTY_AUTH_ERROR"), Reaction::Locked);
        check(FCM, (429, "QUOTA_EXCEEDED"), busy);
        check(FCM, (503, "UNAVAILABLE"), OUTAGE);
        check(FCM, (599, "SOMETHING_NEW"), OUTAGE);
        check(APNS, (410, "Unregistered"), Reaction::Gone);
        check(APNS, (400, "BadDeviceToken"), Reaction::Gone);
        check(APNS, (403, "ExpiredProviderToken"), Reaction::Renew);
        check(APNS, (403, "InvalidProviderToken"), Reaction::Locked);
        check(APNS, (413, "PayloadTooLarge"), Reaction::Dead);
        check(APNS, (429, "TooManyRequests"), busy);
        check(APNS, (500, "InternalServerError"), OUTAGE);
        check(RELAY, (410, ""), Reaction::Gone);
        check(RELAY, (404, ""), OUTAGE);
        check(RELAY, (401, ""), Reaction::Locked);
        check(WEBPUSH, (410, ""), Reaction::Gone);
        check(WEBPUSH, (404, ""), Reaction::Gone);
        check(WEBPUSH, (413, ""), Reaction::Dead);
        check(WEBPUSH, (302, ""), Reaction::Dead);
        check(WEBPUSH, (507, ""), busy);
        check(WEBPUSH, (502, ""), OUTAGE);
    }

    #[test]
    fn a_service_that_says_how_long_to_wait_is_believed() {
        let asked = Some(Duration::from_secs(7));
        let verdict = OUTAGE.verdict("unavailable", asked, Timestamp::from_ms(0));
        assert_eq!(verdict, Verdict::Again { after: asked, why: "unavailable", is_outage: true });
    }
}
