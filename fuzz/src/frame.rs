//! Frames that clients send over the socket.

use std::path::Path;

use baton::gateway::read_frame;
use baton_protocol::limits::CLIENT_FRAME_BYTES_MAX;

/// A refusal never repeats what was sent.
const ANSWER_BYTES_MAX: usize = 4_096;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match read_frame(text) {
        Ok(frame) => {
            assert!(text.len() <= CLIENT_FRAME_BYTES_MAX, "too long, and read");
            let written = serde_json::to_string(&frame).expect("a frame is JSON");
            if written.len() <= CLIENT_FRAME_BYTES_MAX {
                let again = read_frame(&written).map(|again| serde_json::to_string(&again).ok());
                assert!(again.is_ok_and(|again| again.as_ref() == Some(&written)), "{written}");
            }
        }
        Err(answer) => {
            let bytes = serde_json::to_string(&answer).expect("an answer is JSON").len();
            assert!(bytes <= ANSWER_BYTES_MAX, "an answer of {bytes} bytes");
        }
    }
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let frame =
        |command: Vec<u8>| [br#"{"type":"command","command":"#.as_slice(), &command, b"}"].concat();
    let commands = super::fixtures("command.").into_iter().map(frame);
    super::fixtures("client_frame.").into_iter().chain(commands).collect()
}
