//! Drafts: stored on the device, and shown to colleagues at intervals.

use std::time::Duration;

use super::Typed;
use crate::few::Few;
use crate::gathered::gathered;
use baton_protocol::ConversationId;
use baton_protocol::limits::CLIENT_FRAME_BYTES_MAX;

/// Keys are gathered for so long before they are kept or shown.
const GATHERED: Duration = Duration::from_secs(1);
/// Bytes of a frame around the text.
const FRAME_BYTES: usize = 256;

/// One text.
#[derive(Clone, Debug, Default)]
struct Text {
    typed: Typed,
    /// Since when the store has another one.
    unstored: Option<Duration>,
    /// The time when it was last shown, and whether the present text was shown.
    shown: Option<Duration>,
    is_shown: bool,
}

/// The drafts of all conversations.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts {
    texts: Few<ConversationId, Text>,
}

impl Drafts {
    /// Those that the store has.
    pub(super) fn of(stored: impl IntoIterator<Item = (ConversationId, Typed)>) -> Self {
        let text = |typed| Text { typed, ..Text::default() };
        Self { texts: gathered(stored.into_iter().map(|(of, stored)| (of, text(stored)))) }
    }

    pub(super) fn typed(&self, of: ConversationId) -> Option<&Typed> {
        self.texts.get(&of).map(|text| &text.typed).filter(|typed| !typed.text.is_empty())
    }

    pub(super) fn set(&mut self, of: ConversationId, typed: Typed, now: Duration) {
        let held = self.texts.get_or_insert(of, Text::default);
        if held.typed != typed {
            held.typed = typed;
            held.unstored.get_or_insert(now);
            held.is_shown = false;
        }
    }

    /// The time when the next draft is to be stored.
    pub(super) fn store_at(&self) -> Option<Duration> {
        self.texts.values().filter_map(|text| text.unstored).min().map(|since| since + GATHERED)
    }

    /// Those to be kept by now, or all that are not; an empty one is to be removed.
    pub(super) fn store(&mut self, due: Option<Duration>) -> Vec<(ConversationId, Option<Typed>)> {
        let mut stored = Vec::new();
        for (of, text) in &mut self.texts {
            let is_due = |since: &mut Duration| due.is_none_or(|now| now >= *since + GATHERED);
            if text.unstored.take_if(is_due).is_some() {
                let kept = Some(text.typed.clone()).filter(|typed| !typed.text.is_empty());
                stored.push((*of, kept));
            }
        }
        self.texts.retain(|_, text| !text.typed.text.is_empty() || text.unstored.is_some());
        stored
    }

    /// The time when this draft is to be shown.
    pub(super) fn show_at(&self, of: ConversationId) -> Option<Duration> {
        let is_to_show =
            |text: &&Text| !text.is_shown && !text.typed.is_note && can_carry(&text.typed.text);
        let text = self.texts.get(&of).filter(is_to_show)?;
        Some(text.shown.map_or(Duration::ZERO, |shown| shown + GATHERED))
    }

    /// This one, if it is to be shown by now.
    pub(super) fn show(&mut self, of: ConversationId, now: Duration) -> Option<String> {
        if self.show_at(of).is_none_or(|at| at > now) {
            return None;
        }
        let text = self.texts.get_mut(&of)?;
        (text.shown, text.is_shown) = (Some(now), true);
        Some(text.typed.text.clone())
    }
}

/// Whether a frame can carry it: colleagues need not see a text that nobody could send.
fn can_carry(text: &str) -> bool {
    serde_json::to_vec(text).is_ok_and(|bytes| bytes.len() + FRAME_BYTES <= CLIENT_FRAME_BYTES_MAX)
}
