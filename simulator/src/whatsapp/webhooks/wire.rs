//! Webhook bodies as bytes, and their signature.
//!
//! The platform escapes every code point above U+007F and signs the bytes it sends. Receivers
//! must hash what arrived; a body that survives re-serialisation would hide that mistake.

use hmac::{Hmac, KeyInit, Mac};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;
use sha2::Sha256;

/// The style in which a body is written.
pub(crate) struct Style {
    pub(crate) escape_slashes: bool,
    pub(crate) shuffle: Option<StdRng>,
}

/// The value of the header `X-Hub-Signature-256` for these bytes.
#[must_use]
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length, so the error arm cannot be reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A JSON value as the platform writes it.
pub(crate) fn encode(value: &Value, style: &mut Style) -> Vec<u8> {
    let mut out = String::new();
    write_value(value, style, &mut out);
    out.into_bytes()
}

fn write_value(value: &Value, style: &mut Style, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => write_string(text, style.escape_slashes, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, style, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            if let Some(rng) = &mut style.shuffle {
                entries.shuffle(rng);
            }
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key, style.escape_slashes, out);
                out.push(':');
                write_value(item, style, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, escape_slashes: bool, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if escape_slashes => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7f}' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain() -> Style {
        Style { escape_slashes: false, shuffle: None }
    }

    #[test]
    fn the_signature_agrees_with_the_published_vectors() {
        let vectors = [
            (
                r#"{"object":"whatsapp_business_account"}"#,
                "b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e",
            ),
            (
                r#"{"a":"caf\u00e9 \ud83d\ude00"}"#,
                "0cde1f8193bb708ff1d84f3dc31c9729961254b9f5df35ae131ef1be7840e639",
            ),
        ];
        for (body, expected) in vectors {
            let signed = signature("test-app-secret", body.as_bytes());
            assert_eq!(signed, format!("sha256={expected}"));
        }
    }

    #[test]
    fn characters_beyond_ascii_are_escaped_in_lower_case_with_surrogate_pairs() {
        let body = encode(&json!({"a": "café 😀"}), &mut plain());
        assert_eq!(body, br#"{"a":"caf\u00e9 \ud83d\ude00"}"#);
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_value() {
        let value = json!({"a/b": ["\u{1}\"\\\n\t\u{7f}é", 1, 2.5, null, true], "z": {"y": {}}});
        let rng = crate::base::seeds::Seeds(7).rng("keys", "", 0);
        let mut style = Style { escape_slashes: true, shuffle: Some(rng) };
        let body = encode(&value, &mut style);
        assert!(body.is_ascii());
        assert!(String::from_utf8_lossy(&body).contains("a\\/b"));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), value);
    }
}
