//! Scripts: one round trip for each, whatever stands in the keys.

use std::sync::LazyLock;

use ::redis::{Cmd, RedisResult, Script, Value};

use super::connection::Line;

/// A script and its digest, by which a server that knows it runs it.
pub(super) struct Code {
    text: &'static str,
    script: LazyLock<Script>,
}

pub(super) static LEASES: Code = Code {
    text: include_str!("leases.lua"),
    script: LazyLock::new(|| Script::new(include_str!("leases.lua"))),
};
pub(super) static PRESENCE: Code = Code {
    text: include_str!("presence.lua"),
    script: LazyLock::new(|| Script::new(include_str!("presence.lua"))),
};
pub(super) static LIVES: Code = Code {
    text: include_str!("lives.lua"),
    script: LazyLock::new(|| Script::new(include_str!("lives.lua"))),
};

/// A script with what it is about.
pub(super) struct Call {
    pub(super) code: &'static Code,
    pub(super) keys: Vec<String>,
    pub(super) arguments: Vec<String>,
}

impl Call {
    fn command(&self, is_known: bool) -> Cmd {
        let (name, what) = if is_known {
            ("EVALSHA", self.code.script.get_hash())
        } else {
            ("EVAL", self.code.text)
        };
        let mut command = ::redis::cmd(name);
        command.arg(what).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }

    fn forget(&self) -> Cmd {
        let mut command = ::redis::cmd("DEL");
        command.arg(&self.keys);
        command
    }
}

/// Runs all of them in one round trip. There is a second one when the server does not know the
/// script, or when what stood in the keys made it fail. Such keys are removed first, for all of
/// their content may be lost.
///
/// # Errors
/// When the connection or the server fails.
pub(super) async fn run(line: &mut Line, calls: &[Call]) -> RedisResult<Vec<Value>> {
    let commands: Vec<Cmd> = calls.iter().map(|call| call.command(true)).collect();
    let mut answers = line.all(&commands).await?;
    // A missing script first, garbage in the keys after it.
    for (mend, cures) in [(Mend::Load, "NOSCRIPT"), (Mend::Forget, "WRONGTYPE ERR")] {
        let is_ill = |answer: &Value| {
            let Value::ServerError(error) = answer else { return false };
            cures.split(' ').any(|code| code == error.code())
        };
        let ill: Vec<usize> =
            answers.iter().enumerate().filter(|(_, a)| is_ill(a)).map(|(n, _)| n).collect();
        if ill.is_empty() {
            continue;
        }
        let again: Vec<&Call> = ill.iter().filter_map(|n| calls.get(*n)).collect();
        if mend == Mend::Forget {
            line.all(&again.iter().map(|call| call.forget()).collect::<Vec<_>>()).await?;
        }
        let commands: Vec<Cmd> = again.iter().map(|call| call.command(false)).collect();
        for (n, answer) in ill.into_iter().zip(line.all(&commands).await?) {
            if let Some(place) = answers.get_mut(n) {
                *place = answer;
            }
        }
    }
    answers.into_iter().map(Value::extract_error).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mend {
    Load,
    Forget,
}

/// The parts of an answer that is a list.
pub(super) fn list(value: &Value) -> Option<&[Value]> {
    let Value::Array(all) = value else { return None };
    Some(all)
}

/// An answer that is a text.
pub(super) fn text(value: &Value) -> Option<&str> {
    if let Value::SimpleString(text) | Value::VerbatimString { text, .. } = value {
        return Some(text);
    }
    let Value::BulkString(bytes) = value else { return None };
    std::str::from_utf8(bytes).ok()
}

/// A text that reads as something.
pub(super) fn parsed<T: std::str::FromStr>(value: Option<&Value>) -> Option<T> {
    text(value?)?.parse().ok()
}
