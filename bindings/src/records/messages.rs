//! Messages that are more than a text.

use baton_protocol::template::{ButtonFilling, Filling};
use baton_protocol::{Button, Degrees, Details, Frame, ListRow, ListSection, SharedCard};

use super::contents::{ContactCard, MediaKind};
use super::templates::TemplateFile;
use crate::CoreError;

/// A message to the customer that is more than a text. The server refuses what passes WhatsApp's
/// limits, and names the field and the limit.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Message {
    /// A place.
    Location {
        /// Millionths of a degree north of the equator.
        latitude_e6: i32,
        /// Millionths of a degree east of Greenwich.
        longitude_e6: i32,
        /// Its name.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
    },
    /// One to five contact cards.
    Cards {
        /// Each has a name.
        cards: Vec<ContactCard>,
    },
    /// A text with one to three buttons.
    Buttons {
        /// The text.
        text: String,
        /// A heading.
        header: Option<String>,
        /// Small print below.
        footer: Option<String>,
        /// Ids and titles differ from one another.
        buttons: Vec<MessageButton>,
    },
    /// A text with a list of at most ten rows.
    Menu {
        /// The text.
        text: String,
        /// A heading.
        header: Option<String>,
        /// Small print below.
        footer: Option<String>,
        /// The words on the button that opens the list.
        button: String,
        /// With titles where there are several.
        sections: Vec<MessageSection>,
    },
    /// A template, filled in: it may be sent when the window is closed.
    Template {
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// What fills the words above the body.
        header: Vec<TemplateWords>,
        /// What fills the body.
        body: Vec<TemplateWords>,
        /// What fills the buttons with a variable.
        buttons: Vec<FilledButton>,
    },
    /// A reaction to the quoted message.
    Reaction {
        /// One emoji; none takes the reaction back.
        emoji: Option<String>,
    },
    /// A file that WhatsApp fetches from a link. This device and the server never open it.
    FileLink {
        /// What it is sent as.
        kind: MediaKind,
        /// An https address of a public host, which opens for anybody.
        link: String,
        /// What the customer sees of a document.
        name: Option<String>,
        /// The words below an image, video or document.
        caption: Option<String>,
    },
    /// A text with a link as a button.
    Link {
        /// The text.
        text: String,
        /// A heading.
        header: Option<String>,
        /// Small print below.
        footer: Option<String>,
        /// The words on the button.
        title: String,
        /// Where it leads: http or https.
        url: String,
    },
}

/// What stands in the place of one variable of a template.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct TemplateWords {
    /// The variable's name, where variables are named.
    pub name: Option<String>,
    /// The words; of a file its https address.
    pub text: String,
    /// Above the body, in place of words: what kind of file stands there.
    #[uniffi(default = None)]
    pub file: Option<TemplateFile>,
}

/// What a button of a template needs.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct FilledButton {
    /// Which button, from 0.
    pub index: u32,
    /// Whether it copies a code; else it opens a page.
    pub copies_code: bool,
    /// The code, or the end of the page's address.
    pub text: String,
    /// Whether it answers: `text` comes back as the id of the customer's choice.
    #[uniffi(default = false)]
    pub answers: bool,
}

/// A button that the customer can tap.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct MessageButton {
    /// Comes back with the customer's choice.
    pub id: String,
    /// The words on it.
    pub title: String,
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct MessageSection {
    /// The words above it.
    pub title: Option<String>,
    /// At least one.
    pub rows: Vec<MessageRow>,
}

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct MessageRow {
    /// Comes back with the customer's choice.
    pub id: String,
    /// The words on it.
    pub title: String,
    /// Small print below it.
    pub description: Option<String>,
}

impl Message {
    /// Its text, and the rest.
    pub(super) fn details(self) -> Result<(Option<String>, Details), CoreError> {
        Ok(match self {
            Self::Location { latitude_e6, longitude_e6, name, address } => {
                let degrees = |e6: i32| {
                    let invalid = || CoreError::Invalid {
                        what: "degrees".to_owned(),
                        detail: "degrees must be from -180 to 180".to_owned(),
                    };
                    Degrees::new(f64::from(e6) / 1e6).ok_or_else(invalid)
                };
                let (latitude, longitude) = (degrees(latitude_e6)?, degrees(longitude_e6)?);
                (None, Details::Location { latitude, longitude, name, address, url: None })
            }
            Self::Cards { cards } => {
                let cards = cards.into_iter().map(SharedCard::from).collect();
                (None, Details::ContactCards { cards })
            }
            Self::Buttons { text, header, footer, buttons } => {
                let buttons =
                    buttons.into_iter().map(|one| Button { id: one.id, title: one.title });
                let frame = Frame { header, footer };
                (Some(text), Details::Buttons { buttons: buttons.collect(), frame })
            }
            Self::Menu { text, header, footer, button, sections } => {
                let sections = sections.into_iter().map(ListSection::from).collect();
                (Some(text), Details::List { button, sections, frame: Frame { header, footer } })
            }
            Self::Template { name, language, header, body, buttons } => {
                let [header, body] = [header, body]
                    .map(|all| all.into_iter().map(Filling::from).collect::<Vec<_>>());
                let buttons = buttons.into_iter().map(ButtonFilling::from).collect();
                (None, Details::Template { name, language, header, body, buttons })
            }
            Self::Reaction { emoji } => (None, Details::Reaction { emoji }),
            Self::FileLink { kind, link, name, caption } => {
                let (media_type, sha256, upload) = (None, None, None);
                let (link, kind, animated) = (Some(link), Some(kind.into()), false);
                let details =
                    Details::File { media_type, name, sha256, animated, upload, link, kind };
                (caption, details)
            }
            Self::Link { text, header, footer, title, url } => {
                (Some(text), Details::Link { title, url, frame: Frame { header, footer } })
            }
        })
    }
}

impl From<MessageSection> for ListSection {
    fn from(section: MessageSection) -> Self {
        let rows = section.rows.into_iter().map(|row| ListRow {
            id: row.id,
            title: row.title,
            description: row.description,
        });
        Self { title: section.title, rows: rows.collect() }
    }
}

impl From<TemplateWords> for Filling {
    fn from(TemplateWords { name, text, file }: TemplateWords) -> Self {
        Self { name, text, file: file.map(Into::into) }
    }
}

impl From<FilledButton> for ButtonFilling {
    fn from(FilledButton { index, copies_code, text, answers }: FilledButton) -> Self {
        use baton_protocol::template::FilledButton as Kind;
        let kind = match (answers, copies_code) {
            (true, _) => Kind::QuickReply,
            (false, true) => Kind::CopyCode,
            (false, false) => Kind::Link,
        };
        Self { index, kind, text }
    }
}

impl From<ContactCard> for SharedCard {
    fn from(card: ContactCard) -> Self {
        let ContactCard { name, organisation, phones, emails } = card;
        Self { name, organisation, phones, emails, ..Self::default() }
    }
}
