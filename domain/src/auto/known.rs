//! Programs and surveys of a workspace, ready to be asked.

use baton_protocol::setting::{Bot, Survey};
use baton_protocol::{SettingId, Timestamp};

use crate::text::find::{Phrase, Phrases, Sought};

/// A survey that counts, with its id.
pub type KnownSurvey = (SettingId, Survey);

/// A bot that counts.
#[derive(Clone, Debug)]
pub struct KnownBot {
    /// Its body.
    pub bot: Bot,
    /// The time from which it counts so.
    pub since: Timestamp,
    pub(super) words: Phrases,
}

impl KnownBot {
    /// A bot as it is set up.
    pub fn new(bot: Bot, since: Timestamp) -> Self {
        let sought = |word: &String| Sought { phrase: Phrase::new(word), exactly: false, test: 0 };
        let words = Phrases::new(bot.words.iter().map(sought));
        Self { bot, since, words }
    }
}
