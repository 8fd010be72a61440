//! Fields of a command: taken out of its JSON object, and read.

use serde_json::{Map, Value};

use super::{CannedUse, CommandBody};
use crate::limits::MENTIONS_MAX;
use crate::{AgentId, SettingId};

#[expect(clippy::wildcard_enum_match_arm, reason = "most kinds have none of a field")]
impl CommandBody {
    /// The agents that its note mentions.
    pub fn mentions(&self) -> &[AgentId] {
        let Self::Note(note) = self else { return &[] };
        note.mentions.get(..MENTIONS_MAX).unwrap_or(&note.mentions)
    }

    /// True for commands that change the customer's card.
    pub fn changes_card(&self) -> bool {
        matches!(self, Self::NameContact(_) | Self::SetAttributes(_))
    }

    /// The canned reply that it was made of.
    pub fn canned(&self) -> Option<CannedUse> {
        match self {
            Self::Reply(reply) => reply.canned,
            Self::Send(send) => send.canned,
            _ => None,
        }
    }

    /// The attributes that it names.
    pub fn named_attributes(&self) -> impl Iterator<Item = SettingId> + '_ {
        let fields = if let Self::SetAttributes(fields) = self { Some(fields) } else { None };
        fields.into_iter().flat_map(|fields| fields.set.keys().chain(&fields.clear)).copied()
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
