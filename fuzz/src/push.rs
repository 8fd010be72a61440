//! Pushes, as the phone's system hands them over.

use std::collections::BTreeMap;
use std::path::Path;

use baton_mobile::push::payload::{self, Input};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let map = serde_json::from_slice::<BTreeMap<String, String>>(data).ok();
    let inputs =
        [map.map(Input::Fcm), Some(Input::Apns(text)), Some(Input::WebPush(data.to_vec()))];
    for input in inputs.into_iter().flatten() {
        let read = payload::read(&input, None);
        assert_eq!(payload::read(&input, None), read, "read otherwise the second time");
        // It is kept while the store is locked.
        let kept = serde_json::to_string(&input).expect("it can be kept");
        let again: Input = serde_json::from_str(&kept).expect("and read again");
        assert_eq!(again, input);
    }
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    super::fixtures("push.")
}
