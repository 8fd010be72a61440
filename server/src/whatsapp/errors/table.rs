//! The rows of the error table, sorted by code. They hold what Meta's error reference and recorded
//! answers tell, in words for the people who wait for the message.

use super::{Class, ErrorRow, Pause};

macro_rules! rows {
    ($($code:literal: $class:ident, proves_not_sent = $proves:literal, pause = $pause:ident;
        $reason:literal; $remedy:literal;)+) => {
        [$(ErrorRow {
            code: $code,
            class: Class::$class,
            proves_not_sent: $proves,
            pause: Pause::$pause,
            reason: $reason,
            remedy: $remedy,
        }),+]
    };
}

/// Codes 200 to 299.
pub(super) static PERMISSION: ErrorRow = ErrorRow {
    code: 200,
    class: Class::Permission,
    proves_not_sent: true,
    pause: Pause::Channel,
    reason: "The access token lacks a permission",
    remedy: "An administrator gives the app the right to send messages.",
};

/// Every other listed code.
pub(super) static TABLE: [ErrorRow; 59] = rows! {
    0: Token, proves_not_sent = true, pause = Channel;
        "WhatsApp did not accept the access token";
        "An administrator renews the channel's access token; waiting messages leave \
            afterwards.";
    1: Unknown, proves_not_sent = false, pause = Nothing;
        "WhatsApp answered with an unknown error, so the message may or may not have been \
            sent";
        "Wait for a status, or ask the customer before sending it again.";
    2: Unknown, proves_not_sent = false, pause = Nothing;
        "WhatsApp was unavailable, so the message may or may not have been sent";
        "Wait for a status, or ask the customer before sending it again.";
    3: Permission, proves_not_sent = true, pause = Channel;
        "The access token may not do this";
        "An administrator gives the app the right to send messages.";
    4: ThrottledAccount, proves_not_sent = true, pause = Account;
        "The app made too many requests";
        "Nothing: it is sent when WhatsApp allows it.";
    10: Permission, proves_not_sent = true, pause = Channel;
        "The access token lacks a permission";
        "An administrator gives the app the right to send messages.";
    17: ThrottledAccount, proves_not_sent = true, pause = Account;
        "The app made too many requests for this user";
        "Nothing: it is sent when WhatsApp allows it.";
    33: Account, proves_not_sent = true, pause = Channel;
        "The number does not exist at WhatsApp or was deleted";
        "An administrator checks the channel's number at Meta.";
    100: Content, proves_not_sent = true, pause = Nothing;
        "WhatsApp does not understand part of the message";
        "Write it in another way; if it happens again, tell an administrator.";
    190: Token, proves_not_sent = true, pause = Channel;
        "The access token has expired or was revoked";
        "An administrator renews the channel's access token; waiting messages leave \
            afterwards.";
    368: Account, proves_not_sent = true, pause = Channel;
        "The account is blocked for violating a policy";
        "An administrator looks into the account's state at Meta.";
    80_007: ThrottledAccount, proves_not_sent = true, pause = Account;
        "The WhatsApp Business account reached its rate limit";
        "Nothing: it is sent when WhatsApp allows it.";
    130_429: ThrottledNumber, proves_not_sent = true, pause = Number;
        "The number sends faster than WhatsApp allows";
        "Nothing: it is sent when WhatsApp allows it.";
    130_472: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "The customer is part of an experiment and gets no marketing messages";
        "Reply when the customer writes, or reach them in another way.";
    130_497: Account, proves_not_sent = true, pause = Channel;
        "The account may not send messages to this country";
        "An administrator looks into the account's limits at Meta.";
    131_000: Unknown, proves_not_sent = false, pause = Nothing;
        "Something went wrong at WhatsApp, so the message may or may not have been sent";
        "Wait for a status, or ask the customer before sending it again.";
    131_005: Permission, proves_not_sent = true, pause = Channel;
        "The access token may not send for this number";
        "An administrator gives the app the right to send messages.";
    131_008: Content, proves_not_sent = true, pause = Nothing;
        "A required part of the message is missing";
        "Write it in another way; if it happens again, tell an administrator.";
    131_009: Content, proves_not_sent = true, pause = Nothing;
        "A part of the message has a value that is not allowed";
        "Correct the message and send it again.";
    131_016: Unknown, proves_not_sent = false, pause = Nothing;
        "A service at WhatsApp was unavailable, so the message may or may not have been sent";
        "Wait for a status, or ask the customer before sending it again.";
    131_021: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "The recipient is the sending number itself";
        "Choose another recipient.";
    131_026: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "WhatsApp could not deliver to this recipient";
        "Check that the customer uses WhatsApp and has a recent version, or reach them in \
            another way.";
    131_030: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "The recipient is not on the list of this test number";
        "An administrator adds the recipient to the list, or the channel uses a real number.";
    131_031: Account, proves_not_sent = true, pause = Channel;
        "The account is locked";
        "An administrator looks into the account's state at Meta.";
    131_037: Account, proves_not_sent = true, pause = Channel;
        "The number's display name is not approved";
        "An administrator completes the display name at Meta.";
    131_042: Account, proves_not_sent = true, pause = Channel;
        "There is a problem with the payment method";
        "An administrator mends the payment method at Meta.";
    131_045: Account, proves_not_sent = true, pause = Channel;
        "The number is not registered correctly";
        "An administrator registers the number again.";
    131_047: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "More than 24 hours have passed since the customer last wrote";
        "Send a template, or wait until the customer writes.";
    131_048: Account, proves_not_sent = true, pause = Channel;
        "WhatsApp restricted the number because messages were reported as spam";
        "An administrator checks the number's quality at Meta before anything else is sent.";
    131_049: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "WhatsApp held back the message to keep the customer from getting too many";
        "Wait at least 24 hours before sending it again.";
    131_050: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "The customer stopped marketing messages";
        "Do not send marketing; reply when the customer writes.";
    131_051: Content, proves_not_sent = true, pause = Nothing;
        "WhatsApp does not support this type of message";
        "Send it as another type.";
    131_052: Content, proves_not_sent = true, pause = Nothing;
        "WhatsApp could not fetch the file";
        "Check that a link opens for anybody, or ask the customer to send the file again.";
    131_053: Content, proves_not_sent = true, pause = Nothing;
        "WhatsApp could not fetch or process the file";
        "Check its type and size, and of a link that it opens for anybody, and send it again.";
    131_056: ThrottledPair, proves_not_sent = true, pause = Recipient;
        "Too many messages to this customer in a short time";
        "Nothing: it is sent when WhatsApp allows it.";
    131_057: Maintenance, proves_not_sent = true, pause = Nothing;
        "WhatsApp is maintaining the account for a moment";
        "Nothing: it is sent in a minute.";
    131_062: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "This message needs the customer's phone number";
        "Ask the customer for the number, or send another kind of message.";
    131_064: Account, proves_not_sent = true, pause = Channel;
        "The account may not send this at present";
        "An administrator looks into the account's state at Meta.";
    132_000: Content, proves_not_sent = true, pause = Nothing;
        "The template has another number of parameters";
        "Fill in every parameter of the template.";
    132_001: Content, proves_not_sent = true, pause = Nothing;
        "The template does not exist in this language or is not approved";
        "Choose another template; an administrator checks this one.";
    132_005: Content, proves_not_sent = true, pause = Nothing;
        "The template's text is too long once filled in";
        "Shorten the parameters.";
    132_007: Content, proves_not_sent = true, pause = Nothing;
        "The template's text breaks a rule of WhatsApp";
        "Choose another template; an administrator checks this one.";
    132_008: Content, proves_not_sent = true, pause = Nothing;
        "A parameter of the template cannot be used";
        "Correct the parameters.";
    132_012: Content, proves_not_sent = true, pause = Nothing;
        "A parameter of the template has the wrong form";
        "Correct the parameters.";
    132_015: Content, proves_not_sent = true, pause = Nothing;
        "The template is paused for low quality";
        "Choose another template; an administrator checks this one.";
    132_016: Content, proves_not_sent = true, pause = Nothing;
        "The template is disabled for low quality";
        "Choose another template; an administrator checks this one.";
    132_068: Content, proves_not_sent = true, pause = Nothing;
        "The flow is blocked";
        "An administrator checks the flow at Meta.";
    132_069: Content, proves_not_sent = true, pause = Nothing;
        "The flow is throttled";
        "Send it later, or without the flow.";
    133_000: Account, proves_not_sent = true, pause = Channel;
        "An earlier deregistration of the number did not complete";
        "An administrator registers the number again.";
    133_004: Maintenance, proves_not_sent = true, pause = Nothing;
        "WhatsApp is temporarily unavailable";
        "Nothing: it is sent when WhatsApp is back.";
    133_005: Account, proves_not_sent = true, pause = Channel;
        "The number's two-step PIN is wrong";
        "An administrator registers the number again with the right PIN.";
    133_006: Account, proves_not_sent = true, pause = Channel;
        "The number has to be verified";
        "An administrator verifies the number at Meta.";
    133_008: Account, proves_not_sent = true, pause = Channel;
        "The two-step PIN was entered wrongly too often";
        "An administrator waits as long as Meta says, then registers the number again.";
    133_009: Account, proves_not_sent = true, pause = Channel;
        "The two-step PIN was entered too fast";
        "An administrator waits a moment, then registers the number again.";
    133_010: Account, proves_not_sent = true, pause = Channel;
        "The number is not registered";
        "An administrator registers the number.";
    133_015: Account, proves_not_sent = true, pause = Channel;
        "The number was deleted a moment ago";
        "An administrator waits five minutes, then registers the number again.";
    133_016: ThrottledAccount, proves_not_sent = true, pause = Account;
        "The number was registered or deregistered too often";
        "An administrator waits as long as Meta says.";
    135_000: Unknown, proves_not_sent = false, pause = Nothing;
        "WhatsApp failed for a reason it does not name, so the message may or may not have \
            been sent";
        "Wait for a status, or ask the customer before sending it again.";
    137_000: AgentMustAct, proves_not_sent = true, pause = Nothing;
        "The customer's identity has changed";
        "Check with the customer that it is still them.";
};
