//! Whether a webhook really comes from Meta: the signature of a POST over its raw bytes, and the
//! token of a subscription check. Both are compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

const PREFIX: &[u8] = b"sha256=";

/// Why a POST was not accepted as Meta's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureRefused {
    /// The header is absent.
    #[error("the signature header is missing")]
    Missing,
    /// The header is not `sha256=` and 64 lower-case hexadecimal digits.
    #[error("the signature header is not sha256= and 64 lower-case hexadecimal digits")]
    Malformed,
    /// No secret of the app gives this signature.
    #[error("the signature fits no secret of the app")]
    Wrong,
}

/// Checks the signature of `body`, the bytes as received, against each of the app's secrets.
///
/// An app has several secrets while one is being replaced by another. All of them are tried, so
/// that the time taken does not tell which one fits.
///
/// # Errors
///
/// Says why the POST is not taken for Meta's.
pub fn verify<S: AsRef<[u8]>>(
    header: Option<&[u8]>,
    body: &[u8],
    secrets: &[S],
) -> Result<(), SignatureRefused> {
    let given = decode(header.ok_or(SignatureRefused::Missing)?)?;
    let mut fits = Choice::from(0);
    for secret in secrets {
        fits |= sign(secret.as_ref(), body).ct_eq(&given);
    }
    if bool::from(fits) { Ok(()) } else { Err(SignatureRefused::Wrong) }
}

/// Checks Meta's question whether this endpoint may be subscribed, given as decoded query pairs,
/// and returns the challenge to answer with.
///
/// A key that comes twice makes the question ambiguous and is refused, as is an empty token.
pub fn verify_subscription<K, V>(query: &[(K, V)], token: &str) -> Option<String>
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let one = |wanted: &str| {
        let mut values = query.iter().filter(|(key, _)| key.as_ref() == wanted);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value.as_ref()),
            _ => None,
        }
    };
    let mode = one("hub.mode")?;
    let given = one("hub.verify_token")?;
    let challenge = one("hub.challenge")?;
    // Digests are compared, so that not even the token's length shows.
    let same = Sha256::digest(given).ct_eq(&Sha256::digest(token));
    (mode == "subscribe" && !token.is_empty() && bool::from(same)).then(|| challenge.to_owned())
}

fn decode(header: &[u8]) -> Result<[u8; 32], SignatureRefused> {
    let digits = header.strip_prefix(PREFIX).ok_or(SignatureRefused::Malformed)?;
    if digits.iter().any(u8::is_ascii_uppercase) {
        return Err(SignatureRefused::Malformed);
    }
    let mut given = [0; 32];
    match hex::decode_to_slice(digits, &mut given) {
        Ok(()) => Ok(given),
        Err(_) => Err(SignatureRefused::Malformed),
    }
}

fn sign(secret: &[u8], body: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "test-app-secret";
    const BODY: &[u8] = br#"{"object":"whatsapp_business_account"}"#;
    const SIGNED: &str = "b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e";
    const ESCAPED_BODY: &[u8] = br#"{"a":"caf\u00e9 \ud83d\ude00"}"#;
    const ESCAPED_SIGNED: &str = "0cde1f8193bb708ff1d84f3dc31c9729961254b9f5df35ae131ef1be7840e639";

    #[track_caller]
    fn check(header: Option<&str>, body: &[u8], secrets: &[&str], expected: &str) {
        let answer = verify(header.map(str::as_bytes), body, secrets);
        assert_eq!(format!("{answer:?}"), expected);
    }

    #[test]
    fn the_published_vectors_are_accepted() {
        check(Some(&format!("sha256={SIGNED}")), BODY, &[SECRET], "Ok(())");
        check(Some(&format!("sha256={ESCAPED_SIGNED}")), ESCAPED_BODY, &[SECRET], "Ok(())");
    }

    #[test]
    fn any_of_the_apps_secrets_will_do_in_any_place() {
        let header = format!("sha256={SIGNED}");
        check(Some(&header), BODY, &["old", SECRET], "Ok(())");
        check(Some(&header), BODY, &[SECRET, "next"], "Ok(())");
        check(Some(&header), BODY, &["old", "next"], "Err(Wrong)");
        check(Some(&header), BODY, &[], "Err(Wrong)");
    }

    #[test]
    fn a_changed_byte_of_body_or_signature_is_refused() {
        let header = format!("sha256={SIGNED}");
        check(Some(&header), br#"{"object":"whatsapp_business_accounT"}"#, &[SECRET], "Err(Wrong)");
        check(Some(&header.replace("b697", "b698")), BODY, &[SECRET], "Err(Wrong)");
    }

    #[test]
    fn only_the_strict_form_of_the_header_is_read() {
        check(None, BODY, &[SECRET], "Err(Missing)");
        for header in [
            String::new(),
            SIGNED.to_owned(),
            format!("SHA256={SIGNED}"),
            format!("sha1={SIGNED}"),
            format!("sha256={}", SIGNED.to_uppercase()),
            format!("sha256= {SIGNED}"),
            format!("sha256={SIGNED} "),
            format!("sha256={SIGNED}00"),
            format!("sha256={}", SIGNED.trim_end_matches('e')),
            format!("sha256={}", SIGNED.replace('b', "g")),
            format!("sha256={}", SIGNED.replacen('b', "é", 1)),
        ] {
            check(Some(&header), BODY, &[SECRET], "Err(Malformed)");
        }
    }

    #[track_caller]
    fn check_subscription(query: &[(&str, &str)], token: &str, expected: Option<&str>) {
        assert_eq!(verify_subscription(query, token).as_deref(), expected);
    }

    #[test]
    fn a_subscription_with_the_right_token_gets_its_challenge_back() {
        let mut query = [
            ("hub.challenge", "11 58&"),
            ("hub.mode", "subscribe"),
            ("hub.verify_token", "let-in"),
        ];
        check_subscription(&query, "let-in", Some("11 58&"));
        check_subscription(&query, "let-out", None);
        check_subscription(&query, "let-in-", None);
        query[1].1 = "unsubscribe";
        check_subscription(&query, "let-in", None);
    }

    #[test]
    fn a_subscription_with_parts_missing_doubled_or_empty_is_refused() {
        let (mode, token) = (("hub.mode", "subscribe"), ("hub.verify_token", "t"));
        let challenge = ("hub.challenge", "1");
        check_subscription(&[mode, token, challenge], "t", Some("1"));
        check_subscription(&[mode, token], "t", None);
        check_subscription(&[mode, challenge], "t", None);
        check_subscription(&[token, challenge], "t", None);
        check_subscription(&[mode, token, challenge, challenge], "t", None);
        check_subscription(&[mode, token, ("hub.verify_token", "x"), challenge], "t", None);
        check_subscription(&[mode, ("hub.verify_token", ""), challenge], "", None);
    }
}
