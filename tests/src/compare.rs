//! Whether two mirrors hold the same: heads, what is unread, and lines and notes as far as both
//! reach back.

use baton_domain::see::mirror::{Full, Mirror, Mirrored};

/// In what two mirrors differ; nothing when they have converged.
pub fn differences(one: &Mirror, other: &Mirror) -> Vec<String> {
    let mut found = Vec::new();
    for (id, held) in &one.conversations {
        let Some(theirs) = other.conversations.get(id) else {
            found.push(format!("{id} is held by the first alone"));
            continue;
        };
        if held.head() != theirs.head() || held.unread() != theirs.unread() {
            let (ours, others) = (held.head(), theirs.head());
            let unread = (held.unread(), theirs.unread());
            found.push(format!("{id}: {ours:?} and {others:?}, unread {unread:?}"));
        }
        match (held, theirs) {
            (Mirrored::Full(held), Mirrored::Full(theirs)) => found.extend(texts(held, theirs)),
            (Mirrored::Head(_), Mirrored::Head(_)) => {}
            (Mirrored::Full(_), Mirrored::Head(_)) | (Mirrored::Head(_), Mirrored::Full(_)) => {
                found.push(format!("{id} is held at two levels"));
            }
        }
    }
    let extra = other.conversations.keys().filter(|id| !one.conversations.contains_key(*id));
    found.extend(extra.map(|id| format!("{id} is held by the second alone")));
    found
}

fn texts(one: &Full, other: &Full) -> Option<String> {
    let id = one.view.conversation.head.id;
    if one.view != other.view {
        return Some(format!("{id}: {:?} and {:?}", one.view, other.view));
    }
    let from = one.from_seq.max(other.from_seq);
    if !one.lines.range(from..).eq(other.lines.range(from..)) {
        return Some(format!("{id}: lines differ from {from} on"));
    }
    // Notes of a stretch are those that are younger than its first line; who reaches further
    // back has more.
    let (fewer, more) =
        if one.notes.len() < other.notes.len() { (one, other) } else { (other, one) };
    let missing =
        fewer.notes.iter().find(|(revision, note)| more.notes.get(revision) != Some(note));
    let differs = missing.is_some()
        || (one.from_seq == other.from_seq && one.notes.len() != other.notes.len());
    differs.then(|| format!("{id}: notes differ"))
}
