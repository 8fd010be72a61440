//! Bots, and the way from them to a person.

use baton_protocol::setting::{Bot, SettingBody};

use super::text::{count, name, number};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::text::find::Phrase;

impl SettingRules for Bot {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        if let Some(SettingBody::Bot(before)) = around.before
            && before.agent != self.agent
        {
            return Err(Wrong::new("agent", "stays as it was: end this one and make another"));
        }
        count("words", self.words.len(), 50)?;
        self.words.iter_mut().try_for_each(|word| name("words", word))?;
        if self.words.iter().any(|word| Phrase::new(word).is_empty()) {
            return Err(Wrong::new("words", "must be words or emoji"));
        }
        number("turns_max", self.turns_max, 1, 50)?;
        number("silent_s", self.silent_s, 10, 3_600)?;
        number("minutes_max", self.minutes_max, 1, 1_440)
    }

    fn names(&self) -> Vec<Name> {
        vec![
            Name { field: "agent", target: Target::Agent(self.agent) },
            Name { field: "back_to", target: Target::Team(self.back_to) },
        ]
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("agent", self.agent.to_string()))
    }
}
