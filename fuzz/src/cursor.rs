//! Cursors, as `/sync` and `hello` get them.

use std::path::Path;

use baton_protocol::Cursor;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(cursor) = text.parse::<Cursor>() else { return };
    let written = cursor.to_string();
    assert_eq!(written.parse(), Ok(cursor), "written otherwise");
    let json = serde_json::to_string(&cursor).expect("a cursor is JSON");
    let read: Cursor = serde_json::from_str(&json).expect("and is read from it");
    assert_eq!(read, cursor);
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let epoch = "0198c0de-0000-7000-8000-000000000001";
    [0, 1, 42, u64::MAX].map(|position| format!("{epoch}:{position}").into_bytes()).into()
}
