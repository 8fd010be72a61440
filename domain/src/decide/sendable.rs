//! The messages that may be sent beside a text, with the limits of the Cloud API's reference: they
//! are checked before acceptance.

use std::collections::BTreeSet;

use baton_protocol::command::Send;
use baton_protocol::limits::{LINE_DETAILS_JSON_BYTES_MAX, TEXT_CHARS_MAX};
use baton_protocol::{
    Button, Content, Degrees, Details, Frame, LineKind, ListSection, Refusal, SharedCard,
};

use super::work::check_text;
use super::{Case, marketing, template};
use crate::fact::upload::{self, CAPTION_CHARS_MAX, Uploaded, has_caption};
use crate::text::said::in_words;

/// Characters of a text above buttons or a link.
const BODY_CHARS_MAX: usize = 1024;
/// Characters of the words above and below such a text, and of a place's name and address.
const FRAME_CHARS_MAX: usize = 60;
const PLACE_CHARS_MAX: usize = 1000;
/// Characters on a button, and of its id.
const BUTTON_CHARS_MAX: usize = 20;
const BUTTON_ID_CHARS_MAX: usize = 256;
/// Characters of a list's rows: title, small print, id.
const ROW_CHARS_MAX: usize = 24;
const ROW_SMALL_CHARS_MAX: usize = 72;
const ROW_ID_CHARS_MAX: usize = 200;
const BUTTONS_MAX: usize = 3;
const SECTIONS_MAX: usize = 10;
const ROWS_MAX: usize = 10;
const CARDS_MAX: usize = 5;
const URL_CHARS_MAX: usize = 2000;
/// Code points of an emoji: families and flags of regions have many.
const EMOJI_CHARS_MAX: usize = 16;

/// The kind of line that it becomes, and what the line says.
pub(super) fn line(case: &Case<'_>, send: &Send) -> Result<(LineKind, Content), Refusal> {
    let details = send.details.as_ref();
    if let Details::File { upload, link, kind, name, .. } = details {
        let caption = send.text.as_deref();
        return match (link, kind) {
            (None, None) => file(case, upload.is_some(), caption),
            (None, Some(_)) => {
                Err(Refusal::invalid("details.kind", "is told of a link only: an upload has one"))
            }
            (Some(_), _) if upload.is_some() => {
                Err(Refusal::invalid("details.link", "a file is an upload or a link, not both"))
            }
            (Some(link), kind) => linked(case, link, *kind, name.as_deref(), caption),
        };
    }
    let kind = check(details)?;
    let text = match body_chars_max(details) {
        None if send.text.is_some() => {
            let why_not = "only a file, buttons, a list or a link come with a text";
            return Err(Refusal::invalid("text", why_not));
        }
        Some(max) => {
            let text = send.text.as_deref().unwrap_or_default();
            check_text(text, "text", max)?;
            text.to_owned()
        }
        None => {
            if let Details::Template { header, body, buttons, .. } = details {
                template::check_replaced(case.context.template)?;
                marketing::check(case, case.context.template)?;
                template::fill(case.context.template, header, body, buttons)?
            } else {
                in_words(details)
            }
        }
    };
    // A reaction that is taken back says nothing.
    let text = Some(text).filter(|text| !text.is_empty());
    let bytes = serde_json::to_vec(details).map_or(usize::MAX, |json| json.len());
    if bytes > LINE_DETAILS_JSON_BYTES_MAX {
        let most = format!("has {bytes} bytes, at most {LINE_DETAILS_JSON_BYTES_MAX} fit");
        return Err(Refusal::invalid("details", most));
    }
    let details = Some(send.details.clone());
    Ok((kind, Content { text, details, ..Content::default() }))
}

/// A file that WhatsApp fetches from an address. Nobody here opens it: whether it leads to
/// something WhatsApp takes is told by the message's status.
fn linked(
    case: &Case<'_>,
    link: &str,
    kind: Option<LineKind>,
    name: Option<&str>,
    caption: Option<&str>,
) -> Result<(LineKind, Content), Refusal> {
    crate::text::link::check(link).map_err(|what| Refusal::invalid("details.link", what))?;
    let Some(kind) = kind.filter(|kind| upload::is_sent_as_file(*kind)) else {
        return Err(Refusal::invalid("details.kind", upload::KINDS));
    };
    if name.is_some() && kind != LineKind::Document {
        return Err(Refusal::invalid("details.name", "only documents have a name"));
    }
    let name = name.map(upload::shown_name).transpose();
    let name = name.map_err(|what| Refusal::invalid("details.name", what))?;
    if let Some(caption) = caption {
        check_caption(case, kind, caption)?;
    }
    let details = Details::File {
        media_type: None,
        name: name.clone(),
        sha256: None,
        animated: false,
        upload: None,
        link: Some(link.to_owned()),
        kind: Some(kind),
    };
    let text = caption.map(str::to_owned).or(name);
    Ok((kind, Content { text, details: Some(Box::new(details)), ..Content::default() }))
}

fn check_caption(case: &Case<'_>, kind: LineKind, caption: &str) -> Result<(), Refusal> {
    if !has_caption(kind) {
        let why_not = "only pictures, films and documents have a caption";
        return Err(Refusal::invalid("text", why_not));
    }
    case.check_signed(caption, CAPTION_CHARS_MAX)
}

/// A file that was uploaded before, with a caption where its kind has one.
fn file(
    case: &Case<'_>,
    is_named: bool,
    caption: Option<&str>,
) -> Result<(LineKind, Content), Refusal> {
    let refuse = |field: &str, what: &str| Err(Refusal::invalid(field, what));
    if !is_named {
        return refuse("details.upload", "must name an upload");
    }
    let mine = |upload: &&Uploaded| {
        upload.agent == case.context.my_id() && upload.conversation == case.conversation.head.id
    };
    let Some(upload) = case.context.upload.filter(mine) else {
        return refuse("details.upload", "must be your own upload for this conversation");
    };
    if upload.media.is_none() {
        return refuse("details.upload", "is not ready: WhatsApp has to have it first");
    }
    if let Some(caption) = caption {
        check_caption(case, upload.kind, caption)?;
    }
    // Lists and searches show the name of a document without a caption.
    let details = upload.details();
    let Details::File { name, .. } = &details else {
        return refuse("details", "must be those of a file");
    };
    let name = name.as_deref().filter(|_| upload.kind == LineKind::Document);
    let text = caption.or(name).map(str::to_owned);
    let details = Some(Box::new(details));
    Ok((upload.kind, Content { text, details, ..Content::default() }))
}

/// Characters of the text that belongs to it; `None` where there is none.
fn body_chars_max(details: &Details) -> Option<usize> {
    match details {
        Details::List { .. } => Some(TEXT_CHARS_MAX),
        Details::Buttons { .. } | Details::Link { .. } => Some(BODY_CHARS_MAX),
        Details::Location { .. }
        | Details::ContactCards { .. }
        | Details::Template { .. }
        | Details::Reaction { .. }
        | Details::File { .. }
        | Details::Choice { .. }
        | Details::Order { .. } => None,
    }
}

fn check(details: &Details) -> Result<LineKind, Refusal> {
    match details {
        Details::Location { latitude, name, address, url, .. } => {
            place(*latitude, [("name", name), ("address", address)], url.is_some())?;
            Ok(LineKind::Location)
        }
        Details::ContactCards { cards } => contact_cards(cards).map(|()| LineKind::ContactCards),
        Details::Buttons { buttons, frame } => {
            check_frame(frame)?;
            check_buttons(buttons)?;
            Ok(LineKind::Interactive)
        }
        Details::List { button, sections, frame } => {
            check_frame(frame)?;
            check_text(button, "details.button", BUTTON_CHARS_MAX)?;
            check_sections(sections)?;
            Ok(LineKind::Interactive)
        }
        Details::Link { title, url, frame } => {
            check_frame(frame)?;
            check_text(title, "details.title", BUTTON_CHARS_MAX)?;
            check_url(url)?;
            Ok(LineKind::Interactive)
        }
        Details::Template { .. } => Ok(LineKind::Template),
        Details::Reaction { emoji } => match emoji {
            Some(emoji) if !is_emoji(emoji) => {
                Err(Refusal::invalid("details.emoji", "must be a single emoji"))
            }
            Some(_) | None => Ok(LineKind::Reaction),
        },
        Details::File { .. } | Details::Choice { .. } | Details::Order { .. } => {
            Err(Refusal::invalid("details.type", "only customers send this"))
        }
    }
}

/// Whether it may be an emoji: WhatsApp looks closer. A keycap begins with what is on the key.
fn is_emoji(text: &str) -> bool {
    let is_keycap = text.ends_with('\u{20E3}');
    let is_part = |part: char| match part {
        '0'..='9' | '#' | '*' => is_keycap,
        // Some symbols count as letters.
        '\u{2100}'..='\u{24FF}' => true,
        _ => part > '\u{A8}' && !part.is_alphabetic() && !part.is_whitespace(),
    };
    (1..=EMOJI_CHARS_MAX).contains(&text.chars().count()) && text.chars().all(is_part)
}

fn place(
    latitude: Degrees,
    words: [(&str, &Option<String>); 2],
    has_url: bool,
) -> Result<(), Refusal> {
    if !(-90.0..=90.0).contains(&latitude.degrees()) {
        return Err(Refusal::invalid("details.latitude", "must be from -90 to 90"));
    }
    if has_url {
        return Err(Refusal::invalid("details.url", "a place is sent without a page"));
    }
    words.into_iter().try_for_each(|(field, words)| match words {
        Some(words) => check_text(words, &format!("details.{field}"), PLACE_CHARS_MAX),
        None => Ok(()),
    })
}

fn contact_cards(cards: &[SharedCard]) -> Result<(), Refusal> {
    count(cards.len(), CARDS_MAX, "details.cards")?;
    for card in cards {
        let name = card.name.as_deref().unwrap_or_default();
        check_text(name, "details.cards.name", BODY_CHARS_MAX)?;
        let lists = [&card.phones, &card.emails, &card.addresses, &card.urls];
        let others = card.organisation.iter().chain(&card.birthday);
        for text in others.chain(lists.into_iter().flatten()) {
            check_text(text, "details.cards", BODY_CHARS_MAX)?;
        }
    }
    Ok(())
}

fn check_frame(frame: &Frame) -> Result<(), Refusal> {
    let parts = [("details.frame.header", &frame.header), ("details.frame.footer", &frame.footer)];
    parts.into_iter().try_for_each(|(field, text)| match text {
        Some(text) => check_text(text, field, FRAME_CHARS_MAX),
        None => Ok(()),
    })
}

fn check_buttons(buttons: &[Button]) -> Result<(), Refusal> {
    count(buttons.len(), BUTTONS_MAX, "details.buttons")?;
    for button in buttons {
        check_text(&button.id, "details.buttons.id", BUTTON_ID_CHARS_MAX)?;
        check_text(&button.title, "details.buttons.title", BUTTON_CHARS_MAX)?;
    }
    unique(buttons.iter().map(|button| &button.id), "details.buttons.id")?;
    unique(buttons.iter().map(|button| &button.title), "details.buttons.title")
}

fn check_sections(sections: &[ListSection]) -> Result<(), Refusal> {
    count(sections.len(), SECTIONS_MAX, "details.sections")?;
    let rows = || sections.iter().flat_map(|section| &section.rows);
    count(rows().count(), ROWS_MAX, "details.sections.rows")?;
    for section in sections {
        count(section.rows.len(), ROWS_MAX, "details.sections.rows")?;
        match &section.title {
            Some(title) => check_text(title, "details.sections.title", ROW_CHARS_MAX)?,
            None if sections.len() > 1 => {
                let field = "details.sections.title";
                return Err(Refusal::invalid(field, "must be there where there are several"));
            }
            None => {}
        }
    }
    for row in rows() {
        check_text(&row.id, "details.sections.rows.id", ROW_ID_CHARS_MAX)?;
        check_text(&row.title, "details.sections.rows.title", ROW_CHARS_MAX)?;
        if let Some(small) = &row.description {
            check_text(small, "details.sections.rows.description", ROW_SMALL_CHARS_MAX)?;
        }
    }
    unique(rows().map(|row| &row.id), "details.sections.rows.id")
}

fn check_url(url: &str) -> Result<(), Refusal> {
    check_text(url, "details.url", URL_CHARS_MAX)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || url.contains(char::is_whitespace) {
        return Err(Refusal::invalid("details.url", "must be an http or https address"));
    }
    Ok(())
}

fn count(found: usize, max: usize, field: &str) -> Result<(), Refusal> {
    if (1..=max).contains(&found) {
        return Ok(());
    }
    Err(Refusal::invalid(field, format!("has {found}, must have 1 to {max}")))
}

fn unique<'a>(texts: impl Iterator<Item = &'a String>, field: &str) -> Result<(), Refusal> {
    let mut known = BTreeSet::new();
    for text in texts {
        if !known.insert(text) {
            return Err(Refusal::invalid(field, "must differ from one another"));
        }
    }
    Ok(())
}
