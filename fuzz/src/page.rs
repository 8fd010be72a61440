//! Page tokens, which come back from clients as they were given.

use std::path::Path;

use baton::store::read::{ListPlace, review_place, snapshot_place};

/// As long as the digest of a filter.
const MARK: &str = "0011223344556677";
const ID: &str = "0198c0de-0000-7000-8000-000000000001";

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // As it comes, and as if somebody had made it by hand: hexadecimal digits are not all of it.
    for token in [text.to_owned(), hex::encode(text)] {
        if let Ok(place) = ListPlace::parse(&token, MARK) {
            let again = ListPlace::parse(&place.token(MARK), MARK);
            assert!(again.is_ok_and(|again| again == place), "written otherwise");
            let elsewhere = ListPlace::parse(&token, "7766554433221100");
            assert!(elsewhere.is_err(), "taken for another filter");
        }
        if review_place(&token, MARK).is_ok() {
            assert!(review_place(&token, "7766554433221100").is_err(), "taken for another filter");
        }
        drop(snapshot_place(&token));
    }
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let texts = [
        format!("w:-5:{ID}:{MARK}"),
        format!("o:1760000000000:{ID}:{MARK}"),
        format!("a:9223372036854775807:{ID}:{MARK}"),
        format!("1760000000000:{ID}:{MARK}"),
        format!("42:{ID}"),
    ];
    texts
        .iter()
        .flat_map(|text| [text.clone(), hex::encode(text)])
        .map(String::into_bytes)
        .collect()
}
