//! The details of a line beyond its text: files, places, cards, choices, orders.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::template::{ButtonFilling, Filling};
use crate::{LineKind, MessageId};

/// The part of a line that its text alone does not say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Details {
    /// Of an image, video, audio file, voice note, document or sticker.
    File {
        /// The MIME type, as the sender's app gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
        /// The name of a document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// SHA-256 of the bytes in lower-case hex, as the sender's app gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        /// Whether a sticker moves.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        animated: bool,
        /// In a command: the upload that is sent. Never in a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upload: Option<MessageId>,
        /// In place of an upload: where WhatsApp fetches the file. Baton opens it never, and no
        /// client should by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// With `link`: what it is sent as.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<LineKind>,
    },
    /// A place.
    Location {
        /// North of the equator.
        latitude: Degrees,
        /// East of Greenwich.
        longitude: Degrees,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
        /// A page about it. It comes from outside: nothing opens it by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// Contact cards.
    ContactCards {
        /// At least one.
        cards: Vec<SharedCard>,
    },
    /// A choice that was tapped, or a form that was filled in.
    Choice {
        /// The id that the sender of the buttons gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The words below the title in a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// The answers of a form, by field.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<FormAnswer>,
    },
    /// Buttons below a text. The customer taps one.
    Buttons {
        /// One to three.
        buttons: Vec<Button>,
        /// Above and below the text.
        #[serde(default, skip_serializing_if = "Frame::is_empty")]
        frame: Frame,
    },
    /// A list that opens below a text. The customer chooses one row.
    List {
        /// The words on the button that opens it.
        button: String,
        /// One to ten, with ten rows in all.
        sections: Vec<ListSection>,
        /// Above and below the text.
        #[serde(default, skip_serializing_if = "Frame::is_empty")]
        frame: Frame,
    },
    /// A link as a button below a text.
    Link {
        /// The words on the button.
        title: String,
        /// Where it leads.
        url: String,
        /// Above and below the text.
        #[serde(default, skip_serializing_if = "Frame::is_empty")]
        frame: Frame,
    },
    /// A template, filled in.
    Template {
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// The fillings of the words above the body, or the address of the file there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        header: Vec<Filling>,
        /// The fillings of the body: in order, or by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        body: Vec<Filling>,
        /// The fillings of the buttons with a variable.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<ButtonFilling>,
    },
    /// A reaction to the quoted message.
    Reaction {
        /// One emoji; `None` takes the side's reaction back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
    },
    /// An order.
    Order {
        /// The catalogue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        catalog_id: Option<String>,
        /// The ordered items.
        items: Vec<OrderItem>,
    },
}

/// The words above and below the text of a message with buttons, a list or a link.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// A heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Small print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
}

impl Frame {
    fn is_empty(&self) -> bool {
        self.header.is_none() && self.footer.is_none()
    }
}

/// A button that the customer can tap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// Comes back as `id` of the choice.
    pub id: String,
    /// The words on it.
    pub title: String,
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListSection {
    /// The words above it; required where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At least one.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListRow {
    /// Comes back as `id` of the choice.
    pub id: String,
    /// The words on it.
    pub title: String,
    /// Small print below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A contact card that was sent as a message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SharedCard {
    /// The name; customers who share their own number may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Numbers, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Postal addresses, each in one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Pages on the web, as written. Nothing opens them by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The birthday, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
}

/// One field of a form that was filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FormAnswer {
    /// The field.
    pub field: String,
    /// The answer; JSON where it is more than one value.
    pub value: String,
}

/// One item of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderItem {
    /// The product's id in the catalogue.
    pub product_id: String,
    /// The quantity, as Meta writes it.
    pub quantity: String,
    /// The price of one, as Meta writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The number of times that a message was passed on before it came here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    /// More often.
    Often,
    /// At most five times. Clients read whatever they do not know as this one.
    #[serde(other)]
    Once,
}

/// The advertisement or post that led the customer here.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Referral {
    /// Meta's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// `ad` or `post`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Its page. It comes from outside: nothing opens it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The greeting that the customer found in the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<String>,
    /// Its picture or film. It comes from outside: nothing opens it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// Meta's id of the click, by which advertisers count what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
}

/// A product of a catalogue that a message is about.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Product {
    /// The catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// The product's id in it.
    pub product_id: String,
}

/// An angle in millionths of a degree; degrees with a fraction on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Degrees(pub i32);

impl Degrees {
    /// From degrees; `None` outside of -180 to 180.
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at before")]
    pub fn new(degrees: f64) -> Option<Self> {
        (-180.0..=180.0).contains(&degrees).then(|| Self((degrees * 1e6).round() as i32))
    }

    /// In degrees.
    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl Serialize for Degrees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.degrees())
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let degrees = f64::deserialize(deserializer)?;
        Self::new(degrees).ok_or_else(|| serde::de::Error::custom("degrees: from -180 to 180"))
    }
}
