//! Requests for lists that are the server's alone. They have notices, drafts that others left,
//! searches in everything, kept views, devices, levels of pushes, who waits longest, and files of
//! customers.

use std::fmt::Write as _;

use baton_protocol::notice::NoticesRead;
use baton_protocol::push::PushPreference;
use baton_protocol::view::{ViewFilter, ViewStatus};
use baton_protocol::{ContactId, ConversationId, DeviceId, TeamId};

use super::Request;
use super::json::{delete, escaped, get, post, put};
use crate::link::Failure;
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};

const BOUNDS: super::Bounds = (FETCH_MAX, ANSWER_BYTES_MAX);

/// Where a list goes on, and the most rows of its next page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListPart {
    /// `next` of the page before; `None` for the first.
    pub page: Option<String>,
    /// The most rows, 1 to 200.
    pub limit: u32,
}

/// Makes a request for the agent's notices. The answer is a
/// [`NoticePage`](baton_protocol::notice::NoticePage).
pub fn notices(before: Option<u64>, limit: u32) -> Request {
    let before = before.map(|position| format!("&before={position}")).unwrap_or_default();
    get(&format!("/api/v1/notices?limit={limit}{before}"), BOUNDS)
}

/// Makes a request that says which notices are read. The answer is
/// [`NoticesLeft`](baton_protocol::notice::NoticesLeft).
///
/// # Errors
/// `Unreadable` when the body cannot be written as JSON.
pub fn read_notices(which: &NoticesRead) -> Result<Request, Failure> {
    let request = post("/api/v1/notices/read", which, BOUNDS)?;
    Ok(Request { is_repeatable: true, ..request })
}

/// Makes a request for the texts that were typed in a conversation and not sent. The answer is a
/// list of [`KeptDraft`](baton_protocol::notice::KeptDraft).
pub fn kept_drafts(of: ConversationId) -> Request {
    get(&format!("/api/v1/conversations/{of}/drafts"), BOUNDS)
}

/// Makes a request for what the team's own programs know of a customer. The answer is
/// [`ContactContext`](baton_protocol::context::ContactContext).
pub fn context(of: ConversationId) -> Request {
    get(&format!("/api/v1/conversations/{of}/context"), BOUNDS)
}

/// Makes a request for the files of a customer. The answer is
/// [`CustomerFiles`](baton_protocol::page::CustomerFiles).
pub fn customer_files(of: ContactId, part: &ListPart) -> Request {
    let mut path = format!("/api/v1/contacts/{of}/files?limit={}", part.limit);
    add(&mut path, "page", part.page.as_deref());
    get(&path, BOUNDS)
}

/// Makes a request for conversations that pass a filter. The answer is a
/// [`ConversationPage`](baton_protocol::page::ConversationPage).
pub fn filtered(filter: &ViewFilter, part: &ListPart) -> Request {
    let mut path = format!("/api/v1/conversations?limit={}", part.limit);
    add_filter(&mut path, filter);
    if filter.unanswered {
        path.push_str("&unanswered=true");
    }
    // As at the desk: without a status and a text it is what is open or waiting.
    if filter.status.is_none() && filter.text.is_none() {
        path.push_str("&status=unfinished");
    }
    add(&mut path, "page", part.page.as_deref());
    get(&path, BOUNDS)
}

/// Makes a request for customers, messages and notes by the filter's text. The answer is a
/// [`SearchPage`](baton_protocol::page::SearchPage).
pub fn found(filter: &ViewFilter, part: &ListPart) -> Request {
    let mut path = format!("/api/v1/search?limit={}", part.limit);
    add_filter(&mut path, filter);
    add(&mut path, "page", part.page.as_deref());
    get(&path, BOUNDS)
}

/// Makes a request for the views that the agent and their teams keep. The answer is a list of
/// [`SavedView`](baton_protocol::view::SavedView).
pub fn saved_views() -> Request {
    get("/api/v1/saved-views", BOUNDS)
}

/// Makes a request for the agent's devices. The answer is a list of
/// [`Device`](baton_protocol::account::Device).
pub fn devices() -> Request {
    get("/api/v1/sessions", BOUNDS)
}

/// Makes a request that signs a device out. There is nothing to read.
pub fn end_device(device: DeviceId) -> Request {
    delete(&format!("/api/v1/sessions/{device}"), BOUNDS)
}

/// Makes a request for how much the agent is told by push. The answer is a [`PushPreference`].
pub fn push_levels() -> Request {
    get("/api/v1/me/push", BOUNDS)
}

/// Makes a request that sets how much the agent is told by push. The answer is a
/// [`PushPreference`].
///
/// # Errors
/// `Unreadable` when the body cannot be written as JSON.
pub fn set_push_levels(wanted: &PushPreference) -> Result<Request, Failure> {
    put("/api/v1/me/push", wanted, BOUNDS)
}

/// Makes a request for what waits longest in the agent's queues, or in that of one team. The answer
/// is [`NextInLines`](baton_protocol::next::NextInLines).
pub fn next(team: Option<TeamId>) -> Request {
    let team = team.map(|team| format!("?team={team}")).unwrap_or_default();
    get(&format!("/api/v1/next{team}"), BOUNDS)
}

fn add_filter(path: &mut String, filter: &ViewFilter) {
    let ViewFilter { status, owner, team_id, channel_id, text, from, until, .. } = filter;
    let status = status.map(|status| match status {
        ViewStatus::Open => "open",
        ViewStatus::Waiting => "waiting",
        ViewStatus::Snoozed => "snoozed",
        ViewStatus::Resolved => "resolved",
    });
    add(path, "q", text.as_deref());
    add(path, "status", status);
    add(path, "owner", owner.as_deref());
    add(path, "team", team_id.map(|team| team.to_string()).as_deref());
    add(path, "channel", channel_id.map(|channel| channel.to_string()).as_deref());
    add(path, "from", from.map(|from| from.to_string()).as_deref());
    add(path, "until", until.map(|until| until.to_string()).as_deref());
}

fn add(path: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        // Writing to a string cannot fail.
        write!(path, "&{name}={}", escaped(value)).ok();
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::Timestamp;

    use super::*;

    fn path(filter: &ViewFilter) -> String {
        filtered(filter, &ListPart { page: None, limit: 50 }).path
    }

    #[test]
    fn a_view_without_a_status_shows_what_is_open_or_waiting() {
        let all = "/api/v1/conversations?limit=50&status=unfinished";
        assert_eq!(path(&ViewFilter::default()), all);
        let status = Some(ViewStatus::Snoozed);
        let snoozed = ViewFilter { status, ..ViewFilter::default() };
        assert_eq!(path(&snoozed), "/api/v1/conversations?limit=50&status=snoozed");
    }

    #[test]
    fn what_was_typed_and_times_are_escaped() {
        let filter = ViewFilter {
            text: Some("a&b ñ".to_owned()),
            owner: Some("me".to_owned()),
            unanswered: true,
            from: Some(Timestamp::from_ms(0)),
            ..ViewFilter::default()
        };
        assert_eq!(
            path(&filter),
            "/api/v1/conversations?limit=50&q=a%26b%20%C3%B1&owner=me\
             &from=1970-01-01T00%3A00%3A00.000Z&unanswered=true"
        );
    }
}
