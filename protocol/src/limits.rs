//! Every limit of the wire, in one place.

/// A frame from a client, bytes.
pub const CLIENT_FRAME_BYTES_MAX: usize = 64 * 1024;
/// A frame to a client, bytes.
pub const SERVER_FRAME_BYTES_MAX: usize = 256 * 1024;
/// Frames a second that a server takes from one client, over a longer time. Commands above it are
/// refused as `rate_limited`; a client that continues is disconnected.
pub const CLIENT_FRAMES_A_SECOND: u32 = 30;
/// And at once, from a client that was silent before.
pub const CLIENT_FRAMES_AT_ONCE: u32 = 60;
/// Commands in one `POST /commands`.
pub const COMMANDS_MAX: usize = 100;
/// Characters of a text message that is sent (Cloud API, text.body).
pub const TEXT_CHARS_MAX: usize = 4096;
/// Characters of a search.
pub const QUERY_CHARS_MAX: usize = 100;
/// Bytes, written in JSON, that are shown of a line from outside: customers may type far more than
/// a business may send. A snapshot has it twice, as line and preview, and must fit a frame.
pub const LINE_TEXT_JSON_BYTES_MAX: usize = 104 * 1024;
/// And of what such a line says beyond its text.
pub const LINE_DETAILS_JSON_BYTES_MAX: usize = 16 * 1024;
/// Characters that are shown of a contact's name.
pub const CONTACT_NAME_CHARS_MAX: usize = 256;
/// Bytes of an id or of the name of a type that the provider gives. It is longer than any that Meta
/// gives, and shorter than what a database index takes.
pub const PROVIDER_ID_BYTES_MAX: usize = 512;
/// Characters of the name of a file that is sent.
pub const FILE_NAME_CHARS_MAX: usize = 240;
/// Characters of a note.
pub const NOTE_CHARS_MAX: usize = 10_000;
/// A yes to an offer counts so long after its end, ms.
pub const LATE_YES_MS: i64 = 120_000;
/// Ended offers of a conversation that a yes may still be said to.
pub const LAPSED_MAX: usize = 4;
/// Characters of the text of an outcome.
pub const OUTCOME_CHARS_MAX: usize = 500;
/// Characters of what a reminder is about.
pub const REMINDER_CHARS_MAX: usize = 500;
/// Days until a reminder rings, at most.
pub const REMINDER_DAYS_MAX: i64 = 366;
/// Agents who may have a reminder on a conversation.
pub const REMINDERS_MAX: usize = 32;
/// Characters of what is said for a priority.
pub const REASON_CHARS_MAX: usize = 200;
/// Colleagues whom a note mentions at most.
pub const MENTIONS_MAX: usize = 20;
/// Notes told with a run of lines: the newest of it. Older ones are asked for by
/// `GET /conversations/{id}/messages` with `notes_before`.
pub const NOTES_MAX: usize = 100;
/// Changes of a customer's number that are told, the newest.
pub const MOVES_MAX: usize = 10;
/// Coaching notes told with a conversation: the newest.
pub const COACHING_MAX: usize = 50;
/// Bytes from which on a page of `GET /snapshot` ends, whatever its rows.
pub const SNAPSHOT_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of an answer of `GET /sync`; more is a `reset`.
pub const SYNC_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Missed lines told with a `stale` refusal.
pub const MISSED_LINES_MAX: usize = 50;
/// Acts that may be chained by `after` before the author has to look again.
pub const CHAIN_MAX: usize = 100;
/// Days after which an op id is refused as `op_expired`.
pub const OP_AGE_DAYS_MAX: i64 = 7;
/// Events told by one resume before it becomes a reset: a snapshot is cheaper than these.
pub const RESUME_EVENTS_MAX: u64 = 20_000;
/// Conversations touched by one resume before it becomes a reset.
pub const RESUME_CONVERSATIONS_MAX: usize = 500;
/// Newest lines in a snapshot; more, up to `SNAPSHOT_LINES_MAX`, when the open turn is longer.
pub const SNAPSHOT_LINES: u64 = 50;
/// Lines in a snapshot at most.
pub const SNAPSHOT_LINES_MAX: u64 = 200;
/// Rows of a page, when the request names none.
pub const PAGE_ROWS: u32 = 50;
/// Rows of a page at most.
pub const PAGE_ROWS_MAX: u32 = 200;
/// Conversations that `GET /conversations` takes by id.
pub const IDS_MAX: usize = 100;
/// Rows of `GET /heads`.
pub const HEADS_MAX: usize = 200_000;
/// The 24-hour customer service window, ms.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;
/// Days a snooze may last.
pub const SNOOZE_DAYS_MAX: i64 = 366;
/// Receipts of pushes in one `POST /push/receipts`.
pub const RECEIPTS_MAX: usize = 100;
/// Days after which a receipt tells nobody anything: older pushes are unknown.
pub const RECEIPT_DAYS_MAX: i64 = 30;
/// Bytes of a push service's token or id.
pub const PUSH_TOKEN_BYTES_MAX: usize = 4096;
/// Bytes of a push service's endpoint.
pub const PUSH_ENDPOINT_BYTES_MAX: usize = 1000;
/// Bytes of an app's name at a push service.
pub const PUSH_APP_ID_BYTES_MAX: usize = 200;
/// Bytes of a tag of a language.
pub const PUSH_LOCALE_BYTES_MAX: usize = 35;
/// What an app says it can do with pushes: how many names.
pub const PUSH_CAPS_MAX: usize = 16;
/// Bytes of each of them.
pub const PUSH_CAP_BYTES_MAX: usize = 32;

/// Tags that one command names.
pub const TAGGING_MAX: usize = 20;
/// Tags that a conversation has.
pub const TAGS_MAX: usize = 32;
/// Fields of a card that one command changes.
pub const FIELDS_SET_MAX: usize = 20;
/// Fields of a card.
pub const FIELDS_MAX: usize = 60;
/// Bytes of all of them, written in JSON: a snapshot must fit a frame.
pub const FIELDS_JSON_BYTES_MAX: usize = 8 * 1024;
/// Characters of a field, where its attribute says nothing else.
pub const FIELD_CHARS_MAX: usize = 1_000;
/// Agents who may follow a conversation.
pub const FOLLOWERS_MAX: usize = 32;
/// Edges of a report: one stretch lies between each two.
pub const REPORT_EDGES_MAX: usize = 170;
/// Days that a report looks at.
pub const REPORT_DAYS_MAX: i64 = 92;
/// Events of the log that a report reads; more is refused.
pub const REPORT_EVENTS_MAX: u64 = 3_000_000;
/// Conversations named behind a figure of a report.
pub const MEASURED_MAX: usize = 200;
/// An episode counts as reopened when the conversation's next one begins so soon after it, ms.
pub const REOPENED_WITHIN_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Bytes of a setting's body.
pub const SETTING_BYTES_MAX: usize = 16 * 1024;
/// How deep a setting's body is nested.
pub const SETTING_DEPTH_MAX: usize = 8;
/// Phrases that the rules of a workspace look for together. Rules that are off do not count.
pub const RULE_PHRASES_MAX: usize = 5_000;
/// Changes in one `POST /settings`.
pub const SETTING_CHANGES_MAX: usize = 100;
/// Settings in a page of `GET /settings`.
pub const SETTINGS_PAGE: usize = 200;
