//! Webhooks as Meta would send them, made and signed by hand: no simulator in the path.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::clock;

/// The app at Meta that signs.
pub(crate) const META_APP: &str = "900100200300400";
/// Its secret; it is meant for this machine only.
pub(crate) const APP_SECRET: &str = "baton-load-app-secret";
/// The mark before the number of a message in its text, for listeners to find.
pub(crate) const MARK: &[u8] = b"~L";
/// Digits of that number.
pub(crate) const MARK_DIGITS: usize = 8;

/// A customer's way in: the number of the team and the customer's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomerAt {
    /// The index of the workspace whose number gets the message.
    pub(crate) channel: usize,
    /// The index of the customer in that workspace.
    pub(crate) contact: usize,
}

/// Meta's id of the number of a workspace.
pub(crate) fn phone_number_id(channel: usize) -> String {
    format!("7001000000{channel:05}")
}

/// The text of customers, where nothing else is asked for.
const USUAL: &str = "Good morning, where is my parcel? It should have come yesterday.";

/// Writes one POST, request head included. Messages are numbered from `first`; `run` keeps the
/// ids of one run apart from those of another.
pub(crate) fn request(run: &str, from: CustomerAt, first: usize, count: usize) -> Vec<u8> {
    of_body(&body(run, from, (first, count), USUAL))
}

/// The same of one message with this text, which needs no escape.
pub(crate) fn saying(run: &str, from: CustomerAt, n: usize, text: &str) -> Vec<u8> {
    of_body(&body(run, from, (n, 1), text))
}

fn of_body(body: &str) -> Vec<u8> {
    let signature = hex::encode(sign(body.as_bytes()));
    let mut request = format!(
        "POST /webhooks/whatsapp/{META_APP} HTTP/1.1\r\nhost: 127.0.0.1\r\n\
         content-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body.as_bytes());
    request
}

fn body(run: &str, from: CustomerAt, (first, count): (usize, usize), text: &str) -> String {
    let at = clock::unix_seconds();
    let customer = format!("4915{:03}{:07}", from.channel, from.contact);
    let number = phone_number_id(from.channel);
    let mut messages = String::with_capacity(count * 220);
    for n in first..first + count {
        let comma = if n == first { "" } else { "," };
        messages.push_str(&format!(
            concat!(
                r#"{comma}{{"from":"{customer}","id":"wamid.HBgL{run}{n:010}","#,
                r#""timestamp":"{at}","type":"text","text":{{"body":"~L{n:08x} {text}"}}}}"#
            ),
            comma = comma,
            customer = customer,
            run = run,
            n = n,
            at = at,
            text = text,
        ));
    }
    format!(
        concat!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","#,
            r#""changes":[{{"value":{{"messaging_product":"whatsapp","metadata":"#,
            r#"{{"display_phone_number":"15550783881","phone_number_id":"{number}"}},"#,
            r#""contacts":[{{"profile":{{"name":"Customer {c}"}},"wa_id":"{customer}"}}],"#,
            r#""messages":[{messages}]}},"field":"messages"}}]}}]}}"#
        ),
        number = number,
        customer = customer,
        messages = messages,
        c = from.contact
    )
}

fn sign(body: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac =
        Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).expect("a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// The numbers of the messages whose text stands in `frame`, in order; one may come twice.
pub(crate) fn marks(frame: &[u8]) -> impl Iterator<Item = usize> {
    let windows = frame.windows(MARK.len() + MARK_DIGITS);
    windows.filter(|window| window.starts_with(MARK)).filter_map(|window| {
        let digits = std::str::from_utf8(window.get(MARK.len()..)?).ok()?;
        usize::from_str_radix(digits, 16).ok()
    })
}

/// The same frame with another number.
pub(crate) fn renumbered(frame: &str, number: usize) -> String {
    let mut parts = frame.split("~L");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(&format!("~L{number:0MARK_DIGITS$x}"));
        text.push_str(part.get(MARK_DIGITS..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_its_length_with_another_number() {
        assert_eq!(renumbered("a ~L0000000f b ~L0000000f", 16), "a ~L00000010 b ~L00000010");
        assert_eq!(renumbered("none", 16), "none");
    }

    #[test]
    fn a_message_is_found_again_by_its_mark() {
        let body = body("r", CustomerAt { channel: 0, contact: 3 }, (254, 3), USUAL);
        assert_eq!(marks(body.as_bytes()).collect::<Vec<_>>(), [254, 255, 256]);
        assert_eq!(marks(b"~L00").count() + marks(b"~Lnodigits").count(), 0);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        let messages = &value["entry"][0]["changes"][0]["value"]["messages"];
        assert_eq!(messages.as_array().unwrap().len(), 3);
        assert_eq!(messages[2]["from"], "49150000000003");
    }
}
