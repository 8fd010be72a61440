//! Every golden frame reads, and writes again what it read; every kind has one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use baton_protocol::account::{Device, Login, Me, Refresh, Session};
use baton_protocol::connection::ChannelCheck;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{ClientFrame, ServerFrame};
use baton_protocol::invitation::{
    Invitation, InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
};
use baton_protocol::notice::{KeptDraft, NoticePage, NoticesLeft, NoticesRead};
use baton_protocol::outcome::{CommandResults, OutcomesQuery};
use baton_protocol::page::{
    ChangePage, ConversationPage, FileAddress, LineHistory, LinesPage, SnapshotAnswer, SyncAnswer,
};
use baton_protocol::problem::Problem;
use baton_protocol::push::{
    PushDevice, PushPreference, PushPut, PushReceipt, PushRegistered, ReceiptsTaken,
};
use baton_protocol::setting::SettingPut;
use baton_protocol::settings::{
    AgentChange, AgentNew, ChannelChange, ChannelNew, MeChange, MemberPut, MetaAppNew, MetaApps,
    PasswordChange, PasswordSet, Quarantined, SocketTicket, TeamChange, TeamNew, WorkspaceChange,
};
use baton_protocol::{
    Channel, Colleague, Command, CommandBody, CommandResult, Event, Fact, Refusal, SettingBody,
    SettingKind, Team,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The golden frames of one family, by kind.
fn fixtures(family: &str) -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        // What no version writes is read in `future`.
        if name.ends_with(".from_the_future") {
            continue;
        }
        if let Some(kind) = name.strip_prefix(family).and_then(|rest| rest.strip_prefix('.')) {
            found.insert(kind.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    assert!(!found.is_empty(), "there are golden frames of {family}");
    found
}

/// Reads a frame from its text, writes it, and compares.
#[track_caller]
fn check<T: Serialize + DeserializeOwned>(name: &str, text: &str) -> T {
    let read: T = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    // By way of the text: that is what a field written twice does not survive.
    let written = serde_json::to_string(&read).unwrap();
    let again: T = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{written}: {e}"));
    let golden: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), golden, "{name}");
    assert_eq!(serde_json::to_value(&again).unwrap(), golden, "{name}, read twice");
    read
}

/// Checks a family; each file is named after the kind in it, and every kind has one.
#[track_caller]
fn check_all<T: Serialize + DeserializeOwned>(
    family: &str,
    kinds: &[&str],
    kind_of: impl Fn(&T) -> &'static str,
) {
    let mut met = BTreeSet::new();
    for (kind, text) in fixtures(family) {
        let read: T = check(&format!("{family}.{kind}"), &text);
        assert_eq!(kind_of(&read), kind);
        met.insert(kind);
    }
    assert_eq!(met, kinds.iter().map(|kind| (*kind).to_owned()).collect());
}

/// The names of all variants, and the function that names that of a value.
macro_rules! kinds {
    ($of:ident, $($variant:ident = $name:literal),+ $(,)? $(; but $other:ident)?) => {{
        fn kind_of(value: &$of) -> &'static str {
            // Without a wildcard: a new kind does not compile before it has a golden frame.
            match value {
                $($of::$variant { .. } => $name,)+
                $($of::$other { .. } => "unknown",)?
            }
        }
        (&[$($name),+][..], kind_of)
    }};
}

#[test]
fn every_frame_from_clients() {
    let (kinds, kind_of) = kinds!(
        ClientFrame,
        Hello = "hello",
        Command = "command",
        Compose = "compose",
        View = "view",
        Draft = "draft",
        Presence = "presence",
        Ack = "ack"
    );
    check_all("client_frame", kinds, kind_of);
}

#[test]
fn every_frame_to_clients() {
    let (kinds, kind_of) = kinds!(
        ServerFrame,
        Welcome = "welcome",
        Events = "events",
        Entered = "entered",
        Left = "left",
        Reset = "reset",
        CommandResult = "command_result",
        Lease = "lease",
        Presence = "presence",
        Viewing = "viewing",
        Draft = "draft",
        Error = "error"; but Unknown
    );
    check_all("server_frame", kinds, kind_of);
}

#[test]
fn every_event() {
    let (kinds, kind_of) = kinds!(
        Fact,
        ConversationOpened = "conversation_opened",
        ContactChanged = "contact_changed",
        EpisodeOpened = "episode_opened",
        LineReceived = "line_received",
        LineWritten = "line_written",
        MessageChanged = "message_changed",
        LineAmended = "line_amended",
        FileChanged = "file_changed",
        LineUnderstood = "line_understood",
        NoteAdded = "note_added",
        Coached = "coached",
        OwnerChanged = "owner_changed",
        StatusChanged = "status_changed",
        Followed = "followed",
        Unfollowed = "unfollowed",
        BlockChanged = "block_changed",
        PersonChanged = "person_changed",
        MarketingChanged = "marketing_changed",
        ReadMarked = "read_marked",
        AgentChanged = "agent_changed",
        TeamChanged = "team_changed",
        MembershipChanged = "membership_changed",
        ChannelChanged = "channel_changed",
        PasswordSet = "password_set",
        DeviceRevoked = "device_revoked",
        InvitationChanged = "invitation_changed",
        SettingChanged = "setting_changed",
        HeadChanged = "head_changed"; but Unknown
    );
    check_all("event", kinds, move |event: &Event| kind_of(&event.fact));
}

#[test]
fn every_setting() {
    let mut met = BTreeSet::new();
    for (name, text) in fixtures("setting") {
        let put: SettingPut = check(&format!("setting.{name}"), &text);
        let kind = SettingKind::from_name(&name).unwrap_or_else(|| panic!("no kind {name}"));
        let body = SettingBody::read(kind, &put.body).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((body.kind(), body.to_json()), (kind, put.body), "{name}");
        let home = put.home.kind().unwrap_or_else(|| panic!("{name} has no home"));
        assert!(kind.spec().homes.contains(&home), "{name}");
        met.insert(name);
    }
    assert_eq!(met, SettingKind::ALL.iter().map(|kind| kind.name().to_owned()).collect());
}

#[test]
fn every_command() {
    let (kinds, kind_of) = kinds!(
        CommandBody,
        Reply = "reply",
        Send = "send",
        Note = "note",
        Coach = "coach",
        Claim = "claim",
        Assign = "assign",
        Unassign = "unassign",
        Transfer = "transfer",
        Resolve = "resolve",
        Reopen = "reopen",
        MarkWaiting = "mark_waiting",
        Snooze = "snooze",
        MarkRead = "mark_read",
        Resend = "resend",
        Forward = "forward",
        MarkSent = "mark_sent",
        Cancel = "cancel",
        Follow = "follow",
        Unfollow = "unfollow",
        Block = "block",
        Unblock = "unblock",
        Link = "link",
        Unlink = "unlink"
    );
    check_all("command", kinds, move |command: &Command| kind_of(&command.body));
}

/// A phone keeps what a command carries up to date, and the server reads what it names: both by
/// functions with an arm for "all others", in which the compiler misses nothing.
#[test]
fn what_a_command_carries_is_found_by_its_fields() {
    for (kind, text) in fixtures("command") {
        let golden: Value = serde_json::from_str(&text).unwrap();
        let has = |field: &str| golden.get(field).is_some();
        let given = |fields: &[&str]| -> Vec<Value> {
            fields.iter().filter_map(|field| golden.pointer(field).cloned()).collect()
        };
        let Command { mut body, .. } = serde_json::from_str(&text).unwrap();
        assert_eq!(body.seen().is_some(), has("seen"), "{kind}");
        assert_eq!(body.seen_mut().is_some(), has("seen"), "{kind}");
        let has_epoch = has("expect_owner_epoch");
        assert_eq!(body.expect_owner_epoch_mut().is_some(), has_epoch, "{kind}");
        assert_eq!(body.ignore_lease_mut().is_some(), has("ignore_lease"), "{kind}");
        let text_field = ["text", "note"].into_iter().find(|field| has(field));
        assert_eq!(body.text().map(|text| text.field), text_field, "{kind}");
        let messages = given(&["/quoted", "/replaces", "/of/message_id", "/message_id"]);
        let named: Vec<Value> = body.named_messages().map(json).collect();
        assert_eq!(named, messages, "{kind}");
        let agents = given(&["/agent_id", "/mentions/0"]);
        assert_eq!(body.named_agents().map(json).collect::<Vec<_>>(), agents, "{kind}");
        let others = given(&["/with"]);
        assert_eq!(body.named_conversation().map(json).into_iter().collect::<Vec<_>>(), others);
    }
}

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn every_refusal() {
    let (kinds, kind_of) = kinds!(
        Refusal,
        Stale = "stale",
        NotOwner = "not_owner",
        OwnerChanged = "owner_changed",
        BeingAnswered = "being_answered",
        AtCapacity = "at_capacity",
        WindowClosed = "window_closed",
        Blocked = "blocked",
        MarketingStopped = "marketing_stopped",
        TemplateReplaced = "template_replaced",
        NotInScope = "not_in_scope",
        OpIdReused = "op_id_reused",
        OpExpired = "op_expired",
        Cancelled = "cancelled",
        DependsOnRefused = "depends_on_refused",
        DependsOnUnknown = "depends_on_unknown",
        TooSoon = "too_soon",
        NotAllowed = "not_allowed",
        OfferGone = "offer_gone",
        Merged = "merged",
        Invalid = "invalid",
        Unavailable = "unavailable",
        RateLimited = "rate_limited"; but Unknown
    );
    check_all("refusal", kinds, kind_of);
}

#[test]
fn every_snapshot() {
    let (kinds, kind_of) = kinds!(Snapshot, Head = "head", Full = "full");
    check_all("snapshot", kinds, kind_of);
}

#[test]
fn every_result_of_a_command() {
    use baton_protocol::outcome::Outcome;
    let (kinds, kind_of) = kinds!(Outcome, Accepted = "accepted", Refused = "refused");
    check_all("command_result", kinds, move |result: &CommandResult| kind_of(&result.outcome));
}

#[test]
fn every_body_of_a_request_and_answer() {
    let all = fixtures("rest");
    for (kind, text) in &all {
        let name = format!("rest.{kind}");
        match kind.as_str() {
            "agent" => drop(check::<Colleague>(&name, text)),
            "team" => drop(check::<Team>(&name, text)),
            "channel" => drop(check::<Channel>(&name, text)),
            "login" => drop(check::<Login>(&name, text)),
            "refresh" => drop(check::<Refresh>(&name, text)),
            "session" => drop(check::<Session>(&name, text)),
            "me" => drop(check::<Me>(&name, text)),
            "device" => drop(check::<Device>(&name, text)),
            "command_results" => drop(check::<CommandResults>(&name, text)),
            "outcomes_query" => drop(check::<OutcomesQuery>(&name, text)),
            "problem" => drop(check::<Problem>(&name, text)),
            "conversation_page" => drop(check::<ConversationPage>(&name, text)),
            "file_address" => drop(check::<FileAddress>(&name, text)),
            "line_history" => drop(check::<LineHistory>(&name, text)),
            "lines_page" => drop(check::<LinesPage>(&name, text)),
            "snapshot_answer" => drop(check::<SnapshotAnswer>(&name, text)),
            "sync_answer" => drop(check::<SyncAnswer>(&name, text)),
            "team_new" => drop(check::<TeamNew>(&name, text)),
            "team_change" => drop(check::<TeamChange>(&name, text)),
            "agent_new" => drop(check::<AgentNew>(&name, text)),
            "agent_change" => drop(check::<AgentChange>(&name, text)),
            "me_change" => drop(check::<MeChange>(&name, text)),
            "password_change" => drop(check::<PasswordChange>(&name, text)),
            "password_set" => drop(check::<PasswordSet>(&name, text)),
            "channel_new" => drop(check::<ChannelNew>(&name, text)),
            "channel_change" => drop(check::<ChannelChange>(&name, text)),
            "channel_check" => drop(check::<ChannelCheck>(&name, text)),
            "socket_ticket" => drop(check::<SocketTicket>(&name, text)),
            "quarantined" => drop(check::<Quarantined>(&name, text)),
            "push_put" => drop(check::<PushPut>(&name, text)),
            "push_device" => drop(check::<PushDevice>(&name, text)),
            "push_registered" => drop(check::<PushRegistered>(&name, text)),
            "push_preference" => drop(check::<PushPreference>(&name, text)),
            "push_receipts" => drop(check::<Vec<PushReceipt>>(&name, text)),
            "invitation" => drop(check::<Invitation>(&name, text)),
            "invitations_new" => drop(check::<InvitationsNew>(&name, text)),
            "invitation_made" => drop(check::<InvitationMade>(&name, text)),
            "invitation_read" => drop(check::<InvitationRead>(&name, text)),
            "invitation_card" => drop(check::<InvitationCard>(&name, text)),
            "notice_page" => drop(check::<NoticePage>(&name, text)),
            "notices_read" => {
                check::<NoticesRead>(&name, text);
            }
            "notices_left" => {
                check::<NoticesLeft>(&name, text);
            }
            "change_page" => drop(check::<ChangePage>(&name, text)),
            "kept_drafts" => drop(check::<Vec<KeptDraft>>(&name, text)),
            "meta_apps" => drop(check::<MetaApps>(&name, text)),
            "meta_app_new" => drop(check::<MetaAppNew>(&name, text)),
            "workspace_change" => drop(check::<WorkspaceChange>(&name, text)),
            "invitation_accept" => drop(check::<InvitationAccept>(&name, text)),
            "receipts_taken" => {
                check::<ReceiptsTaken>(&name, text);
            }
            "member_put" => {
                check::<MemberPut>(&name, text);
            }
            other => panic!("nobody reads {other}"),
        }
    }
    assert_eq!(all.len(), 50);
}

#[test]
fn unknown_fields_of_what_clients_send_are_refused() {
    for (family, kind) in [
        ("command", "reply"),
        ("command", "reopen"),
        ("client_frame", "hello"),
        ("client_frame", "presence"),
        ("client_frame", "ack"),
        ("rest", "login"),
        ("rest", "outcomes_query"),
        ("rest", "push_put"),
        ("rest", "push_receipts"),
    ] {
        let text = &fixtures(family)[kind];
        let strange = text.replacen('{', "{\"force\": true,", 1);
        let error = match (family, kind) {
            ("command", _) => serde_json::from_str::<Command>(&strange).unwrap_err(),
            ("client_frame", _) => serde_json::from_str::<ClientFrame>(&strange).unwrap_err(),
            (_, "push_put") => serde_json::from_str::<PushPut>(&strange).map(drop).unwrap_err(),
            (_, "push_receipts") => {
                serde_json::from_str::<Vec<PushReceipt>>(&strange).map(drop).unwrap_err()
            }
            (_, "login") => serde_json::from_str::<Login>(&strange).map(drop).unwrap_err(),
            _ => serde_json::from_str::<OutcomesQuery>(&strange).map(drop).unwrap_err(),
        };
        assert!(error.to_string().contains("force"), "{family}.{kind}: {error}");
    }
}

#[test]
fn no_secret_is_printed_for_debugging() {
    let print = |kind: &str, text: &str| match kind {
        "login" => format!("{:?}", check::<Login>(kind, text)),
        "refresh" => format!("{:?}", check::<Refresh>(kind, text)),
        "session" => format!("{:?}", check::<Session>(kind, text)),
        "agent_new" => format!("{:?}", check::<AgentNew>(kind, text)),
        "password_change" => format!("{:?}", check::<PasswordChange>(kind, text)),
        "password_set" => format!("{:?}", check::<PasswordSet>(kind, text)),
        "channel_new" => format!("{:?}", check::<ChannelNew>(kind, text)),
        "channel_change" => format!("{:?}", check::<ChannelChange>(kind, text)),
        "socket_ticket" => format!("{:?}", check::<SocketTicket>(kind, text)),
        "invitation_made" => format!("{:?}", check::<InvitationMade>(kind, text)),
        "invitation_read" => format!("{:?}", check::<InvitationRead>(kind, text)),
        "invitation_accept" => format!("{:?}", check::<InvitationAccept>(kind, text)),
        "push_put" => format!("{:?}", check::<PushPut>(kind, text)),
        "push_registered" => format!("{:?}", check::<PushRegistered>(kind, text)),
        _ => String::new(),
    };
    let mut printed: Vec<String> =
        fixtures("rest").iter().map(|(kind, text)| print(kind, text)).collect();
    let hello = &fixtures("client_frame")["hello"];
    printed.push(format!("{:?}", check::<ClientFrame>("hello", hello)));
    for text in printed {
        for secret in ["correct horse", "battery staple", "EAAB", "baton_", "BTBZ"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
