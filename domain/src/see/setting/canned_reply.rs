//! Canned replies.

use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::setting::{CannedFileKind, CannedReply, CannedThen, SettingKind};

use super::text::{count, language, lines, name, number, word};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::fact::upload;
use crate::text::link;

const SNOOZE_MINUTES_MAX: u32 = 30 * 24 * 60;
/// Characters of a text above buttons, or below a file.
const TEXT_WITH_MAX: usize = 1024;
const BUTTONS_MAX: usize = 3;
const BUTTON_CHARS_MAX: usize = 20;

/// Buttons or a file beside the text, as WhatsApp takes them.
fn with_text(reply: &mut CannedReply) -> Result<(), Wrong> {
    let CannedReply { text, languages, buttons, file, .. } = reply;
    count("buttons", buttons.len(), BUTTONS_MAX)?;
    for n in 0..buttons.len() {
        let (before, rest) = buttons.split_at_mut(n);
        let Some(button) = rest.first_mut() else { continue };
        name("buttons", button)?;
        if button.chars().count() > BUTTON_CHARS_MAX {
            return Err(Wrong::new("buttons", format!("have at most {BUTTON_CHARS_MAX} letters")));
        }
        if before.contains(button) {
            return Err(Wrong::new("buttons", "must differ"));
        }
    }
    if let Some(file) = file {
        if !buttons.is_empty() {
            return Err(Wrong::new("file", "a reply has buttons or a file, not both"));
        }
        link::check(&file.link).map_err(|problem| Wrong::new("file", problem))?;
        if let Some(name) = &mut file.name {
            if file.kind != CannedFileKind::Document {
                return Err(Wrong::new("file", "only documents have a name"));
            }
            let shown = upload::shown_name(name);
            *name = shown.map_err(|problem| Wrong::new("file", problem))?;
        }
    } else if buttons.is_empty() {
        return Ok(());
    }
    lines("text", text, TEXT_WITH_MAX)?;
    languages.values().try_for_each(|text| lines("languages", text, TEXT_WITH_MAX))
}

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
        with_text(self)?;
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
