//! The header that signs a webhook, and Meta's question whether it may subscribe.

use std::path::Path;

use baton::whatsapp::{verify, verify_subscription};

const SECRETS: [&str; 2] = ["test-app-secret", "the one before it"];
const TOKEN: &str = "let-in";

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if verify(Some(header), body, &SECRETS).is_ok() {
        let other = [body, b"!"].concat();
        assert!(verify(Some(header), &other, &SECRETS).is_err(), "it signs another body too");
        assert!(verify::<&str>(Some(header), body, &[]).is_err(), "it needs no secret");
    }
    subscription(data);
}

fn subscription(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs: Vec<_> = text.split('&').filter_map(|pair| pair.split_once('=')).collect();
    if let Some(challenge) = verify_subscription(&pairs, TOKEN) {
        assert!(pairs.contains(&("hub.verify_token", TOKEN)), "without the token");
        assert!(pairs.contains(&("hub.challenge", &challenge)), "another challenge");
    }
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let signed = "sha256=b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e\n\
        {\"object\":\"whatsapp_business_account\"}";
    let asked = "hub.mode=subscribe&hub.challenge=1158&hub.verify_token=let-in";
    [signed, asked].map(|text| text.as_bytes().to_vec()).into()
}
