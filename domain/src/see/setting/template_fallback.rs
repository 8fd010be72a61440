//! Templates that stand in for others. That both are Meta's, and are filled alike, is checked where
//! the templates of the number are known.

use baton_protocol::setting::TemplateFallback;
use baton_protocol::template::TemplateName;

use super::{Around, SettingRules, Wrong};

const NAME_CHARS_MAX: usize = 512;
const LANGUAGE_CHARS_MAX: usize = 35;
const CATEGORY_CHARS_MAX: usize = 64;

impl SettingRules for TemplateFallback {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        for (field, named) in [("template", &self.template), ("fallback", &self.fallback)] {
            word(field, &named.name, NAME_CHARS_MAX)?;
            word(field, &named.language, LANGUAGE_CHARS_MAX)?;
        }
        word("category", &self.category, CATEGORY_CHARS_MAX)?;
        if self.template == self.fallback {
            return Err(Wrong::new("fallback", "a template does not stand in for itself"));
        }
        Ok(())
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("template", template_key(&self.template)))
    }
}

/// A template as it is compared: what stands in for it is unique at its number.
pub fn template_key(TemplateName { name, language }: &TemplateName) -> String {
    format!("{name}/{language}")
}

fn word(field: &str, text: &str, most: usize) -> Result<(), Wrong> {
    let is_odd = text.trim().is_empty() || text.chars().any(|c| c.is_control() || c == '/');
    if is_odd || text.chars().count() > most {
        return Err(Wrong::new(field, format!("must have 1 to {most} characters and no slash")));
    }
    Ok(())
}
