//! Settings that phones keep. Events carry them whole, and pages of `GET /settings` bring what was
//! missed. Versions only grow, so whichever comes later does not matter.

use baton_protocol::event::EventContent;
use baton_protocol::setting::{Setting, SettingsPage};
use baton_protocol::{Actor, Event, Fact, SettingId, SettingKind};

use super::{Holdings, List, Mirror};

/// News of settings. Only of kinds that this program knows and phones keep.
#[derive(Clone, Debug)]
pub enum ToldSettings<'a> {
    /// A setting as an event at this position left it.
    Set(Setting, u64),
    /// An event at this position ended it, or took it out of sight.
    Ended {
        /// The kind.
        kind: SettingKind,
        /// The setting.
        id: SettingId,
        /// The version that it ended with.
        version: u32,
        /// The position.
        position: u64,
        /// A page may still bring an older version: remember that it ended until the last one.
        is_due: bool,
    },
    /// A page of `GET /settings`.
    Page(&'a SettingsPage),
}

impl<H> Mirror<H> {
    /// The position above which [`List::Settings`] is to be read.
    pub fn settings_above(&self) -> u64 {
        self.settings.above
    }

    /// A reset: what is held is as of the cursor, unless it is not whole. Then what is in sight may
    /// be another meanwhile, and all is read from the beginning.
    pub(super) fn settings_since(&mut self) {
        let is_whole = !self.lists.has(List::Settings);
        let held = self.cursor.filter(|_| is_whole).map_or(0, |cursor| cursor.position);
        (self.settings.above, self.settings.is_delta) = (held, held > 0);
    }
}

impl<H: Holdings> Mirror<H> {
    /// Applies a page of `GET /settings`. Returns whether that was the last one.
    ///
    /// # Errors
    /// When what it brings cannot be written.
    pub fn try_settings(&mut self, page: &SettingsPage) -> Result<bool, H::Error> {
        let has_all = self.conversations.take_settings(ToldSettings::Page(page))?;
        match page.next {
            Some(next) => self.settings.above = next,
            // Something that did not change came into sight.
            None if !has_all && self.settings.is_delta => {
                (self.settings.above, self.settings.is_delta) = (0, false);
            }
            None => {
                self.has_read(List::Settings);
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn setting_event(&mut self, event: &Event) -> Result<(), H::Error> {
        let Fact::SettingChanged { setting_id, kind, version, home, rank, .. } = &event.fact else {
            return Ok(());
        };
        let Some(known) = SettingKind::from_name(kind).filter(|kind| kind.spec().phones) else {
            return Ok(());
        };
        let (id, version, position) = (*setting_id, *version, event.position);
        let told = match home {
            None => {
                let is_due = self.lists.has(List::Settings);
                ToldSettings::Ended { kind: known, id, version, position, is_due }
            }
            Some(home) => {
                let set = Setting {
                    kind: kind.clone(),
                    id,
                    version,
                    home: *home,
                    rank: *rank,
                    body: match &event.content {
                        Some(EventContent::Setting(body)) => Some(body.clone()),
                        _ => None,
                    },
                    changed_at: Some(event.at),
                    changed_by: match event.actor {
                        Actor::Agent { id } => Some(id),
                        Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown => {
                            None
                        }
                    },
                    ended: false,
                    broken: Vec::new(),
                    not_kept: Vec::new(),
                };
                ToldSettings::Set(set, position)
            }
        };
        self.conversations.take_settings(told).map(drop)
    }
}
