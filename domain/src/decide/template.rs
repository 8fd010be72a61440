//! Filling a template: what WhatsApp would refuse is refused before it is accepted.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::Refusal;
use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::template::{
    ButtonFilling, FilledButton, Filling, Template, TemplateButtonKind, TemplateFile,
    TemplateHeader, TemplateStatus,
};

use super::marketing;
use super::work::check_text;

/// Characters of one filling.
const FILLING_CHARS_MAX: usize = 1024;
/// Characters of the id of an answer: those of a button's id, as Meta names no other limit.
const ANSWER_ID_CHARS_MAX: usize = 256;

/// The words of a filled template.
pub(super) fn fill(
    template: Option<&Template>,
    header: &[Filling],
    body: &[Filling],
    buttons: &[ButtonFilling],
) -> Result<String, Refusal> {
    let Some(template) = template else {
        let unknown = "this number has no template of this name and language";
        return Err(Refusal::invalid("details.name", unknown));
    };
    let why_not = match template.status {
        TemplateStatus::Approved => None,
        TemplateStatus::Pending => Some("Meta has not approved this template yet"),
        TemplateStatus::Rejected => Some("Meta rejected this template"),
        TemplateStatus::Paused => Some("Meta paused this template: choose another one"),
        TemplateStatus::Disabled => Some("Meta disabled this template: choose another one"),
    };
    if let Some(why_not) = why_not {
        return Err(Refusal::invalid("details.name", why_not));
    }
    let header = fill_header(template.header.as_ref(), header)?;
    let body = fill_text(&template.body, body, "details.body")?;
    check_buttons(template, buttons)?;
    let parts = [header, Some(body), template.footer.clone()];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let chars = said.chars().count();
    if chars > TEXT_CHARS_MAX {
        let most = format!("filled, it has {chars} characters, at most {TEXT_CHARS_MAX} fit");
        return Err(Refusal::invalid("details.body", most));
    }
    Ok(said)
}

/// Refuses a template in whose place another is to be offered. No other text leaves by itself: its
/// author chooses.
pub(super) fn check_replaced(template: Option<&Template>) -> Result<(), Refusal> {
    let Some((template, fallback)) = template.and_then(|one| Some((one, one.fallback.as_ref()?)))
    else {
        return Ok(());
    };
    let is_replaced = match template.status {
        TemplateStatus::Rejected | TemplateStatus::Paused | TemplateStatus::Disabled => true,
        // Meta made it marketing since the other one was named.
        TemplateStatus::Approved | TemplateStatus::Pending => {
            marketing::is_marketing(&template.category)
                && !marketing::is_marketing(&fallback.category)
        }
    };
    if !is_replaced {
        return Ok(());
    }
    let (name, language) = (fallback.name.clone(), fallback.language.clone());
    Err(Refusal::TemplateReplaced { name, language })
}

/// Whether what fills one template fills the other as well. They need the same file above, the same
/// variables in header and body, and the same buttons to be filled.
pub fn is_filled_alike(one: &Template, other: &Template) -> bool {
    let (above_one, above_other) = (above(one), above(other));
    above_one.is_some()
        && above_one == above_other
        && names(&one.body) == names(&other.body)
        && below(one) == below(other)
}

/// The file or the variables above the body; `None` where it cannot be filled.
fn above(of: &Template) -> Option<(Option<TemplateFile>, Vec<&str>)> {
    match &of.header {
        None => Some((None, Vec::new())),
        Some(TemplateHeader::Text { text }) => Some((None, names(text))),
        Some(TemplateHeader::File { file }) => Some((Some(*file), Vec::new())),
        Some(TemplateHeader::Other) => None,
    }
}

/// The buttons that are filled, or may be.
fn below(of: &Template) -> Vec<(u32, FilledButton)> {
    let filled = (0_u32..).zip(&of.buttons).filter_map(|(index, button)| {
        let has_variable = button.url.as_ref().is_some_and(|url| url.contains("{{"));
        match button.kind {
            TemplateButtonKind::CopyCode => Some((index, FilledButton::CopyCode)),
            TemplateButtonKind::QuickReply => Some((index, FilledButton::QuickReply)),
            TemplateButtonKind::Link if has_variable => Some((index, FilledButton::Link)),
            TemplateButtonKind::Link | TemplateButtonKind::Phone | TemplateButtonKind::Other => {
                None
            }
        }
    });
    filled.collect()
}

/// The variables of a text, each once, in order of their names.
fn names(text: &str) -> Vec<&str> {
    let names: BTreeSet<&str> = variables(text).collect();
    names.into_iter().collect()
}

/// The words above the body; `None` where a file or nothing stands there.
fn fill_header(
    header: Option<&TemplateHeader>,
    fillings: &[Filling],
) -> Result<Option<String>, Refusal> {
    const FIELD: &str = "details.header";
    match header {
        Some(TemplateHeader::Text { text }) => fill_text(text, fillings, FIELD).map(Some),
        Some(TemplateHeader::File { file }) => {
            let [Filling { name: None, text, file: Some(given) }] = fillings else {
                return Err(Refusal::invalid(FIELD, "must have one entry: the file's address"));
            };
            if given != file {
                return Err(Refusal::invalid(FIELD, "this template has another kind of file"));
            }
            if !text.starts_with("https://") || text.contains(char::is_whitespace) {
                return Err(Refusal::invalid(FIELD, "must be an https address"));
            }
            check_text(text, FIELD, FILLING_CHARS_MAX)?;
            Ok(None)
        }
        Some(TemplateHeader::Other) => {
            Err(Refusal::invalid("details.name", "what stands above this template cannot be sent"))
        }
        None if fillings.is_empty() => Ok(None),
        None => Err(Refusal::invalid(FIELD, "nothing stands above this template")),
    }
}

/// Puts fillings in the places of variables.
fn fill_text(text: &str, fillings: &[Filling], field: &str) -> Result<String, Refusal> {
    let mut names: Vec<&str> = Vec::new();
    for name in variables(text) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let is_named = names.iter().any(|name| name.parse::<u32>().is_err());
    if !is_named {
        names.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    }
    if names.len() != fillings.len() {
        let counts = format!("has {}, this template has {}", fillings.len(), names.len());
        return Err(Refusal::invalid(field, counts));
    }
    let mut words: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        let filling = if is_named {
            fillings.iter().find(|filling| filling.name.as_deref() == Some(*name))
        } else {
            fillings.get(place).filter(|filling| filling.name.is_none())
        };
        let Some(filling) = filling.filter(|filling| filling.file.is_none()) else {
            return Err(Refusal::invalid(field, format!("nothing fills {name}")));
        };
        check_text(&filling.text, field, FILLING_CHARS_MAX)?;
        // Meta refuses them with error 132012.
        if filling.text.contains(['\n', '\t']) || filling.text.contains("    ") {
            let odd = "must have no line break, no tab and no four spaces in a row";
            return Err(Refusal::invalid(field, odd));
        }
        words.insert(name, &filling.text);
    }
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        filled.push_str(words.get(name).copied().unwrap_or_default());
        filled.push_str(rest);
    }
    Ok(filled)
}

fn check_buttons(template: &Template, fillings: &[ButtonFilling]) -> Result<(), Refusal> {
    const FIELD: &str = "details.buttons";
    let mut wanted = Vec::new();
    for (index, button) in (0_u32..).zip(&template.buttons) {
        let has_variable = button.url.as_ref().is_some_and(|url| url.contains("{{"));
        match button.kind {
            TemplateButtonKind::CopyCode => wanted.push((index, FilledButton::CopyCode)),
            TemplateButtonKind::Link if has_variable => wanted.push((index, FilledButton::Link)),
            TemplateButtonKind::Link
            | TemplateButtonKind::QuickReply
            | TemplateButtonKind::Phone
            | TemplateButtonKind::Other => {}
        }
    }
    let mut given: Vec<_> = fillings.iter().map(|one| (one.index, one.kind)).collect();
    given.sort_unstable_by_key(|(index, _)| *index);
    // An answer may have an id, and need not.
    let kinds = template.buttons.iter().map(|button| button.kind);
    let answers = (0_u32..).zip(kinds).filter(|(_, kind)| *kind == TemplateButtonKind::QuickReply);
    for (index, _) in answers {
        let one = (index, FilledButton::QuickReply);
        if let Some(place) = given.iter().position(|given| *given == one) {
            given.remove(place);
        }
    }
    if given != wanted {
        let places: Vec<u32> = wanted.iter().map(|(index, _)| *index).collect();
        return Err(Refusal::invalid(FIELD, format!("must fill the buttons {places:?}")));
    }
    fillings.iter().try_for_each(|filling| {
        let chars_max = match filling.kind {
            FilledButton::QuickReply => ANSWER_ID_CHARS_MAX,
            FilledButton::Link | FilledButton::CopyCode => FILLING_CHARS_MAX,
        };
        check_text(&filling.text, FIELD, chars_max)
    })
}

/// The variables of a text, in their order.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name))
}
