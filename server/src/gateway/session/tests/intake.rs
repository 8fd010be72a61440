//! What a session takes from its client, and what it answers to the rest.

use baton_domain::see::rights::Voice;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Accepted, Refusal};

use super::*;
use crate::gateway::testing::{ana, talk};

#[test]
fn frames_that_cannot_be_carried_out_are_answered_by_their_fault() {
    let mut bench = Bench::live_at(2);
    let long = "x".repeat(64 * 1024 + 1);
    let depth = format!(r#"{{"type":"view","conversation_id":{}"#, "[".repeat(10_000));
    for (text, code, of) in [
        ("[]", "malformed", None),
        ("{\"type\":\"view\",\"conversation_id\":null,\"type\":\"view\"}", "malformed", None),
        (r#"{"type":"dance"}"#, "unknown_type", Some("dance")),
        (r#"{"type":"view","conversation_id":null,"x":1}"#, "invalid", Some("view")),
        (
            r#"{"type":"compose","conversation_id":"x","action":"start"}"#,
            "invalid",
            Some("compose"),
        ),
        (r#"{"type":"command","command":{}}"#, "invalid", Some("command")),
        (r#"{"type":"ack","upto":18446744073709551616}"#, "invalid", Some("ack")),
        (r#"{"type":"view","conversation_id":"\ud800"}"#, "invalid", Some("view")),
        (&depth, "malformed", None),
        (&long, "too_large", None),
    ] {
        let (is_code, is_of) = error(&bench.text(text));
        let shown: String = text.chars().take(60).collect();
        assert_eq!((is_code.as_str(), is_of.as_deref()), (code, of), "{shown}");
    }
}

#[test]
fn a_command_that_cannot_be_read_is_refused_by_its_op_id() {
    let mut bench = Bench::live_at(2);
    let op = "01890a5d-ac96-774b-bcce-b302099a8057";
    let text = format!(r#"{{"type":"command","command":{{"op_id":"{op}","type":"fly"}}}}"#);
    let frames = sent(&bench.text(&text));
    let [ServerFrame::CommandResult(result)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(result.op_id.map(|id| id.to_string()).as_deref(), Some(op));
    let Outcome::Refused(refused) = &result.outcome else { panic!("{result:?}") };
    assert!(matches!(refused.refusal, Refusal::Invalid { .. }));
}

#[test]
fn twenty_errors_within_a_minute_close_the_connection() {
    let mut bench = Bench::live_at(2);
    for _ in 0..19 {
        assert_eq!(closed(&bench.text("[]")), None);
    }
    bench.pass(Duration::from_secs(60));
    for _ in 0..19 {
        assert_eq!(closed(&bench.text("[]")), None, "an hour's errors do not add up");
    }
    assert_eq!(closed(&bench.text("[]")), Some(close::TOO_MANY_ERRORS));
}

#[test]
fn a_binary_frame_closes_the_connection() {
    assert_eq!(closed(&Bench::live_at(2).tell(Input::Binary)), Some(close::UNSUPPORTED));
}

#[test]
fn more_than_the_burst_is_rate_limited_and_comes_back_with_time() {
    let mut bench = Bench::live_at(2);
    let ack = r#"{"type":"ack","upto":2}"#;
    bench.now += Duration::from_secs(10);
    for _ in 0..60 {
        assert!(matches!(&bench.text(ack)[..], [SessionEffect::Ack(ack)] if ack.upto == 2));
    }
    assert_eq!(error(&bench.text(ack)).0, "rate_limited");
    bench.now += Duration::from_millis(34);
    assert!(matches!(&bench.text(ack)[..], [SessionEffect::Ack(_)]));
    assert_eq!(error(&bench.text(ack)).0, "rate_limited");
}

#[test]
fn a_client_that_goes_on_although_it_is_too_fast_is_told_so_and_closed() {
    let mut bench = Bench::live_at(2);
    let ack = r#"{"type":"ack","upto":2}"#;
    bench.now += Duration::from_secs(10);
    for _ in 0..60 + 199 {
        assert_eq!(closed(&bench.text(ack)), None);
    }
    let effects = bench.text(ack);
    assert!(
        matches!(&effects[..], [.., SessionEffect::Close { code: close::TOO_MANY_ERRORS, reason }]
        if reason.contains("too fast")),
        "{effects:?}"
    );
}

#[test]
fn commands_on_one_conversation_are_handed_in_one_after_the_other() {
    let mut bench = Bench::live_at(2);
    let command = |n: u32, place: u128| {
        format!(
            r#"{{"type":"command","command":{{"op_id":"01890a5d-ac96-774b-bcce-b3020000000{n}",
            "conversation_id":"{}","type":"reopen"}}}}"#,
            talk(place)
        )
    };
    assert!(matches!(bench.text(&command(1, 1))[..], [SessionEffect::Submit(_)]));
    assert!(bench.text(&command(2, 1)).is_empty());
    assert!(matches!(bench.text(&command(3, 2))[..], [SessionEffect::Submit(_)]), "not of others");
    let result = CommandResult { op_id: None, outcome: Outcome::Accepted(Accepted::default()) };
    let effects = bench.tell(Input::Done(talk(1), Box::new(result)));
    let [SessionEffect::Submit(next), SessionEffect::Send { durable: true, .. }] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(next.op_id.to_string().ends_with('2'));
}

/// A frame of each kind that may follow `hello`, and whether a key that only reads may send it.
fn frames() -> [(String, bool); 9] {
    let of = |kind: &str, more: &str| {
        format!(r#"{{"type":"{kind}","conversation_id":"{}"{more}}}"#, talk(1))
    };
    let op = "01890a5d-ac96-774b-bcce-b302099a8057";
    let command = serde_json::json!({ "op_id": op, "conversation_id": talk(1), "type": "reopen" });
    let command = serde_json::json!({ "type": "command", "command": command }).to_string();
    [
        (command, false),
        (of("compose", r#","action":"start""#), false),
        (of("compose", r#","action":"keep""#), false),
        (of("compose", r#","action":"take_over""#), false),
        (of("compose", r#","action":"stop""#), false),
        (of("draft", r#","text":"a""#), false),
        (of("view", ""), true),
        (r#"{"type":"presence","watch":true}"#.to_owned(), true),
        (r#"{"type":"ack","upto":2,"foreground":true}"#.to_owned(), true),
    ]
}

#[test]
fn what_a_client_may_send_is_what_its_rights_allow() {
    for voice in [Voice::Person, Voice::Program, Voice::Reader] {
        for (frame, may_who_reads) in frames() {
            let mut bench = Bench::live_as(Speaker { voice, ..ana() }, 2);
            let effects = bench.text(&frame);
            if voice != Voice::Reader || may_who_reads {
                assert!(sent(&effects).is_empty() && effects.len() == 1, "{frame}: {effects:?}");
                continue;
            }
            let told = sent(&effects);
            assert_eq!((told.len(), effects.len()), (1, 1), "it is answered and not carried out");
            match &told[0] {
                ServerFrame::Error { code, detail, .. } => {
                    assert_eq!([code, detail], ["forbidden", "this key only reads"]);
                }
                ServerFrame::CommandResult(result) => {
                    let Outcome::Refused(refused) = &result.outcome else { panic!("{result:?}") };
                    assert_eq!(refused.refusal, Refusal::Forbidden);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_client_that_may_only_read_stays_however_often_it_tries_to_type() {
    let mut bench = Bench::live_as(Speaker { voice: Voice::Reader, ..ana() }, 2);
    let [_, (keep, _), ..] = frames();
    for _ in 0..40 {
        bench.now += Duration::from_secs(1);
        assert_eq!(error(&bench.text(&keep)).0, "forbidden");
    }
}
