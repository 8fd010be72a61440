//! Files of the repository that are made of what the server is: each is as it would be made now.

use std::fs;

use super::root;

/// The variable that lets the tests write what they compare otherwise.
const ACCEPT: &str = "BATON_ACCEPT_EDGES";

/// Fails where a file differs from what it would be made as; with [`ACCEPT`] writes it.
#[track_caller]
pub(super) fn is_current(path: &str, made: &str) {
    let place = root().join(path);
    if std::env::var_os(ACCEPT).is_some() {
        fs::write(&place, made).unwrap();
    }
    let there = fs::read_to_string(&place).unwrap_or_default();
    let odd = there.lines().zip(made.lines()).enumerate().find(|(_, (there, made))| there != made);
    let odd = odd.map(|(place, (there, made))| format!("line {}: {there}\nnow {made}", place + 1));
    assert!(there == made, "{path} is stale: scripts/edges.sh\n{}", odd.unwrap_or_default());
}

/// The same for the lines of a page between the lines `<!-- NAME -->` and `<!-- /NAME -->`.
#[track_caller]
pub(super) fn is_current_between(path: &str, name: &str, made: &str) {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path}: no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path}: no {end}"));
    is_current(path, &[before, &begin, made, &end, after].concat());
}
