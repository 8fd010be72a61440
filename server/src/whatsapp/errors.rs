//! Meta's error codes as data: what each means for the message, for the channel and for the
//! people who wait for it. The column `proves_not_sent` alone decides whether a send may be
//! repeated without asking anybody.

use baton_protocol::MessageError;

mod table;

use table::{PERMISSION, TABLE};

/// What kind of trouble a code speaks of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// WhatsApp is down for a moment and says so.
    Maintenance,
    /// The message may or may not have been sent.
    Unknown,
    /// Too fast for this number.
    ThrottledNumber,
    /// Too fast for this recipient.
    ThrottledPair,
    /// Too fast for the WhatsApp Business account or the app.
    ThrottledAccount,
    /// The access token is not accepted.
    Token,
    /// The token lacks a right.
    Permission,
    /// The account or number needs an administrator.
    Account,
    /// The agent can do something else: a template, another way to reach the customer.
    AgentMustAct,
    /// The message itself is not acceptable.
    Content,
    /// A code that is not in the table.
    Unlisted,
}

impl Class {
    /// Whether the same request may succeed later with nobody doing anything.
    pub fn passes_by_itself(self) -> bool {
        match self {
            Self::Maintenance
            | Self::ThrottledNumber
            | Self::ThrottledPair
            | Self::ThrottledAccount => true,
            Self::Unknown
            | Self::Token
            | Self::Permission
            | Self::Account
            | Self::AgentMustAct
            | Self::Content
            | Self::Unlisted => false,
        }
    }
}

/// What has to wait after an error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pause {
    /// Nothing: only this message is concerned.
    Nothing,
    /// This recipient, 4^n seconds after the n-th such error in a row.
    Recipient,
    /// Everything this number sends, for a while.
    Number,
    /// Everything the WhatsApp Business account sends, for a while.
    Account,
    /// The channel, until an administrator has acted; its queue is kept.
    Channel,
}

/// What is known about a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorRow {
    /// Meta's code; the row of 200 stands for 200 to 299.
    pub code: i64,
    /// What kind of trouble it is.
    pub class: Class,
    /// Whether an answer with this code proves that nothing was sent.
    pub proves_not_sent: bool,
    /// What has to wait.
    pub pause: Pause,
    /// What happened, in plain words.
    pub reason: &'static str,
    /// What the reader can do about it.
    pub remedy: &'static str,
}

/// The code for "the object does not exist", which arrives as code 100 with this as its subcode.
pub const OBJECT_MISSING: i64 = 33;

/// Finds the row of a code.
pub fn look_up(code: i64) -> Option<&'static ErrorRow> {
    if (200..=299).contains(&code) {
        return Some(&PERMISSION);
    }
    let at = TABLE.binary_search_by_key(&code, |row| row.code).ok()?;
    TABLE.get(at)
}

/// The code that says most: some are told apart by their subcode only.
pub fn effective_code(code: i64, subcode: Option<i64>) -> i64 {
    if code == 100 && subcode == Some(OBJECT_MISSING) { OBJECT_MISSING } else { code }
}

/// The error as people read it, in words of our own.
///
/// Errors are part of the log for ever. Meta's words on them may name people and quote what was
/// said: they stay in the intake, which can be erased.
pub fn message_error(code: i64) -> MessageError {
    let (reason, remedy) = look_up(code).map_or(
        ("WhatsApp refused the message", "Look up the code in Meta's documentation."),
        |row| (row.reason, row.remedy),
    );
    MessageError { code, reason: reason.to_owned(), remedy: remedy.to_owned() }
}

/// A failure without a code.
pub fn unexplained_error() -> MessageError {
    MessageError {
        code: 0,
        reason: "WhatsApp could not deliver the message".to_owned(),
        remedy: "Send it again, or reach the customer in another way.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: i64, class: Class, proves_not_sent: bool, pause: Pause) {
        let row = look_up(code).expect("a listed code");
        assert_eq!((row.class, row.proves_not_sent, row.pause), (class, proves_not_sent, pause));
    }

    #[test]
    fn the_table_is_sorted_and_speaks_to_people() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        for row in TABLE.iter().chain([&PERMISSION]) {
            assert!(!row.reason.ends_with('.') && row.remedy.ends_with('.'), "{row:?}");
        }
    }

    #[test]
    fn throttles_prove_that_nothing_was_sent_and_pause_what_they_concern() {
        check(130_429, Class::ThrottledNumber, true, Pause::Number);
        check(131_056, Class::ThrottledPair, true, Pause::Recipient);
        check(4, Class::ThrottledAccount, true, Pause::Account);
        check(80_007, Class::ThrottledAccount, true, Pause::Account);
    }

    #[test]
    fn unknown_outcomes_never_prove_that_nothing_was_sent() {
        for code in [1, 2, 131_000, 131_016, 135_000] {
            check(code, Class::Unknown, false, Pause::Nothing);
        }
        let all = TABLE.iter().all(|row| row.proves_not_sent == (row.class != Class::Unknown));
        assert!(all);
    }

    #[test]
    fn what_only_an_administrator_can_mend_stops_the_channel() {
        check(0, Class::Token, true, Pause::Channel);
        check(190, Class::Token, true, Pause::Channel);
        check(10, Class::Permission, true, Pause::Channel);
        for code in [200, 210, 299] {
            check(code, Class::Permission, true, Pause::Channel);
        }
        check(131_048, Class::Account, true, Pause::Channel);
        check(131_042, Class::Account, true, Pause::Channel);
        check(effective_code(100, Some(33)), Class::Account, true, Pause::Channel);
        check(effective_code(100, Some(2_494_010)), Class::Content, true, Pause::Nothing);
    }

    #[test]
    fn only_maintenance_and_throttles_pass_by_themselves() {
        let passing: Vec<i64> =
            TABLE.iter().filter(|r| r.class.passes_by_itself()).map(|r| r.code).collect();
        assert_eq!(passing, [4, 17, 80_007, 130_429, 131_056, 131_057, 133_004, 133_016]);
    }

    #[test]
    fn an_unlisted_code_is_told_as_it_is() {
        assert_eq!(look_up(199), None);
        assert_eq!(look_up(300), None);
        let error = message_error(999_999);
        assert_eq!((error.code, error.reason.as_str()), (999_999, "WhatsApp refused the message"));
    }
}
