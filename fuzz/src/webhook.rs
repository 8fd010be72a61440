//! Bodies of webhooks, behind the signature.

use std::path::Path;

use baton::whatsapp::parse;
use baton_domain::fact::inbound::ElementBody;
use baton_protocol::Timestamp;

const ARRIVED: Timestamp = Timestamp::from_ms(1_760_000_000_000);
/// What each element may keep beside itself: a number, a card and the frame of a webhook.
const BESIDE_BYTES: usize = 16_384;

pub(crate) fn run(data: &[u8]) {
    let Ok(elements) = parse(data, ARRIVED) else { return };
    for element in &elements {
        assert!(element.raw.len() <= data.len() + BESIDE_BYTES, "an element outgrows its POST");
        let again = parse(element.raw.as_bytes(), ARRIVED);
        let again = again.unwrap_or_else(|e| panic!("{e}: what was kept cannot be replayed"));
        // What belongs to nobody may be a whole POST; everything else stands for itself.
        if !matches!(element.body, ElementBody::Unattributable { .. }) {
            assert_eq!(again.as_slice(), std::slice::from_ref(element), "replayed otherwise");
        }
    }
}

pub(crate) fn seeds(recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let mut all = super::files(&super::root().join("../tests/fixtures/whatsapp"), "");
    all.extend(
        recorded.map(|root| super::files(&root.join("whatsapp/webhooks"), "")).unwrap_or_default(),
    );
    all
}
