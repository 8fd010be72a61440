//! Canned replies.

use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::setting::{CannedReply, CannedThen, SettingKind};

use super::text::{count, language, lines, name, number, word};
use super::{Around, Name, SettingRules, Target, Wrong};

const SNOOZE_MINUTES_MAX: u32 = 30 * 24 * 60;

impl SettingRules for CannedReply {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        word("shortcut", &self.shortcut, &['_', '-'])?;
        name("title", &mut self.title)?;
        lines("text", &self.text, TEXT_CHARS_MAX)?;
        count("languages", self.languages.len(), 20)?;
        for (tag, text) in &self.languages {
            language("languages", tag)?;
            lines("languages", text, TEXT_CHARS_MAX)?;
        }
        count("then", self.then.len(), 3)?;
        self.then.iter_mut().try_for_each(|then| match then {
            CannedThen::Snooze { minutes } => number("then", *minutes, 1, SNOOZE_MINUTES_MAX),
            CannedThen::Resolve { outcome: Some(outcome) } => name("then", outcome),
            CannedThen::Tag { .. }
            | CannedThen::Resolve { outcome: None }
            | CannedThen::MarkWaiting {} => Ok(()),
        })
    }

    fn names(&self) -> Vec<Name> {
        let tag = |then: &CannedThen| match then {
            CannedThen::Tag { tag } => {
                Some(Name { field: "then", target: Target::Setting(SettingKind::Tag, *tag) })
            }
            CannedThen::Resolve { .. } | CannedThen::Snooze { .. } | CannedThen::MarkWaiting {} => {
                None
            }
        };
        self.then.iter().filter_map(tag).collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("shortcut", self.shortcut.clone()))
    }
}
