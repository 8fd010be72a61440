//! The fields of a registration: each has a form and a length, and some lanes ask for more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_protocol::limits::{
    PUSH_APP_ID_BYTES_MAX, PUSH_CAP_BYTES_MAX, PUSH_CAPS_MAX, PUSH_ENDPOINT_BYTES_MAX,
    PUSH_LOCALE_BYTES_MAX, PUSH_TOKEN_BYTES_MAX,
};
use baton_protocol::push::{PushKey, PushLane, PushPut, PushTargetKind};
use p256::PublicKey;

use crate::accounts::AccountError;

/// An uncompressed point of P-256.
const POINT_BYTES: usize = 65;
const AUTH_BYTES: usize = 16;
const KEY_ID_DIGITS: usize = 16;

/// The same registration in the one form in which it is stored.
pub(super) fn checked(put: &PushPut) -> Result<PushPut, AccountError> {
    let mut put = put.clone();
    check_lane(&put)?;
    match put.target_kind {
        PushTargetKind::Token | PushTargetKind::Fid => check_token(&put)?,
        PushTargetKind::Endpoint => check_endpoint(&put.target)?,
    }
    if put.lane == PushLane::Apns {
        // Hexadecimal digits: one token in two spellings is one target.
        put.target.make_ascii_lowercase();
    }
    if let Some(key) = &mut put.key {
        check_key(key)?;
    }
    if let Some(app_id) = &put.app_id {
        short("app_id", app_id, PUSH_APP_ID_BYTES_MAX, |b| b.is_ascii_graphic())?;
    }
    if let Some(locale) = &put.locale {
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        short("locale", locale, PUSH_LOCALE_BYTES_MAX, good)?;
    }
    if put.caps.len() > PUSH_CAPS_MAX {
        return Err(invalid("caps", format!("at most {PUSH_CAPS_MAX}")));
    }
    for cap in &put.caps {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        short("caps", cap, PUSH_CAP_BYTES_MAX, good)?;
    }
    put.caps.sort();
    put.caps.dedup();
    Ok(put)
}

/// Each push service has its own kinds of targets, and needs to know its own things.
fn check_lane(put: &PushPut) -> Result<(), AccountError> {
    use PushTargetKind::{Endpoint, Fid, Token};
    let kinds: &[PushTargetKind] = match put.lane {
        PushLane::Fcm => &[Token, Fid],
        PushLane::Apns | PushLane::Relay | PushLane::Log => &[Token],
        PushLane::Webpush | PushLane::Unifiedpush => &[Endpoint],
    };
    if !kinds.contains(&put.target_kind) {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        let problem = format!("with lane {}: {}", put.lane.name(), names.join(" or "));
        return Err(invalid("target_kind", problem));
    }
    match put.lane {
        PushLane::Apns if put.app_id.is_none() => Err(invalid("app_id", "lane apns needs it")),
        PushLane::Apns if put.env.is_none() => Err(invalid("env", "lane apns needs it")),
        PushLane::Webpush | PushLane::Unifiedpush | PushLane::Relay if put.key.is_none() => {
            Err(invalid("key", format!("lane {} needs it", put.lane.name())))
        }
        PushLane::Fcm
        | PushLane::Apns
        | PushLane::Webpush
        | PushLane::Unifiedpush
        | PushLane::Relay
        | PushLane::Log => Ok(()),
    }
}

fn check_token(put: &PushPut) -> Result<(), AccountError> {
    short("target", &put.target, PUSH_TOKEN_BYTES_MAX, |b| b.is_ascii_graphic())?;
    if put.lane == PushLane::Apns && hex::decode(&put.target).is_err() {
        return Err(invalid("target", "with lane apns: hexadecimal digits"));
    }
    Ok(())
}

/// An address of a stranger, to which the server will post: what it leads to is looked at then.
fn check_endpoint(text: &str) -> Result<(), AccountError> {
    short("target", text, PUSH_ENDPOINT_BYTES_MAX, |b| b.is_ascii_graphic())?;
    let url = reqwest::Url::parse(text).ok().filter(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
        // Whether it is asked at all is looked at when it is.
        let is_fit = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        is_fit && url.has_host() && is_plain && url.fragment().is_none()
    });
    url.map(drop).ok_or_else(|| invalid("target", "must be an https URL without user or fragment"))
}

fn check_key(key: &mut PushKey) -> Result<(), AccountError> {
    let point: Option<[u8; POINT_BYTES]> =
        BASE64.decode(&key.p256dh).ok().and_then(|bytes| bytes.try_into().ok());
    if point.is_none_or(|point| PublicKey::from_sec1_bytes(&point).is_err()) {
        let problem = "must be an uncompressed point of P-256, base64url without padding";
        return Err(invalid("key.p256dh", problem));
    }
    if !BASE64.decode(&key.auth).is_ok_and(|bytes| bytes.len() == AUTH_BYTES) {
        let problem = format!("must be {AUTH_BYTES} bytes, base64url without padding");
        return Err(invalid("key.auth", problem));
    }
    if let Some(id) = &mut key.id {
        if id.len() != KEY_ID_DIGITS || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            let problem = format!("must be {KEY_ID_DIGITS} hexadecimal digits");
            return Err(invalid("key.id", problem));
        }
        id.make_ascii_lowercase();
    }
    Ok(())
}

fn short(
    field: &'static str,
    text: &str,
    bytes_max: usize,
    good: impl Fn(u8) -> bool,
) -> Result<(), AccountError> {
    if text.is_empty() || text.len() > bytes_max || !text.bytes().all(good) {
        let problem = format!("must be 1 to {bytes_max} characters of those that it may have");
        return Err(invalid(field, problem));
    }
    Ok(())
}

fn invalid(field: &'static str, problem: impl Into<String>) -> AccountError {
    AccountError::invalid(field, problem)
}

#[cfg(test)]
mod tests {
    use baton_protocol::push::PushEnv;

    use super::*;

    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZG\
                          H6SRpkNtoIAiw4";

    fn key() -> PushKey {
        let auth = "BTBZMqHH6r4Tts7J_aSIgg".to_owned();
        PushKey { id: Some("01A23b45c67d89ef".to_owned()), p256dh: P256DH.to_owned(), auth }
    }

    fn fcm() -> PushPut {
        PushPut {
            lane: PushLane::Fcm,
            target_kind: PushTargetKind::Token,
            target: "cQ1:APA91b".to_owned(),
            key: Some(key()),
            app_id: None,
            env: None,
            locale: None,
            caps: Vec::new(),
        }
    }

    fn apns() -> PushPut {
        PushPut {
            lane: PushLane::Apns,
            target: "00FCff".to_owned(),
            app_id: Some("org.example.baton".to_owned()),
            env: Some(PushEnv::Sandbox),
            ..fcm()
        }
    }

    fn webpush() -> PushPut {
        PushPut {
            lane: PushLane::Webpush,
            target_kind: PushTargetKind::Endpoint,
            target: "https://push.example:8443/s/1?a=b".to_owned(),
            ..fcm()
        }
    }

    #[track_caller]
    fn refused(field: &str, put: &PushPut) {
        match checked(put) {
            Err(AccountError::Invalid { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {:?}", other.map(|put| (put.lane, put.target))),
        }
    }

    #[test]
    fn what_every_lane_needs_is_enough() {
        for put in [
            fcm(),
            PushPut { target_kind: PushTargetKind::Fid, key: None, ..fcm() },
            apns(),
            webpush(),
            PushPut { lane: PushLane::Unifiedpush, ..webpush() },
            PushPut { lane: PushLane::Relay, ..fcm() },
            PushPut { lane: PushLane::Log, key: None, ..fcm() },
            PushPut { locale: Some("zh-Hant-TW".to_owned()), ..fcm() },
        ] {
            assert!(checked(&put).is_ok(), "{}", put.lane.name());
        }
    }

    #[test]
    fn one_thing_in_two_spellings_is_stored_in_one() {
        let caps = ["b", "a", "b"].map(str::to_owned).to_vec();
        let put = checked(&PushPut { caps, ..apns() }).unwrap();
        assert_eq!(
            (put.target.as_str(), put.caps),
            ("00fcff", ["a", "b"].map(str::to_owned).to_vec())
        );
        assert_eq!(put.key.unwrap().id.as_deref(), Some("01a23b45c67d89ef"));
        // Other services' tokens have large and small letters.
        assert_eq!(checked(&fcm()).unwrap().target, "cQ1:APA91b");
    }

    #[test]
    fn each_lane_takes_its_own_kinds_of_targets_and_names_what_it_lacks() {
        for (lane, target_kind) in [
            (PushLane::Fcm, PushTargetKind::Endpoint),
            (PushLane::Apns, PushTargetKind::Fid),
            (PushLane::Webpush, PushTargetKind::Token),
            (PushLane::Unifiedpush, PushTargetKind::Fid),
            (PushLane::Relay, PushTargetKind::Endpoint),
            (PushLane::Log, PushTargetKind::Fid),
        ] {
            refused("target_kind", &PushPut { lane, target_kind, ..apns() });
        }
        refused("app_id", &PushPut { app_id: None, ..apns() });
        refused("env", &PushPut { env: None, ..apns() });
        refused("key", &PushPut { key: None, ..webpush() });
        refused("key", &PushPut { lane: PushLane::Relay, key: None, ..fcm() });
    }

    #[test]
    fn what_is_too_long_or_of_another_form_is_refused_by_name() {
        let token = |target: &str| PushPut { target: target.to_owned(), ..fcm() };
        for target in ["", "a b", "a\nb", "é", "a\0", &"x".repeat(4_097)] {
            refused("target", &token(target));
        }
        refused("target", &PushPut { target: "0g".to_owned(), ..apns() });
        for target in [
            "http://push.example/1",
            "https://",
            "https://a@push.example/1",
            "https://:b@push.example/1",
            "https://push.example/1#f",
            "push.example/1",
            "file:///etc/passwd",
            &format!("https://push.example/{}", "x".repeat(980)),
        ] {
            refused("target", &PushPut { target: target.to_owned(), ..webpush() });
        }
        for (app_id, locale) in [(Some("a b"), None), (Some(""), None), (None, Some("es_ES"))] {
            let field = if app_id.is_some() { "app_id" } else { "locale" };
            let (app_id, locale) = (app_id.map(str::to_owned), locale.map(str::to_owned));
            refused(field, &PushPut { app_id, locale, ..fcm() });
        }
        for caps in [vec!["A".to_owned()], vec![String::new()], vec!["x".repeat(33)]] {
            refused("caps", &PushPut { caps, ..fcm() });
        }
        refused("caps", &PushPut { caps: vec!["a".to_owned(); 17], ..fcm() });
    }

    #[test]
    fn a_key_that_nothing_could_be_sealed_to_is_refused() {
        let with = |change: fn(&mut PushKey)| {
            let mut key = key();
            change(&mut key);
            PushPut { key: Some(key), ..fcm() }
        };
        refused("key.p256dh", &with(|key| key.p256dh.push('=')));
        refused("key.p256dh", &with(|key| key.p256dh.truncate(40)));
        // No point of the curve.
        refused("key.p256dh", &with(|key| key.p256dh = BASE64.encode([4; 65])));
        refused("key.p256dh", &with(|key| key.p256dh = BASE64.encode([0; 1])));
        refused("key.auth", &with(|key| key.auth.truncate(20)));
        refused("key.auth", &with(|key| key.auth = "!".repeat(22)));
        refused("key.id", &with(|key| key.id = Some("01a23b45c67d89e".to_owned())));
        refused("key.id", &with(|key| key.id = Some("+1a23b45c67d89ef".to_owned())));
    }
}
