//! The question to customers at the end.

use baton_protocol::Home;
use baton_protocol::setting::Survey;

use super::text::{automatic, name, number};
use super::{Around, SettingRules, Wrong};
use crate::see::automatic::is_marked;

/// Characters of a text beside choices, and of a choice.
const TEXT_MAX: usize = 1_024;
const CHOICE_MAX: usize = 20;

impl SettingRules for Survey {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        for (field, text) in [("ask", &self.ask), ("thanks", &self.thanks)] {
            text.as_deref().map_or(Ok(()), |text| automatic(field, text, TEXT_MAX))?;
        }
        self.choices.iter_mut().try_for_each(|choice| name("choices", choice))?;
        // They are sent as they are.
        if self.choices.iter().any(|choice| is_marked(choice)) {
            return Err(Wrong::new("choices", "must not hold braces or blanks"));
        }
        let fits = |choice: &String| choice.chars().count() <= CHOICE_MAX;
        let many = self.choices.len();
        if (many != 0 && many != self.scale.best() as usize) || !self.choices.iter().all(fits) {
            let problem = "must be as many as the scale has, of at most 20 characters each";
            return Err(Wrong::new("choices", problem));
        }
        number("after_min", self.after_min, 0, 60)?;
        number("share", self.share, 1, 100)?;
        number("not_within_days", self.not_within_days, 0, 365)
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}
