//! What commands read and refuse.

use super::*;

const CLAIM: &str = r#"{"op_id":"01890a5d-ac96-774b-bcce-b302099a8057","type":"claim",
    "conversation_id":"01890a5d-ac96-774b-bcce-b302099a8058","expect_owner_epoch":3}"#;

#[test]
fn a_command_reads_what_it_writes() {
    let command: Command = serde_json::from_str(CLAIM).unwrap();
    let text = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);
}

#[test]
fn an_unknown_field_is_refused_by_name() {
    let text = CLAIM.replace("\"type\"", "\"force\":true,\"type\"");
    let error = serde_json::from_str::<Command>(&text).unwrap_err().to_string();
    assert!(error.contains("force"), "{error}");
}

#[test]
fn a_reply_must_say_what_it_had_seen() {
    let text =
        CLAIM.replace("claim", "reply").replace("\"expect_owner_epoch\":3", "\"text\":\"Hola\"");
    // An absent `seen` would silently mean "nothing seen".
    let error = serde_json::from_str::<Command>(&text).unwrap_err().to_string();
    assert!(error.contains("seen"), "{error}");
}
