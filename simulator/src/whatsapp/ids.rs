//! Ids in the shapes the Cloud API gives them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::RngExt;

use crate::base::seeds::Seeds;
use crate::state::shared::Shared;

const FROM_CUSTOMER: u8 = 0x12;
const FROM_BUSINESS: u8 = 0x11;

/// The id of the `nth` message that a customer wrote.
pub(crate) fn inbound_wamid(seeds: Seeds, phone_number_id: &str, who: &str, nth: u64) -> String {
    let key = format!("{phone_number_id}/{who}");
    wamid(who, FROM_CUSTOMER, &hex_upper::<10>(seeds, "inbound", &key, nth))
}

/// The id of the `nth` message sent to a customer.
pub(crate) fn outbound_wamid(seeds: Seeds, phone_number_id: &str, who: &str, nth: u64) -> String {
    let key = format!("{phone_number_id}/{who}");
    wamid(who, FROM_BUSINESS, &hex_upper::<9>(seeds, "outbound", &key, nth))
}

/// The trace id of the next error answer.
pub(crate) fn next_fbtrace_id(shared: &Shared) -> String {
    let bytes: [u8; 16] = shared.seeds.rng("fbtrace", "", shared.count_refusal()).random();
    format!("A{}", URL_SAFE_NO_PAD.encode(bytes))
}

// Published wamids decode to: 1C 18 <len> <who> 15 02 00 <direction> 18 <len> <hex digits> 00.
fn wamid(who: &str, direction: u8, digits: &str) -> String {
    let mut bytes = vec![0x1C, 0x18];
    push_counted(&mut bytes, who);
    bytes.extend([0x15, 0x02, 0x00, direction, 0x18]);
    push_counted(&mut bytes, digits);
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

fn push_counted(bytes: &mut Vec<u8>, text: &str) {
    let text: Vec<u8> = text.bytes().take(255).collect();
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend(text);
}

fn hex_upper<const N: usize>(seeds: Seeds, purpose: &str, key: &str, nth: u64) -> String {
    let bytes: [u8; N] = seeds.rng(purpose, key, nth).random();
    hex::encode_upper(bytes)
}
