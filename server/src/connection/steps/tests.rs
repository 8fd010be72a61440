//! Each wrong setting is named.

use super::*;
use crate::whatsapp::client::{TokenTold, WebhookTold};

const APP: &str = "670000000000001";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + ms)
}

/// A number that works.
fn working() -> Findings {
    let token = TokenTold {
        is_valid: true,
        app: Some(APP.to_owned()),
        scopes: vec![MESSAGING.to_owned(), MANAGEMENT.to_owned()],
        ..TokenTold::default()
    };
    let number = NumberTold {
        status: Some("CONNECTED".to_owned()),
        platform: Some("CLOUD_API".to_owned()),
        verification: Some("EXPIRED".to_owned()),
        name_status: Some("APPROVED".to_owned()),
        quality: Some("GREEN".to_owned()),
        limit: Some("TIER_2K".to_owned()),
        ..NumberTold::default()
    };
    let webhook = WebhookTold {
        url: format!("https://inbox.acme.example/webhooks/whatsapp/{APP}"),
        fields: vec!["messages".to_owned()],
    };
    let answers = Answers {
        app: InquiryResult::Found(()),
        token: InquiryResult::Found(token),
        number: InquiryResult::Found(number),
        subscribed: InquiryResult::Found(vec![APP.to_owned()]),
        webhook: InquiryResult::Found(Some(webhook)),
        account: None,
        profile: InquiryResult::Unasked,
    };
    let here = Here { webhook_at: Some(at(-2 * DAY_MS)), ..Here::default() };
    Findings { at: at(0), meta_app: APP.to_owned(), answers, here }
}

/// What is wrong once something is set otherwise.
#[track_caller]
fn wrong(spoil: impl FnOnce(&mut Findings, &mut TokenTold, &mut NumberTold)) -> Vec<(Step, Fault)> {
    let mut of = working();
    let (InquiryResult::Found(mut token), InquiryResult::Found(mut number)) =
        (of.answers.token.clone(), of.answers.number.clone())
    else {
        panic!("all was told");
    };
    let before = of.answers.clone();
    spoil(&mut of, &mut token, &mut number);
    if of.answers.token == before.token {
        of.answers.token = InquiryResult::Found(token);
    }
    if of.answers.number == before.number {
        of.answers.number = InquiryResult::Found(number);
    }
    let all = steps(&of);
    for step in &all {
        let is_explained = step.state == StepState::Ok || step.remedy.is_some();
        assert!(
            is_explained && (step.state == StepState::Wrong) == step.code.is_some(),
            "{step:?}"
        );
    }
    all.iter().filter_map(|step| Some((step.step, step.code?))).collect()
}

#[test]
fn of_a_number_that_works_nothing_is_wrong_and_only_first_messages_are_missing() {
    assert_eq!(wrong(|_, _, _| {}), []);
    let steps = steps(&working());
    let waiting: Vec<_> =
        steps.iter().filter(|s| s.state == StepState::Waiting).map(|s| s.step).collect();
    assert_eq!(waiting, [Step::Receive, Step::Send]);
    assert_eq!(refusal(&steps), None);
    let health = health(&working(), &steps, None, &[]).expect("a health");
    assert_eq!((health.state, health.since), (HealthState::Works, at(0)));
    assert_eq!(health.at_meta.limit.as_deref(), Some("TIER_2K"));
}

#[test]
fn each_wrong_setting_of_the_token_is_named() {
    let ended = |_: &mut Findings, token: &mut TokenTold, _: &mut NumberTold| {
        (token.is_valid, token.subcode) = (false, Some(463));
    };
    assert_eq!(wrong(ended), [(Step::Token, Fault::TokenExpired)]);
    let revoked = |_: &mut Findings, token: &mut TokenTold, _: &mut NumberTold| {
        (token.is_valid, token.subcode) = (false, Some(460));
    };
    assert_eq!(wrong(revoked), [(Step::Token, Fault::TokenWrong)]);
    let nonsense = wrong(|of, _, _| of.answers.token = InquiryResult::Refused(190));
    assert_eq!(nonsense, [(Step::Token, Fault::TokenWrong)]);
    let soon = wrong(|_, token, _| token.ends_at = Some(at(DAY_MS)));
    assert_eq!(soon, [(Step::Token, Fault::TokenEndsSoon)]);
    let later = wrong(|_, token, _| token.ends_at = Some(at(30 * DAY_MS)));
    assert_eq!(later, []);
    let managing = wrong(|_, token, _| token.scopes = vec![MANAGEMENT.to_owned()]);
    assert_eq!(managing, [(Step::Rights, Fault::MessagingRightMissing)]);
    let sending = wrong(|_, token, _| token.scopes = vec![MESSAGING.to_owned()]);
    assert_eq!(sending, [(Step::Rights, Fault::ManagementRightMissing)]);
    let other = wrong(|_, token, _| token.app = Some("1".to_owned()));
    assert_eq!(other, [(Step::App, Fault::TokenOfOtherApp)]);
    let secret = wrong(|of, _, _| of.answers.app = InquiryResult::Refused(190));
    assert_eq!(secret, [(Step::App, Fault::AppSecretWrong)]);
}

#[test]
fn each_wrong_setting_of_number_and_account_is_named() {
    let set = |word: &mut Option<String>, to: &str| *word = Some(to.to_owned());
    let missing = wrong(|of, _, _| of.answers.number = InquiryResult::Refused(33));
    assert_eq!(missing, [(Step::Number, Fault::NumberNotFound)]);
    let unregistered = wrong(|_, _, number| {
        set(&mut number.platform, "NOT_APPLICABLE");
        set(&mut number.verification, "VERIFIED");
    });
    assert_eq!(unregistered, [(Step::Registration, Fault::NumberNotRegistered)]);
    let unverified = wrong(|_, _, number| {
        set(&mut number.status, "PENDING");
        set(&mut number.verification, "NOT_VERIFIED");
    });
    assert_eq!(unverified, [(Step::Registration, Fault::NumberNotVerified)]);
    let declined = wrong(|_, _, number| set(&mut number.name_status, "DECLINED"));
    assert_eq!(declined, [(Step::Name, Fault::NameDeclined)]);
    let red = wrong(|_, _, number| set(&mut number.quality, "RED"));
    assert_eq!(red, [(Step::Quality, Fault::QualityLow)]);
    for (status, fault) in
        [("BANNED", Fault::NumberBanned), ("RESTRICTED", Fault::NumberRestricted)]
    {
        assert_eq!(wrong(|_, _, number| set(&mut number.status, status)), [(Step::Account, fault)]);
    }
    for (entity, code, fault) in [
        ("WABA", NO_PAYMENT, Fault::PaymentMissing),
        ("WABA", 141_010, Fault::AccountRestricted),
        ("BUSINESS", 141_001, Fault::AccountRestricted),
        ("PHONE_NUMBER", 141_000, Fault::NumberBanned),
    ] {
        let blocked = wrong(|_, _, number| number.blocked = vec![(entity.to_owned(), vec![code])]);
        assert_eq!(blocked, [(Step::Account, fault)], "{entity} {code}");
    }
}

#[test]
fn each_wrong_setting_of_the_webhook_is_named_unless_webhooks_come_in() {
    let alone =
        wrong(|of, _, _| of.answers.subscribed = InquiryResult::Found(vec!["1".to_owned()]));
    assert_eq!(alone, [(Step::Subscription, Fault::AppNotSubscribed)]);
    let with = |url: &str, fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        InquiryResult::Found(Some(WebhookTold { url: url.to_owned(), fields }))
    };
    let ours = format!("https://inbox.acme.example/webhooks/whatsapp/{APP}/");
    for (told, fault) in [
        (InquiryResult::Found(None), Fault::WebhookNotSet),
        (with("https://old.example/hook", &["messages"]), Fault::WebhookElsewhere),
        (with(&ours, &["account_update"]), Fault::MessagesNotSubscribed),
    ] {
        let found = wrong(|of, _, _| of.answers.webhook = told.clone());
        assert_eq!(found, [(Step::Webhook, fault)]);
        let proven = wrong(|of, _, _| {
            of.answers.webhook = told.clone();
            of.here.webhook_at = Some(at(-1));
        });
        assert_eq!(proven, []);
    }
}

#[test]
fn messages_that_whatsapp_refuses_stop_the_number_whatever_its_node_tells() {
    for (code, fault) in [
        (190, Fault::TokenWrong),
        (131_042, Fault::PaymentMissing),
        (131_031, Fault::AccountRestricted),
        (133_010, Fault::NumberNotRegistered),
        (131_048, Fault::SendsRefused),
    ] {
        let mut of = working();
        of.here.refused_with = Some(code);
        let all = steps(&of);
        let health = health(&of, &all, None, &[]).expect("a health");
        assert_eq!((health.state, health.faults), (HealthState::Stopped, vec![fault]), "{code}");
    }
}

#[test]
fn without_an_answer_of_meta_a_number_stands_as_it_stood_and_is_not_added() {
    let mut of = working();
    of.answers = Answers { token: InquiryResult::Unreachable, ..Answers::default() };
    let all = steps(&of);
    assert!(all.iter().all(|step| step.code.is_none()), "{all:?}");
    assert_eq!(health(&of, &all, None, &[]), None);
    assert_eq!(refusal(&all).map(|step| step.step), Some(Step::Token));
}

#[test]
fn a_state_lasts_since_it_began_and_what_meta_does_not_tell_stays() {
    let mut of = working();
    let first = health(&of, &steps(&of), None, &[]).expect("a health");
    of.at = at(60_000);
    let second = health(&of, &steps(&of), Some(&first), &[]).expect("a health");
    assert_eq!(second, first);
    of.answers.token = InquiryResult::Refused(190);
    of.answers.number = InquiryResult::Refused(190);
    let third = health(&of, &steps(&of), Some(&first), &[]).expect("a health");
    assert_eq!((third.state, third.since), (HealthState::Stopped, at(60_000)));
    assert_eq!(third.at_meta, first.at_meta);
}
