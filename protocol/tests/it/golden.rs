//! Every golden frame reads, and writes again what it read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use baton_protocol::account::{Device, Login, Me, Refresh, Session};
use baton_protocol::board::Board;
use baton_protocol::connection::ChannelCheck;
use baton_protocol::context::ContactContext;
use baton_protocol::conversation::Snapshot;
use baton_protocol::dry_run::{DryRun, DryRunAsk, RuleTrial, RuleTrialAsk};
use baton_protocol::episode::Episodes;
use baton_protocol::field::{ContactFields, ContactFieldsPut};
use baton_protocol::frame::{ClientFrame, ServerFrame};
use baton_protocol::invitation::{
    Invitation, InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
    PasswordForgotten, PasswordNew,
};
use baton_protocol::next::NextInLines;
use baton_protocol::notice::{KeptDraft, NoticePage, NoticesLeft, NoticesRead};
use baton_protocol::outcome::{CommandResults, OutcomesQuery};
use baton_protocol::page::{
    ChangePage, ConversationPage, CustomerFiles, FileAddress, LineHistory, LinesPage,
    SnapshotAnswer, SyncAnswer,
};
use baton_protocol::problem::Problem;
use baton_protocol::push::{
    PushDevice, PushPreference, PushPut, PushReceipt, PushRegistered, ReceiptsTaken,
};
use baton_protocol::routing::RoutingHistory;
use baton_protocol::setting::{CannedUses, SecretNew, SettingPut, WebhookState};
use baton_protocol::settings::{
    AgentChange, AgentNew, ChannelChange, ChannelNew, MeChange, MemberPut, MetaAppNew, MetaApps,
    PasswordChange, PasswordSet, Quarantined, SocketTicket, TeamChange, TeamNew, WorkspaceChange,
};
use baton_protocol::suggestion::{Suggestion, SuggestionWish};
use baton_protocol::{
    Channel, Colleague, Command, CommandResult, Event, Refusal, SettingBody, SettingKind, Team,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Every golden frame by family and kind, and its text.
fn all() -> Vec<(String, String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (family, kind) = name.split_once('.').expect("a family and a kind");
        // What no version writes is read in `future`; cases of rules stand beside the rules.
        if !["from_the_future", "cases"].contains(&kind) && !["push", "text"].contains(&family) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((family.to_owned(), kind.to_owned(), text));
        }
    }
    assert!(found.len() > 100, "only {} golden frames", found.len());
    found
}

/// The golden frames of one family, by kind.
fn fixtures(family: &str) -> BTreeMap<String, String> {
    let of_family = all().into_iter().filter(|(of, ..)| of == family);
    of_family.map(|(_, kind, text)| (kind, text)).collect()
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

/// The same, and tells how the value is printed for debugging.
fn printed<T: Serialize + DeserializeOwned + Debug>(name: &str, text: &str) -> String {
    format!("{:?}", check::<T>(name, text))
}

/// Bodies of requests and answers: each has a file of its type's name.
macro_rules! bodies {
    ($($type:ident),+; $($name:literal = $other:ty),+) => {
        fn body(kind: &str, text: &str) -> String {
            let name = format!("rest.{kind}");
            match kind {
                $($name => printed::<$other>(&name, text),)+
                $(_ if camel(kind) == stringify!($type) => printed::<$type>(&name, text),)+
                other => panic!("no body is named {other}"),
            }
        }
    };
}

bodies!(
    AgentChange, AgentNew, Board, ChangePage, Channel, ChannelChange, ChannelCheck, ChannelNew,
    CommandResults, ContactContext, ContactFields, ContactFieldsPut, ConversationPage,
    CustomerFiles, Device, DryRun, DryRunAsk, Episodes, FileAddress, Invitation,
    InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
    LineHistory, LinesPage, Login, Me, MeChange, MemberPut, MetaAppNew, MetaApps,
    NextInLines, NoticePage, NoticesLeft, NoticesRead, OutcomesQuery, PasswordChange,
    PasswordForgotten, PasswordNew, PasswordSet, Problem, PushDevice, PushPreference,
    PushPut, PushRegistered, Quarantined, ReceiptsTaken, Refresh, RoutingHistory, RuleTrial,
    RuleTrialAsk, SecretNew, Session, SnapshotAnswer, SocketTicket, Suggestion, SuggestionWish,
    SyncAnswer, Team, TeamChange, TeamNew, WebhookState, WorkspaceChange;
    "agent" = Colleague, "push_receipts" = Vec<PushReceipt>, "kept_drafts" = Vec<KeptDraft>,
    "canned_uses" = Vec<CannedUses>
);

/// `member_put` is `MemberPut`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}

/// Reads and writes a golden frame, and tells how it is printed for debugging.
fn read(family: &str, kind: &str, text: &str) -> String {
    let name = format!("{family}.{kind}");
    match family {
        "client_frame" => printed::<ClientFrame>(&name, text),
        "server_frame" => printed::<ServerFrame>(&name, text),
        "event" => printed::<Event>(&name, text),
        "command" => printed::<Command>(&name, text),
        "command_result" => printed::<CommandResult>(&name, text),
        "refusal" => printed::<Refusal>(&name, text),
        "snapshot" => printed::<Snapshot>(&name, text),
        "setting" => printed::<SettingPut>(&name, text),
        "rest" => body(kind, text),
        other => panic!("no frames are named {other}"),
    }
}

/// The server's tests hold the kinds against the schemas: each has a file, and no file is of a kind
/// that this version does not know.
#[test]
fn every_golden_frame_reads_and_is_of_the_kind_in_its_name() {
    for (family, kind, text) in all() {
        read(&family, &kind, &text);
        let golden: Value = serde_json::from_str(&text).unwrap();
        let tag = ["type", "code", "level"].iter().find_map(|tag| golden[tag].as_str());
        match family.as_str() {
            "rest" | "setting" => {}
            "command_result" => assert!(golden.get(&kind).is_some(), "{kind}"),
            _ => assert_eq!(tag, Some(&*kind), "{family}"),
        }
    }
}

#[test]
fn every_kind_of_setting_has_a_body_and_a_home() {
    let mut left: BTreeSet<_> = SettingKind::ALL.iter().map(|kind| kind.name()).collect();
    for (name, text) in fixtures("setting") {
        let put: SettingPut = serde_json::from_str(&text).unwrap();
        let kind = SettingKind::from_name(&name).unwrap_or_else(|| panic!("no kind {name}"));
        let body = SettingBody::read(kind, &put.body).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((body.kind(), body.to_json()), (kind, put.body), "{name}");
        let home = put.home.kind().unwrap_or_else(|| panic!("{name} has no home"));
        assert!(kind.spec().homes.contains(&home), "{name}");
        left.remove(kind.name());
    }
    assert!(left.is_empty(), "no fixture of {left:?}");
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
        let fields = ["text", "note", "outcome_text", "reason"];
        let text_field = fields.into_iter().find(|field| has(field));
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
    for (family, kind, text) in all() {
        let printed = read(&family, &kind, &text);
        for secret in ["correct horse", "battery staple", "EAAB", "baton_", "BTBZ"] {
            assert!(!printed.contains(secret), "{family}.{kind}: {printed}");
        }
    }
}
