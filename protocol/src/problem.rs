//! Errors of requests as RFC 9457 problems with a stable `code`.

use serde::{Deserialize, Serialize};

use crate::TeamId;
use crate::setting::{Setting, SettingUse};

/// A page of another site may not do that, neither over REST nor by a socket.
pub const ORIGIN_NOT_ALLOWED: &str = "origin_not_allowed";

/// The server is configured for other names than the one it was asked under.
pub const HOST_NOT_ALLOWED: &str = "host_not_allowed";

/// The code for what somebody may not do, by a request or at a socket.
pub const FORBIDDEN: &str = "forbidden";

/// A problem document; its media type is `application/problem+json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Always `about:blank`: the code says it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// In short, for people.
    pub title: String,
    /// The problem, and the remedy.
    pub detail: String,
    /// The time to wait before another try, if that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The rows of a list that are wrong, where the request brought one; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowProblem>,
    /// The problem of the setting that the request sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<Box<SettingProblem>>,
}

/// The problem of a setting: the fields that the code needs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingProblem {
    /// The number of the change in a list; the first is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u32>,
    /// The field that is wrong or taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The setting as somebody left it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Setting>,
    /// The settings that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<SettingUse>,
    /// The largest allowed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// The teams that moves would go round, in their order; the first is also the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
}

/// The problem of a row in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RowProblem {
    /// The number of the row; the first is 1.
    pub row: u32,
    /// The field.
    pub field: String,
    /// The problem.
    pub problem: String,
}

/// Says in words of the protocol what is wrong with JSON that could not be read. It names the
/// field, if that is known, and the fault. It does not repeat the value.
pub fn unreadable(error: &serde_json::Error) -> String {
    let place = match error.line() {
        0 => String::new(),
        line => format!(" (line {line}, column {})", error.column()),
    };
    if !error.is_data() {
        return format!("this is not JSON{place}");
    }
    let text = error.to_string();
    let named = text.split('`').nth(1).unwrap_or_default();
    let named: String = named.chars().filter(|c| !c.is_control()).take(64).collect();
    if text.starts_with("missing field") {
        format!("{named}: is missing{place}")
    } else if text.starts_with("unknown field") {
        format!("{named}: there is no such field{place}")
    } else if text.starts_with("duplicate field") {
        format!("{named}: is there twice{place}")
    } else if text.starts_with("unknown variant") {
        format!("{named}: there is no such value{place}")
    } else if text.starts_with("invalid type") {
        format!("a value is of the wrong type{place}")
    } else if let Some(field) = field_of(&text) {
        format!("{field}: cannot be read{place}")
    } else {
        format!("a value cannot be read{place}")
    }
}

/// The field a type's own error begins with: `op_id: …`.
fn field_of(text: &str) -> Option<&str> {
    let (field, _) = text.split_once(": ")?;
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    (!field.is_empty() && field.len() <= 64 && field.chars().all(is_name)).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::unreadable;
    use crate::account::Login;
    use crate::{Command, Cursor};

    #[track_caller]
    fn check<T: serde::de::DeserializeOwned>(text: &str, told: &str) {
        let Err(error) = serde_json::from_str::<T>(text) else { panic!("{text} can be read") };
        assert_eq!(unreadable(&error), told, "{text}: {error}");
    }

    #[test]
    fn what_cannot_be_read_is_told_in_our_own_words() {
        check::<Login>("{", "this is not JSON (line 1, column 1)");
        check::<Login>("7", "a value is of the wrong type (line 1, column 1)");
        check::<Login>("{}", "workspace: is missing (line 1, column 2)");
        check::<Login>(r#"{"x": 1}"#, "x: there is no such field (line 1, column 4)");
        check::<Cursor>(r#""a""#, "a value cannot be read");
        check::<Command>(r#"{"op_id": "a"}"#, "op_id: cannot be read");
    }
}
