//! The steps of connecting a number, as a pure function of what was found out.

use baton_domain::fact::predicates::stops_sends;
use baton_protocol::Timestamp;
use baton_protocol::connection::{
    AtMeta, ChannelHealth, CheckStep, ConnectionFault as Fault, ConnectionStep as Step,
    HealthState, MetaNews, StepState,
};

use super::news::{news, state_with};
use crate::whatsapp::client::{Answers, InquiryResult, NumberTold};

/// What was found out about a number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// When it was found out.
    pub at: Timestamp,
    /// The app's id.
    pub meta_app: String,
    /// What Meta told.
    pub answers: Answers,
    /// What this server saw.
    pub here: Here,
}

/// What this server saw of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Here {
    /// The newest webhook of its app whose signature was right.
    pub webhook_at: Option<Timestamp>,
    /// A customer's message came in.
    pub has_received: bool,
    /// WhatsApp took a message.
    pub has_sent: bool,
    /// The code with which WhatsApp refuses every message at present.
    pub refused_with: Option<i64>,
}

const MESSAGING: &str = "whatsapp_business_messaging";
const MANAGEMENT: &str = "whatsapp_business_management";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Before its end a token is worth a word for so long.
const ENDS_SOON_MS: i64 = 7 * DAY_MS;
/// The subcode of a token that has ended.
const ENDED: i64 = 463;
/// Meta's code of the health status for a method of payment that does not work.
const NO_PAYMENT: i64 = 141_006;

/// How a step stands, before it has its name.
enum How {
    Ok,
    Wrong(Fault),
    Waiting(&'static str),
    Unknown(&'static str),
}

const UNREACHABLE: &str = "Meta could not be reached. Check it again in a minute.";
const NO_ACCOUNT: &str =
    "Name the WhatsApp Business Account of this number, with its templates; then it is asked.";
const UNTOLD: &str = "Meta does not tell without an earlier step.";

/// Judges each step, in the order in which they are taken.
pub fn steps(of: &Findings) -> Vec<CheckStep> {
    let all = [
        (Step::Token, token(of)),
        (Step::Rights, rights(of)),
        (Step::App, app(of)),
        (Step::Number, number(of)),
        (Step::Registration, about(of, registration)),
        (Step::Name, about(of, name)),
        (Step::Quality, about(of, quality)),
        (Step::Account, about(of, account)),
        (Step::Subscription, subscription(of)),
        (Step::Webhook, webhook(of)),
        (Step::Receive, receive(of)),
        (Step::Send, send(of)),
    ];
    all.into_iter().map(|(step, how)| told(step, &how)).collect()
}

/// Whether a number with these steps should not be added: it could not send, or Meta does not know
/// it. What can be mended afterwards at Meta does not count.
pub fn refusal(steps: &[CheckStep]) -> Option<&CheckStep> {
    let matters = |step: Step| matches!(step, Step::Token | Step::Rights | Step::Number);
    let is_bad = |one: &CheckStep| match one.state {
        StepState::Ok | StepState::Waiting => false,
        StepState::Wrong => one.code != Some(Fault::TokenEndsSoon),
        StepState::Unknown => true,
    };
    steps.iter().find(|one| matters(one.step) && is_bad(one))
}

/// The standing of the number with these steps, and with what webhooks told. `None` where Meta told
/// too little to say so.
///
/// It is in its state `since` the last health, where that says the same.
pub fn health(
    of: &Findings,
    steps: &[CheckStep],
    last: Option<&ChannelHealth>,
    told: &[MetaNews],
) -> Option<ChannelHealth> {
    // A number that nobody could ask about stands as it stood, but for what webhooks told.
    let is_told = |step: &CheckStep| step.step == Step::Token && step.state != StepState::Unknown;
    let is_refused = of.here.refused_with.is_some();
    if !steps.iter().any(is_told) && !is_refused {
        let last = last?;
        let news = news(Some(last), told, &last.at_meta, of.at);
        let state = state_with(last.state, &news);
        return Some(ChannelHealth { state, news, ..last.clone() });
    }
    let mut faults: Vec<Fault> = steps.iter().filter_map(|step| step.code).collect();
    faults.sort();
    faults.dedup();
    let state = if is_refused || faults.iter().any(|fault| stops_sends(*fault)) {
        HealthState::Stopped
    } else if faults.is_empty() {
        HealthState::Works
    } else {
        HealthState::Attention
    };
    let before = last.map(|last| last.at_meta.clone()).unwrap_or_default();
    let at_meta = at_meta(&of.answers, before);
    let news = news(last, told, &at_meta, of.at);
    let state = state_with(state, &news);
    let same = last.filter(|last| last.state == state && last.faults == faults);
    let since = same.map_or(of.at, |last| last.since);
    Some(ChannelHealth { state, since, faults, news, at_meta })
}

/// What Meta told now, or before where it did not tell.
fn at_meta(answers: &Answers, before: AtMeta) -> AtMeta {
    let token_ends_at = match &answers.token {
        InquiryResult::Found(token) => token.ends_at,
        InquiryResult::Unasked | InquiryResult::Unreachable | InquiryResult::Refused(_) => {
            before.token_ends_at
        }
    };
    let account = answers.account.clone().or(before.account.clone());
    let profile = match &answers.profile {
        InquiryResult::Found(profile) => Some(profile.clone()),
        InquiryResult::Unasked | InquiryResult::Unreachable | InquiryResult::Refused(_) => {
            before.profile.clone()
        }
    };
    let InquiryResult::Found(number) = &answers.number else {
        return AtMeta { token_ends_at, account, profile, ..before };
    };
    AtMeta {
        quality: number.quality.clone(),
        limit: number.limit.clone(),
        number_status: number.status.clone(),
        name_status: number.name_status.clone(),
        verified_name: number.verified_name.clone(),
        token_ends_at,
        account,
        profile,
    }
}

fn told(step: Step, how: &How) -> CheckStep {
    let (state, code, remedy) = match how {
        How::Ok => (StepState::Ok, None, None),
        How::Wrong(fault) => (StepState::Wrong, Some(*fault), Some(fault.remedy())),
        How::Waiting(why) => (StepState::Waiting, None, Some(*why)),
        How::Unknown(why) => (StepState::Unknown, None, Some(*why)),
    };
    CheckStep { step, state, code, remedy: remedy.map(str::to_owned) }
}

fn token(of: &Findings) -> How {
    match &of.answers.token {
        InquiryResult::Found(token) if !token.is_valid && token.subcode == Some(ENDED) => {
            How::Wrong(Fault::TokenExpired)
        }
        InquiryResult::Found(token) if !token.is_valid => How::Wrong(Fault::TokenWrong),
        InquiryResult::Found(token) => match token.ends_at {
            Some(at) if at <= of.at => How::Wrong(Fault::TokenExpired),
            Some(at) if at.since(of.at) < ENDS_SOON_MS => How::Wrong(Fault::TokenEndsSoon),
            _ => How::Ok,
        },
        // Asked with itself: who is refused so is no token.
        InquiryResult::Refused(_) => How::Wrong(Fault::TokenWrong),
        InquiryResult::Unasked | InquiryResult::Unreachable => How::Unknown(UNREACHABLE),
    }
}

fn rights(of: &Findings) -> How {
    let InquiryResult::Found(token) = &of.answers.token else { return How::Unknown(UNTOLD) };
    let has = |right| token.scopes.iter().any(|scope| scope == right);
    if !token.is_valid {
        How::Unknown(UNTOLD)
    } else if !has(MESSAGING) {
        How::Wrong(Fault::MessagingRightMissing)
    } else if !has(MANAGEMENT) {
        How::Wrong(Fault::ManagementRightMissing)
    } else {
        How::Ok
    }
}

fn app(of: &Findings) -> How {
    let answers = &of.answers;
    match (&answers.app, &answers.token) {
        (InquiryResult::Refused(_), _) => How::Wrong(Fault::AppSecretWrong),
        (_, InquiryResult::Found(token))
            if token.app.as_ref().is_some_and(|app| *app != of.meta_app) =>
        {
            How::Wrong(Fault::TokenOfOtherApp)
        }
        (InquiryResult::Found(()), _) => How::Ok,
        (InquiryResult::Unasked, _) => How::Unknown("This server has no secret of the app."),
        (InquiryResult::Unreachable, _) => How::Unknown(UNREACHABLE),
    }
}

fn number(of: &Findings) -> How {
    match &of.answers.number {
        InquiryResult::Found(_) => How::Ok,
        told if told.is_missing() => How::Wrong(Fault::NumberNotFound),
        InquiryResult::Refused(_) => How::Unknown(UNTOLD),
        InquiryResult::Unasked | InquiryResult::Unreachable => How::Unknown(UNREACHABLE),
    }
}

/// A step that the number's node tells of.
fn about(of: &Findings, judge: fn(&NumberTold) -> How) -> How {
    match &of.answers.number {
        InquiryResult::Found(number) => judge(number),
        InquiryResult::Unasked | InquiryResult::Unreachable | InquiryResult::Refused(_) => {
            How::Unknown(UNTOLD)
        }
    }
}

fn registration(number: &NumberTold) -> How {
    let is = |word: &Option<String>, values: &[&str]| {
        word.as_deref().is_some_and(|word| values.contains(&word))
    };
    let is_away = is(&number.status, &["PENDING", "DISCONNECTED", "OFFLINE", "UNVERIFIED"]);
    if !is_away && !is(&number.platform, &["NOT_APPLICABLE"]) {
        return How::Ok;
    }
    // A number that is connected stays so when its verification has lapsed.
    if is(&number.verification, &["NOT_VERIFIED", "EXPIRED"]) {
        return How::Wrong(Fault::NumberNotVerified);
    }
    How::Wrong(Fault::NumberNotRegistered)
}

fn name(number: &NumberTold) -> How {
    match number.name_status.as_deref() {
        Some("DECLINED" | "REJECTED") => How::Wrong(Fault::NameDeclined),
        Some("PENDING_REVIEW" | "PENDING") => How::Waiting("Meta has not decided on the name yet."),
        _ => How::Ok,
    }
}

fn quality(number: &NumberTold) -> How {
    match number.quality.as_deref() {
        Some("RED") => How::Wrong(Fault::QualityLow),
        _ => How::Ok,
    }
}

fn account(number: &NumberTold) -> How {
    let is_of_number = |entity: &str| entity == "PHONE_NUMBER";
    let mut others = number.blocked.iter().filter(|(entity, _)| !is_of_number(entity)).peekable();
    if others.peek().is_some() {
        let is_unpaid = others.all(|(_, codes)| codes.contains(&NO_PAYMENT));
        let fault = if is_unpaid { Fault::PaymentMissing } else { Fault::AccountRestricted };
        return How::Wrong(fault);
    }
    match number.status.as_deref() {
        Some("BANNED") => return How::Wrong(Fault::NumberBanned),
        Some("RESTRICTED") => return How::Wrong(Fault::NumberRestricted),
        _ => {}
    }
    let is_blocked = number.blocked.iter().any(|(entity, _)| is_of_number(entity));
    if is_blocked && matches!(registration(number), How::Ok) {
        return How::Wrong(Fault::NumberBanned);
    }
    How::Ok
}

fn subscription(of: &Findings) -> How {
    match &of.answers.subscribed {
        InquiryResult::Found(apps) if apps.contains(&of.meta_app) => How::Ok,
        InquiryResult::Found(_) => How::Wrong(Fault::AppNotSubscribed),
        InquiryResult::Unreachable => How::Unknown(UNREACHABLE),
        InquiryResult::Unasked => How::Unknown(NO_ACCOUNT),
        InquiryResult::Refused(_) => How::Unknown(UNTOLD),
    }
}

fn webhook(of: &Findings) -> How {
    let at = of.here.webhook_at;
    // An account or a number may have a webhook of its own: what comes in proves that it is right.
    if at.is_some_and(|at| of.at.since(at) < DAY_MS) {
        return How::Ok;
    }
    let ours = format!("/webhooks/whatsapp/{}", of.meta_app);
    let told = match &of.answers.webhook {
        InquiryResult::Found(found) => Some(found),
        InquiryResult::Unasked | InquiryResult::Unreachable | InquiryResult::Refused(_) => None,
    };
    match told {
        Some(None) => How::Wrong(Fault::WebhookNotSet),
        Some(Some(found)) if !found.url.trim_end_matches('/').ends_with(&ours) => {
            How::Wrong(Fault::WebhookElsewhere)
        }
        Some(Some(found)) if !found.fields.iter().any(|field| field == "messages") => {
            How::Wrong(Fault::MessagesNotSubscribed)
        }
        _ if at.is_some() => How::Ok,
        _ => How::Waiting("No webhook came yet. Write to the number from a phone."),
    }
}

fn receive(of: &Findings) -> How {
    match of.here.has_received {
        true => How::Ok,
        false => How::Waiting("Write to the number from a phone."),
    }
}

fn send(of: &Findings) -> How {
    match of.here.refused_with {
        Some(code) => How::Wrong(refused(code)),
        None if of.here.has_sent => How::Ok,
        None => How::Waiting("Reply to a customer's message."),
    }
}

/// What a code means by which WhatsApp refuses every message.
fn refused(code: i64) -> Fault {
    match code {
        0 | 190 => Fault::TokenWrong,
        3 | 10 | 200..=299 | 131_005 => Fault::MessagingRightMissing,
        33 => Fault::NumberNotFound,
        368 | 131_031 => Fault::AccountRestricted,
        131_042 => Fault::PaymentMissing,
        131_045 | 133_010 => Fault::NumberNotRegistered,
        133_006 => Fault::NumberNotVerified,
        131_037 => Fault::NameDeclined,
        _ => Fault::SendsRefused,
    }
}

#[cfg(test)]
mod tests;
