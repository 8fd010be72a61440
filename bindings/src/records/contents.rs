//! What a line says: words, a file, a place, an order.

use baton_domain::text::shown::file_name;
use baton_protocol::{Content, Details, Forwarded, LineKind, Product, SharedCard};

/// What a line says. New kinds are read as `Unsupported` by apps that do not know them.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LineContent {
    /// Words.
    Text {
        /// The text.
        text: String,
    },
    /// A file. `load_file` brings it to this device.
    Media {
        /// What kind of file.
        kind: MediaKind,
        /// The words below it.
        caption: Option<String>,
        /// The MIME type, as the sender's app gave it.
        media_type: Option<String>,
        /// The name of a document.
        name: Option<String>,
        /// Of one that WhatsApp fetched from a link: there is nothing to load. Show it as a link,
        /// and open it when it is tapped only.
        link: Option<String>,
    },
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
    /// Contact cards.
    Cards {
        /// At least one.
        cards: Vec<ContactCard>,
    },
    /// A button was tapped, a row of a list chosen, a form filled in.
    Choice {
        /// What was chosen.
        title: Option<String>,
        /// What stood below it.
        description: Option<String>,
    },
    /// A text with buttons, a list or a link, sent by the team.
    Interactive {
        /// The text.
        text: Option<String>,
        /// The words on the buttons or rows, or on the link.
        choices: Vec<String>,
    },
    /// The team reacted to an earlier line, the quoted one.
    Reaction {
        /// The emoji; none where the reaction was taken back.
        emoji: Option<String>,
    },
    /// New words for an earlier line, the quoted one.
    Edit {
        /// The words.
        text: Option<String>,
    },
    /// The quoted line was taken back.
    Revocation,
    /// An order from a catalogue.
    Order {
        /// The customer's words and a line for each item.
        text: Option<String>,
        /// The catalogue.
        catalog: Option<String>,
        /// What is ordered; none where it was too much to be kept.
        items: Vec<OrderItem>,
    },
    /// The customer opened the chat for the first time and has written nothing.
    WelcomeRequest,
    /// It could not be read: somebody should look into WhatsApp.
    Unreadable {
        /// What could be read of it.
        text: Option<String>,
    },
    /// Something that this app does not show.
    Unsupported {
        /// Meta's name of it.
        original_type: Option<String>,
    },
    /// It was erased.
    Erased,
    /// Its author took it back.
    TakenBack,
}

/// An item of an order.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OrderItem {
    /// The product's id in the catalogue.
    pub product: String,
    /// How many of it.
    pub quantity: String,
    /// The price of one, as WhatsApp writes it.
    pub price: Option<String>,
    /// Its currency, ISO 4217.
    pub currency: Option<String>,
}

impl From<baton_protocol::OrderItem> for OrderItem {
    fn from(item: baton_protocol::OrderItem) -> Self {
        let baton_protocol::OrderItem { product_id, quantity, price, currency } = item;
        Self { product: product_id, quantity, price, currency }
    }
}

/// The kind of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// Sound.
    Audio,
    /// A voice note.
    Voice,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
}

/// A contact card.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ContactCard {
    /// The name.
    pub name: Option<String>,
    /// The organisation.
    pub organisation: Option<String>,
    /// Numbers, as written.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
}

/// A product of a catalogue.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct AboutProduct {
    /// The catalogue.
    pub catalog: Option<String>,
    /// The product's id in it.
    pub product: String,
}

impl From<Product> for AboutProduct {
    fn from(Product { catalog_id, product_id }: Product) -> Self {
        Self { catalog: catalog_id, product: product_id }
    }
}

/// An advertisement or a post. All of it comes from outside: open an address when it is tapped
/// only.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Referral {
    /// Its headline.
    pub headline: Option<String>,
    /// Its words.
    pub body: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// The greeting that the customer found in the chat.
    pub welcome: Option<String>,
}

impl From<baton_protocol::Referral> for Referral {
    fn from(referral: baton_protocol::Referral) -> Self {
        let baton_protocol::Referral { headline, body, url, welcome, .. } = referral;
        Self { headline, body, url, welcome }
    }
}

/// How often a message was passed on before it came here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PassedOn {
    /// At most five times.
    Once,
    /// More often.
    Often,
}

impl From<Forwarded> for PassedOn {
    fn from(forwarded: Forwarded) -> Self {
        match forwarded {
            Forwarded::Once => Self::Once,
            Forwarded::Often => Self::Often,
        }
    }
}

pub(super) fn content(kind: LineKind, content: Content) -> LineContent {
    let Content { text, original_type, details, erased, .. } = content;
    if erased {
        return LineContent::Erased;
    }
    let details = details.map(|details| *details);
    match (kind, details) {
        (LineKind::Text | LineKind::Template | LineKind::Call, _) => {
            LineContent::Text { text: text.unwrap_or_default() }
        }
        (LineKind::Image, details) => media(MediaKind::Image, text, details),
        (LineKind::Video, details) => media(MediaKind::Video, text, details),
        (LineKind::Audio, details) => media(MediaKind::Audio, text, details),
        (LineKind::Voice, details) => media(MediaKind::Voice, text, details),
        (LineKind::Document, details) => media(MediaKind::Document, text, details),
        (LineKind::Sticker, details) => media(MediaKind::Sticker, text, details),
        (
            LineKind::Location,
            Some(Details::Location { latitude, longitude, name, address, .. }),
        ) => LineContent::Location {
            latitude_e6: latitude.0,
            longitude_e6: longitude.0,
            name,
            address,
        },
        (LineKind::ContactCards, Some(Details::ContactCards { cards })) => {
            LineContent::Cards { cards: cards.into_iter().map(ContactCard::from).collect() }
        }
        (LineKind::Choice, Some(Details::Choice { description, .. })) => {
            LineContent::Choice { title: text, description }
        }
        (LineKind::Choice, _) => LineContent::Choice { title: text, description: None },
        (LineKind::Interactive, details) => {
            LineContent::Interactive { text, choices: details.map(choices).unwrap_or_default() }
        }
        (LineKind::Reaction, _) => LineContent::Reaction { emoji: text },
        (LineKind::Edit, _) => LineContent::Edit { text },
        (LineKind::Revocation, _) => LineContent::Revocation,
        (LineKind::Order, details) => order(text, details),
        (LineKind::WelcomeRequest, _) => LineContent::WelcomeRequest,
        (LineKind::Unreadable, _) => LineContent::Unreadable { text },
        // Too long to be kept in parts: their words are.
        (LineKind::Location | LineKind::ContactCards, _) => {
            LineContent::Text { text: text.unwrap_or_default() }
        }
        (LineKind::Unsupported, _) => LineContent::Unsupported { original_type },
    }
}

fn order(text: Option<String>, details: Option<Details>) -> LineContent {
    let (catalog, items) = match details {
        Some(Details::Order { catalog_id, items }) => (catalog_id, items),
        _ => (None, Vec::new()),
    };
    LineContent::Order { text, catalog, items: items.into_iter().map(OrderItem::from).collect() }
}

fn choices(details: Details) -> Vec<String> {
    match details {
        Details::Buttons { buttons, .. } => buttons.into_iter().map(|one| one.title).collect(),
        Details::List { sections, .. } => {
            let rows = sections.into_iter().flat_map(|section| section.rows);
            rows.map(|row| row.title).collect()
        }
        Details::Link { title, .. } => vec![title],
        Details::File { .. }
        | Details::Location { .. }
        | Details::ContactCards { .. }
        | Details::Choice { .. }
        | Details::Template { .. }
        | Details::Reaction { .. }
        | Details::Order { .. } => Vec::new(),
    }
}

fn media(kind: MediaKind, caption: Option<String>, details: Option<Details>) -> LineContent {
    let (media_type, name, link) = match details {
        Some(Details::File { media_type, name, link, .. }) => (media_type, name, link),
        _ => (None, None, None),
    };
    let shown = name.as_deref().and_then(file_name);
    // A document without a caption has its name as text.
    let caption = if caption == name { shown.clone() } else { caption };
    let name = shown;
    LineContent::Media { kind, caption, media_type, name, link }
}

impl From<SharedCard> for ContactCard {
    fn from(card: SharedCard) -> Self {
        let SharedCard { name, organisation, phones, emails, .. } = card;
        Self { name, organisation, phones, emails }
    }
}
