//! Fields of a command: taken out of its JSON object, and read.

use serde_json::{Map, Value};

use super::CommandBody;
use crate::AgentId;
use crate::limits::MENTIONS_MAX;

impl CommandBody {
    /// The agents that its note mentions.
    pub fn mentions(&self) -> &[AgentId] {
        let Self::Note(note) = self else { return &[] };
        note.mentions.get(..MENTIONS_MAX).unwrap_or(&note.mentions)
    }
}

pub(super) fn required<T: serde::de::DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<T, String> {
    let value = fields.remove(name).ok_or_else(|| format!("missing field `{name}`"))?;
    serde_json::from_value(value).map_err(|e| format!("{name}: {e}"))
}

pub(super) fn optional<T: serde::de::DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value).map(Some).map_err(|e| format!("{name}: {e}")),
    }
}
